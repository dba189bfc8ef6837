package sqlite

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/shared/store/segment"
)

// errGone says that a segment went while it was read: it was merged, or retention deleted it. Who asked begins anew.
var errGone = errors.New("segment is gone")

// sealedSegment is a segment in the database.
type sealedSegment struct {
	*segment.Segment
	id    int64
	kind  string
	from  int64 // oldest row that lives
	dead  int   // rows at the beginning that were deleted
	bytes int64
}

func (s *sealedSegment) live() int { return s.Rows - s.dead }

// oldest finds the time of the first row that lives.
func (s *sealedSegment) oldest() (int64, error) {
	if s.dead == 0 {
		return s.MinTS, nil
	}
	ts, err := s.Times()
	if err != nil || s.dead >= ts.Len() {
		return s.MaxTS, err
	}
	return ts.At(s.dead) * s.Unit, nil
}

// piece is what is searched as one: a segment, or some fresh rows.
type piece struct {
	kind     string
	from, to int64 // times of the first and the last row
	maxSeq   int64
	dead     int
	sealed   *sealedSegment
	fresh    *run
	rows     []segment.Row // those of fresh that are meant
}

// open gives the piece as columns.
func (p *piece) open(c *segment.Codec) (*segment.Segment, error) {
	if p.sealed != nil {
		return p.sealed.Segment, nil
	}
	return p.fresh.segmentOf(c, p.rows)
}

// view gives all pieces as they are now, and the place of the newest row in them.
func (r *records) view() (pieces []piece, last int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sealed {
		pieces = append(pieces, piece{kind: s.kind, from: s.from, to: s.MaxTS, maxSeq: s.MaxSeq, dead: s.dead, sealed: s})
	}
	for kind, k := range r.fresh {
		for _, u := range k.runs {
			p := piece{kind: kind, fresh: u, rows: u.rows[:len(u.rows):len(u.rows)], from: u.from, to: u.to, maxSeq: u.rows[len(u.rows)-1].Seq}
			pieces = append(pieces, p)
		}
	}
	return pieces, r.last
}

// partSource reads the parts of one segment from the database.
type partSource struct {
	r         *records
	segment   int64
	directory *segment.Directory
}

// Part implements segment.Source. Lines are not kept in memory: a page reads a few blocks, and none twice.
func (s *partSource) Part(n int, expand func([]byte) ([]byte, error)) ([]byte, error) {
	key := partKey{s.segment, n}
	if b := s.r.parts.get(key); b != nil {
		return b, nil
	}
	read, err := s.r.d.query("SELECT data FROM record_part WHERE id = ?")
	if err != nil {
		return nil, err
	}
	var b []byte
	if err := read.QueryRowContext(context.Background(), s.segment*partsOf+int64(n)).Scan(&b); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, errGone
		}
		return nil, s.r.d.seen(err)
	}
	if expand != nil {
		if b, err = expand(b); err != nil {
			return nil, err
		}
	}
	if !s.directory.IsLines(n) {
		s.r.parts.put(key, b)
	}
	return b, nil
}

// parts keeps what was read last, up to a bound.
type parts struct {
	mu    sync.Mutex
	most  int
	size  int
	known map[partKey]*list.Element
	order *list.List // most recent first
}

type partKey struct {
	segment int64
	part    int
}

type part struct {
	key  partKey
	data []byte
}

// partCost is what an entry takes besides its bytes.
const partCost = 200

func newParts(most int) *parts {
	return &parts{most: most, known: map[partKey]*list.Element{}, order: list.New()}
}

func (p *parts) get(k partKey) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.known[k]
	if e == nil {
		return nil
	}
	p.order.MoveToFront(e)
	return e.Value.(*part).data
}

func (p *parts) put(k partKey, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[k] != nil || len(b) > p.most/8 {
		return
	}
	p.known[k] = p.order.PushFront(&part{k, b})
	p.size += len(b) + partCost
	for p.size > p.most {
		p.drop(p.order.Back())
	}
}

func (p *parts) drop(e *list.Element) {
	v := p.order.Remove(e).(*part)
	delete(p.known, v.key)
	p.size -= len(v.data) + partCost
}

// forget drops what a segment that is gone has left.
func (p *parts) forget(id int64, d *segment.Directory) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range d.Parts() {
		if e := p.known[partKey{id, n}]; e != nil {
			p.drop(e)
		}
	}
}
