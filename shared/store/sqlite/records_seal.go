package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// smallRows is below what a segment is small, and worth merging with its neighbours.
const smallRows = sealRows / 4

// seals is the goroutine that turns fresh rows into segments, and small segments into larger ones.
func (r *records) seals(ctx context.Context) {
	defer close(r.stopped)
	r.poke()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.sealSoon:
		}
		for more := true; more && ctx.Err() == nil; {
			var err error
			more, err = r.sealNext(ctx)
			r.mu.Lock()
			r.failed = err
			close(r.room)
			r.room = make(chan struct{})
			r.mu.Unlock()
		}
	}
}

// wantsSealing names the kind to seal next, "" where none needs it. The caller holds mu.
func (r *records) wantsSealing() string {
	most, name := 0, ""
	for kind, k := range r.fresh {
		if k.rows >= sealRows || k.bytes >= sealBytes {
			return kind
		}
		size := k.bytes
		if r.bytes <= freshBytes {
			size = k.chunks
		}
		if size > most {
			most, name = size, kind
		}
	}
	if r.bytes > freshBytes || r.chunks > freshChunks {
		return name
	}
	return ""
}

func (r *records) sealNext(ctx context.Context) (more bool, err error) {
	r.work.Lock()
	defer r.work.Unlock()
	r.mu.Lock()
	kind := r.wantsSealing()
	r.mu.Unlock()
	if kind == "" {
		return false, nil
	}
	if _, err := r.seal(ctx, kind); err != nil {
		return false, fmt.Errorf("seal records: %w", err)
	}
	return true, r.mergeSmall(ctx, kind)
}

// take chooses the oldest fresh rows of a kind, at most one segment's.
func (r *records) take(kind string) (runs []*run, rows []segment.Row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.fresh[kind]
	if k == nil {
		return nil, nil
	}
	size := 0
	for _, u := range k.runs {
		if size += u.bytes; len(rows)+len(u.rows) > sealRows || len(rows) > 0 && size > sealBytes {
			break
		}
		u.closed = true
		runs = append(runs, u)
		rows = append(rows, u.rows...)
	}
	return runs, rows
}

// seal turns fresh rows of a kind into a segment, and says how many. The caller holds work.
func (r *records) seal(ctx context.Context, kind string) (int, error) {
	runs, rows := r.take(kind)
	if len(rows) == 0 {
		return 0, nil
	}
	s, err := r.encode(kind, rows)
	if err != nil {
		return 0, err
	}
	return len(rows), r.d.change(ctx, func(t *tx) error {
		if err := s.store(t); err != nil {
			return err
		}
		for _, u := range runs {
			for _, seq := range u.chunks {
				if _, err := t.exec("DELETE FROM record_fresh WHERE seq = ?", seq); err != nil {
					return err
				}
			}
		}
		t.after(func() { r.replace(kind, len(runs), nil, r.adopt(s.meta(), s.directory)) })
		return nil
	})
}

// newSegment is a segment on its way into the database.
type newSegment struct {
	id        int64
	kind      string
	sealed    *segment.Sealed
	directory *segment.Directory
}

func (r *records) encode(kind string, rows []segment.Row) (*newSegment, error) {
	sealed, err := r.encoder.Encode(rows)
	if err != nil {
		return nil, err
	}
	directory, err := segment.ParseDirectory(sealed.Directory)
	if err != nil {
		return nil, err
	}
	if len(sealed.Parts) > partsOf {
		return nil, fmt.Errorf("segment of %d parts, at most %d", len(sealed.Parts), partsOf)
	}
	return &newSegment{kind: kind, sealed: sealed, directory: directory}, nil
}

func (s *newSegment) meta() *sealedSegment {
	return &sealedSegment{id: s.id, kind: s.kind, from: s.directory.MinTS, bytes: s.sealed.Bytes()}
}

func (s *newSegment) store(t *tx) error {
	done, err := t.exec("INSERT INTO record_segment (kind, bytes, directory) VALUES (?, ?, ?)", s.kind, s.sealed.Bytes(), s.sealed.Directory)
	if err != nil {
		return err
	}
	if s.id, err = done.LastInsertId(); err != nil {
		return err
	}
	for i, part := range s.sealed.Parts {
		if _, err := t.exec("INSERT INTO record_part (id, data) VALUES (?, ?)", s.id*partsOf+int64(i), part); err != nil {
			return err
		}
	}
	return nil
}

// adopt completes what is known of a segment.
func (r *records) adopt(s *sealedSegment, d *segment.Directory) *sealedSegment {
	s.Segment = segment.Open(d, r.codec, &partSource{r: r, segment: s.id, directory: d})
	return s
}

// replace takes runs of a kind and segments out of sight, and shows another segment in their place.
func (r *records) replace(kind string, runs int, gone []*sealedSegment, s *sealedSegment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.fresh[kind]; k != nil && runs > 0 {
		for _, u := range k.runs[:runs] {
			r.bytes -= u.bytes
			r.chunks -= len(u.chunks)
			k.chunks -= len(u.chunks)
			k.rows, k.bytes = k.rows-len(u.rows), k.bytes-u.bytes
		}
		if k.runs = slices.Clone(k.runs[runs:]); len(k.runs) == 0 {
			delete(r.fresh, kind)
		}
	}
	r.sealed = slices.DeleteFunc(slices.Clone(r.sealed), func(have *sealedSegment) bool { return slices.Contains(gone, have) })
	if s != nil {
		r.sealed = append(r.sealed, s)
	}
	for _, g := range gone {
		r.parts.forget(g.id, g.Directory)
	}
}

// mergeSmall makes one segment of small neighbours of a kind, so that their number stays in proportion to the rows. The caller holds work.
func (r *records) mergeSmall(ctx context.Context, kind string) error {
	for {
		group := r.smallNeighbours(kind)
		if len(group) < 2 {
			return nil
		}
		if err := r.merge(ctx, kind, group); err != nil {
			return fmt.Errorf("merge segments: %w", err)
		}
	}
}

// fewSmall is how many small neighbours are left as they are while all of them together are small still: merging each with the one
// before it would write the same rows again and again.
const fewSmall = 4

// smallNeighbours gives small segments of a kind that follow each other in time and fit into one.
func (r *records) smallNeighbours(kind string) (group []*sealedSegment) {
	r.mu.Lock()
	list := slices.DeleteFunc(slices.Clone(r.sealed), func(s *sealedSegment) bool { return s.kind != kind })
	r.mu.Unlock()
	slices.SortFunc(list, func(a, b *sealedSegment) int { return cmp.Compare(a.from, b.from) })
	rows := 0
	enough := func() bool { return len(group) > 1 && (len(group) >= fewSmall || rows >= smallRows) }
	for _, s := range list {
		if s.live() >= smallRows || rows+s.live() > sealRows {
			if enough() {
				return group
			}
			group, rows = nil, 0
		}
		if s.live() < smallRows {
			group, rows = append(group, s), rows+s.live()
		}
	}
	if enough() {
		return group
	}
	return nil
}

func (r *records) merge(ctx context.Context, kind string, group []*sealedSegment) error {
	var rows []segment.Row
	for _, s := range group {
		list, err := s.Decode()
		if err != nil {
			return fmt.Errorf("segment %d: %w", s.id, err)
		}
		rows = append(rows, list[s.dead:]...)
	}
	s, err := r.encode(kind, rows)
	if err != nil {
		return err
	}
	return r.d.change(ctx, func(t *tx) error {
		if err := s.store(t); err != nil {
			return err
		}
		if err := deleteSegments(t, group); err != nil {
			return err
		}
		t.after(func() { r.replace(kind, 0, group, r.adopt(s.meta(), s.directory)) })
		return nil
	})
}

func deleteSegments(t *tx, list []*sealedSegment) error {
	for _, s := range list {
		if _, err := t.exec("DELETE FROM record_part WHERE id BETWEEN ? AND ?", s.id*partsOf, s.id*partsOf+partsOf-1); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM record_segment WHERE id = ?", s.id); err != nil {
			return err
		}
	}
	return nil
}
