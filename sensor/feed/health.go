package feed

import (
	"fmt"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Health tells when a sensor begins to lose packets and when it is well again.
type Health struct {
	Sensor string

	mu  sync.Mutex
	now events.Health
}

// Turn takes how the sensor fares; reason is empty while it is well. It gives the event where that changed.
func (h *Health) Turn(now time.Time, reason string, packets, drops uint64, waiting int) (events.Event, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.now, !h.now.Since.IsZero()
	h.now = events.Health{
		Sensor: h.Sensor, Healthy: reason == "", Reason: reason, Since: before.Since, Packets: packets, Drops: drops, Waiting: waiting,
	}
	if known && before.Healthy == h.now.Healthy {
		return events.Event{}, false
	}
	h.now.Since = now
	if !known && h.now.Healthy {
		return events.Event{}, false // it began well: nothing to tell
	}
	return h.event(now), true
}

// event has the moment for its sequence: a sensor that begins again counts on.
func (h *Health) event(now time.Time) events.Event {
	told := h.now
	subject := "sensor/" + h.Sensor
	return events.Event{
		ID: fmt.Sprintf("%s-%d", subject, now.UnixNano()), DetailType: events.SensorUnhealthy, Source: events.Source, Time: now,
		Resources: []string{subject},
		Detail:    events.Detail{Version: events.DetailVersion, Subject: subject, Sequence: now.UnixNano(), Health: &told},
	}
}

// Now gives how the sensor fares.
func (h *Health) Now() events.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}
