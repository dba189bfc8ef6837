// Package feed watches what the sensor hears. What comes in is records and the engine's own counts; what goes out is the coverage of
// each observation point (heard, or silent for a while) and the health of the sensor, each told when it changes. It never judges
// traffic, and it knows an observation point only by its VNI: whose that is, the inventory says.
package feed

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// MaxPoints is how many observation points are followed; more are counted. An account has 10,000 mirror sessions at most (AWS
	// quota "Sessions per account").
	MaxPoints = 10_000

	// silentAfter is how long an observation point may say nothing. Hosts are rarely silent for so long: ARP, DNS, NTP, agents.
	silentAfter = 15 * time.Minute

	// every is how often coverage that did not change is told again, for the time of the last packet.
	every = time.Minute
)

// Points follows the observation points. It belongs to the goroutine that the records come from.
type Points struct {
	sensor   string
	points   map[uint32]*point
	told     events.Time
	overflow uint64
}

type point struct {
	last    events.Time
	packets uint64
	silent  bool
	fresh   bool // something to tell
}

// NewPoints makes one that has heard nothing.
func NewPoints(sensor string) *Points { return &Points{sensor: sensor, points: map[uint32]*point{}} }

// Observe takes note of who was heard. Only conversations count: every packet belongs to one.
func (p *Points) Observe(r events.Record) {
	c, ok := r.(*events.Conn)
	if !ok || c.VNI == 0 {
		return
	}
	at := p.points[c.VNI]
	if at == nil {
		if len(p.points) >= MaxPoints {
			p.overflow++
			return
		}
		at = &point{}
		p.points[c.VNI] = at
	}
	at.last, at.fresh = max(at.last, c.TS.Add(c.Duration.Duration())), true
	if !c.Interim {
		at.packets += c.OrigPkts + c.RespPkts
	}
}

// Turn gives the coverage of the points that changed, once a minute of packet time.
func (p *Points) Turn(now events.Time) []events.Coverage {
	if now.Sub(p.told) < every {
		return nil
	}
	p.told = now
	var list []events.Coverage
	for vni, at := range p.points {
		silent := now.Sub(at.last) >= silentAfter
		if silent == at.silent && !at.fresh {
			continue
		}
		at.silent, at.fresh = silent, false
		list = append(list, p.coverage(vni, at, now))
	}
	slices.SortFunc(list, func(a, b events.Coverage) int { return cmp.Compare(a.VNI, b.VNI) })
	return list
}

func (p *Points) coverage(vni uint32, at *point, now events.Time) events.Coverage {
	last := at.last.Time()
	c := events.Coverage{
		Interface: fmt.Sprintf("vni-%d", vni), VNI: vni, Sensor: p.sensor, State: events.CoverageMirrored, LastSeen: &last, Packets: at.packets,
		Changed: now.Time(), Reason: "Its packets arrive.",
	}
	if at.silent {
		c.State = events.CoverageSilent
		c.Reason = fmt.Sprintf("No packet of it came since %s.", last.Format("15:04:05 MST"))
		c.Fix = "See whether the instance runs, its mirror session is there, and UDP 4789 reaches the sensor."
	}
	return c
}

// Overflow is how many conversations came from points beyond MaxPoints.
func (p *Points) Overflow() uint64 { return p.overflow }
