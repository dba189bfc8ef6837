package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
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
	kept, err := s.store.Records.Retain(ctx, daysAgo(number(ctx, s.store, "retention_days_records")), number(ctx, s.store, "retention_bytes_records"))
	if err == nil && kept.Deleted > 0 {
		s.log.Debug("records deleted", "deleted", kept.Deleted, "left", kept.Records, "bytes", kept.Bytes)
	}
	return err
}

func (s *server) purge(ctx context.Context) error {
	_, detections := s.store.Detections.Purge(ctx, daysAgo(number(ctx, s.store, "retention_days_detections")), purgeLimit)
	metrics := daysAgo(number(ctx, s.store, "retention_days_metrics"))
	_, devices := s.store.Devices.Purge(ctx, metrics, metrics)
	_, audit := s.store.Audit.Purge(ctx, daysAgo(number(ctx, s.store, "retention_days_audit")))
	return errors.Join(detections, devices, audit)
}

func daysAgo(days int64) time.Time { return time.Now().AddDate(0, 0, -int(days)) }

// watchHealth tells when the sensor begins to lose packets, or cannot store what it finds, and when it is well again.
func (s *server) watchHealth(ctx context.Context) {
	check := &health{p: s.pipeline, now: time.Now, trouble: s.trouble}
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stats := s.pipeline.engine.Stats()
		waiting, _ := s.pipeline.engine.Waiting()
		if e, changed := s.health.Turn(time.Now().UTC(), check.check(), stats.Packets, stats.Drops(), waiting); changed {
			s.tell(ctx, e)
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
func parameter(ctx context.Context, s *store.Store, name string) []string {
	p, err := store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.Documents}.Get(ctx, name)
	if err != nil {
		return nil
	}
	return p.Value.Values
}

// number gives a setting that is a number; where nobody made it, what the catalogue of parameters says.
func number(ctx context.Context, s *store.Store, name string) int64 {
	if values := parameter(ctx, s, name); len(values) > 0 {
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			return n
		}
	}
	return 0
}
