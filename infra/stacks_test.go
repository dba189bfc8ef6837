package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// TestTeardownReachesOtherAccounts: the stack with the custom resource depends on those of other accounts, so that it is deleted while
// their roles are there.
func TestTeardownReachesOtherAccounts(t *testing.T) {
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: key(dir)})
	if err := build(app, testSettings(t, "accounts", "222233334444/eu-central-1"), code{}); err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Artifacts map[string]struct{ Dependencies []string }
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	if needs := manifest.Artifacts["mirrorwatch-main-mirror"].Dependencies; !slices.Contains(needs, "mirrorwatch-main-spoke-222233334444") {
		t.Errorf("the mirror stack depends on %v", needs)
	}
}

// TestNamesFit: names of fixed form are within AWS's limits for the longest deployment, account and region that may be set.
func TestNamesFit(t *testing.T) {
	limits := map[string]struct {
		property string
		most     int
	}{
		"AWS::Lambda::Function": {"FunctionName", 64}, "AWS::IAM::Role": {"RoleName", 64}, "AWS::SQS::Queue": {"QueueName", 80}, "AWS::S3::Bucket": {"BucketName", 63},
		"AWS::DynamoDB::Table": {"TableName", 255}, "AWS::CloudWatch::Alarm": {"AlarmName", 255}, "AWS::Events::EventBus": {"Name", 256},
		"AWS::KinesisFirehose::DeliveryStream": {"DeliveryStreamName", 64}, "AWS::Cognito::UserPoolDomain": {"Domain", 63}, "AWS::ElasticLoadBalancingV2::LoadBalancer": {"Name", 32},
		"AWS::ElasticLoadBalancingV2::TargetGroup": {"Name", 32}, "AWS::Athena::WorkGroup": {"Name", 128}, "AWS::SSM::Parameter": {"Name", 1011}, "AWS::SNS::Topic": {"TopicName", 256},
	}
	found := 0
	for stack, tpl := range wholeOf(t, "deployment", "abcdefghijklmnopqrst", "regions", "ap-southeast-4,ap-northeast-3", "accounts", "222233334444/ap-southeast-4") {
		if len(stack) > 128 {
			t.Errorf("stack %s has %d characters", stack, len(stack))
		}
		for id, r := range tpl.Resources {
			limit, known := limits[r.Type]
			name, text := r.Properties[limit.property].(string)
			if !known || !text {
				continue
			}
			found++
			if len(name) > limit.most {
				t.Errorf("%s %s: %q has %d characters, AWS takes %d", stack, id, name, len(name), limit.most)
			}
			if !strings.Contains(name, "abcdefghijklmnopqrst") {
				t.Errorf("%s %s: %q would be in the way of another deployment", stack, id, name)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d names were looked at", found)
	}
}
