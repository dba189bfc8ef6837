package policy

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Render writes a policy with everything stated that a text may leave out. What it gives of a policy that Parse gave, Parse reads as the
// same policy, but for the lines.
func Render(p Policy) ([]byte, error) {
	text, err := yaml.Dump(mappingOf(reflect.ValueOf(p)))
	if err != nil {
		return nil, fmt.Errorf("render policy: %w", err)
	}
	return text, nil
}

var hump = regexp.MustCompile(`([a-z])([A-Z])`)

// keyOf is the key of a field: its name in lower case with underscores, unless its tag has another. A field without key is not written.
func keyOf(f reflect.StructField) (key string, always bool) {
	key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if key == "-" {
		return "", false
	}
	return cmp.Or(key, strings.ToLower(hump.ReplaceAllString(f.Name, "${1}_${2}"))), options == "always"
}

// mappingOf writes a struct. What is empty is left out; zeros and false are written, for they need not be the default.
func mappingOf(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range v.NumField() {
		key, always := keyOf(v.Type().Field(i))
		if value := nodeOf(v.Field(i)); key != "" && (always || !empty(value)) {
			n.Content = append(n.Content, textNode(key), value)
		}
	}
	return n
}

func empty(n *yaml.Node) bool { return len(n.Content) == 0 && n.Value == "" }

func nodeOf(v reflect.Value) *yaml.Node {
	switch value := v.Interface().(type) {
	case time.Duration:
		return textNode(value.String())
	case Ports:
		return textNode(value.String())
	case encoding.TextMarshaler: // CIDR blocks; one that is none is written as nothing
		text, _ := value.MarshalText()
		return textNode(string(text))
	}
	switch v.Kind() {
	case reflect.Struct:
		return mappingOf(v)
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, nodeOf(v.Index(i)))
		}
		return n
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		for _, key := range keys {
			n.Content = append(n.Content, textNode(key.String()), nodeOf(v.MapIndex(key)))
		}
		return n
	case reflect.String:
		return textNode(v.String())
	case reflect.Float64:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatFloat(v.Float(), 'f', -1, 64)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v.Interface())}
}

func textNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// String is a range as policies write it; every port is nothing.
func (p Ports) String() string {
	switch {
	case p == Ports{}:
		return ""
	case p.From == p.To:
		return strconv.Itoa(int(p.From))
	}
	return fmt.Sprintf("%d-%d", p.From, p.To)
}
