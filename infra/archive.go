package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// The folders of the archive's bucket, and for how many days each keeps what it has at the most: no longer than the setting says of records.
const (
	incoming, incomingDays = "incoming/", 7 // frames as sensors sent them: gone once they are in records/, kept for who must do that again
	failed, failedDays     = "failed/", 14  // what Firehose could not deliver
	rejected               = "rejected/"    // lines that the function could not take: records of traffic as well
	results, resultDays    = "results/", 1  // answers of Athena, which are read within the minute
	records                = "records/"
)

// archiveBucket is what the archive's bucket is called. The name is known before the bucket is made: it stands in the queue's policy, without which S3
// makes no bucket that tells the queue.
func (p *place) archiveBucket() string { return p.Name() + "-" + p.Account + "-" + p.region }

// newArchive makes what keeps records: the bucket, the stream that sensors send to, and the function that makes tables of what comes.
func newArchive(s awscdk.Stack, p *place, pipe *pipeline) error {
	const timeout = 300
	dead := newDeadLetters(s, "ArchiveDeadLetters", p.Name(), "archive", pipe.Key)
	q := newQueue(s, "ArchiveQueue", p.Name(), queueProps{
		name: "archive", key: pipe.Key, days: 4, timeout: timeout, attempts: 5, dead: dead,
		senders: []queueSending{{service: "s3.amazonaws.com", sources: []string{"arn:aws:s3:::" + p.archiveBucket()}, account: p.Account}},
	})
	bucket := newArchiveBucket(s, p, pipe.Key, q)
	pipe.Archive, pipe.ArchiveArn = *bucket.BucketName(), *bucket.BucketArn()
	pipe.Queues["archive"], pipe.DeadLetters["archive"] = q, dead
	newRecords(s, p, pipe)
	f, err := newFunction(s, "Archive", p.Name(), p.code, functionProps{
		name: "archive", program: "archive", does: "makes tables of the records that sensors sent", env: archiveEnv(pipe),
		memory: 1769, timeout: timeout, // one whole processor; docs/operations.md has what an object takes
		key: pipe.Key, logDays: p.LogDays,
		grants: append(pipe.fromQueue(p.region, p.queueArn("archive")),
			grant{actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, resources: []string{pipe.ArchiveArn + "/" + incoming + "*"}, why: "names of what comes are Firehose's"},
			grant{actions: []string{"s3:PutObject"}, resources: []string{pipe.ArchiveArn + "/" + records + "*", pipe.ArchiveArn + "/" + rejected + "*"}, why: "names of files follow from what came"},
			grant{actions: []string{"s3:ListBucket"}, resources: []string{pipe.ArchiveArn}}, // without it S3 calls an object that is gone denied, and it comes again
			pipe.withKey(p.region, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
		),
	})
	if err != nil {
		return err
	}
	newQueueReader(f, q, queueReader{batch: 1, concurrent: 10})
	pipe.Functions["archive"] = f
	return nil
}

// archiveEnv is what the program reads, and the runtime of Go: it collects before Lambda would end a function that is too large.
func archiveEnv(pipe *pipeline) map[string]string {
	env := deploy.Archiver{Archive: pipe.Archive}.Env()
	env["GOMEMLIMIT"] = "1500MiB"
	return env
}

// newArchiveBucket makes the bucket. It keeps no versions: nothing in it is ever written twice with other content, and a version of a record would
// outlive the days that people were told records are kept. That S3 tells the queue stands in the bucket itself, where the CDK would have a function of
// its own do it.
func newArchiveBucket(s awscdk.Stack, p *place, k awskms.IKey, q awssqs.Queue) awss3.Bucket {
	rule := func(folder string, days int) *awss3.LifecycleRule {
		days = min(days, p.RecordDays) // frames and answers are records, too
		return &awss3.LifecycleRule{Id: jsii.String(folder), Prefix: jsii.String(folder), Expiration: awscdk.Duration_Days(jsii.Number(float64(days)))}
	}
	bucket := awss3.NewBucket(s, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: jsii.String(p.archiveBucket()), Encryption: awss3.BucketEncryption_KMS, EncryptionKey: k, BucketKeyEnabled: jsii.Bool(true),
		EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2), BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED, RemovalPolicy: p.removal(),
		LifecycleRules: &[]*awss3.LifecycleRule{
			rule(incoming, incomingDays), rule(failed, failedDays), rule(rejected, p.RecordDays), rule(results, resultDays), rule(records, p.RecordDays),
			{Id: jsii.String("unfinished"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1))},
		},
	})
	made := bucket.Node().DefaultChild().(awss3.CfnBucket)
	made.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{QueueConfigurations: &[]any{
		&awss3.CfnBucket_QueueConfigurationProperty{Event: jsii.String("s3:ObjectCreated:*"), Queue: q.QueueArn(), Filter: &awss3.CfnBucket_NotificationFilterProperty{
			S3Key: &awss3.CfnBucket_S3KeyFilterProperty{Rules: &[]any{&awss3.CfnBucket_FilterRuleProperty{Name: jsii.String("prefix"), Value: jsii.String(incoming)}}},
		}},
	}})
	made.Node().AddDependency(q) // and its policy: S3 tries to send when it is told of the queue
	excuse(made, "AwsSolutions-S1", "Firehose, one function and Athena alone use this bucket, and every search of a person is in the audit log of the API. "+
		"Access logs would be a second store of who talked with whom, outside the days that records are kept. Data events of CloudTrail have them for who wants them.")
	return bucket
}
