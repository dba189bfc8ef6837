package state

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// writer writes what is queued, on a goroutine of its own, and has snapshots made. Where the disk refuses it tries the same again, for as
// long as it takes: what waits stays in memory, and what comes after it waits with whoever learned it.
type writer struct {
	o     Options
	chain *chain
	queue *queue
	parts map[string]int
	codec *codec
	look  *lookup
	buf   []byte

	f         file // the log that is written; nil: the next frame begins one
	link      link
	good      int64 // bytes of it that were written whole
	committed int64 // of them those that a minute's end has made count
	suspect   bool  // a sync failed: what was written since the last one may not be on the disk, whatever the next sync says
	entries   int   // since the last commit
	lost      error // given up at the end

	compacting bool
	rest       int // minutes until the next attempt at a snapshot, after one failed
	compacted  chan compaction
	stopping   atomic.Bool
	running    sync.WaitGroup
	full       atomic.Bool

	mu       sync.Mutex
	stats    Stats
	troubles [troubleKinds]string
}

// What may be in the way.
const (
	ofWriting = iota
	ofCompaction
	ofSize
	troubleKinds
)

func newWriter(l *Log) (*writer, error) {
	c, err := newCodec()
	if err != nil {
		return nil, err
	}
	l.queue.ready()
	w := &writer{o: l.o, chain: l.chain, queue: &l.queue, parts: l.parts, codec: c, look: l.look, compacted: make(chan compaction, 1)}
	if l.o.Parts == nil {
		w.parts = nil
	}
	w.stats.Entries, w.stats.At = l.report.Entries, l.report.At
	w.measure()
	return w, nil
}

// run is the writer's life. What was left out of files at the start is settled first: they are kept aside, and a snapshot of the good part
// takes their place.
func (w *writer) run() {
	for _, l := range w.chain.all() {
		if l.flawed {
			w.compact()
			break
		}
	}
	for {
		j, ok, closed := w.queue.pop()
		switch {
		case ok:
			w.do(&j)
			w.queue.done(&j)
		case closed:
			return
		default:
			select {
			case <-w.queue.wake:
			case r := <-w.compacted:
				w.adopt(r)
			}
		}
	}
}

func (w *writer) do(j *job) {
	if w.lost != nil {
		return // the program ends, and the disk refuses
	}
	if !j.commit {
		w.buf = w.codec.pack(w.buf[:0], j.block.data, !w.o.NoCompress)
		if w.insist(func() error { return w.append(w.buf) }) {
			w.entries += j.block.entries
			w.look.wrote(&j.block, place{w.link.generation, w.good - int64(len(w.buf))})
		}
		return
	}
	if !w.insist(func() error { return w.seal(j.at) }) {
		return
	}
	w.mu.Lock()
	w.stats.Committed, w.stats.At = w.o.Now(), j.at
	w.stats.Commits++
	w.mu.Unlock()
	w.measure()
	select {
	case r := <-w.compacted:
		w.adopt(r)
	default:
	}
	if w.due() {
		w.compact()
	}
}

// insist does something until it is done. When the program ends, once is enough.
func (w *writer) insist(f func() error) bool {
	for last := false; ; {
		err := f()
		w.tell(ofWriting, err)
		if err == nil {
			return true
		}
		if last {
			w.lost = err
			return false
		}
		select {
		case <-w.queue.closing:
			last = true
		case <-time.After(w.o.Retry):
		}
	}
}

// append writes a frame behind the others. One that was written in part is written again in the same place.
func (w *writer) append(frame []byte) error {
	if err := w.ready(); err != nil {
		return err
	}
	if _, err := w.f.WriteAt(frame, w.good); err != nil {
		w.f.Truncate(w.good) //nolint:errcheck // what lies behind is overwritten, or counts for nothing
		return fmt.Errorf("write %s: %w", w.link.name, err)
	}
	w.good += int64(len(frame))
	return nil
}

// ready sees to it that there is a log which can be trusted.
func (w *writer) ready() error {
	if w.suspect {
		return w.renew()
	}
	if w.f != nil {
		return nil
	}
	f, l, err := w.begin()
	if err != nil {
		return err
	}
	w.take(f, l, fileHeader)
	return nil
}

func (w *writer) take(f file, l link, good int64) {
	w.f, w.link, w.good, w.committed, w.suspect = f, l, good, fileHeader, false
	w.chain.add(l)
}

// begin makes a new log, of which nothing counts yet.
func (w *writer) begin() (file, link, error) {
	l := w.chain.next(aLog)
	f, err := w.chain.disk.create(w.chain.path(l.name))
	if err != nil {
		return nil, l, fmt.Errorf("make %s: %w", l.name, err)
	}
	_, err = f.WriteAt(appendFileHeader(nil, aLog, l.generation), 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = w.chain.disk.sync(w.chain.dir)
	}
	if err != nil {
		w.abandon(f, l)
		return nil, l, fmt.Errorf("make %s: %w", l.name, err)
	}
	return f, l, nil
}

func (w *writer) abandon(f file, l link) {
	f.Close()                                 //nolint:errcheck // nothing of it counts
	w.chain.disk.remove(w.chain.path(l.name)) //nolint:errcheck // as above, and the next start deletes it
}

// seal ends a minute: first everything before is on the disk, then the frame that makes it count.
func (w *writer) seal(at int64) error {
	if err := w.ready(); err != nil {
		return err
	}
	if err := w.sync(); err != nil {
		return err
	}
	before := w.good
	if err := w.append(appendCommit(nil, ofCommit, at, w.entries)); err != nil {
		return err
	}
	if err := w.sync(); err != nil {
		w.good = before
		return err
	}
	w.committed, w.entries = w.good, 0
	return nil
}

func (w *writer) sync() error {
	if err := w.f.Sync(); err != nil {
		w.suspect = true // Linux forgets what it could not write, and the next sync knows nothing of it
		return fmt.Errorf("sync %s: %w", w.link.name, err)
	}
	return nil
}

// renew copies the minute under way into a new log, since the old one may not have it on the disk.
func (w *writer) renew() error {
	f, l, err := w.begin()
	if err != nil {
		return err
	}
	good := int64(fileHeader)
	buf := make([]byte, 256<<10)
	for at := w.committed; err == nil && at < w.good; {
		n := int(min(int64(len(buf)), w.good-at))
		if _, err = w.f.ReadAt(buf[:n], at); err == nil {
			_, err = f.WriteAt(buf[:n], good)
		}
		at, good = at+int64(n), good+int64(n)
	}
	if err != nil {
		w.abandon(f, l)
		return fmt.Errorf("copy %s to %s: %w", w.link.name, l.name, err)
	}
	w.f.Truncate(w.committed) //nolint:errcheck // what lies behind counts for nothing, or is the same
	w.look.moved(w.link.generation, w.committed, l.generation)
	w.shut()
	w.take(f, l, good)
	return nil
}

// shut leaves the log that is written. One without a whole minute goes.
func (w *writer) shut() {
	if w.f == nil {
		return
	}
	w.f.Close() //nolint:errcheck // all that counts is synced
	w.chain.grow(w.link.name, w.committed)
	if w.committed == fileHeader {
		w.chain.retire([]link{w.link}) //nolint:errcheck // the next start tries again
	}
	w.f = nil
}

// tell notes what is in the way, and says so when it begins and when it is over.
func (w *writer) tell(what int, err error) {
	w.mu.Lock()
	text := ""
	if err != nil {
		text = err.Error()
	}
	before := w.trouble()
	w.troubles[what] = text
	after := w.trouble()
	w.mu.Unlock()
	switch {
	case before == "" && after != "":
		w.o.Failed(err)
	case before != "" && after == "":
		w.o.Failed(nil)
	}
}

func (w *writer) trouble() string {
	for _, t := range w.troubles {
		if t != "" {
			return t
		}
	}
	return ""
}

// measure notes how large the folder is.
func (w *writer) measure() {
	if w.f != nil {
		w.chain.grow(w.link.name, w.good)
	}
	all, snapshot, _ := w.chain.bytes()
	w.mu.Lock()
	w.stats.Bytes, w.stats.Snapshot = all, snapshot
	w.mu.Unlock()
	full := all >= w.o.MaxBytes
	w.full.Store(full)
	var err error
	if full {
		err = fmt.Errorf("the folder holds %d bytes, and %d is its bound", all, w.o.MaxBytes)
	}
	w.tell(ofSize, err)
}

func (w *writer) mayGrow() bool { return !w.full.Load() }

func (w *writer) figures() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Trouble = w.trouble()
	return s
}

// close ends what is under way.
func (w *writer) close() error {
	w.stopping.Store(true)
	w.running.Wait()
	select {
	case r := <-w.compacted:
		w.adopt(r)
	default:
	}
	w.shut()
	w.codec.close()
	if w.lost != nil {
		return fmt.Errorf("what was learned last is not kept: %w", w.lost)
	}
	return nil
}
