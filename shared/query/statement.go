package query

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Engine writes whole statements. Each is a single one, reads each table once, and is empty where no record can match.
type Engine struct {
	Dialect Dialect
	Schema  Schema
	Table   func(kind string) string // the table of a kind as it stands in a statement: `"mirrorwatch"."conn"`
}

// The columns that a table has beside those of its kind's fields.
const (
	ColumnNanos = "ts_nanos" // ts with nanoseconds, BIGINT
	ColumnLine  = "line"     // the record's JSON
	ColumnDate  = "date"     // partition: 2026-01-31, UTC
	ColumnHour  = "hour"     // partition: 00 to 23, UTC
)

// Selection says which records are meant.
type Selection struct {
	From, To time.Time // [From, To)
	Kinds    []string  // none: all
	Where    *Query
}

// Position is where a page ended: the last record's place in the order, and how many records with exactly this place, to the byte
// equal ones, were given.
type Position struct {
	Nanos  int64  `json:"t"`
	Kind   string `json:"k"`
	Digest string `json:"d"`
	Given  int    `json:"n"`
}

// Search gives rows of kind, nanoseconds, digest and line, in the order of time, then kind, then digest. After a position it begins
// with the records of that place again: the caller leaves out those that were given.
func (e Engine) Search(s Selection, oldest bool, after *Position, limit int) (string, error) {
	rows, err := e.rows(s, func(Table) string {
		return ", " + e.Dialect.Digest(quoted(ColumnLine)) + ` AS "digest", ` + quoted(ColumnLine)
	})
	if err != nil || rows == "" {
		return "", err
	}
	order, beyond := "DESC", "<"
	if oldest {
		order, beyond = "ASC", ">"
	}
	where := ""
	if after != nil {
		where = fmt.Sprintf(` WHERE "ts_nanos" %s %d OR ("ts_nanos" = %d AND ("kind" > %s OR ("kind" = %s AND "digest" >= %s)))`,
			beyond, after.Nanos, after.Nanos, Literal(after.Kind), Literal(after.Kind), Literal(after.Digest))
	}
	return fmt.Sprintf(`SELECT "kind", "ts_nanos", "digest", "line" FROM (%s) AS r%s ORDER BY "ts_nanos" %s, "kind", "digest" LIMIT %d`,
		rows, where, order, limit), nil
}

// Count gives one row with how many there are.
func (e Engine) Count(s Selection) (string, error) {
	rows, err := e.rows(s, func(Table) string { return "" })
	if err != nil || rows == "" {
		return "", err
	}
	return "SELECT count(*) FROM (" + rows + ") AS r", nil
}

// Histogram gives rows of a number of nanoseconds, From and whole steps, and how many records there are in the step that begins then.
func (e Engine) Histogram(s Selection, step time.Duration) (string, error) {
	if step <= 0 {
		return "", fmt.Errorf("write histogram: step of %v, want more than 0", step)
	}
	rows, err := e.rows(s, func(Table) string { return "" })
	if err != nil || rows == "" {
		return "", err
	}
	bucket := fmt.Sprintf(`"ts_nanos" - mod("ts_nanos" - %d, %d)`, s.From.UnixNano(), step.Nanoseconds())
	return fmt.Sprintf(`SELECT %s AS "start", count(*) AS "n" FROM (%s) AS r GROUP BY %s`, bucket, rows, bucket), nil
}

// rows is what all statements read: those that match, of each kind that can match, with kind, time and what more says.
func (e Engine) rows(s Selection, more func(Table) string) (string, error) {
	m, err := Compile(s.Where, e.Schema)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, t := range e.Schema {
		p := m.Plan(t.Kind)
		if len(s.Kinds) > 0 && !slices.Contains(s.Kinds, t.Kind) || p.Never() {
			continue
		}
		condition := ""
		if !p.Always() {
			condition = " AND " + Condition(p, e.Dialect)
		}
		parts = append(parts, fmt.Sprintf(`SELECT %s AS "kind", "ts_nanos"%s FROM %s WHERE %s%s`,
			Literal(t.Kind), more(t), e.Table(t.Kind), span(s), condition))
	}
	return strings.Join(parts, " UNION ALL "), nil
}

// span names the partitions before the time itself: what an engine does not list it need not read.
func span(s Selection) string {
	from, last := s.From.UTC(), s.To.UTC().Add(-1)
	day := from.Format(time.DateOnly)
	where := fmt.Sprintf(`"date" BETWEEN '%s' AND '%s'`, day, last.Format(time.DateOnly))
	if last.Format(time.DateOnly) == day {
		where = fmt.Sprintf(`"date" = '%s' AND "hour" BETWEEN '%02d' AND '%02d'`, day, from.Hour(), last.Hour())
	}
	return where + fmt.Sprintf(` AND "ts_nanos" >= %d AND "ts_nanos" < %d`, s.From.UnixNano(), s.To.UnixNano())
}

// Top gives rows of the values, how many records have them, the sums, how many different combinations there are, and what all counts
// make together. Records that lack one of the fields are a row of their own, the first, with values of NULL; it is counted in the
// totals. At most limit rows beside it follow, most frequent first, equals by their values.
func (e Engine) Top(s Selection, fields, add []string, limit int) (string, error) {
	if len(fields) == 0 {
		return "", fmt.Errorf("write top: no field to count by")
	}
	lists := make([]bool, len(fields))
	for i, f := range fields {
		if err := e.checkField(f); err != nil {
			return "", err
		}
		lists[i] = e.isList(f)
	}
	for _, f := range add {
		if err := e.checkSum(f); err != nil {
			return "", err
		}
	}
	rows, err := e.rows(s, func(t Table) string { return e.topColumns(t, fields, lists, add) })
	if err != nil || rows == "" {
		return "", err
	}
	return e.topOver(rows, lists, len(add), limit), nil
}

func (e Engine) topOver(rows string, lists []bool, sums, limit int) string {
	var values, groups, from, added strings.Builder
	from.WriteString("(" + rows + ") AS r")
	for i, list := range lists {
		expr := fmt.Sprintf(`r."f%d"`, i)
		if list {
			fmt.Fprintf(&from, ` CROSS JOIN UNNEST(r."f%d") AS t%d("v")`, i, i)
			expr = fmt.Sprintf(`t%d."v"`, i)
		}
		fmt.Fprintf(&values, `%s AS "v%d", `, expr, i)
		if i > 0 {
			groups.WriteString(", ")
		}
		fmt.Fprintf(&groups, `"v%d"`, i)
	}
	for i := range sums {
		fmt.Fprintf(&added, `, sum("s%d") AS "s%d"`, i, i)
		fmt.Fprintf(&values, `r."s%d" AS "s%d", `, i, i)
	}
	inner := fmt.Sprintf(`SELECT %s1 AS "one" FROM %s`, values.String(), from.String())
	grouped := fmt.Sprintf(`SELECT %s, count(*) AS "n"%s FROM (%s) AS v GROUP BY %s`, groups.String(), added.String(), inner, groups.String())
	return fmt.Sprintf(`SELECT g.*, count(*) OVER () AS "groups", sum("n") OVER () AS "counted" FROM (%s) AS g `+
		`ORDER BY CASE WHEN "v0" IS NULL THEN 0 ELSE 1 END, "n" DESC, %s LIMIT %d`, grouped, groups.String(), limit+1)
}

// topColumns are f0, f1, ... for the fields, all NULL where one of them is missing, and s0, s1, ... for the sums.
func (e Engine) topColumns(t Table, fields []string, lists []bool, add []string) string {
	var b strings.Builder
	has := e.present(t, fields)
	for i, name := range fields {
		value, missing := e.topValue(t, name), "CAST(NULL AS VARCHAR)"
		if lists[i] {
			value, missing = e.topList(t, name), "ARRAY[CAST(NULL AS VARCHAR)]"
		}
		fmt.Fprintf(&b, `, CASE WHEN %s THEN %s ELSE %s END AS "f%d"`, has, value, missing, i)
	}
	for i, name := range add {
		value := "0"
		if sums(t, name) {
			value = "coalesce(" + quoted(name) + ", 0)"
		}
		fmt.Fprintf(&b, `, CAST(%s AS DOUBLE) AS "s%d"`, value, i)
	}
	return b.String()
}

// present says that a record of the kind has all of the fields.
func (e Engine) present(t Table, fields []string) string {
	var all []string
	for _, name := range fields {
		if name == KindField {
			continue
		}
		any := []string{"FALSE"}
		for _, f := range t.Resolve(name) {
			any = append(any, e.Dialect.test(Test{Field: name, Op: Present}, f))
		}
		all = append(all, "("+strings.Join(any, " OR ")+")")
	}
	return strings.Join(append(all, "TRUE"), " AND ")
}

// topValue is the field's value as text, as the record's JSON has it.
func (e Engine) topValue(t Table, name string) string {
	if name == KindField {
		return "CAST(" + Literal(t.Kind) + " AS VARCHAR)"
	}
	for _, f := range t.Resolve(name) {
		return e.asText(f.Type, quoted(f.Name))
	}
	return "CAST(NULL AS VARCHAR)"
}

// topList is the different values of the fields as a list of texts, of which none is NULL.
func (e Engine) topList(t Table, name string) string {
	const none = "ARRAY[CAST(NULL AS VARCHAR)]"
	parts := []string{none}
	for _, f := range t.Resolve(name) {
		if f.List {
			parts = append(parts, "coalesce("+e.Dialect.Each(quoted(f.Name), "x", e.asText(f.Type, "x"))+", "+none+")")
			continue
		}
		parts = append(parts, "ARRAY["+e.asText(f.Type, quoted(f.Name))+"]")
	}
	return "array_distinct(" + e.Dialect.Filter("("+strings.Join(parts, " || ")+")", "x", "x IS NOT NULL") + ")"
}

func (e Engine) asText(of Type, x string) string {
	if of == Time || of == Duration {
		return e.Dialect.Seconds(x)
	}
	return "CAST(" + x + " AS VARCHAR)"
}

// isList says whether a record can have several values of a name, in any kind.
func (e Engine) isList(name string) bool {
	for _, t := range e.Schema {
		fields := t.Resolve(name)
		if len(fields) > 1 || len(fields) == 1 && fields[0].List {
			return true
		}
	}
	return false
}

func (e Engine) checkField(name string) error {
	if name == KindField {
		return nil
	}
	return e.Schema.Check(name)
}

func (e Engine) checkSum(name string) error {
	if err := e.Schema.Check(name); err != nil {
		return err
	}
	for _, t := range e.Schema {
		if sums(t, name) {
			return nil
		}
	}
	return &ValueError{Field: name, Op: "sum", Want: "a field that holds one number"}
}

// sums says whether the field adds anything in this kind.
func sums(t Table, name string) bool {
	f, ok := t.Field(name)
	return ok && !f.List && (f.Type == Number || f.Type == Duration)
}
