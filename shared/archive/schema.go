// Package archive keeps records as Parquet files, one folder a kind and hour, for Athena and for whoever else reads Parquet. What comes
// in is records as JSON lines; what goes out is files, the DDL of the tables over them, and the schema of all records, which the
// query language needs. It never talks to AWS and never runs a query.
package archive

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// Schema gives the fields of every kind of record, in the order of events.Kinds, from the structs themselves: what a record gains can
// be asked for without another line.
func Schema() query.Schema {
	byKind := map[events.Kind]query.Table{}
	for _, r := range events.Blank() {
		t := query.Table{Kind: string(r.Kind())}
		eachField(reflect.TypeOf(r).Elem(), func(f reflect.StructField, name string) {
			kind, list := typeOf(f.Type)
			t.Fields = append(t.Fields, query.Field{Name: name, Type: kind, List: list})
		})
		byKind[r.Kind()] = t
	}
	var s query.Schema
	for _, k := range events.Kinds() {
		s = append(s, byKind[k])
	}
	return s
}

// eachField walks the members that stand in a record's JSON, as encoding/json would.
func eachField(t reflect.Type, visit func(f reflect.StructField, name string)) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, has := f.Tag.Lookup("json")
		if f.Anonymous && !has {
			eachField(f.Type, visit)
			continue
		}
		if name, _, _ := strings.Cut(tag, ","); has && name != "-" {
			visit(f, name)
		}
	}
}

// typeOf panics on a type that records do not have; the test reaches every field there is. Numbers are whole: their columns are BIGINT,
// and whoever adds a fraction decides on its column first.
func typeOf(t reflect.Type) (kind query.Type, list bool) {
	switch t {
	case reflect.TypeFor[events.Time]():
		return query.Time, false
	case reflect.TypeFor[events.Interval]():
		return query.Duration, false
	case reflect.TypeFor[netip.Addr]():
		return query.Address, false
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.Slice:
		kind, _ = typeOf(t.Elem())
		return kind, true
	case reflect.String:
		return query.Text, false
	case reflect.Bool:
		return query.Bool, false
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return query.Number, false
	}
	panic(fmt.Sprintf("archive: no query type for %v", t))
}
