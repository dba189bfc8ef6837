package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden templates anew")

// combinations are the settings that change what is deployed, each with what it shows.
func combinations() map[string][]string {
	return map[string][]string{
		"default": nil,
		"fargate": {"fleet", "fargate", "waf", "off"},
		"imported": {"vpc", "vpc-0123456789abcdef0", "subnets", "subnet-01234567,subnet-89abcdef", "zones", "eu-central-1a,eu-central-1b", "cidr", "10.1.0.0/16",
			"sources", "10.2.0.0/16", "instance", "m6i.2xlarge", "sensors", "3-9"},
		"full": {"size", "large", "accounts", "222233334444/eu-central-1", "organization", "off", "sources", "10.2.0.0/16,192.168.0.0/24",
			"transit_gateway", "tgw-0123456789abcdef0", "log_buckets", "flow-logs", "log_keys", "arn:aws:kms:eu-central-1:111122223333:key/1", "cloudwatch", "on",
			"notify", "soc@example.com", "monthly_usd", "1000", "saml", "https://idp.example.com/metadata", "domain", "mw.example.com", "zone", "Z0123456789",
			"callers", "arn:aws:iam::111122223333:role/Ticketing analyst", "retain", "off", "retention_records", "90", "retention_logs", "365"},
		"regions": {"regions", "eu-central-1,us-east-1"},
	}
}

// TestGoldenTemplates: whatever a change does to what is deployed shows as a difference of text, a line a property. Templates of the
// other combinations are kept as what differs from the defaults.
func TestGoldenTemplates(t *testing.T) {
	first := rendered(t, nil)
	for name, pairs := range combinations() {
		t.Run(name, func(t *testing.T) {
			all := first
			if name != "default" {
				all = rendered(t, pairs)
			}
			for stack, lines := range all {
				if name != "default" {
					like, _, _ := strings.Cut(stack, "-in-") // a second region's stack has the first one's beside it
					lines = unlike(first[like], lines)
				}
				golden(t, filepath.Join("testdata", name, stack+".txt"), lines)
			}
			goldenFiles(t, filepath.Join("testdata", name), len(all))
		})
	}
}

// rendered gives each stack as lines: the path of each property and its value, in order.
func rendered(t *testing.T, pairs []string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for name, tpl := range wholeOf(t, pairs...) {
		raw, err := json.Marshal(tpl)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		out[name] = leaves("", v, nil)
	}
	return out
}

// assets are digests of the CDK's own programs, which change with its version alone.
var assets = regexp.MustCompile(`[0-9a-f]{64}`)

// columns of tables are held against the archive's own (catalog_test.go), and are most of what there is.
func columns(path string) bool { return strings.Contains(path, ".StorageDescriptor.Columns[") }

func leaves(path string, v any, to []string) []string {
	if columns(path) {
		return to
	}
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			to = leaves(path+"."+n, v[n], to)
		}
		return to
	case []any:
		for i, e := range v {
			to = leaves(fmt.Sprintf("%s[%d]", path, i), e, to)
		}
		return to
	case nil:
		return to
	case string:
		if v == "" {
			return to
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(v) //nolint:errcheck // texts, numbers, true and false
	return append(to, strings.TrimPrefix(path, ".")+" "+assets.ReplaceAllString(strings.TrimSpace(b.String()), "<asset>"))
}

// unlike gives what one list has and another has not, with a sign before each.
func unlike(was, is []string) (lines []string) {
	have, had := map[string]bool{}, map[string]bool{}
	for _, l := range is {
		have[l] = true
	}
	for _, l := range was {
		had[l] = true
		if !have[l] {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range is {
		if !had[l] {
			lines = append(lines, "+ "+l)
		}
	}
	return lines
}

func golden(t *testing.T, path string, lines []string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test ./infra -run Golden -update writes it", err)
	}
	diff := unlike(strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n"), lines)
	if len(diff) > 0 && !(len(lines) == 0 && string(raw) == "\n") {
		t.Errorf("%s differs (go test ./infra -run Golden -update takes it):\n%s", path, strings.Join(diff[:min(len(diff), 40)], "\n"))
	}
}

// goldenFiles finds templates that are no more.
func goldenFiles(t *testing.T, dir string, want int) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != want {
		t.Errorf("%s has %d files, and there are %d stacks: %v", dir, len(files), want, err)
	}
}

// TestGoldenShowsDifferences: a line that comes, and one that goes.
func TestGoldenShowsDifferences(t *testing.T) {
	if got := strings.Join(unlike([]string{"a 1", "b 2"}, []string{"a 1", "b 3"}), "; "); got != "- b 2; + b 3" {
		t.Error(got)
	}
}
