package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Row is one record on its way into a file.
type Row struct {
	Kind events.Kind
	Time time.Time // ts, with nanoseconds
	Line []byte    // the JSON object
}

// Limits of what is written.
const (
	MaxLine   = 1 << 20 // bytes of one record
	groupRows = 64 << 10
)

// Write writes records of one kind, in the order of their time, as one Parquet file. A line that is no JSON object, or too long, is
// an error, and the file is then worth nothing.
func Write(w io.Writer, kind events.Kind, rows []Row) error {
	columns, err := Columns(kind)
	if err != nil {
		return err
	}
	group := parquet.Group{}
	for _, c := range columns {
		group[c.Name] = c.node()
	}
	schema := parquet.NewSchema(string(kind), group)
	out := parquet.NewWriter(w, schema, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(groupRows))
	places, err := placesOf(schema, columns)
	if err != nil {
		return err
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return a.Time.Compare(b.Time) })
	for _, r := range rows {
		row, err := rowOf(r, columns, places)
		if err != nil {
			return fmt.Errorf("write %s: %w", kind, err)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return fmt.Errorf("write %s: %w", kind, err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	return nil
}

// placesOf gives the order in which Parquet has our columns, which is that of their names: by place, the column's index in ours.
func placesOf(schema *parquet.Schema, columns []Column) ([]int, error) {
	var places []int
	for _, path := range schema.Columns() {
		i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == path[0] })
		if i < 0 {
			return nil, fmt.Errorf("find column: no %s", strings.Join(path, "."))
		}
		places = append(places, i)
	}
	return places, nil
}

func rowOf(r Row, columns []Column, places []int) (parquet.Row, error) {
	if len(r.Line) > MaxLine {
		return nil, fmt.Errorf("line of %d bytes, want at most %d", len(r.Line), MaxLine)
	}
	record, err := decode(r.Line)
	if err != nil {
		return nil, err
	}
	row := make(parquet.Row, 0, len(columns))
	for at, i := range places {
		row = columns[i].values(row, at, r, record)
	}
	return row, nil
}

// Partition is the folder of a record, below the archive's prefix: kind=conn/date=2026-01-31/hour=07.
func Partition(kind events.Kind, at time.Time) string {
	at = at.UTC()
	return fmt.Sprintf("kind=%s/date=%s/hour=%02d", kind, at.Format(time.DateOnly), at.Hour())
}

// Dir is an archive in a folder, laid out as the bucket is: for tests, and for a laptop.
type Dir struct{ Path string }

// Write adds a file of this name to each partition that the rows belong to. A file of the same name is replaced; what is half
// written never has its name.
func (d Dir) Write(name string, rows []Row) error {
	byPartition := map[string][]Row{}
	for _, r := range rows {
		p := Partition(r.Kind, r.Time)
		byPartition[p] = append(byPartition[p], r)
	}
	for partition, rows := range byPartition {
		if err := d.writeFile(filepath.Join(d.Path, filepath.FromSlash(partition)), name+".parquet", rows); err != nil {
			return err
		}
	}
	return nil
}

func (d Dir) writeFile(folder, name string, rows []Row) (err error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("make partition: %w", err)
	}
	f, err := os.CreateTemp(folder, ".writing-*")
	if err != nil {
		return fmt.Errorf("write partition: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(Write(f, rows[0].Kind, rows), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write partition: %w", err)
	}
	if err := os.Rename(f.Name(), filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("name partition's file: %w", err)
	}
	return nil
}

// Read gives back the records of one file, in its order.
func Read(r io.ReaderAt, size int64, kind events.Kind) ([]Row, error) {
	f, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, fmt.Errorf("open archive file: %w", err)
	}
	type ours struct {
		Nanos int64  `parquet:"ts_nanos"`
		Line  string `parquet:"line"`
	}
	reader := parquet.NewGenericReader[ours](f)
	defer reader.Close()
	var rows []Row
	buf := make([]ours, 256)
	for {
		n, err := reader.Read(buf)
		for _, o := range buf[:n] {
			rows = append(rows, Row{Kind: kind, Time: time.Unix(0, o.Nanos).UTC(), Line: []byte(o.Line)})
		}
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read archive file: %w", err)
		}
	}
}
