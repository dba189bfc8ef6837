package query_test

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// small is a schema with every type, and one name that has two types.
func small() query.Schema {
	head := []query.Field{
		{Name: "ts", Type: query.Time}, {Name: "uid", Type: query.Text},
		{Name: "id.orig_h", Type: query.Address}, {Name: "id.orig_p", Type: query.Number},
		{Name: "id.resp_h", Type: query.Address}, {Name: "id.resp_p", Type: query.Number},
	}
	return query.Schema{
		{Kind: "conn", Fields: append(head[:6:6], query.Field{Name: "service", Type: query.Text}, query.Field{Name: "orig_bytes", Type: query.Number},
			query.Field{Name: "duration", Type: query.Duration}, query.Field{Name: "local", Type: query.Bool}, query.Field{Name: "version", Type: query.Number})},
		{Kind: "dns", Fields: append(head[:6:6], query.Field{Name: "query", Type: query.Text}, query.Field{Name: "answers", Type: query.Text, List: true},
			query.Field{Name: "TTLs", Type: query.Duration, List: true}, query.Field{Name: "rcode", Type: query.Number},
			query.Field{Name: "san.ip", Type: query.Address, List: true}, query.Field{Name: "version", Type: query.Text})},
	}
}

func TestUnknownFieldsNameTheNearest(t *testing.T) {
	for text, want := range map[string]string{
		"orig_h = 10.0.0.1":   `no field "orig_h"; did you mean id.orig_h?`,
		"orig_byte > 1":       `no field "orig_byte"; did you mean orig_bytes?`,
		"Query = a":           `no field "Query"; did you mean query?`,
		"zzzzzzzz = a":        `no field "zzzzzzzz"`,
		"servce = ssh":        `no field "servce"; did you mean service?`,
		"exists nothinglikit": `no field "nothinglikit"`,
	} {
		if _, err := compile(t, text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestValuesThatMakeNoSense(t *testing.T) {
	for text, want := range map[string]string{
		"orig_bytes = many":        `"orig_bytes" = "many": want a number`,
		"orig_bytes ~ 1":           `"orig_bytes" ~ "1": want one of = !=`,
		"addr = here":              `"addr" = "here": want an address or a network`,
		"id.orig_h < 10.0.0.1":     `"id.orig_h" < "10.0.0.1": want =, !=`,
		"local = 1":                `"local" = "1": want true or false`,
		"ts > yesterday":           `"ts" > "yesterday": want a time`,
		"duration > long":          `"duration" > "long": want seconds`,
		"a.b.c = 1 and local = on": `no field "a.b.c"`,
	} {
		if _, err := compile(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"version = TLSv12", "version > 2", "any = here", "host ~ a", "port = 22", "kind != dns", "ts > 2026-01-31T12:00:00Z"} {
		if _, err := compile(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func compile(t *testing.T, text string) (*query.Matcher, error) {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return query.Compile(q, small())
}
