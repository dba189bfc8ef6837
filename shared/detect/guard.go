package detect

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Failure is a detector that failed and is off since.
type Failure struct {
	Type   string
	Reason string // what it failed with
	Stack  string // where, for who mends it
}

// failures may be read by any goroutine: health asks while the judge works.
type failures struct {
	mu   sync.Mutex
	list []Failure
}

// Failed gives the detectors that failed and were switched off. It may be called at any time from any goroutine.
func (j *Judge) Failed() []Failure {
	j.failed.mu.Lock()
	defer j.failed.mu.Unlock()
	return slices.Clone(j.failed.list)
}

// show shows a record to the detectors from place at on, and gives the place to go on with: behind the end, or behind one that failed. One
// guard covers the whole row, for it is set up anew for every record.
func (j *Judge) show(runs []*runner, at int, r events.Record, v device.View) (next int) {
	next = at
	defer func() {
		if next < len(runs) {
			j.switchOff(runs[next], recover())
			next++
		}
	}()
	for ; next < len(runs); next++ {
		if run := runs[next]; !run.off {
			j.take(run, run.detector.Observe(r, v), v)
		}
	}
	return next
}

// guarded asks one detector for what it finds, and takes it. One that fails is switched off.
func (j *Judge) guarded(run *runner, v device.View, ask func() []Finding) {
	if run.off {
		return
	}
	done := false
	defer func() {
		if !done {
			j.switchOff(run, recover())
		}
	}()
	j.take(run, ask(), v)
	done = true
}

// switchOff takes a detector out for good. What it told stays.
func (j *Judge) switchOff(run *runner, reason any) {
	run.off = true
	j.failed.mu.Lock()
	defer j.failed.mu.Unlock()
	j.failed.list = append(j.failed.list, Failure{run.spec.Type, fmt.Sprint(reason), string(debug.Stack())})
}
