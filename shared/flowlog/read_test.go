package flowlog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

var update = flag.Bool("update", false, "write the expected conversations anew")

// all reads a file to its end.
func all(t testing.TB, in io.Reader, o flowlog.Options) ([]flowlog.Record, flowlog.Stats, error) {
	t.Helper()
	r, err := flowlog.NewReader(in, o)
	if err != nil {
		return nil, flowlog.Stats{}, err
	}
	return drain(r, 3)
}

// drain reads in batches of a size, so that batches end in the middle of things.
func drain(r *flowlog.Reader, size int) ([]flowlog.Record, flowlog.Stats, error) {
	var list []flowlog.Record
	batch := make([]flowlog.Record, size)
	for {
		n, err := r.Next(batch)
		list = append(list, batch[:n]...)
		if errors.Is(err, io.EOF) {
			return list, r.Stats(), nil
		}
		if err != nil {
			return list, r.Stats(), err
		}
	}
}

func conns(t testing.TB, list []flowlog.Record) string {
	t.Helper()
	var out []byte
	for i := range list {
		c := events.Conn{Service: "left over"}
		if !list[i].Conn(&c) {
			t.Fatalf("line %d has no addresses", list[i].Line)
		}
		out = append(c.AppendJSON(out), '\n')
	}
	return string(out)
}

func joined(list []flowlog.Record) string {
	var out []byte
	p := flowlog.NewPairer(flowlog.PairOptions{}, func(c *events.Conn) { out = append(c.AppendJSON(out), '\n') })
	for i := range list {
		p.Add(&list[i])
	}
	p.Flush()
	return string(out)
}

// golden holds what was made against what is known to be right.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if g, w := at(gotLines, i), at(wantLines, i); g != w {
			t.Errorf("%s:%d is\n%s\nwant\n%s", name, i+1, g, w)
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(nothing)"
}

func open(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zip(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var files = []string{"default", "v5", "v10", "broken"}

// TestKnownAnswers reads each file as text, as gzip and as Parquet, and gets the same conversations.
func TestKnownAnswers(t *testing.T) {
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			plain := open(t, name+".log")
			list, stats, err := all(t, bytes.NewReader(plain), flowlog.Options{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".conns.jsonl", conns(t, list))
			golden(t, name+".joined.jsonl", joined(list))
			zipped, again, err := all(t, onlyReader{bytes.NewReader(zip(t, plain))}, flowlog.Options{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "gzip", list, zipped)
			if again.Bad != stats.Bad || again.NoData != stats.NoData || again.SkipData != stats.SkipData || again.Newest != stats.Newest {
				t.Errorf("gzip: %+v, plain: %+v", again, stats)
			}
		})
	}
}

// same compares records but for where they stood.
func same(t *testing.T, what string, want, got []flowlog.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d records, want %d", what, len(got), len(want))
	}
	for i := range want {
		a, b := want[i], got[i]
		a.Line, b.Line = 0, 0
		if a != b {
			t.Errorf("%s: record %d is\n%+v\nwant\n%+v", what, i, b, a)
		}
	}
}

// onlyReader can be read from front to back and nothing else.
type onlyReader struct{ io.Reader }

// TestEveryField: a file of version 10 has all 42 fields, and each is where it belongs.
func TestEveryField(t *testing.T) {
	plain := open(t, "v10.log")
	header, _, _ := strings.Cut(string(plain), "\n")
	if n := len(strings.Fields(header)); n != 42 || len(flowlog.Fields()) != 42 {
		t.Fatalf("%d fields in the file, %d known, want 42", n, len(flowlog.Fields()))
	}
	list, stats, err := all(t, bytes.NewReader(plain), flowlog.Options{})
	if err != nil || stats.Bad != 0 || stats.Unknown != nil {
		t.Fatal(err, stats)
	}
	line := strings.Fields(strings.Split(string(plain), "\n")[1])
	for i, name := range strings.Fields(header) {
		var f flowlog.Field
		for _, f = range flowlog.Fields() {
			if f.String() == name {
				break
			}
		}
		if list[0].Has(f) != (line[i] != "-") {
			t.Errorf("%s: has %v, the line says %s", name, list[0].Has(f), line[i])
		}
		if f >= flowlog.Account && list[0].Has(f) && list[0].Text(f) != line[i] {
			t.Errorf("%s is %q, want %q", name, list[0].Text(f), line[i])
		}
		if f.Since() < 2 || f.Since() > 10 {
			t.Errorf("%s is of version %d", name, f.Since())
		}
	}
	if r := list[0]; r.Version != 10 || r.Path != 7 || r.TCPFlags != 3 || r.Direction != flowlog.Egress || r.Bytes != 4800 || r.Protocol != 6 {
		t.Errorf("%+v", r)
	}
}

// TestCounts says what became of the lines that are no records.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name                        string
		records, noData, skips, bad uint64
	}{{"default", 6, 1, 1, 0}, {"v5", 9, 0, 1, 0}, {"v10", 5, 0, 0, 0}, {"broken", 2, 0, 0, 11}} {
		list, s, err := all(t, bytes.NewReader(open(t, c.name+".log")), flowlog.Options{})
		if err != nil || uint64(len(list)) != c.records || s.Records != c.records || s.NoData != c.noData || s.SkipData != c.skips || s.Bad != c.bad {
			t.Errorf("%s: %d records, %+v, %v", c.name, len(list), s, err)
		}
	}
	_, s, _ := all(t, bytes.NewReader(open(t, "v5.log")), flowlog.Options{})
	if want := (flowlog.Skip{Interface: "eni-1235b8ca123456789", Start: 1566933125, End: 1566933180}); len(s.Skips) != 1 || s.Skips[0] != want || s.Newest != 1566933180 {
		t.Errorf("skipped %+v, newest %d", s.Skips, s.Newest)
	}
}

// TestProblems: each broken line is told of by line, field, value and what is allowed; the fields that nobody knows are named.
func TestProblems(t *testing.T) {
	_, s, err := all(t, bytes.NewReader(open(t, "broken.log")), flowlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.Problems {
		got = append(got, p.Error())
	}
	want := []string{
		`line 3: srcport "70000" is not a port, 0 to 65535`,
		`line 4: srcaddr "10.0.0.300" is not an IPv4 or IPv6 address`,
		`line 5: srcaddr "fe80::1%eth0" is not an IPv4 or IPv6 address`,
		`line 6: protocol "six" is not an IP protocol number, 0 to 255`,
		`line 7: packets "-1" is not a whole number, not negative`,
		`line 8: end "1700000000" is not at or after start, 1700000060`,
		`line 9: action "MAYBE" is not ACCEPT or REJECT`,
		`line 10: log-status "FINE" is not OK, NODATA or SKIPDATA`,
		`line 11: line "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 60 1700000000" is not 15 fields: a header line, or the format, says which`,
		`line 12: line "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 60 1700000000 17000..." is not 15 fields: a header line, or the format, says which`,
		`line 13: start "99999999999" is not seconds since 1970, at most 9223372035`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(s.Unknown) != 1 || s.Unknown[0] != "shiny-new-field" {
		t.Errorf("unknown: %q", s.Unknown)
	}
	_, s, _ = all(t, bytes.NewReader(open(t, "broken.log")), flowlog.Options{MaxProblems: 2})
	if len(s.Problems) != 2 || s.Bad != 11 {
		t.Errorf("%d problems told of, %d counted", len(s.Problems), s.Bad)
	}
}

// TestFormats: with no header the format is the default or the one given, a header beats it, and exports have a time before each line.
func TestFormats(t *testing.T) {
	want, _, err := all(t, bytes.NewReader(open(t, "default.log")), flowlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, s, err := all(t, bytes.NewReader(open(t, "headless.log")), flowlog.Options{})
	if err != nil || s.NoData != 1 {
		t.Fatal(err, s)
	}
	same(t, "no header", want[:2], got)
	line := "172.31.16.139 20641 172.31.16.21 22 6 1418530010 1418530070\n"
	const custom = "${srcaddr} ${srcport} ${dstaddr} ${dstport} ${protocol} ${start} ${end}"
	for _, in := range []string{line, "srcaddr srcport dstaddr dstport protocol start end\n" + line, strings.ReplaceAll(line, " ", "\t"), "2026-11-26T07:00:00.000Z " + line, strings.TrimSpace(line) + "\r\n"} {
		got, s, err := all(t, strings.NewReader(in), flowlog.Options{Format: custom})
		if err != nil || len(got) != 1 || s.Bad != 0 || got[0].Src != want[0].Src || got[0].DstPort != 22 || got[0].End != want[0].End {
			t.Errorf("%q: %+v, %+v, %v", in, got, s, err)
		}
	}
	if got, _, err := all(t, strings.NewReader("start end dstport\n1 2 3\n"), flowlog.Options{Format: custom}); err != nil || len(got) != 0 {
		t.Error("a line without addresses, packets and status tells of no traffic", got, err)
	}
	if _, err := flowlog.NewReader(strings.NewReader(line), flowlog.Options{Format: strings.Repeat("x ", 200)}); !errors.Is(err, flowlog.ErrFormat) {
		t.Error("a format of 200 fields:", err)
	}
	if got, s, err := all(t, strings.NewReader(""), flowlog.Options{}); err != nil || len(got) != 0 || s.Bad != 0 {
		t.Error("an empty file:", got, s, err)
	}
}

// TestLines reads messages of a log group.
func TestLines(t *testing.T) {
	l, err := flowlog.NewLines(flowlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var r flowlog.Record
	var got []flowlog.Record
	for line := range strings.SplitSeq(strings.TrimSpace(string(open(t, "headless.log"))), "\n") {
		if l.Read([]byte(line), &r) {
			got = append(got, r)
		}
	}
	want, _, _ := all(t, bytes.NewReader(open(t, "headless.log")), flowlog.Options{})
	same(t, "lines", want, got)
	if l.Read([]byte("nonsense"), &r) || l.Stats().Bad != 1 || l.Stats().Problems[0].Line != 4 || l.Stats().NoData != 1 {
		t.Errorf("%+v", l.Stats())
	}
}

// TestBounds: every limit is reached, said, and what came before it is used.
func TestBounds(t *testing.T) {
	line := "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 60 1700000000 1700000060 ACCEPT OK\n"
	long := line + strings.Repeat("x", 200<<10) + "\n" + line
	if got, s, err := all(t, strings.NewReader(long), flowlog.Options{}); err != nil || len(got) != 2 || s.Bad != 1 || s.Problems[0].Line != 2 || got[1].Line != 3 {
		t.Errorf("a long line: %d records, %+v, %v", len(got), s, err)
	}
	many := strings.Repeat(line, 10)
	if got, _, err := all(t, strings.NewReader(many), flowlog.Options{MaxRecords: 10}); err != nil || len(got) != 10 {
		t.Errorf("as many as allowed: %d, %v", len(got), err)
	}
	if got, _, err := all(t, strings.NewReader(many), flowlog.Options{MaxRecords: 7}); !errors.Is(err, flowlog.ErrTooLarge) || len(got) != 7 {
		t.Errorf("too many: %d, %v", len(got), err)
	}
	if got, _, err := all(t, strings.NewReader(many), flowlog.Options{MaxText: int64(4 * len(line))}); !errors.Is(err, flowlog.ErrTooLarge) || len(got) < 4 {
		t.Errorf("too much text: %d, %v", len(got), err)
	}
	bomb := zip(t, []byte(strings.Repeat(line, 400_000)))
	if got, _, err := all(t, bytes.NewReader(bomb), flowlog.Options{MaxText: 8 << 20}); !errors.Is(err, flowlog.ErrTooLarge) || len(got) == 0 {
		t.Errorf("a bomb: %d records, %v", len(got), err)
	}
	half := zip(t, []byte(many))
	if _, _, err := all(t, bytes.NewReader(half[:len(half)-9]), flowlog.Options{}); err == nil {
		t.Error("half of a gzip file was read without an error")
	}
	if _, err := flowlog.NewReader(strings.NewReader("\x1f\x8bnonsense"), flowlog.Options{}); !errors.Is(err, flowlog.ErrFormat) {
		t.Error("no gzip:", err)
	}
}
