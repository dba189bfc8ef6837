package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/selftest"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// company is the imitation of AWS over HTTP, with the environment, a policy and a folder that the commands of mirror work on.
type company struct {
	*stage.Stage
	t            *testing.T
	folder, file string
}

func onStage(t *testing.T, more string) *company {
	t.Helper()
	s, err := stage.New(stage.Options{Now: time.Now, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": stage.Region, "AWS_ACCESS_KEY_ID": stage.Key, "AWS_SECRET_ACCESS_KEY": "not verified",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		envPolicy: "", envTable: "",
	} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	c := &company{Stage: s, t: t, folder: filepath.Join(dir, "data"), file: filepath.Join(dir, "mirror.yaml")}
	c.write(fmt.Sprintf("accounts: [{id: %q, regions: [%s], calls: {read: 1000, write: 1000}}]\n%s", stage.Account, stage.Region, more))
	return c
}

// write makes the policy anew.
func (c *company) write(more string) {
	c.t.Helper()
	text := fmt.Sprintf("version: 1\ndeployment: main\nfleet: {account: %q, targets: [{region: %s, load_balancer: %q, target_group: %q}]}\n%s",
		stage.Account, stage.Region, c.Fleet.Balancer.ARN, c.Fleet.TargetGroup.ARN, more)
	if err := os.WriteFile(c.file, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// do runs a command of mirror and wants its exit code.
func (c *company) do(want int, args ...string) (stdout, stderr string) {
	c.t.Helper()
	args = append([]string{"mirror"}, append(args, "--policy", c.file, "--data", c.folder)...)
	code, stdout, stderr := do(args...)
	if code != want {
		c.t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, stdout, stderr)
	}
	return stdout, stderr
}

// into runs a command with --json and reads what it prints.
func into[T any](c *company, want int, args ...string) (v T) {
	c.t.Helper()
	out, _ := c.do(want, append(args, "--json")...)
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		c.t.Fatalf("%v prints no %T: %v\n%s", args, v, err, out)
	}
	return v
}

// sessions gives those on the account: ours and others'.
func (c *company) sessions() (ours, others int) {
	c.t.Helper()
	list, err := ec2api.All(c.t.Context(), c.Cloud.Account(stage.Account, stage.Region).EC2.DescribeTrafficMirrorSessions, ec2api.Query{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range list {
		if s.Tags[plan.TagDeployment] == "main" {
			ours++
		} else {
			others++
		}
	}
	return ours, others
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// TestMirrorLife: an account from nothing to watched to nothing again, by the exit codes and words of every command.
func TestMirrorLife(t *testing.T) {
	c := onStage(t, "")
	p := into[plan.Plan](c, 2, "plan")
	if p.Estimate.SessionsAfter != 16 || len(p.Steps) < 20 {
		t.Fatalf("planned %d steps to %d sessions", len(p.Steps), p.Estimate.SessionsAfter)
	}
	out, _ := c.do(2, "plan")
	wants(t, out, stage.Account+"/"+stage.Region, "+  create session", "(web-1)", "16 after", "USD 0.00 a month now, 175.20 after", "16 pending", "Plan: ")
	if _, err := os.Stat(c.folder); err == nil {
		t.Error("plan made a store")
	}
	_, stderr := c.do(1, "apply")
	wants(t, stderr, "no terminal", "--yes")
	if ours, _ := c.sessions(); ours != 0 {
		t.Errorf("%d sessions were made without a yes", ours)
	}
	out, _ = c.do(0, "apply", "--yes")
	wants(t, out, "16 mirrored", fmt.Sprintf("%d done, 0 failed, 0 left.", len(p.Steps)))
	for _, again := range []string{"plan", "apply"} {
		out, _ = c.do(0, again)
		wants(t, out, "Nothing to do.")
	}
	if p := into[plan.Plan](c, 0, "plan"); !p.Empty() {
		t.Errorf("still to do: %+v", p.Steps)
	}
	c.covered()
	c.explained()
	gone := into[plan.Plan](c, 0, "teardown", "--dry-run")
	_, stderr = c.do(1, "teardown")
	wants(t, stderr, "no terminal")
	if ours, others := c.sessions(); ours != 16 || others != 1 || len(gone.Steps) < 18 {
		t.Errorf("%d and %d sessions, %d steps to tear down", ours, others, len(gone.Steps))
	}
	r := into[mirror.Report](c, 0, "teardown", "--yes")
	if done, failed, left := r.Outcomes(); done != len(gone.Steps) || failed+left > 0 {
		t.Errorf("%d of %d done, %d failed, %d left", done, len(gone.Steps), failed, left)
	}
	if ours, others := c.sessions(); ours != 0 || others != 1 {
		t.Errorf("teardown left %d of ours and %d of others", ours, others)
	}
	c.do(2, "plan")
}

// covered: coverage as a table, filtered, summed up and from the store.
func (c *company) covered() {
	c.t.Helper()
	all := into[[]events.Coverage](c, 0, "coverage")
	stored := into[[]events.Coverage](c, 0, "coverage", "--stored")
	if len(all) != len(stored) || len(all) < 20 {
		c.t.Errorf("%d interfaces, %d stored", len(all), len(stored))
	}
	for _, i := range into[[]events.Coverage](c, 0, "coverage", "--state", "unsupported_type", "--vpc", c.Data.ID) {
		if i.State != events.CoverageUnsupportedType || i.VPC != c.Data.ID || i.Fix == "" {
			c.t.Errorf("got %+v", i)
		}
	}
	if none := into[[]events.Coverage](c, 0, "coverage", "--account", "999999999999"); none == nil || len(none) > 0 {
		c.t.Errorf("of another account: %v", none)
	}
	out, _ := c.do(0, "coverage", "--state", "mirrored,stopped")
	wants(c.t, out, "STATE", "web-12", "asleep", "17 interfaces. Mirrored are 100.0 % of the 16 that should be.")
	if strings.Contains(out, "too new") {
		c.t.Errorf("what was not asked for is told:\n%s", out)
	}
	sum := into[store.CoverageTrend](c, 0, "coverage", "--summary", "--tag", "Name")
	if sum.Total.Mirrored != 16 || sum.Total.Wanted != 18 || sum.Total.Percent != 88.9 || len(sum.Tags) < 12 {
		c.t.Errorf("summed up: %+v", sum.Total)
	}
	out, _ = c.do(0, "coverage", "--summary", "--stored")
	wants(c.t, out, "88.9 %", c.Web.ID, "mirrorwatch=on", stage.Account)
}

// explained: one interface, an instance with two, and ids that are nowhere.
func (c *company) explained() {
	c.t.Helper()
	worker := c.Workers[0]
	e := into[plan.Explanation](c, 0, "explain", worker.Interfaces[0])
	if e.Coverage.State != events.CoverageMirrored || len(e.Sessions) != 2 || e.Number >= 100 || e.Binding == nil {
		c.t.Errorf("explained: %+v", e)
	}
	out, _ := c.do(0, "explain", worker.ID)
	wants(c.t, out, worker.Interfaces[0], "another's", c.Foreign.ID, ">  group", `"on"`, "c5.xlarge can be mirrored", "would do nothing")
	for _, i := range into[[]events.Coverage](c, 0, "coverage", "--vpc", c.Data.ID) {
		if i.Name == "database" {
			out, _ = c.do(0, "explain", i.Instance)
			if n := strings.Count(out, "A pass now"); n != 2 {
				c.t.Errorf("%d interfaces of two explained:\n%s", n, out)
			}
		}
	}
	_, offered, _ := do("__complete", "mirror", "explain", "--data", c.folder, worker.Interfaces[0][:8])
	wants(c.t, offered, worker.Interfaces[0]+"\tmirrored")
	_, stderr := c.do(1, "explain", "eni-00000000000000001")
	wants(c.t, stderr, "eni-00000000000000001 is in none of the 1 account and region")
}

// TestMirrorHostileName: whoever may tag an instance must not steer the terminal of who looks at it.
func TestMirrorHostileName(t *testing.T) {
	c := onStage(t, "")
	const name = "\x1b[31mevil\n\u202ename\u009b2J"
	for _, i := range c.Plain[:2] {
		if err := c.Cloud.Tag(i.ID, map[string]string{"Name": name, "mirrorwatch": "o\x1b]0;n"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Cloud.Tag(c.Plain[0].ID, map[string]string{"mirrorwatch": "on"}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		code int
		args []string
	}{
		{2, []string{"plan"}}, {0, []string{"apply", "--yes"}}, {0, []string{"coverage"}}, {0, []string{"coverage", "--summary", "--tag", "Name"}},
		{0, []string{"explain", c.Plain[0].ID}}, {0, []string{"explain", c.Plain[1].ID}}, {0, []string{"teardown", "--dry-run"}}, {0, []string{"coverage", "--stored"}},
	} {
		out, stderr := c.do(q.code, q.args...)
		if strings.ContainsAny(out+stderr, "\x1b\u202e\u009b") {
			t.Errorf("%v lets it through: %q", q.args, out+stderr)
		}
		if q.args[0] != "apply" && q.args[0] != "teardown" {
			wants(t, out, "[31mevil??name?2J") // XML has no escape character: what comes in its place is no danger
		}
	}
	out, _ := c.do(0, "coverage", "--json")
	if strings.Contains(out, "\x1b") {
		t.Error("JSON holds an escape as it is")
	}
}

// TestMirrorHostileEverything: the same for every text of what is printed, escapes that no XML can hold included.
func TestMirrorHostileEverything(t *testing.T) {
	const x = "\x1b[2J\u202e\n\r\x00"
	step := plan.Step{Action: x, Account: x, Region: x, Object: x, Makes: x, Interface: x, Name: x, Reason: x, Changes: []plan.Change{{Field: x, From: x, To: x}}}
	covered := events.Coverage{Interface: x, Account: x, Region: x, VPC: x, Subnet: x, Instance: x, Name: x, State: x, Reason: x, Fix: x, Session: x, Sensor: x, Was: x, Tags: map[string]string{x: x}}
	covered.LastSeen = new(time.Time)
	p := plan.Plan{
		Steps: []plan.Step{step}, Held: []plan.Held{{Step: step, Rail: x}}, Coverage: []events.Coverage{covered}, Warnings: []string{x},
		LeftOut: []plan.LeftOut{{Interface: x, Account: x, Region: x, Name: x, Reason: x}}, Rogues: []plan.Rogue{{Account: x, Region: x, Object: x, Interface: x, Instance: x, Reason: x}},
	}
	out := mirror.Outcome{Step: step, Result: x, Code: x, Reason: x}
	r := mirror.Report{Plan: p, Places: []mirror.PlaceReport{{Account: x, Region: x, Skipped: x, Failed: []mirror.Outcome{out}, Left: []mirror.Outcome{out}}, {Failures: []string{x, x}}}}
	e := plan.Explanation{
		Interface: x, InstanceType: x, Support: &plan.Support{Reason: x, Fix: x}, Levels: []plan.Level{{Level: x, ID: x, Value: x, Set: true}, {Unread: x}}, Decision: x, Profile: x,
		Sessions: []plan.Holding{{ID: x, Owner: x, Target: x, Filter: x}}, Number: 1, NumberReason: x, Target: x, Filter: x, Coverage: covered, Steps: p.Steps, Held: p.Held,
	}
	trend := store.ShareCoverage(p.Coverage, time.Time{}, []string{x})
	verdict := selftest.Verdict{Conversation: selftest.Conversation{Proto: x}, Result: x, Sensors: []string{x}, Reason: x}
	var b bytes.Buffer
	v := &view{w: &b}
	v.plan(&p)
	v.report(&r)
	v.explanation(&e, true)
	v.interfaces(p.Coverage)
	v.shares(&trend)
	v.verdicts([]selftest.Verdict{verdict})
	v.permissions([]selftest.Permission{{Account: x, Region: x, Call: x, Answer: x, Reason: x}})
	if text := b.String(); strings.ContainsAny(text, "\x1b\u202e\r\x00") || strings.Count(text, "?[2J") < 80 {
		t.Errorf("printed %q", text)
	}
}

// TestMirrorColour: colours surround what was cleaned, and are there only where they are wanted.
func TestMirrorColour(t *testing.T) {
	var b bytes.Buffer
	v := &view{w: &b, colour: true}
	v.table([]string{"A"}, [][]cell{{{"\x1b[2Jx", bad()}}, row("plain")})
	if got := b.String(); !strings.Contains(got, "\x1b[31m?[2Jx\x1b[0m") || strings.Contains(got, "\x1b[2J") {
		t.Errorf("printed %q", got)
	}
	b.Reset()
	v.colour = false
	v.table([]string{"A"}, [][]cell{{{"x", bad()}}})
	if got := b.String(); got != "A\nx\n" {
		t.Errorf("without colours %q", got)
	}
	rows := make([][]cell, mostRows+7)
	for i := range rows {
		rows[i] = row(fmt.Sprint(i))
	}
	b.Reset()
	v.table(nil, rows)
	wants(t, b.String(), "... and 7 more; --all shows them")
	b.Reset()
	v.all = true
	if v.table(nil, rows); strings.Count(b.String(), "\n") != len(rows) {
		t.Errorf("--all shows %q", b.String())
	}
}

// TestMirrorRefuses: each mistake gets lines that name it and the right exit code; 2 of plan never is a mistake.
func TestMirrorRefuses(t *testing.T) {
	c := onStage(t, "")
	held, err := sqlite.Open(t.Context(), sqlite.Options{Folder: filepath.Join(filepath.Dir(c.folder), "held"), Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	inUse := filepath.Join(filepath.Dir(c.folder), "held")
	broken := filepath.Join(filepath.Dir(c.folder), "broken.yaml")
	text := strings.Replace(string(policy.Example()), "packet_length: 1500", "packet_length: 9001\n    nonsense: 1", 1)
	if err := os.WriteFile(broken, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]struct {
		code int
		args []string
		line string
	}{
		"no policy":               {1, []string{"plan", "--policy", "none.yaml"}, "policy example"},
		"mistakes in the policy":  {1, []string{"plan", "--policy", broken}, broken + ":"},
		"checked mistakes":        {1, []string{"policy", "check", broken}, "packet_length"},
		"unknown flag of plan":    {1, []string{"plan", "--nope"}, "mirror plan --help"},
		"argument of plan":        {1, []string{"plan", "now"}, `"now"`},
		"two stores":              {1, []string{"plan", "--data", "a", "--table", "b"}, "--table"},
		"empty policy of plan":    {1, []string{"plan", "--policy", "ssm:"}, `"ssm:"`},
		"unknown flag":            {2, []string{"apply", "--nope"}, "--nope"},
		"two stores of apply":     {2, []string{"apply", "--data", "a", "--table", "b"}, "--table"},
		"too often":               {2, []string{"apply", "--yes", "--every", "1s"}, "at least 10s"},
		"for ever without a yes":  {2, []string{"apply", "--every", "1m"}, "--yes"},
		"no such state":           {2, []string{"coverage", "--state", "happy"}, "silent"},
		"no id":                   {2, []string{"explain"}, "but got 0"},
		"no such id":              {2, []string{"explain", "vpc-12345678"}, "eni-"},
		"no check of two":         {2, []string{"policy", "check", "a", "b"}, "one file"},
		"no way to test":          {2, []string{"selftest"}, "--via"},
		"two ways to test":        {2, []string{"selftest", "--via", "127.0.0.1:1", "--permissions"}, "--via"},
		"no port":                 {2, []string{"selftest", "--via", "sensors"}, "HOST:PORT"},
		"no such protocol":        {2, []string{"selftest", "--via", "127.0.0.1:1", "--protocol", "sctp"}, "icmp"},
		"too many":                {2, []string{"selftest", "--via", "127.0.0.1:1", "--conversations", "9999"}, "200"},
		"no URL":                  {2, []string{"selftest", "--via", "127.0.0.1:1", "--server", "ndr"}, "https://"},
		"no key":                  {1, []string{"selftest", "--via", "127.0.0.1:1"}, envKey},
		"a server has the folder": {1, []string{"apply", "--yes", "--policy", c.file, "--data", inUse}, "a server has " + inUse + " open"},
		"unknown command":         {2, []string{"frobnicate"}, `"frobnicate"`},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := do(append([]string{"mirror"}, q.args...)...)
			if code != q.code || !strings.Contains(stderr, q.line) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, q.code, q.line, stderr)
			}
		})
	}
	if code, out, stderr := do("mirror", "plan", "--policy", c.file, "--data", inUse); code != 2 {
		t.Errorf("beside a server plan ends with %d: %s%s", code, out, stderr)
	}
	if n := len(c.Cloud.Calls()); n == 0 {
		t.Error("nothing was asked at all: the test looks at nobody")
	}
}

// TestMirrorMistakesHaveLines: every mistake at once, each with the line it is on, before AWS is asked anything.
func TestMirrorMistakesHaveLines(t *testing.T) {
	c := onStage(t, "profiles: {default: {packet_length: 9001}}\nvni: {from: 0, to: 99999999}\nnonsense: true\n")
	before := fmt.Sprint(c.Cloud.Calls())
	_, stderr := c.do(1, "plan")
	wants(t, stderr, c.file+":5: profiles.default.packet_length", c.file+":6: vni", c.file+":7: nonsense")
	if after := fmt.Sprint(c.Cloud.Calls()); after != before {
		t.Errorf("AWS was asked: %s", after)
	}
}

// TestMirrorCredentials: none, those of another account, and a role that nobody may take.
func TestMirrorCredentials(t *testing.T) {
	c := onStage(t, "")
	t.Setenv("AWS_ACCESS_KEY_ID", stage.OtherKey)
	_, stderr := c.do(1, "plan")
	wants(t, stderr, "the credentials are of account "+stage.Other, stage.Account)
	t.Setenv("AWS_ACCESS_KEY_ID", stage.Key)
	c.write(fmt.Sprintf("accounts: [{id: %q, regions: [%s]}, {id: %q, role: \"arn:aws:iam::%s:role/mirrorwatch-denied\", regions: [%s]}]\n",
		stage.Account, stage.Region, stage.Other, stage.Other, stage.Region))
	out, stderr := c.do(1, "plan")
	wants(t, out, "create session") // what could be seen is told all the same
	wants(t, stderr, stage.Other)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	_, stderr = c.do(1, "plan")
	wants(t, stderr, "AWS_PROFILE")
	if n := strings.Count(stderr, "mirrorwatch: "); n != 1 {
		t.Errorf("%d lines about credentials: %s", n, stderr)
	}
}

// TestMirrorDenied: a call that AWS refuses fails the pass, is told with what to allow, and selftest foretells it.
func TestMirrorDenied(t *testing.T) {
	c := onStage(t, "")
	out, _ := c.do(0, "selftest", "--permissions")
	wants(t, out, "CreateTrafficMirrorSession", "allowed")
	c.Cloud.Deny(stage.Account, "CreateTrafficMirrorSession")
	out, stderr := c.do(1, "selftest", "--permissions")
	wants(t, out, "denied")
	wants(t, stderr, "1 of 11 calls are denied")
	if ours, _ := c.sessions(); ours != 0 {
		t.Error("selftest changed something")
	}
	out, stderr = c.do(1, "apply", "--yes")
	wants(t, out, "Not done:", "failed", "UnauthorizedOperation", "16 error")
	wants(t, stderr, "16 failed")
}

// TestMirrorParameter: the policy may be a parameter of Systems Manager, whose mistakes have its name.
func TestMirrorParameter(t *testing.T) {
	c := onStage(t, "")
	text, err := os.ReadFile(c.file)
	if err != nil {
		t.Fatal(err)
	}
	c.file = "ssm:/mirrorwatch/policy"
	_, stderr := c.do(1, "plan")
	wants(t, stderr, "ssm:/mirrorwatch/policy")
	for value, code := range map[string]int{string(text): 2, "version: 2\n": 1} {
		if err := c.Server.SetParameter(stage.Account, stage.Region, "/mirrorwatch/policy", value); err != nil {
			t.Fatal(err)
		}
		if _, stderr := c.do(code, "plan"); code == 1 {
			wants(t, stderr, "ssm:/mirrorwatch/policy:1: version")
		}
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	_, stderr = c.do(1, "plan")
	wants(t, stderr, "AWS_REGION")
}

// TestMirrorEvery: passes go on until somebody interrupts, with a line each, and that is no failure.
func TestMirrorEvery(t *testing.T) {
	c := onStage(t, "")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	out, log := &stopper{stop: stop}, &stopper{}
	if code := run(ctx, []string{"mirror", "apply", "--yes", "--every", "10s", "--policy", c.file, "--data", c.folder}, out, log); code != 0 {
		t.Errorf("exit code %d: %s", code, log.text.String())
	}
	wants(t, out.text.String(), "0 failed, 0 left, 0 held, 16 sessions, USD 175.20 a month")
	if n := strings.Count(out.text.String(), "\n"); n != 1 || log.text.Len() > 0 {
		t.Errorf("%d lines of one pass: %s%s", n, out.text.String(), log.text.String())
	}
	if ours, _ := c.sessions(); ours != 16 {
		t.Errorf("%d sessions", ours)
	}
}

// stopper stops the program at its first line.
type stopper struct {
	mu   sync.Mutex
	text bytes.Buffer
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	return s.text.Write(b)
}

// TestMirrorAsks: only a clear yes is one, and only the deployment's name.
func TestMirrorAsks(t *testing.T) {
	for in, want := range map[string]string{"y\n": "y", "  main \nmore": "main", "": "", strings.Repeat("y", 9999): strings.Repeat("y", mostAnswer)} {
		var out bytes.Buffer
		if got, err := ask(t.Context(), strings.NewReader(in), &out, "go on? "); err != nil || got != want || out.String() != "go on? " {
			t.Errorf("%.20q gives %.20q, %v", in, got, err)
		}
	}
}

// TestMirrorAskInterrupted: an interrupt at the question is an answer.
func TestMirrorAskInterrupted(t *testing.T) {
	in, never := io.Pipe()
	defer never.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if got, err := ask(ctx, in, io.Discard, "go on? "); err == nil {
		t.Errorf("interrupted, the answer was %q", got)
	}
}

// TestMirrorHelp: every command explains itself, with examples, and plan says what 2 means.
func TestMirrorHelp(t *testing.T) {
	for _, name := range []string{"", "plan", "apply", "coverage", "explain", "teardown", "selftest", "policy", "policy check", "policy example"} {
		code, out, _ := do(append(append([]string{"mirror"}, strings.Fields(name)...), "--help")...)
		if code != 0 || !strings.Contains(out, "Examples:") || name != "" && !strings.Contains(out, "mirrorwatch mirror "+name) {
			t.Errorf("help of %q: %d, %s", name, code, out)
		}
	}
	_, out, _ := do("mirror", "plan", "--help")
	wants(t, out, "2 there is something to do", "1 something failed, or the command line makes no")
	if code, out, stderr := do("mirror", "policy", "example"); code != 0 || out != string(policy.Example()) {
		t.Errorf("example: %d, %s", code, stderr)
	}
}
