package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// file says what a database file is and how it is kept.
type file struct {
	path        string
	application uint32   // names the kind of file in its header, so that no other SQLite file is taken for one
	migrations  []string // in order: user_version counts those made
	pageSize    int
	sync        string // FULL: what is stored outlives a power cut; NORMAL: only the death of the process
	readers     int    // connections that read at a time
	wholeCheck  int64  // up to this size the whole file is checked at opening, beyond it the tables named in checks
	checks      []string
	now         func() time.Time
	readOnly    bool
	alone       bool // nobody else writes to it while it is open: the folder's lock is held
}

// open opens a file, or makes it, and brings its schema up to date. The folder must be this process's own (see lock). A file that is
// damaged, newer or not ours is left as it is, to the byte.
func (f file) open(ctx context.Context) (*database, error) {
	there, err := f.inspect(ctx)
	if err != nil {
		return nil, err
	}
	if !there {
		if err := f.create(ctx); err != nil {
			return nil, err
		}
	}
	d := &database{
		path: f.path, now: f.now, stmts: map[string]*sql.Stmt{}, prepared: map[string]*sql.Stmt{},
		jobs: make(chan *job), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	if d.read, err = sql.Open("sqlite", f.dsn("query_only(1)")); err != nil {
		return nil, fmt.Errorf("open %s: %w", f.path, err)
	}
	d.read.SetMaxOpenConns(f.readers)
	d.read.SetMaxIdleConns(f.readers)
	if f.readOnly {
		return d, nil
	}
	if err := f.openWriter(ctx, d); err != nil {
		return nil, errors.Join(err, d.read.Close())
	}
	go d.writes()
	return d, nil
}

// create makes a file without a table that only its owner can read; SQLite gives the files beside it the same mode. The size of pages
// comes before all else, because nothing changes it later; the driver would set it after auto_vacuum, in the order of names.
func (f file) create(ctx context.Context) error {
	if f.readOnly {
		return fmt.Errorf("open %s: %w", f.path, os.ErrNotExist)
	}
	h, err := os.OpenFile(f.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = h.Close()
	}
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: f.path, RawQuery: "mode=rw&_error_rc=true"}).String())
	if err != nil {
		return fmt.Errorf("make %s: %w", f.path, err)
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d; PRAGMA auto_vacuum = incremental; PRAGMA synchronous = full; PRAGMA application_id = %d",
		f.pageSize, int32(f.application)))
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make %s: %w", f.path, err)
	}
	return nil
}

func (f file) openWriter(ctx context.Context, d *database) (err error) {
	dsn := f.dsn("journal_mode(wal)", "synchronous("+f.sync+")", "journal_size_limit(67108864)")
	if d.pool, err = sql.Open("sqlite", dsn); err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	if d.write, err = d.pool.Conn(ctx); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", f.path, d.seen(err)), d.pool.Close())
	}
	if err = f.migrate(ctx, d); err != nil {
		return errors.Join(fmt.Errorf("prepare %s: %w", f.path, d.seen(err)), d.write.Close(), d.pool.Close())
	}
	return nil
}

// dsn names the file, what holds for every connection, and the pragmas of one.
func (f file) dsn(pragmas ...string) string {
	q := url.Values{"_error_rc": {"true"}, "_dqs": {"false"}, "mode": {"rw"}}
	if f.readOnly {
		q.Set("mode", "ro")
		q.Set("immutable", strconv.FormatBool(f.alone && !f.logged())) // else reading leaves an empty log behind
	}
	q["_pragma"] = append([]string{"busy_timeout(5000)", "cache_size(-8000)", "temp_store(memory)", "trusted_schema(0)"}, pragmas...)
	return (&url.URL{Scheme: "file", Path: f.path, RawQuery: q.Encode()}).String()
}

// migrate makes the steps that the file has not seen, each in a transaction of its own with its number.
func (f file) migrate(ctx context.Context, d *database) error {
	var version int
	if err := d.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	for ; version < len(f.migrations); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", f.migrations[version],
			int32(f.application), version+1)
		if _, err := d.write.ExecContext(ctx, step); err != nil {
			d.write.ExecContext(ctx, "ROLLBACK")
			return fmt.Errorf("make schema %d: %w", version+1, err)
		}
	}
	return nil
}

// inspect looks at a file without changing it: whether it is there, whole, ours, and not newer than this program.
func (f file) inspect(ctx context.Context) (there bool, err error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 && !f.logged() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open database: %w", err)
	}
	// What a killed process left in the write-ahead log belongs to the file; reading it needs a map of the log, which goes again.
	mode, mapped := "immutable=1", true
	if f.logged() || !f.alone {
		mode, mapped = "mode=ro", exists(f.path+"-shm")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: f.path, RawQuery: mode + "&_error_rc=true"}).String())
	if err != nil {
		return false, fmt.Errorf("open %s: %w", f.path, err)
	}
	db.SetMaxOpenConns(1)
	err = errors.Join(f.examine(ctx, db, info.Size()), db.Close())
	if !mapped && !f.readOnly {
		err = errors.Join(err, removeIfThere(f.path+"-shm"))
	}
	return true, err
}

func (f file) examine(ctx context.Context, db *sql.DB, size int64) error {
	var application, version int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return f.damaged(err.Error())
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return f.damaged(err.Error())
	}
	if uint32(application) != f.application {
		return f.damaged(fmt.Sprintf("it is no file of Mirrorwatch's: its application id is %#x", uint32(application)))
	}
	if version > int64(len(f.migrations)) {
		return fmt.Errorf("%s: %w: its schema is %d, this program knows %d", f.path, store.ErrTooNew, version, len(f.migrations))
	}
	if f.readOnly && version < int64(len(f.migrations)) {
		return fmt.Errorf("%s: its schema is %d, this program reads %d: open it once for writing, which brings it up to date", f.path, version, len(f.migrations))
	}
	if err := f.sized(ctx, db, size); err != nil {
		return err
	}
	checks := []string{"PRAGMA quick_check(1)"}
	if size > f.wholeCheck {
		checks = nil
		for _, table := range f.checks {
			checks = append(checks, "PRAGMA quick_check("+table+")")
		}
	}
	for _, check := range checks {
		var found string
		if err := db.QueryRowContext(ctx, check).Scan(&found); err != nil {
			return f.damaged(err.Error())
		} else if found != "ok" {
			return f.damaged(found)
		}
	}
	return nil
}

// sized finds a file that was cut short, which costs nothing to see.
func (f file) sized(ctx context.Context, db *sql.DB, size int64) error {
	if f.logged() || !f.alone {
		return nil // pages may be in the log still
	}
	var pages, page int64
	if err := errors.Join(db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages), db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page)); err != nil {
		return f.damaged(err.Error())
	}
	if pages*page > size {
		return f.damaged(fmt.Sprintf("it has %d bytes and should have %d", size, pages*page))
	}
	return nil
}

func (f file) damaged(how string) error {
	return fmt.Errorf("%s: %w: %s", f.path, store.ErrCorrupt, strings.ReplaceAll(how, "\n", " "))
}

// logged says whether something is in the write-ahead log that is not in the file yet.
func (f file) logged() bool {
	info, err := os.Stat(f.path + "-wal")
	return err == nil && info.Size() > 0
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove map of the log: %w", err)
	}
	return nil
}
