package tls

// Tags of the Distinguished Encoding Rules (ITU-T X.690) that certificates use.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBitString   = 0x03
	tagOctetString = 0x04
	tagOID         = 0x06
	tagUTCTime     = 0x17
	tagGeneralTime = 0x18
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext     = 0x80 // context-specific, primitive
	tagConstructed = 0xa0 // context-specific, constructed
)

// element is one value of a DER encoding, borrowed.
type element struct {
	tag  byte
	body []byte
	full []byte // with tag and length
}

// next gives the element at the head of b and what follows it. It is lenient where it costs nothing: a length need not be
// the shortest form, and an element is not judged by its type. Tags above 30 and indefinite lengths are refused: certificates have none.
func next(b []byte) (e element, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return e, nil, false
	}
	length, at := int(b[1]), 2
	if length >= 0x80 {
		n := length & 0x7f
		if n == 0 || n > 3 || len(b) < 2+n { // three bytes of length reach 16 MiB, as far as a handshake message
			return e, nil, false
		}
		length = 0
		for _, x := range b[2 : 2+n] {
			length = length<<8 | int(x)
		}
		at += n
	}
	if length > len(b)-at {
		return e, nil, false
	}
	end := at + length
	return element{tag: b[0], body: b[at:end], full: b[:end]}, b[end:], true
}

// der walks the elements in a body; once it met what it cannot read it gives empty ones.
type der struct {
	b   []byte
	bad bool
}

func (d *der) more() bool { return len(d.b) > 0 && !d.bad }

// next gives the next element, whatever it is.
func (d *der) next() element {
	e, rest, ok := next(d.b)
	d.b = rest
	d.bad = d.bad || !ok
	return e
}

// want gives the next element, which must have a tag.
func (d *der) want(tag byte) element {
	e := d.next()
	if e.tag != tag {
		d.bad = true
		return element{}
	}
	return e
}

// optional gives the next element if it has a tag, and else leaves it.
func (d *der) optional(tag byte) (element, bool) {
	if len(d.b) == 0 || d.b[0] != tag {
		return element{}, false
	}
	e := d.next()
	return e, !d.bad
}
