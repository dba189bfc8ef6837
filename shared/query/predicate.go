package query

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Predicate is a test made ready for the values of one type: exactly one of Text, Number and Bool is set. An engine with columns
// asks it once for each distinct value. Of a list it is asked for each member.
type Predicate struct {
	Text   func(string) bool  // Text and Address, as it stands in the record, without JSON's escapes
	Number func(float64) bool // Number, Time and Duration
	Bool   func(bool) bool
}

// ValueError says that a field cannot be compared in such a way, or with such a value.
type ValueError struct {
	Field string
	Op    Op
	Value string
	Want  string
}

// Error says it in one line.
func (e *ValueError) Error() string {
	return fmt.Sprintf("%s %s %s: want %s", clip(e.Field), e.Op, clip(e.Value), e.Want)
}

// Predicate makes a test ready for a field, or says why it makes no sense there.
func (t Test) Predicate(f Field) (Predicate, error) {
	switch f.Type {
	case Text:
		return Predicate{Text: t.text()}, nil
	case Address:
		match, want := t.address()
		return Predicate{Text: match}, t.wants(want)
	case Bool:
		match, want := t.bool()
		return Predicate{Bool: match}, t.wants(want)
	}
	n, want := t.Operand(f.Type)
	return Predicate{Number: t.number(n)}, t.wants(want)
}

func (t Test) wants(want string) error {
	if want == "" {
		return nil
	}
	return &ValueError{Field: t.Field, Op: t.Op, Value: t.Value.Text, Want: want}
}

func (t Test) text() func(string) bool {
	low := Lower(t.Value.Text)
	switch t.Op {
	case Present:
		return func(string) bool { return true }
	case Contains:
		return func(s string) bool { return containsFold(s, low) }
	case Equal, NotEqual:
		want := t.Op == Equal
		if t.Value.IsNet {
			network := t.Value.Network
			return func(s string) bool { return (equalFold(s, low) || within(network, s)) == want }
		}
		pattern := strings.Split(low, "*")
		return func(s string) bool { return matchFold(s, pattern) == want }
	}
	op := t.Op
	return func(s string) bool { return ordered(op, compareFold(s, low)) }
}

// address gives the match, or what is wanted instead.
func (t Test) address() (match func(string) bool, want string) {
	switch {
	case t.Op == Present || t.Op == Contains:
		return t.text(), ""
	case t.Op != Equal && t.Op != NotEqual:
		return nil, "=, !=, ~ or exists: addresses have no order"
	case t.Value.IsNet:
		network, hold := t.Value.Network, t.Op == Equal
		return func(s string) bool { return within(network, s) == hold }, ""
	case strings.Contains(t.Value.Text, "*"):
		return t.text(), ""
	}
	return nil, "an address or a network: 10.1.2.3, 10.0.0.0/8, 2001:db8::/32, 10.1.*"
}

func (t Test) bool() (match func(bool) bool, want string) {
	switch {
	case t.Op == Present:
		return func(bool) bool { return true }, ""
	case t.Op != Equal && t.Op != NotEqual:
		return nil, "=, != or exists"
	case !t.Value.IsBool:
		return nil, "true or false"
	}
	hold := t.Value.Bool == (t.Op == Equal)
	return func(b bool) bool { return b == hold }, ""
}

// Operand reads the value as a number of the field's type: times as seconds since the epoch, durations as seconds. Where it cannot,
// want says what would do.
func (t Test) Operand(of Type) (n float64, want string) {
	switch {
	case t.Op == Present:
		return 0, ""
	case t.Op == Contains:
		return 0, "one of = != < <= > >= exists: ~ is for text"
	case t.Value.IsNumber:
		return t.Value.Number, ""
	case of == Time:
		at, err := time.Parse(time.RFC3339Nano, t.Value.Text)
		if err != nil {
			return 0, "a time: 2026-01-31T12:00:00Z, or seconds since the epoch"
		}
		return seconds(at), ""
	case of == Duration:
		d, err := time.ParseDuration(t.Value.Text)
		if err != nil {
			return 0, "seconds, or a duration such as 90s, 5m or 1h30m"
		}
		return d.Seconds(), ""
	}
	return 0, "a number"
}

// seconds reads a time as a record's line would be read: the nearest number to its decimals. Reckoning it from parts would round twice.
func seconds(t time.Time) float64 {
	n := t.Nanosecond()
	if t.Unix() < 0 {
		return float64(t.Unix()) + float64(n)/1e9
	}
	f, err := strconv.ParseFloat(fmt.Sprintf("%d.%09d", t.Unix(), n), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func (t Test) number(want float64) func(float64) bool {
	if t.Op == Present {
		return func(float64) bool { return true }
	}
	op := t.Op
	return func(n float64) bool {
		switch {
		case n < want:
			return ordered(op, -1)
		case n > want:
			return ordered(op, 1)
		}
		return ordered(op, 0)
	}
}

// ordered says whether an operator holds of two values whose order is known.
func ordered(op Op, order int) bool {
	switch op {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterEqual:
		return order >= 0
	}
	return false
}

// within says whether a text is an address in the network. An IPv4 address that is written as IPv6 is an IPv6 address.
func within(n netip.Prefix, s string) bool {
	if len(s) > 45 || strings.Trim(s, "0123456789abcdefABCDEF:.") != "" {
		return false // most texts are told by a glance, without making an error
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == "" && n.Contains(a)
}
