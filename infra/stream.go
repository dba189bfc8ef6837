package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// streamReader says how a function reads the table's stream.
type streamReader struct {
	items    []string // beginnings of the partition keys that matter to it; the others do not wake it
	batch    int      // records at most
	parallel int      // batches of one shard at once; those of one item stay in order
	dead     awssqs.IQueue
}

// streamAge is for how many seconds a record is tried: an hour less than the stream remembers.
const streamAge = 23 * 3600

// newStreamReader has a function woken by the table's stream. It begins with the oldest that the stream has, not with the newest: what is stored while
// the mapping is made, or made anew, is then told as well. Some of it may be told twice, which whoever takes events must bear anyway.
func newStreamReader(f *function, stream string, r streamReader) {
	mapping := awslambda.NewCfnEventSourceMapping(f.In, jsii.String("Stream"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: f.Lambda.FunctionName(), EventSourceArn: jsii.String(stream), StartingPosition: jsii.String("TRIM_HORIZON"),
		BatchSize: jsii.Number(float64(r.batch)), ParallelizationFactor: jsii.Number(float64(r.parallel)),
		BisectBatchOnFunctionError: jsii.Bool(true), FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"),
		MaximumRetryAttempts: jsii.Number(10), MaximumRecordAgeInSeconds: jsii.Number(streamAge),
		FilterCriteria: &awslambda.CfnEventSourceMapping_FilterCriteriaProperty{Filters: &[]any{
			&awslambda.CfnEventSourceMapping_FilterProperty{Pattern: jsii.String(itemFilter(r.items))},
		}},
		DestinationConfig: &awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: r.dead.QueueArn()},
		},
	})
	mapping.Node().AddDependency(f.Role) // Lambda tries the role's permissions when it makes the mapping
}

// itemFilter lets through the records of items whose partition key begins with one of these.
func itemFilter(beginnings []string) string {
	var list []map[string]string
	for _, b := range beginnings {
		list = append(list, map[string]string{"prefix": b})
	}
	text, err := json.Marshal(map[string]any{"dynamodb": map[string]any{"Keys": map[string]any{"pk": map[string]any{"S": list}}}})
	if err != nil {
		panic(err) // maps of text
	}
	return string(text)
}

// readsStream lets a function be woken by the table's stream, and what fails to the end be sent to a queue. The stream is encrypted as its table is.
func (p *pipeline) readsStream(region, deadArn string) []grant {
	return append(p.toQueue(region, deadArn),
		grant{actions: []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}, resources: []string{p.StreamArn}},
		grant{actions: []string{"dynamodb:ListStreams"}, resources: []string{p.TableArn + "/stream/*"}, why: "a table's streams are listed before the name of one is known"},
		p.withKey(region, "dynamodb", "kms:Decrypt"),
	)
}
