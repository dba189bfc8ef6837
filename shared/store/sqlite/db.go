package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxGroup is how many changes are committed together at most: enough that one sync of the disk serves a crowd of writers, few enough
// that none waits long for the others.
const maxGroup = 128

// database is one file: one connection that writes, owned by one goroutine, and a few that read. The changes of callers that wait at
// the same time are committed together.
type database struct {
	path string
	now  func() time.Time
	read *sql.DB // reads only; each query sees what was committed before it began

	pool  *sql.DB   // of one connection: write
	write *sql.Conn // nil where the file is only read
	stmts map[string]*sql.Stmt
	jobs  chan *job // without a buffer: who waits in it has handed over nothing yet

	closing chan struct{}
	closed  chan struct{} // when the goroutine that writes has ended
	ending  sync.Once
	ended   error // of close

	mu        sync.Mutex
	fullSince time.Time // zero while there is space
	prepared  map[string]*sql.Stmt
}

// job is one change on its way through the goroutine that writes.
type job struct {
	ctx   context.Context
	do    func(*tx) error
	after []func()
	err   error
	done  chan struct{}
}

// change makes a change in a transaction and returns when it is on disk, or was not made at all. do runs on the goroutine that writes,
// alone, and must not call change. It may run a second time after its first work was rolled back, so that it must begin anew what it
// keeps outside the database; tx.after is the place for what may only happen once.
func (d *database) change(ctx context.Context, do func(*tx) error) error {
	if d.write == nil {
		return ErrReadOnly
	}
	j := &job{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case d.jobs <- j:
		<-j.done
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	case <-d.closing:
		return errClosed
	}
}

// tx is a transaction under way.
type tx struct {
	d     *database
	job   *job
	wrote bool
}

// after has f run once the change is on disk, in the order of commits, before change returns. It does not run if the change fails.
func (t *tx) after(f func()) { t.job.after = append(t.job.after, f) }

// exec runs a statement. Statements are prepared once and kept, so that their text must come from a small set.
func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	t.wrote = true
	s, err := t.d.statement(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// row asks for one row.
func (t *tx) row(query string, args []any, into ...any) error {
	s, err := t.d.statement(query)
	if err != nil {
		return err
	}
	return s.QueryRow(args...).Scan(into...)
}

// rows asks for rows; they must be closed before the same statement runs again, or another changes what they walk over.
func (t *tx) rows(query string, args ...any) (*sql.Rows, error) {
	s, err := t.d.statement(query)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

// statement prepares for the connection that writes; only its goroutine calls it.
func (d *database) statement(query string) (*sql.Stmt, error) {
	if s := d.stmts[query]; s != nil {
		return s, nil
	}
	s, err := d.write.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	d.stmts[query] = s
	return s, nil
}

// query prepares for the connections that read, once. The text must come from a small set.
func (d *database) query(query string) (*sql.Stmt, error) {
	if s := d.known(query, nil); s != nil {
		return s, nil
	}
	s, err := d.read.Prepare(query) // may wait for a connection: nobody may wait for a lock meanwhile
	if err != nil {
		return nil, fmt.Errorf("prepare query: %w", d.seen(err))
	}
	if first := d.known(query, s); first != s {
		return first, s.Close()
	}
	return s, nil
}

// known gives the statement of a query, which is the one given where there was none.
func (d *database) known(query string, or *sql.Stmt) *sql.Stmt {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.prepared[query]; s != nil || or == nil {
		return s
	}
	d.prepared[query] = or
	return or
}

// writes is the goroutine that owns the connection: it takes whatever waits, up to a bound, and commits once.
func (d *database) writes() {
	defer close(d.closed)
	for {
		select {
		case j := <-d.jobs:
			d.commit(d.gather(j))
		case <-d.closing:
			return
		}
	}
}

func (d *database) gather(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j := <-d.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit makes the changes of a group. Where SQLite itself fails (the disk is full, one change is too big) the transaction may be gone
// as a whole, so each change is then tried alone: one's failure is not another's.
func (d *database) commit(group []*job) {
	err := d.transact(group)
	if err == nil || len(group) == 1 {
		d.finish(group, err)
		return
	}
	for i := range group {
		d.finish(group[i:i+1], d.transact(group[i:i+1]))
	}
}

// transact runs a group as one transaction. Its error is a failure of all; a job's own refusal stands in the job.
func (d *database) transact(group []*job) (err error) {
	if _, err := d.execRaw("BEGIN IMMEDIATE"); err != nil {
		return d.seen(err)
	}
	wrote := false
	for _, j := range group {
		t := &tx{d: d, job: j}
		if err := d.attempt(t); err != nil {
			d.execRaw("ROLLBACK") // often there is none left to roll back: SQLite did so itself
			return d.seen(err)
		}
		wrote = wrote || t.wrote && j.err == nil
	}
	if _, err := d.execRaw("COMMIT"); err != nil {
		d.execRaw("ROLLBACK")
		return d.seen(err)
	}
	if wrote {
		d.spacious()
	}
	return nil
}

// attempt runs one job. A refusal by the job undoes what it did and lets the others go on; a failure of SQLite is returned.
func (d *database) attempt(t *tx) error {
	j := t.job
	j.after, j.err = nil, j.ctx.Err()
	if j.err != nil {
		return nil
	}
	if _, err := d.execRaw("SAVEPOINT job"); err != nil {
		return err
	}
	if err := j.do(t); isEngine(err) {
		return err
	} else if j.err = err; err != nil {
		j.after = nil
		if _, err := d.execRaw("ROLLBACK TO job"); err != nil {
			return err
		}
	}
	_, err := d.execRaw("RELEASE job")
	return err
}

func (d *database) execRaw(query string) (sql.Result, error) {
	s, err := d.statement(query)
	if err != nil {
		return nil, err
	}
	return s.Exec()
}

// finish tells the callers how it went.
func (d *database) finish(group []*job, err error) {
	for _, j := range group {
		if err != nil {
			j.err = err
		} else {
			for _, f := range j.after {
				f()
			}
		}
		close(j.done)
	}
}

// close lets the change under way end, and closes the file. It may be called again.
func (d *database) close() error {
	d.ending.Do(func() {
		close(d.closing)
		d.ended = d.read.Close()
		if d.write == nil {
			return
		}
		<-d.closed
		for _, s := range d.stmts {
			d.ended = errors.Join(d.ended, s.Close())
		}
		d.ended = errors.Join(d.ended, d.write.Close(), d.pool.Close())
	})
	return d.ended
}
