package ship

import (
	"context"
	"errors"
	"fmt"
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
)

// StoreOptions say where to carry things, and what happens when that fails.
type StoreOptions struct {
	Store *store.Store
	Hide  func(*events.Detection) // sets HiddenBy where a tuning rule wants it; may be nil
	Retry time.Duration           // between attempts while the store is full or out of reach; 0: a second
	// Failed is told of what a store refused for good and of when trouble begins and ends. It is called from the writers.
	Failed func(what string, err error)
}

// Store carries records, detections, devices and samples into a store, in batches. What is given to it comes from one goroutine; two of
// its own write. A store that is full or out of reach is tried again until it takes what waits.
type Store struct {
	o       StoreOptions
	records batch
	found   []events.Detection
	place   map[string]int // of a detection's id in found: a later word replaces an earlier one that still waits
	known   known

	recordQueue  chan batch
	knownQueue   chan known
	recordWriter writer
	knownWriter  writer
	lost         atomic.Uint64
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
	coverage   []events.Coverage
	events     []events.Event
}

// NewStore starts the writers. Close ends them.
func NewStore(o StoreOptions) *Store {
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	if o.Hide == nil {
		o.Hide = func(*events.Detection) {}
	}
	if o.Failed == nil {
		o.Failed = func(string, error) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{
		o: o, place: map[string]int{}, stop: stop,
		recordQueue: make(chan batch, queuedBatches), knownQueue: make(chan known, queuedBatches),
	}
	s.writers.Go(func() { s.writeRecords(ctx) })
	s.writers.Go(func() { s.writeKnown(ctx) })
	return s
}

// Record takes one record and its JSON, which is borrowed.
func (s *Store) Record(r events.Record, line []byte) {
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
	if len(s.found) >= batchDetections {
		s.flushKnown()
	}
}

// Devices takes what the model learned of devices, and what they did.
func (s *Store) Devices(list []events.Device, samples []events.Sample) {
	s.known.devices = append(s.known.devices, list...)
	s.known.samples = append(s.known.samples, samples...)
}

// Coverage takes how observation points stand.
func (s *Store) Coverage(list []events.Coverage) {
	s.known.coverage = append(s.known.coverage, list...)
}

// Event takes an event that belongs to nothing stored.
func (s *Store) Event(e events.Event) { s.known.events = append(s.known.events, e) }

// Flush hands everything given so far to the writers.
func (s *Store) Flush() {
	s.flushRecords()
	s.flushKnown()
}

func (s *Store) flushRecords() {
	if len(s.records.rows) == 0 {
		return
	}
	s.recordQueue <- s.records
	s.records = batch{chunk: s.records.chunk} // what is left of it is nobody's yet
}

func (s *Store) flushKnown() {
	k := s.known
	k.detections = s.found
	if len(k.detections)+len(k.devices)+len(k.samples)+len(k.coverage)+len(k.events) == 0 {
		return
	}
	s.knownQueue <- k
	s.known, s.found = known{}, nil
	clear(s.place)
}

// Close hands on what is left and waits until it is written, at most so long as ctx lasts; then what waits is lost and counted.
func (s *Store) Close(ctx context.Context) error {
	end := context.AfterFunc(ctx, s.stop)
	defer end()
	defer s.stop()
	s.Flush()
	close(s.recordQueue)
	close(s.knownQueue)
	s.writers.Wait()
	if n := s.lost.Load(); n > 0 {
		return fmt.Errorf("write to store: %d records and detections were lost", n)
	}
	return nil
}

// Trouble says why nothing can be written now; "" where all is well.
func (s *Store) Trouble() string {
	for _, w := range []*writer{&s.recordWriter, &s.knownWriter} {
		if t := w.trouble.Load(); t != nil {
			return *t
		}
	}
	return ""
}

// Lost is how many records and detections a store refused for good.
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
			s.o.Hide(&k.detections[i])
		}
		s.try(ctx, w, "detections", len(k.detections), func() error { _, err := s.o.Store.Detections.Put(ctx, k.detections...); return err })
		s.try(ctx, w, "devices", len(k.devices), func() error { return s.o.Store.Devices.Put(ctx, k.devices...) })
		s.try(ctx, w, "samples", len(k.samples), func() error { return s.o.Store.Devices.Observe(ctx, k.samples...) })
		s.try(ctx, w, "coverage", len(k.coverage), func() error { _, err := s.o.Store.Mirror.PutCoverage(ctx, k.coverage...); return err })
		s.try(ctx, w, "events", len(k.events), func() error { return s.publish(ctx, k.events) })
	}
}

func (s *Store) publish(ctx context.Context, list []events.Event) error {
	for _, e := range list {
		if err := s.o.Store.Outbox.Publish(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// writer is one of the two that write, and what is in its way.
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
