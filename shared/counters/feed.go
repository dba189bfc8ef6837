package counters

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// leastTraffic is how much a machine must have moved in the hour for a mirror that shows none of it to be news: what is never mirrored
// (ARP, DHCP, time, metadata, name look-ups) is less.
const leastTraffic = 1e6

// mostNamed is how many machines one sentence names.
const mostNamed = 3

// mirrored is what the hour says of one machine's mirror.
type mirrored struct {
	machine       *Machine
	moved         float64 // bytes in and out
	copied        float64 // of them, as far as they were mirrored
	skipped       float64
	hasMoved      bool // that these were reported at all
	hasCopied     bool
	copiedEarlier bool
}

// integrity says whether the mirror showed all that was there: AWS leaves mirrored packets out when the machine's own traffic needs the
// bandwidth, and a mirror that is broken shows nothing. It is nil where no machine has a mirror, as far as is known.
func integrity(q *Query, all map[seriesKey]*hours) *events.FeedIntegrity {
	var copied, skipped float64
	var any bool
	var gaps, blind []string
	for i := range q.Machines {
		m := mirrorOf(q, &q.Machines[i], all)
		any = any || m.hasCopied
		copied, skipped = copied+m.copied, skipped+m.skipped
		if m.skipped > 0 {
			gaps = append(gaps, fmt.Sprintf("%s (%s of %s)", label(m.machine), bytes(m.skipped), bytes(m.copied+m.skipped)))
		}
		if m.isBlind() {
			blind = append(blind, m.blindness(q))
		}
	}
	if !any && len(blind) == 0 {
		return nil
	}
	f := &events.FeedIntegrity{Complete: skipped == 0 && len(blind) == 0}
	if skipped > 0 {
		f.Skipped = skipped / (copied + skipped)
		f.Sentence = fmt.Sprintf("AWS left %s of the mirrored bytes out %s, for the sake of the machines' own traffic: of %s. ",
			share(f.Skipped), inHour(q), some(gaps))
	}
	if len(blind) > 0 {
		f.Sentence += some(blind) + ". "
	}
	if f.Complete {
		f.Sentence = fmt.Sprintf("AWS left none of the %s out that it mirrored %s. ", bytes(copied), inHour(q))
	}
	f.Sentence = strings.TrimSuffix(f.Sentence, " ")
	return f
}

func mirrorOf(q *Query, m *Machine, all map[seriesKey]*hours) mirrored {
	out := mirrored{machine: m}
	hour := hourOf(q.Hour)
	sum := func(total *float64, names ...string) (there, earlier bool) {
		for _, name := range names {
			h := all[seriesKey{m.ID, name}]
			v, has := h.of(hour)
			*total += v
			there = there || has
			earlier = earlier || h != nil && (h.other || len(h.at) > 1 || !has)
		}
		return there, earlier
	}
	out.hasMoved, _ = sum(&out.moved, netIn, netOut)
	out.hasCopied, out.copiedEarlier = sum(&out.copied, mirrorIn, mirrorOut)
	skips, _ := sum(&out.skipped, skipIn, skipOut)
	out.hasCopied = out.hasCopied || skips
	return out
}

// isBlind says whether a machine that should be mirrored moved traffic of which nothing was.
func (m *mirrored) isBlind() bool {
	return m.machine.Mirrored && m.hasMoved && m.moved >= leastTraffic && m.copied+m.skipped == 0
}

func (m *mirrored) blindness(q *Query) string {
	what := fmt.Sprintf("%s should be mirrored and moved %s %s, of which not one byte was mirrored", label(m.machine), bytes(m.moved), inHour(q))
	switch {
	case m.hasCopied:
		return what
	case m.copiedEarlier:
		return what + ": CloudWatch counted mirrored bytes of it before"
	}
	return what + ": CloudWatch never counted any of it"
}

// some joins what is said of machines, and counts those that there is no room for.
func some(list []string) string {
	if len(list) > mostNamed {
		return fmt.Sprintf("%s, and %d more", strings.Join(list[:mostNamed], ", "), len(list)-mostNamed)
	}
	return strings.Join(list, ", ")
}
