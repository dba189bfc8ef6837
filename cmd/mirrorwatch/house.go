package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How often the house is kept: records by size every few seconds, for they grow by hundreds of megabytes an hour; the rest rarely.
const (
	retainEvery = 15 * time.Second
	purgeEvery  = 10 * time.Minute
	healthEvery = 5 * time.Second
	// keepHealthEvery is how often the store is told how the sensor fares; at once where that changed.
	keepHealthEvery = time.Minute
	purgeLimit      = 1000 // detections at a time: a purge must not hold up what is being stored
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
	before, err := s.keptSince(ctx, store.RetentionDaysRecords)
	if err != nil {
		return err
	}
	size, err := store.ParameterNumber(ctx, s.store.Documents, store.RetentionBytesRecords)
	if err != nil {
		return err
	}
	kept, err := s.store.Records.Retain(ctx, before, size)
	if err == nil && kept.Deleted > 0 {
		s.log.Debug("records deleted", "deleted", kept.Deleted, "left", kept.Records, "bytes", kept.Bytes)
	}
	return err
}

// purge deletes what is too old, each thing by its own parameter.
func (s *server) purge(ctx context.Context) error {
	var errs []error
	for parameter, purge := range map[string]func(before time.Time) error{
		store.RetentionDaysDetections: func(t time.Time) error { return s.purgeDetections(ctx, t) },
		store.RetentionDaysMetrics:    func(t time.Time) error { _, err := s.store.Devices.Purge(ctx, t, t); return err },
		store.RetentionDaysAudit:      func(t time.Time) error { _, err := s.store.Audit.Purge(ctx, t); return err },
	} {
		before, err := s.keptSince(ctx, parameter)
		if err == nil {
			err = purge(before)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// purgeDetections deletes some at a time, so that others can be stored between.
func (s *server) purgeDetections(ctx context.Context, before time.Time) error {
	for {
		if n, err := s.store.Detections.Purge(ctx, before, purgeLimit); err != nil || n < purgeLimit {
			return err
		}
	}
}

// keptSince gives the moment before which a parameter of days wants things deleted.
func (s *server) keptSince(ctx context.Context, parameter string) (time.Time, error) {
	days, err := store.ParameterNumber(ctx, s.store.Documents, parameter)
	if err == nil && days < 1 {
		err = fmt.Errorf("parameter %s is %d: nothing is deleted", parameter, days)
	}
	return time.Now().AddDate(0, 0, -int(days)), err
}
