// Package memory is the simplest store that keeps the contract: maps behind one lock. What comes in and goes out is the nouns of
// store's ports. It is for tests, for reading a capture file, and for whoever wants to know what a store must do. It never writes a
// file: a change is as durable as the process. It grows with what is put into it; Purge, Retain and Done make it smaller, nothing else
// does.
package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

// Options set up a store.
type Options struct {
	Now    func() time.Time // the clock: when something was stored
	Schema query.Schema     // what queries of records may ask for
}

// world is everything that is remembered. One lock holds it together: what belongs into one transaction is done under one Lock.
type world struct {
	now    func() time.Time
	schema query.Schema

	mu         sync.RWMutex
	detections map[string]stored
	index      *facets.Index
	created    int64 // how many detections were ever stored
	documents  map[documentKey]store.Document
	written    int // of documents, since expired ones were dropped
	audit      []store.AuditEntry
	devices    map[string][]byte
	samples    map[string]map[int64]map[string]float64
	expected   map[string]map[int64]map[string]events.Range // by device and the hour's beginning
	bindings   map[uint32][]events.Binding
	coverage   map[string]events.Coverage
	heard      map[string]events.Heard // by store.HeardKey
	snapshots  map[string][]version
	outbox     []outgoing
	sequence   int64
	wake       chan struct{}
	records    []record
	lines      int64 // records that were ever stored: the place of the last in the order of storing
}

// New makes an empty store.
func New(o Options) *store.Store {
	w := &world{
		now: o.Now, schema: o.Schema, detections: map[string]stored{}, index: facets.New(facets.Options{}), documents: map[documentKey]store.Document{},
		devices: map[string][]byte{}, samples: map[string]map[int64]map[string]float64{}, expected: map[string]map[int64]map[string]events.Range{}, bindings: map[uint32][]events.Binding{},
		coverage: map[string]events.Coverage{}, heard: map[string]events.Heard{}, snapshots: map[string][]version{}, wake: make(chan struct{}, 1),
	}
	return &store.Store{
		Detections: detections{w}, Records: records{w}, Devices: devices{w}, Documents: documents{w}, Audit: audit{w}, Mirror: mirror{w},
		Snapshots: snapshots{w}, Outbox: outbox{w}, Closer: nothing{},
	}
}

type nothing struct{}

func (nothing) Close() error { return nil }

// enter locks for a change, unless the caller gave up already.
func (w *world) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	return nil
}

// look locks for reading, unless the caller gave up already.
func (w *world) look(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.RLock()
	return nil
}

// encode and decode keep what is stored apart from what was handed in and what is handed out. They lose what every store loses: a
// property that was an int comes back as a float64.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b, nil
}

func decode[T any](b []byte) (v T, err error) {
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("decode: %w", err)
	}
	return v, nil
}

func copied[T any](v T) (T, error) {
	b, err := encode(v)
	if err != nil {
		return v, err
	}
	return decode[T](b)
}
