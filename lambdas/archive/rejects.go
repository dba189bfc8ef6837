package archive

import (
	"context"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Limits of rejected lines in memory: of those that share a frame, and of packed ones that share an object.
const (
	rejectText  = 512 << 10
	rejectBytes = 8 << 20
)

// rejects gathers lines that were not taken, as they came, in the form in which sensors send them: copied to incoming/ they are read again,
// by a version that knows them.
type rejects struct {
	enc    *zstd.Encoder
	text   []byte
	packed []byte
	parts  int
}

func (r *rejects) add(ctx context.Context, w *sorter, line []byte) error {
	if len(r.text)+len(line) >= rejectText {
		if err := r.pack(); err != nil {
			return err
		}
	}
	r.text = append(append(r.text, line...), '\n')
	if len(r.packed) < rejectBytes {
		return nil
	}
	return r.write(ctx, w)
}

func (r *rejects) pack() (err error) {
	if r.enc == nil {
		if r.enc, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithWindowSize(1<<20)); err != nil {
			return fmt.Errorf("pack rejected lines: %w", err)
		}
	}
	if len(r.text) > 0 {
		r.packed = r.enc.EncodeAll(r.text, r.packed)
	}
	r.text = r.text[:0]
	return nil
}

func (r *rejects) write(ctx context.Context, w *sorter) error {
	err := w.put(ctx, fmt.Sprintf("%s%s-%04d.jsonl.zst", Rejected, w.to, r.parts), r.packed)
	r.parts++
	r.packed = r.packed[:0]
	return err
}

func (r *rejects) finish(ctx context.Context, w *sorter) error {
	if len(r.text) > 0 {
		if err := r.pack(); err != nil {
			return err
		}
	}
	if len(r.packed) == 0 {
		return nil
	}
	return r.write(ctx, w)
}
