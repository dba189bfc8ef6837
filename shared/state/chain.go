package state

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The names of files: what a file is, and its generation in sixteen hexadecimal digits. Generations only grow.
const (
	snapshotName = "snapshot-"
	logName      = "log-"
	asideName    = "aside-"
	tmpSuffix    = ".tmp"
	lockName     = "lock"
)

// link is one file of a chain.
type link struct {
	name       string
	kind       kind
	generation uint64
	bytes      int64
	flawed     bool // something of it was left out: it is kept aside when its turn to go has come
}

// chain is the files that count, in the order in which they were begun. A later entry stands for an earlier one of the same key.
type chain struct {
	dir    string
	disk   disk
	locked io.Closer

	mu    sync.Mutex
	links []link
	last  uint64 // the highest generation ever seen
	aside []string
}

func openChain(o Options) (*chain, error) {
	c := &chain{dir: o.Dir, disk: o.disk}
	if o.Dir == "" {
		return nil, errors.New("no folder is named")
	}
	if err := c.disk.make(c.dir); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	var err error
	if c.locked, err = c.disk.lock(c.path(lockName)); err != nil {
		return nil, err
	}
	if err := c.list(); err != nil {
		return nil, errors.Join(err, c.unlock())
	}
	return c, nil
}

func (c *chain) path(name string) string { return filepath.Join(c.dir, name) }

func (c *chain) unlock() error { return c.locked.Close() }

// list finds the files. What a crash left half written is deleted: nobody was promised anything of it.
func (c *chain) list() error {
	names, err := c.disk.list(c.dir)
	if err != nil {
		return fmt.Errorf("list folder: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, tmpSuffix) && c.locked != nil {
			c.disk.remove(c.path(name)) //nolint:errcheck // it is in nobody's way
			continue
		}
		bare, aside := strings.CutPrefix(name, asideName)
		l, ok := linkOf(bare)
		if !ok {
			continue
		}
		c.last = max(c.last, l.generation)
		if aside {
			c.aside = append(c.aside, name)
		} else {
			c.links = append(c.links, l)
		}
	}
	slices.SortFunc(c.links, func(a, b link) int { return cmp.Compare(a.generation, b.generation) })
	slices.SortFunc(c.aside, func(a, b string) int { return strings.Compare(generationText(a), generationText(b)) })
	return nil
}

func generationText(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

func linkOf(name string) (link, bool) {
	l := link{name: name}
	for prefix, k := range map[string]kind{snapshotName: aSnapshot, logName: aLog} {
		if hex, ok := strings.CutPrefix(name, prefix); ok && len(hex) == 16 {
			n, err := strconv.ParseUint(hex, 16, 64)
			l.kind, l.generation = k, n
			return l, err == nil
		}
	}
	return l, false
}

// next names a new file.
func (c *chain) next(k kind) link {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	prefix := logName
	if k == aSnapshot {
		prefix = snapshotName
	}
	return link{name: fmt.Sprintf("%s%016x", prefix, c.last), kind: k, generation: c.last}
}

// all gives the files that count.
func (c *chain) all() []link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.links)
}

func (c *chain) add(l link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links = append(c.links, l)
	slices.SortFunc(c.links, func(a, b link) int { return cmp.Compare(a.generation, b.generation) })
}

// grow notes how long a file is by now.
func (c *chain) grow(name string, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.links {
		if c.links[i].name == name {
			c.links[i].bytes = bytes
		}
	}
}

// bytes is how much the files hold: all of them, the snapshots, and how many logs there are.
func (c *chain) bytes() (all, snapshot int64, logs int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.links {
		all += l.bytes
		if l.kind == aSnapshot {
			snapshot += l.bytes
		} else {
			logs++
		}
	}
	return all, snapshot, logs
}

// retire takes files out of the chain, and deletes them or, where something of them was left out, keeps them aside. What cannot be deleted
// now is at the next start: a snapshot that stands for it is there.
func (c *chain) retire(list []link) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, l := range list {
		c.links = slices.DeleteFunc(c.links, func(have link) bool { return have.name == l.name })
		if !l.flawed {
			errs = append(errs, gone(c.disk.remove(c.path(l.name))))
			continue
		}
		err := c.disk.rename(c.path(l.name), c.path(asideName+l.name))
		if err == nil {
			c.aside = append(c.aside, asideName+l.name)
		}
		errs = append(errs, gone(err))
	}
	for len(c.aside) > maxAside {
		errs = append(errs, gone(c.disk.remove(c.path(c.aside[0]))))
		c.aside = c.aside[1:]
	}
	return errors.Join(append(errs, c.disk.sync(c.dir))...)
}

func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
