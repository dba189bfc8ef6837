package asff

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func replayed(t *testing.T) (list []events.Detection) {
	t.Helper()
	files, err := filepath.Glob("../../test/replay/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var l struct{ Detection *events.Detection }
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if l.Detection != nil {
				list = append(list, *l.Detection)
			}
		}
	}
	if len(list) < 25 {
		t.Fatalf("only %d detections in test/replay: the test looks in the wrong place", len(list))
	}
	return list
}

// typed reads a finding into AWS's own type, and refuses members that it does not have.
func typed(t *testing.T, f Finding) types.AwsSecurityFinding {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > MaxFinding {
		t.Errorf("%d bytes", len(b))
	}
	var out types.AwsSecurityFinding
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("not an AwsSecurityFinding: %v\n%s", err, b)
	}
	return out
}

// importInto sends findings through the real client, which validates them, to a server on the loopback that gives back what it took.
func importInto(t *testing.T, findings ...types.AwsSecurityFinding) []json.RawMessage {
	t.Helper()
	var took []json.RawMessage
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct{ Findings []json.RawMessage }
		if err := json.Unmarshal(body, &in); err != nil || r.URL.Path != "/findings/import" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		took = append(took, in.Findings...)
		fmt.Fprintf(w, `{"FailedCount":0,"SuccessCount":%d,"FailedFindings":[]}`, len(in.Findings))
	}))
	defer srv.Close()
	client := securityhub.New(securityhub.Options{Region: "eu-central-1", BaseEndpoint: &srv.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	for at := 0; at < len(findings); at += 100 { // a call takes 100
		out, err := client.BatchImportFindings(context.Background(), &securityhub.BatchImportFindingsInput{Findings: findings[at:min(at+100, len(findings))]})
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToInt32(out.FailedCount) != 0 {
			t.Errorf("%d failed", aws.ToInt32(out.FailedCount))
		}
	}
	return took
}

// holds checks a finding against the limits in the format's reference.
func holds(t *testing.T, rules map[string]rule, f *types.AwsSecurityFinding) {
	t.Helper()
	text := func(name string, s *string, most int) {
		if n := utf8.RuneCountInString(aws.ToString(s)); n == 0 || n > most {
			t.Errorf("%s: %s has %d characters of 1 to %d", aws.ToString(f.Id), name, n, most)
		}
	}
	text("Id", f.Id, 512)
	text("GeneratorId", f.GeneratorId, 512)
	text("Title", f.Title, 256)
	text("Description", f.Description, 1024)
	match := func(name, pattern string, s *string) {
		if !regexp.MustCompile(pattern).MatchString(aws.ToString(s)) {
			t.Errorf("%s: %s %q", aws.ToString(f.Id), name, aws.ToString(s))
		}
	}
	match("SchemaVersion", `^2018-10-08$`, f.SchemaVersion)
	match("AwsAccountId", `^[0-9]{12}$`, f.AwsAccountId)
	match("ProductArn", `^arn:aws(-[a-z-]+)?:securityhub:[a-z0-9-]+:([0-9]{12})?:product/[^/]+/[^/]+$`, f.ProductArn)
	for name, s := range map[string]*string{"CreatedAt": f.CreatedAt, "UpdatedAt": f.UpdatedAt, "FirstObservedAt": f.FirstObservedAt, "LastObservedAt": f.LastObservedAt} {
		match(name, `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}Z$`, s)
	}
	if len(f.Types) == 0 || len(f.Types) > 50 {
		t.Errorf("%d types", len(f.Types))
	}
	for _, typ := range f.Types {
		match("Types", `^(Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)/[^/]+/[^/]+$`, &typ)
	}
	holdsResources(t, f)
	for _, why := range whole(rules, *f) {
		t.Errorf("%s: %s", aws.ToString(f.Id), why)
	}
	n := aws.ToInt32(f.Severity.Normalized)
	ranges := map[types.SeverityLabel][2]int32{"INFORMATIONAL": {0, 0}, "LOW": {1, 39}, "MEDIUM": {40, 69}, "HIGH": {70, 89}, "CRITICAL": {90, 100}}
	if r, ok := ranges[f.Severity.Label]; !ok || n < r[0] || n > r[1] {
		t.Errorf("severity %s with %d", f.Severity.Label, n)
	}
	if c := aws.ToInt32(f.Confidence); c < 0 || c > 100 {
		t.Errorf("confidence %d", c)
	}
}

func holdsResources(t *testing.T, f *types.AwsSecurityFinding) {
	t.Helper()
	if len(f.Resources) == 0 || len(f.Resources) > 32 {
		t.Errorf("%s: %d resources", aws.ToString(f.Id), len(f.Resources))
	}
	for _, r := range f.Resources {
		if aws.ToString(r.Id) == "" || utf8.RuneCountInString(*r.Id) > 512 || len(r.Tags) > 50 {
			t.Errorf("resource %+v", r)
		}
	}
	if len(f.ProductFields) > 50 {
		t.Errorf("%d product fields", len(f.ProductFields))
	}
	for k, v := range f.ProductFields {
		if utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(v) > 2048 || v == "" {
			t.Errorf("product field %s has %d characters", k, len(v))
		}
	}
}

func TestReplayedDetectionsAreFindings(t *testing.T) {
	var all []types.AwsSecurityFinding
	rules := published(t)
	for _, d := range replayed(t) {
		f := typed(t, New(&d, About{Time: d.Update.Add(time.Minute), Account: "111122223333", Region: "eu-central-1", Version: "1.0.0"}))
		holds(t, rules, &f)
		all = append(all, f)
	}
	took := importInto(t, all...)
	if len(took) != len(all) {
		t.Fatalf("%d of %d findings arrived", len(took), len(all))
	}
	for i := range took {
		var back types.AwsSecurityFinding
		if err := json.Unmarshal(took[i], &back); err != nil || *back.Id != *all[i].Id || *back.Title != *all[i].Title || len(back.Resources) != len(all[i].Resources) {
			t.Errorf("finding %d changed on the way: %v", i, err)
		}
	}
}

func TestWords(t *testing.T) {
	at := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	d := events.Detection{
		ID: "d1", Type: "access.ssh_brute_force", Title: "SSH brute force", Description: "Many passwords.", Start: at, Update: at, Category: "access", Tactics: []string{"TA0006"},
		Risk:   events.Risk{Score: 79, Band: "high", Impact: events.High},
		Triage: events.Triage{Status: events.StatusAcknowledged, Notes: []events.Note{{Time: at, Author: "ana", Text: strings.Repeat("n", 600)}}},
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Address: netip.MustParseAddr("198.51.100.7"), Port: 4711, External: true},
			{Role: "victim", Endpoint: "server", Address: netip.MustParseAddr("10.20.1.5"), Port: 22, Instance: "i-0abc", VPC: "vpc-1", Tags: map[string]string{"Name": "bastion"}},
		},
	}
	f := typed(t, New(&d, About{Time: at, Account: "111122223333", Region: "us-gov-west-1"}))
	holds(t, published(t), &f)
	importInto(t, f)
	if f.Severity.Label != "HIGH" || *f.Severity.Normalized != 89 || f.Workflow.Status != "NOTIFIED" || f.Types[0] != "TTPs/Credential Access/access.ssh_brute_force" {
		t.Errorf("%+v %+v %v", f.Severity, f.Workflow, f.Types)
	}
	if len(f.Resources) != 1 || *f.Resources[0].Id != "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:instance/i-0abc" || f.Resources[0].Tags["Name"] != "bastion" {
		t.Errorf("resources %+v", f.Resources)
	}
	if n := f.Network; n.Direction != "IN" || *n.SourceIpV4 != "198.51.100.7" || *n.DestinationPort != 22 {
		t.Errorf("network %+v", n)
	}
	if utf8.RuneCountInString(*f.Note.Text) != 512 {
		t.Errorf("note of %d", len(*f.Note.Text))
	}
}

func TestHostile(t *testing.T) {
	long := strings.Repeat("日", 5000)
	d := events.Detection{ID: long, Type: long, Title: long, Description: long, Confidence: math.Inf(1), Risk: events.Risk{Score: 1000, Band: "critical"}, Properties: map[string]any{"f": func() {}}}
	tags := map[string]string{}
	for i := range 100 {
		tags[fmt.Sprint(i, long)] = long
		d.Properties[fmt.Sprint(i, long)] = long
		d.Tactics = append(d.Tactics, "TA0001", "TA9999")
		d.Techniques = append(d.Techniques, long)
	}
	for i := range 100 {
		d.Participants = append(d.Participants, events.Participant{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Instance: fmt.Sprint(i, long), Tags: tags, Hostname: long})
	}
	mapped := events.Participant{Address: netip.MustParseAddr("::ffff:10.0.0.1"), Role: "victim"}
	rules := published(t)
	for _, d := range []events.Detection{d, {ID: "d", Type: "x"}, {ID: "d", Type: "x", Participants: []events.Participant{{}, {Role: "offender"}}}, {ID: "d", Type: "x", Participants: []events.Participant{mapped}}} {
		f := typed(t, New(&d, About{Region: "a-region-that-is-longer-than-any"}))
		holds(t, rules, &f)
		importInto(t, f)
		for _, r := range f.Resources {
			if strings.Contains(*r.Id, "invalid") || strings.Contains(*r.Id, "::ffff:") {
				t.Errorf("resource %s", *r.Id)
			}
		}
		if strings.Contains(*f.Title, "invalid") {
			t.Errorf("title %s", *f.Title)
		}
	}
}
