package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of the bus in the process.
const (
	MaxWatches   = 1024 // live views at once
	DefaultQueue = 256  // events that wait for one live view
)

// ErrClosed is what a live view gives after its Close.
var ErrClosed = errors.New("view of events is closed")

// ErrTooManyWatches is what Watch gives where there are MaxWatches already.
var ErrTooManyWatches = fmt.Errorf("more than %d live views of events", MaxWatches)

// InProcess fans events out within the process. Durable consumers are called one after the other, and Publish fails where one of them
// does; live views have a bounded queue each, and the slow of them lose the oldest and are told how many.
type InProcess struct {
	mu      sync.Mutex
	durable []Publisher
	live    map[*Watch]struct{}
}

// NewInProcess makes a bus with those who must not miss an event. They are called in this order.
func NewInProcess(durable ...Publisher) *InProcess {
	return &InProcess{durable: slices.Clone(durable), live: map[*Watch]struct{}{}}
}

// Publish gives the events to every durable consumer, and then to the live views: a batch that comes again because a consumer failed
// is shown once.
func (b *InProcess) Publish(ctx context.Context, list ...events.Event) error {
	for _, p := range b.durable {
		if err := p.Publish(ctx, list...); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := range b.live {
		w.offer(list)
	}
	return nil
}

// Watch opens a live view of the events that come from now on. The view must be closed. Queue is how many may wait, 0: DefaultQueue;
// wants says which are shown, nil: all. It is called while events are published, and must be quick.
func (b *InProcess) Watch(queue int, wants func(*events.Event) bool) (*Watch, error) {
	if queue <= 0 {
		queue = DefaultQueue
	}
	w := &Watch{bus: b, limit: queue, wants: wants, ready: make(chan struct{}, 1), closed: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.live) >= MaxWatches {
		return nil, ErrTooManyWatches
	}
	b.live[w] = struct{}{}
	return w, nil
}

// Watch is a live view. Next belongs to one goroutine.
type Watch struct {
	bus    *InProcess
	limit  int
	wants  func(*events.Event) bool
	ready  chan struct{}
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	queue  []events.Event
	missed int
}

// Seen is one event of a live view.
type Seen struct {
	Missed int // events before this one that the view was too slow for
	Event  events.Event
}

// Next gives the next event, waiting for it. It gives ErrClosed after Close, and ctx's error when that ends.
func (w *Watch) Next(ctx context.Context) (Seen, error) {
	for {
		if s, ok := w.take(); ok {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return Seen{}, ctx.Err()
		case <-w.closed:
			return Seen{}, ErrClosed
		case <-w.ready:
		}
	}
}

// Close ends the view; it may be called twice, and from any goroutine.
func (w *Watch) Close() {
	w.once.Do(func() {
		w.bus.mu.Lock()
		delete(w.bus.live, w)
		w.bus.mu.Unlock()
		close(w.closed)
	})
}

func (w *Watch) take() (Seen, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return Seen{}, false
	}
	s := Seen{Missed: w.missed, Event: w.queue[0]}
	w.missed = 0
	w.queue[0] = events.Event{} // what is shown may go
	w.queue = w.queue[1:]
	return s, true
}

// offer queues events without ever waiting. The oldest go first: who looks live wants what is now.
func (w *Watch) offer(list []events.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range list {
		if w.wants != nil && !w.wants(&list[i]) {
			continue
		}
		if len(w.queue) == w.limit {
			w.queue[0] = events.Event{}
			w.queue = w.queue[1:]
			w.missed++
		}
		w.queue = append(w.queue, list[i])
	}
	select {
	case w.ready <- struct{}{}:
	default:
	}
}
