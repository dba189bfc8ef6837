package ship

import (
	"context"
	"fmt"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of what waits of what was heard. Nobody waits for it: it is told again within minutes, so that a slow store must not hold up the
// judge for its sake. DynamoDB takes it one by one.
const (
	maxHeard   = 10_000 // observation points
	maxEvents  = 10_000 // events that belong to nothing stored
	batchHeard = 256
)

// hearing is what waits to be told of observation points: of each the newest, and events in their order.
type hearing struct {
	wake chan struct{}

	mu     sync.Mutex
	heard  map[uint32]events.Heard
	events []events.Event
	ended  bool
}

func newHearing() hearing {
	return hearing{wake: make(chan struct{}, 1), heard: map[uint32]events.Heard{}}
}

// Heard takes what was heard of observation points. What still waits of the same is replaced.
func (s *Store) Heard(list []events.Heard) {
	if len(list) == 0 {
		return
	}
	h := &s.hearing
	h.mu.Lock()
	for i := range list {
		if _, waits := h.heard[list[i].VNI]; !waits && len(h.heard) >= maxHeard {
			s.lost.Add(1)
			continue
		}
		h.heard[list[i].VNI] = list[i]
	}
	h.mu.Unlock()
	h.nudge()
}

// Event takes an event that belongs to nothing stored.
func (s *Store) Event(e events.Event) {
	h := &s.hearing
	h.mu.Lock()
	full := len(h.events) >= maxEvents
	if !full {
		h.events = append(h.events, e)
	}
	h.mu.Unlock()
	if full {
		s.lost.Add(1)
	}
	h.nudge()
}

func (h *hearing) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *hearing) close() {
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.nudge()
}

// take gives what is to be written next, and whether nothing more will come.
func (h *hearing) take() (heard []events.Heard, told []events.Event, ended bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for vni, one := range h.heard {
		if len(heard) == batchHeard {
			break
		}
		heard = append(heard, one)
		delete(h.heard, vni)
	}
	told, h.events = h.events, nil
	return heard, told, h.ended
}

func (s *Store) writeHeard(ctx context.Context) {
	w := &s.heardWriter
	for range s.hearing.wake {
		for {
			heard, told, ended := s.hearing.take()
			s.try(ctx, w, "what was heard", len(heard), func() error { return s.o.Store.Mirror.Hear(ctx, heard...) })
			s.publish(ctx, w, told)
			if len(heard)+len(told) > 0 {
				continue
			}
			if ended {
				return
			}
			break
		}
	}
}

// publish hands events on one by one, so that none goes twice for the sake of another.
func (s *Store) publish(ctx context.Context, w *writer, list []events.Event) {
	if len(list) > 0 && s.o.Publish == nil {
		s.noEvents.Do(func() { s.o.Failed("events", fmt.Errorf("publish them: %w", ErrNotKept)) })
		return
	}
	for _, e := range list {
		s.try(ctx, w, "events", 1, func() error { return s.o.Publish(ctx, e) })
	}
}
