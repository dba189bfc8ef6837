package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// TestServesUntilInterrupted asks it by the address that it printed, then ends it.
func TestServesUntilInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("deployment: test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-policy", policy}, write, io.Discard)
		write.CloseWithError(io.EOF)
		ended <- err
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() {
		t.Fatalf("nothing was printed: %v", <-ended)
	}
	endpoint, ok := strings.CutPrefix(lines.Text(), "export AWS_ENDPOINT_URL=")
	if !ok {
		t.Fatalf("the first line is %q", lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	ask(t, endpoint, "ec2", "", "Action=DescribeVpcs&Version=2016-11-15", "<vpcId>vpc-")
	ask(t, endpoint, "ssm", "AmazonSSM.GetParameter", `{"Name":"/mirrorwatch/policy"}`, "deployment: test")
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
}

func ask(t *testing.T, endpoint, service, target, body, want string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+stage.Key+"/20261125/"+stage.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("X-Amz-Target", target)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(got), want) {
		t.Errorf("%s: %s %s, %v", service, answer.Status, got, err)
	}
}

func TestFlagsThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"-listen", "0.0.0.0:0"}, "loopback"},
		{[]string{"-listen", "example.com:80"}, "loopback"},
		{[]string{"-listen", "127.0.0.1"}, "missing port"},
		{[]string{"-throttle", "2"}, "0 to 1"},
		{[]string{"-fail", "NaN"}, "0 to 1"},
		{[]string{"-policy", "/nonexistent/policy.yaml"}, "read policy"},
		{[]string{"more"}, "behind the flags"},
		{[]string{"-colour"}, "not defined"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what is wrongly allowed ends at once
		if err := run(ctx, tc.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v: %v, not %q", tc.args, err, tc.says)
		}
	}
}
