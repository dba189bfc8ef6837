package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

var noon = time.Date(2026, 11, 23, 12, 10, 0, 0, time.UTC)

// shaky is documents of which one write fails: the one after so many.
type shaky struct {
	store.Documents
	writes, failAt int
	err            error
}

func (s *shaky) Write(ctx context.Context, list []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	if s.writes++; s.writes == s.failAt {
		return nil, s.err
	}
	return s.Documents.Write(ctx, list, entry)
}

// desk is an ingest with what is around it.
type desk struct {
	*Ingest
	t       *testing.T
	docs    *shaky
	found   map[string]bool
	settled int
	refuse  error // of the next settling
}

func open(t *testing.T) *desk {
	t.Helper()
	now := func() time.Time { return noon.Add(time.Hour) }
	s := memory.New(memory.Options{Now: now, Schema: archive.Schema()})
	d := &desk{t: t, docs: &shaky{Documents: s.Documents, err: store.ErrUnavailable}, found: map[string]bool{}}
	d.ready(now)
	return d
}

// ready makes the detectors anew, as after a failure.
func (d *desk) ready(now func() time.Time) {
	d.t.Helper()
	judge, err := flowjudge.New(flowjudge.Options{Emit: func(f *events.Detection) { d.found[f.Type+" "+f.ID] = true }})
	if err == nil {
		d.Ingest, err = New(Options{Documents: d.docs, Judge: judge, Now: now, Settle: func(ctx context.Context) error {
			judge.Tick(ctx)
			d.settled++
			err := d.refuse
			d.refuse = nil
			return err
		}})
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// scan is a scan of 120 ports, all of them blocked, and one line that makes no sense.
func scan() string {
	var b strings.Builder
	b.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
	for port := range 120 {
		at := noon.Unix() + int64(port)
		fmt.Fprintf(&b, "2 123456789012 eni-2 203.0.113.66 10.20.2.10 50000 %d 6 1 44 %d %d REJECT OK\n", port+1, at, at+1)
	}
	return b.String() + "2 123456789012 eni-2 203.0.113.66 nonsense 50000 1 6 1 44 1 2 REJECT OK\n"
}

// stopped is a call that ends a flow log, under an id of its own.
func stopped(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/mallory","accountId":"123456789012","userName":"mallory"},`+
		`"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"DeleteFlowLogs","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.50",`+
		`"requestParameters":{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-0a1b2c3d"}}},"eventID":%q,"readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"123456789012"}`,
		noon.Format(time.RFC3339), id)
}

func file(calls ...string) string { return `{"Records":[` + strings.Join(calls, ",") + `]}` }

// tries gives how many rejected tries are kept of the scanned host.
func (d *desk) tries() uint64 {
	d.t.Helper()
	scan := events.Detection{Start: noon, Update: noon.Add(2 * time.Minute), Evidence: events.Evidence{Start: noon, End: noon.Add(2 * time.Minute)}, Participants: []events.Participant{
		{Role: "offender", Address: addr("203.0.113.66"), External: true}, {Role: "victim", Address: addr("10.20.2.10")},
	}}
	docs, err := d.docs.GetMany(d.t.Context(), tally.Keys(&scan, noon.Add(time.Hour))...)
	if err != nil {
		d.t.Fatal(err)
	}
	sum, _, err := tally.Summary(&scan, docs)
	if err != nil {
		d.t.Fatal(err)
	}
	if sum == nil {
		return 0
	}
	return sum.Rejected.Records
}

// TestKnownTwice: an object that comes again under its name changes nothing; another version of it is read.
func TestKnownTwice(t *testing.T) {
	d := open(t)
	read := func(version string) Report {
		t.Helper()
		r, err := d.Flows(t.Context(), "a.log", version, strings.NewReader(scan()))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := read("1")
	if r.Known || r.Records != 120 || r.Skipped != 1 || len(r.Problems) != 1 || !r.Through.Equal(noon.Add(2*time.Minute)) || d.tries() != 120 || len(d.found) != 1 || d.settled != 1 {
		t.Errorf("%+v, %d tries, found %v, settled %d times", r, d.tries(), d.found, d.settled)
	}
	if r = read("1"); !r.Known || r.Records != 0 || d.tries() != 120 || d.settled != 1 {
		t.Errorf("again: %+v, %d tries, settled %d times", r, d.tries(), d.settled)
	}
	if r = read("2"); r.Known || r.Records != 120 || d.tries() != 240 || len(d.found) != 1 {
		t.Errorf("another version: %+v, %d tries, found %v", r, d.tries(), d.found)
	}
}

// TestStoreFails: whatever write fails, what comes again is kept and found once, and only then remembered as read.
func TestStoreFails(t *testing.T) {
	for failAt := 1; ; failAt++ {
		d := open(t)
		d.docs.failAt = failAt
		_, err := d.Flows(t.Context(), "a.log", "1", strings.NewReader(scan()))
		_, err2 := d.Trail(t.Context(), "a.json", "1", strings.NewReader(file(stopped("e-1"))))
		if err == nil && err2 == nil {
			if failAt < 4 {
				t.Errorf("only %d writes", failAt-1)
			}
			return
		}
		if !errors.Is(errors.Join(err, err2), store.ErrUnavailable) {
			t.Errorf("write %d: %v, %v", failAt, err, err2)
		}
		d.ready(d.o.Now)
		d.found = map[string]bool{}
		r, err := d.Flows(t.Context(), "a.log", "1", strings.NewReader(scan()))
		c, err2 := d.Trail(t.Context(), "a.json", "1", strings.NewReader(file(stopped("e-1"))))
		if err != nil || err2 != nil || d.tries() != 120 || r.Known && c.Known || d.calls() != 1 {
			t.Errorf("after write %d failed: %v, %v, %d tries, %d calls, %+v, %+v", failAt, err, err2, d.tries(), d.calls(), r, c)
		}
		if len(d.found) == 0 {
			t.Errorf("after write %d failed nothing is found", failAt)
		}
	}
}

// TestSettleFails: an object of which the finds cannot be stored is not remembered as read.
func TestSettleFails(t *testing.T) {
	d := open(t)
	d.refuse = store.ErrFull
	if r, err := d.Trail(t.Context(), "a.json", "1", strings.NewReader(file(stopped("e-1")))); !errors.Is(err, store.ErrFull) {
		t.Errorf("%+v, %v", r, err)
	}
	d.ready(d.o.Now)
	r, err := d.Trail(t.Context(), "a.json", "1", strings.NewReader(file(stopped("e-1"))))
	if err != nil || r.Known || len(d.found) != 1 || d.calls() != 1 {
		t.Errorf("%+v, %v, found %v, %d calls", r, err, d.found, d.calls())
	}
}

// TestCallsDoubled: a call that comes by EventBridge, again, and in a file is one.
func TestCallsDoubled(t *testing.T) {
	d := open(t)
	var c events.CloudTrail
	if err := trail.FromEvent([]byte(stopped("e-1")), &c); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.Calls(t.Context(), c, c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Trail(t.Context(), "a.json", "1", strings.NewReader(file(stopped("e-1"), stopped("e-1")))); err != nil {
		t.Fatal(err)
	}
	if d.calls() != 1 || len(d.found) != 1 {
		t.Errorf("%d calls, found %v", d.calls(), d.found)
	}
}

// TestNoObject: what is no log at all is an error, or told, and takes nothing from what is read next.
func TestNoObject(t *testing.T) {
	d := open(t)
	r, err := d.Trail(t.Context(), "b.json", "1", strings.NewReader(file(stopped("e-1"))[:200]))
	if err == nil && len(r.Problems) == 0 {
		t.Errorf("half a file: %+v", r)
	}
	if _, err := d.Inventory(t.Context(), "i.json", noon, strings.NewReader("{")); err == nil || !strings.Contains(err.Error(), "i.json") {
		t.Errorf("half an inventory: %v", err)
	}
	if r, err := d.Lines(t.Context(), "stream#1", strings.Split(strings.TrimSpace(scan()), "\n")[1:]); err != nil || r.Records != 120 || r.Skipped != 1 {
		t.Errorf("lines: %+v, %v", r, err)
	}
}
