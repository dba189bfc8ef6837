package main

import "testing"

// checkStream holds the two readers of the stream against docs/dynamodb.md and docs/operations.md.
func checkStream(t *testing.T, most, _ template) {
	for prefix, want := range map[string]map[string]any{
		"PublishStream":   {"BatchSize": 100.0, "ParallelizationFactor": 10.0, "filter": `{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"D#"},{"prefix":"E#"},{"prefix":"O#"}]}}}}`},
		"CorrelateStream": {"BatchSize": 10.0, "ParallelizationFactor": 4.0, "filter": `{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"D#"}]}}}}`},
	} {
		p := most.only(t, "AWS::Lambda::EventSourceMapping", prefix).Properties
		filters, _ := dig(p, "FilterCriteria", "Filters").([]any)
		if len(filters) != 1 || dig(filters[0], "Pattern") != want["filter"] {
			t.Errorf("%s: filters %s", prefix, text(filters))
		}
		delete(want, "filter")
		want["MaximumRetryAttempts"], want["MaximumRecordAgeInSeconds"] = 10.0, 23.0*3600
		want["StartingPosition"], want["BisectBatchOnFunctionError"] = "TRIM_HORIZON", true
		for name, value := range want {
			if p[name] != value {
				t.Errorf("%s: %s is %v, want %v", prefix, name, p[name], value)
			}
		}
		if text(p["FunctionResponseTypes"]) != `["ReportBatchItemFailures"]` || text(p["EventSourceArn"]) != `{"Fn::GetAtt":["Table","StreamArn"]}` {
			t.Errorf("%s: %s", prefix, text(p))
		}
	}
	if n := len(most.of("AWS::Lambda::EventSourceMapping")); n != 4 {
		t.Errorf("%d mappings: a third reader of the stream is one too many for DynamoDB", n)
	}
}
