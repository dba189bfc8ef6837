package dynamo

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What is expected lies under the device and the day, by the hour, beside its samples and for as long.

func expectationsOf(device, day string) string { return "SE#" + day + "#" + device }

// PutExpectations stores what devices are expected to do in an hour.
func (d devices) PutExpectations(ctx context.Context, list ...events.Expectation) error {
	latest := map[key]types.WriteRequest{}
	var marks []key
	for i := range list {
		e := &list[i]
		if err := store.CheckExpectation(e); err != nil {
			return err
		}
		on := day(e.Time)
		body, err := pack(e.Metrics)
		if err != nil {
			return err
		}
		it := at(key{expectationsOf(e.Device, on), stamp(e.Time)}, body)
		it[attrTTL] = seconds(e.Time.Add(d.samples))
		latest[keyOf(it)] = putRequest(it)
		marks = append(marks, key{calendarSamples, on}, key{calendarSampled(on), e.Device})
	}
	if err := d.mark(ctx, marks...); err != nil {
		return err
	}
	return d.write(ctx, SamplePut, slices.Collect(maps.Values(latest)))
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
