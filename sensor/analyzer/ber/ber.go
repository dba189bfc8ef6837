// Package ber reads the basic and distinguished encoding of ASN.1 (X.690), as far as protocols on the wire use it: one byte of tag, a
// definite length of up to four bytes. What comes in is bytes that may be cut short or hostile; what goes out is slices of them.
// It copies nothing, allocates nothing, never reads beyond what an element says of itself, and never looks into a value unasked.
package ber

// Tags that several protocols share.
const (
	Boolean     = 0x01
	Integer     = 0x02
	BitString   = 0x03
	Octets      = 0x04
	OID         = 0x06
	Enumerated  = 0x0a
	GeneralTime = 0x18
	General     = 0x1b // GeneralString
	Sequence    = 0x30
	Set         = 0x31
)

// Context is the tag of a field [n] that holds an element of its own, as explicit tagging has it; n is at most 30.
func Context(n byte) byte { return 0xa0 | n&0x1f }

// Application is the tag of an application type [n] that holds others; n is at most 30.
func Application(n byte) byte { return 0x60 | n&0x1f }

// State says what became of reading a head.
type State uint8

// The states.
const (
	Bad   State = iota // no element as it is read here
	Short              // more bytes are needed to tell
	Whole              // the head is there
)

// Head is the front of an element: its tag, how long tag and length are together, and how long the content says it is.
type Head struct {
	Tag  byte
	Len  uint64 // bytes of the head itself
	Size uint64 // bytes of the content
}

// End is the length of the whole element.
func (h Head) End() uint64 { return h.Len + h.Size }

// ReadHead reads a tag and a definite length. Tags of more than one byte, lengths of more than four and the indefinite form are Bad.
func ReadHead(b []byte) (Head, State) {
	switch {
	case len(b) == 0:
		return Head{}, Short
	case b[0]&0x1f == 0x1f:
		return Head{}, Bad
	case len(b) == 1:
		return Head{Tag: b[0]}, Short
	case b[1] < 0x80:
		return Head{Tag: b[0], Len: 2, Size: uint64(b[1])}, Whole
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 {
		return Head{}, Bad
	}
	if len(b) < 2+n {
		return Head{Tag: b[0]}, Short
	}
	h := Head{Tag: b[0], Len: uint64(2 + n)}
	for _, c := range b[2 : 2+n] {
		h.Size = h.Size<<8 | uint64(c)
	}
	return h, Whole
}

// Next cuts the first element off b, whatever its tag is.
func Next(b []byte) (tag byte, content, rest []byte, ok bool) {
	h, s := ReadHead(b)
	if s != Whole || h.Size > uint64(len(b))-h.Len {
		return 0, nil, b, false
	}
	return h.Tag, b[h.Len:h.End()], b[h.End():], true
}

// Take cuts the first element off b where it has that tag. Where it has another, or is cut short, b is given back whole.
func Take(b []byte, tag byte) (content, rest []byte, ok bool) {
	got, content, rest, ok := Next(b)
	if !ok || got != tag {
		return nil, b, false
	}
	return content, rest, true
}

// Inner gives the content of an element inside an explicit field: Take of outer, then of inner in it.
func Inner(b []byte, outer, inner byte) (content, rest []byte, ok bool) {
	field, rest, ok := Take(b, outer)
	if !ok {
		return nil, b, false
	}
	content, _, ok = Take(field, inner)
	return content, rest, ok
}

// maxFields bounds how many elements Find passes over.
const maxFields = 64

// Find gives the content of the first element of that tag among those that stand in b one after the other.
func Find(b []byte, tag byte) (content []byte, ok bool) {
	for range maxFields {
		got, content, rest, there := Next(b)
		if !there {
			return nil, false
		}
		if got == tag {
			return content, true
		}
		b = rest
	}
	return nil, false
}

// Int reads an integer's content, in two's complement, of one to eight bytes.
func Int(content []byte) (n int64, ok bool) {
	if len(content) == 0 || len(content) > 8 {
		return 0, false
	}
	n = int64(int8(content[0]))
	for _, c := range content[1:] {
		n = n<<8 | int64(c)
	}
	return n, true
}

// TakeInt cuts an integer, or an enumerated value, off b.
func TakeInt(b []byte, tag byte) (n int64, rest []byte, ok bool) {
	content, rest, ok := Take(b, tag)
	if !ok {
		return 0, b, false
	}
	n, ok = Int(content)
	return n, rest, ok
}

// InnerInt is an integer in an explicit field.
func InnerInt(b []byte, outer byte) (n int64, rest []byte, ok bool) {
	content, rest, ok := Inner(b, outer, Integer)
	if !ok {
		return 0, b, false
	}
	n, ok = Int(content)
	return n, rest, ok
}
