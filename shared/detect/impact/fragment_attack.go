package impact

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// FragmentAttack finds IP fragments that were made to be put together wrongly.
var FragmentAttack = detect.Spec{
	Type:  "impact.fragment_attack",
	Title: "Overlapping fragments",
	Text: "Looks for IP fragments that lie across the edge of another one of their datagram, as in Teardrop, and for those that would make " +
		"a datagram longer than 65,535 bytes, as in the Ping of Death: one datagram is enough. Systems have crashed over them, and others put " +
		"them together differently from what watches them. What looks the same: fragments sent twice, and datagrams whose numbers " +
		"are used again; but these have the same edges, and do not count.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1499.001"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindWeird}, Version: 1,
	Background: "A host that gets a datagram in pieces puts them where their offsets say. Pieces that overlap, or reach beyond the largest " +
		"datagram there may be, make a careless program reckon with negative lengths or write behind its buffer. The aim is to crash the " +
		"host, or to show a sensor other bytes than the host.",
	Mitigation: []string{
		"See whether the victim still works, and whether it is patched: no system of today should mind.",
		"Drop fragments at the edge where no service needs them; a network ACL cannot tell them apart, a firewall appliance can.",
		"If the offender is a host of one's own, find the program that sends them: no honest one does.",
	},
	New:    func() detect.Detector { return NewFragmentAttack(FragmentAttackDefaults()) },
	Tuning: detect.Tuned(FragmentAttackDefaults, NewFragmentAttack),
}

// FragmentAttackTunables are what may be set.
type FragmentAttackTunables struct {
	Datagrams int `tune:"datagrams between two hosts that are built so" min:"1" max:"1000000"`
	Pairs     int `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// FragmentAttackDefaults are the tunables that the project stands for.
func FragmentAttackDefaults() FragmentAttackTunables {
	return FragmentAttackTunables{Datagrams: 1, Pairs: 10_000}
}

// FragmentAttacker counts datagrams whose fragments cannot be honest.
type FragmentAttacker struct {
	tune FragmentAttackTunables
	*detect.Cases
}

// NewFragmentAttack makes the detector.
func NewFragmentAttack(t FragmentAttackTunables) *FragmentAttacker {
	return &FragmentAttacker{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe looks for the two oddities. Each datagram has a uid of its own, and may be odd in several ways.
func (a *FragmentAttacker) Observe(r events.Record, _ device.View) []detect.Finding {
	w, ok := r.(*events.Weird)
	if !ok || w.Source != "ip" {
		return nil
	}
	what := overlap
	switch {
	case w.Addl == events.TornFragment:
	case w.Name == events.WeirdLargeFragment:
		what = tooLong
	default:
		return nil
	}
	k := detect.CaseKey{VNI: w.VNI, By: w.OrigH, To: w.RespH, What: what}
	one := a.Note(k, &w.Head)
	one.Things.Add(sketch.String(w.UID))
	if !one.Reached(one.Things.Count(), a.tune.Datagrams) {
		return nil
	}
	return []detect.Finding{a.report(k, one)}
}

// The two kinds of attack.
const (
	overlap = "overlap"
	tooLong = "too long"
)

// Tick has nothing to do.
func (a *FragmentAttacker) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (a *FragmentAttacker) Close(device.View) []detect.Finding { return a.LastWords(a.report) }

func (a *FragmentAttacker) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	how := "in fragments that lie across each other's edges, as no host cuts them"
	if k.What == tooLong {
		how = "in fragments that make it longer than a datagram may be"
	}
	said := fmt.Sprintf("%s sent %s a datagram %s.", k.By, k.To, how)
	if n := c.Things.Count(); n > 1 {
		said = fmt.Sprintf("%s sent %s %s datagrams, each %s.", k.By, k.To, c.Things.Text(), how)
	}
	f := c.Finding(k, 0.9, said)
	f.Properties = map[string]any{"datagrams": c.Things.Count(), "kind": k.What}
	return f
}
