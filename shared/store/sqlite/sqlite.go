// Package sqlite is the store of one machine: two files in one folder, written and read by SQLite without cgo. What comes in and goes
// out is the nouns of store's ports. A change is on disk, synced, before its call returns; changes that wait at the same time are
// committed together. Detections are found by columns in memory (facets), which are filled from the file at opening and follow each
// commit; the file is the truth. It never changes a file that is damaged or newer than itself, and never shares a folder with another
// process.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The files of a store, within its folder.
const (
	MainFile = "mirrorwatch.db"
	LockFile = "mirrorwatch.lock"
)

// Options says where the store is and how it is opened.
type Options struct {
	Folder   string           // made where it is not there, for its owner only
	Now      func() time.Time // the clock: when something was stored
	Schema   query.Schema     // what queries of records may ask for
	ReadOnly bool             // beside a process that writes, too: detections are then found as they were at opening; changes are refused
}

// handle closes what Open opened.
type handle struct {
	files   []*database
	records *records
	lock    *os.File
	once    sync.Once
	err     error // of Close
}

// Open opens the store of a folder, or makes it. A file that another process has open gives store.ErrInUse, a damaged one
// store.ErrCorrupt, one of a newer program store.ErrTooNew; it is then untouched.
func Open(ctx context.Context, o Options) (*store.Store, error) {
	h := &handle{}
	s, err := h.open(ctx, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), h.Close())
	}
	return s, nil
}

func (h *handle) open(ctx context.Context, o Options) (s *store.Store, err error) {
	if o.Folder == "" {
		return nil, errors.New("no folder is named")
	}
	if o.Folder, err = filepath.Abs(o.Folder); err != nil { // in the URI that SQLite opens, a relative path would begin with a host
		return nil, err
	}
	alone, err := h.enter(o)
	if err != nil {
		return nil, err
	}
	f := mainFile(o)
	f.alone = alone
	d, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	h.files = append(h.files, d)
	if h.records, err = openRecords(ctx, o, alone); err != nil {
		return nil, err
	}
	box := &outbox{d: d, wake: make(chan struct{}, 1)}
	if !o.ReadOnly {
		if err := (snapshots{d}).tidy(ctx); err != nil {
			return nil, fmt.Errorf("tidy snapshots: %w", err)
		}
		box.rouse() // for what was not published before the last closing
	}
	index, err := loadIndex(ctx, d)
	if err != nil {
		return nil, err
	}
	return &store.Store{
		Detections: detections{d, box, index}, Records: h.records,
		Devices: devices{d}, Documents: documents{d}, Audit: audit{d}, Mirror: mirror{d, box}, Snapshots: snapshots{d}, Outbox: box, Closer: h,
	}, nil
}

// enter makes the folder where it may be made, and locks it. alone says whether nobody else can write to it from now on.
func (h *handle) enter(o Options) (alone bool, err error) {
	path := filepath.Join(o.Folder, LockFile)
	if o.ReadOnly {
		h.lock, alone, err = share(path)
		return alone, err
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return false, fmt.Errorf("make folder: %w", err)
	}
	h.lock, err = lock(path)
	return true, err
}

// Close lets the changes under way end and closes the files. It may be called again.
func (h *handle) Close() error {
	h.once.Do(func() {
		for _, d := range h.files {
			h.err = errors.Join(h.err, d.close())
		}
		if h.records != nil {
			h.err = errors.Join(h.err, h.records.close())
		}
		if h.lock != nil {
			h.err = errors.Join(h.err, h.lock.Close())
		}
	})
	return h.err
}

// Health says whether the store can be written.
type Health struct {
	FullSince time.Time // since when there is no space; zero while there is
}

// HealthOf tells how a store that Open gave fares; of another it says nothing is wrong.
func HealthOf(s *store.Store) Health {
	h, ok := s.Closer.(*handle)
	if !ok {
		return Health{}
	}
	var worst Health
	files := h.files
	if h.records != nil {
		files = append(slices.Clone(files), h.records.d)
	}
	for _, d := range files {
		if t := d.full(); !t.IsZero() && (worst.FullSince.IsZero() || t.Before(worst.FullSince)) {
			worst.FullSince = t
		}
	}
	return worst
}
