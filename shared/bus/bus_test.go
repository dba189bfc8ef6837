package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// outbox is a store's outbox as simple as can be.
type outbox struct {
	mu   sync.Mutex
	list []store.Outgoing
	done []int64
	next int64
	wake chan struct{}
	fail int // so many calls fail first
}

func newOutbox(subjects ...string) *outbox {
	o := &outbox{wake: make(chan struct{}, 1)}
	for _, s := range subjects {
		o.Publish(context.Background(), event(s, int64(len(o.list)+1))) //nolint:errcheck // never fails
	}
	return o
}

func event(subject string, seq int64) events.Event {
	return events.Event{
		ID: fmt.Sprintf("%s-%d", subject, seq), DetailType: events.DetectionUpdated, Source: events.Source,
		Time:   time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC),
		Detail: events.Detail{Version: events.DetailVersion, Subject: subject, Sequence: seq},
	}
}

func (o *outbox) Pending(_ context.Context, limit int) ([]store.Outgoing, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail > 0 {
		o.fail--
		return nil, store.ErrUnavailable
	}
	return slices.Clone(o.list[:min(limit, len(o.list))]), nil
}

func (o *outbox) Done(_ context.Context, through int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = append(o.done, through)
	o.list = slices.DeleteFunc(o.list, func(g store.Outgoing) bool { return g.Sequence <= through })
	return nil
}

func (o *outbox) Wake() <-chan struct{} { return o.wake }

func (o *outbox) Publish(_ context.Context, e events.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	o.list = append(o.list, store.Outgoing{Sequence: o.next, Event: e})
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return nil
}

// taker is a publisher that fails as often as it is told.
type taker struct {
	mu   sync.Mutex
	fail int
	got  []string
	each func()
}

func (p *taker) Publish(_ context.Context, list ...events.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.each != nil {
		p.each()
	}
	if p.fail > 0 {
		p.fail--
		return errors.New("out of reach")
	}
	for i := range list {
		p.got = append(p.got, list[i].ID)
	}
	return nil
}

func (p *taker) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// relay is a Relay whose waits take no time and are written down.
func relay(o *outbox, waits *[]time.Duration, to ...Publisher) *Relay {
	return NewRelay(RelayOptions{
		Outbox: o, To: to, Batch: 2, Now: func() time.Time { return time.Date(2026, 3, 2, 3, 5, 5, 0, time.UTC) },
		Jitter: func() float64 { return 0 }, MinDelay: time.Second, MaxDelay: 4 * time.Second,
		Sleep: func(ctx context.Context, d time.Duration) error { *waits = append(*waits, d); return ctx.Err() },
	})
}

func TestRelayKeepsOrderAndTriesAgain(t *testing.T) {
	o := newOutbox("a", "b", "a", "c", "a")
	o.fail = 1
	good, bad := &taker{}, &taker{fail: 4}
	var waits []time.Duration
	r := relay(o, &waits, good, bad)
	n, err := r.Drain(context.Background())
	if n != 5 || err != nil {
		t.Fatalf("drained %d, %v", n, err)
	}
	want := []string{"a-1", "b-2", "a-3", "c-4", "a-5"}
	if got := good.taken(); !slices.Equal(got, want) {
		t.Errorf("the publisher that works took %v, want each once: a failure beside it is not its own", got)
	}
	if got := bad.taken(); !slices.Equal(got, want) {
		t.Errorf("the publisher that failed took %v, want %v", got, want)
	}
	if want := []time.Duration{500e6, 500e6, 1e9, 2e9, 2e9}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v: the outbox once, then the publisher, doubling to the bound", waits, want)
	}
	if c := r.Counts(); c.Published != 5 || c.Retries != 5 || c.LastError != "" || c.Lag != 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestRelayIsDoneOnlyAfterEveryPublisher(t *testing.T) {
	o := newOutbox("a", "b")
	first := &taker{}
	ctx, crash := context.WithCancel(context.Background())
	second := &taker{fail: 1, each: crash}
	var waits []time.Duration
	r := relay(o, &waits, first, second)
	if n, err := r.Drain(ctx); n != 0 || err == nil {
		t.Fatalf("drained %d, %v", n, err)
	}
	if len(o.done) != 0 || len(o.list) != 2 {
		t.Fatalf("done %v with the second publisher's batch not taken", o.done)
	}
	if c := r.Counts(); c.Lag != time.Minute || c.LastError != "out of reach" {
		t.Errorf("counts %+v, want a lag of a minute and the reason", c)
	}
	after := &taker{}
	if n, err := relay(o, &waits, first, after).Drain(context.Background()); n != 2 || err != nil {
		t.Fatalf("after the crash drained %d, %v", n, err)
	}
	if got := after.taken(); !slices.Equal(got, []string{"a-1", "b-2"}) {
		t.Errorf("after the crash: %v", got)
	}
	if got := first.taken(); len(got) != 4 {
		t.Errorf("the first publisher has %v, want all of it twice: at least once", got)
	}
}

func TestRelayRunsAndStops(t *testing.T) {
	o := newOutbox("a")
	p := &taker{}
	var waits []time.Duration
	r := relay(o, &waits, p)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	for i := range 50 {
		o.Publish(ctx, event("b", int64(i+2))) //nolint:errcheck // never fails
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(p.taken()) < 51 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
	if got := p.taken(); len(got) != 51 || got[0] != "a-1" || got[50] != "b-51" {
		t.Errorf("took %d events: %v", len(got), got)
	}
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		attempt int
		chance  float64
		want    time.Duration
	}{{1, 0, 500e6}, {1, 1, 1e9}, {2, 0, 1e9}, {4, 1, 8e9}, {30, 1, 60e9}, {1 << 30, 0, 30e9}} {
		if got := Backoff(c.attempt, time.Second, time.Minute, c.chance); got != c.want {
			t.Errorf("attempt %d, chance %v: %v, want %v", c.attempt, c.chance, got, c.want)
		}
	}
}

func TestInProcessDurableFirst(t *testing.T) {
	ctx := context.Background()
	a, b := &taker{}, &taker{fail: 1}
	p := NewInProcess(a, b)
	w, err := p.Watch(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := p.Publish(ctx, event("a", 1)); err == nil {
		t.Fatal("a consumer failed and Publish did not")
	}
	if err := p.Publish(ctx, event("a", 1)); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Next(ctx); err != nil || s.Event.ID != "a-1" || s.Missed != 0 {
		t.Errorf("view: %+v, %v", s, err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if s, err := w.Next(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the batch that came twice is shown twice: %+v, %v", s, err)
	}
}

func TestInProcessSlowViewMissesTheOldest(t *testing.T) {
	ctx := context.Background()
	p := NewInProcess()
	slow, _ := p.Watch(3, nil)
	picky, _ := p.Watch(3, func(e *events.Event) bool { return e.Detail.Sequence == 7 })
	for i := range 10 {
		if err := p.Publish(ctx, event("a", int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []Seen{{7, event("a", 7)}, {0, event("a", 8)}, {0, event("a", 9)}} {
		if s, err := slow.Next(ctx); err != nil || s.Missed != want.Missed || s.Event.ID != want.Event.ID {
			t.Errorf("%d: %+v, %v, want %+v", i, s, err, want)
		}
	}
	if s, err := picky.Next(ctx); err != nil || s.Missed != 0 || s.Event.ID != "a-7" {
		t.Errorf("the other view: %+v, %v: one that is slow takes nothing from it", s, err)
	}
	slow.Close()
	slow.Close()
	if _, err := slow.Next(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestInProcessViewsAreBounded(t *testing.T) {
	p := NewInProcess()
	var first *Watch
	for range MaxWatches {
		w, err := p.Watch(1, nil)
		if err != nil {
			t.Fatal(err)
		}
		first = w
	}
	if _, err := p.Watch(1, nil); !errors.Is(err, ErrTooManyWatches) {
		t.Errorf("one more: %v", err)
	}
	first.Close()
	if _, err := p.Watch(1, nil); err != nil {
		t.Errorf("after one left: %v", err)
	}
}

func TestInProcessManyAtOnce(t *testing.T) {
	p := NewInProcess(&taker{})
	var all sync.WaitGroup
	for range 8 {
		w, _ := p.Watch(1000, nil)
		all.Go(func() {
			defer w.Close()
			for seen := 0; seen < 400; {
				s, err := w.Next(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				seen += 1 + s.Missed
			}
		})
	}
	for range 4 {
		all.Go(func() {
			for i := range 100 {
				p.Publish(context.Background(), event("a", int64(i))) //nolint:errcheck // taker does not fail
			}
		})
	}
	all.Wait()
}

func TestFit(t *testing.T) {
	long := strings.Repeat("ö", 8_000)
	d := events.Detection{ID: "x", Type: "recon.port_scan", Description: long, Properties: map[string]any{"a": long, "b": 1}}
	for i := range 40 {
		d.Activity = append(d.Activity, events.Activity{Score: i, Description: "again"})
		d.Participants = append(d.Participants, events.Participant{Role: "victim", Tags: map[string]string{"k": long}})
	}
	e := event("x", 1)
	e.Detail.Detection = &d
	before, _ := json.Marshal(&e)
	for _, limit := range []int{250_000, 20_000, 5_000} {
		got, err := Fit(e, limit)
		if err != nil {
			t.Fatalf("%d: %v", limit, err)
		}
		b, _ := json.Marshal(&got.Detail)
		if len(b) > limit || !got.Detail.Truncated || got.Detail.Detection.ID != "x" {
			t.Errorf("%d: %d bytes, truncated %v", limit, len(b), got.Detail.Truncated)
		}
		if a := got.Detail.Detection.Activity; len(a) == 0 || a[len(a)-1].Score != 39 {
			t.Errorf("%d: the newest activity is gone", limit)
		}
	}
	if after, _ := json.Marshal(&e); string(before) != string(after) {
		t.Error("the event that was given has changed")
	}
	if small, err := Fit(event("y", 1), 1000); err != nil || small.Detail.Truncated {
		t.Errorf("what fits: %+v, %v", small.Detail, err)
	}
	if _, err := Fit(event(strings.Repeat("y", 2000), 1), 1000); err == nil {
		t.Error("what cannot be cut fits")
	}
}
