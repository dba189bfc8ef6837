package main

import (
	"slices"
	"strings"
	"testing"
)

// checkArchive looks at the bucket, the way in, and the way out.
func checkArchive(t *testing.T, most, least template) {
	b := most.Resources["Bucket83908E77"]
	rules, _ := dig(b.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration").([]any)
	if len(rules) != 1 || dig(rules[0], "BucketKeyEnabled") != true || !isKey(dig(rules[0], "ServerSideEncryptionByDefault", "KMSMasterKeyID")) {
		t.Errorf("encryption: %s", text(rules))
	}
	for _, name := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if dig(b.Properties, "PublicAccessBlockConfiguration", name) != true {
			t.Errorf("%s is off", name)
		}
	}
	for in, days := range map[*template]float64{&most: 90, &least: 3} {
		got := map[any]any{}
		list, _ := dig(in.Resources["Bucket83908E77"].Properties, "LifecycleConfiguration", "Rules").([]any)
		for _, r := range list {
			got[dig(r, "Prefix")] = dig(r, "ExpirationInDays")
		}
		want := map[any]any{"incoming/": min(7, days), "failed/": min(14, days), "rejected/": days, "results/": 1.0, "records/": days, nil: nil} // the last ends uploads that were never finished
		for folder, days := range want {
			if got[folder] != days || len(got) != len(want) {
				t.Errorf("what is in %v goes after %v days, want %v", folder, got[folder], days)
			}
		}
	}
	checkWayIn(t, most, b)
}

func checkWayIn(t *testing.T, most template, b resource) {
	queues, _ := dig(b.Properties, "NotificationConfiguration", "QueueConfigurations").([]any)
	if len(queues) != 1 || !strings.Contains(text(queues), `"Value":"incoming/"`) || !strings.Contains(text(dig(queues[0], "Queue")), "ArchiveQueue") {
		t.Errorf("the queue is told of %s", text(queues))
	}
	if !strings.Contains(text(b.DependsOn), "ArchiveQueuePolicy") {
		t.Errorf("the bucket is made before the queue takes anything of it: depends on %s", text(b.DependsOn))
	}
	for _, r := range most.Resources {
		if strings.HasPrefix(r.Type, "Custom::") {
			t.Errorf("a custom resource of the CDK: %s", r.Type)
		}
	}
	f := dig(most.Resources["Records"].Properties, "ExtendedS3DestinationConfiguration")
	if prefix, _ := dig(f, "Prefix").(string); !strings.HasPrefix(prefix, "incoming/") || dig(f, "CompressionFormat") != "UNCOMPRESSED" || dig(f, "DataFormatConversionConfiguration") != nil {
		t.Errorf("Firehose writes otherwise: %s", text(f))
	}
	if prefix, _ := dig(f, "ErrorOutputPrefix").(string); !strings.HasPrefix(prefix, "failed/") {
		t.Errorf("what Firehose cannot deliver would be taken for records: %s", prefix)
	}
	function := most.only(t, "AWS::Lambda::Function", "Archive").Properties["Timeout"].(float64)
	if q := most.only(t, "AWS::SQS::Queue", "ArchiveQueue").Properties["VisibilityTimeout"]; q != 6*function {
		t.Errorf("a message is hidden for %v s, and the function has %v s", q, function)
	}
}

// checkRoles is what the roles are allowed in which folder; test/actions holds the same against what the programs call.
func checkRoles(t *testing.T, most, _ template) {
	for prefix, want := range map[string][]string{
		"ArchiveRole": {"incoming/*: s3:GetObject s3:GetObjectVersion", "records/*: s3:PutObject", "rejected/*: s3:PutObject"},
		"RecordsRole": {"failed/*: s3:AbortMultipartUpload s3:GetObject s3:PutObject", "incoming/*: s3:AbortMultipartUpload s3:GetObject s3:PutObject"},
	} {
		var got []string
		for _, s := range statements(most.only(t, "AWS::IAM::Policy", prefix).Properties["PolicyDocument"]) {
			for _, folder := range []string{"incoming/*", "records/*", "failed/*", "rejected/*", "results/*"} {
				if strings.Contains(text(s["Resource"]), "/"+folder) {
					list := values(s["Action"])
					slices.Sort(list)
					got = append(got, folder+": "+strings.Join(list, " "))
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s may %q, want %q", prefix, got, want)
		}
	}
	all := func(map[string]any) bool { return true }
	if got := actionsOfRole(t, most, "PublishRole", all); !slices.Equal(got, []string{
		"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", "events:PutEvents",
		"kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage",
	}) {
		t.Errorf("publish may %q", got)
	}
}
