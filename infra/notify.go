package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// notifyTimeout is in seconds: less than the two minutes that a sender has a message to itself.
const notifyTimeout = 100

// notifier tells people, as the notification rules say.
type notifier struct {
	Function    *function
	DeadLetters awssqs.Queue // events that could not be written down
}

// newNotifier makes the function, the rule that gives it every event of ours, and the tick at which it sends what waits.
func newNotifier(scope constructs.Construct, p *place, pipe *pipeline, address string) (*notifier, error) {
	in := constructs.NewConstruct(scope, key("Notify"))
	n := &notifier{DeadLetters: newDeadLetters(in, "DeadLetters", p.Name(), "notify", pipe.Key)}
	ofNoQueue(n.DeadLetters, "a rule and a function")
	grants := append(pipe.onTable(false, p.region, notifyCalls()...), toTopic(p, pipe)...)
	grants = append(grants, grant{actions: []string{"sqs:SendMessage"}, resources: []string{p.queueArn("notify-dead")}},
		pipe.withKey(p.region, "sqs", "kms:Decrypt", "kms:GenerateDataKey"))
	var err error
	n.Function, err = newFunction(in, "Function", p.Name(), p.code, functionProps{
		name: "notify", program: "notify", does: "Tells people, as the notification rules say", memory: 512, timeout: notifyTimeout, key: pipe.Key, logDays: p.LogDays,
		env:    deploy.Notify{Table: pipe.Table, Topics: []string{*pipe.Topic.TopicArn()}, Account: p.Account, Address: address}.Env(),
		grants: grants,
	})
	if err != nil {
		return nil, err
	}
	awslambda.NewCfnEventInvokeConfig(in, key("Calls"), &awslambda.CfnEventInvokeConfigProps{ // an event that fails was not written down: it comes again
		FunctionName: n.Function.Lambda.FunctionName(), Qualifier: key("$LATEST"), MaximumRetryAttempts: jsii.Number(2), MaximumEventAgeInSeconds: jsii.Number(6 * 3600),
		DestinationConfig: map[string]any{"onFailure": map[string]any{"destination": n.DeadLetters.QueueArn()}},
	})
	n.wake(in, pipe)
	return n, nil
}

// notifyCalls are those that the store makes of DynamoDB for rules and messages.
func notifyCalls() []string {
	return []string{
		"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
	}
}

// toTopic lets a role write to the topic, and to no other. SNS uses the key in the caller's name.
func toTopic(p *place, pipe *pipeline) []grant {
	return []grant{
		{actions: []string{"sns:Publish"}, resources: []string{*pipe.Topic.TopicArn()}},
		pipe.withKey(p.region, "sns", "kms:Decrypt", "kms:GenerateDataKey"),
	}
}

// wake makes the rule and the schedule. An event that EventBridge itself cannot hand over goes to the dead letters too; after a lost tick
// comes the next.
func (n *notifier) wake(in constructs.Construct, pipe *pipeline) {
	var types []any
	for _, t := range events.DetailTypes() {
		types = append(types, string(t))
	}
	told := awsevents.NewCfnRule(in, key("Events"), &awsevents.CfnRuleProps{
		Description: key("Mirrorwatch: whatever there is to tell"), EventBusName: key(pipe.Bus), State: key("ENABLED"),
		EventPattern: map[string]any{"source": []any{events.Source}, "detail-type": types}, Targets: []any{map[string]any{
			"id": "function", "arn": n.Function.Lambda.FunctionArn(), "deadLetterConfig": map[string]any{"arn": n.DeadLetters.QueueArn()},
			"retryPolicy": map[string]any{"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 24 * 3600},
		}},
	})
	tick := awsevents.NewCfnRule(in, key("Tick"), &awsevents.CfnRuleProps{
		Description: key("Mirrorwatch: sends what waits"), ScheduleExpression: key("rate(1 minute)"), State: key("ENABLED"),
		Targets: []any{map[string]any{"id": "function", "arn": n.Function.Lambda.FunctionArn(), "retryPolicy": map[string]any{"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60}}},
	})
	for i, rule := range []awsevents.CfnRule{told, tick} {
		awslambda.NewCfnPermission(in, key([]string{"EventsMay", "TickMay"}[i]), &awslambda.CfnPermissionProps{
			Action: key("lambda:InvokeFunction"), FunctionName: n.Function.Lambda.FunctionArn(), Principal: key("events.amazonaws.com"), SourceArn: rule.AttrArn(),
		})
	}
	n.DeadLetters.AddToResourcePolicy(fromService("events.amazonaws.com", "sqs:SendMessage", *n.DeadLetters.QueueArn(), map[string]any{
		"ArnEquals": map[string]any{"aws:SourceArn": *told.AttrArn()},
	}))
}
