package flowlog

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// The library that decodes Parquet's headers believes the lengths in them: a list that says it has two thousand million members has room
// made for them before the first is read, and each level of what it does not know is a call deeper. So we walk over the bytes first, and
// only what is as large as it says, and no deeper or larger than headers are, is handed on.
const (
	maxDepth   = 16
	maxStructs = 64 << 10 // in lists: columns of row groups, mostly. One takes some 800 bytes of memory
	maxItems   = 1 << 20  // in lists of numbers and texts
)

// The types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

// walker walks over a struct in Thrift's compact protocol.
type walker struct {
	b              []byte
	at             int
	structs, items int
	bad            bool
}

// measure gives the length of the struct at the beginning of b.
func measure(b []byte) (int, error) {
	w := walker{b: b}
	w.object(0)
	if w.bad {
		return 0, fmt.Errorf("header is damaged, or larger than headers are, at byte %d: %w", w.at, ErrFormat)
	}
	return w.at, nil
}

func (w *walker) object(depth int) {
	if depth > maxDepth {
		w.bad = true
	}
	for !w.bad {
		b := w.byte()
		if b == 0 {
			return
		}
		if b>>4 == 0 {
			w.varint() // the field's id, in full
		}
		if kind := b & 15; kind != thriftTrue && kind != thriftFalse { // those are in the type itself
			w.value(kind, depth)
		}
	}
}

func (w *walker) value(kind byte, depth int) {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftList, thriftSet:
		w.list(depth)
	case thriftStruct:
		w.object(depth + 1)
	default: // maps: Parquet has none
		w.bad = true
	}
}

func (w *walker) list(depth int) {
	b := w.byte()
	n, kind := uint64(b>>4), b&15
	if n == 15 {
		n = w.varint()
	}
	left := uint64(len(w.b) - w.at)
	if n > left { // each member takes a byte at least
		w.bad = true
		return
	}
	if w.items += int(n); kind == thriftStruct || kind == thriftList || kind == thriftSet {
		w.structs += int(n)
	}
	w.bad = w.bad || w.structs > maxStructs || w.items > maxItems
	for range n {
		if w.bad {
			return
		}
		w.value(kind, depth+1)
	}
}

func (w *walker) byte() byte {
	if w.at >= len(w.b) {
		w.bad = true
		return 0
	}
	w.at++
	return w.b[w.at-1]
}

func (w *walker) varint() uint64 {
	v, n := binary.Uvarint(w.b[w.at:])
	if n <= 0 {
		w.bad = true
		return 0
	}
	w.at += n
	return v
}

func (w *walker) skip(n uint64) {
	if n > uint64(len(w.b)-w.at) {
		w.bad = true
		return
	}
	w.at += int(n)
}

// decodeHeader reads a struct that measure has been over. The library panics on some of what it does not expect.
func decodeHeader(b []byte, to any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read header: %v: %w", p, ErrFormat)
		}
	}()
	var protocol thrift.CompactProtocol
	if err := thrift.Unmarshal(&protocol, b, to); err != nil {
		return fmt.Errorf("read header: %w: %w", err, ErrFormat)
	}
	return nil
}
