package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReady: an instance says SUCCESS when its sensor is well, FAILURE when it never is, and does not fail where nobody waits for it.
func TestReady(t *testing.T) {
	for _, c := range []struct{ name, health, aws, want string }{
		{"well", "200", "exit 0", "SUCCESS"},
		{"ill", "503", "exit 0", "FAILURE"},
		{"nobody waits", "200", "exit 255", "SUCCESS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			told := filepath.Join(dir, "told")
			for name, body := range map[string]string{
				"curl":  "case \"$*\" in *healthz*) printf " + c.health + ";; *api/token*) printf a-token;; *\"token: a-token\"*instance-id*) printf i-0123456789abcdef0;; *) exit 22;; esac",
				"aws":   "echo \"$*\" >>" + told + "; " + c.aws,
				"sleep": "exit 0",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script := "set -euo pipefail\n" + fmt.Sprintf(readyScript, 9478, "eu-central-1", "mirrorwatch-main-fleet", groupID)
			cmd := exec.Command("bash", "-c", script)
			cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			got, err := os.ReadFile(told)
			if err != nil {
				t.Fatal(err)
			}
			want := "cloudformation signal-resource --region eu-central-1 --stack-name mirrorwatch-main-fleet --logical-resource-id Group --unique-id i-0123456789abcdef0 --status " + c.want
			if strings.TrimSpace(string(got)) != want {
				t.Errorf("told %s, want %s", got, want)
			}
		})
	}
}
