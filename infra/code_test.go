package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// TestSensorProgram: what is uploaded is the program itself, its sum is the one that the first boot asks for, the role may read that object
// alone; and the image of Fargate is built from the same program.
func TestSensorProgram(t *testing.T) {
	out, root := t.TempDir(), smallModule(t)
	templates := map[string]template{}
	for _, kind := range []string{"ec2", "fargate"} {
		p := &place{testSettings(t, "fleet", kind), "eu-central-1", code{ctx: context.Background(), root: root, out: out}}
		all := synthesize(t, func(app awscdk.App) {
			s := p.stack(app, "fleet", "")
			pipe := &pipeline{Key: newTestKey(s), Table: "mirrorwatch-main", TableArn: "arn:aws:dynamodb:::table/x", Records: "r", RecordsArn: "arn:aws:firehose:::deliverystream/r"}
			if _, err := newFleet(s, p, pipe, newNetwork(s, p, pipe.Key)); err != nil {
				t.Fatal(err)
			}
		})
		templates[kind] = all["mirrorwatch-main-fleet"]
	}
	program, err := os.ReadFile(filepath.Join(out, "sensor-arm64", "mirrorwatch"))
	if err != nil {
		t.Fatal(err)
	}
	data := templates["ec2"].only(t, "AWS::EC2::LaunchTemplate", "").Properties["LaunchTemplateData"]
	script := fmt.Sprint(dig(data, "UserData", "Fn::Base64"))
	if sum := fmt.Sprintf("readonly sum='%x'", sha256.Sum256(program)); !strings.Contains(script, sum) {
		t.Errorf("the first boot asks for another program than %s", sum)
	}
	_, object, _ := strings.Cut(script, "readonly url='s3://")
	object, _, _ = strings.Cut(object, "'")
	bucket, hash, _ := strings.Cut(object, "/")
	if !strings.HasPrefix(bucket, "cdk-") || len(hash) < 64 { // the CDK takes the hash for an extension too, there being none
		t.Errorf("the first boot fetches %q", object)
	}
	if policy := text(templates["ec2"].only(t, "AWS::IAM::Policy", "SensorRole").Properties); !strings.Contains(policy, `"arn:aws:s3:::`+object+`"`) {
		t.Errorf("sensors may not read %s: %s", object, policy)
	}
	image, err := os.ReadFile(filepath.Join(out, "image", "mirrorwatch"))
	if err != nil || sha256.Sum256(image) != sha256.Sum256(program) {
		t.Errorf("image has another program: %v", err)
	}
	c := templates["fargate"].only(t, "AWS::ECS::TaskDefinition", "").Properties["ContainerDefinitions"].([]any)[0]
	if uri := text(dig(c, "Image")); !strings.Contains(uri, ".dkr.ecr.") || strings.Contains(uri, nowhere) {
		t.Errorf("image is %s", uri)
	}
}

// smallModule is a module whose sensor does nothing: what is done with a program does not depend on what it is, and the real one takes
// minutes to build for another processor (infra/pack builds a real function).
func smallModule(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\n", "cmd/mirrorwatch/main.go": "package main\n\nfunc main() {}\n"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
