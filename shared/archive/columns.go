package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// Column is one column of a kind's table.
type Column struct {
	Name  string // small letters, without dots
	Field string // the record's member; empty for those that we add
	Type  string // in Glue's words: "bigint", "array<string>", ...
	Note  string // for a person

	field query.Field
}

// The columns of every table that are no member of the record.
const (
	columnTime  = "time"
	columnNanos = query.ColumnNanos
	columnLine  = query.ColumnLine
)

// Columns gives a kind's columns in the order of its fields, ours last. Times and durations are seconds as DOUBLE, as records have
// them: a comparison means the same on the line and on the column.
func Columns(kind events.Kind) ([]Column, error) {
	t, ok := Schema().Table(string(kind))
	if !ok {
		return nil, fmt.Errorf("find columns: no kind %q", kind)
	}
	var columns []Column
	for _, f := range t.Fields {
		c := Column{Name: query.Column(f.Name), Field: f.Name, Type: glueType(f.Type), Note: noteOf(f), field: f}
		if f.List {
			c.Type = "array<" + c.Type + ">"
		}
		columns = append(columns, c)
	}
	return append(columns,
		Column{Name: columnTime, Type: "timestamp", Note: "ts for people, to the microsecond, UTC"},
		Column{Name: columnNanos, Type: "bigint", Note: "ts in nanoseconds since the epoch"},
		Column{Name: columnLine, Type: "string", Note: "the record as JSON, to the byte"},
	), nil
}

func glueType(t query.Type) string {
	switch t {
	case query.Number:
		return "bigint"
	case query.Bool:
		return "boolean"
	case query.Time, query.Duration:
		return "double"
	}
	return "string"
}

func noteOf(f query.Field) string {
	note := f.Name
	switch f.Type {
	case query.Time:
		note += ", seconds since the epoch"
	case query.Duration:
		note += ", seconds"
	case query.Address:
		note += ", an address"
	}
	return note
}

// node is the column in Parquet.
func (c Column) node() parquet.Node {
	var n parquet.Node
	switch strings.TrimSuffix(strings.TrimPrefix(c.Type, "array<"), ">") {
	case "bigint":
		n = parquet.Int(64)
	case "boolean":
		n = parquet.Leaf(parquet.BooleanType)
	case "double":
		n = parquet.Leaf(parquet.DoubleType)
	case "timestamp":
		n = parquet.Timestamp(parquet.Microsecond)
	default:
		n = parquet.String()
	}
	switch {
	case c.field.List:
		return parquet.Optional(parquet.List(n))
	case c.Field == "":
		return n // ours are always there
	}
	return parquet.Optional(n)
}

// values gives the column's part of a row: its one value, or those of the list, with the levels that Parquet wants.
func (c Column) values(to []parquet.Value, at int, row Row, record map[string]any) []parquet.Value {
	switch c.Name {
	case columnTime:
		return append(to, parquet.Int64Value(row.Time.UnixMicro()).Level(0, 0, at))
	case columnNanos:
		return append(to, parquet.Int64Value(row.Time.UnixNano()).Level(0, 0, at))
	case columnLine:
		return append(to, parquet.ByteArrayValue(row.Line).Level(0, 0, at))
	}
	v := record[c.Field]
	if c.field.List {
		return c.list(to, at, v)
	}
	if value, ok := c.value(v); ok {
		return append(to, value.Level(0, 1, at))
	}
	return append(to, parquet.NullValue().Level(0, 0, at))
}

// list: level 0 is no list, 1 an empty one, 2 a member; all members but the first repeat.
func (c Column) list(to []parquet.Value, at int, v any) []parquet.Value {
	members, ok := v.([]any)
	if !ok {
		return append(to, parquet.NullValue().Level(0, 0, at))
	}
	n := 0
	for _, m := range members {
		if value, ok := c.value(m); ok {
			to = append(to, value.Level(min(n, 1), 2, at))
			n++
		}
	}
	if n == 0 {
		return append(to, parquet.NullValue().Level(0, 1, at))
	}
	return to
}

// value reads a member of the JSON as the column's type; what is of another type is as if it were not there.
func (c Column) value(v any) (parquet.Value, bool) {
	switch v := v.(type) {
	case string:
		return parquet.ByteArrayValue([]byte(v)), c.field.Type == query.Text || c.field.Type == query.Address
	case bool:
		return parquet.BooleanValue(v), c.field.Type == query.Bool
	case json.Number:
		return c.number(v.String())
	}
	return parquet.Value{}, false
}

func (c Column) number(s string) (parquet.Value, bool) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return parquet.Value{}, false
	case c.field.Type == query.Time || c.field.Type == query.Duration:
		return parquet.DoubleValue(f), true
	case c.field.Type != query.Number:
		return parquet.Value{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return parquet.Int64Value(n), true
	}
	if f != math.Trunc(f) {
		return parquet.Value{}, false
	}
	if f >= 1<<63 {
		return parquet.Int64Value(math.MaxInt64), true // no counter comes so far; the line has the number as it was
	}
	return parquet.Int64Value(int64(max(f, math.MinInt64))), true
}

// decode reads a line with encoding/json: numbers stay as they are written.
func decode(line []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var record map[string]any
	if err := d.Decode(&record); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	if record == nil {
		return nil, fmt.Errorf("decode record: not an object")
	}
	return record, nil
}
