// Package flowlog reads VPC Flow Logs. What comes in is a file as AWS writes it (text, gzip or not, in any format, or Parquet) or a line
// of a log group; what goes out is Records, and from them the conversations (events.Conn, marked "flowlog") that they are halves of.
// It never opens a file, never asks AWS, and believes nothing: a line that makes no sense is counted and told of, the rest is used, and
// no input takes more memory than its Options say.
package flowlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Options say how a flow log is read. Zero members mean the defaults.
type Options struct {
	Format      string // of text without a header line, as CreateFlowLogs takes it: "${version} ${srcaddr}"; "": DefaultFormat
	MaxLine     int    // bytes of a line of text; 16 KiB
	MaxRecords  uint64 // of one file; 50 million
	MaxText     int64  // bytes of text, or of pages, after unpacking; 16 GiB
	MaxRatio    int64  // of unpacked to packed bytes, once MaxText/1024 bytes are out; 200. Flow logs have 5 to 30
	MaxSpool    int64  // bytes of a Parquet file that can only be read from front to back, and is kept in memory for it; 128 MiB
	MaxMemory   int64  // bytes that reading a Parquet file may take beyond that; 128 MiB
	MaxProblems int    // lines that are told of; 20. All are counted
}

func (o Options) filled() Options {
	set := func(v *int64, to int64) {
		if *v <= 0 {
			*v = to
		}
	}
	set(&o.MaxText, 16<<30)
	set(&o.MaxRatio, 200)
	set(&o.MaxSpool, 128<<20)
	set(&o.MaxMemory, 128<<20)
	if o.MaxLine <= 0 {
		o.MaxLine = 16 << 10
	}
	if o.MaxRecords == 0 {
		o.MaxRecords = 50_000_000
	}
	if o.MaxProblems <= 0 {
		o.MaxProblems = 20
	}
	return o
}

// ErrTooLarge is what a file gives that is larger than its Options allow. What was read before it is good.
var ErrTooLarge = errors.New("larger than allowed")

// ErrFormat is what a file gives that is no flow log, or a damaged one.
var ErrFormat = errors.New("not a flow log")

// Problem is a line that makes no sense.
type Problem struct {
	Line    uint64 // or row; from 1
	Field   string // or "line"
	Value   string // cut to 64 bytes
	Allowed string // for a person
}

// Error says it in one line.
func (p Problem) Error() string {
	return fmt.Sprintf("line %d: %s %q is not %s", p.Line, p.Field, p.Value, p.Allowed)
}

// Skip is a window of an interface of which AWS says that records are missing.
type Skip struct {
	Interface  string
	Start, End int64 // seconds since 1970
}

// maxSkips is how many windows are named. All are counted.
const maxSkips = 64

// Stats say what a file held, so far.
type Stats struct {
	Records  uint64    // that were given
	NoData   uint64    // windows without packets
	SkipData uint64    // windows of which records are missing: what this file says is partial where it is not 0
	Bad      uint64    // lines that made no sense
	Problems []Problem // the first of them
	Skips    []Skip    // the first windows with missing records
	Unknown  []string  // columns that we do not know; they were passed over
	Newest   int64     // the latest End of a record, NODATA included; seconds since 1970
}

// source is a kind of file.
type source interface {
	// next fills a batch from the front; io.EOF comes alone.
	next(batch []Record) (n int, err error)
}

// Reader reads one file. It is not safe for use by several goroutines.
type Reader struct {
	counter
	src source
}

// NewReader reads a file of any kind from r; the kind is told from its first bytes. A Parquet file is read in place where r can seek
// (an *os.File, a *bytes.Reader), and kept in memory where it cannot.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	o = o.filled()
	at, size := section(r)
	in := bufio.NewReaderSize(r, max(o.MaxLine, 64<<10))
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read flow log: %w", err)
	}
	if string(head) == parquetMagic {
		if at == nil {
			whole, err := spool(in, o.MaxSpool)
			if err != nil {
				return nil, err
			}
			at, size = bytes.NewReader(whole), int64(len(whole))
		}
		return NewReaderAt(at, size, o)
	}
	reader := &Reader{counter: counter{limit: o}}
	file := &textFile{parser: parser{counter: &reader.counter}, limit: o}
	file.columns, reader.stats.Unknown = formatOf(orDefault(o.Format))
	if len(file.columns) > maxColumns {
		return nil, fmt.Errorf("read format: %d fields, want at most %d: %w", len(file.columns), maxColumns, ErrFormat)
	}
	if len(head) >= 2 && head[0] == 0x1f && head[1] == 0x8b {
		if in, err = unpack(in, o); err != nil {
			return nil, err
		}
	}
	file.in, reader.src = in, file
	return reader, nil
}

// NewReaderAt reads a Parquet file of a size in bytes.
func NewReaderAt(r io.ReaderAt, size int64, o Options) (*Reader, error) {
	o = o.filled()
	reader := &Reader{counter: counter{limit: o}}
	p, err := openParquet(r, size, &reader.counter)
	if err != nil {
		return nil, err
	}
	reader.src = p
	return reader, nil
}

// Next fills a batch from the front and says how much of it. At the end it gives 0 and io.EOF. With another error the first n records
// are good, and there are no more.
func (r *Reader) Next(batch []Record) (n int, err error) {
	left := r.limit.MaxRecords - r.stats.Records
	if left == 0 && len(batch) > 0 {
		if n, err = r.src.next(batch[:1]); n == 0 {
			return 0, err
		}
		return 0, fmt.Errorf("read flow log: more than %d records: %w", r.limit.MaxRecords, ErrTooLarge)
	}
	batch = batch[:min(uint64(len(batch)), left)]
	n, err = r.src.next(batch)
	r.stats.Records += uint64(n)
	return n, err
}

// Stats says what the file held so far. The slices are the reader's.
func (r *Reader) Stats() Stats { return r.stats }

func orDefault(format string) string {
	if format == "" {
		return DefaultFormat
	}
	return format
}

// section gives what is left of r as something that can be read anywhere, where it can.
func section(r io.Reader) (io.ReaderAt, int64) {
	s, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return nil, 0
	}
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, 0 // a pipe
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0
	}
	if _, err := s.Seek(at, io.SeekStart); err != nil {
		return nil, 0
	}
	return io.NewSectionReader(s, at, end-at), end - at
}

func spool(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("read flow log: %w", err)
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("read flow log: a Parquet file of more than %d bytes cannot be kept in memory: %w", most, ErrTooLarge)
	}
	return b, nil
}

// unpack reads gzip, within the limits.
func unpack(r io.Reader, o Options) (*bufio.Reader, error) {
	packed := &meter{r: r}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("read gzip: %w: %w", err, ErrFormat)
	}
	return bufio.NewReaderSize(&leash{r: z, packed: packed, limit: o}, max(o.MaxLine, 64<<10)), nil
}

// meter counts what went through.
type meter struct {
	r io.Reader
	n int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}

// leash ends a file that unpacks to more than flow logs do: a gzip bomb gives a thousand bytes for one.
type leash struct {
	r      io.Reader
	packed *meter
	limit  Options
	n      int64
}

func (b *leash) Read(p []byte) (int, error) {
	if b.n > b.limit.MaxText/1024 && b.n/b.limit.MaxRatio > b.packed.n {
		return 0, fmt.Errorf("unpack: %d bytes from %d, want at most %d for one: %w", b.n, b.packed.n, b.limit.MaxRatio, ErrTooLarge)
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	return n, err
}
