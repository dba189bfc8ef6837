package query

import (
	"fmt"
	"slices"
	"sync"
)

// Matcher is a query made ready for records. It may be used from any goroutine.
type Matcher struct {
	plans map[string]*Plan
}

// Plan is what a query asks of the records of one kind. An engine with columns evaluates the tests over its columns and then Eval.
type Plan struct {
	Kind   string
	Fields []Field // those that must be read, each once
	Tests  []Bound // those whose answer is not known beforehand
	root   expr
	byName map[string]int // place in Fields
	on     [][]use        // by place in Fields: the tests that look at it

	scanners sync.Pool // of *scanner: the room for texts with escapes stays between calls
}

// Bound is a test with the fields that it looks at; it holds where any of them holds.
type Bound struct {
	Test Test
	On   []On
}

// On is a test of one field: At is the field's place in Plan.Fields.
type On struct {
	At        int
	Predicate Predicate
}

// use is On seen from the field.
type use struct {
	test      int
	predicate Predicate
}

// maxFields is how many fields a kind may have: the scanner remembers those that it saw in two words.
const maxFields = 128

// Compile makes a query ready, or says which field is unknown, or which comparison makes no sense in any kind that has the field.
// A nil query, or an empty one, matches everything.
func Compile(q *Query, s Schema) (*Matcher, error) {
	if err := check(q, s); err != nil {
		return nil, err
	}
	m := &Matcher{plans: make(map[string]*Plan, len(s))}
	for _, t := range s {
		p, err := plan(q, t)
		if err != nil {
			return nil, err
		}
		m.plans[t.Kind] = p
	}
	return m, nil
}

// Plan gives the plan for a kind; nil where there is no such kind.
func (m *Matcher) Plan(kind string) *Plan { return m.plans[kind] }

// Never says that no record of the kind can match.
func (p *Plan) Never() bool { return p.root.op == opFalse }

// Always says that every record of the kind matches.
func (p *Plan) Always() bool { return p.root.op == opTrue }

// Eval says whether a record matches of which it is known which of Tests hold.
func (p *Plan) Eval(holds func(test int) bool) bool { return p.root.eval(holds) }

// Walk calls what belongs to each node, parts first, so that an engine can work on whole sets of records at once: test for a test
// in Tests, constant for what is known beforehand, and the rest for what is made of parts.
func Walk[T any](p *Plan, w Walker[T]) T { return walk(p.root, w) }

// Walker is what Walk calls.
type Walker[T any] struct {
	Test     func(test int) T
	Constant func(holds bool) T
	And, Or  func(parts []T) T
	Not      func(part T) T
}

func walk[T any](e expr, w Walker[T]) T {
	var parts []T
	for _, k := range e.kids {
		parts = append(parts, walk(k, w))
	}
	switch e.op {
	case opTest:
		return w.Test(e.test)
	case opAnd:
		return w.And(parts)
	case opOr:
		return w.Or(parts)
	case opNot:
		return w.Not(parts[0])
	}
	return w.Constant(e.op == opTrue)
}

// expr is the tree with tests by number, and without what is known beforehand.
type expr struct {
	op   exprOp
	test int
	kids []expr
}

type exprOp uint8

const (
	opFalse exprOp = iota
	opTrue
	opTest
	opAnd
	opOr
	opNot
)

func (e *expr) eval(holds func(int) bool) bool {
	switch e.op {
	case opTest:
		return holds(e.test)
	case opNot:
		return !e.kids[0].eval(holds)
	case opTrue, opFalse:
		return e.op == opTrue
	}
	for i := range e.kids {
		if e.kids[i].eval(holds) == (e.op == opOr) {
			return e.op == opOr
		}
	}
	return e.op == opAnd
}

// check looks at every test once, over all kinds.
func check(q *Query, s Schema) error {
	list := q.Tests()
	if len(list) > MaxTests {
		return fmt.Errorf("compile query: %d comparisons, want at most %d", len(list), MaxTests)
	}
	for _, t := range list {
		if !slices.Contains(Ops(), t.Op) {
			return &ValueError{Field: t.Field, Op: t.Op, Value: t.Value.Text, Want: "one of = != < <= > >= ~ exists"}
		}
		if t.Field == KindField {
			continue
		}
		if err := s.Check(t.Field); err != nil {
			return err
		}
		if err := checkValue(t, s); err != nil {
			return err
		}
	}
	return nil
}

// checkValue gives an error where none of the fields that the test looks at, in any kind, can be compared so. Where one can, the
// others simply do not hold: "version" is text in one log and a number in another.
func checkValue(t Test, s Schema) error {
	var first error
	for _, table := range s {
		for _, f := range table.Resolve(t.Field) {
			_, err := t.Predicate(f)
			if err == nil {
				return nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// Tests gives every test of the query, from left to right.
func (q *Query) Tests() []Test {
	if q == nil {
		return nil
	}
	return tests(nil, q.Root)
}

func tests(list []Test, n Node) []Test {
	switch n := n.(type) {
	case Test:
		return append(list, n)
	case Not:
		return tests(list, n.Part)
	case And:
		for _, p := range n.Parts {
			list = tests(list, p)
		}
	case Or:
		for _, p := range n.Parts {
			list = tests(list, p)
		}
	}
	return list
}

func plan(q *Query, t Table) (*Plan, error) {
	p := &Plan{Kind: t.Kind, byName: map[string]int{}, root: expr{op: opTrue}}
	if q != nil && q.Root != nil {
		p.root = p.expr(q.Root, t)
	}
	if len(p.Fields) > maxFields {
		return nil, fmt.Errorf("compile query: %s has more than %d fields", t.Kind, maxFields)
	}
	p.on = make([][]use, len(p.Fields))
	for i, b := range p.Tests {
		for _, on := range b.On {
			p.on[on.At] = append(p.on[on.At], use{i, on.Predicate})
		}
	}
	return p, nil
}

func (p *Plan) expr(n Node, t Table) expr {
	switch n := n.(type) {
	case And:
		return p.fold(opAnd, n.Parts, t)
	case Or:
		return p.fold(opOr, n.Parts, t)
	case Not:
		part := p.expr(n.Part, t)
		switch part.op {
		case opTrue:
			return expr{op: opFalse}
		case opFalse:
			return expr{op: opTrue}
		}
		return expr{op: opNot, kids: []expr{part}}
	case Test:
		return p.bind(n, t)
	}
	return expr{op: opFalse}
}

// fold leaves out the parts that change nothing, and stops at one that decides.
func (p *Plan) fold(op exprOp, parts []Node, t Table) expr {
	neutral, decides := opTrue, opFalse
	if op == opOr {
		neutral, decides = opFalse, opTrue
	}
	e := expr{op: op}
	for _, n := range parts {
		part := p.expr(n, t)
		switch part.op {
		case neutral:
		case decides:
			return part
		default:
			e.kids = append(e.kids, part)
		}
	}
	switch len(e.kids) {
	case 0:
		return expr{op: neutral}
	case 1:
		return e.kids[0]
	}
	return e
}

// bind finds what a test looks at in this kind; where there is nothing, it does not hold.
func (p *Plan) bind(n Test, t Table) expr {
	if n.Field == KindField {
		if n.text()(t.Kind) {
			return expr{op: opTrue}
		}
		return expr{op: opFalse}
	}
	b := Bound{Test: n}
	for _, f := range t.Resolve(n.Field) {
		if predicate, err := n.Predicate(f); err == nil {
			b.On = append(b.On, On{p.place(f), predicate})
		}
	}
	if len(b.On) == 0 {
		return expr{op: opFalse}
	}
	p.Tests = append(p.Tests, b)
	return expr{op: opTest, test: len(p.Tests) - 1}
}

func (p *Plan) place(f Field) int {
	at, ok := p.byName[f.Name]
	if !ok {
		at = len(p.Fields)
		p.byName[f.Name] = at
		p.Fields = append(p.Fields, f)
	}
	return at
}
