package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// nouns are the structs that the API serves as they are, by the schema that describes each.
func nouns() map[string]any {
	return map[string]any{
		"Detection": events.Detection{}, "Risk": events.Risk{}, "Term": events.Term{}, "Participant": events.Participant{}, "Evidence": events.Evidence{},
		"Activity": events.Activity{}, "Note": events.Note{}, "Device": events.Device{}, "DeviceOverrides": events.DeviceOverrides{},
		"DeviceName": events.DeviceName{}, "DeviceService": events.DeviceService{},
		"DeviceRole": events.DeviceRole{}, "DeviceSoftware": events.DeviceSoftware{}, "DevicePeer": events.DevicePeer{},
		"Point": events.Point{}, "Coverage": events.Coverage{},
		"Binding": events.Binding{}, "ObservationPoint": events.Heard{}, "SensorHealth": events.Health{}, "DetectionFilter": store.DetectionFilter{}, "ParticipantFilter": store.ParticipantFilter{},
		"Bucket": store.Bucket{}, "Group": store.Group{}, "TopValue": store.TopValue{}, "TuningRule": store.TuningRule{},
		"NotificationRule": store.NotificationRule{}, "Channel": store.Channel{}, "QuietHours": store.QuietHours{}, "View": store.View{},
		"Context": events.Context{}, "SourceState": events.SourceState{}, "Identity": events.Identity{}, "ContextCall": events.ContextCall{},
		"FlowSummary": events.FlowSummary{}, "FlowCount": events.FlowCount{}, "FlowPort": events.FlowPort{}, "CounterNews": events.CounterNews{},
		"FeedIntegrity": events.FeedIntegrity{},
		"Incident":      events.Incident{}, "IncidentSummary": events.IncidentSummary{}, "IncidentParty": events.IncidentParty{},
		"IncidentMember": events.IncidentMember{}, "IncidentLink": events.IncidentLink{}, "IncidentEntry": events.IncidentEntry{},
		"AuditEntry": store.AuditEntry{}, "CoverageShare": store.CoverageShare{}, "CoverageRest": store.CoverageRest{}, "CoverageRests": store.CoverageRests{},
		"IntelReport": store.Intel{}, "IntelList": store.IntelList{},
		"MirrorAsk": store.MirrorAsk{}, "MirrorPlan": store.MirrorPlan{}, "MirrorPlace": store.MirrorPlace{}, "MirrorStep": store.MirrorStep{},
		"MirrorChange": store.MirrorChange{}, "MirrorHeld": store.MirrorHeld{}, "MirrorLeftOut": store.MirrorLeftOut{}, "MirrorRogue": store.MirrorRogue{},
		"MirrorEstimate": store.MirrorEstimate{}, "MirrorCounts": store.MirrorCounts{}, "MirrorCount": store.MirrorCount{},
		"MirrorHeldCount": store.MirrorHeldCount{}, "MirrorRest": store.MirrorRest{},
	}
}

// TestSchemasAreTheStructs: each member of a struct's JSON is in its schema and the other way round, and what is required is what JSON
// always has.
func TestSchemasAreTheStructs(t *testing.T) {
	w := mustTable(t)
	for name, v := range nouns() {
		schema := w.spec.Components.Schemas[name]
		if schema == nil {
			t.Errorf("no schema %s", name)
			continue
		}
		members := map[string]member{}
		membersOf(reflect.TypeOf(v), members)
		if have, want := slices.Sorted(maps.Keys(members)), slices.Sorted(maps.Keys(schema.Value.Properties)); !slices.Equal(have, want) {
			t.Errorf("%s: the struct has %v\nthe schema has %v", name, have, want)
		}
		for _, required := range schema.Value.Required {
			if m, ok := members[required]; ok && m.optional {
				t.Errorf("%s.%s is required, and the struct leaves it out", name, required)
			}
		}
		for key, m := range members {
			if p := schema.Value.Properties[key]; p != nil && p.Value.Type != nil && !slices.Contains(m.types, p.Value.Type.Slice()[0]) {
				t.Errorf("%s.%s is %v in the schema and %v in the struct", name, key, p.Value.Type, m.types)
			}
		}
	}
}

// TestEveryNounIsHeld: a schema that stands for a struct of ours is in the list above.
func TestEveryNounIsHeld(t *testing.T) {
	for name, schema := range mustTable(t).spec.Components.Schemas {
		kind, _ := schema.Value.Extensions["x-go-type"].(string)
		if schema.Value.Type != nil && schema.Value.Type.Is("object") && (strings.HasPrefix(kind, "events.") || strings.HasPrefix(kind, "store.")) && nouns()[name] == nil {
			t.Errorf("%s stands for %s and no test holds it", name, kind)
		}
	}
}

type member struct {
	optional bool
	types    []string // that its JSON may have
}

func membersOf(t reflect.Type, into map[string]member) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, has := f.Tag.Lookup("json")
		if f.Anonymous && !has {
			membersOf(f.Type, into)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		into[name] = member{strings.Contains(options, "omitempty"), jsonTypes(f.Type)}
	}
}

func jsonTypes(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return []string{"object", "string", "array"}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()) {
		return []string{"string"}
	}
	switch t.Kind() {
	case reflect.String:
		return []string{"string"}
	case reflect.Bool:
		return []string{"boolean"}
	case reflect.Slice:
		return []string{"array"}
	case reflect.Map, reflect.Struct:
		return []string{"object"}
	case reflect.Float64:
		return []string{"number"}
	}
	return []string{"integer"}
}

// TestEnumerationsAreTheCodes: a value that the code learns is in the contract, and none that it does not know.
func TestEnumerationsAreTheCodes(t *testing.T) {
	spec := mustTable(t).spec
	for name, want := range map[string][]string{
		"DetectionStatus": texts(events.Statuses()), "Resolution": texts(events.Resolutions()), "CoverageState": texts(events.CoverageStates()),
		"ContextSource": texts(events.ContextSources()), "SourceStatus": texts(events.SourceStatuses()),
		"GroupBy": texts(store.GroupBys()), "Sort": texts(store.Sorts()), "Role": texts(store.Roles()),
		"Band":  {string(events.BandOf(1)), string(events.BandOf(30)), string(events.BandOf(60)), string(events.BandOf(80))},
		"Level": {string(events.Low), string(events.Medium), string(events.High)}, "Hidden": {"", "include", "only"},
	} {
		var have []string
		for _, v := range spec.Components.Schemas[name].Value.Enum {
			have = append(have, fmt.Sprint(v))
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s: the contract has %q, the code %q", name, have, want)
		}
	}
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// TestEverythingIsBounded: every text, list and number that a caller may send has a bound, and every operation, parameter and answer a
// description. What goes out is bounded too.
func TestEverythingIsBounded(t *testing.T) {
	spec := mustTable(t).spec
	for name, p := range spec.Components.Parameters {
		if p.Value.Description == "" {
			t.Errorf("parameter %s has no description", name)
		}
		bounded(t, "parameter "+name, p.Value.Schema.Value, true, map[*openapi3.Schema]bool{})
	}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			at := method + " " + path
			for _, p := range op.Parameters {
				if p.Value.Description == "" {
					t.Errorf("%s: parameter %s has no description", at, p.Value.Name)
				}
				bounded(t, at+" "+p.Value.Name, p.Value.Schema.Value, true, map[*openapi3.Schema]bool{})
			}
			if op.RequestBody != nil {
				bounded(t, at+" body", op.RequestBody.Value.Content["application/json"].Schema.Value, true, map[*openapi3.Schema]bool{})
			}
		}
	}
	for name, s := range spec.Components.Schemas {
		bounded(t, name, s.Value, false, map[*openapi3.Schema]bool{})
	}
}

func bounded(t *testing.T, at string, s *openapi3.Schema, sent bool, seen map[*openapi3.Schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	switch {
	case s.Type == nil:
	case s.Type.Is("string") && s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time":
		t.Errorf("%s: a text without maxLength", at)
	case s.Type.Is("array") && s.MaxItems == nil:
		t.Errorf("%s: a list without maxItems", at)
	case (s.Type.Is("integer") || s.Type.Is("number")) && sent && (s.Max == nil || s.Min == nil):
		t.Errorf("%s: a number without minimum and maximum", at)
	case s.Type.Is("object") && sent && s.Properties != nil && (s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has):
		t.Errorf("%s: takes members that it does not know", at)
	}
	if s.Items != nil {
		bounded(t, at+"[]", s.Items.Value, sent, seen)
	}
	for name, p := range s.Properties {
		bounded(t, at+"."+name, p.Value, sent, seen)
	}
	for _, p := range s.AllOf {
		bounded(t, at, p.Value, sent, seen)
	}
}

// TestTheDocumentIsValid: kin-openapi finds nothing, examples and defaults included.
func TestTheDocumentIsValid(t *testing.T) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Error(err)
	}
	examples := 0
	for _, s := range doc.Components.Schemas {
		if s.Value.Example != nil {
			examples++
		}
	}
	if examples < 15 {
		t.Errorf("%d schemas have examples", examples)
	}
}

func mustTable(t *testing.T) *table {
	t.Helper()
	w, err := newTable()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
