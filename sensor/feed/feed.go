// Package feed watches what the sensor hears. What comes in is the engine's own counts and, from whoever knows it, whose an observation
// point is; what goes out is what was heard of each point, the coverage of those that nobody names, and events: a point that is heard
// first, falls silent or fares badly, and a sensor that does. Each is told when it changes. It never judges traffic, never asks a store,
// and never waits.
package feed

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// MaxPoints is how many observation points are followed; packets of more are counted as so many. An account has 10,000 mirror
	// sessions at most (AWS quota "Sessions per account").
	MaxPoints = 10_000

	// silentAfter is how long an observation point may say nothing. Hosts are rarely silent for so long: ARP, DNS, NTP, agents.
	silentAfter = 15 * time.Minute

	// every is how often counts are told at the most. A fault that begins or ends is told at once.
	every = time.Minute

	// nameWait is how long a point that is new waits for its name before it is told without. A store that does not answer for so long
	// takes nothing either.
	nameWait = 5 * time.Minute

	// lookEvery is how often, in packet time, all points are looked at.
	lookEvery = time.Second

	// forgetAfter is how long a silent point keeps its place, and forgetFull how long when places are short.
	forgetAfter = 24 * time.Hour
	forgetFull  = time.Hour

	// handedBack is how long after its interface gave a VNI back packets of it may still be under way: they are nobody's, and no news.
	handedBack = 5 * time.Minute
)

// PointOptions set up Points.
type PointOptions struct {
	Sensor string
	// Name says whose a VNI is at a moment, without waiting: a Binding without an Interface is nobody's, and known is false while that is
	// being found out. Nil where nobody names any.
	Name func(vni uint32, at time.Time) (b events.Binding, known bool)
}

// News is what there is to tell.
type News struct {
	Heard    []events.Heard
	Coverage []events.Coverage // of points that no inventory names
	Forget   []string          // coverage that is to go, since an inventory names the point by now
	Events   []events.Event
}

// Empty says that there is nothing to tell.
func (n *News) Empty() bool {
	return len(n.Heard)+len(n.Coverage)+len(n.Forget)+len(n.Events) == 0
}

// PointStats is how all points together fare.
type PointStats struct {
	Points, Silent                       int
	Packets, Truncated, Duplicates, Gaps uint64
	Uncounted                            uint64 // packets of points beyond MaxPoints
}

// Points follows the observation points. Add and Turn belong to one goroutine; Stats may be called from any.
type Points struct {
	o      PointOptions
	points map[uint32]*point
	looked events.Time

	mu    sync.Mutex
	stats PointStats
}

// NewPoints makes one that has heard nothing.
func NewPoints(o PointOptions) *Points {
	if o.Name == nil {
		o.Name = func(uint32, time.Time) (events.Binding, bool) { return events.Binding{}, true }
	}
	return &Points{o: o, points: map[uint32]*point{}}
}

// Add takes what came since the call before. List is not kept.
func (p *Points) Add(list []events.Heard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range list {
		h := &list[i]
		at := p.points[h.VNI]
		if at == nil {
			if h.VNI == 0 || h.Packets == 0 { // a gap of a point that was forgotten
				continue
			}
			if len(p.points) >= MaxPoints {
				p.stats.Uncounted += h.Packets
				continue
			}
			at = &point{heard: events.Heard{VNI: h.VNI, Sensor: p.o.Sensor, Since: h.Since}}
			p.points[h.VNI] = at
		}
		at.add(h)
		p.stats.Packets += h.Packets
		p.stats.Truncated += h.Truncated
		p.stats.Duplicates += h.Duplicates
		p.stats.Gaps += h.Gaps
	}
	p.stats.Points = len(p.points)
}

// Turn gives what there is to tell at a moment of packet time.
func (p *Points) Turn(now events.Time) News {
	if now.Sub(p.looked) < lookEvery {
		return News{}
	}
	return p.look(now, false)
}

// Last gives what has not been told yet: no more packets come.
func (p *Points) Last(now events.Time) News { return p.look(now, true) }

func (p *Points) look(now events.Time, last bool) (n News) {
	p.looked = now
	keep, silent := forgetAfter, 0
	if len(p.points) >= MaxPoints {
		keep = forgetFull
	}
	for vni, at := range p.points {
		if at.rested(now) >= keep {
			delete(p.points, vni)
			continue
		}
		b, known := p.o.Name(vni, at.heard.LastSeen)
		at.look(&n, b, glance{now: now, known: known, last: last})
		if at.has(events.HeardSilent) {
			silent++
		}
	}
	n.sort()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Points, p.stats.Silent = len(p.points), silent
	return n
}

func (n *News) sort() {
	slices.SortFunc(n.Heard, func(a, b events.Heard) int { return cmp.Compare(a.VNI, b.VNI) })
	slices.SortFunc(n.Coverage, func(a, b events.Coverage) int { return cmp.Compare(a.VNI, b.VNI) })
	slices.SortFunc(n.Events, func(a, b events.Event) int { return cmp.Compare(a.Detail.Heard.VNI, b.Detail.Heard.VNI) })
	slices.Sort(n.Forget)
}

// Stats gives the counts so far.
func (p *Points) Stats() PointStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}
