package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
)

// purgeStep is how many rows go in one transaction: those who write meanwhile wait for one step, not for the whole purge.
const purgeStep = 500

// vacuumStep is how many free pages are given back in one transaction.
const vacuumStep = 256

// purge repeats a step until it deletes less than it might, or limit is reached, and gives the space back to the disk. Where it fails,
// deleted says how much is gone all the same.
func purge(ctx context.Context, d *database, limit int, step func(t *tx, most int) (int, error)) (deleted int, err error) {
	for n, most := 0, 0; n == most && deleted < limit; deleted += n {
		most = min(purgeStep, limit-deleted)
		err := d.change(ctx, func(t *tx) (err error) {
			n, err = step(t, most)
			return err
		})
		if err != nil {
			return deleted, fmt.Errorf("purge: %w", err)
		}
	}
	if deleted == 0 {
		return 0, nil
	}
	return deleted, d.vacuum(ctx)
}

// vacuum moves the file's free pages to its end and cuts them off, a few at a time.
func (d *database) vacuum(ctx context.Context) error {
	for left := math.MaxInt; ; {
		free, err := d.vacuumSome(ctx)
		if err != nil {
			return fmt.Errorf("give space back: %w", err)
		}
		if free == 0 || free >= left { // none left, or others free pages as fast: their next purge goes on
			return nil
		}
		left = free
	}
}

// vacuumSome gives back one step's pages and says how many are free still.
func (d *database) vacuumSome(ctx context.Context) (free int, err error) {
	err = d.change(ctx, func(t *tx) error {
		t.wrote = true
		rows, err := t.rows(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumStep))
		if err != nil {
			return err
		}
		for rows.Next() { // a row for each page
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		return t.row("PRAGMA freelist_count", nil, &free)
	})
	return free, err
}

func deletedBy(r sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}
