package main

import (
	"context"
	"errors"

	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/places"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How often a server looks whether AWS wrote something new, and whether a context is to be made again.
const (
	lookForLogs  = 15 * time.Second
	lookForTasks = 5 * time.Second
	restsFor     = 2 * time.Second // a file that was written to so lately may be written to still
)

// joinCounts is what a joiner did, for whoever asks meanwhile.
type joinCounts struct{ files, records, skipped, failed, again atomic.Uint64 }

// joiner is the part of a server that joins detections with AWS's logs.
type joiner struct {
	*correlate.Correlator
	o      awsLogs
	judge  *logJudge
	ingest *ingest.Ingest
	log    *slog.Logger
	told   map[string]string // files that could not be read, by the version that was tried; the watcher's own
	counts joinCounts
}

// startJoiner makes the joiner. It is ready when events come; the folders are read in the background.
func (s *server) startJoiner(ctx context.Context) error {
	if err := s.o.awsLogs.check(); err != nil {
		return err
	}
	book, err := s.o.places()
	if err != nil {
		return err
	}
	s.join, err = newJoiner(ctx, s.store, book, &s.o, s.log)
	return err
}

func newJoiner(ctx context.Context, to *store.Store, book *places.Book, o *serveOptions, log *slog.Logger) (*joiner, error) {
	j := &joiner{o: o.awsLogs, log: log, told: map[string]string{}}
	var err error
	if j.Correlator, err = correlate.New(correlate.Options{Store: to, Places: book, Now: time.Now, Log: log}); err != nil {
		return nil, err
	}
	if j.judge, err = newLogJudge(ctx, to, &o.options, log); err != nil {
		return nil, err
	}
	j.ingest, err = ingest.New(ingest.Options{
		Documents: to.Documents, Records: to.Records, Judge: j.judge.Judge, Format: o.format, Now: time.Now, Log: log,
	})
	return j, err
}

// watch reads what is new in the folders, and makes contexts again whose time has come, until ctx ends.
func (j *joiner) watch(ctx context.Context) {
	logs, tasks := time.NewTicker(lookForLogs), time.NewTicker(lookForTasks)
	defer logs.Stop()
	defer tasks.Stop()
	j.readAll(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-logs.C:
			j.readAll(ctx)
		case <-tasks.C:
			n, err := j.Due(ctx)
			j.counts.again.Add(uint64(n))
			if err != nil && ctx.Err() == nil {
				j.log.Warn("contexts are made again later", "error", err)
			}
		}
	}
}

// readAll reads what was not read before: inventories first, for they name what the others tell of.
func (j *joiner) readAll(ctx context.Context) {
	if !j.o.any() {
		return
	}
	if err := j.judge.refresh(ctx, time.Now()); err != nil && ctx.Err() == nil {
		j.log.Warn("it is not known whom the sensors see", "error", err)
	}
	inventories, err := files(j.o.inventory, func(string) bool { return true })
	logs, err2 := j.o.inOrder()
	if err := errors.Join(err, err2); err != nil && ctx.Err() == nil {
		j.log.Warn("folder cannot be listed", "error", err)
	}
	j.readNew(ctx, inventories, func(l *logFile) reader { return j.ingest.InventoryOnce })
	j.readNew(ctx, logs, func(l *logFile) reader {
		if l.trail {
			return j.ingest.Trail
		}
		return j.ingest.Flows
	})
	if err := j.judge.turn(ctx); err != nil && ctx.Err() == nil {
		j.log.Warn("what AWS's logs show was not stored", "error", err)
	}
}

// readNew reads files that were not tried as they are, and were not written to just now.
func (j *joiner) readNew(ctx context.Context, list []logFile, how func(*logFile) reader) {
	for i := range list {
		l := &list[i]
		if ctx.Err() != nil {
			return
		}
		if j.told[l.path] == l.version() || time.Since(l.written) < restsFor {
			continue
		}
		j.readOne(ctx, l, how(l))
	}
}

// readOne reads a file, or says once why it cannot be read. What the store refuses for the moment comes again.
func (j *joiner) readOne(ctx context.Context, l *logFile, read reader) {
	f, err := os.Open(l.path)
	if err != nil {
		j.told[l.path] = l.version()
		j.log.Warn("log cannot be opened", "file", l.path, "error", err)
		return
	}
	defer f.Close()
	r, err := read(ctx, l.path, l.version(), f)
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrConflict)):
		j.log.Warn("log is read again later", "file", l.path, "error", err)
		return
	case err != nil:
		j.counts.failed.Add(1)
		j.log.Error("log cannot be read", "file", l.path, "error", err)
	case !r.Known:
		j.counts.files.Add(1)
		j.counts.records.Add(uint64(r.Records))
		j.counts.skipped.Add(uint64(r.Skipped))
		j.log.Info("log read", "file", l.path, "records", r.Records, "skipped", r.Skipped)
		for _, p := range r.Problems {
			j.log.Warn("part of a log makes no sense", "file", l.path, "problem", p)
		}
	}
	j.told[l.path] = l.version()
}

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (j *joiner) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counts once and gives them all.
func (j *joiner) Collect(out chan<- prometheus.Metric) {
	collect(out, []gauge{
		{"aws_files_total", "Files of AWS's logs that were read.", prometheus.CounterValue, float64(j.counts.files.Load())},
		{"aws_records_total", "Records in them.", prometheus.CounterValue, float64(j.counts.records.Load())},
		{"aws_skipped_total", "Of them those that made no sense, or that AWS says are missing.", prometheus.CounterValue, float64(j.counts.skipped.Load())},
		{"aws_failed_total", "Files that could not be read.", prometheus.CounterValue, float64(j.counts.failed.Load())},
		{"correlate_again_total", "Contexts of detections that were made again because something came late.", prometheus.CounterValue, float64(j.counts.again.Load())},
	})
}
