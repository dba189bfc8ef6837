package feed

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: an event a check instead of one a change, and a sensor that tells it is well when it never was not.
func TestHealth(t *testing.T) {
	h := &Health{Sensor: "s1"}
	at := time.Unix(1000, 0)
	var told []bool
	for i, reason := range []string{"", "dropping: 5 packets", "dropping: 9 packets", "", ""} {
		if e, ok := h.Turn(at.Add(time.Duration(i)*time.Second), reason, 100, 5, 0); ok {
			told = append(told, e.Detail.Health.Healthy)
			if e.DetailType != events.SensorUnhealthy || e.Detail.Sequence != e.Time.UnixNano() || e.Detail.Health.Since != e.Time {
				t.Errorf("event %+v", e)
			}
		}
	}
	if len(told) != 2 || told[0] || !told[1] {
		t.Errorf("told %v, want ill and then well", told)
	}
	if now := h.Now(); !now.Healthy || now.Since != at.Add(3*time.Second) {
		t.Errorf("now %+v", now)
	}
}
