package query_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

const (
	connLine = `{"ts":1700000000.123456,"uid":"C1","id.orig_h":"10.20.1.2","id.orig_p":51000,"id.resp_h":"2001:db8::5","id.resp_p":22,` +
		`"service":"SSH","orig_bytes":1500000,"duration":12.500000,"local":true}`
	dnsLine = `{"ts":1700000001.000000,"uid":"C2","id.orig_h":"10.20.1.3","id.orig_p":5353,"id.resp_h":"10.0.0.2","id.resp_p":53,` +
		`"query":"a.\"evil\\\u0065.example","answers":["1.2.3.4","CDN.Example","\ud83d\ude00"],"TTLs":[60.000000,5.000000],"rcode":0,"version":null}`
)

func TestMatch(t *testing.T) {
	type c struct {
		text      string
		conn, dns bool
	}
	for _, c := range []c{
		{``, true, true}, {`kind = conn`, true, false}, {`kind != conn`, false, true}, {`kind ~ NN`, true, false}, {`exists kind`, true, true},
		{`service = ssh`, true, false}, {`service != ssh`, false, false}, {`not service = ssh`, false, true}, {`service = s*h`, true, false},
		{`service = s*x`, false, false}, {`service ~ ss`, true, false}, {`service < t`, true, false}, {`service >= ssh`, true, false}, {`service > ssh`, false, false},
		{`exists service`, true, false}, {`not exists service`, false, true}, {`exists version`, false, false},
		{`addr = 10.20.0.0/16`, true, true}, {`addr = 10.20.1.2`, true, false}, {`addr = 2001:db8::/32`, true, false}, {`addr = 2001:DB8:0::5`, true, false},
		{`addr != 10.20.1.2`, true, true}, {`addr = ::/0`, true, false}, {`addr = 0.0.0.0/0`, true, true}, {`id.orig_h = 10.20.1.*`, true, true}, {`id.orig_h ~ 1.3`, false, true},
		{`port = 22`, true, false}, {`port > 50000`, true, false}, {`port in (53, 22)`, true, true}, {`port != 22`, true, true},
		{`orig_bytes > 1000000 and port = 22`, true, false}, {`orig_bytes = 1.5e6`, true, false}, {`duration > 12s`, true, false}, {`duration <= 12.5`, true, false},
		{`local = true`, true, false}, {`local != TRUE`, false, false}, {`local = false`, false, false}, {`exists local`, true, false},
		{`answers = cdn.example`, false, true}, {`answers = 1.2.0.0/16`, false, true}, {`answers != 1.2.3.4`, false, true}, {`answers ~ 😀`, false, true},
		{`TTLs < 10`, false, true}, {`TTLs = 1m`, false, true}, {`TTLs > 60`, false, false}, {`rcode = 0`, false, true},
		{`query = "a.\"evil\\e.example"`, false, true}, {`query ~ "\\E"`, false, true}, {`host ~ cdn`, false, true}, {`host = *example`, false, true},
		{`evil`, false, true}, {`10.20.1`, true, true}, {`any = 10.0.0.2`, false, true}, {`any = 1.2.3.4`, false, true}, {`any = c1`, true, false},
		{`ts >= 2023-11-14T22:13:20.123456Z and ts < 2023-11-14T22:13:21Z`, true, false}, {`ts = 1700000000.123456`, true, false}, {`ts > 1700000000.123456`, false, true},
		{`(service = ssh or rcode = 0) and not (kind = dns and query ~ evil)`, true, false}, {`exists san.ip`, false, false},
	} {
		m, err := compile(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if conn, dns := m.Match("conn", []byte(connLine)), m.Match("dns", []byte(dnsLine)); conn != c.conn || dns != c.dns {
			t.Errorf("%s: conn %v, dns %v; want %v, %v", c.text, conn, dns, c.conn, c.dns)
		}
	}
}

func TestMatchOfNoObject(t *testing.T) {
	m, _ := compile(t, `not service = ssh`)
	for _, line := range []string{``, `[]`, `{`, `{"service"`, `{"service":`, `{"service":"a`, `{"service":"\u12"}`, `null`, `{"a":1`, `{"a":{"b":[`} {
		if m.Match("conn", []byte(line)) {
			t.Errorf("%q matches", line)
		}
	}
	if m.Match("ftp", []byte(`{}`)) {
		t.Error("a kind that is not in the schema matches")
	}
	if !m.Match("conn", []byte(`{}`)) {
		t.Error("an empty object lacks the field and does not match")
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("under the race detector a pool forgets things at random")
	}
	m, err := compile(t, `(query ~ nowhere or answers = 9.9.9.9 or host = *.x or addr = 10.9.0.0/16) and ts > 5`)
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(dnsLine)
	if n := testing.AllocsPerRun(100, func() { m.Match("dns", line) }); n > 0.5 {
		t.Errorf("%v allocations a record", n)
	}
}

// TestPlanAsColumns evaluates the way an engine with columns would, and must agree with Match.
func TestPlanAsColumns(t *testing.T) {
	m, err := compile(t, `(service = ssh or exists rcode) and not port = 23 and kind = conn`)
	if err != nil {
		t.Fatal(err)
	}
	p := m.Plan("conn")
	sets := query.Walk(p, query.Walker[bool]{
		Test:     func(i int) bool { return p.Tests[i].Test.Field == "service" },
		Constant: func(b bool) bool { return b },
		And:      func(parts []bool) bool { return !slices.Contains(parts, false) },
		Or:       func(parts []bool) bool { return slices.Contains(parts, true) },
		Not:      func(b bool) bool { return !b },
	})
	if eval := p.Eval(func(i int) bool { return p.Tests[i].Test.Field == "service" }); !eval || !sets {
		t.Errorf("Eval %v, Walk %v, want true", eval, sets)
	}
	if !m.Plan("dns").Never() || m.Plan("ftp") != nil {
		t.Error("a plan for dns can match, or there is one for ftp")
	}
}

func FuzzMatch(f *testing.F) {
	for _, text := range []string{`not (query = "a*b" or answers != 1.2.3.4) or TTLs > 5`, `any ~ evil and host < m`, `addr = 10.0.0.0/8 or port = 22`,
		`service != ssh or orig_bytes <= 5 and local = true`, `answers = 1.2.0.0/16 or exists san.ip`, `ts > 5 and duration != 1s`} {
		f.Add(text, connLine)
		f.Add(text, dnsLine)
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		q, err := query.Parse(text)
		if err != nil {
			return
		}
		m, err := query.Compile(q, small())
		if err != nil {
			return
		}
		for _, kind := range []string{"conn", "dns"} {
			got := m.Match(kind, []byte(line))
			record, ok := members(line)
			if !ok {
				continue
			}
			table, _ := small().Table(kind)
			if want := q.Root == nil || slow(q.Root, table, record); got != want {
				t.Fatalf("%s of %s %s: %v, want %v", q, kind, line, got, want)
			}
		}
	})
}

// members reads an object with encoding/json, the first of each name; ok is false for what is no object in plain UTF-8.
func members(line string) (map[string]any, bool) {
	if !utf8.ValidString(line) || !json.Valid([]byte(line)) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader([]byte(line)))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	out := map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value any
		if err := d.Decode(&value); err != nil && !errors.Is(err, io.EOF) {
			return nil, false
		}
		if _, has := out[name.(string)]; !has {
			out[name.(string)] = value
		}
	}
	return out, true
}

// slow is what the language means, written as plainly as can be.
func slow(n query.Node, table query.Table, record map[string]any) bool {
	switch n := n.(type) {
	case query.And:
		return !slices.ContainsFunc(n.Parts, func(p query.Node) bool { return !slow(p, table, record) })
	case query.Or:
		return slices.ContainsFunc(n.Parts, func(p query.Node) bool { return slow(p, table, record) })
	case query.Not:
		return !slow(n.Part, table, record)
	}
	test := n.(query.Test)
	if test.Field == "kind" {
		return slowText(test, table.Kind)
	}
	for _, f := range table.Resolve(test.Field) {
		list, isList := record[f.Name].([]any)
		if !f.List {
			list, isList = []any{record[f.Name]}, true
		}
		if isList && slices.ContainsFunc(list, func(v any) bool { return slowValue(test, f.Type, v) }) {
			return true
		}
	}
	return false
}

func slowValue(test query.Test, of query.Type, v any) bool {
	switch v := v.(type) {
	case string:
		return of == query.Text && slowText(test, v) || of == query.Address && slowAddress(test, v)
	case bool:
		return of == query.Bool && (test.Op == query.Present || test.Value.IsBool && (test.Op == query.Equal && v == test.Value.Bool || test.Op == query.NotEqual && v != test.Value.Bool))
	case json.Number:
		n, err := strconv.ParseFloat(v.String(), 64)
		return err == nil && (of == query.Number || of == query.Time || of == query.Duration) && slowNumber(test, of, n)
	}
	return false
}

func slowNumber(test query.Test, of query.Type, n float64) bool {
	want := math.NaN()
	if test.Value.IsNumber {
		want = test.Value.Number
	} else if at, err := time.Parse(time.RFC3339Nano, test.Value.Text); err == nil && of == query.Time {
		want = float64(at.UnixNano()) / 1e9
	} else if d, err := time.ParseDuration(test.Value.Text); err == nil && of == query.Duration {
		want = d.Seconds()
	}
	switch test.Op {
	case query.Present:
		return true
	case query.Equal:
		return n == want
	case query.NotEqual:
		return n < want || n > want
	case query.Less:
		return n < want
	case query.LessEqual:
		return n <= want
	case query.Greater:
		return n > want
	case query.GreaterEqual:
		return n >= want
	}
	return false
}

func slowAddress(test query.Test, s string) bool {
	if test.Op == query.Equal || test.Op == query.NotEqual {
		if test.Value.IsNet {
			a, err := netip.ParseAddr(s)
			return (err == nil && test.Value.Network.Contains(a)) == (test.Op == query.Equal)
		}
		return strings.Contains(test.Value.Text, "*") && slowText(test, s)
	}
	return (test.Op == query.Present || test.Op == query.Contains) && slowText(test, s)
}

func slowText(test query.Test, s string) bool {
	s, want := query.Lower(s), query.Lower(test.Value.Text)
	equal := glob(want, s)
	if a, err := netip.ParseAddr(s); err == nil && test.Value.IsNet {
		equal = equal || test.Value.Network.Contains(a)
	}
	switch test.Op {
	case query.Present:
		return true
	case query.Equal:
		return equal
	case query.NotEqual:
		return !equal
	case query.Contains:
		return strings.Contains(s, want)
	case query.Less:
		return s < want
	case query.LessEqual:
		return s <= want
	case query.Greater:
		return s > want
	case query.GreaterEqual:
		return s >= want
	}
	return false
}

// glob is the definition of the star, by every way of taking it.
func glob(pattern, s string) bool {
	holds := make([]bool, len(s)+1) // of the pattern so far: s up to here
	holds[0] = true
	for i := range len(pattern) {
		next := make([]bool, len(s)+1)
		for j := range next {
			if pattern[i] == '*' {
				next[j] = holds[j] || j > 0 && next[j-1]
			} else {
				next[j] = j > 0 && holds[j-1] && pattern[i] == s[j-1]
			}
		}
		holds = next
	}
	return holds[len(s)]
}

func BenchmarkMatch(b *testing.B) {
	q, _ := query.Parse(`addr = 10.9.0.0/16 and (port = 22 or service = ssh) and orig_bytes > 1000000`)
	m, err := query.Compile(q, small())
	if err != nil {
		b.Fatal(err)
	}
	line := []byte(connLine)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		m.Match("conn", line)
	}
}
