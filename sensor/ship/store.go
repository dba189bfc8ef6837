package ship

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of what waits for a store. When they are reached whoever gives waits too: then the queue before the judge fills, the workers
// wait, and the kernel drops packets and counts them. Nothing is lost without a count.
const (
	batchRecords    = 4096
	chunkBytes      = 256 << 10 // lines lie in pieces of memory of this size
	batchDetections = 512
	queuedBatches   = 4

	// What may be gathered beyond the queue before whoever gives waits.
	maxDetections = 4 * batchDetections
	maxKnown      = 200_000
)

// StoreOptions say where to carry things, and what happens when that fails.
type StoreOptions struct {
	Store *store.Store
	// Prepare is shown each detection before it is stored, by a writer, so that it may wait a little: for names, and for tuning rules,
	// which set HiddenBy. May be nil.
	Prepare func(*events.Detection)
	// Publish takes events that belong to nothing stored; nil: the store's outbox, if it has one.
	Publish func(context.Context, events.Event) error
	Retry   time.Duration // between attempts while the store is full or out of reach; 0: a second
	// Failed is told of what a store refused for good and of when trouble begins and ends, and once, with ErrNotKept, of what this store
	// does not keep. It is called from the writers.
	Failed func(what string, err error)
}

// ErrNotKept says that a store is not made for a thing: records are Athena's in AWS.
var ErrNotKept = errors.New("this store keeps none")

// Store carries records, detections, devices, samples and what was heard into a store, in batches. What is given to it comes from one
// goroutine; three of its own write. A store that is full or out of reach is tried again until it takes what waits.
type Store struct {
	o       StoreOptions
	records batch
	found   []events.Detection
	place   map[string]int // of a detection's id in found: a later word replaces an earlier one that still waits
	known   known

	recordQueue  chan batch
	knownQueue   chan known
	hearing      hearing
	recordWriter writer
	knownWriter  writer
	heardWriter  writer
	noRecords    sync.Once
	noEvents     sync.Once
	lost         atomic.Uint64
	handed       uint64        // batches of what is known that were handed on
	arrived      atomic.Uint64 // of them those that were written, or refused for good
	writers      sync.WaitGroup
	stop         context.CancelFunc
}

// batch is records that are written together. Their lines lie in a few large pieces of memory; chunk is the one that is being filled.
type batch struct {
	rows  []store.Row
	chunk []byte
}

// known is what is written together beside records.
type known struct {
	detections []events.Detection
	devices    []events.Device
	samples    []events.Sample
	expected   []events.Expectation
	coverage   []events.Coverage
	forget     []string
}

// NewStore starts the writers. Close ends them.
func NewStore(o StoreOptions) *Store {
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	if o.Prepare == nil {
		o.Prepare = func(*events.Detection) {}
	}
	if o.Publish == nil && o.Store.Outbox != nil {
		o.Publish = o.Store.Outbox.Publish
	}
	if o.Failed == nil {
		o.Failed = func(string, error) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{
		o: o, place: map[string]int{}, stop: stop,
		recordQueue: make(chan batch, queuedBatches), knownQueue: make(chan known, queuedBatches), hearing: newHearing(),
	}
	s.writers.Go(func() { s.writeRecords(ctx) })
	s.writers.Go(func() { s.writeKnown(ctx) })
	s.writers.Go(func() { s.writeHeard(ctx) })
	return s
}

// KeepsRecords says whether records given to it are stored: where not, nobody has to make their JSON.
func (s *Store) KeepsRecords() bool { return s.o.Store.Records != nil }

// Record takes one record and its JSON, which is borrowed.
func (s *Store) Record(r events.Record, line []byte) {
	if !s.KeepsRecords() {
		s.noRecords.Do(func() { s.o.Failed("records", ErrNotKept) })
		return
	}
	h := r.Common()
	b := &s.records
	if cap(b.chunk)-len(b.chunk) < len(line) { // never grown in place: the rows point into it
		b.chunk = make([]byte, 0, max(chunkBytes, len(line)))
	}
	from := len(b.chunk)
	b.chunk = append(b.chunk, line...)
	b.rows = append(b.rows, store.Row{Kind: r.Kind(), Time: h.TS.Time(), UID: h.UID, Line: b.chunk[from:len(b.chunk):len(b.chunk)]})
	if len(b.rows) >= batchRecords {
		s.flushRecords()
	}
}

// Detection takes a detection as it stands now.
func (s *Store) Detection(d *events.Detection) {
	if at, waits := s.place[d.ID]; waits {
		s.found[at] = *d
		return
	}
	s.place[d.ID] = len(s.found)
	s.found = append(s.found, *d)
	if len(s.found)%batchDetections == 0 {
		s.flushKnown(false)
	}
}

// Devices takes what the model learned of devices, and what they did.
func (s *Store) Devices(list []events.Device, samples []events.Sample) {
	s.known.devices = append(s.known.devices, list...)
	s.known.samples = append(s.known.samples, samples...)
}

// Expectations takes what devices are expected to do.
func (s *Store) Expectations(list []events.Expectation) {
	s.known.expected = append(s.known.expected, list...)
}

// Coverage takes how observation points stand.
func (s *Store) Coverage(list []events.Coverage) {
	for i := range list {
		s.known.forget = slices.DeleteFunc(s.known.forget, func(f string) bool { return f == list[i].Interface })
	}
	s.known.coverage = append(s.known.coverage, list...)
}

// Forget takes whose coverage is to go.
func (s *Store) Forget(list []string) {
	if len(list) == 0 {
		return
	}
	s.known.coverage = slices.DeleteFunc(s.known.coverage, func(c events.Coverage) bool { return slices.Contains(list, c.Interface) })
	s.known.forget = append(s.known.forget, list...)
}

// Flush hands everything given so far to the writers.
func (s *Store) Flush() {
	s.flushRecords()
	s.flushKnown(false)
}

func (s *Store) flushRecords() {
	if len(s.records.rows) == 0 {
		return
	}
	s.recordQueue <- s.records
	s.records = batch{chunk: s.records.chunk} // what is left of it is nobody's yet
}

// flushKnown hands on what is known. Where the queue is full it goes with what comes next, unless it must go now or is too much: nobody
// waits for a store that is only slow.
func (s *Store) flushKnown(must bool) {
	k := s.known
	k.detections = s.found
	n := len(k.devices) + len(k.samples) + len(k.expected) + len(k.coverage) + len(k.forget)
	if len(k.detections)+n == 0 {
		return
	}
	if must || len(k.detections) >= maxDetections || n >= maxKnown {
		s.knownQueue <- k
	} else {
		select {
		case s.knownQueue <- k:
		default:
			return
		}
	}
	s.handed++
	s.known, s.found = known{}, nil
	clear(s.place)
}

// Mark is a point in what was given to a Store.
type Mark struct{ batches uint64 }

// Mark hands on every detection and device given so far, and marks the point. ok is false where the queue is full just now: then one has to
// ask again.
func (s *Store) Mark() (m Mark, ok bool) {
	s.flushKnown(false)
	return Mark{s.handed}, len(s.found) == 0 && len(s.known.devices)+len(s.known.samples) == 0
}

// Reached says whether everything up to a mark is in the store, or was refused for good and counted.
func (s *Store) Reached(m Mark) bool { return s.arrived.Load() >= m.batches }

// Close hands on what is left and waits until it is written, at most so long as ctx lasts; then what waits is lost and counted.
func (s *Store) Close(ctx context.Context) error {
	end := context.AfterFunc(ctx, s.stop)
	defer end()
	defer s.stop()
	s.flushRecords()
	s.flushKnown(true)
	close(s.recordQueue)
	close(s.knownQueue)
	s.hearing.close()
	s.writers.Wait()
	if n := s.lost.Load(); n > 0 {
		return fmt.Errorf("write to store: %d records, detections and others were lost", n)
	}
	return nil
}

// Trouble says why nothing can be written now; "" where all is well.
func (s *Store) Trouble() string {
	for _, w := range []*writer{&s.recordWriter, &s.knownWriter, &s.heardWriter} {
		if t := w.trouble.Load(); t != nil {
			return *t
		}
	}
	return ""
}

// Lost is how many records, detections and other things a store refused for good.
func (s *Store) Lost() uint64 { return s.lost.Load() }

// Waiting says how many batches wait to be written, and how many may.
func (s *Store) Waiting() (batches, limit int) {
	return max(len(s.recordQueue), len(s.knownQueue)), queuedBatches
}

func (s *Store) writeRecords(ctx context.Context) {
	for b := range s.recordQueue {
		s.try(ctx, &s.recordWriter, "records", len(b.rows), func() error { return s.o.Store.Records.Append(ctx, b.rows...) })
	}
}

func (s *Store) writeKnown(ctx context.Context) {
	w := &s.knownWriter
	for k := range s.knownQueue {
		for i := range k.detections {
			s.o.Prepare(&k.detections[i])
		}
		s.try(ctx, w, "detections", len(k.detections), func() error { _, err := s.o.Store.Detections.Put(ctx, k.detections...); return err })
		s.try(ctx, w, "devices", len(k.devices), func() error { return s.o.Store.Devices.Put(ctx, k.devices...) })
		s.try(ctx, w, "samples", len(k.samples), func() error { return s.o.Store.Devices.Observe(ctx, k.samples...) })
		s.try(ctx, w, "expectations", len(k.expected), func() error { return s.o.Store.Devices.PutExpectations(ctx, k.expected...) })
		s.try(ctx, w, "coverage to forget", len(k.forget), func() error { return s.o.Store.Mirror.Forget(ctx, k.forget...) })
		s.try(ctx, w, "coverage", len(k.coverage), func() error { _, err := s.o.Store.Mirror.PutCoverage(ctx, k.coverage...); return err })
		if ctx.Err() == nil { // else it may have been given up
			s.arrived.Add(1)
		}
	}
}

// writer is one of those that write, and what is in its way.
type writer struct{ trouble atomic.Pointer[string] }

// try writes n things, and again while the store is full or out of reach.
func (s *Store) try(ctx context.Context, w *writer, what string, n int, write func() error) {
	if n == 0 {
		return
	}
	for {
		err := write()
		switch {
		case err == nil:
			if w.trouble.Swap(nil) != nil {
				s.o.Failed(what, nil)
			}
			return
		case !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrUnavailable):
			s.lost.Add(uint64(n))
			s.o.Failed(what, fmt.Errorf("write %d %s: %w", n, what, err))
			return
		}
		text := "store: " + err.Error()
		if w.trouble.Swap(&text) == nil {
			s.o.Failed(what, err)
		}
		select {
		case <-ctx.Done():
			s.lost.Add(uint64(n))
			return
		case <-time.After(s.o.Retry):
		}
	}
}
