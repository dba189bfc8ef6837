package correlate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// noon is when the detection of most tests began.
var noon = time.Date(2026, 11, 23, 12, 10, 0, 0, time.UTC)

// house is a correlator with everything around it, and a clock that only the test moves.
type house struct {
	t       *testing.T
	now     time.Time
	store   *store.Store
	joiner  *Correlator
	ingest  *ingest.Ingest
	metrics *gauges
}

// gauges is CloudWatch, as a test wants it.
type gauges struct {
	err   error
	calls int
	times float64 // how many times its usual the hour was
}

func (g *gauges) Ask(_ context.Context, q counters.Query) (counters.Answer, error) {
	g.calls++
	if g.err != nil {
		return counters.Answer{}, g.err
	}
	var a counters.Answer
	for _, m := range q.Machines {
		s := counters.Series{Machine: m.ID, Metric: "NetworkOut"}
		for at := q.From(); !at.After(q.Hour); at = at.Add(time.Hour) {
			v := 150e6
			if at.Equal(q.Hour) {
				v *= g.times
			}
			s.Times, s.Values = append(s.Times, at), append(s.Values, v)
		}
		a.Series = append(a.Series, s)
	}
	return a, nil
}

func build(t *testing.T) *house {
	h := &house{t: t, now: noon.Add(2 * time.Minute), metrics: &gauges{times: 14}}
	clock := func() time.Time { return h.now }
	h.store = memory.New(memory.Options{Now: clock, Schema: archive.Schema()})
	var err error
	if h.joiner, err = New(Options{Store: h.store, Metrics: h.metrics, Now: clock, Account: "123456789012"}); err == nil {
		h.ingest, err = ingest.New(ingest.Options{Documents: h.store.Documents, Now: clock})
	}
	h.ok(err)
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// guessing is a detection of guessing at bastion, as the sensors store it.
func guessing() events.Detection {
	return events.Detection{
		ID: "0123456789abcdef0123456789abcdef", Type: "access.ssh_brute_force", Title: "SSH brute force", Category: "access", Description: "42 tries",
		Risk: events.Risk{Score: 60, Band: "high", Terms: []events.Term{{Name: "likelihood", Points: 60}}}, Confidence: 0.9,
		Start: noon, Update: noon.Add(time.Minute), Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
		Participants: []events.Participant{
			{Role: "offender", Endpoint: "client", Device: "203.0.113.99", Address: netip.MustParseAddr("203.0.113.99"), External: true},
			{Role: "victim", Endpoint: "server", Device: "10.20.2.22", Address: netip.MustParseAddr("10.20.2.22"), Port: 22},
		},
		Evidence: events.Evidence{UIDs: []string{"C1"}, Start: noon, End: noon.Add(time.Minute)}, DetectorVersion: 1,
	}
}

func (h *house) put(d events.Detection) {
	h.t.Helper()
	_, err := h.store.Detections.Put(h.t.Context(), d)
	h.ok(err)
}

// told hands the events that wait to the correlator, as a relay does, and gives those that came.
func (h *house) told() (list []events.Event) {
	h.t.Helper()
	for {
		out, err := h.store.Outbox.Pending(h.t.Context(), 100)
		h.ok(err)
		if len(out) == 0 {
			return list
		}
		for _, o := range out {
			list = append(list, o.Event)
			h.ok(h.joiner.Publish(h.t.Context(), o.Event))
		}
		h.ok(h.store.Outbox.Done(h.t.Context(), out[len(out)-1].Sequence))
	}
}

func (h *house) get() events.Detection {
	h.t.Helper()
	d, err := h.store.Detections.Get(h.t.Context(), guessing().ID)
	h.ok(err)
	return d
}

// status is how a source fared in the stored context.
func (h *house) status(s events.ContextSource) events.SourceStatus {
	h.t.Helper()
	d := h.get()
	have := stateOf(d.Context, s)
	if have == nil {
		h.t.Fatalf("no state of %s in %+v", s, d.Context)
	}
	if have.Status != events.SourceComplete && have.Why == "" {
		h.t.Errorf("%s is %s and does not say why", s, have.Status)
	}
	return have.Status
}

func (h *house) want(states map[events.ContextSource]events.SourceStatus) {
	h.t.Helper()
	for s, want := range states {
		if got := h.status(s); got != want {
			h.t.Errorf("%s is %s (%s), want %s", s, got, stateOf(h.get().Context, s).Why, want)
		}
	}
}

// known says that bastion is an instance, and whose address it has.
func (h *house) known() {
	h.t.Helper()
	since := noon.Add(-24 * time.Hour)
	_, err := inventory.Keep(h.t.Context(), h.store.Documents, inventory.Observation{At: since, Seen: []events.Holding{{
		Interface: "eni-0a000000000000004", Account: "123456789012", Region: "eu-central-1", VPC: "vpc-1", Instance: "i-0a1b2c3d4e5f60004", Name: "bastion",
		Groups: []string{"sg-0a000000000000004"}, Addresses: []netip.Addr{netip.MustParseAddr("10.20.2.22")}, From: &since,
	}}})
	h.ok(err)
}

const header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"

// flow is a line of a flow log, at bastion.
func flow(at time.Time, from string, port int, action string) string {
	return fmt.Sprintf("2 123456789012 eni-0a000000000000004 %s 10.20.2.22 40000 %d 6 4 240 %d %d %s OK\n", from, port, at.Unix(), at.Unix()+30, action)
}

func (h *house) flows(name string, lines ...string) {
	h.t.Helper()
	_, err := h.ingest.Flows(h.t.Context(), name, "1", strings.NewReader(header+strings.Join(lines, "")))
	h.ok(err)
}

// opening is the call that opened the port, as CloudTrail has it.
func opening(at time.Time) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::123456789012:user/mallory","accountId":"123456789012","userName":"mallory"},`+
		`"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"AuthorizeSecurityGroupIngress","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.50","userAgent":"console",`+
		`"requestParameters":{"groupId":"sg-0a000000000000004","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}},`+
		`"responseElements":{"_return":true},"eventID":"e-1","readOnly":false,"eventType":"AwsApiCall","recipientAccountId":"123456789012"}`, at.Format(time.RFC3339))
}

func (h *house) trail(name string, records ...string) {
	h.t.Helper()
	_, err := h.ingest.Trail(h.t.Context(), name, "1", strings.NewReader(`{"Records":[`+strings.Join(records, ",")+`]}`))
	h.ok(err)
}

// TestEverythingIsThere: one update, with all of it.
func TestEverythingIsThere(t *testing.T) {
	h := build(t)
	h.now = noon.Add(2 * time.Hour)
	h.known()
	h.trail("trail", opening(noon.Add(-2*time.Minute)), strings.ReplaceAll(strings.ReplaceAll(opening(noon.Add(time.Hour)), "e-1", "e-2"), "AuthorizeSecurityGroupIngress", "DescribeInstances"))
	h.flows("flows", flow(noon.Add(-5*time.Minute), "203.0.113.99", 22, "REJECT"), flow(noon, "203.0.113.99", 22, "ACCEPT"), flow(noon.Add(time.Hour), "10.1.1.1", 443, "ACCEPT"))
	h.put(guessing())
	list := h.told()
	if len(list) != 2 || list[0].DetailType != events.DetectionCreated || list[1].DetailType != events.DetectionUpdated || list[1].Detail.Actor != store.ActorCorrelate {
		t.Fatalf("%d events: %+v", len(list), list)
	}
	d := h.get()
	c := d.Context
	h.want(map[events.ContextSource]events.SourceStatus{
		events.SourcePlaces: events.SourceMissing, events.SourceFlowLogs: events.SourceComplete, events.SourceCloudTrail: events.SourceComplete, events.SourceCloudWatch: events.SourceComplete,
	})
	if !c.Complete || c.Incident == "" || len(c.Who) != 2 || c.Who[1].Name != "bastion" {
		t.Errorf("context %+v", c)
	}
	if len(c.Calls) == 0 || c.Calls[0].Event != "e-1" || c.Flows == nil || c.Flows.Accepted.Records != 1 || c.Flows.Before.Records != 1 {
		t.Errorf("calls %+v, flows %+v", c.Calls, c.Flows)
	}
	if len(c.Counters) == 0 || !c.Counters[0].Unusual || !strings.Contains(c.Counters[0].Sentence, "14 times") {
		t.Errorf("counters %+v", c.Counters)
	}
	if d.Risk.Score <= 60 || len(c.Adjustments) == 0 {
		t.Errorf("risk %+v", d.Risk)
	}
	if tasks := h.tasks(); len(tasks) != 0 {
		t.Errorf("tasks %v", tasks)
	}
	h.ok(h.joiner.Event(t.Context(), list[0])) // it comes again
	if again := h.told(); len(again) != 0 || h.get().Revision != d.Revision {
		t.Errorf("told again: %d events, revision %d, %d calls", len(again), h.get().Revision, h.metrics.calls)
	}
}

func (h *house) tasks() (ids []string) {
	h.t.Helper()
	page, err := h.store.Documents.List(h.t.Context(), store.KindCorrelation, store.ListQuery{})
	h.ok(err)
	for _, d := range page.Items {
		ids = append(ids, d.ID)
	}
	return ids
}

// TestNothingIsThere: the detection is stored all the same, and says what is missing; nothing is waited for that nobody set up.
func TestNothingIsThere(t *testing.T) {
	h := build(t)
	h.joiner.o.Metrics = nil
	h.put(guessing())
	if n := len(h.told()); n != 2 {
		t.Errorf("%d events", n)
	}
	for _, s := range events.ContextSources() {
		if got := h.status(s); got != events.SourceMissing {
			t.Errorf("%s is %s", s, got)
		}
	}
	if tasks := h.tasks(); len(tasks) != 0 {
		t.Errorf("tasks %v", tasks)
	}
}

// TestLate: logs come when they come, and each round of waiting brings one update however many sources were late.
func TestLate(t *testing.T) {
	h := build(t)
	h.known()
	h.trail("early trail", strings.ReplaceAll(opening(noon.Add(-50*time.Minute)), "e-1", "e-0"))
	h.flows("early", flow(noon.Add(-50*time.Minute), "10.1.1.1", 443, "ACCEPT"))
	h.put(guessing())
	if n := len(h.told()); n != 2 {
		t.Fatalf("%d events", n)
	}
	h.want(map[events.ContextSource]events.SourceStatus{
		events.SourceFlowLogs: events.SourceWaiting, events.SourceCloudTrail: events.SourceWaiting, events.SourceCloudWatch: events.SourceWaiting, events.SourceInventory: events.SourceComplete,
	})
	if h.get().Context.Complete || len(h.tasks()) != 1 {
		t.Fatalf("complete %v, tasks %v", h.get().Context.Complete, h.tasks())
	}
	h.due(0) // nothing yet
	h.now = noon.Add(90 * time.Minute)
	h.trail("late trail", opening(noon.Add(-2*time.Minute)), strings.ReplaceAll(opening(noon.Add(30*time.Minute)), "e-1", "e-2"))
	h.flows("late", flow(noon, "203.0.113.99", 22, "ACCEPT"), flow(noon.Add(30*time.Minute), "10.1.1.1", 443, "ACCEPT"))
	h.due(1)
	if n := len(h.told()); n != 1 {
		t.Errorf("%d events for three sources that came late", n)
	}
	h.want(map[events.ContextSource]events.SourceStatus{
		events.SourceFlowLogs: events.SourceComplete, events.SourceCloudTrail: events.SourceComplete, events.SourceCloudWatch: events.SourceComplete,
	})
	c := h.get().Context
	if !c.Complete || len(h.tasks()) != 0 || c.Calls[0].Event != "e-1" || c.Flows.Accepted.Records != 1 {
		t.Errorf("context %+v, tasks %v", c, h.tasks())
	}
}

// due does what is due, and says how much that must be.
func (h *house) due(want int) {
	h.t.Helper()
	n, err := h.joiner.Due(h.t.Context())
	if err != nil || n != want {
		h.t.Errorf("%d tasks were done, want %d: %v", n, want, err)
	}
}

// TestNeverComes: what does not come within a day is not waited for any more.
func TestNeverComes(t *testing.T) {
	h := build(t)
	h.known()
	h.flows("early", flow(noon.Add(-50*time.Minute), "10.1.1.1", 443, "ACCEPT"))
	h.put(guessing())
	h.told()
	for range 20 {
		h.now = h.now.Add(3 * time.Hour)
		_, err := h.joiner.Due(t.Context())
		h.ok(err)
	}
	h.want(map[events.ContextSource]events.SourceStatus{events.SourceFlowLogs: events.SourcePartial, events.SourceCloudTrail: events.SourceMissing})
	if len(h.tasks()) != 0 || !h.get().Context.Complete {
		t.Errorf("tasks %v, complete %v", h.tasks(), h.get().Context.Complete)
	}
}

// TestDenied: AWS refuses, and says yes later.
func TestDenied(t *testing.T) {
	h := build(t)
	h.now = noon.Add(2 * time.Hour)
	h.known()
	for _, c := range []struct {
		err  error
		want events.SourceStatus
	}{
		{&counters.Error{Why: counters.Denied, Code: "AccessDenied", Message: "not authorized to perform: cloudwatch:GetMetricData"}, events.SourceDenied},
		{&counters.Error{Why: counters.Throttled, Code: "Throttling"}, events.SourceFailed}, {errors.New("connection refused"), events.SourceFailed},
	} {
		h.metrics.err = c.err
		d := guessing()
		d.ID, d.Update = fmt.Sprintf("%032x", len(c.err.Error())), noon.Add(time.Minute)
		h.put(d)
		h.told()
		got, err := h.store.Detections.Get(t.Context(), d.ID)
		h.ok(err)
		if s := stateOf(got.Context, events.SourceCloudWatch); s.Status != c.want || s.Why == "" || got.Context.Who[1].Name != "bastion" {
			t.Errorf("%v: %+v", c.err, s)
		}
		h.metrics.err = nil
		h.now = h.now.Add(7 * time.Minute)
		h.due(1)
		if n := len(h.told()); n != 1 {
			t.Errorf("%d events", n)
		}
		if got, err = h.store.Detections.Get(t.Context(), d.ID); err != nil || stateOf(got.Context, events.SourceCloudWatch).Status != events.SourceComplete {
			t.Errorf("after it was allowed: %+v, %v", got.Context.Sources, err)
		}
		for _, id := range h.tasks() {
			h.ok(h.joiner.drop(t.Context(), id))
		}
	}
}

// TestMalformed: documents that make no sense take nothing from the others, and are told of.
func TestMalformed(t *testing.T) {
	h := build(t)
	h.now = noon.Add(2 * time.Hour)
	h.known()
	h.trail("trail", opening(noon.Add(-2*time.Minute)), strings.ReplaceAll(opening(noon.Add(time.Hour)), "e-1", "e-2"))
	h.flows("flows", flow(noon, "203.0.113.99", 22, "ACCEPT"), flow(noon.Add(time.Hour), "10.1.1.1", 443, "ACCEPT"))
	for i, c := range []struct {
		kind   store.Kind
		source events.ContextSource // that says so; "" where it is no source
	}{
		{store.KindFlows, events.SourceFlowLogs}, {store.KindTrail, events.SourceCloudTrail}, {store.KindHolding, events.SourceInventory}, {store.KindIncidentParty, ""},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			h.t = t
			d := guessing()
			d.ID = fmt.Sprintf("%032x", i+1)
			h.spoil(c.kind, keysOf(&d, h.now))
			h.put(d)
			h.told()
			got, err := h.store.Detections.Get(t.Context(), d.ID)
			h.ok(err)
			if got.Context == nil || len(got.Context.Sources) != len(events.ContextSources()) {
				t.Fatalf("context %+v", got.Context)
			}
			if c.source == "" {
				if got.Context.Incident != "" || len(got.Context.Sources) == 0 {
					t.Errorf("incident %q of documents that make no sense", got.Context.Incident)
				}
				return
			}
			if s := stateOf(got.Context, c.source); s.Status != events.SourcePartial || !strings.Contains(s.Why, "cannot be read") {
				t.Errorf("%+v", s)
			}
		})
	}
}

// spoil writes nonsense into every document of a kind that a pass would read.
func (h *house) spoil(kind store.Kind, keys []store.DocumentKey) {
	h.t.Helper()
	for _, k := range keys {
		if k.Kind != kind {
			continue
		}
		_, err := h.store.Documents.Write(h.t.Context(), []store.Write{{Kind: k.Kind, ID: k.ID, Body: json.RawMessage(`["nonsense"]`)}}, nil)
		h.ok(err)
	}
}

// TestChangedMeanwhile: a detector and a person change the detection while it is looked at: nothing of theirs is lost, and the context is of
// what there is in the end.
func TestChangedMeanwhile(t *testing.T) {
	h := build(t)
	h.now = noon.Add(2 * time.Hour)
	h.known()
	h.put(guessing())
	first := h.get()
	later := guessing()
	later.Update, later.Description, later.Risk.Score, later.Risk.Terms = noon.Add(3*time.Minute), "420 tries", 70, []events.Term{{Name: "likelihood", Points: 70}}
	later.Evidence.End = later.Update
	h.put(later)
	status := events.StatusInProgress
	_, err := h.store.Detections.Update(t.Context(), first.ID, store.TriageChange{Status: &status}, store.Actor{Name: "ada"})
	h.ok(err)
	h.ok(h.joiner.Detection(t.Context(), first)) // of the state that was
	d := h.get()
	if d.Status != status || d.Description != "420 tries" || d.Context == nil || !d.Context.Of.Equal(later.Update) {
		t.Errorf("%+v, context %+v", d, d.Context)
	}
}

// TestStoreIsAway: an event that cannot be dealt with now comes again; one of a detection that is gone does not.
func TestStoreIsAway(t *testing.T) {
	h := build(t)
	h.put(guessing())
	list, err := h.store.Outbox.Pending(t.Context(), 10)
	h.ok(err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.joiner.Publish(ctx, list[0].Event); !errors.Is(err, context.Canceled) {
		t.Errorf("a store that is away: %v", err)
	}
	_, err = h.store.Detections.Purge(t.Context(), noon.Add(time.Hour), 10)
	h.ok(err)
	if err := h.joiner.Event(t.Context(), list[0].Event); err != nil {
		t.Errorf("a detection that is gone: %v", err)
	}
}

// TestLongAgo: logs and a detection of last year are read today, and joined as if they were of today.
func TestLongAgo(t *testing.T) {
	h := build(t)
	h.now = noon.AddDate(1, 0, 0)
	_, err := h.ingest.Inventory(t.Context(), "inventory.json", h.now, strings.NewReader(`{"holdings": [{"interface": "eni-0a000000000000004", "account": "123456789012",
		"region": "eu-central-1", "vpc": "vpc-1", "instance": "i-0a1b2c3d4e5f60004", "name": "bastion", "groups": ["sg-0a000000000000004"], "addresses": ["10.20.2.22"],
		"from": "2026-01-01T00:00:00Z"}]}`))
	h.ok(err)
	h.trail("trail", opening(noon.Add(-2*time.Minute)))
	h.flows("flows", flow(noon, "203.0.113.99", 22, "ACCEPT"))
	h.put(guessing())
	h.told()
	c := h.get().Context
	if !c.Complete || len(c.Calls) != 1 || c.Flows == nil || c.Flows.Accepted.Records != 1 || c.Who[1].Name != "bastion" || c.Incident == "" {
		t.Errorf("context %+v", c)
	}
	if tasks := h.tasks(); len(tasks) != 0 {
		t.Errorf("tasks %v", tasks)
	}
}
