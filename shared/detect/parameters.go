package detect

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Parameters are those of a call of an AWS API, or a part of them. APIs write the same name in several ways, wrap lists and values
// differently, and what is kept of a long text ends somewhere: names are found wherever they stand, whatever the case, and of a text that
// ends in the midst what stands before the end is used.
type Parameters struct{ node any }

// Limits of parameters: CloudTrail's are kept to 4 KiB, and no API nests as deeply.
const (
	maxParameters     = 64 << 10
	maxParameterDepth = 32
)

// ParametersOf reads parameters.
func ParametersOf(text string) Parameters {
	d := json.NewDecoder(strings.NewReader(text[:min(len(text), maxParameters)]))
	d.UseNumber()
	node, _ := value(d, 0)
	return Parameters{node}
}

// value reads one value, or what there is of it; ok says whether that is all of it.
func value(d *json.Decoder, depth int) (node any, ok bool) {
	t, err := d.Token()
	if err != nil || depth > maxParameterDepth {
		return nil, false
	}
	switch t {
	case json.Delim('{'):
		return object(d, depth)
	case json.Delim('['):
		var list []any
		for d.More() {
			one, ok := value(d, depth+1)
			if list = append(list, one); !ok {
				return list, false
			}
		}
		_, err := d.Token()
		return list, err == nil
	}
	return t, true
}

func object(d *json.Decoder, depth int) (map[string]any, bool) {
	all := map[string]any{}
	for d.More() {
		t, err := d.Token()
		name, isName := t.(string)
		if err != nil || !isName {
			return all, false
		}
		one, ok := value(d, depth+1)
		if one != nil {
			all[strings.ToLower(name)] = one
		}
		if !ok {
			return all, false
		}
	}
	_, err := d.Token()
	return all, err == nil
}

// All gives every value under a name, each element of a list by itself, in the order of the lists, and of the names around them.
func (p Parameters) All(name string) []Parameters {
	var found []Parameters
	p.look(strings.ToLower(name), &found)
	return found
}

func (p Parameters) look(name string, found *[]Parameters) {
	switch n := p.node.(type) {
	case []any:
		for _, one := range n {
			Parameters{one}.look(name, found)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(n)) {
			if k == name {
				*found = append(*found, Parameters{n[k]}.each()...)
				continue
			}
			Parameters{n[k]}.look(name, found)
		}
	}
}

// each takes lists apart, and what some APIs wrap them in.
func (p Parameters) each() []Parameters {
	switch n := p.node.(type) {
	case []any:
		var list []Parameters
		for _, one := range n {
			list = append(list, Parameters{one}.each()...)
		}
		return list
	case map[string]any:
		for _, wrap := range []string{"content", "items", "item", "member"} {
			if inner, ok := n[wrap]; ok {
				return Parameters{inner}.each()
			}
		}
	}
	return []Parameters{p}
}

// Texts gives every text, number or yes-and-no under a name.
func (p Parameters) Texts(name string) []string {
	var list []string
	for _, one := range p.All(name) {
		switch v := one.node.(type) {
		case string:
			list = append(list, v)
		case json.Number:
			list = append(list, v.String())
		case bool:
			list = append(list, map[bool]string{true: "true", false: "false"}[v])
		}
	}
	return list
}

// Text gives the first of Texts, or "".
func (p Parameters) Text(name string) string {
	if list := p.Texts(name); len(list) > 0 {
		return list[0]
	}
	return ""
}

// Has says whether there is a value under a name.
func (p Parameters) Has(name string) bool { return len(p.All(name)) > 0 }
