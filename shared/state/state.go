// Package state keeps what a program has learned, so that it goes on where it stood when it was killed. What comes in is keys and values, a
// part at a time, and once a minute the word that a minute is whole; what goes out, at the next start, is every entry as it stood at the
// last minute that was whole. It never knows what a value means, never blocks whoever puts something in, never shows half a minute, and
// never deletes a file of which something was left out.
//
// A folder holds one snapshot and the logs that came after it, of one format: a header, then frames, each with its length and two
// checksums. A frame holds entries of one part, or says that everything before it is one minute. A log grows at its end and is never
// changed; every start begins a new one. When the logs outgrow the snapshot, a goroutine of its own writes the next snapshot from the
// files alone. So there are three rules by which a crash at any moment is survived: entries count when the frame that ends their minute
// is whole, that frame is written only after everything before it is on the disk, and a file is deleted only after the one that stands for
// it is.
package state

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of an entry. What is longer is refused, and counted.
const (
	MaxKey   = 4 << 10
	MaxValue = 4 << 20
)

// Limits of what waits, and of the folder.
const (
	maxQueued    = 32 << 20 // bytes that may wait to be written before Room says no
	blockBytes   = 128 << 10
	compactAfter = 32 << 20 // a log shorter than this is never worth a new snapshot
	compactLogs  = 8        // so many logs are, however short: each is a file to open at the next start
	maxBytes     = 8 << 30
	maxAside     = 4 // files that were kept aside; an older one is deleted for a newer one
)

// Part is one kind of what is kept, in one form. Values of another version are not read.
type Part struct {
	Name    string
	Version int
}

// Entry is one thing that is kept. A nil Value says that it is gone. Key and Value are borrowed.
type Entry struct {
	Part       Part
	Key, Value []byte
}

// Options say where the state is, and what may be read of it.
type Options struct {
	Dir   string
	Parts []Part           // what is read; nil: everything, of whatever version
	Now   func() time.Time // the clock, for the figures
	// Failed is told when the disk begins to refuse what is written, and, with nil, when it takes it again. It is called from the writer.
	Failed func(error)
	// Note is told of damage that is found while a snapshot is made, a line each. The file is kept aside.
	Note         func(line string)
	Retry        time.Duration // between attempts; 0: a second
	CompactAfter int64         // least bytes of logs that are made a snapshot; 0: 32 MiB
	MaxBytes     int64         // of the folder; 0: 8 GiB
	Lookup       string        // the part whose entries Get can read; "" is none
	NoCompress   bool          // to measure what compression costs

	disk disk // how a test makes the disk fail
}

// ErrInUse says that another process has the folder.
var ErrInUse = errors.New("another process uses it")

// Log is an open folder. Put, Commit and Room come from one goroutine; what they give is written by another.
type Log struct {
	o       Options
	chain   *chain
	parts   map[string]int // version by name
	block   block          // what is being filled
	report  Report
	drop    []dropped // values that their owner could not read
	queue   queue
	writer  *writer
	refused atomic.Uint64
	done    sync.WaitGroup
	look    *lookup // nil where nothing is looked up
	reading *codec  // of Get
}

type dropped struct {
	part Part
	key  []byte
}

// Stats are a log's figures.
type Stats struct {
	Bytes      int64         // of the folder's files
	Snapshot   int64         // of them the snapshot
	Entries    int           // at the start, or in the newest snapshot
	Committed  time.Time     // when the last minute was written; zero: none yet
	At         int64         // that minute, as Commit was told
	Compacted  time.Duration // how long the last compaction took; 0: none yet
	Queued     int64         // bytes that wait to be written
	Refused    uint64        // entries too long to be kept
	Trouble    string        // why nothing can be written now; "" where all is well
	Commits    uint64
	Compaction uint64 // how many there were
}

// Open locks a folder, makes it where it is missing, and shows every entry that is kept to each, in the order in which they were last
// written. An error of each is about one value: it is left out and told in the report, as is what is damaged or of another version.
// Open itself fails where nothing can be kept at all.
func Open(o Options, each func(Entry) error) (*Log, error) {
	o = withDefaults(o)
	c, err := openChain(o)
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", o.Dir, err)
	}
	l := &Log{o: o, chain: c, parts: map[string]int{}, look: newLookup(o.Lookup)}
	for _, p := range o.Parts {
		l.parts[p.Name] = p.Version
	}
	begin := o.Now()
	if err := l.restore(each); err != nil {
		return nil, errors.Join(fmt.Errorf("read state %s: %w", o.Dir, err), c.unlock())
	}
	l.report.Took = o.Now().Sub(begin)
	if l.writer, err = newWriter(l); err != nil {
		return nil, errors.Join(fmt.Errorf("write state %s: %w", o.Dir, err), c.unlock())
	}
	l.done.Go(l.writer.run)
	l.forget()
	return l, nil
}

func withDefaults(o Options) Options {
	if o.disk == nil {
		o.disk = osDisk{}
	}
	if o.Retry == 0 {
		o.Retry = time.Second
	}
	if o.CompactAfter == 0 {
		o.CompactAfter = compactAfter
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = maxBytes
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	return o
}

// forget has the values that their owner could not read go with the next minute. Their file is kept aside.
func (l *Log) forget() {
	for _, d := range l.drop {
		l.put(d.part, d.key, nil)
	}
	l.drop = nil
}

// Report tells what was found at the start.
func (l *Log) Report() Report { return l.report }

// Room says whether more may be put in now. Where not, the disk is slow, full or broken, or the folder has reached its bound: then whoever
// learns goes on in memory and puts in later what changed.
func (l *Log) Room() bool { return l.queue.bytes() < maxQueued && l.writer.mayGrow() }

// Put takes one entry; a nil value says that the key is gone. Both are copied. Nothing counts before Commit.
func (l *Log) Put(part string, key, value []byte) {
	version, known := l.parts[part]
	if !known || len(key) > MaxKey || len(value) > MaxValue {
		l.refused.Add(1)
		return
	}
	l.put(Part{part, version}, key, value)
}

func (l *Log) put(p Part, key, value []byte) {
	if l.block.entries > 0 && (l.block.part != p || len(l.block.data) >= blockBytes) {
		l.flush()
	}
	if l.block.data == nil {
		l.block.data = l.queue.buffer()
	}
	l.block.add(p, key, value)
}

// Commit ends a minute, called at: everything put in since the last Commit counts together.
func (l *Log) Commit(at int64) {
	l.flush()
	l.queue.push(job{commit: true, at: at})
}

func (l *Log) flush() {
	if l.block.entries > 0 {
		l.queue.push(job{block: l.block})
		l.block = block{}
	}
}

// Written says whether everything up to the last Commit is on the disk.
func (l *Log) Written() bool { return l.queue.idle() }

// Stats gives the figures. It may be called from anywhere.
func (l *Log) Stats() Stats {
	s := l.writer.figures()
	s.Queued, s.Refused = l.queue.bytes(), l.refused.Load()
	return s
}

// Close writes what waits, with one attempt where the disk refuses, ends a compaction under way, and gives the folder back. What was put in
// after the last Commit is not kept.
func (l *Log) Close() error {
	l.queue.close()
	l.done.Wait()
	err := l.writer.close()
	if l.reading != nil {
		l.reading.close()
	}
	if uerr := l.chain.unlock(); err == nil {
		err = uerr
	}
	if err != nil {
		return fmt.Errorf("close state %s: %w", l.o.Dir, err)
	}
	return nil
}
