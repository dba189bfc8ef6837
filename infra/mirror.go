package main

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// mirror is what keeps mirror sessions: the function, what wakes it, and what takes every session away before the rest goes.
type mirror struct {
	Function, Teardown *function
	Queue, DeadLetters awssqs.Queue
}

// Times of the function, in seconds; docs/operations.md says why.
const (
	mirrorTimeout = 900
	sweepMinutes  = 5
)

// mirrorCalls are those that the store makes of DynamoDB in the function's name.
func mirrorCalls() []string {
	return []string{
		"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
	}
}

// newMirror makes the mirror stack. Targets, filters, rules and shares are not in it: the function keeps them itself, in every account, and
// mends them (docs/decisions/0020).
func newMirror(s awscdk.Stack, p *place, pipe *pipeline, f *fleet) (*mirror, error) {
	text, err := p.mirrorPolicy(fleetOfPolicy{balancer: f.Balancer, targetGroup: f.TargetGroup, securityGroup: *f.SecurityGroup.SecurityGroupId(), group: f.scalingGroup()})
	if err != nil {
		return nil, err
	}
	parameter := awsssm.NewCfnParameter(s, key("Policy"), &awsssm.CfnParameterProps{
		Name: key(p.parameter()), Type: key("String"), Value: key(text), Description: key("What is mirrored, and how"),
		Tier: key("Intelligent-Tiering"), // a policy of more than 4 KB needs an advanced parameter
	})
	m := &mirror{}
	if m.Function, err = p.mirrorFunction(s, pipe, f, "mirror", "Keeps mirror sessions as tags ask", 3); err != nil {
		return nil, err
	}
	if m.Teardown, err = p.mirrorFunction(s, pipe, f, "teardown", "Takes all mirror sessions away when the stack goes", 0); err != nil {
		return nil, err
	}
	m.queues(s, p, pipe)
	end := m.end(s, p)
	end.Node().AddDependency(parameter, m.Function.In, m.Teardown.In)
	m.wake(s, p, end)
	awscdk.NewCfnOutput(s, key("MirrorPolicy"), &awscdk.CfnOutputProps{Value: parameter.Name(), Description: key("Parameter with the mirror policy")})
	return m, nil
}

// mirrorFunction makes the program as one of its two functions.
func (p *place) mirrorFunction(s awscdk.Stack, pipe *pipeline, f *fleet, name, does string, reserved int) (*function, error) {
	env := deploy.Mirror{Table: pipe.Table, Policy: "ssm:" + p.parameter(), Role: p.role(name), Teardown: name == "teardown"}.Env()
	grants := slices.Concat(pipe.onTable(false, p.region, mirrorCalls()...), p.mirrorGrants(p.Account), p.fleetGrants(f), []grant{{
		actions: []string{"ssm:GetParameter"}, resources: []string{fmt.Sprintf("arn:aws:ssm:%s:%s:parameter%s", p.region, p.Account, p.parameter())},
	}})
	for _, a := range p.neighbours() {
		grants = append(grants, grant{actions: []string{"sts:AssumeRole"}, resources: []string{p.spokeRole(a.ID)}})
	}
	if name == "mirror" {
		grants = append(grants, pipe.fromQueue(p.region, p.queueArn("mirror"))...)
	} else {
		grants = append(grants, grant{actions: []string{"lambda:InvokeFunction"}, resources: []string{p.functionArn(name)}}) // itself, when its time ends
	}
	return newFunction(s, name, p.Name(), p.code, functionProps{
		name: name, program: "mirror", does: does, env: env, memory: 1024, timeout: mirrorTimeout, reserved: reserved, roleName: p.roleName(name), key: pipe.Key, logDays: p.LogDays, grants: grants,
	})
}

func (p *place) queueArn(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s-%s", p.region, p.Account, p.Name(), name)
}

func (p *place) functionArn(name string) string {
	return fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s-%s", p.region, p.Account, p.Name(), name)
}

// queues makes the queue of events and that of those which nobody could read. Six times the function's timeout is what Lambda asks for.
func (m *mirror) queues(s awscdk.Stack, p *place, pipe *pipeline) {
	m.DeadLetters = awssqs.NewQueue(s, key("DeadLetters"), &awssqs.QueueProps{
		QueueName: key(p.Name() + "-mirror-dead"), EncryptionMasterKey: pipe.Key, EnforceSSL: jsii.Bool(true), RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	m.Queue = awssqs.NewQueue(s, key("Queue"), &awssqs.QueueProps{
		QueueName: key(p.Name() + "-mirror"), EncryptionMasterKey: pipe.Key, EnforceSSL: jsii.Bool(true), RetentionPeriod: awscdk.Duration_Days(jsii.Number(1)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * mirrorTimeout)), DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: m.DeadLetters, MaxReceiveCount: jsii.Number(5)},
	})
}

// end makes the custom resource that removes what the function made. Whatever wakes the function depends on it, so that CloudFormation
// takes that away first: else the next sweep would make every session again.
func (m *mirror) end(s awscdk.Stack, p *place) awscdk.CfnResource {
	once := awslambda.NewCfnEventInvokeConfig(s, key("TeardownCalls"), &awslambda.CfnEventInvokeConfigProps{ // no destination for failures: the event has an address that is a secret
		FunctionName: m.Teardown.Lambda.FunctionName(), Qualifier: key("$LATEST"), MaximumRetryAttempts: jsii.Number(2), MaximumEventAgeInSeconds: jsii.Number(3600),
	})
	r := awscdk.NewCfnResource(s, key("Sessions"), &awscdk.CfnResourceProps{
		Type: key("Custom::MirrorSessions"), Properties: &map[string]any{"ServiceToken": m.Teardown.Lambda.FunctionArn(), "ServiceTimeout": 3600, "Deployment": p.Deployment},
	})
	r.AddDependency(once)
	return r
}

// wake makes the schedule of the sweep, the rules of events, and the way from the queue to the function.
func (m *mirror) wake(s awscdk.Stack, p *place, end awscdk.CfnResource) {
	sweep := awsevents.NewCfnRule(s, key("Sweep"), &awsevents.CfnRuleProps{
		Description: key("Mirrorwatch: a look at everything"), ScheduleExpression: key(fmt.Sprintf("rate(%d minutes)", sweepMinutes)), State: key("ENABLED"),
		Targets: []any{map[string]any{"id": "function", "arn": m.Function.Lambda.FunctionArn(), "retryPolicy": map[string]any{"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 300}}},
	})
	allowed := awslambda.NewCfnPermission(s, key("SweepMay"), &awslambda.CfnPermissionProps{
		Action: key("lambda:InvokeFunction"), FunctionName: m.Function.Lambda.FunctionArn(), Principal: key("events.amazonaws.com"), SourceArn: sweep.AttrArn(),
	})
	once := awslambda.NewCfnEventInvokeConfig(s, key("Once"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: m.Function.Lambda.FunctionName(), Qualifier: key("$LATEST"), MaximumRetryAttempts: jsii.Number(0), MaximumEventAgeInSeconds: jsii.Number(300), // the next sweep comes by itself
	})
	mapping := awslambda.NewCfnEventSourceMapping(s, key("Events"), &awslambda.CfnEventSourceMappingProps{
		FunctionName: m.Function.Lambda.FunctionName(), EventSourceArn: m.Queue.QueueArn(), BatchSize: jsii.Number(100), MaximumBatchingWindowInSeconds: jsii.Number(5),
		FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"), ScalingConfig: map[string]any{"maximumConcurrency": 2}, // the smallest that Lambda allows
	})
	for _, r := range []awscdk.CfnResource{sweep, allowed, once, mapping} {
		r.AddDependency(end)
	}
	var sources []string
	for _, r := range newMirrorRules(s, func(string) any { return map[string]any{"id": "queue", "arn": m.Queue.QueueArn()} }) {
		r.AddDependency(end)
		sources = append(sources, *r.AttrArn())
	}
	m.Queue.AddToResourcePolicy(fromService("events.amazonaws.com", "sqs:SendMessage", *m.Queue.QueueArn(), map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": sources}}))
	for _, a := range p.neighbours() {
		awsevents.NewCfnEventBusPolicy(s, key("From"+a.ID), &awsevents.CfnEventBusPolicyProps{
			StatementId: key(p.Name() + "-" + a.ID), Statement: map[string]any{ // on the account's own bus, where the rules above are
				"Sid": p.Name() + "-" + a.ID, "Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::" + a.ID + ":root"}, "Action": "events:PutEvents",
				"Resource": fmt.Sprintf("arn:aws:events:%s:%s:event-bus/default", p.region, p.Account),
			},
		})
	}
}
