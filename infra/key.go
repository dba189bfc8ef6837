package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// newKey makes the one key of everything that lies still: table, bus, queues, topic, logs, buckets. Roles use it by their own statements, as
// the first statement of its policy lets them: "kms:*" for the account hands the decision to IAM. Services of AWS that act for nobody's role have a
// statement each.
func newKey(s awscdk.Stack, p *place) awskms.Key {
	k := awskms.NewKey(s, jsii.String("Key"), &awskms.KeyProps{
		Alias: jsii.String("alias/" + p.Name()), Description: jsii.String("Mirrorwatch " + p.Deployment + ": everything that is stored"),
		EnableKeyRotation: jsii.Bool(true), RemovalPolicy: p.removal(),
	})
	for _, statement := range p.keyStatements() {
		k.AddToResourcePolicy(statement, jsii.Bool(true))
	}
	return k
}

// removal says what becomes of what holds data when its stack goes.
func (p *place) removal() awscdk.RemovalPolicy {
	if p.Retain {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

// arn names something of this account and region. All regions of the settings are in the partition "aws".
func (p *place) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + p.region + ":" + p.Account + ":" + resource
}

// keyStatements are those for services. What a statement is bound to is what the service tells KMS: the account or bucket that it acts for, or the
// encryption context, which is the thing that is encrypted and cannot be made up.
//
// Queues and topics are bound by their context, and not by aws:SourceAccount, where EventBridge or an alarm sends to them: EventBridge tells KMS
// no source (the SNS guide says so), and a statement that asks for one lets nothing through, without an error anywhere. So every queue and topic
// of ours must have a name that begins with the deployment's.
func (p *place) keyStatements() []awsiam.PolicyStatement {
	use := []string{"kms:Decrypt", "kms:GenerateDataKey*"}
	queues := map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:sqs:arn": p.arn("sqs", p.Name()+"-*")}}
	topics := map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:sns:topicArn": []string{p.arn("sns", p.Name()), p.arn("sns", p.Name()+"-*")}}}
	bus := map[string]any{"StringEquals": map[string]any{
		"aws:SourceAccount": p.Account, "kms:EncryptionContext:aws:events:event-bus:arn": p.arn("events", "event-bus/"+p.Name()),
	}}
	return []awsiam.PolicyStatement{
		forService("LogGroups", "logs."+p.region+".amazonaws.com", append([]string{"kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey"}, use...),
			map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": p.arn("logs", "log-group:*")}}),
		// The archive of the bus needs ReEncrypt; its context is that of the bus.
		forService("EventBus", "events.amazonaws.com", append([]string{"kms:ReEncrypt*"}, use...), bus),
		// Metadata of the key alone, which EventBridge reads without saying for whom.
		forService("EventBusLooks", "events.amazonaws.com", []string{"kms:DescribeKey"}, nil),
		forService("RulesToQueues", "events.amazonaws.com", use, queues),
		forService("RulesToTopics", "events.amazonaws.com", use, topics),
		forService("AlarmsToTopics", "cloudwatch.amazonaws.com", use, topics),
		forService("BucketsToQueues", "s3.amazonaws.com", use, map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": p.Account}, "ArnLike": queues["ArnLike"],
		}),
		p.autoScaling("AutoScaling", append([]string{"kms:Encrypt", "kms:ReEncrypt*", "kms:DescribeKey"}, use...), nil),
		p.autoScaling("AutoScalingGrants", []string{"kms:CreateGrant"}, map[string]any{"Bool": map[string]any{"kms:GrantIsForAWSResource": "true"}}),
	}
}

func forService(sid, service string, actions []string, conditions map[string]any) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
	}
	if conditions != nil {
		props.Conditions = &conditions
	}
	return awsiam.NewPolicyStatement(props)
}

// autoScaling lets the service-linked role of Auto Scaling start instances with encrypted disks. The role cannot be the principal: until the account's
// first group is made it does not exist, and KMS refuses a policy that names it. Nor can the account be: that hands the decision to IAM, where the
// role's policy, which is AWS's, says nothing of keys. So it is everybody whose name is that role's, in this account.
func (p *place) autoScaling(sid string, actions []string, more map[string]any) awsiam.PolicyStatement {
	conditions := map[string]any{"StringEquals": map[string]any{
		"kms:CallerAccount": p.Account,
		"aws:PrincipalArn":  "arn:aws:iam::" + p.Account + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
	}}
	for name, value := range more {
		conditions[name] = value
	}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings("*"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, Conditions: &conditions,
	})
}
