package query_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

func condition(t *testing.T, d query.Dialect, kind, text string) string {
	t.Helper()
	m, err := compile(t, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return query.Condition(m.Plan(kind), d)
}

// TestDialectsDiffer lists every difference there is between what Athena runs and what the tests run.
func TestDialectsDiffer(t *testing.T) {
	network := netip.MustParsePrefix("10.20.0.0/14")
	list := func(d query.Dialect) [][2]string {
		return [][2]string{
			{"any", d.Any("l", "x", "x > 1")}, {"filter", d.Filter("l", "x", "x > 1")}, {"each", d.Each("l", "x", "x + 1")},
			{"seconds", d.Seconds("n")}, {"digest", d.Digest("s")}, {"between", d.Between("s", network)},
		}
	}
	trino := map[string]string{
		"any": "any_match(l, x -> x > 1)", "filter": "filter(l, x -> x > 1)", "each": "transform(l, x -> x + 1)",
		"seconds": "format('%.6f', n)", "digest": "lower(to_hex(md5(to_utf8(s))))",
		"between": "TRY_CAST(s AS IPADDRESS) BETWEEN IPADDRESS '10.20.0.0' AND IPADDRESS '10.23.255.255'",
	}
	duckdb := map[string]string{
		"any": "len(list_filter(l, lambda x: x > 1)) > 0", "filter": "list_filter(l, lambda x: x > 1)", "each": "list_transform(l, lambda x: x + 1)",
		"seconds": "printf('%.6f', n)", "digest": "md5(s)",
		"between": "address_key(s) BETWEEN '00000000000000000000ffff0a140000' AND '00000000000000000000ffff0a17ffff'",
	}
	for i, got := range list(query.Trino()) {
		other := list(query.DuckDB())[i]
		if got[1] != trino[got[0]] || other[1] != duckdb[got[0]] {
			t.Errorf("%s: %s, and in DuckDB %s", got[0], got[1], other[1])
		}
	}
	// Nothing else differs: with these taken out, the statements are the same text.
	plain := func(d query.Dialect) query.Dialect {
		same := query.Trino()
		same.Name = d.Name
		return same
	}
	for _, text := range []string{`answers != a*b and host < m`, `not TTLs > 5 or exists answers`, `any = 10.0.0.0/8`} {
		if a, b := condition(t, plain(query.Trino()), "dns", text), condition(t, plain(query.DuckDB()), "dns", text); a != b {
			t.Errorf("%s: %s\n%s", text, a, b)
		}
	}
}

func TestCondition(t *testing.T) {
	const low = `translate("service", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`
	for text, want := range map[string]string{
		`service = SSH`:          `coalesce(` + low + ` = 'ssh', FALSE)`,
		`service != "22"`:        `coalesce("service" IS NOT NULL AND NOT coalesce("service" = '22', FALSE), FALSE)`,
		`service = "50%_*"`:      `coalesce("service" LIKE '50\%\_%' ESCAPE '\', FALSE)`,
		`service ~ "o'x\n"`:      `coalesce(strpos(` + low + `, ('o''x' || chr(10))) > 0, FALSE)`,
		`orig_bytes > 1e6`:       `coalesce("orig_bytes" > 1000000, FALSE)`,
		`orig_bytes > 0.5`:       `coalesce("orig_bytes" > 5E-01, FALSE)`,
		`duration >= 1m`:         `coalesce("duration" >= 6E+01, FALSE)`,
		`not exists service`:     `NOT "service" IS NOT NULL`,
		`local = false`:          `coalesce("local" = FALSE, FALSE)`,
		`id.orig_h = 10.0.0.1`:   `coalesce("id_orig_h" = '10.0.0.1', FALSE)`,
		`port = 22 and kind = a`: `FALSE`,
		`port = 22`:              `(coalesce("id_orig_p" = 22, FALSE) OR coalesce("id_resp_p" = 22, FALSE))`,
		`id.orig_h = 2001:db8::/32`: `coalesce(strpos("id_orig_h", ':') > 0 AND TRY_CAST("id_orig_h" AS IPADDRESS) BETWEEN IPADDRESS '2001:db8::' AND ` +
			`IPADDRESS '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', FALSE)`,
	} {
		if got := condition(t, query.Trino(), "conn", text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestStatements(t *testing.T) {
	e := query.Engine{Dialect: query.Trino(), Schema: small(), Table: func(kind string) string { return `"db"."` + kind + `"` }}
	from := time.Date(2026, 1, 31, 7, 30, 0, 0, time.UTC)
	s := query.Selection{From: from, To: from.Add(2 * time.Hour)}
	q, _ := query.Parse(`rcode = 3`)
	s.Where = q
	const rows = `FROM "db"."dns" WHERE "date" = '2026-01-31' AND "hour" BETWEEN '07' AND '09' AND "ts_nanos" >= 1769844600000000000 AND ` +
		`"ts_nanos" < 1769851800000000000 AND coalesce("rcode" = 3, FALSE)`
	got, err := e.Count(s)
	if want := `SELECT count(*) FROM (SELECT 'dns' AS "kind", "ts_nanos" ` + rows + `) AS r`; err != nil || got != want {
		t.Errorf("count: %v\n got %s\nwant %s", err, got, want)
	}
	got, err = e.Search(s, false, &query.Position{Nanos: 5, Kind: "dns", Digest: "ab"}, 11)
	if want := `SELECT "kind", "ts_nanos", "digest", "line" FROM (SELECT 'dns' AS "kind", "ts_nanos", lower(to_hex(md5(to_utf8("line")))) AS "digest", "line" ` + rows +
		`) AS r WHERE "ts_nanos" < 5 OR ("ts_nanos" = 5 AND ("kind" > 'dns' OR ("kind" = 'dns' AND "digest" >= 'ab'))) ORDER BY "ts_nanos" DESC, "kind", "digest" LIMIT 11`; err != nil || got != want {
		t.Errorf("search: %v\n got %s\nwant %s", err, got, want)
	}
	s.To = from.Add(48 * time.Hour)
	if got, _ := e.Histogram(s, time.Hour); !strings.Contains(got, `"date" BETWEEN '2026-01-31' AND '2026-02-02' AND "ts_nanos" >=`) {
		t.Errorf("the histogram of two days reads other partitions: %s", got)
	}
	s.Kinds = []string{"conn"}
	if got, err := e.Count(s); got != "" || err != nil {
		t.Errorf("what cannot match is asked for: %q, %v", got, err)
	}
	for _, bad := range [][2]string{{"nothing", ""}, {"service", "nothing"}, {"service", "query"}, {"service", "TTLs"}} {
		if _, err := e.Top(query.Selection{From: from, To: s.To}, []string{bad[0]}, append([]string{"orig_bytes"}, bad[1]), 5); err == nil {
			t.Errorf("top by %q with the sum of %q is written", bad[0], bad[1])
		}
	}
}

// FuzzLiteral reads a literal as an engine would: quotes doubled, characters by number, nothing else.
func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"", "'", "';--", "a\x00b", "\\'", "日本\u2028\u202e", "''", "\n'\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		lit := query.Literal(s)
		rest := strings.TrimSuffix(strings.TrimPrefix(lit, "("), ")")
		if rest == lit+")" || strings.HasPrefix(lit, "chr") {
			rest = lit
		}
		var back strings.Builder
		for rest != "" {
			switch {
			case rest[0] == '\'':
				end := 1
				for {
					i := strings.IndexByte(rest[end:], '\'')
					if i < 0 {
						t.Fatalf("%q is written %s, which does not end", s, lit)
					}
					end += i + 1
					if end == len(rest) || rest[end] != '\'' {
						break
					}
					end++
				}
				back.WriteString(strings.ReplaceAll(rest[1:end-1], "''", "'"))
				rest = rest[end:]
			case strings.HasPrefix(rest, "chr("):
				n := 0
				i := len("chr(")
				for ; rest[i] != ')'; i++ {
					n = n*10 + int(rest[i]-'0')
				}
				back.WriteRune(rune(n))
				rest = rest[i+1:]
			case strings.HasPrefix(rest, " || "):
				rest = rest[4:]
			default:
				t.Fatalf("%q is written %s: what is %q?", s, lit, rest)
			}
		}
		if back.String() != s {
			t.Fatalf("%q is written %s, which reads %q", s, lit, back.String())
		}
	})
}
