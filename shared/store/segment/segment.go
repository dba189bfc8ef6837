// Package segment keeps records as columns. What comes in is a few thousand JSON lines of one kind; what goes out is a directory and
// numbered parts, all plain bytes, from which a filter is answered by reading only the columns that it names. Rows are in the order
// of their time; each member of the lines is a column of its own, its values once each and bit-packed codes a row; the lines
// themselves lie beside them in compressed blocks, so that what is given out is what came in, to the byte. It knows no database, opens
// no file, and never trusts what it reads back: damaged bytes are an error.
package segment

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Limits of a segment. Each is checked where bytes are read back, too.
const (
	MaxRows    = 1 << 15 // rows of one segment
	MaxColumns = 256     // members that get a column; the rest are found through the lines
	MaxName    = 256     // bytes of a member's name that gets a column
	BlockRows  = 256     // lines compressed together: what a page must read at least
	maxPart    = 256 << 20
)

// ErrDamaged is wrapped by every error about bytes that make no sense.
var ErrDamaged = errors.New("segment is damaged")

func damaged(what string) error { return fmt.Errorf("%w: %s", ErrDamaged, what) }

// Row is one record as it goes into a segment, and as it comes out.
type Row struct {
	TS   int64 // nanoseconds since the epoch
	Seq  int64 // place in the order of storing
	Line []byte
}

// Sealed is a segment as bytes. Parts are read by their number.
type Sealed struct {
	Directory []byte
	Parts     [][]byte
}

// Bytes is how much a segment takes.
func (s *Sealed) Bytes() int64 {
	n := int64(len(s.Directory))
	for _, p := range s.Parts {
		n += int64(len(p))
	}
	return n
}

// Codec compresses and decompresses. It may be used from any goroutine, and should be made once.
type Codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewCodec makes a codec.
func NewCodec() (*Codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<18),
		zstd.WithEncoderConcurrency(2))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPart), zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	return &Codec{enc, dec}, nil
}

// Close gives back what the codec holds.
func (c *Codec) Close() {
	c.dec.Close()
	_ = c.enc.Close() // nothing is written through it: it only compresses whole buffers
}

// Compress appends b in compressed form.
func (c *Codec) Compress(dst, b []byte) []byte { return c.enc.EncodeAll(b, dst) }

// Decompress gives what Compress was given.
func (c *Codec) Decompress(b []byte) ([]byte, error) {
	out, err := c.dec.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: decompress: %w", ErrDamaged, err)
	}
	return out, nil
}
