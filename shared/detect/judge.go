package detect

import (
	"cmp"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Options set up a Judge; the zero value is the default.
type Options struct {
	Emit func(*events.Detection) // called for each new detection and each update with a copy; may be nil
	Max  int                     // detections remembered for updates and for Detections; 0: DefaultMax
	// Recall gives the detection of an id as it stood before the program began, so that what went on then goes on as the same one
	// now. It is asked once for each detection that would begin; nil where there is no memory.
	Recall func(id string) (events.Detection, bool)
	// Turned is shown each minute and hour of a device that is over, after the detectors; it may be nil.
	Turned func(*device.Turned)
	// Terms gives what others know of a finding, such as threat intelligence of its participants; nil where nobody knows more.
	Terms func(f *Finding, v device.View) []events.Term
	// Settings are what was set of detectors' tunables, by type and name; they were checked. "enabled" set to "false" leaves one out.
	Settings map[string]map[string]string
}

// DefaultMax is how many detections are remembered. Each takes a few KiB, and nobody reads ten thousand of them.
const DefaultMax = 10_000

// quietAfter ends a detection: a scan or a beacon that rested for an hour of packet time is over. If it goes on within mergeGap
// the same detection is opened again, after that it is a new one.
const (
	quietAfter = time.Hour
	mergeGap   = 24 * time.Hour
)

// Stats counts what a Judge did.
type Stats struct {
	Records    uint64
	Findings   uint64 // of detectors, re-alerts included
	Stopped    uint64 // findings that were not raised, because people said what the offender is
	Yielded    uint64 // findings that were not raised, because another detection says the same more exactly
	Failed     int    // detectors that failed and are off
	Detections uint64 // begun
	Forgotten  uint64 // detections that had to leave the memory; they were emitted before
	Devices    int    // known to the model
	Overflow   uint64 // devices, and entries of detectors' tables, that had to leave for want of room
}

// Judge owns the device model and the detectors, and merges what they find. It belongs to one goroutine.
type Judge struct {
	model    *device.Model
	runners  []*runner
	byKind   map[events.Kind][]*runner
	watchers []watching
	live     *bounded.Table[string, ongoing]
	changed  bounded.Changes[string] // of live
	parts    []part                  // what is kept over a restart
	saving   saving
	emit     func(*events.Detection)
	recall   func(id string) (events.Detection, bool)
	terms    func(*Finding, device.View) []events.Term
	turned   func(*device.Turned)
	acts     acts
	failed   failures
	stats    Stats
	looked   events.Time // when endQuiet went through the detections last
}

type runner struct {
	spec     Spec
	detector Detector
	off      bool // it failed
}

type watching struct {
	*runner
	watcher Watcher
}

// NewJudge makes a judge that runs the detectors in the order of specs.
func NewJudge(specs []Spec, model *device.Model, o Options) *Judge {
	if o.Max == 0 {
		o.Max = DefaultMax
	}
	if o.Emit == nil {
		o.Emit = func(*events.Detection) {}
	}
	if o.Turned == nil {
		o.Turned = func(*device.Turned) {}
	}
	if o.Terms == nil {
		o.Terms = func(*Finding, device.View) []events.Term { return nil }
	}
	j := &Judge{
		model: model, emit: o.Emit, recall: o.Recall, terms: o.Terms, turned: o.Turned, byKind: map[events.Kind][]*runner{},
		live: bounded.New[string, ongoing](o.Max), acts: newActs(specs),
	}
	j.live.OnEvict(func(key string, d *ongoing) {
		j.acts.forget(key, &d.Detection)
		j.changed.Note(key)
	})
	for _, s := range specs {
		d := s.Make(o.Settings[s.Type])
		if d == nil {
			continue
		}
		r := &runner{spec: s, detector: d}
		j.runners = append(j.runners, r)
		if w, ok := r.detector.(Watcher); ok {
			j.watchers = append(j.watchers, watching{r, w})
		}
		for _, k := range s.Wants {
			j.byKind[k] = append(j.byKind[k], r)
		}
	}
	j.parts = j.partsOf()
	return j
}

// Observe shows a record to the model and then to the detectors that want its kind. It gives what the model knows of both ends.
func (j *Judge) Observe(r events.Record) device.View {
	j.stats.Records++
	v := j.model.Observe(r)
	runs := j.byKind[r.Kind()]
	for at := 0; at < len(runs); {
		at = j.show(runs, at, r, v)
	}
	return v
}

// Tick lets time pass. Now is the time of the packets, and never goes back.
func (j *Judge) Tick(now events.Time) {
	v := j.model.View()
	j.model.Turn(now, j.watch)
	for _, run := range j.runners {
		j.guarded(run, v, func() []Finding { return run.detector.Tick(now, v) })
	}
	j.endQuiet(now)
}

// Close says that no more records come.
func (j *Judge) Close(now events.Time) {
	v := j.model.View()
	j.model.Turn(now, j.watch)
	j.model.End(j.watch)
	for _, run := range j.runners {
		j.guarded(run, v, func() []Finding { return run.detector.Tick(now, v) })
		if c, ok := run.detector.(Closer); ok {
			j.guarded(run, v, func() []Finding { return c.Close(v) })
		}
	}
	j.looked = 0
	j.endQuiet(now)
}

// Detections gives what is remembered, by start and then id; of what was kept over a restart that of which there was news since.
func (j *Judge) Detections() []*events.Detection {
	var list []*events.Detection
	for _, d := range j.live.All {
		if d.restored {
			continue
		}
		copied := d.Detection
		list = append(list, &copied)
	}
	Sort(list)
	return list
}

// Sort puts detections in the order in which they are shown: by start and then id.
func Sort(list []*events.Detection) {
	slices.SortFunc(list, func(a, b *events.Detection) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
}

// Stats gives the counts so far.
func (j *Judge) Stats() Stats {
	s := j.stats
	s.Forgotten, s.Failed = j.live.Evicted(), len(j.Failed())
	s.Devices, s.Overflow = j.model.Devices()
	for _, run := range j.runners {
		if l, ok := run.detector.(Limited); ok {
			s.Overflow += l.Overflow()
		}
	}
	return s
}

// watch shows what a device did to the detectors that look at that, and to whoever else wants it.
func (j *Judge) watch(t *device.Turned) {
	v := j.model.View()
	for _, run := range j.watchers {
		j.guarded(run.runner, v, func() []Finding { return run.watcher.Watch(t, v) })
	}
	j.turned(t)
}

func (j *Judge) take(run *runner, found []Finding, v device.View) {
	for i := range found {
		j.stats.Findings++
		if stopped(run.spec.Type, &found[i], v.Known()) {
			j.stats.Stopped++
			continue
		}
		if j.explained(&run.spec, &found[i]) {
			j.stats.Yielded++
			continue
		}
		j.merge(&run.spec, &found[i], v)
		j.settle(&run.spec, &found[i])
	}
}

// maxAsked bounds how many detections of before a restart the store is asked for in one Tick: the packets wait meanwhile.
const maxAsked = 16

// endQuiet closes the books on detections that rested long enough. The table's order is that of the last update, so that the
// walk ends at the first one that has not; it passes all that are over, and is therefore made once a minute only.
func (j *Judge) endQuiet(now events.Time) {
	if now.Sub(j.looked) < time.Minute {
		return
	}
	j.looked = now
	asked := 0
	for key, d := range j.live.All {
		if now.Sub(events.TimeOf(d.Update)) <= quietAfter {
			return
		}
		if d.End != nil {
			continue
		}
		if d.restored && !d.asked {
			if asked++; asked > maxAsked {
				return
			}
			if j.takeUp(d, false); d.End != nil || now.Sub(events.TimeOf(d.Update)) <= quietAfter {
				continue
			}
		}
		end := d.Evidence.End
		d.End = &end
		j.changed.Note(key)
		copied := d.Detection
		j.emit(&copied)
	}
}
