package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// RecordsFile is the file of records, beside MainFile.
const RecordsFile = "records.db"

// Limits of the records in memory.
const (
	// sealRows is how many rows of one kind become a segment.
	sealRows = 16384
	// sealBytes is how many bytes of lines become a segment, where its rows are few: retention deletes whole ones.
	sealBytes = 12 << 20
	// chunkRows is how many rows of one kind are stored together at most, so that segments come out nearly full.
	chunkRows = 4096
	// runRows is how many fresh rows are read line by line at most before they become columns in memory.
	runRows = 512
	// freshBytes is how much fresh rows may take before the largest kind is sealed, full or not; at twice that Append waits.
	freshBytes = 48 << 20
	// freshChunks is how many chunks may lie unsealed: what opening must read.
	freshChunks = 4096
	// partsBytes is how much of the segments' parts is kept in memory.
	partsBytes = 192 << 20
)

// recordsFile is the records. Larger pages would leave more unused of each: what Retain promises was measured with these.
func recordsFile(o Options) file {
	return file{
		path: filepath.Join(o.Folder, RecordsFile), application: 0x4d575452, // "MWTR"
		migrations: []string{recordsSchema1}, pageSize: 4096, sync: "FULL", readers: 8,
		wholeCheck: 64 << 20, checks: []string{"record_segment", "record_fresh"},
		now: o.Now, readOnly: o.ReadOnly,
	}
}

// recordsSchema1: rows are stored as chunks of lines, and later turned into segments. A part's id is its segment's times partsOf plus
// its number, so that it is found by the shortest way there is.
const recordsSchema1 = `
CREATE TABLE record_fresh (
	seq  INTEGER PRIMARY KEY, -- place of its first row in the order of storing; the others follow
	kind TEXT NOT NULL,
	data BLOB NOT NULL        -- times and lines, compressed
);
CREATE TABLE record_segment (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	kind      TEXT NOT NULL,
	dead      INTEGER NOT NULL DEFAULT 0, -- so many of the oldest rows were deleted
	bytes     INTEGER NOT NULL,
	directory BLOB NOT NULL
);
CREATE TABLE record_part (
	id   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);
CREATE TABLE record_state (
	id  INTEGER PRIMARY KEY CHECK (id = 1),
	seq INTEGER NOT NULL -- the last place in the order of storing that was ever given
);
INSERT INTO record_state VALUES (1, 0)`

// partsOf is how many parts a segment may have.
const partsOf = 1024

// records implements store.Records: rows lie as chunks of lines until there are enough of a kind, then as segments.
type records struct {
	d      *database
	codec  *segment.Codec
	schema query.Schema
	parts  *parts
	slots  chan struct{} // what may be computed at a time, whoever asks

	work    sync.Mutex // held by who changes segments: sealing, merging, retention
	encoder *segment.Encoder

	mu       sync.Mutex
	sealed   []*sealedSegment // replaced, never changed
	fresh    map[string]*freshKind
	bytes    int          // of fresh lines
	chunks   int          // of fresh rows
	last     int64        // place of the last row that can be seen
	given    int64        // place of the last row that was given one
	failed   error        // why the last sealing failed
	promised atomic.Int64 // what the files may take, as Retain was told last; 0: no limit
	room     chan struct{}
	sealSoon chan struct{}
	stop     context.CancelFunc
	stopped  chan struct{}
}

// openRecords opens the records of a folder. The schema says what queries may ask for.
func openRecords(ctx context.Context, o Options, alone bool) (*records, error) {
	codec, err := segment.NewCodec()
	if err != nil {
		return nil, err
	}
	f := recordsFile(o)
	f.alone = alone
	d, err := f.open(ctx)
	if err != nil {
		codec.Close()
		return nil, err
	}
	r := &records{
		d: d, codec: codec, schema: o.Schema, parts: newParts(partsBytes), slots: make(chan struct{}, workers), encoder: segment.NewEncoder(codec),
		fresh: map[string]*freshKind{}, room: make(chan struct{}), sealSoon: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	if err := r.load(ctx); err != nil {
		close(r.stopped)
		return nil, errors.Join(fmt.Errorf("open %s: %w", d.path, err), r.close())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	if o.ReadOnly {
		close(r.stopped)
	} else {
		go r.seals(background)
	}
	return r, nil
}

// close ends the sealing under way and closes the file.
func (r *records) close() error {
	if r.stop != nil {
		r.stop()
	}
	<-r.stopped
	err := r.d.close()
	r.codec.Close()
	return err
}

// load reads the directories of all segments, and the fresh rows.
func (r *records) load(ctx context.Context) error {
	if err := r.d.read.QueryRowContext(ctx, "SELECT seq FROM record_state").Scan(&r.last); err != nil {
		return r.d.seen(err)
	}
	if err := r.loadSegments(ctx); err != nil {
		return err
	}
	if err := r.loadFresh(ctx); err != nil {
		return err
	}
	r.given = r.last
	return r.warm(ctx)
}

func (r *records) loadSegments(ctx context.Context) error {
	rows, err := r.d.read.QueryContext(ctx, "SELECT id, kind, dead, bytes, directory FROM record_segment ORDER BY id")
	if err != nil {
		return r.d.seen(err)
	}
	defer rows.Close()
	var list []*sealedSegment
	for rows.Next() {
		s := &sealedSegment{}
		var directory []byte
		if err := rows.Scan(&s.id, &s.kind, &s.dead, &s.bytes, &directory); err != nil {
			return r.d.seen(err)
		}
		dir, err := segment.ParseDirectory(directory)
		if err != nil {
			return fmt.Errorf("segment %d: %w", s.id, err)
		}
		r.adopt(s, dir)
		if s.from, err = s.oldest(); err != nil {
			return fmt.Errorf("segment %d: %w", s.id, err)
		}
		r.last = max(r.last, dir.MaxSeq)
		list = append(list, s)
	}
	r.sealed = list
	return r.d.seen(rows.Err())
}

func (r *records) loadFresh(ctx context.Context) error {
	rows, err := r.d.read.QueryContext(ctx, "SELECT seq, kind, data FROM record_fresh ORDER BY seq")
	if err != nil {
		return r.d.seen(err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var kind string
		var data []byte
		if err := rows.Scan(&seq, &kind, &data); err != nil {
			return r.d.seen(err)
		}
		list, err := r.unpackChunk(seq, data)
		if err != nil {
			return fmt.Errorf("fresh rows %d: %w", seq, err)
		}
		r.addFresh(freshChunk{kind: kind, rows: list})
		r.last = max(r.last, list[len(list)-1].Seq)
	}
	return r.d.seen(rows.Err())
}

// freshChunk is rows of one kind that were stored together.
type freshChunk struct {
	kind string
	at   []int // their places among all rows that were stored together
	rows []segment.Row
}

// packChunk writes times, places and lines.
func (r *records) packChunk(c freshChunk) []byte {
	var plain []byte
	was := int64(0)
	for i, row := range c.rows {
		plain = binary.AppendVarint(plain, row.TS-was)
		plain = binary.AppendUvarint(plain, uint64(c.at[i]-c.at[0]))
		plain = binary.AppendUvarint(plain, uint64(len(row.Line)))
		plain = append(plain, row.Line...)
		was = row.TS
	}
	return r.codec.Compress(nil, plain)
}

func (r *records) unpackChunk(seq int64, data []byte) (list []segment.Row, err error) {
	plain, err := r.codec.Decompress(data)
	if err != nil || len(plain) == 0 {
		return nil, errors.Join(segment.ErrDamaged, err)
	}
	ts := int64(0)
	for len(plain) > 0 {
		step, n := binary.Varint(plain)
		if n <= 0 {
			return nil, segment.ErrDamaged
		}
		at, k := binary.Uvarint(plain[n:])
		if k <= 0 || at > math.MaxInt32 {
			return nil, segment.ErrDamaged
		}
		n += k
		size, m := binary.Uvarint(plain[n:])
		if m <= 0 || size > math.MaxInt32 || int(size) > len(plain)-n-m {
			return nil, segment.ErrDamaged
		}
		ts += step
		plain = plain[n+m:]
		list = append(list, segment.Row{TS: ts, Seq: seq + int64(at), Line: plain[:size:size]})
		plain = plain[size:]
	}
	return list, nil
}

func momentOrZero(ns int64, there bool) time.Time {
	if !there {
		return time.Time{}
	}
	return moment(ns)
}
