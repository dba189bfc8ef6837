package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// How much Firehose gathers before it writes an object: what comes first. A smaller or younger object means smaller files of records, which searches
// read slower; a larger or older one means that a search finds records later.
const (
	gatherMB      = 64
	gatherSeconds = 300
)

// newRecords makes the Firehose stream that sensors put records on. It converts and compresses nothing: what comes is compressed frames, and an object
// is one behind the other.
func newRecords(s awscdk.Stack, p *place, pipe *pipeline) {
	name := p.Name() + "-records"
	group := awslogs.NewLogGroup(s, jsii.String("RecordsLog"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/aws/kinesisfirehose/" + name), Retention: days(p.LogDays), EncryptionKey: pipe.Key, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	line := awslogs.NewLogStream(s, jsii.String("RecordsLogStream"), &awslogs.LogStreamProps{
		LogGroup: group, LogStreamName: jsii.String("delivery"), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := newRecordsRole(s, p, pipe, name)
	stream := awskinesisfirehose.NewCfnDeliveryStream(s, jsii.String("Records"), &awskinesisfirehose.CfnDeliveryStreamProps{
		DeliveryStreamName: jsii.String(name), DeliveryStreamType: jsii.String("DirectPut"),
		DeliveryStreamEncryptionConfigurationInput: &awskinesisfirehose.CfnDeliveryStream_DeliveryStreamEncryptionConfigurationInputProperty{
			KeyType: jsii.String("CUSTOMER_MANAGED_CMK"), KeyArn: pipe.Key.KeyArn(),
		},
		ExtendedS3DestinationConfiguration: &awskinesisfirehose.CfnDeliveryStream_ExtendedS3DestinationConfigurationProperty{
			BucketArn: jsii.String(pipe.ArchiveArn), RoleArn: role.RoleArn(), CompressionFormat: jsii.String("UNCOMPRESSED"),
			Prefix:                   jsii.String(incoming + "!{timestamp:yyyy/MM/dd/HH}/"),
			ErrorOutputPrefix:        jsii.String(failed + "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"),
			BufferingHints:           &awskinesisfirehose.CfnDeliveryStream_BufferingHintsProperty{SizeInMBs: jsii.Number(gatherMB), IntervalInSeconds: jsii.Number(gatherSeconds)},
			CloudWatchLoggingOptions: &awskinesisfirehose.CfnDeliveryStream_CloudWatchLoggingOptionsProperty{Enabled: jsii.Bool(true), LogGroupName: group.LogGroupName(), LogStreamName: line.LogStreamName()},
			EncryptionConfiguration: &awskinesisfirehose.CfnDeliveryStream_EncryptionConfigurationProperty{
				KmsEncryptionConfig: &awskinesisfirehose.CfnDeliveryStream_KMSEncryptionConfigProperty{AwskmsKeyArn: pipe.Key.KeyArn()},
			},
		},
	})
	stream.Node().AddDependency(role) // Firehose takes the role at once, and its permissions with it
	pipe.Records, pipe.RecordsArn = *stream.Ref(), *stream.AttrArn()
}

// newRecordsRole is what Firehose writes as. The list is that of its guide for a bucket; no more than two folders of it.
func newRecordsRole(s awscdk.Stack, p *place, pipe *pipeline, stream string) awsiam.Role {
	role := awsiam.NewRole(s, jsii.String("RecordsRole"), &awsiam.RoleProps{
		Description: jsii.String(p.Name() + ": Firehose writes records to the archive"),
		// Nobody can give Firehose a role of another account, nor one of ours without iam:PassRole.
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("firehose.amazonaws.com"), nil),
	})
	for _, g := range []grant{
		{actions: []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}, resources: []string{pipe.ArchiveArn + "/" + incoming + "*", pipe.ArchiveArn + "/" + failed + "*"}},
		{actions: []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}, resources: []string{pipe.ArchiveArn}},
		pipe.withKey(p.region, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
		{actions: []string{"logs:PutLogEvents"}, resources: []string{p.arn("logs", "log-group:/aws/kinesisfirehose/"+stream+":log-stream:delivery")}},
	} {
		role.AddToPrincipalPolicy(g.statement())
	}
	excuse(role, "AwsSolutions-IAM5", "Firehose names the objects that it writes, below two folders of one bucket.")
	return role
}
