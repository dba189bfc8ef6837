package feed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// point is one observation point: what was heard of it, what was told of that, and whose it is.
type point struct {
	heard  events.Heard // since the sensor began, or since it was heard again after a day
	window window       // since its shares were reckoned last
	faults []events.HeardFault

	fresh   bool                 // something came since it was told
	told    events.Time          // when it was; 0 never
	stored  time.Time            // the last packet that was told
	began   bool                 // it was told that it is heard
	covered events.CoverageState // as told; "" not at all
	gone    bool                 // its coverage was forgotten, for an inventory names it
	named   time.Time            // its last packet while an inventory did
}

// glance is when a point is looked at, whether all is known that can be, and whether for the last time.
type glance struct {
	now         events.Time
	known, last bool
}

func (p *point) add(h *events.Heard) {
	p.heard.Packets += h.Packets
	p.heard.Bytes += h.Bytes
	p.heard.Duplicates += h.Duplicates
	p.heard.Truncated += h.Truncated
	p.heard.Gaps += h.Gaps
	if h.LastSeen.After(p.heard.LastSeen) {
		p.heard.LastSeen = h.LastSeen
	}
	p.window.add(h)
	p.fresh = true
}

// rested is for how long no packet came.
func (p *point) rested(now events.Time) time.Duration { return now.Time().Sub(p.heard.LastSeen) }

func (p *point) has(f events.HeardFault) bool { return slices.Contains(p.faults, f) }

// look adds what is to be told of the point. A point that is new waits a little for its name.
func (p *point) look(n *News, b events.Binding, g glance) {
	if !g.known && !g.last && !p.began && g.now.Time().Sub(p.heard.Since) < nameWait {
		return
	}
	if g.known || b.Interface != "" {
		p.heard.Interface, p.heard.Name = b.Interface, b.Name
	}
	reasons := p.turn(g.now)
	if len(reasons) > 0 {
		n.Events = append(n.Events, p.event(g.now, reasons))
	}
	due := p.fresh && (p.told == 0 || g.last || g.now.Sub(p.told) >= every)
	if g.known {
		p.cover(n, b, g.now, due)
	}
	if due || len(reasons) > 0 { // a fault that begins or ends is on the row as soon as in the event
		p.fresh, p.told = false, g.now
		n.Heard = append(n.Heard, p.row())
	}
}

// row is what is stored of the point. The store keeps the row with the newest packet, and workers tell in seconds of their own: where counts
// came in behind the last packet, it is told a nanosecond later.
func (p *point) row() events.Heard {
	h := p.heard
	h.Faults = p.faults
	if !h.LastSeen.After(p.stored) {
		h.LastSeen = p.stored.Add(1)
	}
	p.stored = h.LastSeen
	return h
}

// turn gives the sentences of what changed.
func (p *point) turn(now events.Time) (reasons []string) {
	if !p.began {
		p.began = true
		reasons = append(reasons, "Its first packet came at "+clock(p.heard.Since)+".")
	}
	silent := p.rested(now) >= silentAfter
	if silent != p.has(events.HeardSilent) {
		p.set(events.HeardSilent, silent)
		if p.window = (window{}); silent {
			return append(reasons, "No packet of it came since "+clock(p.heard.LastSeen)+".")
		}
		reasons = append(reasons, "Packets of it come again.")
	}
	if silent {
		return reasons
	}
	return append(reasons, p.reckon(now)...)
}

func (p *point) set(f events.HeardFault, on bool) {
	p.faults = slices.DeleteFunc(slices.Clone(p.faults), func(have events.HeardFault) bool { return have == f })
	if on {
		p.faults = append(p.faults, f)
	}
}

// event has the moment for its sequence, so that a sensor that begins again counts on.
func (p *point) event(now events.Time, reasons []string) events.Event {
	h := p.heard
	h.Faults, h.Reason = p.faults, strings.Join(reasons, " ")
	subject := fmt.Sprintf("sensor/%s/vni/%d", h.Sensor, h.VNI)
	at := now.Time()
	e := events.Event{
		ID: fmt.Sprintf("%s-%d", subject, at.UnixNano()), DetailType: events.MirrorHealth, Source: events.Source, Time: at,
		Resources: []string{subject},
		Detail:    events.Detail{Version: events.DetailVersion, Subject: subject, Sequence: at.UnixNano(), Heard: &h},
	}
	if h.Interface != "" {
		e.Resources = append(e.Resources, h.Interface)
	}
	return e
}

// cover adds the point's coverage where nobody else tells it. Where a binding names the VNI the mirror's own loop does, and what a sensor
// said before is to go.
func (p *point) cover(n *News, b events.Binding, now events.Time, due bool) {
	name := fmt.Sprintf("vni-%d", p.heard.VNI)
	if b.Interface != "" {
		if p.named = p.heard.LastSeen; !p.gone {
			p.gone, p.covered = true, ""
			n.Forget = append(n.Forget, name)
		}
		return
	}
	if !p.named.IsZero() && p.heard.LastSeen.Sub(p.named) < handedBack {
		return
	}
	state := events.CoverageMirrored
	if p.has(events.HeardSilent) {
		state = events.CoverageSilent
	}
	if state != p.covered || due {
		p.covered, p.gone = state, false
		n.Coverage = append(n.Coverage, p.coverage(name, state, now))
	}
}

func (p *point) coverage(name string, state events.CoverageState, now events.Time) events.Coverage {
	last := p.heard.LastSeen
	c := events.Coverage{
		Interface: name, VNI: p.heard.VNI, Sensor: p.heard.Sensor, State: state, LastSeen: &last, Packets: p.heard.Packets,
		Changed: now.Time(), Reason: "Its packets arrive.",
	}
	if state == events.CoverageSilent {
		c.Reason = "No packet of it came since " + clock(last) + "."
		c.Fix = "See whether the instance runs, its mirror session is there, and UDP 4789 reaches the sensor."
	}
	return c
}

// clock is a moment as a sentence tells it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }
