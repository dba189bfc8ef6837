package ship

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// keeper is a store that takes records and detections while it is well, and says how often it was asked.
type keeper struct {
	mu    sync.Mutex
	ill   error
	asked int
	rows  []store.Row
	found []events.Detection
}

type keptRecords struct {
	store.Records
	*keeper
}

type keptDetections struct {
	store.Detections
	*keeper
}

func (k keptRecords) Append(_ context.Context, list ...store.Row) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asked++; k.ill != nil {
		return k.ill
	}
	k.rows = append(k.rows, list...)
	return nil
}

func (k keptDetections) Put(_ context.Context, list ...events.Detection) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asked++; k.ill != nil {
		return 0, k.ill
	}
	k.found = append(k.found, list...)
	return len(list), nil
}

func (k *keeper) set(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ill, k.asked = err, 0
}

func (k *keeper) wasAsked(n int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked >= n
}

func open(k *keeper, o StoreOptions) *Store {
	o.Store, o.Retry = &store.Store{Records: keptRecords{keeper: k}, Detections: keptDetections{keeper: k}}, time.Millisecond
	return NewStore(o)
}

func record(i int) (events.Record, []byte) {
	r := &events.Weird{Name: fmt.Sprint(i)}
	r.TS, r.UID = events.Time(i), fmt.Sprint("C", i)
	return r, r.AppendJSON(nil)
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 5000 {
		if f() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s: not within five seconds", what)
}

// Catches: lines that a later record overwrites, batches that get lost or change places.
func TestRecordsArriveWhole(t *testing.T) {
	k := &keeper{}
	s := open(k, StoreOptions{})
	const n = 3*batchRecords + 17
	for i := range n {
		r, line := record(i)
		s.Record(r, line)
		clear(line) // it was borrowed
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(k.rows) != n {
		t.Fatalf("%d of %d arrived", len(k.rows), n)
	}
	for i, row := range k.rows {
		r, line := record(i)
		if string(row.Line) != string(line) || row.UID != r.Common().UID || row.Kind != events.KindWeird || row.Time != time.Unix(0, int64(i)).UTC() {
			t.Fatalf("row %d is %s %s", i, row.UID, row.Line)
		}
	}
}

// Catches: an update written before what it updates, a word that hides what a rule wants hidden too late.
func TestLaterWordReplacesEarlier(t *testing.T) {
	k := &keeper{}
	s := open(k, StoreOptions{Prepare: func(d *events.Detection) { d.HiddenBy = "rule of " + d.ID }})
	for i, id := range []string{"a", "b", "a"} {
		s.Detection(&events.Detection{ID: id, Description: fmt.Sprint(i)})
	}
	s.Flush()
	s.Detection(&events.Detection{ID: "b", Description: "3"})
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range k.found {
		got = append(got, d.ID+d.Description+d.HiddenBy)
	}
	if want := []string{"a2rule of a", "b1rule of b", "b3rule of b"}; !slices.Equal(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
}

// Catches: a full disk that loses what waits, or goes unnoticed, or is not left when there is room again.
func TestWaitsWhileFull(t *testing.T) {
	var told []string
	k := &keeper{ill: fmt.Errorf("write: %w", store.ErrFull)}
	s := open(k, StoreOptions{Failed: func(what string, err error) { told = append(told, fmt.Sprint(what, " ", err)) }})
	r, line := record(1)
	s.Record(r, line)
	s.Flush()
	eventually(t, "tries again", func() bool { return k.wasAsked(3) })
	if s.Trouble() != "store: write: no space left" {
		t.Errorf("trouble: %q", s.Trouble())
	}
	k.set(nil)
	eventually(t, "is well again", func() bool { return s.Trouble() == "" })
	if err := s.Close(context.Background()); err != nil || len(k.rows) != 1 || s.Lost() != 0 {
		t.Errorf("%v, %d rows, %d lost", err, len(k.rows), s.Lost())
	}
	if want := []string{"records write: no space left", "records <nil>"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// Catches: a store that is only slow holding up who gives; detections lost or doubled by that; a limit that is none.
func TestSlowStoreHoldsNobodyUp(t *testing.T) {
	k := &keeper{}
	s := open(k, StoreOptions{})
	k.mu.Lock() // the store takes its time
	const n = maxDetections + 1
	give := func(i int) {
		s.Detection(&events.Detection{ID: fmt.Sprint(i)})
		if i%10 == 9 {
			s.Flush()
		}
	}
	for i := range n - 1 { // it would hang here
		give(i)
	}
	given := make(chan struct{})
	go func() {
		for i := n - 1; i < 4*n; i++ { // as many as may wait can be on their way to the store
			give(i)
		}
		close(given)
	}()
	select {
	case <-given:
		t.Error("there is no limit to what waits")
	case <-time.After(20 * time.Millisecond):
	}
	k.mu.Unlock()
	<-given
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, d := range k.found {
		seen[d.ID]++
	}
	if len(seen) != 4*n || len(k.found) != 4*n {
		t.Errorf("%d of %d stored, %d different", len(k.found), 4*n, len(seen))
	}
}

// Catches: an end that hangs on a full disk, and losses that nobody counts.
func TestCloseGivesUp(t *testing.T) {
	k := &keeper{ill: store.ErrFull}
	s := open(k, StoreOptions{})
	for i := range 10 {
		r, line := record(i)
		s.Record(r, line)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); err == nil || s.Lost() != 10 {
		t.Errorf("%v, %d lost", err, s.Lost())
	}
}

// Catches: what a store refuses for good holding up what comes after it.
func TestRefusedForGood(t *testing.T) {
	k := &keeper{ill: errors.New("bad row")}
	s := open(k, StoreOptions{})
	r, line := record(1)
	s.Record(r, line)
	s.Flush()
	eventually(t, "asked", func() bool { return k.wasAsked(1) })
	k.set(nil)
	s.Record(record(2))
	if err := s.Close(context.Background()); err == nil || len(k.rows) != 1 || s.Lost() != 1 {
		t.Errorf("%v, %d rows, %d lost", err, len(k.rows), s.Lost())
	}
}

// Catches: a mark that is reached before what was given ahead of it is stored, or that what comes after it holds up.
func TestMark(t *testing.T) {
	k := &keeper{ill: store.ErrFull}
	s := open(k, StoreOptions{})
	if m, ok := s.Mark(); !ok || !s.Reached(m) {
		t.Error("nothing was given, and something is waited for")
	}
	s.Detection(&events.Detection{ID: "a"})
	m, ok := s.Mark()
	if !ok {
		t.Fatal("the queue is empty, and takes nothing")
	}
	eventually(t, "tries", func() bool { return k.wasAsked(2) })
	if s.Reached(m) {
		t.Error("reached while the store is full")
	}
	for n := range 2 * queuedBatches {
		s.Detection(&events.Detection{ID: fmt.Sprint("b", n)})
		s.Flush()
	}
	if _, ok := s.Mark(); ok {
		t.Error("marked what could not be handed on")
	}
	k.set(nil)
	eventually(t, "reached", func() bool { return s.Reached(m) })
	if err := s.Close(context.Background()); err != nil || len(k.found) != 1+2*queuedBatches {
		t.Errorf("%v, %d stored", err, len(k.found))
	}
}
