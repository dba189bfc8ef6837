package capture

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// gzipBuffer is how much compressed input is read at a time.
const gzipBuffer = 256 << 10

// input is the bytes of a capture, uncompressed, and where they come from.
type input struct {
	name     string
	file     *os.File
	bytes    io.Reader
	live     bool // a pipe or terminal: bytes may come slowly
	size     int64
	position atomic.Int64 // in the file as it is stored
	closed   atomic.Bool
}

// openInput opens a file and looks whether it is compressed.
func openInput(name string) (*input, error) {
	in := &input{name: name}
	if err := in.open(); err != nil {
		return nil, in.fail(err)
	}
	info, err := in.file.Stat()
	if err == nil && info.IsDir() {
		in.file.Close()
		return nil, &InputError{Name: in.name, Reason: "is a directory", Err: fs.ErrInvalid}
	}
	if err == nil && info.Mode().IsRegular() {
		in.size = info.Size()
	} else {
		in.live = true
	}
	if err := in.unzip(); err != nil {
		in.file.Close()
		return nil, in.fail(err)
	}
	return in, nil
}

// open opens the file itself. A pipe on standard input is opened again by its name, since only a descriptor that the
// runtime's poller owns can be closed under a waiting read.
func (in *input) open() (err error) {
	if in.name != "-" {
		in.file, err = os.Open(in.name)
		return err
	}
	in.name, in.file = "standard input", os.Stdin
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		if again, err := os.Open("/dev/stdin"); err == nil {
			in.file = again
		}
	}
	return nil
}

// unzip puts a decompressor before the file when its first bytes say so (RFC 1952 section 2.3.1).
func (in *input) unzip() error {
	var magic [2]byte
	stored := &counted{in}
	n, err := io.ReadFull(stored, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	if n < 2 || magic != [2]byte{0x1f, 0x8b} {
		in.bytes = &prefixed{head: magic[:n], rest: stored}
		return nil
	}
	whole := bufio.NewReaderSize(&prefixed{head: magic[:], rest: stored}, gzipBuffer)
	in.bytes, err = gzip.NewReader(whole)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Read gives uncompressed bytes.
func (in *input) Read(p []byte) (int, error) { return in.bytes.Read(p) }

// Close closes the file.
func (in *input) Close() error {
	in.closed.Store(true)
	return in.file.Close()
}

// fail turns a failed open or read into one line, or into io.EOF where the reason is that we closed the file ourselves.
func (in *input) fail(err error) error {
	var path *fs.PathError
	var damage flate.CorruptInputError
	reason := err.Error()
	switch {
	case in.closed.Load():
		return io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		reason = fmt.Sprintf("gzip data is cut short at byte %d", in.position.Load())
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &damage):
		reason = fmt.Sprintf("gzip data is corrupt before byte %d", in.position.Load())
	case errors.As(err, &path):
		reason = path.Err.Error()
	}
	return &InputError{Name: in.name, Reason: reason, Err: err}
}

// counted reads the stored file and keeps the position.
type counted struct{ in *input }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.file.Read(p)
	c.in.position.Add(int64(n))
	return n, err
}

// prefixed gives back the bytes that were looked at, and then the rest; like io.MultiReader, but it has nothing to do once
// those are gone.
type prefixed struct {
	head []byte
	rest io.Reader
}

func (p *prefixed) Read(to []byte) (int, error) {
	if len(p.head) == 0 {
		return p.rest.Read(to)
	}
	n := copy(to, p.head)
	p.head = p.head[n:]
	return n, nil
}
