package state

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/zstd"
)

// block is entries of one part on their way into a frame: the part's name and version, then for each entry the key and the value, each
// behind its length. A value's length is one more than it is; 0 says that the key is gone.
type block struct {
	part    Part
	data    []byte
	entries int
}

func (b *block) add(p Part, key, value []byte) {
	if b.entries == 0 {
		b.part = p
		b.data = binary.AppendUvarint(b.data[:0], uint64(len(p.Name)))
		b.data = append(b.data, p.Name...)
		b.data = binary.AppendUvarint(b.data, uint64(p.Version))
	}
	b.entries++
	b.data = binary.AppendUvarint(b.data, uint64(len(key)))
	b.data = append(b.data, key...)
	if value == nil {
		b.data = append(b.data, 0)
		return
	}
	b.data = binary.AppendUvarint(b.data, uint64(len(value))+1)
	b.data = append(b.data, value...)
}

var errEntries = errors.New("its entries contradict their lengths")

// partOf reads what a block is of, and where its entries begin.
func partOf(b []byte) (p Part, rest []byte, err error) {
	name, rest, ok := taken(b, 0)
	if !ok {
		return p, nil, errEntries
	}
	version, n := binary.Uvarint(rest)
	if n <= 0 || version > 1<<31 {
		return p, nil, errEntries
	}
	return Part{string(name), int(version)}, rest[n:], nil
}

// next reads one entry from the front of what is left of a block.
func next(b []byte) (key, value, rest []byte, err error) {
	key, b, ok := taken(b, 0)
	if !ok {
		return nil, nil, nil, errEntries
	}
	if len(b) > 0 && b[0] == 0 {
		return key, nil, b[1:], nil
	}
	if value, b, ok = taken(b, 1); !ok {
		return nil, nil, nil, errEntries
	}
	return key, value, b, nil
}

// taken cuts off what stands behind its length, which is written as so much more.
func taken(b []byte, more uint64) (piece, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n < more || n-more > uint64(len(b)-w) {
		return nil, nil, false
	}
	end := w + int(n-more)
	return b[w:end:end], b[end:], true
}

// codec packs and unpacks what frames hold. One belongs to one goroutine.
type codec struct {
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	packed []byte
	plain  []byte
	stored []byte
	vain   int // blocks in a row that did not shrink
}

func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		return nil, err
	}
	return &codec{enc: enc, dec: dec}, nil
}

func (c *codec) close() {
	c.enc.Close() //nolint:errcheck // it writes nowhere
	c.dec.Close()
}

// least is what is worth packing. After some blocks in vain only one of several is tried: levels with noise do not shrink, and trying costs
// more than everything else.
const (
	least      = 512
	inVain     = 4
	tryOneOf   = 16
	worthwhile = 8 // it must shrink by one part of so many: reading it as it is, is quicker
)

// pack appends a frame of entries to b, packed where that is worth it.
func (c *codec) pack(b, data []byte, compress bool) []byte {
	if compress && len(data) >= least && c.tries() {
		c.packed = c.enc.EncodeAll(data, c.packed[:0])
		if len(c.packed) < len(data)-len(data)/worthwhile {
			c.vain = 0
			return appendFrame(b, ofEntries, zstandard, c.packed, len(data))
		}
	}
	return appendFrame(b, ofEntries, plain, data, len(data))
}

func (c *codec) tries() bool {
	c.vain++
	return c.vain <= inVain || c.vain%tryOneOf == 0
}

// unpack gives what a frame of a file holds. It is good until the next call.
func (c *codec) unpack(f file, of *frame) ([]byte, error) {
	b, err := readPayload(f, of, &c.stored)
	if err != nil || of.codec == plain {
		return b, err
	}
	c.plain, err = c.dec.DecodeAll(b, c.plain[:0])
	if err == nil && len(c.plain) != int(of.raw) {
		err = errEntries
	}
	return c.plain, err
}

// appendCommit appends the frame that ends a minute, or a snapshot, with how many entries it holds.
func appendCommit(b []byte, what byte, at int64, entries int) []byte {
	var p [2 * binary.MaxVarintLen64]byte
	n := binary.PutVarint(p[:], at)
	n += binary.PutUvarint(p[n:], uint64(entries))
	return appendFrame(b, what, plain, p[:n], n)
}

func readCommit(b []byte) (at int64, entries int, err error) {
	at, n := binary.Varint(b)
	if n <= 0 {
		return 0, 0, errEntries
	}
	count, m := binary.Uvarint(b[n:])
	if m <= 0 {
		return 0, 0, errEntries
	}
	return at, int(count), nil
}
