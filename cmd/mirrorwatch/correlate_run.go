package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	inmemory "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// joining is one run of correlate: what was read, and what goes where.
type joining struct {
	o       *correlateOptions
	log     io.Writer
	store   *store.Store
	joiner  *correlate.Correlator
	judge   *logJudge
	ingest  *ingest.Ingest
	reports []ingest.Report
	failed  []error
}

// correlateAll reads everything, joins it, and prints what came of it, whatever could not be read.
func correlateAll(cmd *cobra.Command, o *correlateOptions, captures []string) error {
	j, err := openJoining(cmd.Context(), o, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer j.store.Close()
	ctx := cmd.Context()
	for _, step := range []func(context.Context) error{
		j.readInventory,
		func(ctx context.Context) error { return j.readCaptures(ctx, captures) },
		j.readLogs, j.judge.close, j.join,
	} {
		if err := step(ctx); err != nil {
			return errors.Join(append(j.failed, err)...)
		}
	}
	if err := j.tell(cmd); err != nil {
		j.failed = append(j.failed, err)
	}
	return errors.Join(j.failed...)
}

func openJoining(ctx context.Context, o *correlateOptions, log io.Writer) (_ *joining, err error) {
	j := &joining{o: o, log: log}
	book, err := o.places()
	if err != nil {
		return nil, err
	}
	if j.store, err = j.open(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.store.Close())
		}
	}()
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if j.judge, err = newLogJudge(ctx, j.store, &o.options, o.data != "", logger); err != nil {
		return nil, err
	}
	records := j.store.Records
	if o.data == "" {
		records = nil // nobody will search in what is forgotten at the end
	}
	j.ingest, err = ingest.New(ingest.Options{
		Documents: j.store.Documents, Records: records, Judge: j.judge.Judge, Format: o.format, Now: time.Now, Log: logger,
		Settle: j.judge.settle,
	})
	if err != nil {
		return nil, err
	}
	j.joiner, err = correlate.New(correlate.Options{Store: j.store, Places: book, Now: time.Now, Log: logger})
	return j, err
}

func (j *joining) open(ctx context.Context) (*store.Store, error) {
	if j.o.data == "" {
		return inmemory.New(inmemory.Options{Now: time.Now, Schema: archive.Schema()}), nil
	}
	return sqlite.Open(ctx, sqlite.Options{Folder: j.o.data, Now: time.Now, Schema: archive.Schema()})
}

// note takes a report, and an error that concerns one object only.
func (j *joining) note(r ingest.Report, err error) {
	j.reports = append(j.reports, r)
	if err != nil {
		j.failed = append(j.failed, err)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(j.log, "mirrorwatch: %s: %s\n", clean(r.Object), clean(p))
	}
}

func (j *joining) readInventory(ctx context.Context) error {
	for _, name := range j.o.inventory {
		f, err := os.Open(name)
		if err != nil {
			j.failed = append(j.failed, fmt.Errorf("open inventory: %w", err))
			continue
		}
		at := time.Now()
		if info, err := f.Stat(); err == nil {
			at = info.ModTime()
		}
		r, err := j.ingest.Inventory(ctx, name, at, f)
		f.Close()
		j.note(r, err)
	}
	return nil
}

// readCaptures runs the sensor over captures, and stores what it found.
func (j *joining) readCaptures(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	p, err := newPipeline(j.o.options, nil)
	if err != nil {
		return err
	}
	begin := time.Now()
	for _, name := range names {
		if err := p.readFile(name); err != nil {
			j.failed = append(j.failed, err)
		}
	}
	p.engine.Finish()
	if err := errors.Join(p.close(), p.settle(true)); err != nil {
		j.failed = append(j.failed, err)
	}
	fmt.Fprintln(j.log, p.closing(time.Since(begin)))
	p.model.Collect()
	devices, _ := p.model.Collected(math.MaxInt)
	if err := j.store.Devices.Put(ctx, devices...); err != nil {
		return fmt.Errorf("store devices: %w", err)
	}
	if err := j.judge.refresh(ctx, p.latest.Time()); err != nil {
		return err
	}
	for _, d := range p.judge.Detections() {
		if err := put(ctx, j.store, d); err != nil {
			return err
		}
	}
	return nil
}

func put(ctx context.Context, s *store.Store, d *events.Detection) error {
	if _, err := s.Detections.Put(ctx, *d); err != nil {
		return fmt.Errorf("store detection: %w", err)
	}
	return nil
}

// readLogs reads every log below the folders, in the order of time, with a bar where somebody watches. A file that cannot be read is told, and
// the others are read.
func (j *joining) readLogs(ctx context.Context) error {
	list, err := j.o.inOrder()
	if err != nil {
		j.failed = append(j.failed, err)
	}
	j.lacking(list)
	bar := barOf(list)
	for i := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		read := j.ingest.Flows
		if list[i].trail {
			read = j.ingest.Trail
		}
		j.readOne(ctx, &list[i], read)
		bar.Add64(list[i].size) //nolint:errcheck // a bar that cannot be drawn is no reason to stop
	}
	bar.Finish() //nolint:errcheck // as above
	if n := j.judge.Stats().Stale; n > 0 {
		fmt.Fprintf(j.log, "mirrorwatch: %d records are more than a day older than others, and were joined but not judged\n", n)
	}
	return nil
}

// lacking says which folders hold nothing that is read.
func (j *joining) lacking(list []logFile) {
	trails := 0
	for i := range list {
		if list[i].trail {
			trails++
		}
	}
	for _, f := range []struct {
		what  string
		roots []string
		n     int
	}{{"flow logs", j.o.flows, len(list) - trails}, {"CloudTrail logs", j.o.trails, trails}} {
		if len(f.roots) > 0 && f.n == 0 {
			fmt.Fprintf(j.log, "mirrorwatch: no %s below %s\n", f.what, clean(fmt.Sprint(f.roots)))
		}
	}
}

// readOne reads a file. What it cannot be read for is its own.
func (j *joining) readOne(ctx context.Context, l *logFile, read reader) {
	f, err := os.Open(l.path)
	if err != nil {
		j.note(ingest.Report{Object: l.path}, fmt.Errorf("open log: %w", err))
		return
	}
	defer f.Close()
	j.note(readLog(ctx, l, f, read))
}

// barOf shows how much of some files was read, where standard error is a terminal.
func barOf(list []logFile) *progressbar.ProgressBar {
	total := int64(0)
	for i := range list {
		total += list[i].size
	}
	if !isTerminal(os.Stderr) || total == 0 {
		return progressbar.DefaultBytesSilent(max(total, 1))
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("logs of AWS"), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

// join makes the context of every detection that has none of its state, oldest first, and does what is due.
func (j *joining) join(ctx context.Context) error {
	q := store.DetectionQuery{Sort: store.ByOldest, Filter: store.DetectionFilter{Hidden: store.HiddenInclude}, Limit: store.MaxPage}
	for {
		page, err := j.store.Detections.Search(ctx, q)
		if err != nil {
			return fmt.Errorf("list detections: %w", err)
		}
		for i := range page.Items {
			if err := j.joiner.Again(ctx, page.Items[i]); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}
