package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// ErrNoAction says that the group does not wait for this instance: not yet, not any more, or not with this hook.
var ErrNoAction = errors.New("the group does not wait for this instance")

// Metadata is what the machine tells of itself.
type Metadata interface {
	// Target gives the state that the group is bringing the instance to, as "InService" or "Terminated".
	Target(ctx context.Context) (string, error)
	// Instance gives the id of the instance.
	Instance(ctx context.Context) (string, error)
}

// Group is the Auto Scaling group, as far as it waits for an instance by one lifecycle hook.
type Group interface {
	// Heartbeat has it wait for longer.
	Heartbeat(ctx context.Context, instance string) error
	// Complete has it go on with the instance's end. ErrNoAction where it does not wait.
	Complete(ctx context.Context, instance string) error
}

// Times are how long the parts of an end take. A zero is replaced by the default.
type Times struct {
	Poll  time.Duration // between two looks at the metadata; 5 s
	Quiet time.Duration // without any packet, after which no more are waited for; 10 s
	Most  time.Duration // that packets are waited for at all; 6 minutes
	Beat  time.Duration // between two heartbeats; 1 minute
	Again time.Duration // between two attempts to complete; 5 s
	Late  time.Duration // that completing is tried for; 10 minutes
	Hurry time.Duration // the same, when the process is told to stop meanwhile; 20 s
}

// The balancer goes on sending what it sent before for the deregistration delay, which is 5 minutes where nobody sets another. Its flows end
// then, so that Most is a little more. Late: the group asks some time before it begins to wait, at the latest when that delay is over.
func (t *Times) fill() {
	for _, f := range []struct {
		field  *time.Duration
		preset time.Duration
	}{
		{&t.Poll, 5 * time.Second}, {&t.Quiet, 10 * time.Second}, {&t.Most, 6 * time.Minute}, {&t.Beat, time.Minute},
		{&t.Again, 5 * time.Second}, {&t.Late, 10 * time.Minute}, {&t.Hurry, 20 * time.Second},
	} {
		if *f.field == 0 {
			*f.field = f.preset
		}
	}
}

// WatcherOptions say whom to ask, and whom to tell.
type WatcherOptions struct {
	Metadata Metadata
	Group    Group
	Packets  func() uint64 // received so far
	Asked    func()        // told once, when the group asks for the end
	Stop     func()        // told once after that, when the sensor is to receive no more
	Now      func() time.Time
	Log      *slog.Logger
	Times    Times
}

// Watcher waits for the group to ask for the end of the instance, and sees that end through: Start, and, when everything has ended, End.
type Watcher struct {
	o       WatcherOptions
	asked   bool // belongs to Run's goroutine until that is over
	cancel  context.CancelFunc
	running sync.WaitGroup
	beats   context.CancelFunc // nil until the group asks
	beating sync.WaitGroup
}

// NewWatcher makes one that does nothing yet.
func NewWatcher(o WatcherOptions) *Watcher {
	o.Times.fill()
	return &Watcher{o: o}
}

// Start begins to watch, until ctx is done.
func (w *Watcher) Start(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	w.running.Go(func() { w.run(ctx) })
}

func (w *Watcher) run(ctx context.Context) {
	if w.asked = w.await(ctx); !w.asked {
		return
	}
	w.o.Asked()
	w.beat(ctx)
	w.linger(ctx)
	w.o.Stop()
}

// await looks until the group asks for the end, at once for the first time: a sensor that starts again in the middle of its end must see it.
func (w *Watcher) await(ctx context.Context) (asked bool) {
	tick := time.NewTicker(w.o.Times.Poll)
	defer tick.Stop()
	failed := false
	for {
		state, err := w.target(ctx, w.o.Times.Poll)
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil && ending(state):
			w.o.Log.Info("group asks for the end", "state", state)
			return true
		case err != nil && !failed:
			w.o.Log.Warn("instance metadata do not say what the group wants; asked on", "error", err)
		case err == nil && failed:
			w.o.Log.Info("instance metadata say again what the group wants", "state", state)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func (w *Watcher) target(ctx context.Context, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return w.o.Metadata.Target(ctx)
}

// ending says whether a state is one that an instance does not come back from. The second is that of a warm pool. An instance that is
// stopped for such a pool, or put on standby, is no business of ours: the machine tells us when it stops.
func ending(state string) bool { return state == "Terminated" || state == "Warmed:Terminated" }

// linger goes on receiving until nothing comes any more. The balancer takes the instance off its list before or while the group asks, and until
// its delay is over it still sends here what it sent here before; nobody else would get that.
func (w *Watcher) linger(ctx context.Context) {
	begun := w.o.Now()
	heard, packets := begun, w.o.Packets()
	tick := time.NewTicker(min(time.Second, w.o.Times.Quiet/4))
	defer tick.Stop()
	why := "nothing comes any more"
	for w.o.Now().Sub(heard) < w.o.Times.Quiet {
		if w.o.Now().Sub(begun) >= w.o.Times.Most {
			why = "packets still come, but no longer than this is waited"
			break
		}
		select {
		case <-ctx.Done():
			w.o.Log.Info("receives no more", "why", "the process is told to stop")
			return
		case <-tick.C:
		}
		if n := w.o.Packets(); n != packets {
			heard, packets = w.o.Now(), n
		}
	}
	w.o.Log.Info("receives no more", "why", why, "after", w.o.Now().Sub(begun).Round(time.Second))
}

// beat has the group wait for as long as this takes.
func (w *Watcher) beat(ctx context.Context) {
	ctx, w.beats = context.WithCancel(context.WithoutCancel(ctx))
	w.beating.Go(func() {
		tick := time.NewTicker(w.o.Times.Beat)
		defer tick.Stop()
		failed := false
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := w.call(ctx, w.o.Group.Heartbeat)
			if errors.Is(err, ErrNoAction) { // it does not wait yet
				err = nil
			}
			if err != nil && ctx.Err() == nil && !failed {
				w.o.Log.Warn("group was not asked for more time; asked on", "error", err)
			}
			failed = err != nil
		}
	})
}

// call makes one call about this instance.
func (w *Watcher) call(ctx context.Context, f func(context.Context, string) error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	id, err := w.o.Metadata.Instance(ctx)
	if err != nil {
		return err
	}
	return f(ctx, id)
}

// End ends the watch and, where the group asked, tells it that it may go on: everything else must have ended. Who is told to stop by somebody
// else looks once more whether the group asked meanwhile. Ctx is that of the process: once it is done there is not much time left.
func (w *Watcher) End(ctx context.Context) error {
	w.cancel()
	w.running.Wait()
	if !w.asked {
		state, err := w.target(context.WithoutCancel(ctx), 2*time.Second)
		if w.asked = err == nil && ending(state); !w.asked {
			return nil // where there are no metadata there is no group that waits
		}
	}
	err := w.complete(ctx)
	if w.beats != nil {
		w.beats()
		w.beating.Wait()
	}
	return err
}

// complete tells the group until it takes it. The group asks before it waits, so that it may be too early for a while.
func (w *Watcher) complete(ctx context.Context) error {
	begun, said := w.o.Now(), false
	hurried := time.Time{}
	for {
		err := w.call(context.WithoutCancel(ctx), w.o.Group.Complete)
		if err == nil {
			w.o.Log.Info("group was told that the instance may go")
			return nil
		}
		now := w.o.Now()
		if hurried.IsZero() && ctx.Err() != nil {
			hurried = now
		}
		if now.Sub(begun) >= w.o.Times.Late || !hurried.IsZero() && now.Sub(hurried) >= w.o.Times.Hurry {
			return fmt.Errorf("tell group that the instance may go: %w", err)
		}
		if !said {
			w.o.Log.Warn("group does not take it yet that the instance may go; told on", "error", err)
		}
		said = true
		time.Sleep(w.o.Times.Again)
	}
}
