package flowlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go/format"
)

const (
	parquetMagic = "PAR1"
	maxFooter    = 4 << 20 // bytes; that of a flow log has a few thousand
)

// parquetFile reads the columns of a file side by side, a batch of rows at a time. Its headers are decoded by the library; its pages are
// decoded here, because the library makes as much room as a page says that it needs, and five bytes can say eight gigabytes.
type parquetFile struct {
	*counter
	names   names
	pages   pages
	groups  []format.RowGroup
	columns []column // those whose field we know
	left    uint64   // rows of the group that is being read
	row     uint64
	bad     []bool // rows of a batch
	digits  [20]byte
}

func openParquet(r io.ReaderAt, size int64, c *counter) (*parquetFile, error) {
	footer, err := readFooter(r, size)
	if err != nil {
		return nil, fmt.Errorf("open Parquet file: %w", err)
	}
	var meta format.FileMetaData
	if _, err := measure(footer); err != nil {
		return nil, fmt.Errorf("open Parquet file: footer: %w", err)
	}
	if err := decodeHeader(footer, &meta); err != nil {
		return nil, fmt.Errorf("open Parquet file: footer: %w", err)
	}
	f := &parquetFile{counter: c, groups: meta.RowGroups, pages: pages{at: r, size: size, limit: c.limit, left: c.limit.MaxMemory}}
	if err := f.schema(meta.Schema); err != nil {
		return nil, fmt.Errorf("open Parquet file: %w", err)
	}
	return f, nil
}

func readFooter(r io.ReaderAt, size int64) ([]byte, error) {
	const frame = 4 + 4 + 4 // magic, length, magic
	var tail [8]byte
	if size < frame {
		return nil, fmt.Errorf("%d bytes, want at least %d: %w", size, frame, ErrFormat)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(tail[4:]) != parquetMagic {
		return nil, fmt.Errorf("ends in %q, want %q: %w", tail[4:], parquetMagic, ErrFormat)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > size-frame || n > maxFooter {
		return nil, fmt.Errorf("footer of %d bytes, want at most %d: %w", n, min(size-frame, maxFooter), ErrFormat)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-8-n); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return footer, nil
}

// schema finds the columns that we read: those at the top, with the name of a field, of a type that can hold it.
func (f *parquetFile) schema(elements []format.SchemaElement) error {
	if len(elements) == 0 {
		return fmt.Errorf("no columns: %w", ErrFormat)
	}
	leaf, below := 0, int64(0) // below: members of a group that are still to come
	var seen [fieldCount]bool
	for _, e := range elements[1:] {
		inGroup := below > 0
		below = max(below-1, 0)
		if !e.Type.Valid {
			below += max(int64(e.NumChildren.V), 0)
			f.strange(e.Name)
			continue
		}
		c := column{at: leaf, field: fieldOf(e.Name), kind: e.Type.V, length: int(e.TypeLength.V), optional: e.RepetitionType.V == format.Optional}
		leaf++
		switch {
		case inGroup:
		case c.field == unknown || seen[c.field]:
			f.strange(e.Name)
		case e.RepetitionType.V == format.Repeated || !c.readable():
			f.strange(fmt.Sprintf("%s (%s, %s)", e.Name, e.Type.V, e.RepetitionType.V))
		default:
			seen[c.field] = true
			f.columns = append(f.columns, c)
		}
	}
	if len(f.columns) == 0 {
		return fmt.Errorf("no column of a flow log among %q: %w", f.stats.Unknown, ErrFormat)
	}
	return nil
}

func (f *parquetFile) strange(name string) {
	if len(f.stats.Unknown) < maxColumns {
		f.stats.Unknown = append(f.stats.Unknown, shorten(name))
	}
}

// next implements source.
func (f *parquetFile) next(batch []Record) (n int, err error) {
	for n == 0 && len(batch) > 0 {
		for f.left == 0 {
			if len(f.groups) == 0 {
				return 0, io.EOF
			}
			if err := f.group(f.groups[0]); err != nil {
				return 0, err
			}
			f.groups = f.groups[1:]
		}
		if f.row >= f.limit.MaxRecords {
			return 0, fmt.Errorf("read flow log: more than %d rows: %w", f.limit.MaxRecords, ErrTooLarge)
		}
		rows := batch[:min(uint64(len(batch)), f.left, f.limit.MaxRecords-f.row)]
		if err := f.fill(rows); err != nil {
			return 0, err
		}
		f.left -= uint64(len(rows))
		n = f.sift(rows)
	}
	return n, nil
}

// group begins a row group.
func (f *parquetFile) group(g format.RowGroup) error {
	if g.NumRows < 0 {
		return fmt.Errorf("read Parquet file: row group of %d rows: %w", g.NumRows, ErrFormat)
	}
	for i := range f.columns {
		c := &f.columns[i]
		if c.at >= len(g.Columns) {
			return fmt.Errorf("read Parquet file: row group without column %s: %w", c.field, ErrFormat)
		}
		if err := c.begin(&f.pages, &g.Columns[c.at].MetaData); err != nil {
			return fmt.Errorf("read Parquet file: column %s: %w", c.field, err)
		}
	}
	f.left = uint64(g.NumRows)
	return nil
}

// fill reads rows, column by column. A value that makes no sense spoils its row.
func (f *parquetFile) fill(rows []Record) error {
	if len(f.bad) < len(rows) {
		f.bad = make([]bool, len(rows))
	}
	for i := range rows {
		rows[i], f.bad[i] = Record{Line: f.row + uint64(i) + 1}, false
	}
	for i := range f.columns {
		if err := f.fillColumn(&f.columns[i], rows); err != nil {
			return fmt.Errorf("read Parquet file: column %s, row %d or later: %w", f.columns[i].field, f.row+1, err)
		}
	}
	f.row += uint64(len(rows))
	return nil
}

func (f *parquetFile) fillColumn(c *column, rows []Record) error {
	isNumber := specs[c.field].sort == number
	for i := range rows {
		there, err := c.next(&f.pages)
		if err != nil {
			return err
		}
		if !there || f.bad[i] {
			continue
		}
		value, allowed := c.bytes, ""
		switch {
		case !c.numeric():
			allowed = f.names.set(&rows[i], c.field, value)
		case isNumber && c.number >= 0:
			allowed = f.names.setNumber(&rows[i], c.field, uint64(c.number), true)
		default: // a number where a text is expected, or one below zero
			value = strconv.AppendInt(f.digits[:0], c.number, 10)
			allowed = f.names.set(&rows[i], c.field, value)
		}
		if allowed != "" {
			if c.numeric() {
				value = strconv.AppendInt(f.digits[:0], c.number, 10)
			}
			f.counter.bad(rows[i].Line, c.field.String(), value, allowed)
			f.bad[i] = true
		}
	}
	return nil
}

// sift moves the rows that are records to the front.
func (f *parquetFile) sift(rows []Record) (n int) {
	for i := range rows {
		if f.bad[i] || !f.keep(&rows[i]) {
			continue
		}
		if n != i {
			rows[n] = rows[i]
		}
		n++
	}
	return n
}
