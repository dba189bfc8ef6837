package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func clock() time.Time { return time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC) }

func openTestDatabase(t *testing.T) *database {
	t.Helper()
	f := file{
		path: filepath.Join(t.TempDir(), "test.db"), application: 1, pageSize: 4096, sync: "NORMAL", readers: 2, wholeCheck: 1 << 30, alone: true, now: clock,
		migrations: []string{"CREATE TABLE n (k TEXT PRIMARY KEY, v INTEGER NOT NULL CHECK (v < 1000))"},
	}
	d, err := f.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.close() })
	return d
}

func (d *database) count(t *testing.T) (n int) {
	t.Helper()
	if err := d.read.QueryRow("SELECT count(*) FROM n").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestChangesOfACrowdStandAlone(t *testing.T) {
	d := openTestDatabase(t)
	refusal := errors.New("refused")
	var wg sync.WaitGroup
	errs := make([]error, 300)
	for i := range errs {
		wg.Go(func() {
			errs[i] = d.change(t.Context(), func(tx *tx) error {
				if _, err := tx.exec("INSERT INTO n VALUES (?, ?)", strconv.Itoa(i), i*5); err != nil {
					return err
				}
				if i%3 == 0 {
					return refusal
				}
				return nil
			})
		})
	}
	wg.Wait()
	kept := 0
	for i, err := range errs {
		switch {
		case i*5 >= 1000: // SQLite refuses it, and may undo those beside it: they must be there all the same
			if err == nil {
				t.Errorf("change %d broke the schema's rule and was made", i)
			}
		case i%3 == 0:
			if !errors.Is(err, refusal) {
				t.Errorf("change %d: %v, want its own refusal", i, err)
			}
		default:
			kept++
			if err != nil {
				t.Errorf("change %d: %v", i, err)
			}
		}
	}
	if n := d.count(t); n != kept {
		t.Errorf("%d rows, want %d", n, kept)
	}
}

func TestAfterRunsOnceInTheOrderOfCommits(t *testing.T) {
	d := openTestDatabase(t)
	var wg sync.WaitGroup
	var order []int64
	for i := range 200 {
		wg.Go(func() {
			err := d.change(t.Context(), func(tx *tx) error {
				r, err := tx.exec("INSERT INTO n VALUES (?, ?)", strconv.Itoa(i), i%2*2000) // every other one fails
				if err != nil {
					return err
				}
				row, err := r.LastInsertId()
				tx.after(func() { order = append(order, row) })
				return err
			})
			if (err != nil) != (i%2 == 1) {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if len(order) != 100 {
		t.Fatalf("%d afterthoughts, want 100", len(order))
	}
	for i := range order[1:] {
		if order[i] >= order[i+1] {
			t.Fatalf("row %d before row %d", order[i], order[i+1])
		}
	}
}

func TestChangeOfOneWhoWentIsNotMade(t *testing.T) {
	d := openTestDatabase(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.change(ctx, func(tx *tx) error {
		_, err := tx.exec("INSERT INTO n VALUES ('a', 1)")
		return err
	})
	if !errors.Is(err, context.Canceled) || d.count(t) != 0 {
		t.Errorf("%v and %d rows", err, d.count(t))
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	if err := d.change(t.Context(), func(*tx) error { return nil }); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("after close: %v", err)
	}
}
