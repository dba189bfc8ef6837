package main

// calledActions are what sensors call, a list for each service. Their role allows these, and the endpoints of their network let these through.
type calledActions struct{ table, program, records, metrics, group, ready []string }

// sensorCalls gives what sensors call. A transaction needs the actions of what is in it, and none of its own.
func sensorCalls() calledActions {
	return calledActions{
		table: []string{
			"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
		},
		program: []string{"s3:GetObject"},
		records: []string{"firehose:PutRecordBatch"},
		metrics: []string{"cloudwatch:PutMetricData"},
		group:   []string{"autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"},
		ready:   []string{"cloudformation:SignalResource"},
	}
}
