package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// dropStep is how many segments are deleted in one transaction: those who write meanwhile wait for one step.
const dropStep = 16

// RetainSlack is how much the files of records may go beyond the size that Retain was given last, while rows are written: what is
// written between two calls, and the write-ahead log, which takes most, for it cannot begin anew while somebody reads. Who writes so
// fast that a tenth of it is used makes room himself, before he writes.
const RetainSlack = 80 << 20

// keepPromise deletes the oldest where writing went too far beyond what Retain was told.
func (r *records) keepPromise(ctx context.Context) error {
	size := r.promised.Load()
	if size == 0 {
		return nil
	}
	disk, err := r.disk()
	if err != nil || disk < size+RetainSlack/10 {
		return err
	}
	_, err = r.Retain(ctx, time.Time{}, size)
	return err
}

// retention is one call of Retain on its way.
type retention struct {
	*records
	deleted int64
}

// Retain deletes the oldest. Whole segments go, and their space goes back to the disk; of a segment in which before lies the older rows
// are marked as deleted, and go with the rest of it.
func (r *records) Retain(ctx context.Context, before time.Time, size int64) (store.Retained, error) {
	if size < 0 {
		return store.Retained{}, &store.Invalid{Field: "size", Value: fmt.Sprint(size), Allowed: "0 or a number of bytes"}
	}
	r.work.Lock()
	defer r.work.Unlock()
	r.promised.Store(size)
	t := &retention{records: r}
	err := t.remember(ctx)
	if err == nil && !before.IsZero() {
		err = t.byAge(ctx, nanos(before))
	}
	if err == nil && (size > 0 || t.deleted > 0) {
		err = t.bySize(ctx, size)
	}
	if err != nil {
		return store.Retained{Deleted: t.deleted}, fmt.Errorf("retain records: %w", err)
	}
	kept, err := r.Size(ctx)
	kept.Deleted = t.deleted
	return kept, err
}

// remember writes down the last place in the order of storing: cursors hold it, and it must never be given twice.
func (t *retention) remember(ctx context.Context) error {
	return t.d.change(ctx, func(x *tx) error {
		t.mu.Lock()
		last := t.given
		t.mu.Unlock()
		_, err := x.exec("UPDATE record_state SET seq = max(seq, ?)", last)
		return err
	})
}

// byAge deletes what is older than a time.
func (t *retention) byAge(ctx context.Context, before int64) error {
	for _, kind := range t.kinds(func(p *piece) bool { return p.sealed == nil && p.from < before }) {
		if err := t.sealAll(ctx, kind); err != nil {
			return err
		}
	}
	var old, straddling []*sealedSegment
	t.mu.Lock()
	for _, s := range t.sealed {
		switch {
		case s.MaxTS < before:
			old = append(old, s)
		case s.from < before:
			straddling = append(straddling, s)
		}
	}
	t.mu.Unlock()
	if err := t.drop(ctx, old); err != nil {
		return err
	}
	for _, s := range straddling {
		if err := t.trim(ctx, s, before); err != nil {
			return err
		}
	}
	return nil
}

// kinds names the kinds that have a piece such as is asked for.
func (r *records) kinds(is func(*piece) bool) (names []string) {
	pieces, _ := r.view()
	for i := range pieces {
		if is(&pieces[i]) && !slices.Contains(names, pieces[i].kind) {
			names = append(names, pieces[i].kind)
		}
	}
	return names
}

// sealAll seals every row of a kind that is fresh now.
func (t *retention) sealAll(ctx context.Context, kind string) error {
	t.mu.Lock()
	rows := 0
	if k := t.fresh[kind]; k != nil {
		rows = k.rows
	}
	t.mu.Unlock()
	for rows > 0 {
		n, err := t.seal(ctx, kind)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		rows -= n
	}
	return t.mergeSmall(ctx, kind)
}

// drop deletes segments, a few in each transaction.
func (t *retention) drop(ctx context.Context, list []*sealedSegment) error {
	for group := range slices.Chunk(list, dropStep) {
		rows := int64(0)
		for _, s := range group {
			rows += int64(s.live())
		}
		err := t.d.change(ctx, func(x *tx) error {
			if err := deleteSegments(x, group); err != nil {
				return err
			}
			x.after(func() { t.replace("", 0, group, nil) })
			return nil
		})
		if err != nil {
			return err
		}
		t.deleted += rows
	}
	return nil
}

// trim marks the rows before a time as deleted.
func (t *retention) trim(ctx context.Context, s *sealedSegment, before int64) error {
	ts, err := s.Times()
	if err != nil {
		return err
	}
	younger := *s
	younger.dead = ts.Search(s.UnitsUp(before))
	if younger.from, err = younger.oldest(); err != nil {
		return err
	}
	err = t.d.change(ctx, func(x *tx) error {
		_, err := x.exec("UPDATE record_segment SET dead = ? WHERE id = ?", younger.dead, s.id)
		x.after(func() { t.swap(s, &younger) })
		return err
	})
	if err == nil {
		t.deleted += int64(younger.dead - s.dead)
	}
	return err
}

func (r *records) swap(s, with *sealedSegment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sealed = slices.Clone(r.sealed)
	for i := range r.sealed {
		if r.sealed[i] == s {
			r.sealed[i] = with
		}
	}
}

// bySize gives free space back, and deletes the oldest segments until what lies on disk is small enough; 0 only gives back.
func (t *retention) bySize(ctx context.Context, size int64) error {
	for {
		if err := t.shrink(ctx); err != nil {
			return err
		}
		disk, err := t.disk()
		if err != nil || size == 0 || disk <= size {
			return err
		}
		oldest, err := t.oldest(ctx, disk-size)
		if err != nil || len(oldest) == 0 {
			return err // what is left is the schema
		}
		if err := t.drop(ctx, oldest); err != nil {
			return err
		}
	}
}

// oldest chooses the oldest segments that take so much together. Fresh rows are sealed where there is nothing else.
func (t *retention) oldest(ctx context.Context, bytes int64) (list []*sealedSegment, err error) {
	t.mu.Lock()
	all := slices.Clone(t.sealed)
	t.mu.Unlock()
	if len(all) == 0 {
		for _, kind := range t.kinds(func(p *piece) bool { return p.sealed == nil }) {
			if err := t.sealAll(ctx, kind); err != nil {
				return nil, err
			}
		}
		t.mu.Lock()
		all = slices.Clone(t.sealed)
		t.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b *sealedSegment) int { return cmp.Compare(a.MaxTS, b.MaxTS) })
	for _, s := range all {
		if bytes <= 0 {
			break
		}
		list = append(list, s)
		bytes -= s.bytes
	}
	return list, nil
}

// shrink gives free pages and the write-ahead log back to the disk.
func (t *retention) shrink(ctx context.Context) error {
	if err := t.d.vacuum(ctx); err != nil {
		return err
	}
	// Not in a transaction, and so not by the connection that writes. It waits for those who read; where one reads for long, the log
	// stays a while, and the next call cuts it.
	if _, err := t.d.read.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return t.d.seen(err)
	}
	return nil
}

// disk is what the file and its log take.
func (r *records) disk() (n int64, err error) {
	for _, path := range []string{r.d.path, r.d.path + "-wal"} {
		info, err := os.Stat(path)
		switch {
		case err == nil:
			n += info.Size()
		case !os.IsNotExist(err):
			return 0, fmt.Errorf("size of records: %w", err)
		}
	}
	return n, nil
}

// Size says how much there is.
func (r *records) Size(context.Context) (kept store.Retained, err error) {
	if kept.Bytes, err = r.disk(); err != nil {
		return kept, err
	}
	pieces, _ := r.view()
	oldest := int64(0)
	for i := range pieces {
		p := &pieces[i]
		if p.sealed != nil {
			kept.Records += int64(p.sealed.live())
		} else {
			kept.Records += int64(len(p.rows))
		}
		if i == 0 || p.from < oldest {
			oldest = p.from
		}
	}
	kept.Oldest = momentOrZero(oldest, len(pieces) > 0)
	return kept, nil
}
