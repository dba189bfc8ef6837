package feed

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// A share is reckoned over so long and so many packets at least: a few odd packets say nothing.
const (
	shareOver    = 5 * time.Minute
	sharePackets = 1_000
)

// window counts what came of a point since its shares were reckoned.
type window struct {
	since                                events.Time // of its first packet
	packets, truncated, duplicates, gaps uint64
}

func (w *window) add(h *events.Heard) {
	if w.since == 0 && h.Packets > 0 {
		w.since = events.TimeOf(h.Since)
	}
	w.packets += h.Packets
	w.truncated += h.Truncated
	w.duplicates += h.Duplicates
	w.gaps += h.Gaps
}

// share is a part of the packets that is a fault beyond a threshold, and none below another, so that one that lies at the edge is not told
// over and over.
type share struct {
	fault      events.HeardFault
	of         func(*window) uint64
	begin, end float64
	ill, well  string // the sentences; ill has two places, for percent and the time since when
}

func shares() []share {
	return []share{
		{
			events.HeardTruncated, func(w *window) uint64 { return w.truncated }, 0.10, 0.05,
			"%s of its packets since %s are cut: raise the session's packet length, or the MTU on the way.", "Its packets come whole again.",
		},
		{
			events.HeardGaps, func(w *window) uint64 { return w.gaps }, 0.01, 0.005,
			"Holes in TCP streams for %s of its packets since %s: packets are lost on the way, or the session's filter lets only a part pass.",
			"Its TCP streams are whole again.",
		},
		{
			events.HeardDuplicates, func(w *window) uint64 { return w.duplicates }, 0.90, 0.80,
			"%s of its packets since %s were seen at another point before: one of the two mirrors would do.", "It shows packets of its own again.",
		},
	}
}

// reckon gives the sentences of the shares that passed a threshold, when there is enough to go by.
func (p *point) reckon(now events.Time) (reasons []string) {
	w := &p.window
	if w.packets < sharePackets || now.Sub(w.since) < shareOver {
		return nil
	}
	for _, s := range shares() {
		part, ill := float64(s.of(w))/float64(w.packets), p.has(s.fault)
		switch {
		case !ill && part >= s.begin:
			p.set(s.fault, true)
			reasons = append(reasons, fmt.Sprintf(s.ill, percent(part), clock(w.since.Time())))
		case ill && part < s.end:
			p.set(s.fault, false)
			reasons = append(reasons, s.well)
		}
	}
	p.window = window{}
	return reasons
}

func percent(part float64) string { return fmt.Sprintf("%.3g %%", 100*part) }
