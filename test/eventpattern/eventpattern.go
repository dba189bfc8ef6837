// Package eventpattern matches events as EventBridge's rules do, and as the filters of Lambda's event sources do, which use the same
// language: for tests that hold a pattern against samples, or that deliver events as AWS would. What comes in is a pattern and an event
// as JSON; what goes out is whether the event is let in. It never passes over an operator that it does not know: Parse refuses it.
package eventpattern

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Pattern is a pattern that was read. The zero Pattern lets everything in.
type Pattern struct{ fields map[string]any }

// Parse reads a pattern: objects, lists of what is allowed, and in them the operators exists, prefix, anything-but and numeric.
func Parse(text []byte) (Pattern, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return Pattern{}, fmt.Errorf("read pattern: %w", err)
	}
	if err := check("", fields); err != nil {
		return Pattern{}, fmt.Errorf("read pattern: %w", err)
	}
	return Pattern{fields}, nil
}

// String gives the pattern as JSON.
func (p Pattern) String() string {
	b, _ := json.Marshal(p.fields) // it was read from JSON
	return string(b)
}

// Takes says whether an event is let in. What is no JSON object is not.
func (p Pattern) Takes(event []byte) bool {
	var e map[string]any
	return json.Unmarshal(event, &e) == nil && takes(p.fields, e)
}

func check(path string, fields map[string]any) error {
	if len(fields) == 0 {
		return fmt.Errorf("%s{}: an object without a field lets nothing in", path)
	}
	for name, want := range fields {
		at := path + name
		switch want := want.(type) {
		case map[string]any:
			if err := check(at+".", want); err != nil {
				return err
			}
		case []any:
			if len(want) == 0 {
				return fmt.Errorf("%s: an empty list lets nothing in", at)
			}
			for _, w := range want {
				if err := checkValue(at, w); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("%s: %v is neither a list nor an object", at, want)
		}
	}
	return nil
}

func checkValue(at string, want any) error {
	operator, is := want.(map[string]any)
	if !is {
		return nil
	}
	if len(operator) != 1 {
		return fmt.Errorf("%s: %v has not one operator", at, operator)
	}
	for name, argument := range operator {
		ok := false
		switch name {
		case "exists":
			_, ok = argument.(bool)
		case "prefix":
			_, ok = argument.(string)
		case "anything-but":
			_, object := argument.(map[string]any)
			ok = !object
		case "numeric":
			ok = bounds(argument)
		default:
			return fmt.Errorf("%s: operator %q is not known; exists, prefix, anything-but and numeric are", at, name)
		}
		if !ok {
			return fmt.Errorf("%s: %v is nothing that %s takes", at, argument, name)
		}
	}
	return nil
}

// bounds says whether a list is one of comparisons and numbers by turns.
func bounds(argument any) bool {
	list, _ := argument.([]any)
	for i, v := range list {
		_, number := v.(float64)
		if i%2 == 1 && !number || i%2 == 0 && !slices.Contains([]any{"<", "<=", "=", ">=", ">"}, v) {
			return false
		}
	}
	return len(list) > 0 && len(list)%2 == 0
}

// takes wants every field of a pattern. Of an array in the event one element is enough.
func takes(fields, event map[string]any) bool {
	for name, want := range fields {
		have, there := event[name]
		switch want := want.(type) {
		case map[string]any:
			if !slices.ContainsFunc(objects(have), func(o map[string]any) bool { return takes(want, o) }) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(w any) bool { return takesValue(w, have, there) }) {
				return false
			}
		}
	}
	return true
}

// objects gives the object that something is, or the objects in the array that it is.
func objects(v any) (list []map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		for _, e := range v {
			list = append(list, objects(e)...)
		}
	}
	return list
}

func takesValue(want, have any, there bool) bool {
	values, isList := have.([]any)
	if !isList && there {
		values = []any{have}
	}
	operator, isOperator := want.(map[string]any)
	if !isOperator {
		return slices.ContainsFunc(values, func(v any) bool { return reflect.DeepEqual(v, want) })
	}
	for name, argument := range operator {
		if name == "exists" {
			return there == (argument == true)
		}
		return slices.ContainsFunc(values, func(v any) bool { return operates(name, argument, v) })
	}
	return false
}

func operates(name string, argument, v any) bool {
	switch name {
	case "prefix":
		s, is := v.(string)
		return is && strings.HasPrefix(s, argument.(string))
	case "anything-but":
		list, isList := argument.([]any)
		if !isList {
			list = []any{argument}
		}
		return !slices.Contains(list, v)
	}
	n, is := v.(float64)
	terms := argument.([]any) // numeric: Parse has looked
	for i := 0; is && i < len(terms); i += 2 {
		bound := terms[i+1].(float64)
		is = map[any]bool{"<": n < bound, "<=": n <= bound, "=": n == bound, ">=": n >= bound, ">": n > bound}[terms[i]]
	}
	return is
}
