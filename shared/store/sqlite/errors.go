package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrReadOnly is the answer to a change where the store was opened for reading.
var ErrReadOnly = errors.New("store is open for reading only")

var errClosed = fmt.Errorf("%w: it is closed", store.ErrUnavailable)

// scarce is how little space must be left on a disk for a failed write to be put down to that.
const scarce = 1 << 20

// isEngine says whether an error is SQLite's own, after which a transaction may be gone.
func isEngine(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e)
}

// seen gives an error of SQLite its meaning in the store's words, and remembers since when there is no space.
func (d *database) seen(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	name := filepath.Base(d.path)
	switch code := e.Code(); {
	case code&0xff == lib.SQLITE_FULL, code&0xff == lib.SQLITE_IOERR && d.isScarce():
		return fmt.Errorf("%w for %s since %s", store.ErrFull, name, d.filled().Format(time.RFC3339))
	case code&0xff == lib.SQLITE_CORRUPT, code&0xff == lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: %s", store.ErrCorrupt, name, e.Error())
	case code&0xff == lib.SQLITE_BUSY, code&0xff == lib.SQLITE_LOCKED:
		return fmt.Errorf("%w: %s: %s", store.ErrUnavailable, name, e.Error())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// isScarce tells a full disk from a broken one: SQLite reports both as an input or output error where it grows a file's map.
func (d *database) isScarce() bool {
	var s unix.Statfs_t
	return unix.Statfs(d.path, &s) == nil && s.Bavail*uint64(s.Bsize) < scarce
}

// filled notes that there is no space, and says since when.
func (d *database) filled() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fullSince.IsZero() {
		d.fullSince = d.now().UTC()
	}
	return d.fullSince
}

// spacious notes that something could be written.
func (d *database) spacious() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fullSince = time.Time{}
}

// full says since when there is no space; zero while there is.
func (d *database) full() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fullSince
}
