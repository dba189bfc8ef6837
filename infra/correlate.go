package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// newCorrelate makes the two functions of lambdas/correlate: one on detections, one on AWS's logs. docs/operations.md says why they are two, and has
// every number below.
func newCorrelate(s awscdk.Stack, p *place, pipe *pipeline) error {
	if err := newOnDetections(s, p, pipe); err != nil {
		return err
	}
	return newOnLogs(s, p, pipe)
}

func (p *place) correlateEnv(pipe *pipeline) map[string]string {
	return deploy.Correlate{
		Table: pipe.Table, Account: p.Account, Metrics: p.Metrics, Role: p.role("mirror"),
	}.Env()
}

// contextCalls are those that both make of the store.
func contextCalls() []string {
	return []string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"}
}

// newOnDetections makes the one that writes what the rest of AWS knows of each detection.
func newOnDetections(s awscdk.Stack, p *place, pipe *pipeline) error {
	dead := newDeadLetters(s, "CorrelateDeadLetters", p.Name(), "correlate", pipe.Key)
	ofNoQueue(dead, "a reader of the stream")
	grants := append(pipe.readsStream(p.region, *dead.QueueArn()), pipe.onTable(false, p.region, append(contextCalls(), "dynamodb:ConditionCheckItem")...)...)
	if p.Metrics {
		grants = append(grants, grant{actions: []string{"cloudwatch:GetMetricData"}, resources: []string{"*"}, why: "CloudWatch has no resources for metrics"})
	}
	f, err := newFunction(s, "Correlate", p.Name(), p.code, functionProps{
		name: "correlate", program: "correlate", does: "writes what AWS knows of each detection", env: p.correlateEnv(pipe), memory: 512, timeout: 60,
		key: pipe.Key, logDays: p.LogDays, grants: grants,
	})
	if err != nil {
		return err
	}
	newStreamReader(f, pipe.StreamArn, streamReader{items: []string{"D#"}, batch: 10, parallel: 4, dead: dead})
	newTick(p, f, pipe)
	pipe.Functions["correlate"], pipe.DeadLetters["correlate"] = f, dead
	return nil
}

// newTick calls a function each minute. A tick that fails is not tried again, and none is kept: the next does what it would have done. What could not
// even call the function is a dead letter of the rules.
func newTick(p *place, f *function, pipe *pipeline) {
	awslambda.NewCfnEventInvokeConfig(f.In, jsii.String("Once"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: f.Lambda.FunctionName(), Qualifier: jsii.String("$LATEST"), MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60),
	})
	rule := awsevents.NewCfnRule(f.In, jsii.String("EachMinute"), &awsevents.CfnRuleProps{
		Name: jsii.String(f.Name + "-tick"), Description: jsii.String("Contexts that are to be made again"), ScheduleExpression: jsii.String("rate(1 minute)"),
		State: jsii.String("ENABLED"), Targets: &[]any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("function"), Arn: f.Lambda.FunctionArn(), DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: pipe.DeadLetters["bus"].QueueArn()},
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(60)},
		}},
	})
	awslambda.NewCfnPermission(f.In, jsii.String("FromRule"), &awslambda.CfnPermissionProps{
		Action: jsii.String("lambda:InvokeFunction"), FunctionName: f.Lambda.FunctionName(), Principal: jsii.String("events.amazonaws.com"),
		SourceArn: rule.AttrArn(), SourceAccount: jsii.String(p.Account),
	})
}

// newOnLogs makes the one that reads flow logs and calls. It runs once at a time, since its detectors have one owner.
func newOnLogs(s awscdk.Stack, p *place, pipe *pipeline) error {
	const timeout = 300 // with 1,024 MB: what Parquet and large sites need; who has neither pays for neither
	dead := newDeadLetters(s, "LogsDeadLetters", p.Name(), "logs", pipe.Key)
	q := newQueue(s, "LogsQueue", p.Name(), queueProps{
		name: "logs", key: pipe.Key, days: 4, timeout: timeout, attempts: 20, dead: dead,
		senders: []queueSending{{service: "events.amazonaws.com", sources: []string{p.arn("events", "rule/"+p.Name()+"-calls"), p.arn("events", "rule/"+p.Name()+"-logs")}}},
	})
	f, err := newFunction(s, "Logs", p.Name(), p.code, functionProps{
		name: "logs", program: "correlate", does: "reads flow logs and calls, and has detectors judge them", env: p.correlateEnv(pipe), memory: 1024, timeout: timeout,
		reserved: 1, key: pipe.Key, logDays: p.LogDays, grants: p.readLogs(pipe),
	})
	if err != nil {
		return err
	}
	newQueueReader(f, q, queueReader{batch: 10, concurrent: 2})
	p.tellCalls(s, pipe, q)
	if len(p.LogBuckets) > 0 {
		p.tellObjects(s, pipe, q)
	}
	pipe.Functions["logs"], pipe.Queues["logs"], pipe.DeadLetters["logs"] = f, q, dead
	return nil
}

// readLogs is what the function on logs may do.
func (p *place) readLogs(pipe *pipeline) []grant {
	grants := append(pipe.fromQueue(p.region, p.queueArn("logs")), pipe.onTable(false, p.region, contextCalls()...)...)
	grants = append(grants, grant{actions: []string{"dynamodb:Query"}, resources: []string{pipe.TableArn + "/index/*"}, why: "the indexes of one table"})
	if len(p.LogBuckets) == 0 {
		return grants
	}
	var buckets, objects []string
	for _, b := range p.LogBuckets {
		buckets, objects = append(buckets, "arn:aws:s3:::"+b), append(objects, "arn:aws:s3:::"+b+"/*")
	}
	grants = append(grants,
		grant{actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, resources: objects, why: "flow logs and trails lie below prefixes that their owner chose"},
		grant{actions: []string{"s3:ListBucket"}, resources: buckets}, // without it S3 calls an object that is gone denied
	)
	if len(p.LogKeys) > 0 {
		grants = append(grants, grant{actions: []string{"kms:Decrypt"}, resources: p.LogKeys})
	}
	return grants
}

// tellCalls sends calls that AWS records to the queue. Calls that only read are left out: the rule's other state would have them too, many thousands
// in an hour for one function, and the trail's objects have them anyway.
func (p *place) tellCalls(s awscdk.Stack, pipe *pipeline, q awssqs.IQueue) {
	newQueueRule(s, "Calls", pipe, q, awsevents.CfnRuleProps{
		Name: jsii.String(p.Name() + "-calls"), Description: jsii.String("Calls of AWS, for the detectors over logs"),
		EventPattern: map[string]any{
			"source":      []any{map[string]any{"prefix": "aws."}},
			"detail-type": []any{"AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"},
		},
	})
}

// tellObjects sends word of new flow logs and trails. Their buckets are not ours: EventBridge is told by a switch on each, which their owner sets.
func (p *place) tellObjects(s awscdk.Stack, pipe *pipeline, q awssqs.IQueue) {
	newQueueRule(s, "LogObjects", pipe, q, awsevents.CfnRuleProps{
		Name: jsii.String(p.Name() + "-logs"), Description: jsii.String("New flow logs and trails"),
		EventPattern: map[string]any{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"}, "detail": map[string]any{"bucket": map[string]any{"name": p.LogBuckets}},
		},
	})
}

// newQueueRule makes a rule on the account's own bus whose events go to a queue.
func newQueueRule(s awscdk.Stack, id string, pipe *pipeline, q awssqs.IQueue, rule awsevents.CfnRuleProps) {
	rule.State = jsii.String("ENABLED")
	rule.Targets = &[]any{&awsevents.CfnRule_TargetProperty{
		Id: jsii.String("queue"), Arn: q.QueueArn(), DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: pipe.DeadLetters["bus"].QueueArn()},
	}}
	awsevents.NewCfnRule(s, jsii.String(id), &rule)
}
