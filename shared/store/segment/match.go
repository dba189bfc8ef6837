package segment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// Matching holds a plan against segments. It belongs to one goroutine, which it spares allocations.
type Matching struct {
	plan  *query.Plan // nil: every row
	holds []bool
	nums  []int64
	small []byte
}

// NewMatching makes a matching for a plan; nil matches everything.
func NewMatching(p *query.Plan) *Matching { return &Matching{plan: p} }

// Match gives the rows of [first, end) that match, nil where there are none.
func (m *Matching) Match(s *Segment, first, end int) (Bitmap, error) {
	switch {
	case first >= end || m.plan != nil && m.plan.Never():
		return nil, nil
	case m.plan == nil || m.plan.Always():
		all := NewBitmap(s.Rows)
		all.Fill(first, end)
		return all, nil
	}
	s, err := s.with(m.names())
	if err != nil {
		return nil, err
	}
	var failed error
	found := m.walk(s, &failed)
	if failed != nil || found == nil {
		return nil, failed
	}
	if first > 0 || end < s.Rows {
		span := NewBitmap(s.Rows)
		span.Fill(first, end)
		found.And(span)
	}
	return found, nil
}

func (m *Matching) names() (list []string) {
	for _, f := range m.plan.Fields {
		list = append(list, f.Name)
	}
	return list
}

// set gives the rows of a part of the query; nil stands for none, so that what is nowhere in a segment costs nothing.
type set func() Bitmap

// walk combines the rows of each test. The parts of an "and" are only looked at for as long as something is left.
func (m *Matching) walk(s *Segment, failed *error) Bitmap {
	return query.Walk(m.plan, query.Walker[set]{
		Test: func(i int) set {
			return func() Bitmap {
				found, err := m.test(s, &m.plan.Tests[i])
				*failed = errors.Join(*failed, err)
				return found
			}
		},
		Constant: func(holds bool) set {
			return func() Bitmap {
				if !holds {
					return nil
				}
				return full(s.Rows)
			}
		},
		And: intersect,
		Or:  unite,
		Not: func(part set) set {
			return func() Bitmap {
				all := full(s.Rows)
				if p := part(); p != nil {
					all.AndNot(p)
				}
				return all
			}
		},
	})()
}

func full(rows int) Bitmap {
	b := NewBitmap(rows)
	b.Fill(0, rows)
	return b
}

func intersect(parts []set) set {
	return func() Bitmap {
		left := parts[0]()
		for _, part := range parts[1:] {
			if left == nil {
				return nil
			}
			more := part()
			if more == nil {
				return nil
			}
			if left.And(more); left.Empty() {
				return nil
			}
		}
		return left
	}
}

func unite(parts []set) set {
	return func() Bitmap {
		var all Bitmap
		for _, part := range parts {
			switch p := part(); {
			case p == nil:
			case all == nil:
				all = p
			default:
				all.Or(p)
			}
		}
		return all
	}
}

// test gives the rows of which a test holds, nil where there are none.
func (m *Matching) test(s *Segment, b *query.Bound) (Bitmap, error) {
	var found Bitmap
	for i := range b.On {
		f := m.plan.Fields[b.On[i].At]
		c := s.Column(f.Name)
		if c == nil {
			continue
		}
		if err := m.column(s, c, asked{&b.Test, f, &b.On[i].Predicate}, &found); err != nil {
			return nil, fmt.Errorf("match column %q: %w", c.Name, err)
		}
	}
	return found, nil
}

// asked is what is asked of one column.
type asked struct {
	test  *query.Test
	field query.Field
	holds *query.Predicate
}

func (m *Matching) column(s *Segment, c *Column, a asked, found *Bitmap) error {
	if a.field.List && !c.List || cannotHold(c, a) {
		return nil
	}
	if c.Kind == Numbers {
		if a.holds.Number == nil {
			return nil
		}
		return m.numbers(s, c, a, ensure(found, s.Rows))
	}
	if miss, err := m.filtered(s, c, a); miss || err != nil {
		return err
	}
	d, err := s.dictionary(c)
	if err != nil {
		return err
	}
	any := m.values(d, a)
	if !any {
		return nil
	}
	k, err := s.codes(c)
	if err != nil {
		return err
	}
	if c.List {
		k.markLists(ensure(found, s.Rows), m.holds, a.field.List)
		return nil
	}
	k.mark(ensure(found, s.Rows), m.holds)
	return nil
}

func ensure(b *Bitmap, rows int) Bitmap {
	if *b == nil {
		*b = NewBitmap(rows)
	}
	return *b
}

// cannotHold says what the directory knows: no value is of the type, in the range, or has the letters.
func cannotHold(c *Column, a asked) bool {
	switch {
	case c.Kind == Numbers || c.Values == ValuesNumbers:
		return a.holds.Number == nil || c.Distinct > 0 && outOfRange(c, a)
	case c.Values == ValuesAddresses:
		return a.holds.Text == nil
	case c.Values == ValuesTexts:
		return a.holds.Text == nil || a.test.Op == query.Contains && !c.spells(a.test.Value.Text)
	}
	return false
}

func outOfRange(c *Column, a asked) bool {
	low, high := float64(c.Min)/pow10[c.Scale], float64(c.Max)/pow10[c.Scale]
	switch a.test.Op {
	case query.Less, query.LessEqual:
		return !a.holds.Number(low)
	case query.Greater, query.GreaterEqual:
		return !a.holds.Number(high)
	case query.Equal:
		want, wrong := a.test.Operand(a.field.Type)
		return wrong == "" && (want < low || want > high)
	}
	return false
}

// spells says whether a text is made of bytes that occur in the column.
func (c *Column) spells(text string) bool {
	for i := range len(text) {
		if b := lower(text[i]); c.Letters[b>>6]>>(b&63)&1 == 0 {
			return false
		}
	}
	return true
}

// filtered asks the filter, where the test is for one text or one address and there is a filter.
func (m *Matching) filtered(s *Segment, c *Column, a asked) (miss bool, err error) {
	if c.Filter == 0 || a.test.Op != query.Equal || strings.Contains(a.test.Value.Text, "*") {
		return false, nil
	}
	text := a.test.Value.Text
	if a.test.Value.IsNet {
		if c.Values != ValuesAddresses || !a.test.Value.Network.IsSingleIP() {
			return false, nil
		}
		text = a.test.Value.Network.Addr().String()
	}
	f, err := s.source.Part(c.Filter, nil)
	return err == nil && !mayHold(f, text), err
}

// values asks the predicate once for each value and leaves the answers by code.
func (m *Matching) values(d *dictionary, a asked) (any bool) {
	m.holds = append(m.holds[:0], false)
	p := a.holds
	switch {
	case d.col.Values == ValuesAddresses && a.field.Type == query.Address && a.test.Value.IsNet && a.test.Op != query.Contains && a.test.Op != query.Present:
		want := a.test.Op == query.Equal
		for i := range d.n {
			m.holds = append(m.holds, a.test.Value.Network.Contains(d.address(i)) == want)
		}
	case d.col.Values == ValuesAddresses:
		var b []byte
		for i := range d.n {
			b = d.address(i).AppendTo(b[:0])
			m.holds = append(m.holds, p.Text(string(b)))
		}
	case d.col.Values == ValuesTexts && a.test.Op == query.Contains && a.test.Value.Text != "":
		return m.contains(d, query.Lower(a.test.Value.Text))
	case d.col.Values == ValuesTexts:
		for i := range d.n {
			m.holds = append(m.holds, p.Text(d.text(i)))
		}
	case d.col.Values == ValuesNumbers:
		unit := pow10[d.col.Scale]
		for _, n := range d.nums {
			m.holds = append(m.holds, p.Number(float64(n)/unit))
		}
	default:
		for i := range d.n {
			m.holds = append(m.holds, d.mixed(i, p))
		}
	}
	for _, h := range m.holds {
		if h {
			return true
		}
	}
	return false
}

// mixed holds a predicate against a value of a column that has several types.
func (d *dictionary) mixed(i int, p *query.Predicate) bool {
	t := d.text(i)
	switch {
	case t[0] == 't':
		return p.Text != nil && p.Text(t[1:])
	case t == "ntrue" || t == "nfalse":
		return p.Bool != nil && p.Bool(t == "ntrue")
	}
	n, ok := d.number(i)
	return ok && p.Number != nil && p.Number(n)
}
