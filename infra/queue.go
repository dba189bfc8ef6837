package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// deadDays is how long dead letters are kept: as long as SQS can.
const deadDays = 14

// queueProps say what a queue is.
type queueProps struct {
	name     string // the deployment's name is put before it, as the key's policy wants
	key      awskms.IKey
	days     int            // that a message is kept
	timeout  int            // seconds of the function behind it
	attempts int            // how often a message is given to it
	dead     awssqs.IQueue  // where it then goes
	senders  []queueSending // services; roles have statements of their own
}

// queueSending lets a service send to a queue.
type queueSending struct {
	service string
	sources []string // ARNs of what it sends for
	account string   // that owns these
}

// newQueue makes an encrypted queue that speaks TLS alone. What one function reads stays out of sight for six of its timeouts, as Lambda asks.
func newQueue(scope constructs.Construct, id, deployment string, p queueProps) awssqs.Queue {
	q := awssqs.NewQueue(scope, jsii.String(id), &awssqs.QueueProps{
		QueueName: jsii.String(deployment + "-" + p.name), EncryptionMasterKey: p.key, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(float64(p.days))), VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(float64(6 * p.timeout))),
		DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: p.dead, MaxReceiveCount: jsii.Number(float64(p.attempts))},
	})
	allow(q, p.senders)
	return q
}

// newDeadLetters makes a queue for what could not be dealt with. People look at it; nothing reads it.
func newDeadLetters(scope constructs.Construct, id, deployment, name string, k awskms.IKey, senders ...queueSending) awssqs.Queue {
	q := awssqs.NewQueue(scope, jsii.String(id), &awssqs.QueueProps{
		QueueName: jsii.String(deployment + "-" + name + "-dead"), EncryptionMasterKey: k, EnforceSSL: jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadDays)),
	})
	allow(q, senders)
	return q
}

// ofNoQueue says of dead letters why no queue points to them, by which the checks would know what they are.
func ofNoQueue(dead awssqs.Queue, of string) {
	excuse(dead, "AwsSolutions-SQS3", "This queue takes the dead letters of "+of+" itself, and an alarm tells of the first")
}

// allow lets services send for the sources that are named.
func allow(q awssqs.Queue, senders []queueSending) {
	for _, s := range senders {
		conditions := map[string]any{"ArnLike": map[string]any{"aws:SourceArn": s.sources}}
		if s.account != "" { // of a bucket, whose ARN has no account
			conditions["StringEquals"] = map[string]any{"aws:SourceAccount": s.account}
		}
		q.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("sqs:SendMessage"), Resources: &[]*string{q.QueueArn()}, Conditions: &conditions,
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(s.service), nil)},
		}))
	}
}

// toQueue lets a role send to a queue of ours, as Lambda does in its name with what fails to the end.
func (p *pipeline) toQueue(region, queueArn string) []grant {
	return []grant{
		{actions: []string{"sqs:SendMessage"}, resources: []string{queueArn}},
		p.withKey(region, "sqs", "kms:Decrypt", "kms:GenerateDataKey"),
	}
}

// queueReader says how a function reads a queue.
type queueReader struct {
	batch      int // messages at most
	concurrent int // batches at once at most; Lambda allows no fewer than two
}

// newQueueReader has a function woken by a queue.
func newQueueReader(f *function, q awssqs.IQueue, r queueReader) {
	mapping := awslambda.NewCfnEventSourceMapping(f.In, jsii.String("Queue"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: f.Lambda.FunctionName(), EventSourceArn: q.QueueArn(), BatchSize: jsii.Number(float64(r.batch)),
		FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"),
		ScalingConfig:         &awslambda.CfnEventSourceMapping_ScalingConfigProperty{MaximumConcurrency: jsii.Number(float64(r.concurrent))},
	})
	mapping.Node().AddDependency(f.Role) // Lambda tries the role's permissions when it makes the mapping
}
