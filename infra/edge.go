package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/aws-cdk-go/awscdk/v2/customresources"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// edgeRegion is where CloudFront wants its web ACL and its certificate, wherever the rest is.
const edgeRegion = "us-east-1"

// edge is what stands before the console.
type edge struct {
	WebACL      string // ARN; "" without WAF
	Certificate string // ARN; "" without a domain
	stack       awscdk.Stack
}

// needsEdge says whether there is anything to put in the stack: one without resources cannot be deployed.
func (p *place) needsEdge() bool { return p.WAF || p.Domain != "" }

// newEdge makes the web ACL and the certificate, as far as the settings ask for them.
func newEdge(s awscdk.Stack, p *place) *edge {
	e := &edge{stack: s}
	if p.WAF {
		acl := newWebACL(s, p, true, "console-"+p.region)
		newWebLog(s, p, acl, "console-"+p.region, edgeKey(s, p))
		e.WebACL = *acl.AttrArn()
		p.tell(s, "web-acl", e.WebACL)
	}
	if p.Domain != "" {
		c := awscertificatemanager.NewCfnCertificate(s, key("Certificate"), &awscertificatemanager.CfnCertificateProps{
			DomainName: &p.Domain, ValidationMethod: key("DNS"), KeyAlgorithm: key("EC_prime256v1"),
			DomainValidationOptions: []any{map[string]any{"domainName": p.Domain, "hostedZoneId": p.Zone}}, // CloudFormation writes the proof into the zone
		})
		e.Certificate = *c.Ref()
		p.tell(s, "certificate", e.Certificate)
	}
	return e
}

// edgeKey makes the key of the log: the deployment's own is in another region.
func edgeKey(s awscdk.Stack, p *place) awskms.Key {
	k := awskms.NewKey(s, key("Key"), &awskms.KeyProps{
		Description: key("Mirrorwatch " + p.Deployment + ": log of requests to the console"), EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY, PendingWindow: awscdk.Duration_Days(jsii.Number(7)),
	})
	k.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(key("logs."+edgeRegion+".amazonaws.com"), nil)},
		Actions:    jsii.Strings("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"), Resources: jsii.Strings("*"), // in a key's policy: the key
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:" + edgeRegion + ":" + p.Account + ":log-group:aws-waf-logs-" + p.Name() + "-*"}},
	}), jsii.Bool(false))
	return k
}

// tell writes an ARN down where the api stack, in another region, finds it. A stack cannot import from another region, and what the CDK
// makes for that (CrossRegionReferences) are two functions whose roles have stars; a parameter, and one look at it, is less.
func (p *place) tell(s awscdk.Stack, name, value string) {
	if p.region != edgeRegion {
		awsssm.NewCfnParameter(s, key("Told-"+name), &awsssm.CfnParameterProps{Name: key(p.told(name)), Type: key("String"), Value: &value})
	}
}

// told gives the name of such a parameter.
func (p *place) told(name string) string {
	return "/mirrorwatch/" + p.Deployment + "/" + p.region + "/" + name
}

// from gives the edge as a stack of the place's own region can name it.
func (e *edge) from(scope constructs.Construct, p *place, k awskms.IKey) *edge {
	if p.region == edgeRegion || e.WebACL == "" && e.Certificate == "" {
		return e
	}
	l := newLook(scope, p, k)
	here := &edge{}
	if e.WebACL != "" {
		here.WebACL = l.at("web-acl")
	}
	if e.Certificate != "" {
		here.Certificate = l.at("certificate")
	}
	awscdk.Stack_Of(scope).AddDependency(e.stack, key("its parameters are read"))
	return here
}

// look reads parameters of the edge's region, when the stack is deployed.
type look struct {
	in   constructs.Construct
	p    *place
	role awsiam.Role
	log  awslogs.LogGroup
}

func newLook(scope constructs.Construct, p *place, k awskms.IKey) *look {
	l := &look{in: constructs.NewConstruct(scope, key("Edge")), p: p}
	l.log = awslogs.NewLogGroup(l.in, key("Log"), &awslogs.LogGroupProps{
		LogGroupName: key("/aws/lambda/" + p.Name() + "-edge"), Retention: days(p.LogDays), EncryptionKey: k, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	l.role = awsiam.NewRole(l.in, key("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(key("lambda.amazonaws.com"), nil), Description: key(p.Name() + ": reads what " + edgeRegion + " has for CloudFront"),
	})
	l.role.AddToPrincipalPolicy(grant{actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, resources: []string{*l.log.LogGroupArn()}}.statement())
	return l
}

// at reads one. The domain is part of the id, so that another certificate is looked for when there is another domain.
func (l *look) at(name string) string {
	arn := "arn:aws:ssm:" + edgeRegion + ":" + l.p.Account + ":parameter" + l.p.told(name)
	l.role.AddToPrincipalPolicy(grant{actions: []string{"ssm:GetParameter"}, resources: []string{arn}}.statement())
	found := customresources.NewAwsCustomResource(l.in, key(name), &customresources.AwsCustomResourceProps{
		FunctionName: key(l.p.Name() + "-edge"), LogGroup: l.log, InstallLatestAwsSdk: jsii.Bool(false), ResourceType: key("Custom::EdgeParameter"),
		Role: awsiam.Role_FromRoleArn(l.in, key("RoleOf-"+name), l.role.RoleArn(), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}),
		OnUpdate: &customresources.AwsSdkCall{
			Service: key("SSM"), Action: key("GetParameter"), Region: key(edgeRegion), Parameters: map[string]any{"Name": l.p.told(name)},
			PhysicalResourceId: customresources.PhysicalResourceId_Of(key(l.p.told(name) + " " + l.p.Domain)), OutputPaths: jsii.Strings("Parameter.Value"),
		},
	})
	found.Node().AddDependency(l.role)
	excuseFunctions(awscdk.Stack_Of(l.in), singleFunction)
	return *found.GetResponseField(key("Parameter.Value"))
}

// singleFunction is what the CDK calls the one function of all its custom resources in a stack.
const singleFunction = "AWS679f53fac002430cb0da5b7982bd2287"
