package dynamo

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What is expected lies under the device and the day, by the hour, beside its samples and for as long.

func expectationsOf(device, day string) string { return "SE#" + day + "#" + device }

// PutExpectations stores what devices are expected to do in an hour.
func (d devices) PutExpectations(ctx context.Context, list ...events.Expectation) error {
	return d.keep(ctx, len(list), expectationsOf, func(i int) (string, time.Time, any, error) {
		e := &list[i]
		return e.Device, e.Time, e.Metrics, store.CheckExpectation(e)
	})
}

// Expectations gives what was expected of one metric, oldest first.
func (d devices) Expectations(ctx context.Context, device, metric string, from, to time.Time) ([]events.ExpectedHour, error) {
	list := []events.ExpectedHour{}
	err := d.daily(ctx, expectationsOf, device, from, to, func(at time.Time, it item) error {
		metrics := map[string]events.Range{}
		if err := unpack(it, attrBody, &metrics); err != nil {
			return err
		}
		if r, there := metrics[metric]; there {
			list = append(list, events.ExpectedHour{Time: at, Range: r})
		}
		return nil
	})
	return list, err
}
