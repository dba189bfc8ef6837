package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// world is an instance and its group, in the made-up time of a bubble.
type world struct {
	mu       sync.Mutex
	state    string
	stateErr error
	idErr    error
	waiting  bool  // the group waits by its hook
	refuse   error // what it says instead
	beats    int
	done     []string
	looks    int

	packets atomic.Uint64
	asked   atomic.Int64
	stopped chan time.Time
	log     bytes.Buffer
	w       *Watcher
	begun   time.Time
}

// Target is Metadata.
func (w *world) Target(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	return w.state, w.stateErr
}

// Instance is Metadata.
func (w *world) Instance(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return "i-0123", w.idErr
}

// Heartbeat is Group.
func (w *world) Heartbeat(_ context.Context, id string) error {
	return w.call(id, func() { w.beats++ })
}

// Complete is Group.
func (w *world) Complete(_ context.Context, id string) error {
	return w.call(id, func() { w.done, w.waiting = append(w.done, id), false })
}

func (w *world) call(id string, f func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.refuse != nil:
		return w.refuse
	case !w.waiting:
		return fmt.Errorf("call: %w", ErrNoAction)
	case id != "i-0123":
		return errors.New("whose?")
	}
	f()
	return nil
}

func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// Write keeps the log; slog holds its own lock.
func (w *world) Write(b []byte) (n int, err error) {
	w.set(func() { n, err = w.log.Write(b) })
	return n, err
}

func watching(t *testing.T, ctx context.Context, state string) *world {
	w := &world{state: state, waiting: true, stopped: make(chan time.Time, 2), begun: time.Now()}
	w.w = NewWatcher(WatcherOptions{
		Metadata: w, Group: w, Packets: w.packets.Load, Now: time.Now, Log: slog.New(slog.NewTextHandler(w, nil)),
		Asked: func() { w.asked.Add(1) }, Stop: func() { w.stopped <- time.Now() },
	})
	w.w.Start(ctx)
	return w
}

func (w *world) said(t *testing.T, want ...string) {
	t.Helper()
	var got string
	w.set(func() { got = w.log.String() })
	for _, s := range want {
		if strings.Count(got, s) != 1 {
			t.Errorf("%q is not there once:\n%s", s, got)
		}
	}
	if n := strings.Count(got, "\n"); n != len(want) {
		t.Errorf("%d lines, want %d:\n%s", n, len(want), got)
	}
}

// TestEnd is the story whole: the group asks, packets go on coming for a while, then the sensor stops and everything is written, which
// takes its time; the group waits for as long and is told once.
func TestEnd(t *testing.T) {
	for _, state := range []string{"Terminated", "Warmed:Terminated"} {
		synctest.Test(t, func(t *testing.T) {
			w := watching(t, t.Context(), "InService")
			time.Sleep(12 * time.Second)
			looks := 0
			w.set(func() { looks = w.looks })
			if w.asked.Load() != 0 || looks != 3 {
				t.Fatalf("asked %d, %d looks", w.asked.Load(), looks)
			}
			w.set(func() { w.state = state })
			for range 70 { // the balancer's delay
				time.Sleep(time.Second)
				w.packets.Add(100)
			}
			if w.asked.Load() != 1 || len(w.stopped) != 0 {
				t.Fatalf("asked %d, stopped %d while packets come", w.asked.Load(), len(w.stopped))
			}
			at := <-w.stopped
			if d := at.Sub(w.begun); d < 92*time.Second || d > 94*time.Second {
				t.Errorf("stopped after %v", d)
			}
			time.Sleep(2 * time.Minute) // everything is stored and shipped
			if err := w.w.End(t.Context()); err != nil || !slices.Equal(w.done, []string{"i-0123"}) || w.beats != 3 {
				t.Errorf("%v: completed %v, %d heartbeats", err, w.done, w.beats)
			}
			w.said(t, "group asks for the end\" state="+state, "why=\"nothing comes any more\"", "group was told that the instance may go")
		})
	}
}

// TestNeverSilent: packets that never end do not keep an instance for good.
func TestNeverSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, t.Context(), "Terminated")
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				time.Sleep(time.Second)
				w.packets.Add(1)
			}
		}()
		at := <-w.stopped
		stop()
		time.Sleep(time.Second) // the last packet
		if d := at.Sub(w.begun); d != 6*time.Minute {
			t.Errorf("stopped after %v", d)
		}
		if err := w.w.End(t.Context()); err != nil || len(w.done) != 1 || w.beats < 5 {
			t.Errorf("%v: completed %v, %d heartbeats", err, w.done, w.beats)
		}
	})
}

// TestNobodyAsks: what is no end of the instance ends nothing, and who is told to stop by somebody else completes nothing.
func TestNobodyAsks(t *testing.T) {
	for _, state := range []string{"InService", "Standby", "Detached", "Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated", "Terminated?"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			w := watching(t, ctx, state)
			time.Sleep(time.Hour)
			stop()
			if err := w.w.End(ctx); err != nil || w.asked.Load() != 0 || len(w.stopped) != 0 || len(w.done) != 0 {
				t.Errorf("%s: %v: asked %d, stopped %d, completed %v", state, err, w.asked.Load(), len(w.stopped), w.done)
			}
			w.said(t)
		})
	}
}

// TestStoppedMeanwhile: who is told to stop by the system does not wait for packets; and a word of the group that was not seen yet counts.
func TestStoppedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		w := watching(t, ctx, "Terminated")
		time.Sleep(3 * time.Second)
		stop()
		if at := <-w.stopped; at.Sub(w.begun) != 3*time.Second {
			t.Errorf("stopped after %v", at.Sub(w.begun))
		}
		if err := w.w.End(ctx); err != nil || len(w.done) != 1 {
			t.Errorf("%v: completed %v", err, w.done)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		w := watching(t, ctx, "InService")
		time.Sleep(time.Second)
		w.set(func() { w.state = "Terminated" })
		stop()
		if err := w.w.End(ctx); err != nil || len(w.done) != 1 || w.asked.Load() != 0 {
			t.Errorf("%v: completed %v", err, w.done)
		}
	})
}

// TestMetadataFail: missing metadata are said once, and asked on; what they say when they are back is heard.
func TestMetadataFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, t.Context(), "")
		w.set(func() { w.stateErr = errors.New("not found") })
		time.Sleep(time.Minute)
		w.set(func() { w.stateErr, w.state = nil, "InService" })
		time.Sleep(time.Minute)
		w.set(func() { w.state = "Terminated" })
		<-w.stopped
		if err := w.w.End(t.Context()); err != nil || len(w.done) != 1 {
			t.Errorf("%v: completed %v", err, w.done)
		}
		w.said(t, "asked on\" error=\"not found\"", "say again what the group wants\" state=InService", "group asks for the end", "receives no more", "may go")
	})
	synctest.Test(t, func(t *testing.T) { // nowhere near AWS
		ctx, stop := context.WithCancel(t.Context())
		w := watching(t, ctx, "")
		w.set(func() { w.stateErr = errors.New("no route to host") })
		time.Sleep(time.Minute)
		stop()
		if err := w.w.End(ctx); err != nil || len(w.done) != 0 {
			t.Errorf("%v: completed %v", err, w.done)
		}
	})
}

// TestTooEarly: the group asks before it waits. Heartbeats that come too early are no trouble, and completing is tried until it is time.
func TestTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, t.Context(), "Terminated")
		w.set(func() { w.waiting = false })
		go func() {
			time.Sleep(5 * time.Minute)
			w.set(func() { w.waiting = true })
		}()
		<-w.stopped
		if err := w.w.End(t.Context()); err != nil || len(w.done) != 1 || time.Since(w.begun) > 5*time.Minute+10*time.Second {
			t.Errorf("%v after %v: completed %v", err, time.Since(w.begun), w.done)
		}
		w.said(t, "group asks", "receives no more", "told on\" error=\"call: the group does not wait", "was told that")
	})
}

// TestRefused: a group that never takes it is an error in the end, sooner where the system waits; an instance whose end was completed
// already, by a process before this one, is the same to AWS.
func TestRefused(t *testing.T) {
	denied := errors.New("access denied")
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, t.Context(), "Terminated")
		w.set(func() { w.refuse = denied })
		<-w.stopped
		time.Sleep(3 * time.Minute)
		ended := time.Now()
		if err := w.w.End(t.Context()); !errors.Is(err, denied) || time.Since(ended) != 10*time.Minute {
			t.Errorf("%v after %v", err, time.Since(ended))
		}
		w.said(t, "group asks", "receives no more", "not asked for more time", "told on")
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		w := watching(t, ctx, "Terminated")
		w.set(func() { w.refuse = denied })
		<-w.stopped
		go func() { time.Sleep(58 * time.Second); stop() }()
		ended := time.Now()
		if err := w.w.End(ctx); !errors.Is(err, denied) || time.Since(ended) != 80*time.Second {
			t.Errorf("%v after %v", err, time.Since(ended))
		}
	})
	synctest.Test(t, func(t *testing.T) { // the id is missing at first
		w := watching(t, t.Context(), "Terminated")
		w.set(func() { w.idErr = errors.New("not now") })
		<-w.stopped
		go func() { time.Sleep(time.Minute); w.set(func() { w.idErr = nil }) }()
		if err := w.w.End(t.Context()); err != nil || len(w.done) != 1 {
			t.Errorf("%v: completed %v", err, w.done)
		}
	})
}
