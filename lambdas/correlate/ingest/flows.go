package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
)

// rowsAtOnce is how many records are kept for search at a time.
const rowsAtOnce = 1000

// Flows reads a file of flow logs: text or Parquet, packed or not. Name says where it lies, version which state of it. The error is of what
// kept it from being read, or kept; what made no sense in it is in the report.
func (i *Ingest) Flows(ctx context.Context, name, version string, r io.Reader) (Report, error) {
	out := Report{Object: name}
	known, err := i.known(ctx, events.SourceFlowLogs, name, version)
	if known || err != nil {
		out.Known = known
		return out, err
	}
	in, err := flowlog.NewReader(r, flowlog.Options{Format: i.o.Format, MaxProblems: maxProblems})
	if err != nil {
		return out, fmt.Errorf("read %s: %w", name, err)
	}
	w := i.weigh(ctx, name, version)
	batch := make([]flowlog.Record, 512)
	for err == nil {
		var n int
		n, err = in.Next(batch)
		for k := range batch[:n] {
			w.add(&batch[k])
		}
		if w.err != nil {
			return out, w.err
		}
	}
	if !errors.Is(err, io.EOF) { // damaged, or cut off: what came before it counts
		out.problem("%v", err)
		out.Skipped++
	}
	out.of(in.Stats())
	return out, w.finish(&out)
}

// Lines reads lines of flow logs as a log group gives them. Name tells this delivery from all others.
func (i *Ingest) Lines(ctx context.Context, name string, lines []string) (Report, error) {
	out := Report{Object: name}
	known, err := i.known(ctx, events.SourceFlowLogs, name, "")
	if known || err != nil {
		out.Known = known
		return out, err
	}
	in, err := flowlog.NewLines(flowlog.Options{Format: i.o.Format, MaxProblems: maxProblems})
	if err != nil {
		return out, fmt.Errorf("read lines of %s: %w", name, err)
	}
	w := i.weigh(ctx, name, "")
	var r flowlog.Record
	for _, line := range lines {
		if in.Read([]byte(line), &r) {
			w.add(&r)
		}
		if w.err != nil {
			return out, w.err
		}
	}
	out.of(in.Stats())
	return out, w.finish(&out)
}

// of takes over what a reader counted.
func (r *Report) of(s flowlog.Stats) {
	r.Records = int64(s.Records)
	r.Skipped += int64(s.Bad + s.SkipData)
	for _, p := range s.Problems {
		r.problem("%v", p)
	}
	if s.SkipData > 0 {
		r.problem("AWS left records out in %d windows (SKIPDATA)", s.SkipData)
	}
	if s.Newest > 0 {
		r.Through = time.Unix(s.Newest, 0).UTC()
	}
}

// weighing takes the conversations of one object: they are counted, kept for search, and shown to the detectors.
type weighing struct {
	*Ingest
	ctx     context.Context
	object  string
	version string
	pair    *flowlog.Pairer
	count   *tally.Counter
	single  events.Conn // a record by itself, used again
	judged  bool        // the detectors want this object: they have not seen it
	rows    []store.Row
	kept    int64
	err     error
}

func (i *Ingest) weigh(ctx context.Context, name, version string) *weighing {
	w := &weighing{Ingest: i, ctx: ctx, object: name, version: version, count: tally.NewCounter(tally.Options{Until: i.o.Now().Add(keepLogs)})}
	w.pair = flowlog.NewPairer(flowlog.PairOptions{}, w.take)
	w.judged = i.begin(name, version)
	return w
}

// add takes one record. It is counted by itself, for what each interface logged; detectors and searches want both directions in one.
func (w *weighing) add(r *flowlog.Record) {
	if r.Conn(&w.single) {
		w.count.Add(&w.single)
	}
	w.pair.Add(r)
}

func (w *weighing) take(c *events.Conn) {
	w.kept++
	if w.judged {
		w.o.Judge.Conn(c)
	}
	if w.o.Records == nil || w.err != nil {
		return
	}
	if w.rows = append(w.rows, row(c)); len(w.rows) == rowsAtOnce {
		w.err = w.keep(w.ctx, w.rows)
		w.rows = w.rows[:0]
	}
}

// finish keeps what the object held.
func (w *weighing) finish(out *Report) error {
	w.pair.Flush()
	if w.err == nil {
		w.err = w.keep(w.ctx, w.rows)
	}
	if w.err != nil {
		return w.err
	}
	out.Kept = w.kept
	if err := w.count.Keep(w.ctx, w.o.Documents, w.object+"\x00"+w.version); err != nil {
		return fmt.Errorf("keep flows of %s: %w", w.object, err)
	}
	if err := w.end(w.ctx, w.judged, w.object, w.version); err != nil {
		return err
	}
	return w.done(w.ctx, events.SourceFlowLogs, w.version, out)
}
