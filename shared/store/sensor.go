package store

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// How long what a sensor said of itself counts. It says so once a minute.
const (
	// SensorSilent is how long a sensor may say nothing before it is not well, whatever it said last.
	SensorSilent = 5 * time.Minute
	// SensorFor is how long one that says nothing any more is remembered. Sensors come and go with the load, and none takes its leave.
	SensorFor = 24 * time.Hour
)

func sensors(docs Documents) Collection[events.Health] {
	return Collection[events.Health]{Kind: KindSensor, Documents: docs}
}

// KeepSensor keeps what a sensor says of itself.
func KeepSensor(ctx context.Context, docs Documents, h events.Health, now time.Time) error {
	_, err := sensors(docs).Put(ctx, Item[events.Health]{ID: h.Sensor, Value: h, Expires: now.Add(SensorFor)}, Always, nil)
	if err != nil {
		return fmt.Errorf("keep health of sensor %s: %w", h.Sensor, err)
	}
	return nil
}

// Sensors gives how all sensors fare, by name. One that has been silent is not well, since nobody knows.
func Sensors(ctx context.Context, docs Documents, now time.Time) ([]events.Health, error) {
	list, _, err := sensors(docs).List(ctx, ListQuery{Limit: MaxPage})
	if err != nil {
		return nil, fmt.Errorf("read health of sensors: %w", err)
	}
	out := make([]events.Health, 0, len(list))
	for _, i := range list {
		h := i.Value
		if now.Sub(i.Modified) > SensorSilent {
			h.Healthy, h.Since, h.Reason = false, i.Modified, "says nothing since "+i.Modified.UTC().Format(time.RFC3339)
		}
		out = append(out, h)
	}
	return out, nil
}
