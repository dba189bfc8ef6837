package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

const (
	flowName  = "123456789012_vpcflowlogs_eu-central-1_fl-0a1b2c3d_20261123T0900Z_0a1b2c3d.log.gz"
	trailName = "123456789012_CloudTrail_eu-central-1_20261123T0900Z_Mu0KsOhtH1ar15ZZ.json.gz"
	flowHead  = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
)

// scanned is what flow logs say of a scan that a security group stopped: a port a second.
func scanned(from time.Time) string {
	var b strings.Builder
	b.WriteString(flowHead)
	for port := range 120 {
		at := from.Unix() + int64(port)
		fmt.Fprintf(&b, "2 123456789012 eni-0a000000000000002 10.20.1.66 10.20.2.10 50000 %d 6 1 44 %d %d REJECT OK\n", port+1, at, at+1)
	}
	fmt.Fprintf(&b, "2 123456789012 eni-0a000000000000002 10.20.3.3 10.20.2.10 50000 5432 6 9 900 %d %d ACCEPT OK\n", from.Unix(), from.Unix()+1) // whose interface it is shows by what else it meets
	return b.String()
}

// launch is the call by which the scanner came to be, a little before.
func launch(at time.Time) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/mallory","accountId":"123456789012","userName":"mallory"},`+
		`"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2",`+
		`"requestParameters":{"instancesSet":{"items":[{"imageId":"ami-1"}]}},"responseElements":{"instancesSet":{"items":[{"instanceId":"i-0a1b2c3d4e5f60003","privateIpAddress":"10.20.1.66"}]}},`+
		`"eventID":"e-1","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"123456789012"}]}`, at.Format(time.RFC3339))
}

// holdings names both, one of them as somebody hostile would.
const holdings = `{"holdings":[
 {"interface":"eni-0a000000000000003","account":"123456789012","region":"eu-central-1","vpc":"vpc-1","instance":"i-0a1b2c3d4e5f60003","name":"build\u001b[31m\u202e7\nfake line","addresses":["10.20.1.66"],"from":"2026-01-01T00:00:00Z"},
 {"interface":"eni-0a000000000000002","account":"123456789012","region":"eu-central-1","vpc":"vpc-1","instance":"i-0a1b2c3d4e5f60002","name":"db-1","addresses":["10.20.2.10"],"from":"2026-01-01T00:00:00Z"}]}`

// site is folders with AWS's logs of a blocked scan.
type site struct{ dir, flows, trail, inventory string }

func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	s := site{dir, filepath.Join(dir, "flows"), filepath.Join(dir, "trail"), filepath.Join(dir, "inventory.json")}
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s.put(t, filepath.Join("flows", flowName), gzipped([]byte(scanned(at))))
	s.put(t, filepath.Join("trail", trailName), gzipped([]byte(launch(at.Add(-10*time.Minute)))))
	s.put(t, "inventory.json", []byte(holdings))
	return s
}

func (s site) put(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s site) args(more ...string) []string {
	return append([]string{"correlate", "--flow-logs", s.flows, "--cloudtrail", s.trail, "--inventory", s.inventory}, more...)
}

// TestCorrelateRefuses: each mistake gets one line that names it, and the right exit code.
func TestCorrelateRefuses(t *testing.T) {
	dir := t.TempDir()
	held, err := sqlite.Open(context.Background(), sqlite.Options{Folder: dir, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		line string
	}{
		"nothing":          {nil, 2, "something to join"},
		"no workers":       {[]string{"--workers", "0", "x.pcap"}, 2, "--workers 0"},
		"no folder":        {[]string{"--flow-logs", "none/"}, 2, "--flow-logs: stat none/: no such file"},
		"no trail":         {[]string{"--cloudtrail", "none.json"}, 2, "--cloudtrail: stat none.json"},
		"no inventory":     {[]string{"--inventory", "none.json"}, 2, "--inventory: stat none.json"},
		"serve is running": {[]string{"--data", dir}, 1, "in use by another process"},
		"no ranges":        {[]string{"--aws-ranges", "none.json", "--flow-logs", dir}, 1, "none.json"},
		"bad format":       {[]string{"--flow-format", strings.Repeat("${srcaddr} ", 2000), "--flow-logs", newSite(t).flows}, 2, "--flow-format: "},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := do(append([]string{"correlate"}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.line) || strings.Count("\n"+stderr, "\nmirrorwatch: ") != 1 {
				t.Errorf("code %d, want %d with one line of %q:\n%s", code, c.code, c.line, stderr)
			}
		})
	}
}

// TestCorrelateBadInput: what cannot be read is told in a line that names it, and the rest is joined all the same.
func TestCorrelateBadInput(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 20, 0, 0, time.UTC)
	whole := gzipped([]byte(scanned(at)))
	parquet, err := os.ReadFile("../../shared/flowlog/testdata/v5.snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	copy(parquet[len(parquet)/2:], bytes.Repeat([]byte{0xff}, 64))
	for name, c := range map[string]struct {
		file string
		body []byte
		code int
		line string
	}{
		"no flow log":         {"flows/a.log", []byte("root:x:0:0:root:/root:/bin/bash\n"), 0, "a.log: "},
		"cut gzip":            {"flows/b.log.gz", whole[:len(whole)/2], 0, "b.log.gz: "},
		"no gzip":             {"flows/c.log.gz", append([]byte{0x1f, 0x8b}, "and then nothing of the sort"...), 1, "c.log.gz: "},
		"damaged Parquet":     {"flows/d.log.parquet", parquet, 0, "d.log.parquet: "},
		"Parquet without end": {"flows/e.log.parquet", parquet[:len(parquet)-4], 1, "e.log.parquet: "},
		"no trail":            {"trail/f.json", []byte("<html>\n"), 0, "f.json: "},
		"inventory":           {"inventory.json", []byte(strings.Replace(holdings, `["10.20.2.10"]`, `["10.20.2"]`, 1)), 1, "inventory.json"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			path := s.put(t, c.file, c.body)
			code, stdout, stderr := do(s.args("--json")...)
			if n := strings.Count(stderr, filepath.Base(path)); code != c.code || !strings.Contains(stderr, c.line) || n < 1 || n > 5 {
				t.Errorf("code %d, want %d with %q:\n%s", code, c.code, c.line, stderr)
			}
			var out joined
			if err := json.Unmarshal([]byte(stdout), &out); err != nil {
				t.Fatalf("%v: %s", err, stdout)
			}
			if len(out.Incidents) != 1 || len(out.Detections) != 1 || out.Detections[0].Type != "recon.port_scan" {
				t.Errorf("the rest was not joined: %d incidents, %d detections, %+v", len(out.Incidents), len(out.Detections), out.Read)
			}
			t.Log(strings.TrimSpace(stderr))
		})
	}
}

// TestCorrelateTable is what a person sees: in plain text where it is no terminal, and nothing in a name steers one.
func TestCorrelateTable(t *testing.T) {
	s := newSite(t)
	code, stdout, stderr := do(s.args()...)
	if code != 0 || stderr != "" {
		t.Errorf("code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"\n   - 2026-11-23 09:0", " recon.port_scan (", "offender 10.20.1.66: build?[31m?7?fake line, i-0a1b2c3d4e5f60003, in vpc-1\n",
		"victim 10.20.2.10: db-1, i-0a1b2c3d4e5f60002, in vpc-1\n", "2026-11-23 08:50:00 RunInstances by user/mallory from 203.0.113.9: ",
		"\n3 files of AWS, 124 records\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in:\n%s", want, stdout)
		}
	}
	if strings.ContainsAny(stdout, "\x1b\u202e") || strings.Contains(stdout, "\nfake line") {
		t.Errorf("a name steers the terminal:\n%q", stdout)
	}
	_, again, _ := do(s.args()...)
	if again != stdout {
		t.Errorf("the same files gave another text:\n%s\nand before:\n%s", again, stdout)
	}
}

// TestCorrelateJSON holds the form of what programs read.
func TestCorrelateJSON(t *testing.T) {
	code, stdout, stderr := do(newSite(t).args("--json")...)
	var out map[string][]map[string]any
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 || len(out) != 3 {
		t.Fatalf("code %d, %v: %s%s", code, err, stdout, stderr)
	}
	in, d := out["incidents"], out["detections"]
	if len(in) != 1 || len(d) != 1 || len(out["read"]) != 3 {
		t.Fatalf("%s", stdout)
	}
	c, _ := d[0]["context"].(map[string]any)
	if c["incident"] != in[0]["id"] || d[0]["sensor"] != "flowlog" || len(c["sources"].([]any)) != 5 {
		t.Errorf("detection %v", d[0])
	}
	for _, r := range out["read"] {
		if name, _ := r["object"].(string); filepath.Base(name) == name || r["records"].(float64) < 1 {
			t.Errorf("read %v", r)
		}
	}
	code, stdout, _ = do("correlate", "--json", "--inventory", newSite(t).inventory)
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 || out["incidents"] == nil || out["detections"] == nil {
		t.Errorf("nothing found is two empty lists: %s", stdout)
	}
}

// TestCorrelateKept: in a folder of serve's logs are read once, by whatever way they are named and whenever they were copied, and nothing is
// there twice.
func TestCorrelateKept(t *testing.T) {
	s, folder := newSite(t), t.TempDir()
	serveBriefly(t, folder)
	kept := func(s site) (out joined) {
		t.Helper()
		code, stdout, stderr := do(s.args("--json", "--data", folder)...)
		if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 {
			t.Fatalf("code %d, %v: %s", code, err, stderr)
		}
		return out
	}
	first := kept(s)
	if len(first.Incidents) != 1 || len(first.Detections) != 1 {
		t.Fatalf("%+v", first)
	}
	for name, s := range map[string]site{"again": s, "a copy elsewhere": newSite(t)} {
		then := kept(s)
		for _, r := range then.Read {
			if !r.Known && filepath.Base(r.Object) != "inventory.json" {
				t.Errorf("%s: read anew: %+v", name, r)
			}
		}
		if len(then.Incidents) != 1 || len(then.Detections) != 1 || then.Incidents[0].ID != first.Incidents[0].ID || then.Detections[0].ID != first.Detections[0].ID {
			t.Fatalf("%s: %+v", name, then)
		}
		was, is := first.Detections[0], then.Detections[0]
		if is.Description != was.Description || is.Risk.Score != was.Risk.Score || is.Context.Flows.Rejected != was.Context.Flows.Rejected {
			t.Errorf("%s: %s, risk %d, %+v; before %s, risk %d, %+v", name, is.Description, is.Risk.Score, is.Context.Flows.Rejected, was.Description, was.Risk.Score, was.Context.Flows.Rejected)
		}
	}
	if n := first.Detections[0].Context.Flows.Rejected.Records; n != 120 {
		t.Errorf("%d tries were counted, want 120", n)
	}
}

// TestInterruptedCorrelate: what was read before an interruption is found all the same, and is not read again.
func TestInterruptedCorrelate(t *testing.T) {
	s, folder := newSite(t), t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	o := correlateOptions{options: options{workers: 1}, data: folder, json: true}
	o.flows = []string{s.flows}
	j, err := openJoining(ctx, &o, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.readLogs(ctx); err != nil {
		t.Fatal(err)
	}
	j.store.Close() // without a close of the detectors: the process is gone
	code, stdout, stderr := do("correlate", "--json", "--data", folder, "--flow-logs", s.flows)
	var out joined
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 || len(out.Detections) != 1 || !out.Read[0].Known {
		t.Errorf("code %d, %v: %d detections, %+v: %s", code, err, len(out.Detections), out.Read, stderr)
	}
}
