package firehose

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// frame is one record of the stream.
type frame struct {
	seq     uint64 // their order
	data    []byte
	records int
}

// packer makes frames of lines. It belongs to one goroutine; whole to any.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("make packer: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(FrameBytes), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make packer: %w", err)
	}
	return &packer{enc, dec}, nil
}

// whole says whether a frame is as it was written: it has a checksum.
func (p *packer) whole(data []byte) error {
	if len(data) == 0 {
		return fmt.Errorf("it is empty")
	}
	_, err := p.dec.DecodeAll(data, make([]byte, 0, FrameBytes))
	return err
}

// pack turns lines into frames until no more come.
func (s *Shipper) pack(p *packer) {
	var scratch []byte
	for b := range s.full {
		scratch = p.enc.EncodeAll(b.text, scratch[:0])
		f := frame{data: append([]byte(nil), scratch...), records: b.records}
		b.text, b.records = b.text[:0], 0
		s.free <- b
		s.out.add(f)
		s.counts.raw.Add(-int64(f.records))
	}
}
