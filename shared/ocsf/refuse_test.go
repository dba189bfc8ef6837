package ocsf

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// at gives the member at a path of names and "0" for the first of a list.
func at(v any, path ...string) any {
	for _, name := range path {
		if name == "0" {
			v = v.([]any)[0]
		} else {
			v = v.(map[string]any)[name]
		}
	}
	return v
}

func put(name string, value any, path ...string) func(map[string]any) {
	return func(f map[string]any) { at(f, path...).(map[string]any)[name] = value }
}

func drop(name string, path ...string) func(map[string]any) {
	return func(f map[string]any) { delete(at(f, path...).(map[string]any), name) }
}

// broken are findings that the published schema refuses: what is done to a good one, where the complaint must be, and which rule must make it.
var broken = []struct {
	name  string
	spoil func(map[string]any)
	where string
	rule  string
}{
	{"no time", drop("time"), "", "required"},
	{"no metadata", drop("metadata"), "", "required"},
	{"no finding_info", drop("finding_info"), "", "required"},
	{"no severity_id", drop("severity_id"), "", "required"},
	{"no activity_id", drop("activity_id"), "", "required"},
	{"no type_uid", drop("type_uid"), "", "required"},
	{"profile cloud without cloud", drop("cloud"), "", "required"},
	{"no product", drop("product", "metadata"), "metadata", "required"},
	{"no version", drop("version", "metadata"), "metadata", "required"},
	{"no vendor", drop("vendor_name", "metadata", "product"), "metadata/product", "required"},
	{"no title", drop("title", "finding_info"), "finding_info", "required"},
	{"no uid", drop("uid", "finding_info"), "finding_info", "required"},
	{"no type of analytic", drop("type_id", "finding_info", "analytic"), "finding_info/analytic", "required"},
	{"no provider", drop("provider", "cloud"), "cloud", "required"},
	{"no name of an observable", drop("name", "observables", "0"), "observables/0", "required"},
	{"no value of an enrichment", drop("value", "enrichments", "0"), "enrichments/0", "required"},
	{"no data of an enrichment", drop("data", "enrichments", "0"), "enrichments/0", "required"},
	{"no type of an observable", drop("type_id", "observables", "0"), "observables/0", "required"},

	{"an attribute of 1.3.0", put("is_alert", true), "", "additionalProperties"},
	{"an attribute of another class", put("compliance", map[string]any{}), "", "additionalProperties"},
	{"of a profile that is not used", put("disposition_id", 1), "", "additionalProperties"},
	{"a date as text without its profile", put("time_dt", "2026-03-02T03:04:05Z"), "", "additionalProperties"},
	{"an enrichment of a later version", put("desc", "x", "enrichments", "0"), "enrichments/0", "additionalProperties"},
	{"a misspelt one", put("Name", "x", "finding_info", "analytic"), "finding_info/analytic", "additionalProperties"},
	{"a country of an address", put("country", "DE", "evidences", "0", "src_endpoint"), "evidences/0/src_endpoint", "additionalProperties"},

	{"another class", put("class_uid", 2001), "class_uid", "enum"},
	{"another category", put("category_uid", 4), "category_uid", "enum"},
	{"activity", put("activity_id", 7), "activity_id", "enum"},
	{"type", put("type_uid", 200449), "type_uid", "enum"},
	{"type of another activity", put("type_uid", 200403), "type_uid", "const"},
	{"status", put("status_id", 5), "status_id", "enum"},
	{"severity", put("severity_id", 7), "severity_id", "enum"},
	{"risk level Other, which 1.1.0 has not", put("risk_level_id", 99), "risk_level_id", "enum"},
	{"confidence", put("confidence_id", 4), "confidence_id", "enum"},
	{"kind of analytic", put("type_id", 5, "finding_info", "analytic"), "finding_info/analytic/type_id", "enum"},
	{"kind of observable", put("type_id", 11, "observables", "0"), "observables/0/type_id", "enum"},
	{"kind of account", put("type_id", 11, "cloud", "account"), "cloud/account/type_id", "enum"},
	{"a profile that was not announced", put("profiles", []any{"cloud", "osint"}, "metadata"), "metadata/profiles/1", "enum"},
	{"version", put("version", "2.0.0", "metadata"), "metadata/version", "const"},

	{"severity in other words", put("severity", "SEV1"), "severity", "const"},
	{"status of the base event", put("status", "Success"), "status", "const"},
	{"name of the class", put("class_name", "Finding"), "class_name", "const"},
	{"name of the type", put("type_name", "Detection Finding: Close"), "type_name", "const"},
	{"observable in other words", put("type", "IP", "observables", "0"), "observables/0/type", "const"},

	{"text for a number", put("time", "2026-03-02T03:04:05Z"), "time", "type"},
	{"a number for a text", put("uid", 7, "finding_info"), "finding_info/uid", "type"},
	{"an object for a list", put("evidences", map[string]any{}), "evidences", "type"},
	{"a list for an object", put("finding_info", []any{}), "finding_info", "type"},
	{"half a number", put("risk_score", 3.5), "risk_score", "type"},
	{"a port too high", put("port", 70000, "evidences", "0", "src_endpoint"), "evidences/0/src_endpoint/port", "maximum"},
	{"a sequence that no column takes", put("sequence", 1<<31, "metadata"), "metadata/sequence", "maximum"},
	{"no host's name", put("hostname", "a_b.example", "evidences", "0", "src_endpoint"), "evidences/0/src_endpoint/hostname", "pattern"},
	{"no hardware address", put("mac", "0a:1b", "evidences", "0", "src_endpoint"), "evidences/0/src_endpoint/mac", "pattern"},
	{"no address", put("ip", "elsewhere", "evidences", "0", "src_endpoint"), "evidences/0/src_endpoint/ip", "format"},
	{"a text too long", put("message", strings.Repeat("x", 65536)), "message", "maxLength"},
	{"an enrichment of nothing", put("value", "", "enrichments", "0"), "enrichments/0/value", "minLength"},
	{"an empty id", put("uid", "", "finding_info"), "finding_info/uid", "minLength"},

	{"empty evidence", put("evidences", []any{map[string]any{}}), "evidences/0", "required"},
	{"a port of nobody", put("src_endpoint", map[string]any{"port": 80}, "evidences", "0"), "evidences/0/src_endpoint", "required"},
	{"an analytic without a name", put("analytic", map[string]any{"type_id": 2}, "finding_info"), "finding_info/analytic", "required"},
	{"an attack of nothing", put("attacks", []any{map[string]any{"version": "17"}}, "finding_info"), "finding_info/attacks/0", "required"},
	{"a resource that is nothing", put("resources", []any{map[string]any{"type": "x"}}), "resources/0", "required"},

	{"tactics, deprecated", put("tactics", []any{map[string]any{"uid": "TA0011"}}, "finding_info", "attacks", "0"), "finding_info/attacks/0/tactics/0", "false"},
	{"extension, deprecated", put("extension", map[string]any{"name": "x", "uid": "1", "version": "1"}, "metadata"), "metadata/extension", "false"},
	{"an object whose facts were not read", put("file", map[string]any{"name": "x", "type_id": 1}, "evidences", "0"), "evidences/0/file", "false"},
}

// complaints are the innermost errors of a validation, as place and rule.
func complaints(err *jsonschema.ValidationError) (list []string) {
	if len(err.Causes) == 0 {
		rule := "false"
		if path := err.ErrorKind.KeywordPath(); len(path) > 0 {
			rule = path[0]
		}
		return []string{strings.Join(err.InstanceLocation, "/") + " " + rule}
	}
	for _, c := range err.Causes {
		list = append(list, complaints(c)...)
	}
	return list
}

// TestSchemaRefuses shows that the schema can fail, and that it fails where and why it should.
func TestSchemaRefuses(t *testing.T) {
	d := replayed(t)[0]
	d.Techniques, d.Tactics = []string{"T1071.004"}, []string{"TA0011"}
	d.Participants = append([]events.Participant{{Role: "offender", Endpoint: "client", Address: netip.MustParseAddr("10.0.0.1")}}, d.Participants...)
	d.Context = &events.Context{}
	good := New(&d, About{Event: "e", Type: events.DetectionCreated, Time: d.Update, Version: "1.0.0", Account: "111122223333", Region: "eu-central-1"})
	s := compiled(t, good.Metadata.Profiles)
	if f := generic(t, good); s.Validate(f) != nil || at(f, "evidences", "0", "src_endpoint") == nil {
		t.Fatalf("what is to be spoilt is not good: %v", s.Validate(f))
	}
	for _, b := range broken {
		f := generic(t, good)
		b.spoil(f)
		var why *jsonschema.ValidationError
		if !errors.As(s.Validate(f), &why) {
			t.Errorf("%s: the schema takes it", b.name)
		} else if list := complaints(why); !slices.Contains(list, b.where+" "+b.rule) {
			t.Errorf("%s: refused for %q, not for %s %s", b.name, list, b.where, b.rule)
		}
	}
}
