package events

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"reflect"
	"testing"
	"unsafe"
)

// blank gives an empty record of every kind.
func blank() map[Kind]Record {
	out := map[Kind]Record{}
	for _, r := range Blank() {
		out[r.Kind()] = r
	}
	return out
}

// filled sets every field of r to something that is not its zero value and that JSON keeps exactly.
func filled(r Record) Record {
	fill(reflect.ValueOf(r).Elem(), new(int))
	return r
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case Time, Interval:
		v.SetInt(1700000000123456000 + int64(*n)*1000)
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(*n)})))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if tag := v.Type().Field(i).Tag.Get("json"); tag != "-" {
				fill(v.Field(i), n)
			}
		}
	case reflect.String:
		v.SetString("a<\"\\\x01é\u2028" + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-int64(*n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 250))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	default:
		panic("fill: " + v.Kind().String())
	}
}

// TestRecordsDecodeBack holds the compiled writer against encoding/json: what is written, read by the same tags, is the same.
// It would catch a wrong offset, a missing escape, a field written under another's name.
func TestRecordsDecodeBack(t *testing.T) {
	for kind, r := range blank() {
		filled(r)
		line := r.AppendJSON(nil)
		back := reflect.New(reflect.TypeOf(r).Elem()).Interface().(Record)
		if err := json.Unmarshal(line, back); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, line)
			continue
		}
		if !reflect.DeepEqual(r, back) {
			t.Errorf("%s: wrote %s\n got %+v\nwant %+v", kind, line, back, r)
		}
	}
}

// TestKindsAreComplete fails when a kind is added without its line in Kinds or its blank here.
func TestKindsAreComplete(t *testing.T) {
	have := blank()
	for _, k := range Kinds() {
		if have[k] == nil {
			t.Errorf("kind %s has no record", k)
		}
		delete(have, k)
	}
	for k := range have {
		t.Errorf("kind %s is not in Kinds", k)
	}
}

func TestStringsAreSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain":              `"plain"`,
		"":                   `""`,
		"</script>":          `"\u003c/script\u003e"`,
		"\x1b[2J":            `"\u001b[2J"`,
		"a\xffb":             `"a\ufffdb"`,
		"line\nbreak\ttab\r": `"line\nbreak\ttab\r"`,
		"\u2028":             `"\u2028"`,
		"naïve 日本":           `"naïve 日本"`,
		"\x7f":               `"\u007f"`,
	} {
		got := string(appendString(nil, in))
		if got != want {
			t.Errorf("appendString(%q) = %s, want %s", in, got, want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("appendString(%q) is not JSON: %s", in, got)
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("a\xff\u2028<")
	f.Fuzz(func(t *testing.T, s string) {
		var got, want string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		std, _ := json.Marshal(s)
		if err := json.Unmarshal(std, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%q reads back as %q, encoding/json gives %q", s, got, want)
		}
	})
}

func TestSeconds(t *testing.T) {
	for in, want := range map[int64]string{
		0: "0.000000", 1500: "0.000002", 999_999_500: "1.000000", 1700000000123456789: "1700000000.123457",
		-1_500_000: "-0.001500", math.MinInt64: "-9223372036.854776",
	} {
		if got := string(appendSeconds(nil, in)); got != want {
			t.Errorf("appendSeconds(%d) = %s, want %s", in, got, want)
		}
	}
}

func TestFloatsAreNumbers(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1.5, 1e300} {
		if b := appendFloat(nil, f); !json.Valid(b) {
			t.Errorf("%v is written as %s", f, b)
		}
	}
}

// TestConnWithoutDuration: Zeek leaves the byte counts out, and whoever compares logs sees it.
func TestConnWithoutDuration(t *testing.T) {
	line := (&Conn{OrigBytes: 5}).AppendJSON(nil)
	if bytes.Contains(line, []byte("orig_bytes")) || bytes.Contains(line, []byte("duration")) {
		t.Errorf("an instant conversation shows bytes: %s", line)
	}
	line = (&Conn{Duration: 1000}).AppendJSON(nil)
	if !bytes.Contains(line, []byte(`"orig_bytes":0`)) {
		t.Errorf("a conversation with a duration hides its zero: %s", line)
	}
}

func BenchmarkAppendConn(b *testing.B) {
	r := filled(&Conn{}).(*Conn)
	buf := r.AppendJSON(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
}

func BenchmarkMarshalConn(b *testing.B) {
	r := filled(&Conn{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(r); err != nil {
			b.Fatal(err)
		}
	}
}

func TestRecordSizes(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 640 {
		t.Errorf("a conn record takes %d bytes; a million of them wait in a queue", n)
	}
}
