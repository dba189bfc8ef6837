package athena_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	ours "github.com/mirrorwatch/mirrorwatch/shared/store/athena"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// TestRecordsKeepTheContract asks Athena's SQL, over DuckDB, everything that any store of records is asked.
func TestRecordsKeepTheContract(t *testing.T) {
	if testing.Short() {
		t.Skip("DuckDB runs every statement of the contract, one after the other: make test has it")
	}
	d := startDuck(t)
	storetest.RunRecords(t, func(t *testing.T, _ func() time.Time) *store.Store {
		return &store.Store{Records: &bucket{Records: d.records(t), t: t, duck: d, dir: archive.Dir{Path: t.TempDir()}, stale: true}}
	})
}

// bucket plays the parts of the archive that are not Athena's: Firehose, which writes some time after it was given a record, and the
// lifecycle, which deletes. Here a record lies in the bucket before the next walk begins; that one which arrives behind a walk's back
// would be seen by it is a known difference, and docs/records.md says so.
type bucket struct {
	*ours.Records
	t     *testing.T
	duck  *duck
	dir   archive.Dir
	mu    sync.Mutex
	rows  []archive.Row
	stale bool
}

func (b *bucket) Append(ctx context.Context, list ...store.Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range list {
		b.rows, b.stale = append(b.rows, archive.Row{Kind: r.Kind, Time: r.Time, Line: slices.Clone(r.Line)}), true
	}
	return nil
}

// deliver writes what is not in the bucket yet.
func (b *bucket) deliver() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stale {
		return
	}
	err := os.RemoveAll(b.dir.Path)
	for _, k := range events.Kinds() { // a table is there before its first record
		folder := filepath.Join(b.dir.Path, filepath.FromSlash(archive.Partition(k, time.Unix(0, 0))))
		if err == nil {
			err = os.MkdirAll(folder, 0o750)
		}
		var f *os.File
		if err == nil {
			f, err = os.Create(filepath.Join(folder, "empty.parquet"))
		}
		if err == nil {
			err = archive.Write(f, k, nil)
			f.Close()
		}
	}
	if err == nil {
		err = b.dir.Write("all", b.rows)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.duck.load(b.t, b.dir.Path)
	b.stale = false
}

func (b *bucket) Search(ctx context.Context, q store.RecordQuery) (store.RecordPage, error) {
	if q.Cursor == "" {
		b.deliver()
	}
	return b.Records.Search(ctx, q)
}

func (b *bucket) Histogram(ctx context.Context, q store.RecordQuery, buckets int) (store.Histogram, error) {
	b.deliver()
	return b.Records.Histogram(ctx, q, buckets)
}

func (b *bucket) Top(ctx context.Context, q store.RecordQuery, t store.TopQuery) (store.Top, error) {
	b.deliver()
	return b.Records.Top(ctx, q, t)
}

func (b *bucket) Retain(ctx context.Context, before time.Time, _ int64) (store.Retained, error) {
	b.mu.Lock()
	n := len(b.rows)
	b.rows, b.stale = slices.DeleteFunc(b.rows, func(r archive.Row) bool { return r.Time.Before(before) }), true
	deleted := n - len(b.rows)
	b.mu.Unlock()
	got, err := b.Size(ctx)
	got.Deleted = int64(deleted)
	return got, err
}

func (b *bucket) Size(context.Context) (store.Retained, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := store.Retained{Records: int64(len(b.rows))}
	for _, r := range b.rows {
		if got.Oldest.IsZero() || r.Time.Before(got.Oldest) {
			got.Oldest = r.Time
		}
	}
	return got, nil
}
