package ship

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ears is a mirror that takes what was heard while it may, and an outbox.
type ears struct {
	store.Mirror
	store.Outbox
	mu       sync.Mutex
	shut     chan struct{} // Hear waits for it; nil: it does not
	ill      error
	heard    map[uint32]uint64
	calls    int
	largest  int
	covered  []string
	told     []string
	refusing map[string]bool
}

func (e *ears) Hear(_ context.Context, list ...events.Heard) error {
	if e.shut != nil {
		<-e.shut
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls++
	e.largest = max(e.largest, len(list))
	for _, h := range list {
		e.heard[h.VNI] = h.Packets
	}
	return e.ill
}

func (e *ears) PutCoverage(_ context.Context, list ...events.Coverage) (int, error) {
	for _, c := range list {
		e.covered = append(e.covered, "+"+c.Interface)
	}
	return len(list), nil
}

func (e *ears) Forget(_ context.Context, list ...string) error {
	for _, c := range list {
		e.covered = append(e.covered, "-"+c)
	}
	return nil
}

func (e *ears) Publish(_ context.Context, v events.Event) error {
	if e.refusing[v.ID] {
		delete(e.refusing, v.ID)
		return store.ErrUnavailable
	}
	e.told = append(e.told, v.ID)
	return nil
}

func hearingStore(e *ears, o StoreOptions) *Store {
	e.heard = map[uint32]uint64{}
	o.Store, o.Retry = &store.Store{Mirror: e, Outbox: e}, time.Millisecond
	return NewStore(o)
}

// TestHeardNeverHoldsUp: while the store is slow the newest word of each point waits, whoever gives goes on, and nothing waits twice.
func TestHeardNeverHoldsUp(t *testing.T) {
	e := &ears{shut: make(chan struct{})}
	s := hearingStore(e, StoreOptions{})
	const points = 3 * batchHeard
	for round := range uint64(50) {
		var list []events.Heard
		for vni := range uint32(points) {
			list = append(list, events.Heard{VNI: 1 + vni, Packets: round})
		}
		s.Heard(list)
	}
	close(e.shut)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if e.calls > 8 || e.largest > batchHeard || len(e.heard) != points || slices.Min(slices.Collect(maps.Values(e.heard))) != 49 {
		t.Errorf("%d calls of up to %d for %d points", e.calls, e.largest, len(e.heard))
	}
}

// TestHeardIsBounded reaches both limits; what is beyond is counted.
func TestHeardIsBounded(t *testing.T) {
	e := &ears{shut: make(chan struct{})}
	s := hearingStore(e, StoreOptions{})
	s.Heard([]events.Heard{{VNI: 1 << 20}})
	eventually(t, "the writer is at work", func() bool {
		s.hearing.mu.Lock()
		defer s.hearing.mu.Unlock()
		return len(s.hearing.heard) == 0
	})
	var list []events.Heard
	for vni := range uint32(maxHeard + 3) {
		list = append(list, events.Heard{VNI: 1 + vni})
	}
	s.Heard(list)
	for i := range maxEvents + 4 {
		s.Event(events.Event{ID: fmt.Sprint(i)})
	}
	close(e.shut)
	if err := s.Close(context.Background()); err == nil || s.Lost() != 7 || len(e.heard) != 1+maxHeard || len(e.told) != maxEvents {
		t.Errorf("%v: %d lost, %d heard, %d events", err, s.Lost(), len(e.heard), len(e.told))
	}
}

// TestEventsGoOnce, in their order, though the store is out of reach in between.
func TestEventsGoOnce(t *testing.T) {
	e := &ears{refusing: map[string]bool{"b": true}}
	s := hearingStore(e, StoreOptions{})
	for _, id := range []string{"a", "b", "c"} {
		s.Event(events.Event{ID: id})
	}
	if err := s.Close(context.Background()); err != nil || !slices.Equal(e.told, []string{"a", "b", "c"}) {
		t.Errorf("%v, told %q", err, e.told)
	}
}

// TestLastWordOnCoverage: what is to be forgotten is not stored by the same batch, nor the other way round.
func TestLastWordOnCoverage(t *testing.T) {
	e := &ears{}
	s := hearingStore(e, StoreOptions{})
	s.Coverage([]events.Coverage{{Interface: "vni-1"}, {Interface: "vni-2"}})
	s.Forget([]string{"vni-1"})
	s.Forget([]string{"vni-3"})
	s.Coverage([]events.Coverage{{Interface: "vni-3"}})
	if err := s.Close(context.Background()); err != nil || !slices.Equal(e.covered, []string{"-vni-1", "+vni-2", "+vni-3"}) {
		t.Errorf("%v, %q", err, e.covered)
	}
}

// TestStoreWithoutRecordsAndOutbox takes everything else, and says once what it does not keep.
func TestStoreWithoutRecordsAndOutbox(t *testing.T) {
	var mu sync.Mutex
	var told []string
	k, e := &keeper{}, &ears{heard: map[uint32]uint64{}}
	s := NewStore(StoreOptions{
		Store: &store.Store{Detections: keptDetections{keeper: k}, Mirror: e},
		Failed: func(what string, err error) {
			mu.Lock()
			defer mu.Unlock()
			if told = append(told, what); !errors.Is(err, ErrNotKept) {
				t.Errorf("%s: %v", what, err)
			}
		},
	})
	for i := range 3 {
		s.Record(record(i))
		s.Event(events.Event{ID: "e"})
		s.Flush()
	}
	s.Detection(&events.Detection{ID: "a"})
	s.Heard([]events.Heard{{VNI: 1, Packets: 5}})
	if err := s.Close(context.Background()); err != nil || s.Lost() != 0 || len(k.found) != 1 || e.heard[1] != 5 {
		t.Errorf("%v, %d lost, %d detections, heard %v", err, s.Lost(), len(k.found), e.heard)
	}
	slices.Sort(told)
	if !slices.Equal(told, []string{"events", "records"}) {
		t.Errorf("told of %q", told)
	}
}
