package state

import (
	"errors"
	"fmt"
	"time"
)

// compaction is what came of making a snapshot.
type compaction struct {
	from    []link // what it stands for
	to      link
	entries int
	took    time.Duration
	places  map[[2]uint64]int64 // of the part that is looked up
	found   []string            // damage that nobody knew of
	err     error
}

// restAfter is how many minutes a failed compaction is not tried again.
const restAfter = 5

// due says whether the logs are worth a new snapshot: they outgrew the last one, or are many.
func (w *writer) due() bool {
	if w.compacting {
		return false
	}
	if w.rest > 0 {
		w.rest--
		return false
	}
	all, snapshot, logs := w.chain.bytes()
	return all-snapshot >= max(w.o.CompactAfter, snapshot) || logs >= compactLogs
}

// compact begins a snapshot of everything that was committed. The log that is written ends here, so that the files it is made from stand still.
func (w *writer) compact() {
	if w.entries > 0 || w.suspect {
		return // amid a minute: its end asks again
	}
	w.shut()
	from := w.chain.all()
	to := w.chain.next(aSnapshot)
	w.compacting = true
	w.running.Go(func() {
		begin := w.o.Now()
		r := compaction{from: from, to: to}
		r.err = r.write(w)
		r.took = w.o.Now().Sub(begin)
		w.compacted <- r
	})
}

// adopt puts a new snapshot in the place of what it was made from.
func (w *writer) adopt(r compaction) {
	w.compacting = false
	if errors.Is(r.err, errStopped) {
		return
	}
	if r.err != nil {
		w.rest = restAfter
		w.tell(ofCompaction, fmt.Errorf("make %s: %w", r.to.name, r.err))
		return
	}
	for _, line := range r.found {
		w.o.Note(line)
	}
	w.chain.add(r.to)
	w.look.adopt(r.to.generation, r.places)
	err := w.chain.retire(r.from)
	if err != nil {
		err = fmt.Errorf("delete what %s stands for: %w", r.to.name, err)
	}
	w.tell(ofCompaction, err)
	w.mu.Lock()
	w.stats.Compacted, w.stats.Entries = r.took, r.entries
	w.stats.Compaction++
	w.mu.Unlock()
	w.measure()
}

// write makes the snapshot from the files alone: under another name first, then synced, then renamed, then the name is made to last.
func (r *compaction) write(w *writer) error {
	list, stale, err := openSources(w.chain, r.from)
	if err != nil {
		return err
	}
	defer closeSources(list)
	tmp := w.chain.path(r.to.name + tmpSuffix)
	f, err := w.chain.disk.create(tmp)
	if err != nil {
		return err
	}
	if err = r.fill(w, f, list); err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = w.chain.disk.rename(tmp, w.chain.path(r.to.name))
	}
	if err == nil {
		err = w.chain.disk.sync(w.chain.dir)
	}
	if err != nil {
		w.chain.disk.remove(tmp) //nolint:errcheck // the next start tries again
		return err
	}
	r.from = stale
	for _, s := range list {
		r.from = append(r.from, s.link)
	}
	return nil
}

// fill writes all entries of files into a new one.
func (r *compaction) fill(w *writer, f file, list []*source) error {
	c, err := newCodec()
	if err != nil {
		return err
	}
	defer c.close()
	r.places = map[[2]uint64]int64{}
	p := &packer{f: f, look: w.look, places: r.places, codec: c, compress: !w.o.NoCompress, buf: appendFileHeader(nil, aSnapshot, r.to.generation)}
	at := int64(0)
	for _, s := range list {
		at = max(at, s.at)
		if lines := s.left(); len(lines) > 0 && !s.flawed {
			s.flawed = true
			r.found = append(r.found, lines...)
		}
	}
	reading, err := newCodec()
	if err != nil {
		return err
	}
	defer reading.close()
	m := newMerger(list, w.parts, reading, w.stopping.Load)
	if err := m.walk(func(e Entry, _ *source) error { return p.add(&e) }); err != nil {
		return err
	}
	r.entries, r.found = p.entries, append(r.found, m.broken...)
	r.to.bytes, err = p.end(at)
	return err
}

// packer fills a snapshot.
type packer struct {
	f        file
	codec    *codec
	compress bool
	block    block
	buf      []byte // frames that are not written yet
	at       int64
	entries  int
	look     *lookup
	places   map[[2]uint64]int64 // of the part that is looked up
}

// writeBytes is how much is written at once.
const writeBytes = 1 << 20

func (p *packer) add(e *Entry) error {
	if p.block.entries > 0 && (p.block.part != e.Part || len(p.block.data) >= blockBytes) {
		p.pack()
	}
	p.block.add(e.Part, e.Key, e.Value)
	p.entries++
	if len(p.buf) >= writeBytes {
		return p.flush()
	}
	return nil
}

func (p *packer) pack() {
	if p.look != nil && p.block.part.Name == p.look.part {
		p.look.each(p.block.data, func(id [2]uint64, _ bool) { p.places[id] = p.at + int64(len(p.buf)) })
	}
	p.buf = p.codec.pack(p.buf, p.block.data, p.compress)
	p.block.entries = 0
}

func (p *packer) flush() error {
	if _, err := p.f.WriteAt(p.buf, p.at); err != nil {
		return err
	}
	p.at += int64(len(p.buf))
	p.buf = p.buf[:0]
	return nil
}

// end closes the snapshot and says how long it is.
func (p *packer) end(at int64) (int64, error) {
	if p.block.entries > 0 {
		p.pack()
	}
	p.buf = appendCommit(p.buf, ofEnd, at, p.entries)
	return p.at + int64(len(p.buf)), p.flush()
}
