package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3deployment"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// carriers is what the functions that carry the console's files into the bucket are called by the CDK.
const carriers = "Custom::CDKBucketDeployment"

// fill puts the console's files into the bucket with each deployment, and takes them out when the stack goes: a bucket with something in it
// cannot be deleted. The CDK's own function does it; it has a role of ours.
func (c *console) fill(scope constructs.Construct, p *place, folder string, k awskms.IKey) {
	in := constructs.NewConstruct(scope, key("ConsoleFiles"))
	built := awss3assets.NewAsset(in, key("Built"), &awss3assets.AssetProps{
		Path: &folder, Exclude: jsii.Strings(".gitignore", ".gitkeep"), // what keeps the folder in git is nothing of the console's
	})
	log := awslogs.NewLogGroup(in, key("Log"), &awslogs.LogGroupProps{
		LogGroupName: key("/aws/lambda/" + p.Name() + "-console-files"), Retention: days(p.LogDays), EncryptionKey: k, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := c.carrier(in, p, *built.Bucket().BucketArn(), *log.LogGroupArn())
	from := awss3deployment.Source_Bucket(built.Bucket(), built.S3ObjectKey())
	as := awsiam.Role_FromRoleArn(in, key("RoleOnly"), role.RoleArn(), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)})
	// What is below assets/ has names of its contents: it is kept for a year, and old ones stay for those who have an old page open.
	assets := awss3deployment.NewBucketDeployment(in, key("Assets"), &awss3deployment.BucketDeploymentProps{
		DestinationBucket: c.Bucket, Sources: &[]awss3deployment.ISource{from}, Role: as, LogGroup: log, Prune: jsii.Bool(false), RetainOnDelete: jsii.Bool(false),
		Exclude: jsii.Strings("*"), Include: jsii.Strings("assets/*"), MemoryLimit: jsii.Number(512),
		CacheControl: &[]awss3deployment.CacheControl{awss3deployment.CacheControl_FromString(key("public, max-age=31536000, immutable"))},
	})
	rest := awss3deployment.NewBucketDeployment(in, key("Pages"), &awss3deployment.BucketDeploymentProps{
		DestinationBucket: c.Bucket, Sources: &[]awss3deployment.ISource{from}, Role: as, LogGroup: log, Prune: jsii.Bool(true), RetainOnDelete: jsii.Bool(false),
		Exclude: jsii.Strings("assets/*"), MemoryLimit: jsii.Number(512), DistributionPaths: jsii.Strings("/*"), Distribution: c.Distribution,
		CacheControl: &[]awss3deployment.CacheControl{awss3deployment.CacheControl_FromString(key("no-cache"))},
	})
	rest.Node().AddDependency(assets) // a page never names what is not there yet
	assets.Node().AddDependency(role)
	excuseFunctions(awscdk.Stack_Of(in), carriers)
}

// carrier makes the role: what it may read is one object of the deployment's assets, what it may write is the bucket of the console.
func (c *console) carrier(in constructs.Construct, p *place, assets, log string) awsiam.Role {
	role := awsiam.NewRole(in, key("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(key("lambda.amazonaws.com"), nil), Description: key(p.Name() + ": carries the console's files into their bucket"),
	})
	grants := []grant{
		{actions: []string{"s3:GetObject"}, resources: []string{assets + "/*"}, why: "assets have names of their contents, another with each build"},
		{actions: []string{"s3:ListBucket", "s3:GetBucketTagging"}, resources: []string{*c.Bucket.BucketArn()}}, // the tags tell it whether somebody else still uses the bucket
		{actions: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, resources: []string{*c.Bucket.BucketArn() + "/*"}, why: "every file of the console"},
		{actions: []string{"cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"}, resources: []string{c.arn(p)}},
		{actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, resources: []string{log}},
	}
	for _, g := range grants {
		role.AddToPrincipalPolicy(g.statement())
	}
	excuseStars(role, grants)
	return role
}

// excuseFunctions says of the CDK's own functions in a stack, whose ids begin so, why their runtime is not ours to choose.
func excuseFunctions(s awscdk.Stack, prefix string) {
	for _, c := range *s.Node().Children() {
		if strings.HasPrefix(*c.Node().Id(), prefix) {
			excuse(c, "AwsSolutions-L1", "the CDK's own function, on the runtime that the CDK ships it for")
		}
	}
}
