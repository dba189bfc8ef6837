package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/state"
)

const (
	// sliceTime is how long the judge may hand over of what it learned in one Tick: packets wait meanwhile.
	sliceTime = 2 * time.Millisecond
	// leastRound is the least time between two rounds of saving: a file that is read has minutes that pass in no time.
	leastRound = 100 * time.Millisecond
	// stopState is how long the end may take to write what was learned last.
	stopState = 20 * time.Second
	// largeState is told before it is read: it takes a moment.
	largeState = 64 << 20
)

// learning carries what the judge learns to a folder, a round a minute. It belongs to the judge's goroutine. In each round the judge hands over
// what changed; then everything that was found is stored; and only then the round counts. So after a kill at any moment, what was
// told is either in the store or will be found again.
type learning struct {
	log    *state.Log
	judge  *detect.Judge
	store  *ship.Store // nil where nothing is stored: what is found is printed at once
	phase  phase
	minute events.Time // that the round is of
	begun  time.Time   // when it began, by the clock
	mark   ship.Mark
	marked bool
	slice  time.Time    // when the slice under way began
	taken  int          // entries of it
	stall  atomic.Int64 // nanoseconds: the longest slice
}

type phase int

const (
	resting phase = iota
	handingOver
	storing
)

// openLearning reads a folder into a judge that has seen nothing yet. Tell is given lines for a person: what was found, and what is wrong.
func openLearning(dir string, judge *detect.Judge, store *ship.Store, tell func(string)) (*learning, error) {
	l := &learning{judge: judge, store: store}
	if n := stateBytes(dir); n >= largeState {
		tell(fmt.Sprintf("reading what was learned: %s in %s", size(uint64(n)), dir))
	}
	var err error
	l.log, err = state.Open(state.Options{
		Dir: dir, Parts: partsOf(judge), Lookup: detect.DevicePart, Now: time.Now, Note: func(line string) { tell("state " + dir + ": " + line) },
		Failed: func(err error) {
			if err == nil {
				tell("state " + dir + ": what is learned is kept again")
			} else {
				tell(fmt.Sprintf("state %s: what is learned is not kept for now, and tried again: %v", dir, err))
			}
		},
	}, func(e state.Entry) error { return judge.Load(e.Part.Name, e.Key, e.Value) })
	if err != nil {
		return nil, err
	}
	r := l.log.Report()
	for _, line := range r.LeftOut {
		tell("state " + dir + ": " + line)
	}
	if len(r.LeftOut) > 0 {
		tell("state " + dir + ": the files that this is about are kept there as aside-*; everything else is used")
	}
	if r.At != 0 {
		tell(fmt.Sprintf("goes on from what was learned until %s: %d entries, read in %.1f s", packetTime(r.At), r.Entries, r.Took.Seconds()))
	}
	return l, nil
}

// learnedName is the folder of what was learned, within that of everything.
const learnedName = "learned"

// stateFolder is where systemd lets a service keep its state; "" where nobody says.
func stateFolder() string {
	if dir, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); dir != "" {
		return filepath.Join(dir, learnedName)
	}
	return ""
}

// keptIn turns what --state says into a folder: none is none.
func keptIn(flag string) string {
	if flag == "none" {
		return ""
	}
	return flag
}

func packetTime(at int64) string {
	return events.Time(at).Time().UTC().Format("2006-01-02 15:04:05 MST")
}

// stateBytes is how much there is to read; what cannot be looked at is told when it is opened.
func stateBytes(dir string) int64 {
	n, err := state.Size(dir)
	if err != nil {
		return 0
	}
	return n
}

func partsOf(judge *detect.Judge) []state.Part {
	var list []state.Part
	for _, p := range judge.Parts() {
		list = append(list, state.Part{Name: p.Name, Version: p.Version})
	}
	return list
}

// tick goes on with a round, or begins one when a minute of packets is over.
func (l *learning) tick(now events.Time) {
	switch l.phase {
	case resting:
		l.begin(now)
	case handingOver:
		if l.handOver() {
			l.phase, l.marked = storing, false
		}
	case storing:
		if l.stored() {
			l.log.Commit(int64(now))
			l.phase = resting
		}
	}
}

// begin starts a round, unless the last one is still on its way to the disk, or the disk refuses it: then what changed stays with who learned it.
func (l *learning) begin(now events.Time) {
	minute := now - now%events.Time(time.Minute)
	if minute == l.minute || !l.log.Written() || !l.log.Room() {
		return
	}
	if at := time.Now(); at.Sub(l.begun) >= leastRound {
		l.minute, l.begun, l.phase = minute, at, handingOver
	}
}

// handOver takes a slice from the judge, and says whether it was the round's last.
func (l *learning) handOver() (done bool) {
	if !l.log.Room() {
		return false
	}
	l.slice, l.taken = time.Now(), 0
	done = l.judge.Save(l.put)
	if took := int64(time.Since(l.slice)); took > l.stall.Load() {
		l.stall.Store(took)
	}
	return done
}

// put takes one entry. The clock is looked at now and then only: entries are small, mostly.
func (l *learning) put(part string, key, value []byte) (more bool) {
	l.log.Put(part, key, value)
	l.taken += 64 + len(key) + len(value)
	if l.taken < 16<<10 {
		return true
	}
	l.taken = 0
	return time.Since(l.slice) < sliceTime && l.log.Room()
}

// stored says whether everything that was found until the round ended is in the store.
func (l *learning) stored() bool {
	if l.store == nil {
		return true
	}
	if !l.marked {
		l.mark, l.marked = l.store.Mark()
	}
	return l.marked && l.store.Reached(l.mark)
}

// last has the judge hand over everything, when no more records come. It counts with settle.
func (l *learning) last(now events.Time) error {
	end := time.Now().Add(stopState)
	l.minute = now
	for rounds := 0; rounds < 2; { // the one under way, and one more
		if time.Now().After(end) {
			return fmt.Errorf("keep what was learned: not within %v", stopState)
		}
		if l.phase == storing {
			l.phase, rounds = resting, rounds+1
			continue
		}
		if !l.log.Room() {
			time.Sleep(time.Millisecond)
			continue
		}
		if l.handOver() {
			rounds++
		}
	}
	return nil
}

// settle ends it. Told says that everything which was found is stored; where it is not, what was learned since the last minute does not count
// either, so that it is found again.
func (l *learning) settle(told bool) error {
	if told {
		l.log.Commit(int64(l.minute))
	}
	return l.log.Close()
}

// stateDoors are the metrics of how what was learned is kept.
type stateDoors struct{ l *learning }

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (d stateDoors) Describe(chan<- *prometheus.Desc) {}

// Collect reads the figures once and gives them all.
func (d stateDoors) Collect(out chan<- prometheus.Metric) {
	s := d.l.log.Stats()
	age := 0.0
	if !s.Committed.IsZero() {
		age = time.Since(s.Committed).Seconds()
	}
	collect(out, []gauge{
		{"state_bytes", "Of the files that keep what was learned.", prometheus.GaugeValue, float64(s.Bytes)},
		{"state_entries", "Entries in them at the start, or in the newest snapshot.", prometheus.GaugeValue, float64(s.Entries)},
		{"state_commits_total", "Minutes that were written.", prometheus.CounterValue, float64(s.Commits)},
		{"state_commit_age_seconds", "Since the last minute was written; 0 until the first is.", prometheus.GaugeValue, age},
		{"state_compactions_total", "Snapshots that were made.", prometheus.CounterValue, float64(s.Compaction)},
		{"state_compaction_seconds", "How long the last one took.", prometheus.GaugeValue, s.Compacted.Seconds()},
		{"state_slice_seconds_max", "The longest that the judge handed over at one go, while packets waited.", prometheus.GaugeValue, float64(d.l.stall.Load()) / 1e9},
		{"state_waiting_bytes", "That wait to be written.", prometheus.GaugeValue, float64(s.Queued)},
		{"state_refused_total", "Entries too long to be kept.", prometheus.CounterValue, float64(s.Refused)},
		{"state_full", "1 while the disk takes nothing of it.", prometheus.GaugeValue, oneIf(s.Trouble != "")},
	})
}
