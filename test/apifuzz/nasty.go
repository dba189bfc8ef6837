package apifuzz

import (
	"math"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// nasty is text that has broken programs before.
func nasty() []string {
	return []string{
		"", " ", "\x00", "\n", "'", "\"", "\\", "';--", "' or 1=1 --", "%", "%00", "_%", "*", "../../etc/passwd", "..\\..\\", "<script>alert(1)</script>",
		"=cmd|' /C calc'!A0", "${jndi:ldap://127.0.0.1/a}", "{{.}}", "\u202e", "\ufeff", "\U0001f600", "\xff\xfe", "e\u0301", "null", "NaN", "Infinity", "-0",
		"1e309", "9223372036854775808", "0x10", "true", "[]", "{}", "0.0.0.0/0", "::/0", "10.0.0.0/33", "::ffff:10.0.0.1", "fe80::1%eth0", "999.1.1.1",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-02-30T00:00:00Z", "-1", "2026-01-01T00:00:00+25:00",
		strings.Repeat("a", 300), strings.Repeat("(", 2000), strings.Repeat("not ", 500) + "a", strings.Repeat("é", 5000), strings.Repeat("a or ", 1000) + "b",
	}
}

// queries are texts of the record query language, good and bad.
func queries() []string {
	return []string{
		"addr = 10.0.0.0/8", "kind = dns and query ~ \"example\"", "not (port = 22 or service = ssh)", "orig_bytes > 1000", "any ~ a", "exists uid",
		"uid = *", "port in (1, 2, 3)", "((((", "and and", "= =", "foo = ", "query ~", "ts > 2026-01-01T00:00:00Z", "id.orig_h = ::1", "\"unclosed",
	}
}

func (g *generator) pick(list []string) string { return list[g.rng.IntN(len(list))] }

func (g *generator) word() string {
	return g.pick([]string{"a", "name", "id", "__proto__", "Name", "x.y", "", "ключ", "constructor"})
}

// anything is a value of any type.
func (g *generator) anything() any {
	switch g.rng.IntN(8) {
	case 0:
		return nil
	case 1:
		return g.rng.IntN(2) == 0
	case 2:
		return g.rng.Int64() - g.rng.Int64()
	case 3:
		return g.rng.NormFloat64() * 1e18
	case 4:
		return []any{}
	case 5:
		return map[string]any{g.word(): nil}
	case 6:
		return []any{nil, map[string]any{}, "a"}
	}
	return g.pick(nasty())
}

// number is at, near or, when it is nonsense, beyond the schema's bounds.
func (g *generator) number(s *openapi3.Schema) any {
	low, high := 0.0, 1000.0
	if s.Min != nil {
		low, high = *s.Min, max(high, *s.Min+1000)
	}
	if s.Max != nil {
		high = *s.Max
	}
	if g.nonsense() {
		list := []float64{low - 1, high + 1, -1, 0, 0.5, 1e18, -1e18, math.MaxInt32 + 1, 1e300}
		return list[g.rng.IntN(len(list))]
	}
	switch g.rng.IntN(4) {
	case 0:
		return low
	case 1:
		return high
	}
	n := low + g.rng.Float64()*(high-low)
	if s.Type.Is("integer") {
		return math.Floor(n)
	}
	return n
}

// str is a text that was seen before under the name, one of the schema's format, or something nasty.
func (g *generator) str(name string, s *openapi3.Schema) string {
	if g.nonsense() {
		return g.pick(nasty())
	}
	if list := g.kept[name]; len(list) > 0 && g.rng.Float64() < 0.7 {
		return g.pick(list)
	}
	if s.Example != nil && g.rng.Float64() < 0.5 {
		if text, ok := s.Example.(string); ok {
			return text
		}
	}
	switch {
	case name == "fields" || name == "sum" || name == "field":
		return g.pick([]string{"id.orig_h", "id.resp_h", "service", "orig_bytes", "query", "addr", "port", "nothing"})
	case s.Format == "date-time":
		return time.Now().Add(-time.Duration(g.rng.Int64N(int64(72 * time.Hour)))).UTC().Format(time.RFC3339Nano)
	case strings.Contains(name, "query") || name == "where" || name == "q":
		return g.pick(queries())
	case s.Format == "ipv4" || strings.Contains(name, "addr"):
		return g.pick([]string{"10.0.0.1", "10.0.0.0/8", "2001:db8::1", "203.0.113.9"})
	case s.Format == "uri" || name == "url":
		return g.pick([]string{"https://example.com/hook", "http://127.0.0.1:1/", "http://169.254.169.254/latest"})
	}
	n := int(s.MinLength) + g.rng.IntN(12)
	if s.MaxLength != nil {
		n = min(n, int(*s.MaxLength))
	}
	var b strings.Builder
	for b.Len() < n {
		b.WriteByte("abcdefghijklmnopqrstuvwxyz0123456789"[g.rng.IntN(36)])
	}
	return b.String()
}
