package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Samples lie under their device and day, by the minute.

func samplesOf(device, day string) string { return "S#" + day + "#" + device }

// Observe stores samples.
func (d devices) Observe(ctx context.Context, list ...events.Sample) error {
	return d.keep(ctx, len(list), samplesOf, func(i int) (string, time.Time, any, error) {
		s := &list[i]
		return s.Device, s.Time, s.Metrics, store.CheckSample(s)
	})
}

// keep writes n things of devices that lie under device and day and are kept as long as samples are. Of two of the same moment in one call
// the later replaces the earlier; DynamoDB would refuse both.
func (d devices) keep(ctx context.Context, n int, under func(device, day string) string, thing func(i int) (device string, t time.Time, what any, err error)) error {
	latest := map[key]types.WriteRequest{}
	var marks []key
	for i := range n {
		device, t, what, err := thing(i)
		if err != nil {
			return err
		}
		body, err := pack(what)
		if err != nil {
			return err
		}
		on := day(t)
		it := at(key{under(device, on), stamp(t)}, body)
		it[attrTTL] = seconds(t.Add(d.samples))
		latest[keyOf(it)] = putRequest(it)
		marks = append(marks, key{calendarSamples, on}, key{calendarSampled(on), device})
	}
	if err := d.mark(ctx, marks...); err != nil {
		return err
	}
	return d.write(ctx, SamplePut, slices.Collect(maps.Values(latest)))
}

// Series gives the points of one metric, oldest first.
func (d devices) Series(ctx context.Context, device, metric string, from, to time.Time) ([]events.Point, error) {
	points := []events.Point{}
	err := d.observed(ctx, device, from, to, func(at time.Time, metrics map[string]float64) {
		if v, there := metrics[metric]; there {
			points = append(points, events.Point{Time: at, Value: v})
		}
	})
	return points, err
}

// Metrics names the metrics that a device has any point of.
func (d devices) Metrics(ctx context.Context, device string, from, to time.Time) ([]string, error) {
	names := map[string]bool{}
	err := d.observed(ctx, device, from, to, func(_ time.Time, metrics map[string]float64) {
		for name := range metrics {
			names[name] = true
		}
	})
	return slices.Sorted(maps.Keys(names)), err
}

// observed shows every sample of a span, a day's partition after the other.
func (d devices) observed(ctx context.Context, device string, from, to time.Time, do func(time.Time, map[string]float64)) error {
	return d.daily(ctx, samplesOf, device, from, to, func(at time.Time, it item) error {
		metrics := map[string]float64{}
		if err := unpack(it, attrBody, &metrics); err != nil {
			return err
		}
		do(at, metrics)
		return nil
	})
}

// daily shows what lies under a device and the days of a span.
func (d devices) daily(ctx context.Context, under func(device, day string) string, device string, from, to time.Time, do func(time.Time, item) error) error {
	if !from.Before(to) {
		return nil
	}
	days, err := d.days(ctx, calendarSamples, day(from), day(to))
	if err != nil {
		return err
	}
	for _, on := range days {
		for it, err := range d.all(ctx, SampleRead, span{pk: under(device, on), low: stamp(from), high: justBefore(to), consistent: true}) {
			if err != nil {
				return err
			}
			at, err := time.Parse(moment, textOf(it, attrSK))
			if err != nil {
				return fmt.Errorf("read sample: %w", err)
			}
			if err := do(at, it); err != nil {
				return err
			}
		}
	}
	return nil
}
