package trail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// unpacked gives the bytes of a file as they were before gzip, where it was packed with it.
func unpacked(r io.Reader) (io.Reader, error) {
	packed := &counted{in: r}
	head := bufio.NewReaderSize(packed, 64<<10)
	magic, err := head.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read trail: %w", err)
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return &bounded{in: head, packed: packed, plain: true}, nil
	}
	z, err := gzip.NewReader(head)
	if err != nil {
		return nil, fmt.Errorf("read trail: unpack gzip: %w", err)
	}
	return &bounded{in: z, packed: packed}, nil
}

// counted counts what is read.
type counted struct {
	in io.Reader
	n  int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	return n, err
}

// bounded ends a file that is too long, or unpacks to more than logs do.
type bounded struct {
	in     io.Reader
	packed *counted
	plain  bool
	n      int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.n > maxUnpacked {
		return 0, fmt.Errorf("the file has more than %d bytes", maxUnpacked)
	}
	if !b.plain && b.n > bombFrom && b.n/bombRatio > b.packed.n {
		return 0, fmt.Errorf("%d bytes unpack to more than %d: it is no log", b.packed.n, b.n)
	}
	n, err := b.in.Read(p)
	b.n += int64(n)
	return n, err
}

// window is the part of a file that is in memory.
type window struct {
	in      io.Reader
	buf     []byte
	at, end int
	before  int64 // bytes of the file before the window
	failed  error // why no more bytes come; io.EOF at the end
}

const (
	firstWindow = 256 << 10
	mostWindow  = maxRecord + firstWindow
)

// rest is what is in memory and was not read yet.
func (w *window) rest() []byte { return w.buf[w.at:w.end] }

// offset is the place in the file.
func (w *window) offset() int64 { return w.before + int64(w.at) }

// more brings more bytes behind the rest; false where there are none, or the window is as large as it may be.
func (w *window) more() bool {
	if w.failed != nil || w.end-w.at >= maxRecord {
		return false
	}
	if w.at > 0 {
		w.before += int64(w.at)
		w.end = copy(w.buf, w.rest())
		w.at = 0
	}
	if w.end == len(w.buf) {
		w.buf = append(make([]byte, 0, min(max(2*len(w.buf), firstWindow), mostWindow)), w.buf...)
		w.buf = w.buf[:cap(w.buf)]
	}
	had := w.end
	for w.end < len(w.buf) && w.failed == nil {
		var n int
		n, w.failed = w.in.Read(w.buf[w.end:])
		w.end += n
	}
	return w.end > had
}

// ahead makes sure that so many bytes are in memory, if there are so many.
func (w *window) ahead(n int) {
	for w.end-w.at < n && w.more() {
	}
}

// skipSpace goes to the next byte that is no white space, and none of also. At the end of the file it gives false.
func (w *window) skipSpace(also byte) bool {
	for {
		for w.at < w.end {
			c := w.buf[w.at]
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != also {
				return true
			}
			w.at++
		}
		if !w.more() {
			return false
		}
	}
}

// skipLine goes behind the next end of a line, or to the end of the file.
func (w *window) skipLine() {
	for {
		if n := bytes.IndexByte(w.rest(), '\n'); n >= 0 {
			w.at += n + 1
			return
		}
		if w.at = w.end; !w.more() {
			return
		}
	}
}

// opening is how AWS begins each record, but for white space behind the brace.
var opening = []byte(`"eventVersion"`)

// mostApart is how much white space may stand between the brace and the first name for a record to be found again.
const mostApart = 128

// seek goes to the next place behind the first skip bytes where a record may begin; false where there is none.
func (w *window) seek(skip int) bool {
	floor := w.at + skip
	for from := floor; ; {
		n := bytes.Index(w.buf[min(from, w.end):w.end], opening)
		if n >= 0 {
			name := min(from, w.end) + n
			brace := name - 1
			for brace > floor && name-brace < mostApart && space(w.buf[brace:brace+1], 0) == 1 {
				brace--
			}
			if brace >= floor && w.buf[brace] == '{' {
				w.at = brace
				return true
			}
			from = name + len(opening)
			continue
		}
		// What may be the beginning of the next stays.
		w.at = max(w.at, w.end-len(opening)-mostApart)
		kept := w.end - w.at
		if !w.more() {
			w.at = w.end
			return false
		}
		from = w.at + max(kept-len(opening), 0)
		floor = w.at
	}
}
