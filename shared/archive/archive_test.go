package archive

import (
	"bytes"
	"flag"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/mirrorwatch/mirrorwatch/events"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fill sets every member of a record: texts that need escapes, lists of two, and the largest numbers there are.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case events.Time, events.Interval:
		v.SetInt(1769860800_123456_789)
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.MustParseAddr("2001:db8::7")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("a'\"\\\x00\x7fé😀</b>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Int, reflect.Int64:
		v.SetInt(math.MinInt32)
	default:
		v.SetUint(math.MaxUint64 >> (64 - v.Type().Bits()))
	}
}

func filled() []Row {
	var rows []Row
	for _, r := range events.Blank() {
		empty := reflect.New(reflect.TypeOf(r).Elem()).Interface().(events.Record)
		fill(reflect.ValueOf(r).Elem())
		for i, r := range []events.Record{r, empty} {
			at := time.Unix(1769860800+int64(i)*3600, 123456789).UTC()
			rows = append(rows, Row{Kind: r.Kind(), Time: at, Line: r.AppendJSON(nil)})
		}
	}
	return rows
}

func TestLinesComeBack(t *testing.T) {
	dir := Dir{Path: t.TempDir()}
	want := filled()
	if err := dir.Write("one", want); err != nil {
		t.Fatal(err)
	}
	if err := dir.Write("one", want); err != nil { // replaces
		t.Fatal(err)
	}
	var got []Row
	err := filepath.WalkDir(dir.Path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir.Path, path)
		kind, _, _ := strings.Cut(strings.TrimPrefix(filepath.ToSlash(rel), "kind="), "/")
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rows, err := Read(bytes.NewReader(body), int64(len(body)), events.Kind(kind))
		for _, r := range rows {
			if p := Partition(r.Kind, r.Time) + "/one.parquet"; p != filepath.ToSlash(rel) {
				t.Errorf("a record of %s lies in %s", p, rel)
			}
		}
		got = append(got, rows...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	order := func(a, b Row) int {
		return strings.Compare(string(a.Kind)+a.Time.String(), string(b.Kind)+b.Time.String())
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d rows come back of %d, or others\n%q\n%q", len(got), len(want), got[0].Line, want[0].Line)
	}
}

func TestColumnsHoldTypes(t *testing.T) {
	line := `{"ts":1.5,"uid":"","id.orig_h":"10.0.0.1","id.orig_p":80,"service":7,"duration":2.25,"orig_bytes":18446744073709551615,` +
		`"resp_bytes":1.5,"orig_pkts":"9","local_orig":false,"tunnel_parents":["a",null,"b"],"duplicate_vnis":[]}`
	var b bytes.Buffer
	if err := Write(&b, events.KindConn, []Row{{Kind: events.KindConn, Time: time.Unix(1, 500_000_001), Line: []byte(line)}}); err != nil {
		t.Fatal(err)
	}
	type row struct {
		TS        *float64  `parquet:"ts,optional"`
		UID       *string   `parquet:"uid,optional"`
		OrigH     *string   `parquet:"id_orig_h,optional"`
		OrigP     *int64    `parquet:"id_orig_p,optional"`
		Service   *string   `parquet:"service,optional"`
		Duration  *float64  `parquet:"duration,optional"`
		OrigBytes *int64    `parquet:"orig_bytes,optional"`
		RespBytes *int64    `parquet:"resp_bytes,optional"`
		OrigPkts  *int64    `parquet:"orig_pkts,optional"`
		Local     *bool     `parquet:"local_orig,optional"`
		Parents   []string  `parquet:"tunnel_parents,optional,list"`
		VNIs      []int64   `parquet:"duplicate_vnis,optional,list"`
		Time      time.Time `parquet:"time,timestamp(microsecond)"`
		Nanos     int64     `parquet:"ts_nanos"`
		Line      string    `parquet:"line"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	r := rows[0]
	if *r.TS != 1.5 || *r.UID != "" || *r.OrigH != "10.0.0.1" || *r.OrigP != 80 || *r.Duration != 2.25 || *r.OrigBytes != math.MaxInt64 || *r.Local ||
		!slices.Equal(r.Parents, []string{"a", "b"}) || len(r.VNIs) != 0 || !r.Time.Equal(time.Unix(1, 500_000_000)) || r.Nanos != 1_500_000_001 || r.Line != line {
		t.Errorf("read back %+v", r)
	}
	if r.Service != nil || r.RespBytes != nil || r.OrigPkts != nil {
		t.Errorf("a value of another type than its column's is there: %v %v %v", r.Service, r.RespBytes, r.OrigPkts)
	}
}

func TestWriteRefusesWhatIsNoRecord(t *testing.T) {
	for _, line := range []string{``, `null`, `[]`, `{"a":`, `{"a":"` + strings.Repeat("x", MaxLine) + `"}`} {
		if err := Write(&bytes.Buffer{}, events.KindDNS, []Row{{Line: []byte(line)}}); err == nil {
			t.Errorf("%.20q is written", line)
		}
	}
	if err := Write(&bytes.Buffer{}, "gopher", nil); err == nil {
		t.Error("a kind that does not exist is written")
	}
}

// TestColumnsAreTold: Glue has no capitals and no dots, so that two fields could become one column.
func TestColumnsAreTold(t *testing.T) {
	for _, k := range events.Kinds() {
		seen := map[string]bool{"date": true, "hour": true, "kind": true}
		columns, err := Columns(k)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if seen[c.Name] || strings.ToLower(c.Name) != c.Name || strings.ContainsAny(c.Name, ".`'") {
				t.Errorf("%s: column %s is there twice, or has a name that Glue does not take", k, c.Name)
			}
			seen[c.Name] = true
		}
	}
}

func TestDDL(t *testing.T) {
	statements, err := DDL("mirrorwatch", "records-123456789012", "archive/")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(statements, ";\n\n") + ";\n"
	const golden = "testdata/tables.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("the tables are not those of %s (%v); look at the difference, then run with -update", golden, err)
	}
	for _, bad := range [][3]string{{"a;b", "bucket", ""}, {"db", "Bucket'", ""}, {"db", "bucket", "a'b"}, {"", "bucket", ""}} {
		if _, err := DDL(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	rows := slices.Repeat(filled()[:1], 10_000)
	b.SetBytes(int64(len(rows) * len(rows[0].Line)))
	for b.Loop() {
		var out bytes.Buffer
		if err := Write(&out, rows[0].Kind, rows); err != nil {
			b.Fatal(err)
		}
	}
}
