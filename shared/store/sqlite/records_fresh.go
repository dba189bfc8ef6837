package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// Limits of a row.
const (
	maxLine       = 1 << 20
	maxRecordKind = 64
)

// freshKind is the rows of one kind that are not sealed, in runs.
type freshKind struct {
	runs   []*run // all but the last are closed
	rows   int
	bytes  int
	chunks int
}

// run is some fresh rows that are read as one. While it is open rows are added to its end, and nothing else ever changes.
type run struct {
	chunks []int64 // their places
	rows   []segment.Row
	bytes  int
	from   int64 // times of the first and the last row
	to     int64
	closed bool

	mu   sync.Mutex
	seg  *segment.Segment // of the first built rows
	made int
}

// segmentOf gives the first n rows as columns.
func (u *run) segmentOf(c *segment.Codec, list []segment.Row) (*segment.Segment, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seg != nil && u.made == len(list) {
		return u.seg, nil
	}
	sealed, err := segment.NewEncoder(c).Encode(append([]segment.Row(nil), list...))
	if err != nil {
		return nil, err
	}
	seg, err := segment.OpenSealed(sealed, c)
	if err == nil && len(list) >= u.made {
		u.seg, u.made = seg, len(list)
	}
	return seg, err
}

// warm makes columns of all fresh rows that were loaded, on every processor. Otherwise whoever asks for the last day first would wait for
// it, a third of a second where nearly a segment of each kind is fresh.
func (r *records) warm(ctx context.Context) error {
	var runs []*run
	for _, k := range r.fresh {
		for _, u := range k.runs {
			u.closed = true
			runs = append(runs, u)
		}
	}
	var group sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, workers)
	for n := range workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(runs)) && errs[n] == nil && ctx.Err() == nil; i = next.Add(1) - 1 {
				_, errs[n] = runs[i].segmentOf(r.codec, runs[i].rows)
			}
		})
	}
	group.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// Append stores records.
func (r *records) Append(ctx context.Context, list ...store.Row) error {
	if err := checkRows(list); err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	if err := errors.Join(r.waitForRoom(ctx), r.keepPromise(ctx)); err != nil {
		return err
	}
	chunks := chunksOf(list)
	packed := make([][]byte, len(chunks))
	for i := range chunks {
		packed[i] = r.packChunk(chunks[i])
	}
	err := r.d.change(ctx, func(t *tx) error {
		r.place(chunks)
		for i, c := range chunks {
			if _, err := t.exec("INSERT INTO record_fresh (seq, kind, data) VALUES (?, ?, ?)", c.rows[0].Seq, c.kind, packed[i]); err != nil {
				return err
			}
		}
		t.after(func() { r.show(chunks) })
		return nil
	})
	if err != nil {
		return fmt.Errorf("append records: %w", err)
	}
	return nil
}

func checkRows(list []store.Row) error {
	for i := range list {
		row := &list[i]
		switch {
		case row.Kind == "" || len(row.Kind) > maxRecordKind:
			return &store.Invalid{Field: "kind", Value: clip(string(row.Kind)), Allowed: fmt.Sprintf("a name of 1 to %d bytes", maxRecordKind)}
		case len(row.Line) > maxLine:
			return &store.Invalid{Field: "line", Value: clip(string(row.Line)), Allowed: fmt.Sprintf("at most %d bytes long", maxLine)}
		case len(bytes.TrimLeft(row.Line, " \t\r\n")) == 0 || bytes.TrimLeft(row.Line, " \t\r\n")[0] != '{' || !json.Valid(row.Line):
			return &store.Invalid{Field: "line", Value: clip(string(row.Line)), Allowed: "a JSON object"}
		case row.Time.Year() < 1900 || row.Time.Year() >= 2200:
			return &store.Invalid{Field: "time", Value: row.Time.String(), Allowed: "a time between the years 1900 and 2200"}
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}

// chunksOf copies rows, those of each kind together.
func chunksOf(list []store.Row) (chunks []freshChunk) {
	open := map[string]int{}
	size := 0
	for i := range list {
		size += len(list[i].Line)
	}
	lines := make([]byte, 0, size)
	for i := range list {
		kind := string(list[i].Kind)
		at, ok := open[kind]
		if !ok || len(chunks[at].rows) == chunkRows {
			at = len(chunks)
			open[kind] = at
			chunks = append(chunks, freshChunk{kind: kind})
		}
		from := len(lines)
		lines = append(lines, list[i].Line...)
		chunks[at].at = append(chunks[at].at, i)
		chunks[at].rows = append(chunks[at].rows, segment.Row{TS: list[i].Time.UnixNano(), Line: lines[from:len(lines):len(lines)]})
	}
	return chunks
}

// place gives chunks their place in the order of storing. Only the goroutine that writes calls it.
func (r *records) place(chunks []freshChunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := 0
	for _, c := range chunks {
		for i := range c.rows {
			c.rows[i].Seq = r.given + 1 + int64(c.at[i])
			most = max(most, c.at[i])
		}
	}
	r.given += int64(most) + 1
}

// show makes stored chunks visible.
func (r *records) show(chunks []freshChunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range chunks {
		r.addFresh(c)
		r.last = max(r.last, c.rows[len(c.rows)-1].Seq)
	}
	if r.wantsSealing() != "" {
		select {
		case r.sealSoon <- struct{}{}:
		default:
		}
	}
}

func (r *records) addFresh(c freshChunk) {
	k := r.fresh[c.kind]
	if k == nil {
		k = &freshKind{}
		r.fresh[c.kind] = k
	}
	if n := len(k.runs); n == 0 || k.runs[n-1].closed || len(k.runs[n-1].rows)+len(c.rows) > chunkRows {
		if n > 0 {
			k.runs[n-1].closed = true
		}
		k.runs = append(k.runs, &run{})
	}
	u := k.runs[len(k.runs)-1]
	if len(u.rows) == 0 {
		u.from, u.to = c.rows[0].TS, c.rows[0].TS
	}
	u.chunks = append(u.chunks, c.rows[0].Seq)
	u.rows = append(u.rows, c.rows...)
	for i := range c.rows {
		u.from, u.to = min(u.from, c.rows[i].TS), max(u.to, c.rows[i].TS)
		size := len(c.rows[i].Line)
		u.bytes, k.bytes, r.bytes = u.bytes+size, k.bytes+size, r.bytes+size
	}
	u.closed = len(u.rows) >= runRows
	k.rows += len(c.rows)
	k.chunks, r.chunks = k.chunks+1, r.chunks+1
}

// waitForRoom holds a writer up who is faster than sealing.
func (r *records) waitForRoom(ctx context.Context) error {
	for {
		r.mu.Lock()
		full, room, failed := r.bytes > 2*freshBytes || r.chunks > 2*freshChunks, r.room, r.failed
		r.mu.Unlock()
		switch {
		case !full:
			return nil
		case failed != nil:
			r.poke()
			return fmt.Errorf("append records: %w", failed)
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		case <-r.stopped:
			return errClosed
		}
	}
}

func (r *records) poke() {
	select {
	case r.sealSoon <- struct{}{}:
	default:
	}
}
