package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How often the house is kept: records by size every few seconds, for they grow by hundreds of megabytes an hour; the rest rarely.
const (
	retainEvery = 15 * time.Second
	purgeEvery  = 10 * time.Minute
	healthEvery = 5 * time.Second
	purgeLimit  = 10_000 // detections at a time: a purge must not hold up what is being stored
)

// keepHouse deletes what is older, or more, than the parameters want kept.
func (s *server) keepHouse(ctx context.Context) {
	retain, purge := time.NewTicker(retainEvery), time.NewTicker(purgeEvery)
	defer retain.Stop()
	defer purge.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-retain.C:
			err = s.retainRecords(ctx)
		case <-purge.C:
			err = s.purge(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("housekeeping failed", "error", err)
		}
	}
}

func (s *server) retainRecords(ctx context.Context) error {
	from, err := keptFrom(ctx, s.store, "retention_days_records")
	if err != nil {
		return err
	}
	size, err := number(ctx, s.store, "retention_bytes_records")
	if err != nil {
		return err
	}
	kept, err := s.store.Records.Retain(ctx, from, size)
	if err == nil && kept.Deleted > 0 {
		s.log.Debug("records deleted", "deleted", kept.Deleted, "left", kept.Records, "bytes", kept.Bytes)
	}
	return err
}

// purge deletes what is too old of everything but records. What one setting hinders does not hinder the others.
func (s *server) purge(ctx context.Context) error {
	var errs []error
	for name, purge := range map[string]func(time.Time) error{
		"retention_days_detections": func(t time.Time) error { _, err := s.store.Detections.Purge(ctx, t, purgeLimit); return err },
		"retention_days_metrics":    func(t time.Time) error { _, err := s.store.Devices.Purge(ctx, t, t); return err },
		"retention_days_audit":      func(t time.Time) error { _, err := s.store.Audit.Purge(ctx, t); return err },
	} {
		from, err := keptFrom(ctx, s.store, name)
		if err == nil {
			err = purge(from)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// watchHealth tells when the sensor begins to lose packets, or cannot store what it finds, and when it is well again.
func (s *server) watchHealth(ctx context.Context) {
	check := &health{p: s.pipeline, now: time.Now, trouble: s.trouble}
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	for { // the first look is at once: until it nothing is known of the sensor, and the API would call it ill
		stats := s.pipeline.engine.Stats()
		waiting, _ := s.pipeline.engine.Waiting()
		if e, changed := s.health.Turn(time.Now().UTC(), check.check(), stats.Packets, stats.Drops(), waiting); changed {
			s.tell(ctx, e)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *server) tell(ctx context.Context, e events.Event) {
	h := e.Detail.Health
	s.log.Warn("sensor's health changed", "healthy", h.Healthy, "reason", h.Reason)
	if err := s.store.Outbox.Publish(ctx, e); err != nil && ctx.Err() == nil {
		s.log.Error("sensor's health was not told", "error", err)
	}
}

// parameter gives a setting that people made, or its default.
func parameter(ctx context.Context, s *store.Store, name string) ([]string, error) {
	p, err := store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.Documents}.Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return api.ParameterDefault(name), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read parameter %s: %w", name, err)
	}
	return p.Value.Values, nil
}

// number gives a setting that is a number. One that cannot be read is an error and never a guess: things are deleted by it.
func number(ctx context.Context, s *store.Store, name string) (int64, error) {
	values, err := parameter(ctx, s, name)
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, fmt.Errorf("parameter %s has %d values, not one", name, len(values))
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parameter %s: %w", name, err)
	}
	return n, nil
}

// keptFrom is the time before which a retention in days lets go.
func keptFrom(ctx context.Context, s *store.Store, name string) (time.Time, error) {
	days, err := number(ctx, s, name)
	if err == nil && days < 1 {
		err = fmt.Errorf("parameter %s is %d, at least one day is kept", name, days)
	}
	return time.Now().AddDate(0, 0, -int(days)), err
}
