package query

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// SyntaxError says where a text stopped making sense.
type SyntaxError struct {
	Offset int    // in bytes
	Got    string // what is there
	Want   string // what could be
}

// Error says it in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("query, at byte %d: got %s, want %s", e.Offset, e.Got, e.Want)
}

// Parse understands a text, or gives a *SyntaxError. What it does not know is whether there are such fields: that is Compile's.
func Parse(text string) (*Query, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	q := &Query{Text: text}
	if p.peek().kind == tokenEnd {
		return q, nil
	}
	if q.Root, err = p.or(); err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd {
		return nil, p.fail("and, or, or the end")
	}
	return q, nil
}

// parser walks the tokens. or, and, not and operand are the levels of precedence, loosest first.
type parser struct {
	tokens []token
	depth  int
	tests  int
}

func (p *parser) peek() token { return p.tokens[0] }

// next takes a token; the end stays.
func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) fail(want string) error {
	t := p.peek()
	return &SyntaxError{Offset: t.offset, Got: t.got(), Want: want}
}

// deeper counts a level; whoever calls it takes it off again.
func (p *parser) deeper() error {
	if p.depth++; p.depth > MaxNesting {
		return p.fail("at most " + strconv.Itoa(MaxNesting) + " levels of nesting")
	}
	return nil
}

func (p *parser) or() (Node, error) {
	parts, err := p.list(tokenOr, p.and)
	if err != nil || len(parts) == 1 {
		return first(parts), err
	}
	return Or{Parts: parts}, nil
}

func (p *parser) and() (Node, error) {
	parts, err := p.list(tokenAnd, p.not)
	if err != nil || len(parts) == 1 {
		return first(parts), err
	}
	return And{Parts: parts}, nil
}

func first(parts []Node) Node {
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

// list reads one or more of what part reads, with a token between.
func (p *parser) list(between tokenKind, part func() (Node, error)) ([]Node, error) {
	var parts []Node
	for {
		n, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
		if p.peek().kind != between {
			return parts, nil
		}
		p.next()
	}
}

func (p *parser) not() (Node, error) {
	if p.peek().kind != tokenNot {
		return p.operand()
	}
	p.next()
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n, err := p.not()
	if err != nil {
		return nil, err
	}
	return Not{Part: n}, nil
}

func (p *parser) operand() (Node, error) {
	switch p.peek().kind {
	case tokenOpen:
		return p.group()
	case tokenQuoted:
		return p.test("any", Contains, p.next().text)
	case tokenWord:
		return p.word()
	}
	return nil, p.fail("a field, a word, not, or (")
}

func (p *parser) group() (Node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.next()
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenClose {
		return nil, p.fail("and, or, or )")
	}
	p.next()
	return n, nil
}

// word reads what begins with a word: a comparison, "exists field", or the word alone.
func (p *parser) word() (Node, error) {
	w := p.next()
	follows := p.peek()
	switch {
	case strings.EqualFold(w.text, "exists") && follows.kind == tokenWord:
		if p.next(); !isField(follows.text) {
			return nil, notField(follows)
		}
		return p.test(follows.text, Present, "")
	case follows.kind == tokenOp:
		if !isField(w.text) {
			return nil, notField(w)
		}
		op := Op(p.next().text)
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		return p.test(w.text, op, value)
	case p.isIn(0):
		if !isField(w.text) {
			return nil, notField(w)
		}
		p.next()
		return p.in(w.text)
	case follows.kind == tokenNot && p.isIn(1):
		return p.notIn(w)
	}
	return p.test("any", Contains, w.text)
}

// isIn says whether "in (" follows, after some tokens.
func (p *parser) isIn(after int) bool {
	return len(p.tokens) > after+1 && p.tokens[after].kind == tokenWord && strings.EqualFold(p.tokens[after].text, "in") &&
		p.tokens[after+1].kind == tokenOpen
}

// notIn reads "field not in (...)".
func (p *parser) notIn(field token) (Node, error) {
	if !isField(field.text) {
		return nil, notField(field)
	}
	p.next()
	p.next()
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n, err := p.in(field.text)
	if err != nil {
		return nil, err
	}
	return Not{Part: n}, nil
}

// in reads "(a, b, c)": any of them.
func (p *parser) in(field string) (Node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.next()
	parts, err := p.list(tokenComma, func() (Node, error) {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		return p.test(field, Equal, value)
	})
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenClose {
		return nil, p.fail(", or )")
	}
	p.next()
	if len(parts) == 1 {
		return parts[0], nil
	}
	return Or{Parts: parts}, nil
}

func (p *parser) value() (string, error) {
	switch p.peek().kind {
	case tokenWord, tokenQuoted:
		return p.next().text, nil
	case tokenAnd, tokenOr, tokenNot:
		return "", p.fail("a value; and, or and not stand in quotes where they are values")
	}
	return "", p.fail("a value")
}

func (p *parser) test(field string, op Op, text string) (Node, error) {
	if p.tests++; p.tests > MaxTests {
		return nil, p.fail("at most " + strconv.Itoa(MaxTests) + " comparisons")
	}
	t := Test{Field: field, Op: op}
	if op != Present {
		t.Value = ValueOf(text)
	}
	return t, nil
}

func notField(t token) error {
	return &SyntaxError{Offset: t.offset, Got: t.got(), Want: "a field's name: letters, digits, _ and ."}
}

func isField(s string) bool {
	for i := range len(s) {
		c := s[i]
		if letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'; !letter && (i == 0 || !('0' <= c && c <= '9' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// ValueOf reads a text in each form that it can be read in.
func ValueOf(text string) Value {
	v := Value{Text: text}
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(n, 0) && strings.Trim(text, "+-.0123456789eE") == "" {
		v.Number, v.IsNumber = n, true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		v.Network, v.IsNet = p.Masked(), true
	} else if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		v.Network, v.IsNet = netip.PrefixFrom(a, a.BitLen()), true
	}
	if strings.EqualFold(text, "true") || strings.EqualFold(text, "false") {
		v.Bool, v.IsBool = strings.EqualFold(text, "true"), true
	}
	return v
}
