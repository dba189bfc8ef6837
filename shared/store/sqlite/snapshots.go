package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// chunk is how much of a snapshot goes in one row and one transaction: a slow writer of a large one keeps nobody waiting.
const chunk = 256 << 10

// snapshots keeps versions of states. A version counts once its last chunk is stored; what a crash leaves goes at the next opening.
type snapshots struct{ d *database }

// Save stores a version.
func (s snapshots) Save(ctx context.Context, name string, at time.Time, body io.Reader, keep int) error {
	if err := store.CheckID("name", name); err != nil {
		return err
	}
	if keep < 1 {
		return &store.Invalid{Field: "keep", Value: strconv.Itoa(keep), Allowed: "1 or more"}
	}
	seq, err := s.begin(ctx, name, at)
	if err != nil {
		return fmt.Errorf("save snapshot %s: %w", name, err)
	}
	if err = s.fill(ctx, seq, body); err == nil {
		err = s.d.change(ctx, func(t *tx) error { return complete(t, seq, name, keep) })
	}
	if err != nil {
		// Half a version is nobody's; should even this fail, the next opening does it.
		s.d.change(context.WithoutCancel(ctx), func(t *tx) error { return dropSnapshot(t, seq) })
		return fmt.Errorf("save snapshot %s: %w", name, err)
	}
	return nil
}

func (s snapshots) begin(ctx context.Context, name string, at time.Time) (seq int64, err error) {
	err = s.d.change(ctx, func(t *tx) error {
		r, err := t.exec("INSERT INTO snapshot (name, at, complete) VALUES (?, ?, 0)", name, nanos(at))
		if err != nil {
			return err
		}
		seq, err = r.LastInsertId()
		return err
	})
	return seq, err
}

func (s snapshots) fill(ctx context.Context, seq int64, body io.Reader) error {
	buf := make([]byte, chunk)
	for n := 0; ; n++ {
		got, err := io.ReadFull(body, buf)
		if got > 0 {
			if err := s.d.change(ctx, func(t *tx) error {
				_, err := t.exec("INSERT INTO snapshot_chunk (snapshot, n, data) VALUES (?, ?, ?)", seq, n, buf[:got])
				return err
			}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read it: %w", err)
		}
	}
}

// complete makes a version count, and lets the oldest go.
func complete(t *tx, seq int64, name string, keep int) error {
	if _, err := t.exec("UPDATE snapshot SET complete = 1 WHERE seq = ?", seq); err != nil {
		return err
	}
	rows, err := t.rows("SELECT seq FROM snapshot WHERE name = ? AND complete = 1 ORDER BY at DESC, seq DESC LIMIT -1 OFFSET ?", name, keep)
	old, err := collect(rows, err, func(scan func(...any) error) (n int64, err error) { return n, scan(&n) })
	if err != nil {
		return err
	}
	for _, n := range old {
		if err := dropSnapshot(t, n); err != nil {
			return err
		}
	}
	return nil
}

func dropSnapshot(t *tx, seq int64) error {
	if _, err := t.exec("DELETE FROM snapshot_chunk WHERE snapshot = ?", seq); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM snapshot WHERE seq = ?", seq)
	return err
}

// tidy deletes what a crash left.
func (s snapshots) tidy(ctx context.Context) error {
	return s.d.change(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM snapshot_chunk WHERE snapshot IN (SELECT seq FROM snapshot WHERE complete = 0)"); err != nil {
			return err
		}
		_, err := t.exec("DELETE FROM snapshot WHERE complete = 0")
		return err
	})
}

// Load opens the newest complete version.
func (s snapshots) Load(ctx context.Context, name string) (io.ReadCloser, time.Time, error) {
	// One transaction for as long as it is read: a newer version may push this one out meanwhile.
	c, err := s.d.read.Conn(ctx)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("load snapshot %s: %w", name, s.d.seen(err))
	}
	t, err := c.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, time.Time{}, errors.Join(fmt.Errorf("load snapshot %s: %w", name, s.d.seen(err)), c.Close())
	}
	var seq, at int64
	err = t.QueryRowContext(ctx, "SELECT seq, at FROM snapshot WHERE name = ? AND complete = 1 ORDER BY at DESC, seq DESC LIMIT 1", name).Scan(&seq, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, time.Time{}, errors.Join(fmt.Errorf("load snapshot %s: %w", name, s.d.seen(err)), t.Rollback(), c.Close())
	}
	return &snapshotBody{s: s, c: c, t: t, seq: seq}, moment(at), nil
}

// snapshotBody reads a version chunk by chunk.
type snapshotBody struct {
	s    snapshots
	c    *sql.Conn
	t    *sql.Tx
	seq  int64
	next int
	rest []byte
}

// Read gives the next bytes.
func (b *snapshotBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		err := b.t.QueryRow("SELECT data FROM snapshot_chunk WHERE snapshot = ? AND n = ?", b.seq, b.next).Scan(&b.rest)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, fmt.Errorf("read snapshot: %w", b.s.d.seen(err))
		}
		b.next++
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close ends the reading.
func (b *snapshotBody) Close() error {
	if err := b.t.Rollback(); err != nil {
		if errors.Is(err, sql.ErrTxDone) {
			return nil // closed before
		}
		return errors.Join(fmt.Errorf("close snapshot: %w", err), b.c.Close())
	}
	return b.c.Close()
}

// Names lists what there is.
func (s snapshots) Names(ctx context.Context) ([]string, error) {
	q, err := s.d.query("SELECT DISTINCT name FROM snapshot WHERE complete = 1 ORDER BY name")
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx)
	names, err := collect(rows, err, func(scan func(...any) error) (n string, err error) { return n, scan(&n) })
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", s.d.seen(err))
	}
	return names, nil
}
