package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// TestTemplateCheckBites: the check of templates finds a public bucket, takes an excuse that has a reason and no other, and says so where it
// was given nothing to look at. Without this a check that always says yes would look the same.
func TestTemplateCheckBites(t *testing.T) {
	modules := needNag(t)
	for _, c := range []struct {
		name, template string
		code           int
		says           string // as a regular expression
	}{
		{"no excuse", bucketExcused("AwsSolutions-S1", "AwsSolutions-S10"), 1, `(?m)^open: Bucket \(AWS::S3::Bucket\): AwsSolutions-S2: .+$`},
		{"excuse", bucketExcused("AwsSolutions-S1", "AwsSolutions-S10", "AwsSolutions-S2"), 0, `(?m)^check: 1 templates, 0 findings unexplained, 3 explained`},
		{"excuse without reason", strings.Replace(bucketExcused("AwsSolutions-S2", "AwsSolutions-S1", "AwsSolutions-S10"), excuseOfTest, "", 1), 1,
			`(?m)^open: Bucket \(AWS::S3::Bucket\): AwsSolutions-S2: .+$`},
		{"no templates", "", 2, `no \*\.template\.json in `},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.template != "" {
				if err := os.WriteFile(filepath.Join(dir, "open.template.json"), []byte(c.template), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			says, code := runNag(t, modules, dir)
			if code != c.code || !regexp.MustCompile(c.says).MatchString(says) {
				t.Errorf("it says, with %d, want %d and %s:\n%s", code, c.code, c.says, says)
			}
			if n := strings.Count(says, "open: "); n != c.code%2 {
				t.Errorf("%d findings, want %d:\n%s", n, c.code%2, says)
			}
		})
	}
}

// TestDeploymentsAreExplained holds what a deployment without settings makes against all rules.
func TestDeploymentsAreExplained(t *testing.T) {
	modules := needNag(t)
	for _, name := range []string{"default", "full"} { // with nothing set, and with nearly everything
		dir, s := t.TempDir(), testSettings(t, combinations()[name]...)
		all := synthesizeInto(t, dir, func(app awscdk.App) {
			if err := build(app, s, code{}); err != nil {
				t.Fatal(err)
			}
		})
		says, code := runNag(t, modules, dir)
		found := regexp.MustCompile(`(?m)^check: (\d+) templates, 0 findings unexplained, [1-9]\d* explained`).FindStringSubmatch(says)
		if code != 0 || found == nil || found[1] != text(len(all)) {
			t.Errorf("%s: it says of %d stacks, with %d:\n%s", name, len(all), code, says)
		}
	}
}

const excuseOfTest = "a bucket that a test makes"

// bucketExcused is a template with a bucket that anybody may be let into, and excuses for these rules.
func bucketExcused(rules ...string) string {
	var list []any
	for _, r := range rules {
		list = append(list, map[string]any{"id": r, "reason": excuseOfTest})
	}
	open := map[string]any{"BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false}
	return text(map[string]any{"Resources": map[string]any{"Bucket": map[string]any{
		"Type": "AWS::S3::Bucket", "Properties": map[string]any{"PublicAccessBlockConfiguration": open},
		"Metadata": map[string]any{"cdk_nag": map[string]any{"rules_to_suppress": list}},
	}}})
}

// runNag gives what the check says of a folder, and its exit code.
func runNag(t *testing.T, modules, dir string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join("nag", "check.cjs"), dir)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1")
	says, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(says), cmd.ProcessState.ExitCode()
}

// needNag gives where the rules are. It installs nothing: without them it skips the test, and says so; with MIRRORWATCH_REQUIRE_ALL set it
// fails it.
func needNag(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs node for some seconds")
	}
	modules, why := nagModules()
	switch {
	case why == "":
	case os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "":
		t.Skipf("SKIPPED, THE CHECK OF TEMPLATES IS NOT TESTED: %s: run infra/nag/setup.sh", why)
	default:
		t.Fatalf("find rules for templates: %s: run infra/nag/setup.sh", why)
	}
	return modules
}

// nagModules finds what setup.sh installed; why says what is missing.
func nagModules() (modules, why string) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", err.Error()
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err.Error()
	}
	cache = filepath.Join(cache, "mirrorwatch", "cdk")
	want, err := os.ReadFile(filepath.Join("nag", "package-lock.json"))
	if err != nil {
		return "", err.Error()
	}
	have, err := os.ReadFile(filepath.Join(cache, "package-lock.json"))
	if err != nil {
		return "", err.Error()
	}
	if !bytes.Equal(have, want) {
		return "", cache + " has other versions than nag/package-lock.json names"
	}
	return filepath.Join(cache, "node_modules"), ""
}
