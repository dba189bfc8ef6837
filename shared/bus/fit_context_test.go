package bus

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// fullContext is as large as a context may be, and says in its texts which part of it they are.
func fullContext() *events.Context {
	at := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	c := &events.Context{Of: at, Made: at, Incident: strings.Repeat("1", 32), Flows: &events.FlowSummary{From: at, To: at, Sentence: long("sentence")}}
	for _, s := range events.ContextSources() {
		c.Sources = append(c.Sources, events.SourceState{Source: s, Status: events.SourceFailed, Why: long("why")})
	}
	for i := range events.MaxIdentities {
		w := events.Identity{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Country: "NL"}
		w.Name, w.Description, w.Tags = fmt.Sprint("host-", i), long("description"), map[string]string{"a": long("tag"), "b": long("tag")}
		for g := range 16 {
			w.Groups = append(w.Groups, fmt.Sprint("sg-", g))
		}
		c.Who = append(c.Who, w)
	}
	for i := range events.MaxContextCalls {
		c.Calls = append(c.Calls, events.ContextCall{Time: at, Name: fmt.Sprint("Call", i), Summary: long("summary"), Reason: long("reason"), Resources: []string{long("arn"), "b"}})
	}
	for i := range events.MaxCounterNews {
		c.Counters = append(c.Counters, events.CounterNews{Metric: fmt.Sprint("Metric", i), Unusual: i%20 == 19, Sentence: long("counter")})
	}
	for i := range events.MaxAdjustments {
		c.Adjustments = append(c.Adjustments, events.Term{Name: fmt.Sprint(events.AdjustmentPrefix, i), Points: i, Reason: long("adjusts")})
	}
	for i := range 20 {
		c.Flows.Ports = append(c.Flows.Ports, events.FlowPort{Proto: "tcp", Port: uint16(i)})
	}
	return c
}

func long(word string) string { return strings.Repeat(word+"ö ", 60) }

// TestFitContext cuts a context to smaller and smaller sizes: what matters least goes first, who and what adjusts the risk stay, and the
// caller's is never touched.
func TestFitContext(t *testing.T) {
	c := fullContext()
	before, _ := json.Marshal(c)
	last := len(before)
	for _, limit := range []int{len(before), 128 << 10, 64 << 10, 48 << 10, 16 << 10, 8 << 10, 6 << 10} {
		got, err := FitContext(*c, limit)
		if err != nil {
			t.Fatalf("%d: %v", limit, err)
		}
		b, _ := json.Marshal(&got)
		if len(b) > limit || len(b) > last {
			t.Errorf("%d bytes for %d, after %d", len(b), limit, last)
		}
		last = len(b)
		if len(got.Sources) != 5 || len(got.Adjustments) != events.MaxAdjustments || got.Incident != c.Incident || len(got.Who) < 2 || got.Who[0].Name != "host-0" || got.Calls[0].Name != "Call0" {
			t.Errorf("%d: too much is gone: %s", limit, b)
		}
		usual, tags := len(got.Counters) > 8, got.Who[0].Tags != nil
		if usual && len(got.Calls) < events.MaxContextCalls || !tags && len(got.Calls) > 3 || tags && len(got.Who) < events.MaxIdentities {
			t.Errorf("%d: %d counters, %d calls, tags %v, %d identities: not in order", limit, len(got.Counters), len(got.Calls), tags, len(got.Who))
		}
		if strings.Contains(string(b), `\ufffd`) {
			t.Errorf("%d: half a letter", limit)
		}
	}
	if after, _ := json.Marshal(c); string(after) != string(before) {
		t.Error("the context that was given has changed")
	}
	if _, err := FitContext(*c, 500); err == nil {
		t.Error("it fits into 500 bytes")
	}
}

// TestFitCutsContext: an event with a whole context fits what EventBridge takes, and the least that anything does.
func TestFitCutsContext(t *testing.T) {
	d := events.Detection{ID: "x", Type: "recon.port_scan", Description: "short", Context: fullContext()}
	e := event("x", 1)
	e.Detail.Detection = &d
	before, _ := json.Marshal(&e)
	for _, limit := range []int{100_000, 30_000, 10_000} {
		got, err := Fit(e, limit)
		if err != nil {
			t.Fatalf("%d: %v", limit, err)
		}
		b, _ := json.Marshal(&got.Detail)
		if c := got.Detail.Detection.Context; len(b) > limit || !got.Detail.Truncated || c == nil || len(c.Who) == 0 || got.Detail.Detection.Description != "short" {
			t.Errorf("%d: %d bytes, context %+v", limit, len(b), c)
		}
	}
	if after, _ := json.Marshal(&e); string(before) != string(after) {
		t.Error("the event that was given has changed")
	}
}
