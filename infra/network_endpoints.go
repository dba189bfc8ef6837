package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// endpoint is a door to one service of AWS. It lets through what sensors call, for what belongs to this account, and nothing else: who
// takes over a sensor cannot carry data to an account of his own through it.
type endpoint struct {
	id, service string
	gateway     bool // of routes; the others have an interface in each subnet
	allow       []grant
}

// endpoints lists the doors that sensors of a kind need. There is none for ssm: nobody signs in to a sensor. None for sts either, since
// credentials come from the metadata of the instance or of the task; and none for kms, which DynamoDB calls itself.
func endpoints(p *place) []endpoint {
	calls, own := sensorCalls(), map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": p.Account}}
	both := map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": p.Account, "aws:ResourceAccount": p.Account}}
	anything := func(actions []string, conditions map[string]any) []grant {
		return []grant{{actions: actions, resources: []string{"*"}, conditions: conditions}}
	}
	list := []endpoint{
		{"Tables", "dynamodb", true, anything(calls.table, both)},
		{"Objects", "s3", true, anything(calls.program, both)},
		{"Records", "kinesis-firehose", false, anything(calls.records, own)},
		{"Metrics", "monitoring", false, anything(calls.metrics, own)},
	}
	if p.Fleet == settings.EC2 {
		return append(list, endpoint{"Group", "autoscaling", false, anything(calls.group, own)}, endpoint{"Ready", "cloudformation", false, anything(calls.ready, own)})
	}
	repositories := p.arn("ecr", "repository/*")
	images := []grant{
		{actions: []string{"ecr:GetAuthorizationToken"}, resources: []string{"*"}, conditions: own},
		{actions: []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, resources: []string{repositories}, conditions: own},
	}
	// Layers of images lie in a bucket of ECR's own, whose address is signed by ECR and not by this account.
	layers := fmt.Sprintf("arn:aws:s3:::prod-%s-starport-layer-bucket/*", p.region)
	list[1].allow = []grant{{actions: []string{"s3:GetObject"}, resources: []string{layers}}}
	return append(list, endpoint{"Images", "ecr.api", false, images}, endpoint{"Layers", "ecr.dkr", false, images},
		endpoint{"Logs", "logs", false, anything([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, both)})
}

func (m *netmaker) makeEndpoints() {
	m.guard = awsec2.NewCfnSecurityGroup(m.s, jsii.String("EndpointGuard"), &awsec2.CfnSecurityGroupProps{
		VpcId: m.vpc.AttrVpcId(), GroupDescription: jsii.String("Endpoints of " + m.p.Name() + ": who may come in, the fleet says"), Tags: named(m.p.Name() + "-endpoints"),
		SecurityGroupEgress: []any{nothing()}, // endpoints begin nothing
	})
	for _, e := range endpoints(m.p) {
		props := &awsec2.CfnVPCEndpointProps{
			VpcId: m.vpc.AttrVpcId(), ServiceName: jsii.String(fmt.Sprintf("com.amazonaws.%s.%s", m.p.region, e.service)), PolicyDocument: doorPolicy(e.allow), Tags: named(m.p.Name() + "-" + e.service),
		}
		if e.gateway {
			props.VpcEndpointType, props.RouteTableIds = jsii.String("Gateway"), &[]*string{m.table.AttrRouteTableId()}
		} else {
			props.VpcEndpointType, props.SubnetIds, props.SecurityGroupIds = jsii.String("Interface"), &m.subnets, &[]*string{m.guard.AttrGroupId()}
			props.PrivateDnsEnabled = jsii.Bool(true)
		}
		awsec2.NewCfnVPCEndpoint(m.s, jsii.String(e.id+"Endpoint"), props)
	}
}

// nothing is a rule that lets nothing through: EC2 gives a group that has no rule for what goes out one that lets everything out.
func nothing() *awsec2.CfnSecurityGroup_EgressProperty {
	return &awsec2.CfnSecurityGroup_EgressProperty{
		IpProtocol: jsii.String("icmp"), FromPort: jsii.Number(252.0), ToPort: jsii.Number(86.0), CidrIp: jsii.String("255.255.255.255/32"), Description: jsii.String("Nothing"),
	}
}

// doorPolicy is that of an endpoint: it names no principal, since what a principal may is said by its role.
func doorPolicy(allow []grant) awsiam.PolicyDocument {
	doc := awsiam.NewPolicyDocument(nil)
	for _, g := range allow {
		s := g.statement()
		s.AddAnyPrincipal()
		doc.AddStatements(s)
	}
	return doc
}

// makeFlowLog writes down who spoke with whom in the network of the sensors. Mirrored packets are not in it, so it stays small.
func (m *netmaker) makeFlowLog(key awskms.IKey) {
	log := awslogs.NewLogGroup(m.s, jsii.String("FlowLog"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/mirrorwatch/" + m.p.Deployment + "/network"), Retention: days(m.p.LogDays), EncryptionKey: key, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := awsiam.NewRole(m.s, jsii.String("FlowLogRole"), &awsiam.RoleProps{
		Description: jsii.String("Writes the flow log of the network of " + m.p.Name()),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("vpc-flow-logs.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": m.p.Account},
			"ArnLike":      map[string]any{"aws:SourceArn": m.p.arn("ec2", "vpc-flow-log/*")},
		}}),
	})
	all := m.p.arn("logs", "log-group:*")
	for _, g := range []grant{
		{actions: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, resources: []string{*log.LogGroupArn()}},
		{actions: []string{"logs:DescribeLogGroups"}, resources: []string{all}, why: "the service lists groups before it writes, and the list is of all"},
	} {
		role.AddToPrincipalPolicy(g.statement())
	}
	excuse(role, "AwsSolutions-IAM5", "VPC Flow Logs lists log groups before it writes to its own, and a list is of all groups.")
	flow := awsec2.NewCfnFlowLog(m.s, jsii.String("Flows"), &awsec2.CfnFlowLogProps{
		ResourceId: m.vpc.AttrVpcId(), ResourceType: jsii.String("VPC"), TrafficType: jsii.String("ALL"), LogDestinationType: jsii.String("cloud-watch-logs"),
		LogDestination: log.LogGroupArn(), DeliverLogsPermissionArn: role.RoleArn(), MaxAggregationInterval: jsii.Number(600.0), Tags: named(m.p.Name()),
	})
	flow.Node().AddDependency(role) // with its policy: the first delivery is tried at once
}
