package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// schema is small, but has every type, and a name that is a list in some lines and not in others.
func schema() query.Schema {
	return query.Schema{{Kind: "t", Fields: []query.Field{
		{Name: "ts", Type: query.Time}, {Name: "uid", Type: query.Text}, {Name: "id.orig_h", Type: query.Address},
		{Name: "id.resp_h", Type: query.Address}, {Name: "id.resp_p", Type: query.Number}, {Name: "bytes", Type: query.Number},
		{Name: "duration", Type: query.Duration}, {Name: "flag", Type: query.Bool}, {Name: "host", Type: query.Text},
		{Name: "answers", Type: query.Text, List: true}, {Name: "TTLs", Type: query.Duration, List: true},
		{Name: "odd", Type: query.Text}, {Name: "odds", Type: query.Number, List: true}, {Name: "rare", Type: query.Number},
	}}}
}

func newCodec(t testing.TB) *Codec {
	t.Helper()
	c, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// line makes a line that may have anything that JSON can hold where a field should be.
func line(r *rand.Rand) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"ts":%d.%06d,"uid":"C%x"`, 1772420645+r.IntN(5000), r.IntN(1e6), r.Uint64())
	member := func(odds int, name, value string) { // "#" stands for a small number
		if r.IntN(odds) > 0 {
			fmt.Fprintf(&b, `,"%s":%s`, name, strings.ReplaceAll(value, "#", fmt.Sprint(r.IntN(20))))
		}
	}
	member(50, "id.orig_h", fmt.Sprintf(`"10.0.%d.#"`, r.IntN(3)))
	member(50, "id.resp_h", pick(r, `"192.0.2.#"`, `"192.0.2.#"`, `"2001:db8::#"`, `"::ffff:10.0.0.#"`))
	member(9, "id.resp_p", fmt.Sprint(pick(r, 22, 53, 443, r.IntN(1<<16))))
	member(9, "bytes", pick(r, "", "", "", "-")+fmt.Sprint(1+r.IntN(1<<r.IntN(40))))
	member(5, "duration", fmt.Sprintf("#.%06d", r.IntN(1e6)))
	member(5, "flag", pick(r, "true", "false", "false", "1", `"true"`))
	member(5, "host", pick(r, `"www.Example.com"`, `"a#.evil.example"`, `"\u0061\"<#>"`, `"\ud83d\ude00 #"`, `"ü"`, `""`, "null", "7", "\"\xff#\""))
	member(3, "answers", pick(r, `["a","b"]`, `[]`, `["192.0.2.#","a","a"]`, `"single"`, `[1,"c",null,["d"],{"e":1}]`))
	member(3, "TTLs", pick(r, `[60.000000,#.500000]`, `[1,2.5,3e2]`, `[]`))
	member(3, "odd", pick(r, `"x"`, `{"y":[1,"}"]}`, `["x"]`, `3.50`, `1e999`, `-0`, `true`, `"x","odd":"y"`))
	member(3, "odds", pick(r, `[1,2]`, `2`, `[0.10,1e3]`, `["1"]`, ` [ 1 , 2 ] `))
	if r.IntN(100) == 0 {
		member(2, "rare", "#")
	}
	return []byte(b.String() + "}")
}

func rows(r *rand.Rand, n int) []Row {
	list := make([]Row, n)
	for i := range list {
		list[i] = Row{TS: 1772420645e9 + r.Int64N(5e12), Seq: int64(i), Line: line(r)}
	}
	return list
}

func sealed(t testing.TB, c *Codec, list []Row) *Segment {
	t.Helper()
	s, err := NewEncoder(c).Encode(slices.Clone(list))
	if err != nil {
		t.Fatal(err)
	}
	open, err := OpenSealed(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return open
}

func TestRowsComeBack(t *testing.T) {
	c := newCodec(t)
	for _, n := range []int{1, 2, 127, 128, 129, 255, 256, 257, 3000} {
		list := rows(rand.New(rand.NewPCG(1, uint64(n))), n)
		got, err := sealed(t, c, list).Decode()
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b Row) int { return int(a.Seq - b.Seq) })
		for i := range list {
			if got[i].TS != list[i].TS || got[i].Seq != list[i].Seq || !bytes.Equal(got[i].Line, list[i].Line) {
				t.Fatalf("%d rows: row %d came back as %+v, was %+v", n, i, got[i], list[i])
			}
		}
	}
}

var conditions = []string{
	`id.orig_h = 10.0.1.7`, `id.orig_h = 10.0.1.0/24`, `addr = 192.0.2.3`, `addr = 10.0.0.0/8`, `id.resp_h = 2001:db8::/32`, `id.orig_h = 10.0.2.*`,
	`id.resp_h ~ "db8"`, `id.resp_h != 192.0.2.1`, `id.resp_p = 443`, `id.resp_p != 443`, `id.resp_p > 1024`, `id.resp_p <= 53`, `bytes > 1000000`,
	`bytes < 0`, `duration >= 1m`, `duration < 0.5`, `flag = true`, `flag != true`, `host = "www.example.com"`, `host = *.evil.example`,
	`host ~ "EVIL"`, `host ~ "<"`, `exists host`, `host = ""`, `host ~ "ü"`, `answers = a`, `answers != a`, `answers ~ "192"`, `exists answers`,
	`TTLs > 2`, `TTLs = 300`, `odd = x`, `odd = y`, `exists odd`, `odds = 2`, `odds > 0`, `exists rare`, `rare = 1`, `any ~ "evil"`, `any = "single"`, `ts > 1772423000`,
	`uid ~ "ab"`, `host > "m"`, `kind = t`, `kind = u`,
}

// question joins conditions at random.
func question(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		return pick(r, conditions...)
	}
	switch r.IntN(3) {
	case 0:
		return "not (" + question(r, depth-1) + ")"
	case 1:
		return "(" + question(r, depth-1) + " and " + question(r, depth-1) + ")"
	}
	return "(" + question(r, depth-1) + " or " + question(r, depth-1) + ")"
}

func plan(t testing.TB, text string) *query.Plan {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	m, err := query.Compile(q, schema())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m.Plan("t")
}

// TestMatchIsTheSlowDefinition holds columns against query's own reading of each line.
func TestMatchIsTheSlowDefinition(t *testing.T) {
	c := newCodec(t)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(7, seed))
		list := rows(r, []int{1, 60, 700, 3000, 5000, 2000}[seed])
		s := sealed(t, c, list)
		back, err := s.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 150 {
			text := conditions[i%len(conditions)]
			if i >= len(conditions) {
				text = question(r, 3)
			}
			p := plan(t, text)
			first, end := 0, s.Rows
			if i%3 == 0 {
				first, end = r.IntN(s.Rows), r.IntN(s.Rows+1)
			}
			checkMatch(t, text, p, s, back, first, end)
		}
	}
}

func checkMatch(t *testing.T, text string, p *query.Plan, s *Segment, back []Row, first, end int) {
	t.Helper()
	found, err := NewMatching(p).Match(s, first, end)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range back {
		want := i >= first && i < end && (p.Always() || !p.Never() && p.Match(row.Line))
		if got := found != nil && found.Has(i); got != want {
			t.Fatalf("%s: row %d is %v, want %v: %s", text, i, got, want, row.Line)
		}
	}
}

// TestMoreMembersThanColumns gives lines more members than get a column: the rest is found through the lines.
func TestMoreMembersThanColumns(t *testing.T) {
	c := newCodec(t)
	r := rand.New(rand.NewPCG(3, 3))
	list := rows(r, 400)
	for i := range list {
		var b strings.Builder
		b.WriteString("{")
		for j := range MaxColumns {
			fmt.Fprintf(&b, `"x%d":%d,`, j, j)
		}
		list[i].Line = append([]byte(b.String()), list[i].Line[1:]...)
	}
	s := sealed(t, c, list)
	if !s.Rest || len(s.Columns) != MaxColumns {
		t.Fatalf("%d columns, rest %v", len(s.Columns), s.Rest)
	}
	back, err := s.Decode()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range conditions {
		checkMatch(t, text, plan(t, text), s, back, 0, s.Rows)
	}
	checkGroups(t, s, back, []string{"host"}, []string{"bytes"})
}

func TestGroupsAreTheSlowDefinition(t *testing.T) {
	c := newCodec(t)
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{1, 500, 6000} {
		s := sealed(t, c, rows(r, n))
		back, err := s.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range [][]string{{"host"}, {"id.resp_p"}, {"id.orig_h", "id.resp_p"}, {"answers"}, {"answers", "TTLs", "flag"}, {"bytes"}, {"kind"},
			{"odd"}, {"duration", "odds"}, {"addr"}, {"nothing"}, {"uid"}} {
			checkGroups(t, s, back, keys, []string{"bytes", "id.resp_p"})
		}
	}
}

func checkGroups(t *testing.T, s *Segment, back []Row, keys, sums []string) {
	t.Helper()
	var fields []Key
	for _, k := range keys {
		f := schema()[0].Resolve(k)
		if len(f) == 0 {
			f = []query.Field{{Name: k}}
		}
		fields = append(fields, f)
	}
	half := NewGrouping(len(keys), len(sums), 1<<20)
	whole := NewGrouping(len(keys), len(sums), 1<<20)
	for i, g := range []*Grouping{half, whole} {
		found := NewBitmap(s.Rows)
		found.Fill(i*s.Rows/2, s.Rows/2+i*(s.Rows-s.Rows/2))
		if err := g.Add(s, "t", fields, sums, found); err != nil {
			t.Fatal(err)
		}
	}
	whole.Merge(half)
	want, missing := slowGroups(back, fields, sums)
	got := whole.Top(len(want) + 1)
	if len(got) != len(want) || whole.Missing != missing || whole.Distinct() != len(want) || whole.Rows != len(back) {
		t.Fatalf("%v: %d groups, %d missing; want %d, %d", keys, len(got), whole.Missing, len(want), missing)
	}
	for i := range want {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			t.Fatalf("%v: group %d is %v, want %v", keys, i, got[i], want[i])
		}
	}
	if few := whole.Top(3); fmt.Sprint(few) != fmt.Sprint(want[:min(3, len(want))]) {
		t.Fatalf("%v: first three are %v, want %v", keys, few, want[:min(3, len(want))])
	}
}

// slowGroups reads each line with encoding/json.
func slowGroups(back []Row, keys []Key, sums []string) (list []Group, missing int) {
	by := map[string]*Group{}
	for _, row := range back {
		combos := [][]string{nil}
		members := firstMembers(row.Line)
		for _, k := range keys {
			var next [][]string
			for _, v := range slowValues(members, k) {
				for _, c := range combos {
					next = append(next, append(slices.Clone(c), v))
				}
			}
			combos = next
		}
		if len(combos) == 0 {
			missing++
		}
		for _, c := range combos {
			g := by[strings.Join(c, "\x00")]
			if g == nil {
				g = &Group{Values: c, Sums: make([]float64, len(sums))}
				by[strings.Join(c, "\x00")] = g
			}
			g.Count++
			for i, name := range sums {
				var n float64
				if json.Unmarshal(members[name], &n) == nil {
					g.Sums[i] += n
				}
			}
		}
	}
	for _, g := range by {
		list = append(list, *g)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Count != list[j].Count {
			return list[i].Count > list[j].Count
		}
		return slices.Compare(list[i].Values, list[j].Values) < 0
	})
	return list, missing
}

// firstMembers gives the first value of each name.
func firstMembers(line []byte) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	d := json.NewDecoder(bytes.NewReader(line))
	d.Token() //nolint:errcheck // the lines are valid
	for d.More() {
		name, _ := d.Token()
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			panic(err)
		}
		if _, there := out[name.(string)]; !there {
			out[name.(string)] = v
		}
	}
	return out
}

func slowValues(members map[string]json.RawMessage, k Key) (list []string) {
	add := func(v json.RawMessage) {
		if v = bytes.TrimSpace(v); len(v) == 0 || v[0] == '[' || v[0] == '{' || v[0] == 'n' {
			return
		}
		text := string(v)
		if v[0] == '"' {
			text, _ = unquote(text)
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, f := range k {
		if f.Name == "kind" {
			return []string{"t"}
		}
		v := bytes.TrimSpace(members[f.Name])
		var items []json.RawMessage
		if len(v) > 0 && v[0] == '[' && json.Unmarshal(v, &items) == nil {
			for _, i := range items {
				add(i)
			}
			continue
		}
		add(v)
	}
	return list
}

func TestIntsKeepEveryNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for n := range 400 {
		list := make([]int64, n)
		for i := range list {
			list[i] = int64(r.Uint64() >> r.IntN(64))
			if r.IntN(2) == 0 {
				list[i] = -list[i]
			}
		}
		b := appendInts(nil, list)
		v, err := parseInts(append(b, "more"...))
		if err != nil || v.size(append(b, "more"...)) != len(b) {
			t.Fatalf("%d numbers: size %d, not %d, %v", n, v.size(b), len(b), err)
		}
		if got := v.All(nil); !slices.Equal(got, list) && n > 0 {
			t.Fatalf("%d numbers came back as %v, were %v", n, got, list)
		}
		for i := range list {
			if v.At(i) != list[i] {
				t.Fatalf("number %d is %d, was %d", i, v.At(i), list[i])
			}
		}
	}
}

// FuzzDamaged changes a segment's bytes: reading them gives an error, or some answer, and never a panic.
func FuzzDamaged(f *testing.F) {
	f.Add(uint16(0), uint32(3), byte(255), uint16(9))
	f.Add(uint16(3), uint32(0), byte(1), uint16(0))
	c := newCodec(f)
	s, err := NewEncoder(c).Encode(rows(rand.New(rand.NewPCG(11, 11)), 600))
	if err != nil {
		f.Fatal(err)
	}
	texts := []string{`any ~ "evil" or bytes > 5 or flag = true`, `addr = 10.0.1.7`, `answers = a or TTLs > 1 or odds = 2`}
	f.Fuzz(func(t *testing.T, part uint16, at uint32, change byte, cut uint16) {
		bad := &Sealed{Directory: slices.Clone(s.Directory), Parts: slices.Clone(s.Parts)}
		target := &bad.Directory
		if i := int(part) % (len(bad.Parts) + 1); i > 0 {
			target = &bad.Parts[i-1]
		}
		b := slices.Clone(*target)
		if len(b) > 0 {
			b[int(at)%len(b)] ^= change
			b = b[:len(b)-int(cut)%(len(b)+1)]
		}
		*target = b
		open, err := OpenSealed(bad, c)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		_, err = open.Decode()
		mustBeDamage(t, err)
		for _, text := range texts {
			_, err := NewMatching(plan(t, text)).Match(open, 0, open.Rows)
			mustBeDamage(t, err)
		}
		for _, k := range []string{"answers", "id.resp_h", "bytes", "host"} {
			err := NewGrouping(1, 1, 1000).Add(open, "t", []Key{{{Name: k}}}, []string{"bytes"}, full(open.Rows))
			mustBeDamage(t, err)
		}
	})
}

func mustBeDamage(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrDamaged) {
		t.Fatal(err)
	}
}
