package ocsf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// facts is what the published schema says, as testdata/README.md tells it was read: no sentence of it, only names, types and rules.
type facts struct {
	Version     string
	Types       map[string]dataType
	Dictionary  map[string]attribute
	Groups      map[string]map[string]attribute
	Objects     map[string]entity
	Classes     map[string]entity
	Observables map[string]string
	Category    struct {
		UID     int
		Caption string
	}
}

type dataType struct {
	Of, Type, Regex, Caption string
	MaxLen                   int `json:"max_len"`
	Range                    []int
	Observable               int
}

// entity is a class or an object.
type entity struct {
	Extends    string
	UID        int
	Caption    string
	Profiles   []string
	Include    []string
	Attributes map[string]attribute
	AtLeastOne []string `json:"at_least_one"`
	Observable int
}

type attribute struct {
	Requirement, Type, Sibling, Profile, Deprecated string
	IsArray                                         bool `json:"is_array"`
	Enum                                            map[string]string
	EnumFrom                                        string `json:"enum_from"`
}

// UnmarshalJSON takes the requirement alone, too, which is all that most attributes have.
func (a *attribute) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &a.Requirement)
	}
	type plain attribute
	return json.Unmarshal(b, (*plain)(a))
}

// with lays what is said nearer to the use over what is said in general. Enumerations are joined, as the schema's own compiler joins them.
func (a attribute) with(b attribute) attribute {
	for to, from := range map[*string]string{&a.Requirement: b.Requirement, &a.Type: b.Type, &a.Profile: b.Profile, &a.Deprecated: b.Deprecated, &a.EnumFrom: b.EnumFrom} {
		if from != "" {
			*to = from
		}
	}
	if b.Enum != nil {
		joined := maps.Clone(a.Enum)
		if joined == nil {
			joined = map[string]string{}
		}
		maps.Copy(joined, b.Enum)
		a.Enum = joined
	}
	return a
}

func readFacts(t *testing.T) *facts {
	t.Helper()
	b, err := os.ReadFile("testdata/facts-1.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// flat gives an entity with all that it has from those that it extends.
func (f *facts) flat(of map[string]entity, name string) entity {
	e, ok := of[name]
	if !ok {
		panic("the facts have no " + name)
	}
	all := map[string]attribute{}
	if e.Extends != "" {
		up := f.flat(of, e.Extends)
		all = up.Attributes
		e.Profiles = append(slices.Clone(up.Profiles), e.Profiles...)
		if e.AtLeastOne == nil {
			e.AtLeastOne = up.AtLeastOne
		}
	}
	for _, group := range e.Include {
		f.lay(all, f.Groups[group])
	}
	f.lay(all, e.Attributes)
	e.Attributes = all
	return e
}

func (f *facts) lay(over map[string]attribute, more map[string]attribute) {
	for name, a := range more {
		general, ok := over[name]
		if !ok {
			if general, ok = f.Dictionary[name]; !ok {
				panic("the dictionary has no " + name)
			}
		}
		over[name] = general.with(a)
	}
}

// schema is the JSON Schema of Detection Finding for a set of profiles.
func (f *facts) schema(profiles []string) map[string]any {
	class := f.flat(f.Classes, "detection_finding")
	number := f.Category.UID*1000 + class.UID
	set := func(name string, enum map[string]string) {
		a := class.Attributes[name]
		a.Enum = enum
		class.Attributes[name] = a
	}
	set("category_uid", map[string]string{strconv.Itoa(f.Category.UID): f.Category.Caption})
	set("class_uid", map[string]string{strconv.Itoa(number): class.Caption})
	types, follows := map[string]string{}, []any{}
	for _, id := range slices.Sorted(maps.Keys(class.Attributes["activity_id"].Enum)) {
		n, _ := strconv.Atoi(id)
		types[strconv.Itoa(number*100+n)] = class.Caption + ": " + class.Attributes["activity_id"].Enum[id]
		follows = append(follows, implies("activity_id", n, "type_uid", number*100+n))
	}
	set("type_uid", types)
	out := f.object(class, profiles)
	out["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	out["allOf"] = append(out["allOf"].([]any), follows...)
	defs := map[string]any{}
	for name := range f.Objects {
		defs[name] = f.object(f.flat(f.Objects, name), profiles)
	}
	defs["object"] = map[string]any{"type": "object"} // what no object extends has the members that its author likes
	metadata := defs["metadata"].(map[string]any)["properties"].(map[string]any)
	metadata["version"] = map[string]any{"const": f.Version}
	metadata["profiles"] = map[string]any{"type": "array", "items": map[string]any{"enum": texts(profiles)}, "uniqueItems": true}
	out["$defs"] = defs
	return out
}

func (f *facts) object(e entity, profiles []string) map[string]any {
	properties, required, siblings := map[string]any{}, []any{}, []any{}
	for name, a := range e.Attributes {
		if a.Profile != "" && !slices.Contains(profiles, a.Profile) {
			continue
		}
		if a.EnumFrom == "observables" {
			a = a.with(attribute{Enum: f.observables()})
		}
		properties[name] = f.property(a)
		if a.Requirement == "required" {
			required = append(required, name)
		}
		for id, caption := range a.Enum {
			if n, _ := strconv.Atoi(id); a.Sibling != "" && n != 99 { // Other is in the words of the source
				siblings = append(siblings, implies(name, n, a.Sibling, caption))
			}
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if len(siblings) > 0 {
		out["allOf"] = siblings
	}
	if len(e.AtLeastOne) > 0 {
		var one []any
		for _, name := range e.AtLeastOne {
			one = append(one, map[string]any{"required": texts([]string{name})})
		}
		out["anyOf"] = one
	}
	return out
}

// observables are the types of observables: data types and objects that say that they are one.
func (f *facts) observables() map[string]string {
	all := maps.Clone(f.Observables)
	for _, t := range f.Types {
		if t.Observable != 0 {
			all[strconv.Itoa(t.Observable)] = t.Caption
		}
	}
	return all
}

// implies says that where one member has a value, another one, if it is there, has that.
func implies(member string, is any, other string, be any) map[string]any {
	return map[string]any{
		"if":   map[string]any{"properties": map[string]any{member: map[string]any{"const": is}}, "required": texts([]string{member})},
		"then": map[string]any{"properties": map[string]any{other: map[string]any{"const": be}}},
	}
}

// property is the schema of an attribute. What is deprecated is refused, and so is an object whose facts were not read.
func (f *facts) property(a attribute) any {
	var one any
	if t, ok := f.Types[a.Type]; ok {
		one = f.scalar(t, a)
	} else if _, ok := f.Objects[a.Type]; ok {
		one = map[string]any{"$ref": "#/$defs/" + a.Type}
	} else {
		one = false
	}
	if a.Deprecated != "" {
		one = false
	}
	if a.IsArray {
		return map[string]any{"type": "array", "items": one}
	}
	return one
}

func (f *facts) scalar(t dataType, a attribute) map[string]any {
	out := map[string]any{}
	if t.Of != "" {
		out = f.scalar(f.Types[t.Of], attribute{})
	}
	if t.Type != "" {
		out["type"] = t.Type
	}
	if t.MaxLen != 0 {
		out["maxLength"] = t.MaxLen
	}
	if t.Regex != "" {
		out["pattern"] = t.Regex
	}
	if t.Range != nil {
		out["minimum"], out["maximum"] = t.Range[0], t.Range[1]
	}
	if len(a.Enum) > 0 {
		var values []any
		for _, id := range slices.Sorted(maps.Keys(a.Enum)) {
			n, _ := strconv.Atoi(id)
			values = append(values, n)
		}
		out["enum"] = values
	}
	stricter(out, a)
	return out
}

// stricter adds what the published schema leaves open, and its readers do not: columns of 32 bits, addresses, times after 1970, and
// that what is required says something.
func stricter(out map[string]any, a attribute) {
	switch a.Type {
	case "integer_t":
		out["minimum"], out["maximum"] = -1<<31, 1<<31-1
	case "timestamp_t":
		out["minimum"], out["maximum"] = 0, 253402300799999
	case "ip_t":
		out["anyOf"] = []any{map[string]any{"format": "ipv4"}, map[string]any{"format": "ipv6"}}
	case "string_t":
		if a.Requirement == "required" {
			out["minLength"] = 1
		}
	}
}

func texts(list []string) []any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// compiled gives the validator for a set of profiles; one that the class does not have, or whose facts were not read, is refused.
func compiled(t *testing.T, profiles []string) *jsonschema.Schema {
	t.Helper()
	f := readFacts(t)
	for _, p := range profiles {
		if !slices.Contains(f.flat(f.Classes, "detection_finding").Profiles, p) || f.Groups[p] == nil {
			t.Fatalf("profile %s is not in the facts", p)
		}
	}
	b, err := json.Marshal(f.schema(profiles))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	name := fmt.Sprintf("https://mirrorwatch.invalid/ocsf/%s/detection_finding%v.json", f.Version, len(profiles))
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
