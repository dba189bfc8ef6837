package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Type is what a field holds.
type Type uint8

// The types. In a record's JSON, Text and Address are strings; Number, Time and Duration are numbers.
const (
	Text Type = iota + 1
	Number
	Bool
	Address
	Time     // seconds since the epoch
	Duration // seconds
)

// String names the type for a person.
func (t Type) String() string {
	switch t {
	case Text:
		return "text"
	case Number:
		return "a number"
	case Bool:
		return "true or false"
	case Address:
		return "an address"
	case Time:
		return "a time"
	case Duration:
		return "a duration in seconds"
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// Field is a member of a record.
type Field struct {
	Name string
	Type Type
	List bool
}

// Table is the fields of one kind of record, in the order in which records carry them.
type Table struct {
	Kind   string
	Fields []Field
}

// Schema is every kind of record there is.
type Schema []Table

// Alias is a name that stands for several fields. A test on it holds where it holds of any of them.
type Alias struct {
	Name   string
	Means  string // for a person
	Covers func(Field) bool
}

// Aliases are all names that stand for several fields. The name "kind" is no field of a record either: it is the record's log.
func Aliases() []Alias {
	return []Alias{
		{"addr", "any address: id.orig_h, id.resp_h and the others", func(f Field) bool { return f.Type == Address }},
		{"port", "id.orig_p or id.resp_p", named("id.orig_p", "id.resp_p")},
		{"host", "any name of a host: query, host, server_name, answers and the like", named("query", "question", "answers", "host", "server_name",
			"host_name", "client_fqdn", "domain", "san.dns")},
		{"any", "any text or address", func(f Field) bool { return f.Type == Text || f.Type == Address }},
	}
}

// KindField is the name that stands for the kind of a record.
const KindField = "kind"

func named(names ...string) func(Field) bool {
	return func(f Field) bool { return slices.Contains(names, f.Name) }
}

// Table gives the fields of a kind; ok is false where there is no such kind.
func (s Schema) Table(kind string) (t Table, ok bool) {
	for _, t := range s {
		if t.Kind == kind {
			return t, true
		}
	}
	return Table{}, false
}

// Field gives a field by its name.
func (t Table) Field(name string) (Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Resolve gives the fields that a name stands for in this kind. An alias goes before a field of the same name, which is then one of
// those that it covers: "host" is HTTP's host too.
func (t Table) Resolve(name string) []Field {
	var fields []Field
	covers := func(f Field) bool { return f.Name == name }
	for _, a := range Aliases() {
		if a.Name == name {
			covers = a.Covers
		}
	}
	for _, f := range t.Fields {
		if covers(f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Names gives every name that a query may use, sorted.
func (s Schema) Names() []string {
	names := []string{KindField}
	for _, a := range Aliases() {
		names = append(names, a.Name)
	}
	for _, t := range s {
		for _, f := range t.Fields {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Check gives an *UnknownFieldError where no kind has a field or alias of this name.
func (s Schema) Check(name string) error {
	for _, t := range s {
		if _, ok := t.Field(name); ok {
			return nil
		}
	}
	names := s.Names()
	if slices.Contains(names, name) {
		return nil
	}
	return &UnknownFieldError{Field: name, Nearest: nearest(name, names)}
}

// UnknownFieldError says that there is no such field, and which ones there are that look like it.
type UnknownFieldError struct {
	Field   string
	Nearest []string
}

// Error says it in one line.
func (e *UnknownFieldError) Error() string {
	if len(e.Nearest) == 0 {
		return "no field " + clip(e.Field)
	}
	return "no field " + clip(e.Field) + "; did you mean " + strings.Join(e.Nearest, ", ") + "?"
}

// nearest gives at most three names that are a few letters away, or that hold what was written.
func nearest(name string, names []string) []string {
	type candidate struct {
		name string
		away int
	}
	var found []candidate
	low := strings.ToLower(name)
	for _, n := range names {
		away := distance(low, strings.ToLower(n))
		if len(low) >= 3 && strings.HasSuffix(strings.ToLower(n), low) {
			away = 1
		}
		if away <= 1+len(name)/4 {
			found = append(found, candidate{n, away})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Or(a.away-b.away, len(a.name)-len(b.name)) })
	var out []string
	for _, c := range found[:min(3, len(found))] {
		out = append(out, c.name)
	}
	return out
}

// distance counts the letters that must be put in, taken out or changed. A long name is cut: it is near nothing anyway.
func distance(a, b string) int {
	a = a[:min(len(a), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
