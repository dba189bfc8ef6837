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

// haste is how often a server looks whether AWS wrote something new, and how long it waits for what is not all there.
type haste struct {
	logs   time.Duration   // between two looks at the folders
	tasks  time.Duration   // between two looks at the contexts that are to be made again
	rests  time.Duration   // a file that was written to so lately may be written to still
	halves time.Duration   // and one that ends in the middle may be for so long
	late   []time.Duration // correlate.Options.Waits
}

// usual is the haste of a server.
func usual() haste {
	return haste{logs: 15 * time.Second, tasks: 5 * time.Second, rests: 2 * time.Second, halves: 5 * time.Minute}
}

// inHaste is that of one in a test, which waits for what is late for seconds.
func inHaste() haste {
	const soon = 300 * time.Millisecond
	h := haste{logs: soon, tasks: soon, rests: soon, halves: 5 * time.Minute}
	for range 100 {
		h.late = append(h.late, time.Second)
	}
	return h
}

// joinCounts is what a joiner did, for whoever asks meanwhile.
type joinCounts struct{ files, records, skipped, failed, again atomic.Uint64 }

// joiner is the part of a server that joins detections with AWS's logs.
type joiner struct {
	*correlate.Correlator
	o      *serveOptions
	store  *store.Store
	haste  haste
	judge  *logJudge // nil: it has seen half of a file, and is made anew
	ingest *ingest.Ingest
	log    *slog.Logger
	told   map[string]string // files that were read or cannot be, by the state that was tried; the watcher's own
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
	j := &joiner{o: o, store: to, haste: usual(), log: log, told: map[string]string{}}
	if o.hurry {
		j.haste = inHaste()
	}
	var err error
	if j.Correlator, err = correlate.New(correlate.Options{Store: to, Places: book, Waits: j.haste.late, Now: time.Now, Log: log}); err != nil {
		return nil, err
	}
	return j, j.ready(ctx)
}

// ready makes the detectors over AWS's logs, as they were saved last, and who reads for them.
func (j *joiner) ready(ctx context.Context) error {
	judge, err := newLogJudge(ctx, j.store, &j.o.options, true, j.log)
	if err != nil {
		return err
	}
	j.ingest, err = ingest.New(ingest.Options{
		Documents: j.store.Documents, Records: j.store.Records, Judge: judge.Judge, Format: j.o.format, Now: time.Now, Log: j.log,
		Settle: judge.settle,
	})
	j.judge = judge
	return err
}

// watch reads what is new in the folders, and makes contexts again whose time has come, until ctx ends.
func (j *joiner) watch(ctx context.Context) {
	logs, tasks := time.NewTicker(j.haste.logs), time.NewTicker(j.haste.tasks)
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
	if j.judge == nil {
		if err := j.ready(ctx); err != nil {
			j.log.Warn("AWS's logs are read later", "error", err)
			return
		}
	}
	if err := j.judge.refresh(ctx, time.Now()); err != nil && ctx.Err() == nil {
		j.log.Warn("it is not known whom the sensors see", "error", err)
	}
	inventories, err := files(j.o.inventory, func(string) bool { return true })
	logs, err2 := j.o.inOrder()
	if err := errors.Join(err, err2); err != nil && ctx.Err() == nil {
		j.log.Warn("folder cannot be listed", "error", err)
	}
	if !j.readNew(ctx, inventories, j.readInventory) || !j.readNew(ctx, logs, j.readLog) {
		return
	}
	j.forget(append(inventories, logs...))
	if err := j.judge.turn(ctx); err != nil && ctx.Err() == nil {
		j.log.Warn("what AWS's logs show was not stored", "error", err)
	}
}

type opened func(context.Context, *logFile, *os.File) (ingest.Report, error)

// readInventory takes one for another as soon as it is written to: it says what is now, and what was so before is news when it comes again.
func (j *joiner) readInventory(ctx context.Context, l *logFile, f *os.File) (ingest.Report, error) {
	return j.ingest.InventoryOnce(ctx, l.path, l.state(), f)
}

func (j *joiner) readLog(ctx context.Context, l *logFile, f *os.File) (ingest.Report, error) {
	if l.trail {
		return readLog(ctx, l, f, j.ingest.Trail)
	}
	return readLog(ctx, l, f, j.ingest.Flows)
}

// forget leaves in memory only what is still in the folders: what comes back is known by the store.
func (j *joiner) forget(list []logFile) {
	present := make(map[string]string, len(list))
	for i := range list {
		if s, known := j.told[list[i].path]; known {
			present[list[i].path] = s
		}
	}
	j.told = present
}

// readNew reads files that were not tried as they are, and were not written to just now. It says whether the round goes on.
func (j *joiner) readNew(ctx context.Context, list []logFile, read opened) bool {
	for i := range list {
		l := &list[i]
		if j.told[l.path] == l.state() || time.Since(l.written) < j.haste.rests {
			continue
		}
		done, err := j.readOne(ctx, l, read)
		if err != nil {
			return false
		}
		if done {
			j.told[l.path] = l.state()
		}
	}
	return true
}

// readOne reads a file, or says once why it cannot be read; it says whether that is over. One that ends in the middle and was written to
// lately is waited for. What the store refuses for the moment comes again, with detectors that have seen nothing of it: the error says so.
func (j *joiner) readOne(ctx context.Context, l *logFile, read opened) (done bool, err error) {
	f, err := os.Open(l.path)
	if err != nil {
		j.counts.failed.Add(1)
		j.log.Warn("log cannot be opened", "file", l.path, "error", err)
		return true, nil
	}
	defer f.Close()
	if time.Since(l.written) < j.haste.halves && !l.whole(f) {
		return false, nil
	}
	r, err := read(ctx, l, f)
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrConflict)):
		j.log.Warn("log is read again later", "file", l.path, "error", err)
		j.judge = nil
		return false, err
	case err != nil:
		j.counts.failed.Add(1)
		j.log.Error("log cannot be read", "file", l.path, "error", err)
	case !r.Known:
		j.count(l, &r)
	}
	return true, nil
}

func (j *joiner) count(l *logFile, r *ingest.Report) {
	j.counts.files.Add(1)
	j.counts.records.Add(uint64(r.Records))
	j.counts.skipped.Add(uint64(r.Skipped))
	j.log.Info("log read", "file", l.path, "records", r.Records, "skipped", r.Skipped)
	for _, p := range r.Problems {
		j.log.Warn("part of a log makes no sense", "file", l.path, "problem", p)
	}
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
