package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
)

var (
	errCut  = errors.New("the machine is off")
	errDisk = errors.New("input/output error")
)

// fault is what a disk does at one of its operations.
type fault int

const (
	noFault  fault = iota
	cutOff         // from here on nothing works
	refuse         // this one fails, and nothing of it is done
	short          // a write is done by half, and fails
	badSync        // a sync fails, and what it was asked for is never on the disk
	noFaults       // how many there are
)

// inode is a file: as programs see it, and as it would be after the power went.
type inode struct {
	seen    []byte
	durable []byte
	pending []piece // written since the last sync
}

type piece struct {
	at   int64
	data []byte
	cut  bool // a truncation to at
}

// faultyDisk is a disk in memory that counts what is asked of it, and fails where it is told to.
type faultyDisk struct {
	mu      sync.Mutex
	rng     *rand.Rand
	ops     int
	plan    map[int]fault
	off     bool
	names   map[string]*inode
	durable map[string]*inode
	pending []func(map[string]*inode) // changes of names since the last sync of the folder
	locked  map[string]bool
}

func newFaultyDisk(seed uint64) *faultyDisk {
	return &faultyDisk{
		rng: rand.New(rand.NewPCG(seed, 7)), plan: map[int]fault{}, names: map[string]*inode{}, durable: map[string]*inode{}, locked: map[string]bool{},
	}
}

// step counts an operation that changes something, and says what becomes of it.
func (d *faultyDisk) step() (fault, error) {
	d.ops++
	f := d.plan[d.ops]
	if f == cutOff {
		d.off = true
	}
	if d.off {
		return cutOff, errCut
	}
	if f == refuse {
		return f, errDisk
	}
	return f, nil
}

// killed gives the disk as another process sees it when this one was killed: everything that was written is there.
func (d *faultyDisk) killed(seed uint64) *faultyDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := newFaultyDisk(seed)
	for name, n := range d.names {
		b := slices.Clone(n.seen)
		out.names[name] = &inode{seen: b, durable: slices.Clone(b)}
	}
	maps.Copy(out.durable, out.names)
	return out
}

// powerless gives the disk as it is after the power went: what was synced, and of the rest whatever chance has written.
func (d *faultyDisk) powerless(seed uint64) *faultyDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := newFaultyDisk(seed)
	names := maps.Clone(d.durable)
	for _, change := range d.pending { // in whatever order the disk liked
		if out.rng.IntN(2) == 0 {
			change(names)
		}
	}
	for name, n := range names {
		b := slices.Clone(n.durable)
		for _, p := range n.pending {
			if out.rng.IntN(2) == 0 {
				b = p.apply(b, out.rng.IntN(len(p.data)+1))
			}
		}
		out.names[name] = &inode{seen: b, durable: slices.Clone(b)}
	}
	maps.Copy(out.durable, out.names)
	return out
}

func (p piece) apply(b []byte, n int) []byte {
	if p.cut {
		return b[:min(int64(len(b)), p.at)]
	}
	if need := int(p.at) + n; need > len(b) {
		b = append(b, make([]byte, need-len(b))...)
	}
	copy(b[p.at:], p.data[:n])
	return b
}

func (d *faultyDisk) make(string) error { return nil }

func (d *faultyDisk) list(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	for name := range d.names {
		list = append(list, filepath.Base(name))
	}
	slices.Sort(list)
	return list, nil
}

func (d *faultyDisk) open(path string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[path]
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return &faultyFile{d, n}, nil
}

func (d *faultyDisk) create(path string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.step(); err != nil {
		return nil, err
	}
	n := &inode{}
	d.change(func(m map[string]*inode) { m[path] = n })
	return &faultyFile{d, n}, nil
}

func (d *faultyDisk) change(f func(map[string]*inode)) {
	f(d.names)
	d.pending = append(d.pending, f)
}

func (d *faultyDisk) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.step(); err != nil {
		return err
	}
	d.change(func(m map[string]*inode) {
		if n, ok := m[from]; ok {
			m[to] = n
			delete(m, from)
		}
	})
	return nil
}

func (d *faultyDisk) remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.step(); err != nil {
		return err
	}
	d.change(func(m map[string]*inode) { delete(m, path) })
	return nil
}

func (d *faultyDisk) sync(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.step()
	if err != nil {
		return err
	}
	if f == badSync {
		return errDisk
	}
	for _, change := range d.pending {
		change(d.durable)
	}
	d.pending = nil
	return nil
}

type closer func() error

func (c closer) Close() error { return c() }

func (d *faultyDisk) lock(path string) (io.Closer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked[path] {
		return nil, ErrInUse
	}
	d.locked[path] = true
	return closer(func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.locked, path)
		return nil
	}), nil
}

type faultyFile struct {
	d *faultyDisk
	n *inode
}

func (f *faultyFile) ReadAt(b []byte, at int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if at >= int64(len(f.n.seen)) {
		return 0, io.EOF
	}
	n := copy(b, f.n.seen[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *faultyFile) WriteAt(b []byte, at int64) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	what, err := f.d.step()
	if err != nil {
		if what == cutOff && f.d.plan[f.d.ops] == cutOff { // the power went while it wrote
			f.put(piece{at: at, data: slices.Clone(b[:f.d.rng.IntN(len(b)+1)])})
		}
		return 0, err
	}
	n := len(b)
	if what == short {
		n /= 2
	}
	f.put(piece{at: at, data: slices.Clone(b[:n])})
	if n < len(b) {
		return n, fmt.Errorf("no space: %w", errDisk)
	}
	return n, nil
}

func (f *faultyFile) put(p piece) {
	f.n.seen = p.apply(f.n.seen, len(p.data))
	f.n.pending = append(f.n.pending, p)
}

func (f *faultyFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if _, err := f.d.step(); err != nil {
		return err
	}
	f.put(piece{at: size, cut: true})
	return nil
}

func (f *faultyFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	what, err := f.d.step()
	if what == badSync {
		f.n.pending = nil // the kernel has given up on them
		return errDisk
	}
	if err != nil {
		return err
	}
	for _, p := range f.n.pending {
		f.n.durable = p.apply(f.n.durable, len(p.data))
	}
	f.n.pending = nil
	return nil
}

func (f *faultyFile) Close() error { return nil }

func (f *faultyFile) size() (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return int64(len(f.n.seen)), nil
}
