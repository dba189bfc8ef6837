package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	files "github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// Limits of what is held. An object of 128 MiB has a thousand and more MB of lines, of which most are of a few kinds.
const (
	partBytes     = 32 << 20 // of lines in one file
	totalBytes    = 64 << 20 // of lines in memory; then the largest part is written
	maxPartitions = 1000     // of one object: a day of all kinds

	rowBytes   = 80 // of a row beside its line
	leastChunk = 4 << 10
	mostChunk  = 1 << 20
)

// sorter sorts the lines of one object by kind and hour, and writes a file when a part is full. The same object gives the same files.
type sorter struct {
	o          *Options
	to         string    // name of the files
	until      time.Time // records behind it are rejected
	known      map[string]events.Kind
	partitions map[place]*partition
	order      []*partition // as they were met
	held       int
	out        bytes.Buffer
	rejects    rejects
	report     report
}

type place struct {
	kind events.Kind
	hour int64
}

// partition is the lines of one kind and hour that are not written yet. They lie in pieces of memory that grow.
type partition struct {
	kind   events.Kind
	folder string
	rows   []files.Row
	chunk  []byte
	bytes  int
	parts  int
}

// report is what came of an object.
type report struct {
	Records, Rejected, Torn, Files int
	BytesIn, BytesOut              int64

	rejected  [reasons]int
	unknown   names
	tornBytes int64
	firstTorn string
}

// names are a few of those that were met.
type names struct{ names []string }

func (n *names) add(name string) {
	for _, have := range n.names {
		if have == clip(name) {
			return
		}
	}
	if len(n.names) < 5 {
		n.names = append(n.names, clip(name))
	}
}

// read takes all of an object.
func (w *sorter) read(ctx context.Context, body io.Reader) error {
	f, err := newFrames(body)
	if err != nil {
		return err
	}
	defer f.dec.Close()
	w.known = kinds()
	for {
		text, err := f.next()
		w.report.Torn, w.report.tornBytes, w.report.firstTorn, w.report.BytesIn = f.torn, f.tornBytes, f.first, f.offset
		if errors.Is(err, io.EOF) {
			return w.finish(ctx)
		}
		if err == nil {
			err = w.lines(ctx, text)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

func (w *sorter) lines(ctx context.Context, text []byte) error {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		if err := w.line(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

func (w *sorter) line(ctx context.Context, line []byte) error {
	r, kind, why := parseLine(line, w.known)
	if why == taken && (r.at.Before(earliest) || r.at.After(w.until)) {
		why = outOfTime
	}
	var p *partition
	if why == taken {
		if p = w.partition(r.kind, r.at); p == nil {
			why = tooMany
		}
	}
	if why != taken {
		if why == unknownKind {
			w.report.unknown.add(kind)
		}
		w.report.rejected[why]++
		w.report.Rejected++
		return w.rejects.add(ctx, w, line)
	}
	n := p.add(r)
	w.held += n
	w.report.Records++
	return w.fit(ctx, p)
}

// partition gives the one of a kind and hour; nil where there are too many.
func (w *sorter) partition(kind events.Kind, at time.Time) *partition {
	key := place{kind, at.Unix() / 3600}
	p := w.partitions[key]
	if p == nil && len(w.partitions) < maxPartitions {
		p = &partition{kind: kind, folder: files.Partition(kind, at)}
		w.partitions[key] = p
		w.order = append(w.order, p)
	}
	return p
}

// add copies a row in, and gives what it takes.
func (p *partition) add(r row) int {
	need := len(r.rest) + 1
	if cap(p.chunk)-len(p.chunk) < need { // never grown in place: the rows point into it
		p.chunk = make([]byte, 0, max(need, min(mostChunk, max(leastChunk, p.bytes))))
	}
	from := len(p.chunk)
	p.chunk = append(append(p.chunk, '{'), r.rest...)
	p.rows = append(p.rows, files.Row{Kind: r.kind, Time: r.at, Line: p.chunk[from:len(p.chunk):len(p.chunk)]})
	p.bytes += need + rowBytes
	return need + rowBytes
}

// fit writes a part that is full, and the largest while all together are too much.
func (w *sorter) fit(ctx context.Context, p *partition) error {
	if p.bytes >= w.o.PartBytes {
		return w.write(ctx, p)
	}
	if w.held < w.o.TotalBytes {
		return nil
	}
	for _, one := range w.order {
		if one.bytes > p.bytes {
			p = one
		}
	}
	return w.write(ctx, p)
}

// write makes a file of what a partition holds.
func (w *sorter) write(ctx context.Context, p *partition) error {
	w.out.Reset()
	if err := files.Write(&w.out, p.kind, p.rows); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%s/%s-%04d.parquet", Records, p.folder, w.to, p.parts)
	w.held -= p.bytes
	p.rows, p.chunk, p.bytes = nil, nil, 0
	p.parts++
	return w.put(ctx, name, w.out.Bytes())
}

func (w *sorter) put(ctx context.Context, key string, body []byte) error {
	if err := w.o.Bucket.Put(ctx, key, body); err != nil {
		return err
	}
	w.report.Files++
	w.report.BytesOut += int64(len(body))
	return nil
}

func (w *sorter) finish(ctx context.Context) error {
	for _, p := range w.order {
		if len(p.rows) == 0 {
			continue
		}
		if err := w.write(ctx, p); err != nil {
			return err
		}
	}
	return w.rejects.finish(ctx, w)
}
