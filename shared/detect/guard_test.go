package detect

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// brittle fails where it is told to.
type brittle struct {
	at   string
	seen int
}

func (b *brittle) Observe(r events.Record, _ device.View) []Finding {
	b.seen++
	if b.at == "observe" && b.seen == 2 {
		panic("a record like no other")
	}
	return nil
}

func (b *brittle) Tick(events.Time, device.View) []Finding {
	if b.at == "tick" {
		var none []int
		_ = none[len(none)]
	}
	return nil
}

func spec(name string, d Detector) Spec {
	return Spec{Type: name, Wants: []events.Kind{events.KindConn}, Version: 1, Title: name, New: func() Detector { return d }}
}

// Catches: one detector's mistake that ends the program, or that takes the detectors behind it along.
func TestOneFailsAlone(t *testing.T) {
	first, last, ticks := &brittle{at: "observe"}, &brittle{}, &brittle{at: "tick"}
	j := NewJudge([]Spec{spec("a.first", first), spec("a.ticks", ticks), spec("a.last", last)}, device.New(device.Options{}), Options{})
	one := func(at time.Duration) *events.Conn {
		c := &events.Conn{Proto: "tcp"}
		c.TS, c.OrigH, c.RespH = events.Time(1e18).Add(at), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
		return c
	}
	for i := range 5 {
		j.Observe(one(time.Duration(i) * time.Second))
		j.Tick(events.Time(1e18).Add(time.Duration(i) * time.Second))
	}
	j.Close(events.Time(1e18).Add(time.Minute))
	if first.seen != 2 || last.seen != 5 || ticks.seen != 1 {
		t.Errorf("seen: %d before it failed, %d by the one behind, %d by the one whose Tick failed", first.seen, last.seen, ticks.seen)
	}
	failed := j.Failed()
	if len(failed) != 2 || failed[0].Type != "a.ticks" || failed[1].Type != "a.first" || failed[1].Reason != "a record like no other" ||
		!strings.Contains(failed[1].Stack, "guard_test.go") || j.Stats().Failed != 2 {
		t.Errorf("%+v", failed)
	}
}

// teller finds one thing when a record comes from its port.
type teller struct{ port uint16 }

func (d teller) Observe(r events.Record, _ device.View) []Finding {
	h := r.Common()
	if h.RespP != d.port {
		return nil
	}
	return []Finding{{
		Key: "k", Description: "x", Confidence: 0.75, Offenders: []Party{{Addr: h.OrigH, Endpoint: Client}},
		Victims: []Party{{Addr: h.RespH, Endpoint: Server}}, Start: h.TS, End: h.TS,
	}}
}

func (teller) Tick(events.Time, device.View) []Finding { return nil }

// Catches: one act that two types tell at full risk, whichever speaks first; and a general detection that is lowered by another's act.
func TestTheGeneralYields(t *testing.T) {
	high := Base{Likelihood: events.High, Complexity: events.Medium, Impact: events.High}
	general, exact := spec("a.general", teller{80}), spec("b.exact", teller{443})
	general.Risk, exact.Risk, general.Yields = high, high, []string{"b.exact"}
	for _, c := range []struct {
		name    string
		acts    []string // "port offender seconds"
		scores  map[string]int
		yielded uint64
	}{
		{"exact first", []string{"443 10.0.0.1 0", "80 10.0.0.1 60"}, map[string]int{"b.exact": 80}, 1},
		{"general first", []string{"80 10.0.0.1 0", "443 10.0.0.1 60"}, map[string]int{"b.exact": 80, "a.general": explainedScore}, 0},
		{"another offender", []string{"80 10.0.0.7 0", "443 10.0.0.1 60"}, map[string]int{"b.exact": 80, "a.general": 80}, 0},
		{"another day", []string{"443 10.0.0.1 0", "80 10.0.0.1 90000"}, map[string]int{"b.exact": 80, "a.general": 80}, 0},
	} {
		j := NewJudge([]Spec{general, exact}, device.New(device.Options{}), Options{})
		for _, a := range c.acts {
			f := strings.Fields(a)
			r := &events.Conn{Proto: "tcp"}
			r.OrigH, r.RespH, r.RespP = netip.MustParseAddr(f[1]), netip.MustParseAddr("10.0.0.2"), map[string]uint16{"80": 80, "443": 443}[f[0]]
			seconds, _ := time.ParseDuration(f[2] + "s")
			r.TS = events.Time(1e18).Add(seconds)
			j.Observe(r)
		}
		got := map[string]int{}
		for _, d := range j.Detections() {
			got[d.Type] = d.Risk.Score
			sum := 0
			for _, term := range d.Risk.Terms {
				sum += term.Points
			}
			if sum != d.Risk.Score {
				t.Errorf("%s: the terms of %s add up to %d, its score is %d", c.name, d.Type, sum, d.Risk.Score)
			}
		}
		if len(got) != len(c.scores) || got["b.exact"] != c.scores["b.exact"] || got["a.general"] != c.scores["a.general"] || j.Stats().Yielded != c.yielded {
			t.Errorf("%s: %v, want %v; %d yielded", c.name, got, c.scores, j.Stats().Yielded)
		}
	}
}
