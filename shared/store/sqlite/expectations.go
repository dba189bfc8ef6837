package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// PutExpectations stores what devices are expected to do in an hour.
func (s devices) PutExpectations(ctx context.Context, list ...events.Expectation) error {
	for i := range list {
		if err := store.CheckExpectation(&list[i]); err != nil {
			return err
		}
	}
	err := s.d.change(ctx, func(t *tx) error {
		metrics := map[string]int64{}
		for i := range list {
			if err := putExpectation(t, &list[i], metrics); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store expectations: %w", err)
	}
	return nil
}

func putExpectation(t *tx, e *events.Expectation, metrics map[string]int64) error {
	device, err := nameID(t, "device", e.Device)
	if err != nil {
		return err
	}
	h := floor(e.Time.Unix(), hour)
	if _, err := t.exec("DELETE FROM expectation WHERE hour = ? AND device = ?", h, device); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
		if metrics[name] == 0 {
			if metrics[name], err = nameID(t, "metric", name); err != nil {
				return err
			}
		}
		r := e.Metrics[name]
		if _, err := t.exec("INSERT INTO expectation (hour, device, metric, low, mid, high, basis) VALUES (?, ?, ?, ?, ?, ?, ?)",
			h, device, metrics[name], r.Low, r.Mid, r.High, r.Basis); err != nil {
			return err
		}
	}
	return nil
}

// Expectations gives what was expected of one metric in the hours that begin in [from, to), oldest first.
func (s devices) Expectations(ctx context.Context, device, metric string, from, to time.Time) ([]events.ExpectedHour, error) {
	q, err := s.d.query(`SELECT hour, low, mid, high, basis FROM expectation WHERE hour >= ? AND hour <= ?
		AND device = (SELECT id FROM series_device WHERE name = ?) AND metric = (SELECT id FROM series_metric WHERE name = ?) ORDER BY hour`)
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, floor(from.Unix(), hour), floor(to.Unix(), hour), device, metric)
	list, err := collect(rows, err, func(scan func(...any) error) (e events.ExpectedHour, err error) {
		var at int64
		err = scan(&at, &e.Low, &e.Mid, &e.High, &e.Basis)
		e.Time = time.Unix(at*hour, 0).UTC()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was expected of %s of %s: %w", metric, device, s.d.seen(err))
	}
	return slices.DeleteFunc(list, func(e events.ExpectedHour) bool { return e.Time.Before(from) || !e.Time.Before(to) }), nil
}
