package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Limits of an object's frames.
const (
	maxFrame = 1 << 20 // bytes of one: Firehose takes no longer record
	maxText  = 4 << 20 // bytes that one may unpack to; sensors stay below 1 MB
	maxAll   = 4 << 30 // bytes that all of an object may unpack to
	maxTorn  = 1000    // torn places, behind which the rest of an object is left
)

// magic begins a frame of zstd.
var magic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// frames reads an object frame by frame. Each is a record of Firehose's, and may be another machine's: one that is torn does not take those
// behind it along. Between frames that do not follow one another it looks for the next that begins.
type frames struct {
	r      *bufio.Reader
	dec    *zstd.Decoder
	text   []byte
	offset int64 // of what comes next
	all    int64 // bytes unpacked

	torn      int
	tornBytes int64
	first     string // where the first torn place is, and why
}

func newFrames(r io.Reader) (*frames, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxText), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make reader of frames: %w", err)
	}
	return &frames{r: bufio.NewReaderSize(&bounded{r, MaxObject}, 2*maxFrame), dec: dec}, nil
}

// bounded fails behind its limit, so that what is there of a frame is torn and not short.
type bounded struct {
	r    io.Reader
	left int64
}

// Read reads up to the limit.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("object has more than %d bytes", MaxObject)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// next gives the lines of the next frame, which are borrowed, and io.EOF at the end. Of a torn frame it gives the whole lines before the tear,
// unless its checksum says that anything of it may be wrong.
func (f *frames) next() ([]byte, error) {
	for {
		if f.torn >= maxTorn || f.all >= maxAll {
			return nil, f.giveUp()
		}
		head, err := f.r.Peek(len(magic))
		switch {
		case len(head) == 0:
			return nil, err // io.EOF where all is well
		case !bytes.Equal(head, magic):
			if err := f.seek(0, "no frame begins here"); err != nil {
				return nil, err
			}
			continue
		}
		n, torn, err := f.measure()
		if err != nil {
			return nil, err
		}
		text, err := f.unpack(n)
		switch {
		case err == nil && torn == "":
			f.skip(n)
			return text, nil
		case torn != "":
			n = 0 // nobody knows where it ends
		default:
			torn = err.Error()
		}
		if err := f.mend(n, torn); err != nil {
			return nil, err
		}
		if end := bytes.LastIndexByte(text, '\n'); end >= 0 && !errors.Is(err, zstd.ErrCRCMismatch) {
			return text[:end+1], nil
		}
	}
}

// giveUp leaves the rest of an object that would take too long.
func (f *frames) giveUp() error {
	f.note(f.offset, 0, fmt.Sprintf("the rest is left: more than %d torn places or %d bytes unpacked", maxTorn, int64(maxAll)))
	return io.EOF
}

func (f *frames) unpack(n int) ([]byte, error) {
	raw, err := f.r.Peek(n)
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	f.text, err = f.dec.DecodeAll(raw, f.text[:0])
	f.all += int64(len(f.text))
	return f.text, err
}

// measure gives the length of the frame that begins here, by the lengths of its blocks, and why it is not whole: then the length is that of
// what can be tried.
func (f *frames) measure() (n int, torn string, err error) {
	at, check := len(magic)+1, 0
	b, err := f.r.Peek(at)
	if len(b) < at {
		return f.short(err)
	}
	d := b[at-1] // what stands in the header: 3.1.1.1.1 of RFC 8878
	single := d&0x20 != 0
	at += []int{0, 1, 2, 4}[d&3] + []int{0, 2, 4, 8}[d>>6]
	if single && d>>6 == 0 || !single {
		at++
	}
	if d&4 != 0 {
		check = 4
	}
	for {
		b, err := f.r.Peek(at + 3)
		if len(b) < at+3 {
			return f.short(err)
		}
		block := uint32(b[at]) | uint32(binary.LittleEndian.Uint16(b[at+1:]))<<8
		size := int(block >> 3)
		switch block >> 1 & 3 {
		case 1: // one byte, repeated
			size = 1
		case 3:
			return at + 3, "a block of no kind", nil
		}
		if at += 3 + size; at+3+check > maxFrame {
			return f.try("a frame of more than %d bytes", maxFrame)
		}
		if block&1 == 1 {
			break
		}
	}
	at += check
	if b, err := f.r.Peek(at); len(b) < at {
		return f.short(err)
	}
	return at, "", nil
}

// short is a frame that ends with the object. That the object cannot be read on is no tear: it is read again.
func (f *frames) short(err error) (int, string, error) {
	if !errors.Is(err, io.EOF) {
		return 0, "", fmt.Errorf("read object: %w", err)
	}
	return f.try("the object ends within a frame")
}

// try gives as much of a frame without an end as may belong to it.
func (f *frames) try(why string, a ...any) (int, string, error) {
	b, err := f.r.Peek(maxFrame)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, "", fmt.Errorf("read object: %w", err)
	}
	return len(b), fmt.Sprintf(why, a...), nil
}

// mend goes on behind a torn frame of n bytes: there, if a frame begins or the object ends, else at the next that begins.
func (f *frames) mend(n int, why string) error {
	after, err := f.r.Peek(n + len(magic))
	if n > 0 && (bytes.HasSuffix(after, magic) && len(after) > n || len(after) == n && errors.Is(err, io.EOF)) {
		f.note(f.offset, int64(n), why)
		f.skip(n)
		return nil
	}
	return f.seek(len(magic), why)
}

// seek passes over at least so many bytes, to where the next frame begins.
func (f *frames) seek(least int, why string) error {
	from := f.offset
	f.skip(least)
	for {
		b, err := f.r.Peek(maxFrame)
		i := bytes.Index(b, magic)
		switch {
		case i >= 0:
			f.skip(i)
			err = io.EOF
		case err != nil:
			f.skip(len(b))
		default:
			f.skip(len(b) - len(magic) + 1)
		}
		if err == nil {
			continue
		}
		f.note(from, f.offset-from, why)
		if errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("read object: %w", err)
	}
}

func (f *frames) note(at, n int64, why string) {
	f.torn++
	f.tornBytes += n
	if f.first == "" {
		f.first = fmt.Sprintf("at byte %d: %s", at, why)
	}
}

func (f *frames) skip(n int) {
	d, _ := f.r.Discard(n) // it was seen already
	f.offset += int64(d)
}
