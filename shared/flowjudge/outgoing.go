package flowjudge

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// Limits of asking.
const (
	maxWaiting  = 1_000       // new detections that wait to be asked about
	maxAsked    = 64          // questions in one Tick; Close asks about all that wait
	maxVerdicts = 2 * maxLive // answers that are remembered
	askAgain    = time.Hour   // of evidence: what a sensor had raised may go on where no sensor sees it
)

// verdict is what came of asking about a detection.
type verdict struct {
	known bool        // a sensor has raised it
	until events.Time // of evidence that known is good for
}

// outgoing holds detections back until it is known that no sensor has raised them.
type outgoing struct {
	o        *Options
	stats    *Stats
	waiting  *bounded.Table[string, *events.Detection] // the latest state of each
	verdicts *bounded.Table[string, verdict]
}

func newOutgoing(o *Options, stats *Stats) outgoing {
	return outgoing{o, stats, bounded.New[string, *events.Detection](maxWaiting + 1), bounded.New[string, verdict](maxVerdicts)}
}

// take takes a detection as the judge emits it: a copy.
func (g *outgoing) take(d *events.Detection) {
	if d.VNI >= firstVNI {
		d.VNI = 0 // one of ours
	}
	if d.Sensor != events.FlowLog {
		d.Sensor = callsSensor
	}
	if v := g.verdicts.Get(d.ID); v != nil && v.known && events.TimeOf(d.Evidence.End) <= v.until {
		g.stats.Kept++
		return
	}
	kept, _ := g.waiting.Put(d.ID)
	*kept = d
	if g.waiting.Len() > maxWaiting {
		_, oldest, _ := g.waiting.Oldest()
		first := *oldest
		g.waiting.Delete(first.ID)
		g.stats.Unasked++
		g.emit(first)
	}
}

// callsSensor is the sensor of what calls of AWS APIs alone show.
const callsSensor = "cloudtrail"

// settle asks about what waits, oldest first, and emits what no sensor has raised. When an answer fails the rest waits for the next time.
func (g *outgoing) settle(ctx context.Context, all bool) {
	asked := 0
	for id, one := range g.waiting.All {
		d := *one
		if g.needsAsking(d) {
			if asked >= maxAsked && !all {
				return
			}
			asked++
			g.stats.Asked++
			known, err := g.o.Known(ctx, g.sinceAsked(d))
			if err != nil {
				g.stats.Failed++
				return
			}
			v, _ := g.verdicts.Put(id)
			if *v = (verdict{known: known}); known {
				v.until = events.TimeOf(d.Evidence.End).Add(askAgain)
				g.stats.Kept++
				g.waiting.Delete(id)
				continue
			}
		}
		g.waiting.Delete(id)
		g.emit(d)
	}
}

// sinceAsked gives of what was kept back only what is new: a sensor may have stopped seeing it.
func (g *outgoing) sinceAsked(d *events.Detection) *events.Detection {
	v := g.verdicts.Peek(d.ID)
	if v == nil || v.until.Time().Before(d.Evidence.Start) {
		return d
	}
	part := *d
	part.Evidence.Start = v.until.Time()
	return &part
}

// needsAsking: calls of APIs no sensor sees, and what was told once goes on being told.
func (g *outgoing) needsAsking(d *events.Detection) bool {
	if g.o.Known == nil || d.Sensor != events.FlowLog {
		return false
	}
	v := g.verdicts.Get(d.ID)
	return v == nil || v.known
}

func (g *outgoing) emit(d *events.Detection) {
	v, _ := g.verdicts.Put(d.ID)
	v.known = false
	g.stats.Emitted++
	g.o.Emit(d)
}

func (g *outgoing) memory() *detect.Memory[string, verdict] {
	m := verdictMemory()
	for id, v := range g.verdicts.All {
		kept, _ := m.Put(id)
		*kept = *v
		m.Note(id)
	}
	return m
}

func (g *outgoing) load(key, value []byte) error {
	m := verdictMemory()
	if err := m.Load(key, value); err != nil {
		return err
	}
	for id, v := range m.All {
		kept, _ := g.verdicts.Put(id)
		*kept = *v
	}
	return nil
}

func verdictMemory() *detect.Memory[string, verdict] {
	return detect.NewFilledMemory(maxVerdicts, 'v', 1, func(key, value *detect.Form, id *string, v *verdict) {
		key.Text(id, maxText)
		value.Bool(&v.known)
		detect.Number(value, &v.until)
	})
}
