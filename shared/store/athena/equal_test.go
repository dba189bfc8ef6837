package athena_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// nasty is where engines differ if anybody lets them.
func nasty() []string {
	return []string{
		``, `not exists query`, `not query = ssh`, `query != ssh`, `not query != ssh`, `service = "SSH"`, `service = "ss*"`, `query = "*"`, `query != "*"`, `query ~ ""`, `query ~ "%"`,
		`query = "%"`, `query = "_"`, `query = "*_*"`, `query = "*\\*"`, `query = "\\"`, `query ~ "\\"`, `uri ~ "'"`, `uri = "' OR 1=1 --"`, `uri = "'; DROP TABLE conn; --"`,
		`uri ~ "nul\u0000l"`, `uri = "nul\u0000l"`, `uri ~ "\n"`, `uri = "*\t*\n*"`, `server_name = é`, `server_name = É`, `server_name ~ straße`, `server_name ~ 😀`, `server_name < z`,
		`server_name >= Z`, `server_name > "["`, "server_name < \"`\"", `server_name < é`, `server_name > ""`, `server_name <= ""`, `server_name = ""`, `server_name ~ İ`, `server_name ~ "i̇"`,
		`server_name ~ K`, `addr = 10.20.0.0/16`, `addr = 10.20.1.2`, `addr = 0.0.0.0/0`, `addr = ::/0`, `addr = ::ffff:0:0/96`, `addr = ::ffff:10.20.1.2`, `addr = 2001:db8::/32`,
		`addr = 2001:db8::1`, `addr = 2001:DB8:0:0:0::1`, `addr != 10.20.1.2`, `not addr = 10.20.0.0/15`, `addr ~ "10.2"`, `addr = 10.2*`, `addr = 10.20.1.2/31`, `exists addr`,
		`answers = 10.20.0.0/16`, `answers = 2001:db8::/32`, `answers != 10.20.0.0/16`, `answers = "10.20.0.0/16"`, `san.ip = 10.0.0.0/8`, `not san.ip = 10.0.0.0/8`, `exists san.ip`,
		`san.ip != 10.0.0.0/8`, `answers != ssh`, `not answers = ssh`, `answers > z`, `exists answers`, `not exists answers`, `TTLs > 60`, `TTLs = 1h`, `TTLs != 1`, `duplicate_vnis = 22`,
		`duplicate_vnis > 9007199254740991`, `orig_bytes = 9007199254740991`, `orig_bytes = 9007199254740992`, `orig_bytes = 9007199254740993`, `orig_bytes > 9007199254740992`,
		`orig_bytes >= 1.5`, `orig_bytes < -0.5`, `orig_bytes = 1e6`, `orig_bytes != 0`, `not orig_bytes = 0`, `duration = 0.0005`, `duration > 90s`, `duration >= 1m30s`, `duration = 0`,
		`rcode = 0`, `rcode != 0`, `not rcode = 0`, `not exists rcode`, `auth_success = true`, `auth_success != true`, `not auth_success = true`, `AA = true and TC = false`,
		`ts >= 2026-01-31T00:00:00Z`, `ts = 2026-01-31T05:00:00Z`, `ts < 1769900000.5`, `certificate.not_valid_after > 2026-01-31T00:00:00Z`, `org_time < ` + fmt.Sprint(begin.Unix()+3600),
		`kind = dns or kind ~ ss`, `kind != conn and port = 22`, `kind = nothing`, `not kind = conn`, `port in (22, 53)`, `host ~ evil`, `host = *example`, `host != ssh`, `evil`, `"' OR"`,
		`any = ssh`, `any != ssh`, `any = 10.20.1.2`, `version = 2`, `version = 22 or version = ssh`, `version > a`, `version < 5`, `not (version = 2 or exists query)`,
		`(addr = 10.20.0.0/16 and not port = 22) or (answers ~ evil and not exists rcode)`, `Z = 1 and z`, `hasshServer ~ s`,
		`not not not exists duration`, `uid != "" and uid = "*' *"`, `query in (ssh, "it's", "100%", "\\")`,
	}
}

// TestDuckDBAnswersAsTheEvaluatorDoes holds the SQL, over Parquet files, against the evaluator, over the lines that they were made of.
func TestDuckDBAnswersAsTheEvaluatorDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("DuckDB runs hundreds of statements, one after the other: make test has it")
	}
	d := startDuck(t)
	s := seed{rand.New(rand.NewPCG(7, 11))}
	rows := s.rows(20_000)
	dir := archive.Dir{Path: t.TempDir()}
	for i, part := range [][]archive.Row{rows[:len(rows)/3], rows[len(rows)/3:]} {
		if err := dir.Write(fmt.Sprintf("part-%d", i), part); err != nil {
			t.Fatal(err)
		}
	}
	d.load(t, dir.Path)
	slices.SortStableFunc(rows, func(a, b archive.Row) int { return a.Time.Compare(b.Time) })
	ref := newReference(rows)
	list := nasty()
	generated, err := strconv.Atoi(os.Getenv("MIRRORWATCH_QUERIES")) // 300 take some minutes
	if err != nil {
		generated = 40
	}
	for range generated {
		list = append(list, s.query())
	}
	matched := 0
	for i, text := range list {
		q := s.recordQuery(t, text)
		found := ref.matching(t, q)
		matched += min(1, len(found))
		ref.checkSearch(t, d, q, found, i%10 == 0)
		ref.checkHistogram(t, d, q, found, 1+s.IntN(40))
		ref.checkTop(t, d, q, found, s.top())
		if t.Failed() {
			t.Fatalf("stopped at query %d: %s", i, text)
		}
	}
	t.Logf("%d queries over %d records, of which %d matched something", len(list), len(rows), matched)
	if matched < len(list)/3 {
		t.Errorf("only %d of %d queries match anything: the test says little", matched, len(list))
	}
}

// reference answers from the lines.
type reference struct {
	rows    []archive.Row
	digests []string
	decoded []map[string]any
	fields  map[string][]query.Field // what a name stands for, by kind and name
}

func newReference(rows []archive.Row) *reference {
	r := &reference{rows: rows, fields: map[string][]query.Field{}}
	for _, row := range rows {
		sum := md5.Sum(row.Line)
		dec := json.NewDecoder(bytes.NewReader(row.Line))
		dec.UseNumber()
		var m map[string]any
		if err := dec.Decode(&m); err != nil {
			panic(err)
		}
		r.digests, r.decoded = append(r.digests, hex.EncodeToString(sum[:])), append(r.decoded, m)
	}
	return r
}

// matching gives the places of those that match, in order.
func (r *reference) matching(t *testing.T, q store.RecordQuery) []int {
	t.Helper()
	m, err := query.Compile(q.Where, archive.Schema())
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for i, row := range r.rows {
		if !row.Time.Before(q.From) && row.Time.Before(q.To) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, row.Kind)) && m.Match(string(row.Kind), row.Line) {
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(a, b int) int {
		if c := r.rows[a].Time.Compare(r.rows[b].Time); c != 0 {
			if q.Oldest {
				return c
			}
			return -c
		}
		if c := strings.Compare(string(r.rows[a].Kind), string(r.rows[b].Kind)); c != 0 {
			return c
		}
		return strings.Compare(r.digests[a], r.digests[b])
	})
	return found
}

func (r *reference) checkSearch(t *testing.T, d *duck, q store.RecordQuery, want []int, walk bool) {
	t.Helper()
	var got []store.RecordItem
	q.Count = true
	if walk {
		q.Limit = min(1000, 1+len(want)/4) // a walk of several pages, and not of thousands
	}
	for pages := 0; ; pages++ {
		p, err := d.records(t).Search(context.Background(), q)
		if err != nil {
			t.Errorf("%s: %v", q.Where, err)
			return
		}
		if !p.Complete || q.Count && p.Total != len(want) {
			t.Errorf("%s: %d match, want %d; complete %v %s", q.Where, p.Total, len(want), p.Complete, p.Why)
			return
		}
		got, q.Cursor, q.Count = append(got, p.Items...), p.Next, false
		if q.Cursor == "" || !walk && pages == 1 {
			break
		}
	}
	if q.Cursor == "" && len(got) != len(want) {
		t.Errorf("%s: a walk gives %d, want %d", q.Where, len(got), len(want))
	}
	for i, item := range got[:min(len(got), len(want))] {
		row := r.rows[want[i]]
		if item.Kind != row.Kind || !item.Time.Equal(row.Time) || !bytes.Equal(item.Line, row.Line) {
			t.Errorf("%s: record %d is %s %s, want %s %s", q.Where, i, item.Time, item.Line, row.Time, row.Line)
			return
		}
	}
}

func (r *reference) checkHistogram(t *testing.T, d *duck, q store.RecordQuery, found []int, buckets int) {
	t.Helper()
	h, err := d.records(t).Histogram(context.Background(), q, buckets)
	if err != nil {
		t.Errorf("%s: %v", q.Where, err)
		return
	}
	want := make([]int, buckets)
	for _, i := range found {
		want[int(r.rows[i].Time.Sub(q.From)/h.Step)]++
	}
	got := make([]int, len(h.Buckets))
	for i, b := range h.Buckets {
		got[i] = b.Count
	}
	if !slices.Equal(got, want) || !h.Complete || h.Step*time.Duration(buckets) < q.To.Sub(q.From) {
		t.Errorf("%s by %v: %v, want %v", q.Where, h.Step, got, want)
	}
}

func (r *reference) checkTop(t *testing.T, d *duck, q store.RecordQuery, found []int, top store.TopQuery) {
	t.Helper()
	got, err := d.records(t).Top(context.Background(), q, top)
	if err != nil {
		t.Errorf("%s by %v: %v", q.Where, top, err)
		return
	}
	want := r.top(found, top)
	for i := range got.Values {
		if i < len(want.Values) && closeTo(got.Values[i].Sums, want.Values[i].Sums) {
			got.Values[i].Sums = want.Values[i].Sums // the order of adding is the engine's
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s by %v:\n got %+v\nwant %+v", q.Where, top, got, want)
	}
}

func closeTo(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1) })
}

func (r *reference) top(found []int, q store.TopQuery) store.Top {
	top := store.Top{Complete: true}
	groups := map[string]*store.TopValue{}
	total := 0
	for _, i := range found {
		combos := [][]string{{}}
		for _, name := range q.Fields {
			var next [][]string
			for _, v := range r.values(i, name) {
				for _, c := range combos {
					next = append(next, append(slices.Clone(c), v))
				}
			}
			combos = next
		}
		if len(combos) == 0 {
			top.Missing++
		}
		for _, c := range combos {
			key := strings.Join(c, "\xff")
			if groups[key] == nil {
				groups[key] = &store.TopValue{Values: c}
				if len(q.Sum) > 0 {
					groups[key].Sums = make([]float64, len(q.Sum))
				}
			}
			groups[key].Count++
			total++
			for j, name := range q.Sum {
				if n, ok := r.decoded[i][name].(json.Number); ok {
					f, _ := n.Float64()
					groups[key].Sums[j] += f
				}
			}
		}
	}
	for _, g := range groups {
		top.Values = append(top.Values, *g)
	}
	slices.SortFunc(top.Values, func(a, b store.TopValue) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return slices.Compare(a.Values, b.Values)
	})
	limit := q.Limit
	if limit == 0 {
		limit = 10
	}
	top.Distinct, top.Others = len(top.Values), total
	top.Values = top.Values[:min(limit, len(top.Values))]
	for _, v := range top.Values {
		top.Others -= v.Count
	}
	return top
}

// values gives the different values of a field, as texts.
func (r *reference) values(i int, name string) []string {
	if name == "kind" {
		return []string{string(r.rows[i].Kind)}
	}
	key := string(r.rows[i].Kind) + " " + name
	if _, known := r.fields[key]; !known {
		table, _ := archive.Schema().Table(string(r.rows[i].Kind))
		r.fields[key] = table.Resolve(name)
	}
	var out []string
	for _, f := range r.fields[key] {
		list, ok := r.decoded[i][f.Name].([]any)
		if !ok && r.decoded[i][f.Name] != nil {
			list = []any{r.decoded[i][f.Name]}
		}
		for _, v := range list {
			if s := fmt.Sprint(v); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// recordQuery puts a text into a query with a random span and random kinds; half of the queries see everything.
func (s seed) recordQuery(t *testing.T, text string) store.RecordQuery {
	t.Helper()
	where, err := query.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	q := store.RecordQuery{From: begin.Add(-time.Hour), To: begin.Add(spread), Where: where, Oldest: s.IntN(2) == 0, Limit: []int{0, 7, 300, 1000}[s.IntN(4)]}
	if s.IntN(4) == 0 {
		q.From = begin.Add(time.Duration(s.Int64N(int64(spread))))
		q.To = q.From.Add(1 + time.Duration(s.Int64N(int64(spread/2))))
	}
	if s.IntN(4) == 0 {
		for _, k := range events.Kinds() {
			if s.IntN(3) == 0 {
				q.Kinds = append(q.Kinds, k)
			}
		}
	}
	return q
}

func (s seed) top() store.TopQuery {
	fields := []string{"kind", "id.orig_h", "id.resp_p", "query", "answers", "TTLs", "duration", "local_orig", "addr", "port", "host", "version", "rcode", "san.ip", "duplicate_vnis", "ts", "service"}
	sums := []string{"orig_bytes", "duration", "resp_bytes", "version"}
	q := store.TopQuery{Limit: s.IntN(20)}
	for range 1 + s.IntN(2) {
		q.Fields = append(q.Fields, fields[s.IntN(len(fields))])
	}
	for range s.IntN(3) {
		q.Sum = append(q.Sum, sums[s.IntN(len(sums))])
	}
	return q
}

// query makes a random text that Compile takes.
func (s seed) query() string {
	for {
		q := &query.Query{Root: s.node(2)}
		if _, err := query.Compile(q, archive.Schema()); err == nil {
			return q.String()
		}
	}
}

func (s seed) node(depth int) query.Node {
	var parts []query.Node
	for range 2 + s.IntN(2) {
		if depth > 0 {
			parts = append(parts, s.node(depth-1))
		}
	}
	switch n := s.IntN(6); {
	case depth == 0 || n < 2:
		return s.test()
	case n == 2:
		return query.Not{Part: parts[0]}
	case n == 3:
		return query.And{Parts: parts}
	}
	return query.Or{Parts: parts}
}

func (s seed) test() query.Test {
	schema := archive.Schema()
	names := schema.Names()
	name := names[s.IntN(len(names))]
	op := query.Ops()[s.IntN(len(query.Ops()))]
	text := s.text()
	for _, table := range schema {
		for _, f := range table.Resolve(name) {
			switch f.Type {
			case query.Number:
				text = fmt.Sprint(s.number())
			case query.Bool:
				text = fmt.Sprint(s.IntN(2) == 0)
			case query.Address:
				if name != "any" && op != query.Contains {
					text = s.network()
				}
			case query.Time:
				text = begin.Add(time.Duration(s.Int64N(int64(spread)))).Format(time.RFC3339Nano)
			case query.Duration:
				text = []string{"0", "1", "0.0005", "90s", "1h", "250.5"}[s.IntN(6)]
			}
		}
	}
	t := query.Test{Field: name, Op: op}
	if text = strings.ToValidUTF8(text, "\ufffd"); op != query.Present {
		t.Value = query.ValueOf(text)
	}
	return t
}

func (s seed) network() string {
	a := s.address()
	if !a.IsValid() {
		return "10.*"
	}
	if s.IntN(2) == 0 {
		return a.String()
	}
	p, _ := a.Prefix(s.IntN(a.BitLen() + 1))
	return p.String()
}
