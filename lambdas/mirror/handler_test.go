package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	aws "github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// told collects the events that the cloud tells of an account.
func (h *house) told(account string) *[]json.RawMessage {
	list := &[]json.RawMessage{}
	h.cloud.Listen(func(of, _ string, e json.RawMessage) {
		if of == account {
			*list = append(*list, slices.Clone(e))
		}
	})
	return list
}

// messages is what Lambda gives of a queue; messages are named by their place.
func messages(bodies ...string) json.RawMessage {
	e := aws.SQSEvent{}
	for i, b := range bodies {
		e.Records = append(e.Records, aws.SQSMessage{MessageId: string(rune('a' + i)), EventSource: "aws:sqs", Body: b})
	}
	raw, _ := json.Marshal(e)
	return raw
}

// answer hands raw input to the function and gives the messages that it wants again, as Lambda reads its JSON.
func answer(t *testing.T, f *Handler, raw json.RawMessage) []string {
	t.Helper()
	out, err := f.Handle(context.Background(), raw)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(out)
	var r struct {
		Failures *[]struct {
			ID string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(b, &r); err != nil || r.Failures == nil {
		t.Fatalf("answer %s: %v", b, err)
	}
	var ids []string
	for _, x := range *r.Failures {
		ids = append(ids, x.ID)
	}
	return ids
}

func (h *house) handler() *Handler {
	h.t.Helper()
	f, err := NewHandler(HandlerOptions{Loop: h.loop()})
	h.ok(err)
	return f
}

func sample(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("trigger/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBatch: of a batch come again only those that nobody can read, and in one place only what another pass kept from it.
func TestBatch(t *testing.T) {
	h := build(t, 2, "", secondID)
	f := h.handler()
	h.sweep(f.o.Loop)
	first, second := h.told(firstID), h.told(secondID)
	h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.instance(secondID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	held, _, err := f.o.Loop.acquire(context.Background(), plan.Place(secondID, region))
	h.ok(err)
	mine, theirs := slices.Clone(*first), slices.Clone(*second)
	bodies := []string{"no JSON", sample(t, "unknown_kind.json"), sample(t, "guardduty.json")}
	from := len(bodies)
	for _, e := range slices.Concat(mine, theirs) {
		bodies = append(bodies, string(e))
	}
	var again []string
	calls := h.calls(func() { again = answer(t, f, messages(bodies...)) })
	want := []string{"a"}
	for i := range theirs {
		want = append(want, string(rune('a'+from+len(mine)+i)))
	}
	if !slices.Equal(again, want) {
		t.Errorf("again %v, want %v", again, want)
	}
	if calls["CreateTrafficMirrorSession"] != 1 {
		t.Errorf("calls %v", calls)
	}
	entries, err := h.store.Audit.Entries(context.Background(), auditAll)
	if err != nil || !strings.Contains(string(entries.Items[0].After), `"cause":["`) {
		t.Errorf("the audit entry says nothing of the event: %s, %v", entries.Items[0].After, err)
	}
	if lag := h.metrics[len(h.metrics)-1].LagSeconds; lag < 60 || lag > 61 { // two places that write their usage at once may wait for each other
		t.Errorf("lag of %v seconds, want 60", lag)
	}
	h.ok(held.release(context.Background()))
	var late []string
	for _, e := range theirs {
		late = append(late, string(e))
	}
	if again = answer(t, f, messages(late...)); len(again) != 0 {
		t.Errorf("when it is free: %v come again", again)
	}
	h.whole(map[string]int{firstID: 3, secondID: 3})
	if calls := h.calls(func() { answer(t, f, messages(late...)) }); len(calls) != 0 {
		t.Errorf("the same events once more cost %v", calls)
	}
}

// ours are the events that the loop itself caused while it handled the batch.
func ours(list []json.RawMessage) (out []json.RawMessage) {
	for _, e := range list {
		if bytes.Contains(e, []byte("assumed-role/mirrorwatch/")) {
			out = append(out, e)
		}
	}
	return out
}

// TestOwnActions are no news.
func TestOwnActions(t *testing.T) {
	h := build(t, 2, "")
	list := h.told(firstID)
	f := h.handler()
	h.sweep(f.o.Loop)
	own := ours(*list)
	if len(own) < 2 {
		t.Fatalf("%d events of our own", len(own))
	}
	var bodies []string
	for _, e := range own {
		bodies = append(bodies, string(e))
	}
	if calls := h.calls(func() {
		if again := answer(t, f, messages(bodies...)); len(again) != 0 {
			t.Errorf("%v come again", again)
		}
	}); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

// TestDirect takes an event that EventBridge hands to the function itself, and the schedule.
func TestDirect(t *testing.T) {
	h := build(t, 2, "")
	f := h.handler()
	ctx := context.Background()
	if _, err := f.Handle(ctx, json.RawMessage(sample(t, "schedule.json"))); err != nil {
		t.Fatal(err)
	}
	h.whole(map[string]int{firstID: 2})
	list := h.told(firstID)
	h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	held, _, err := f.o.Loop.acquire(ctx, plan.Place(firstID, region))
	h.ok(err)
	event := (*list)[len(*list)-1]
	if _, err := f.Handle(ctx, event); !errors.Is(err, errAgain) {
		t.Errorf("while another pass is there: %v", err)
	}
	h.ok(held.release(ctx))
	if _, err := f.Handle(ctx, event); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	h.whole(map[string]int{firstID: 3})
	if _, err := f.Handle(ctx, json.RawMessage(`{"a":1}`)); err == nil {
		t.Error("no error of what is no event")
	}
}

// TestBatchWithoutPolicy comes again whole.
func TestBatchWithoutPolicy(t *testing.T) {
	h := build(t, 1, "")
	f := h.handler()
	f.o.Loop.o.Policy = func(context.Context) (p policyType, err error) { return p, errors.New("gone") }
	if again := answer(t, f, messages(sample(t, "state_running.json"), sample(t, "unknown_kind.json"))); !slices.Equal(again, []string{"a", "b"}) {
		t.Errorf("again %v", again)
	}
}

// TestEMF writes lines that CloudWatch reads as metrics: each that is named is there, a number, and of bounded dimensions.
func TestEMF(t *testing.T) {
	h := build(t, 3, "", secondID)
	h.sweep(h.loop())
	var out bytes.Buffer
	emf := &EMF{W: &out}
	h.ok(emf.Observe(h.metrics[0]))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines of a pass in three places", len(lines))
	}
	found := map[string]float64{}
	for _, line := range lines {
		var e map[string]any
		h.ok(json.Unmarshal([]byte(line), &e))
		meta := e["_aws"].(map[string]any)
		if at := int64(meta["Timestamp"].(float64)); at != h.metrics[0].At.UnixMilli() {
			t.Errorf("timestamp %d", at)
		}
		directive := meta["CloudWatchMetrics"].([]any)[0].(map[string]any)
		for _, d := range directive["Dimensions"].([]any)[0].([]any) {
			if _, is := e[d.(string)].(string); !is {
				t.Errorf("dimension %v is not there", d)
			}
		}
		metrics := directive["Metrics"].([]any)
		if len(metrics) > 100 {
			t.Errorf("%d metrics in one line, and CloudWatch takes 100", len(metrics))
		}
		for _, m := range metrics {
			name := m.(map[string]any)["Name"].(string)
			v, is := e[name].(float64)
			if !is {
				t.Errorf("metric %s is not there", name)
			}
			found[name] += v
		}
	}
	for name, want := range map[string]float64{"CoverageMirrored": 6, "Sessions": 6, "CoveragePercent": 200, "StepsFailed": 0, "Held": 0} {
		if got, is := found[name]; !is || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, is, want)
		}
	}
	if m := h.metrics[0]; m.Calls["CreateTrafficMirrorSession"] != 6 || m.Steps[plan.CreateSession][Done] != 6 || m.MonthlyUSD < 60 {
		t.Errorf("metrics %+v", m)
	}
}

// TestExplain says everything of one interface, and which policy has none of that name.
func TestExplain(t *testing.T) {
	h := build(t, 1, "", secondID)
	l := h.loop()
	h.sweep(l)
	s := h.sessions(secondID)[0]
	e, err := l.Explain(context.Background(), s.NetworkInterface)
	if err != nil || e.Coverage.Session != s.ID || e.Coverage.Account != secondID || e.Binding == nil || len(e.Steps) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := l.Explain(context.Background(), "eni-0123456789abcdef0"); err == nil || !strings.Contains(err.Error(), "eni-0123456789abcdef0") {
		t.Errorf("of one that is not there: %v", err)
	}
}

// TestTrend stores how much is watched, by the hour.
func TestTrend(t *testing.T) {
	h := build(t, 3, "")
	h.instance(firstID, nil)
	h.sweep(h.loop())
	list, err := trends(h.store.Documents).All(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := list[0].Value.Total; got.Mirrored != 3 || got.Interfaces != 4 || got.Percent != 100 {
		t.Errorf("trend %+v", got)
	}
}
