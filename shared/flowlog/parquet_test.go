package flowlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

// awsTypes are the columns that AWS writes as numbers; the others are strings.
var awsTypes = map[string]int{
	"version": 32, "srcport": 32, "dstport": 32, "protocol": 32, "packets": 64, "bytes": 64, "start": 64, "end": 64, "tcp_flags": 32, "traffic_path": 32,
}

// form is a way to write the same values.
type form struct {
	name     string
	codec    compress.Codec
	encode   func(name string) (parquet.Node, bool) // instead of the usual one
	version  int
	required bool
	rows     int64 // of a row group
	page     int
}

func forms() []form {
	return []form{
		{name: "as AWS does", codec: &parquet.Snappy, version: 1},
		{name: "gzip, dictionaries", codec: &parquet.Gzip, version: 1, encode: dictionaries},
		{name: "zstd, version 2, dictionaries", codec: &parquet.Zstd, version: 2, encode: dictionaries, page: 128},
		{name: "not packed, deltas, small pages and groups", codec: &parquet.Uncompressed, version: 2, encode: deltas, rows: 3, page: 64},
		{name: "snappy, deltas, version 1", codec: &parquet.Snappy, version: 1, encode: lengths, page: 512},
		{name: "numbers of 64 bits", codec: &parquet.Snappy, version: 2, encode: func(name string) (parquet.Node, bool) { return parquet.Leaf(parquet.Int64Type), awsTypes[name] > 0 }},
		{name: "all of it text", codec: &parquet.Snappy, version: 1, encode: func(string) (parquet.Node, bool) { return parquet.String(), true }},
		{name: "no nulls", codec: &parquet.Gzip, version: 1, required: true, encode: func(string) (parquet.Node, bool) { return parquet.String(), true }},
	}
}

func usual(name string) parquet.Node {
	switch awsTypes[name] {
	case 32:
		return parquet.Leaf(parquet.Int32Type)
	case 64:
		return parquet.Leaf(parquet.Int64Type)
	}
	return parquet.String()
}

func dictionaries(name string) (parquet.Node, bool) {
	return parquet.Encoded(usual(name), &parquet.RLEDictionary), true
}

func deltas(name string) (parquet.Node, bool) {
	if awsTypes[name] > 0 {
		return parquet.Encoded(usual(name), &parquet.DeltaBinaryPacked), true
	}
	return parquet.Encoded(usual(name), &parquet.DeltaByteArray), true
}

func lengths(name string) (parquet.Node, bool) {
	if awsTypes[name] > 0 {
		return nil, false
	}
	return parquet.Encoded(usual(name), &parquet.DeltaLengthByteArray), true
}

// parquetOf writes lines of text as AWS would have written them as Parquet. Lines that do not fit the types are left out.
func parquetOf(t testing.TB, text []byte, f form) []byte {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	names := strings.Fields(strings.ReplaceAll(lines[0], "-", "_"))
	group := parquet.Group{}
	for _, name := range names {
		node := usual(name)
		if f.encode != nil {
			if other, ok := f.encode(name); ok {
				node = other
			}
		}
		if !f.required {
			node = parquet.Optional(node)
		}
		group[name] = node
	}
	schema := parquet.NewSchema("spark_schema", group)
	options := []parquet.WriterOption{schema, parquet.Compression(f.codec), parquet.DataPageVersion(f.version)}
	if f.rows > 0 {
		options = append(options, parquet.MaxRowsPerRowGroup(f.rows))
	}
	if f.page > 0 {
		options = append(options, parquet.PageBufferSize(f.page))
	}
	var out bytes.Buffer
	w := parquet.NewWriter(&out, options...)
	for _, line := range lines[1:] {
		if row, ok := rowOf(schema, names, strings.Fields(line), f.required); ok {
			if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rowOf(schema *parquet.Schema, names, fields []string, required bool) (parquet.Row, bool) {
	if len(fields) != len(names) {
		return nil, false
	}
	values := map[string]string{}
	for i, name := range names {
		values[name] = fields[i]
	}
	var row parquet.Row
	for i, path := range schema.Columns() {
		leaf, _ := schema.Lookup(path...)
		s := values[path[0]]
		if s == "-" && !required {
			row = append(row, parquet.NullValue().Level(0, 0, i))
			continue
		}
		var v parquet.Value
		switch kind := leaf.Node.Type().Kind(); kind {
		case parquet.ByteArray:
			v = parquet.ByteArrayValue([]byte(s))
		default:
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return nil, false
			}
			if v = parquet.Int64Value(n); kind == parquet.Int32 {
				v = parquet.Int32Value(int32(n))
			}
		}
		level := 1
		if required {
			level = 0
		}
		row = append(row, v.Level(0, level, i))
	}
	return row, true
}

// TestParquet: whatever way a file is written in, it says what the text says.
func TestParquet(t *testing.T) {
	for _, f := range forms() {
		for _, name := range files {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				text := open(t, name+".log")
				want, _, err := all(t, bytes.NewReader(text), flowlog.Options{})
				if err != nil {
					t.Fatal(err)
				}
				file := parquetOf(t, text, f)
				got, s, err := all(t, onlyReader{bytes.NewReader(file)}, flowlog.Options{})
				if err != nil {
					t.Fatal(err, s)
				}
				same(t, f.name, want, got)
				again, _, err := all(t, bytes.NewReader(append([]byte("in front of it"), file...)[14:]), flowlog.Options{})
				if err != nil || len(again) != len(got) {
					t.Error("read in place:", len(again), err)
				}
			})
		}
	}
}

// TestParquetManyRows: pages, runs and blocks end in the middle of batches, and nothing is lost or moved.
func TestParquetManyRows(t *testing.T) {
	text := sample(5000)
	want, _, err := all(t, bytes.NewReader(text), flowlog.Options{})
	if err != nil || len(want) != 5000 {
		t.Fatal(len(want), err)
	}
	for _, f := range forms() {
		if f.rows > 0 {
			f.rows = 700
		}
		r, err := flowlog.NewReader(bytes.NewReader(parquetOf(t, text, f)), flowlog.Options{})
		if err != nil {
			t.Fatal(f.name, err)
		}
		got, s, err := drain(r, 333)
		if err != nil {
			t.Fatal(f.name, err, s)
		}
		same(t, f.name, want, got)
	}
}

// TestParquetProblems: a bad value spoils its row, and is told of as in text.
func TestParquetProblems(t *testing.T) {
	file := parquetOf(t, open(t, "broken.log"), forms()[0])
	_, s, err := all(t, bytes.NewReader(file), flowlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.Problems {
		got = append(got, p.Error())
	}
	want := `line 6: packets "-1" is not a whole number, not negative`
	if s.Bad != 8 || !strings.Contains(strings.Join(got, "\n"), `packets "-1" is not a whole number, not negative`) {
		t.Errorf("%d bad, want 8 with %s:\n%s", s.Bad, want, strings.Join(got, "\n"))
	}
	if len(s.Unknown) != 1 || s.Unknown[0] != "shiny_new_field" {
		t.Errorf("unknown: %q", s.Unknown)
	}
}

// TestParquetSample reads a file that lies here, so that a change of the library's writer does not go unseen.
func TestParquetSample(t *testing.T) {
	const name = "v5.snappy.parquet"
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), parquetOf(t, open(t, "v5.log"), forms()[0]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, s, err := all(t, bytes.NewReader(open(t, name)), flowlog.Options{})
	if err != nil || s.SkipData != 1 || list[0].Line != 1 {
		t.Fatal(err, s)
	}
	golden(t, "v5.conns.jsonl", conns(t, list))
	golden(t, "v5.joined.jsonl", joined(list))
}

// TestParquetRefused: what is no flow log, or larger than allowed, is said in one line.
func TestParquetRefused(t *testing.T) {
	good := parquetOf(t, open(t, "v5.log"), form{codec: &parquet.Gzip, version: 1, encode: dictionaries})
	for _, c := range []struct {
		name, say string
		file      []byte
		o         flowlog.Options
		is        error
	}{
		{"too large to keep", "cannot be kept in memory", good, flowlog.Options{MaxSpool: 100}, flowlog.ErrTooLarge},
		{"too large to read", "more than are allowed", good, flowlog.Options{MaxMemory: 64}, flowlog.ErrTooLarge},
		{"too many rows", "more than 3 r", good, flowlog.Options{MaxRecords: 3}, flowlog.ErrTooLarge},
		{"no end", `ends in`, good[:len(good)-1], flowlog.Options{}, flowlog.ErrFormat},
		{"nothing but the beginning", "4 bytes, want at least 12", good[:4], flowlog.Options{}, flowlog.ErrFormat},
		{"a long footer", "footer of", append(bytes.Clone(good[:len(good)-8]), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'), flowlog.Options{}, flowlog.ErrFormat},
		{"lz4", "packed with LZ4_RAW", parquetOf(t, open(t, "v5.log"), form{codec: &parquet.Lz4Raw, version: 1}), flowlog.Options{}, flowlog.ErrFormat},
		{"other columns", "no column of a flow log", parquetOf(t, []byte("a b\n1 2\n"), form{codec: &parquet.Snappy, version: 1}), flowlog.Options{}, flowlog.ErrFormat},
	} {
		_, _, err := all(t, onlyReader{bytes.NewReader(c.file)}, c.o)
		if !errors.Is(err, c.is) || !strings.Contains(fmt.Sprint(err), c.say) {
			t.Errorf("%s: %v, want %q", c.name, err, c.say)
		}
	}
}
