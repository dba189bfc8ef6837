package flowlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// part is a page as it stands in a file.
type part struct {
	header format.PageHeader
	body   []byte
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fileOf makes a file of one column, dstport of 32 bits, from pages of any kind.
func fileOf(t testing.TB, codec format.CompressionCodec, rows int64, kind format.Type, name string, parts ...part) []byte {
	t.Helper()
	out := []byte(parquetMagic)
	for _, p := range parts {
		p.header.CompressedPageSize = int32(len(p.body))
		out = append(append(out, marshal(t, &p.header)...), p.body...)
	}
	size := int64(len(out) - 4)
	meta := format.FileMetaData{
		Version: 1, NumRows: rows,
		Schema: []format.SchemaElement{
			{Name: "root", NumChildren: thrift.New(int32(1))},
			{Name: name, Type: thrift.New(kind), RepetitionType: thrift.New(format.Optional), ConvertedType: thrift.Null[deprecated.ConvertedType]{}},
		},
		RowGroups: []format.RowGroup{{NumRows: rows, TotalByteSize: size, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: kind, Encoding: []format.Encoding{format.Plain}, PathInSchema: []string{name}, Codec: codec,
			NumValues: rows, TotalUncompressedSize: size, TotalCompressedSize: size, DataPageOffset: 4,
		}}}}},
	}
	footer := marshal(t, &meta)
	out = append(out, footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, parquetMagic...)
}

func dataPage(n int32, e format.Encoding, body []byte) part {
	return part{format.PageHeader{
		Type: format.DataPage, UncompressedPageSize: int32(len(body)),
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: n, Encoding: e, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE}),
	}, body}
}

func dictPage(n int32, body []byte) part {
	return part{format.PageHeader{
		Type: format.DictionaryPage, UncompressedPageSize: int32(len(body)),
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: n, Encoding: format.Plain}),
	}, body}
}

// run is a run of n times a value of one byte, as the hybrid encoding has it.
func run(n uint64, value byte) []byte { return append(binary.AppendUvarint(nil, n<<1), value) }

// withLevels puts levels before the values of a page of version 1.
func withLevels(levels, values []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(levels)))
	return append(append(b, levels...), values...)
}

// spent reads a file to its end or its error, and gives the rows that were met, the bytes that were taken meanwhile, and the error.
func spent(t *testing.T, file []byte, o Options) (rows uint64, took uint64, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader(bytes.NewReader(file), o)
	if err == nil {
		batch := make([]Record, 64)
		for err == nil {
			_, err = r.Next(batch)
		}
		rows = r.src.(*parquetFile).row
	}
	runtime.ReadMemStats(&after)
	return rows, after.TotalAlloc - before.TotalAlloc, err
}

// TestBombs: files of a few bytes that unfold to gigabytes end in an error, or in as many rows as are allowed, and in little memory.
func TestBombs(t *testing.T) {
	const huge = math.MaxInt32
	four := binary.LittleEndian.AppendUint32(nil, 443)
	zipped := snappy.Encode(nil, make([]byte, 1<<20))
	binary.PutUvarint(zipped, 1<<31-1) // says that it unpacks to two gigabytes
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := z.EncodeAll(make([]byte, 64<<20), nil)
	small := func(p part) part { p.header.UncompressedPageSize = 1 << 20; return p }
	for _, c := range []struct {
		name  string
		codec format.CompressionCodec
		kind  format.Type
		field string
		parts []part
		is    error
		rows  uint64
	}{
		{"a run of two thousand million", 0, format.Int32, "dstport", []part{dictPage(1, four), dataPage(huge, format.RLEDictionary, withLevels(run(huge, 1), append([]byte{1}, run(huge, 0)...)))}, ErrTooLarge, 1000},
		{"as many nulls", 0, format.Int32, "dstport", []part{dataPage(huge, format.Plain, withLevels(run(huge, 0), nil))}, ErrTooLarge, 1000},
		{"as many differences", 0, format.Int32, "dstport", []part{dataPage(huge, format.DeltaBinaryPacked, withLevels(run(huge, 1), deltaHead(huge)))}, ErrTooLarge, 1000},
		{"as many lengths", 0, format.ByteArray, "srcaddr", []part{dataPage(huge, format.DeltaLengthByteArray, withLevels(run(huge, 1), deltaHead(huge)))}, ErrTooLarge, 0},
		{"as many lengths of beginnings", 0, format.ByteArray, "srcaddr", []part{dataPage(huge, format.DeltaByteArray, withLevels(run(huge, 1), deltaHead(huge)))}, ErrTooLarge, 0},
		{"a dictionary of as many", 0, format.Int32, "dstport", []part{dictPage(huge, four)}, ErrFormat, 0},
		{"snappy", format.Snappy, format.Int32, "dstport", []part{small(dataPage(9, format.Plain, zipped))}, ErrFormat, 0},
		{"zstd", format.Zstd, format.Int32, "dstport", []part{small(dataPage(9, format.Plain, packed))}, ErrFormat, 0},
		{"pages that say two gigabytes", 0, format.Int32, "dstport", []part{func() part { p := dataPage(9, format.Plain, nil); p.header.UncompressedPageSize = huge; return p }()}, ErrFormat, 0},
		{"no dictionary", 0, format.Int32, "dstport", []part{dataPage(9, format.RLEDictionary, withLevels(run(9, 1), append([]byte{1}, run(9, 0)...)))}, ErrFormat, 0},
		{"beyond the dictionary", 0, format.Int32, "dstport", []part{dictPage(1, four), dataPage(9, format.RLEDictionary, withLevels(run(9, 1), append([]byte{1}, run(9, 1)...)))}, ErrFormat, 0},
		{"pages without values", 0, format.Int32, "dstport", slices.Repeat([]part{dataPage(0, format.Plain, withLevels(nil, nil))}, 1000), ErrFormat, 0},
		{"pages that hold next to nothing and unpack to much", format.Zstd, format.Int32, "dstport", slices.Repeat([]part{roomy(t)}, 40), ErrTooLarge, 128},
		{"fewer values than rows", 0, format.Int32, "dstport", []part{dataPage(64, format.Plain, withLevels(run(64, 0), nil))}, ErrFormat, 64},
	} {
		file := fileOf(t, c.codec, 1<<40, c.kind, c.field, c.parts...)
		rows, took, err := spent(t, file, Options{MaxRecords: 1000, MaxMemory: 32 << 20})
		if !errors.Is(err, c.is) || rows != c.rows || took > 96<<20 {
			t.Errorf("%s: %v after %d rows and %d bytes, want %v after %d", c.name, err, rows, took, c.is, c.rows)
		}
	}
}

// roomy is a page with a value and a mebibyte of nothing behind it.
func roomy(t *testing.T) part {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	body := append(withLevels(run(12, 0), nil), make([]byte, 1<<20)...)
	p := dataPage(12, format.Plain, z.EncodeAll(body, nil))
	p.header.UncompressedPageSize = int32(len(body))
	return p
}

// deltaHead begins n differences in blocks of 65,536 that are all alike, so that a block takes a few bytes.
func deltaHead(n uint64) []byte {
	b := binary.AppendUvarint(nil, 1024)
	b = binary.AppendUvarint(b, 4)
	b = binary.AppendUvarint(b, n)
	return append(b, 0, 0, 0, 0, 0, 0) // the first value, and one block: least, four widths
}

// TestFooterBombs: lists that are not there and levels without end are found before the library reads them.
func TestFooterBombs(t *testing.T) {
	wrap := func(footer []byte) []byte {
		out := append([]byte(parquetMagic), footer...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
		return append(out, parquetMagic...)
	}
	list := []byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07} // field 2, a list of two thousand million structs
	many := append([]byte{0x29, 0xfc}, binary.AppendUvarint(nil, 1<<20)...)
	many = append(append(many, make([]byte, 1<<20)...), 0)
	for name, footer := range map[string][]byte{
		"a list that is not there": list, "a million empty columns": many, "a million levels": bytes.Repeat([]byte{0x1c}, 1<<20),
		"lists in lists": append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 1<<20)...), "nothing": nil, "an end": {0}, "a map": {0x1b, 1, 0x55, 0, 0},
		"a text that is not there": {0x18, 0xff, 0xff, 0xff, 0xff, 0x07},
	} {
		if _, took, err := spent(t, wrap(footer), Options{}); !errors.Is(err, ErrFormat) || took > 16<<20 {
			t.Errorf("%s: %v after %d bytes", name, err, took)
		}
	}
}

// TestPlaces: columns that lie outside the file, or have another type than the schema says.
func TestPlaces(t *testing.T) {
	good := fileOf(t, 0, 2, format.Int32, "dstport", dataPage(2, format.Plain, withLevels(run(2, 0), nil)))
	if rows, _, err := spent(t, good, Options{}); !errors.Is(err, io.EOF) || rows != 2 {
		t.Fatal(err, rows)
	}
	r, err := NewReader(bytes.NewReader(good), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := r.src.(*parquetFile)
	for _, spoil := range []func(m *format.ColumnMetaData){
		func(m *format.ColumnMetaData) { m.DataPageOffset = -1 },
		func(m *format.ColumnMetaData) { m.DataPageOffset = math.MaxInt64 },
		func(m *format.ColumnMetaData) { m.TotalCompressedSize = math.MaxInt64 },
		func(m *format.ColumnMetaData) { m.TotalCompressedSize = -1 },
		func(m *format.ColumnMetaData) { m.Type = format.Int64 },
		func(m *format.ColumnMetaData) { m.DictionaryPageOffset, m.TotalCompressedSize = 5, 1<<40 },
	} {
		g := f.groups[0]
		g.Columns = slices.Clone(g.Columns)
		spoil(&g.Columns[0].MetaData)
		if err := f.group(g); !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
	}
	if err := f.group(format.RowGroup{NumRows: 1}); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	if err := f.group(format.RowGroup{NumRows: -1}); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

// TestNamesAreBounded: a file in which no text comes twice takes no more than its limit.
func TestNamesAreBounded(t *testing.T) {
	var n names
	for i := range 3 * maxNames {
		n.of(Interface, binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	if len(n.known) > maxNames {
		t.Errorf("%d texts are remembered, want at most %d", len(n.known), maxNames)
	}
}

// TestSteady: once the texts are known, reading takes no memory; a conversation takes one piece, its names.
func TestSteady(t *testing.T) {
	l, err := NewLines(Options{})
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("2 123456789010 eni-1235b8ca123456789 172.31.16.139 2001:db8::1 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK")
	var r Record
	l.Read(line, &r)
	if n := testing.AllocsPerRun(100, func() { l.Read(line, &r) }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}
