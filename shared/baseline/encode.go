package baseline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// version is the first byte of an encoded summary. It is raised when the form changes. The first version had a second distribution, of the
// largest minutes of hours, which is passed over.
const (
	version         = 2
	versionOfMinute = 1
)

var errShort = errors.New("it ends too early")

// AppendBinary appends the summary: some hundred bytes once there are weeks.
func (u *Usual) AppendBinary(b []byte) []byte {
	b = append(b, version, flag(u.group))
	b = binary.AppendUvarint(b, uint64(u.hours))
	b = binary.AppendUvarint(b, uint64(u.overall))
	b = appendCells(b, u.daily[0][:])
	b = appendCells(b, u.daily[1][:])
	b = append(b, flag(u.weekly != nil))
	if u.weekly != nil {
		b = appendCells(b, u.weekly[:])
	}
	b = u.ratios.append(b)
	for _, s := range u.strays {
		b = binary.AppendUvarint(b, uint64(s.left))
		if s.left > 0 {
			b = append(binary.AppendUvarint(b, uint64(s.level)), s.day)
		}
	}
	b = append(b, flag(u.pending != nil))
	if u.pending != nil {
		for _, p := range u.pending {
			b = append(b, p.times)
			if p.times > 0 {
				b = append(binary.AppendUvarint(b, uint64(p.level)), p.row, p.ago, flag(p.above))
			}
		}
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, u.above), u.below)
	return binary.AppendVarint(b, int64(u.shift*1000))
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// appendCells writes how often each was seen, and where it was its level.
func appendCells(b []byte, cells []cell) []byte {
	for _, c := range cells {
		b = append(b, c.n)
		if c.n > 0 {
			b = binary.AppendUvarint(b, uint64(c.level))
		}
	}
	return b
}

func (s *spread) append(b []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(s.count)), uint64(len(s.sketch)))
	b = append(append(b, s.sketch...), s.waits)
	for _, w := range s.waiting[:s.waits] {
		b = binary.AppendVarint(b, int64(w))
	}
	return b
}

// reader takes an encoded summary apart; after an error it gives zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.err = errShort
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) number(most uint64) uint64 {
	n, size := binary.Uvarint(r.b)
	switch {
	case size <= 0:
		r.err = errShort
		return 0
	case n > most:
		r.err = fmt.Errorf("%d where at most %d may be", n, most)
	}
	r.b = r.b[size:]
	return min(n, most)
}

func (r *reader) signed() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.err = errShort
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) cells(cells []cell) {
	for i := range cells {
		if cells[i].n = r.byte(); cells[i].n > 0 {
			cells[i].level = uint16(r.number(math.MaxUint16))
		}
	}
}

// Decode reads a summary that AppendBinary wrote, and gives what follows it.
func (t *Tools) Decode(b []byte) (*Usual, []byte, error) {
	if len(b) == 0 || b[0] != version && b[0] != versionOfMinute {
		return nil, nil, fmt.Errorf("read baseline: version %v, want %d", b[:min(len(b), 1)], version)
	}
	r := &reader{b: b[1:]}
	u := &Usual{group: r.byte() == 1}
	u.hours, u.overall = uint32(r.number(math.MaxUint32)), uint16(r.number(math.MaxUint16))
	r.cells(u.daily[0][:])
	r.cells(u.daily[1][:])
	if r.byte() == 1 {
		u.weekly = new([168]cell)
		r.cells(u.weekly[:])
	}
	t.spread(r, &u.ratios)
	if b[0] == versionOfMinute {
		t.spread(r, &spread{})
	}
	for i := range u.strays {
		if s := &u.strays[i]; r.err == nil {
			if s.left = uint16(r.number(strayHours)); s.left > 0 {
				s.level, s.day = uint16(r.number(math.MaxUint16)), r.byte()%24
			}
		}
	}
	r.pending(u)
	const window = 1<<acceptWindow - 1
	u.above, u.below = r.number(window), r.number(window)
	u.shift = float32(min(max(r.signed(), -1e5), 1e5)) / 1000
	if r.err != nil {
		return nil, nil, fmt.Errorf("read baseline: %w", r.err)
	}
	return u, r.b, nil
}

func (r *reader) pending(u *Usual) {
	if r.byte() != 1 {
		return
	}
	u.pending = new([24]pending)
	for i := range u.pending {
		if p := &u.pending[i]; r.err == nil {
			if p.times = r.byte(); p.times > 0 {
				p.level, p.row, p.ago, p.above = uint16(r.number(math.MaxUint16)), r.byte(), r.byte(), r.byte() == 1
			}
		}
	}
}

// spread reads a distribution, and reckons what is not written of it.
func (t *Tools) spread(r *reader, s *spread) {
	s.count = uint32(r.number(math.MaxUint32))
	n := r.number(maxSketch)
	if r.err == nil && uint64(len(r.b)) < n {
		r.err = errShort
	}
	if r.err != nil {
		return
	}
	s.sketch = append([]byte(nil), r.b[:n]...)
	r.b = r.b[n:]
	s.waits = r.byte() % batch
	for i := range s.waiting[:s.waits] {
		s.waiting[i] = int16(min(max(r.signed(), -1000*maxFactor), 1000*maxFactor))
	}
	if r.err == nil {
		r.err = t.pool.open(s.sketch)
	}
	if r.err == nil {
		t.pool.summarise(s)
	}
}

// AppendBinary appends the group.
func (g *Group) AppendBinary(b []byte) []byte { return g.own.append(g.hours.AppendBinary(b)) }

// DecodeGroup reads a group that AppendBinary wrote.
func (t *Tools) DecodeGroup(b []byte) (*Group, error) {
	u, rest, err := t.Decode(b)
	if err != nil {
		return nil, err
	}
	g, r := &Group{hours: *u}, &reader{b: rest}
	g.hours.group = true
	if t.spread(r, &g.own); r.err != nil {
		return nil, fmt.Errorf("read group's baseline: %w", r.err)
	}
	return g, nil
}

// Merge takes what another summary of the same number learned into u: a fleet's member takes over a device that another one watched.
func (t *Tools) Merge(u, other *Usual) error {
	u.overall = mixed(u.overall, other.overall, float64(u.hours), float64(other.hours))
	for kind := range u.daily {
		mergeCells(u.daily[kind][:], other.daily[kind][:])
	}
	if other.weekly != nil {
		if u.weekly == nil {
			u.weekly = new([168]cell)
		}
		mergeCells(u.weekly[:], other.weekly[:])
	}
	for _, s := range other.strays {
		if s.left > 0 {
			u.remember(season{day: int(s.day)}, value(s.level))
		}
	}
	u.hours += min(other.hours, math.MaxUint32-u.hours)
	return t.pool.merge(&u.ratios, &other.ratios)
}

func mergeCells(cells, other []cell) {
	for i := range cells {
		c, o := &cells[i], other[i]
		if o.n > 0 {
			c.level = mixed(c.level, o.level, float64(c.n), float64(o.n))
			c.n += min(o.n, maxCell-c.n)
		}
	}
}

func mixed(a, b uint16, weightA, weightB float64) uint16 {
	if weightA+weightB == 0 {
		return a
	}
	return uint16(math.Round((float64(a)*weightA + float64(b)*weightB) / (weightA + weightB)))
}

func (p *pool) merge(s, other *spread) error {
	if len(other.sketch) == 0 {
		return nil
	}
	if err := p.open(s.sketch); err != nil {
		return err
	}
	if err := p.sketch.DecodeAndMergeWith(other.sketch); err != nil {
		return fmt.Errorf("merge sketch: %w", err)
	}
	for _, w := range other.waiting[:other.waits] {
		p.put(float64(w)/1000, 1)
	}
	s.count += min(other.count, math.MaxUint32-s.count)
	p.summarise(s)
	p.close(s)
	return nil
}
