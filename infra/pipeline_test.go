package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// pipelineTemplate makes the pipeline's stack alone.
func pipelineTemplate(tb testing.TB, pairs ...string) template {
	tb.Helper()
	p := &place{testSettings(tb, pairs...), "eu-central-1", code{}}
	return synthesize(tb, func(app awscdk.App) {
		if _, err := newPipeline(p.stack(app, "pipeline", "what is kept"), p); err != nil {
			tb.Fatal(err)
		}
	})["mirrorwatch-main-pipeline"]
}

// TestPipeline makes the stack twice, with everything on and with as little as there can be, and has each part looked at: a synthesis takes seconds.
func TestPipeline(t *testing.T) {
	most := pipelineTemplate(t, "notify", "soc@example.com,night@example.com", "log_buckets", "our-flow-logs,our-trail",
		"log_keys", "arn:aws:kms:eu-central-1:111122223333:key/logs", "cloudwatch", "on", "retention_records", "90", "retention_logs", "365")
	least := pipelineTemplate(t, "retain", "off", "retention_records", "3")
	for _, part := range []struct {
		name  string
		check func(t *testing.T, most, least template)
	}{
		{"encrypted", checkEncrypted}, {"spoken to over TLS alone", checkTLS}, {"not open to strangers", checkStrangers}, {"kept", checkKept},
		{"dead letters", checkDeadLetters}, {"environments", checkEnvironments}, {"stars", checkStars}, {"names", checkNames},
		{"key", checkKey}, {"table", checkTable}, {"stream", checkStream}, {"correlate", checkCorrelate}, {"roles as in the docs", checkDocumentedRoles},
		{"archive", checkArchive}, {"roles", checkRoles}, {"tables of records", checkCatalog}, {"workgroup", checkWorkgroup}, {"topic", checkTopic},
	} {
		t.Run(part.name, func(t *testing.T) { part.check(t, most, least) })
	}
}

// isKey says whether a value is the ARN of the stack's one key.
func isKey(v any) bool { return strings.HasPrefix(text(v), `{"Fn::GetAtt":["Key`) }

// checkEncrypted holds every resource that can have data against where its key stands. A type that is in neither list is a decision to make.
func checkEncrypted(t *testing.T, most, _ template) {
	where := map[string][][]string{
		"AWS::SQS::Queue": {{"KmsMasterKeyId"}}, "AWS::SNS::Topic": {{"KmsMasterKeyId"}}, "AWS::Logs::LogGroup": {{"KmsKeyId"}},
		"AWS::DynamoDB::Table": {{"SSESpecification", "KMSMasterKeyId"}}, "AWS::Events::EventBus": {{"KmsKeyIdentifier"}}, "AWS::Events::Archive": {{"KmsKeyIdentifier"}},
		"AWS::Lambda::Function": {{"KmsKeyArn"}}, "AWS::Athena::WorkGroup": {{"WorkGroupConfiguration", "ResultConfiguration", "EncryptionConfiguration", "KmsKey"}},
		"AWS::KinesisFirehose::DeliveryStream": {
			{"DeliveryStreamEncryptionConfigurationInput", "KeyARN"},
			{"ExtendedS3DestinationConfiguration", "EncryptionConfiguration", "KMSEncryptionConfig", "AWSKMSKeyARN"},
		},
	}
	without := []string{
		"AWS::KMS::Key", "AWS::KMS::Alias", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
		"AWS::S3::BucketPolicy", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Events::Rule",
		"AWS::Logs::LogStream", "AWS::Glue::Database", "AWS::Glue::Table", "AWS::S3::Bucket", // the bucket's is in checkArchive
	}
	for id, r := range most.Resources {
		paths, known := where[r.Type]
		if !known && !slices.Contains(without, r.Type) {
			t.Errorf("%s: nobody said how a %s is encrypted", id, r.Type)
		}
		for _, path := range paths {
			if !isKey(dig(r.Properties, path...)) {
				t.Errorf("%s: %s is %s, not the key", id, strings.Join(path, "."), text(dig(r.Properties, path...)))
			}
		}
	}
}

// statements gives those of a policy document.
func statements(v any) []map[string]any {
	list, _ := dig(v, "Statement").([]any)
	var out []map[string]any
	for _, s := range list {
		m, _ := s.(map[string]any)
		out = append(out, m)
	}
	return out
}

// values gives one text or several.
func values(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		s, _ := e.(string)
		out = append(out, s)
	}
	return out
}

// checkTLS wants every queue, topic and bucket to refuse what comes unencrypted.
func checkTLS(t *testing.T, most, _ template) {
	for kind, of := range map[string][2]string{
		"AWS::SQS::Queue": {"AWS::SQS::QueuePolicy", "Queues"}, "AWS::SNS::Topic": {"AWS::SNS::TopicPolicy", "Topics"}, "AWS::S3::Bucket": {"AWS::S3::BucketPolicy", "Bucket"},
	} {
		for id := range most.of(kind) {
			refused := false
			for _, p := range most.of(of[0]) {
				if !strings.Contains(text(p.Properties[of[1]]), `{"Ref":"`+id+`"}`) {
					continue
				}
				for _, s := range statements(p.Properties["PolicyDocument"]) {
					refused = refused || s["Effect"] == "Deny" && dig(s, "Condition", "Bool", "aws:SecureTransport") == "false"
				}
			}
			if !refused {
				t.Errorf("%s takes what is not encrypted on its way", id)
			}
		}
	}
}

// checkStrangers finds statements of any policy that let in whoever comes.
func checkStrangers(t *testing.T, most, _ template) {
	for id, r := range most.Resources {
		for _, document := range []string{"PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"} {
			for _, s := range statements(r.Properties[document]) {
				everybody := s["Principal"] == "*" || dig(s, "Principal", "AWS") == "*"
				if s["Effect"] == "Allow" && everybody && dig(s, "Condition", "StringEquals", "aws:PrincipalArn") == nil {
					t.Errorf("%s: %s lets in everybody", id, text(s))
				}
			}
		}
	}
}

// stateful are the resources that hold what cannot be had again, with their ids. An id that changes is a new resource and an old one that is gone, or is
// left behind: never change one.
func stateful() map[string]string {
	return map[string]string{"Table": "AWS::DynamoDB::Table", "Key961B73FD": "AWS::KMS::Key", "Bucket83908E77": "AWS::S3::Bucket"}
}

func checkKept(t *testing.T, most, least template) {
	for id, kind := range stateful() {
		for policy, in := range map[string]template{"Retain": most, "Delete": least} {
			r := in.Resources[id]
			if r.Type != kind || r.DeletionPolicy != policy || r.UpdateReplacePolicy != policy {
				t.Errorf("%s is a %q with policies %q and %q, want a %s with %q", id, r.Type, r.DeletionPolicy, r.UpdateReplacePolicy, kind, policy)
			}
		}
	}
	for id, r := range most.of("AWS::Logs::LogGroup") {
		if r.Properties["RetentionInDays"] != 365.0 {
			t.Errorf("%s keeps lines for %v days, and the setting says 365", id, r.Properties["RetentionInDays"])
		}
	}
}

// checkDeadLetters follows every way on which something comes without anybody waiting for an answer.
func checkDeadLetters(t *testing.T, most, _ template) {
	dead := func(at string, v any) {
		id := strings.TrimSuffix(strings.TrimPrefix(text(v), `{"Fn::GetAtt":["`), `","Arn"]}`)
		q, ok := most.Resources[id]
		if !ok || !strings.HasSuffix(text(q.Properties["QueueName"]), `-dead"`) || q.Properties["MessageRetentionPeriod"] != 14.0*24*3600 {
			t.Errorf("%s: dead letters go to %s, %v", at, text(v), q.Properties)
		}
	}
	for id, r := range most.of("AWS::Events::Rule") {
		for _, target := range r.Properties["Targets"].([]any) {
			dead(id, dig(target, "DeadLetterConfig", "Arn"))
		}
	}
	dead("Bus", dig(most.Resources["Bus"].Properties, "DeadLetterConfig", "Arn"))
	for id, r := range most.of("AWS::Lambda::EventSourceMapping") {
		if strings.Contains(text(r.Properties["EventSourceArn"]), "StreamArn") {
			dead(id, dig(r.Properties, "DestinationConfig", "OnFailure", "Destination"))
		}
	}
	read := 0
	for id, r := range most.of("AWS::SQS::Queue") {
		if name := text(r.Properties["QueueName"]); !strings.HasSuffix(name, `-dead"`) {
			dead(id, dig(r.Properties, "RedrivePolicy", "deadLetterTargetArn"))
			read++
		}
	}
	if read != 2 {
		t.Errorf("%d queues are read, want those of archive and logs", read)
	}
}

// checkEnvironments reads what stands in the template as the programs will.
func checkEnvironments(t *testing.T, most, least template) {
	for _, in := range []template{most, least} {
		for id, r := range in.of("AWS::Lambda::Function") {
			given, _ := dig(r.Properties, "Environment", "Variables").(map[string]any)
			left := maps.Clone(given)
			get := func(name string) string {
				delete(left, name)
				if s, ok := given[name].(string); ok {
					return s
				}
				return strings.TrimPrefix(text(given[name]), "null") // a token is a value
			}
			if get("GOMEMLIMIT"); strings.HasPrefix(id, "Archive") != (given["GOMEMLIMIT"] == "1500MiB") { // read by the runtime of Go
				t.Errorf("%s: %v", id, given)
			}
			if err := readEnvironment(id, get); err != nil {
				t.Errorf("%s: %v", id, err)
			}
			if len(left) > 0 {
				t.Errorf("%s: %v is read by nobody", id, left)
			}
		}
	}
	env := dig(most.only(t, "AWS::Lambda::Function", "Correlate").Properties, "Environment", "Variables")
	if dig(env, deploy.Metrics) != "on" || dig(env, deploy.Role) != "arn:aws:iam::111122223333:role/mirrorwatch-main-mirror-eu-central-1" {
		t.Errorf("correlate has %v", env)
	}
}

func readEnvironment(id string, get func(string) string) (err error) {
	switch {
	case strings.HasPrefix(id, "Publish"):
		_, err = deploy.PublishFromEnv(get)
	case strings.HasPrefix(id, "Archive"):
		_, err = deploy.ArchiverFromEnv(get)
	default:
		_, err = deploy.CorrelateFromEnv(get)
	}
	return err
}

// checkStars wants a reason beside every resource with a star, and none that is nothing but one, unless the service has no other.
func checkStars(t *testing.T, most, _ template) {
	for id, r := range most.of("AWS::IAM::Policy") {
		for _, s := range statements(r.Properties["PolicyDocument"]) {
			resources := text(s["Resource"])
			if resources == `"*"` && s["Action"] != "cloudwatch:GetMetricData" {
				t.Errorf("%s: %v is allowed on everything", id, s["Action"])
			}
			if strings.Contains(resources, "*") && !strings.Contains(text(r.Metadata), "AwsSolutions-IAM5") {
				t.Errorf("%s: nobody says why %s", id, resources)
			}
		}
	}
}

// checkNames wants names that an update keeps and a query by hand can be told.
func checkNames(t *testing.T, most, _ template) {
	for id, want := range map[string][2]string{
		"Table": {"TableName", "mirrorwatch-main"}, "Bus": {"Name", "mirrorwatch-main"}, "Events": {"ArchiveName", "mirrorwatch-main"},
		"Records": {"DeliveryStreamName", "mirrorwatch-main-records"}, "Workgroup": {"Name", "mirrorwatch-main"}, "Bucket83908E77": {"BucketName", "mirrorwatch-main-111122223333-eu-central-1"},
	} {
		if got := most.Resources[id].Properties[want[0]]; got != want[1] {
			t.Errorf("%s is called %v, want %s", id, got, want[1])
		}
	}
	if got := dig(most.Resources["Database"].Properties, "DatabaseInput", "Name"); got != "mirrorwatch_main" {
		t.Errorf("the database is called %v", got)
	}
	long := &place{testSettings(t, "deployment", "a2345678901234567890", "regions", "ap-southeast-1"), "ap-southeast-1", code{}}
	if n := len(long.archiveBucket()); n > 63 {
		t.Errorf("the longest name of a bucket has %d letters, and S3 takes 63", n)
	}
}
