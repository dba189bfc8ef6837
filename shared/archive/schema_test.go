package archive

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

func TestSchemaHasEveryKind(t *testing.T) {
	s := Schema()
	if len(s) != len(events.Kinds()) {
		t.Fatalf("%d tables for %d kinds", len(s), len(events.Kinds()))
	}
	for i, k := range events.Kinds() {
		if s[i].Kind != string(k) || len(s[i].Fields) < 10 {
			t.Errorf("table %d is %q with %d fields, want %s", i, s[i].Kind, len(s[i].Fields), k)
		}
	}
}

func TestSchemaKnowsTypes(t *testing.T) {
	for _, c := range []struct {
		kind, name string
		want       query.Type
		list       bool
	}{
		{"conn", "ts", query.Time, false}, {"conn", "id.orig_h", query.Address, false}, {"conn", "id.resp_p", query.Number, false},
		{"conn", "duration", query.Duration, false}, {"conn", "duplicate_vnis", query.Number, true}, {"conn", "local_orig", query.Bool, false},
		{"dns", "rcode", query.Number, false}, {"dns", "TTLs", query.Duration, true}, {"dns", "answers", query.Text, true},
		{"x509", "san.ip", query.Address, true}, {"x509", "certificate.version", query.Number, false}, {"ssh", "auth_success", query.Bool, false},
	} {
		table, _ := Schema().Table(c.kind)
		f, ok := table.Field(c.name)
		if !ok || f.Type != c.want || f.List != c.list {
			t.Errorf("%s %s: %+v, want %v, list %v", c.kind, c.name, f, c.want, c.list)
		}
	}
	table, _ := Schema().Table("conn")
	if _, ok := table.Field("-"); ok {
		t.Error("a field that is not in the JSON is in the schema")
	}
}

// TestAliasesStandForSomething fails where an alias names a field that no record has.
func TestAliasesStandForSomething(t *testing.T) {
	covered := map[string]bool{}
	for _, table := range Schema() {
		for _, a := range query.Aliases() {
			if f, is := table.Field(a.Name); is && !a.Covers(f) {
				t.Errorf("%s has a field of the name of the alias %s, which does not cover it", table.Kind, a.Name)
			}
			for _, f := range table.Resolve(a.Name) {
				covered[a.Name+" "+f.Name] = true
			}
		}
		if table.Kind == "conn" && len(table.Resolve("addr")) != 2 || len(table.Resolve("port")) != 2 {
			t.Errorf("%s: addr is %v, port %v", table.Kind, table.Resolve("addr"), table.Resolve("port"))
		}
	}
	for _, name := range []string{"query", "question", "answers", "host", "server_name", "host_name", "client_fqdn", "domain", "san.dns"} {
		if !covered["host "+name] {
			t.Errorf("host does not stand for %s", name)
		}
	}
}
