package policy

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// mark is a place in a text.
type mark struct{ line, column int }

// reader turns nodes into values and gathers all that is wrong on the way.
type reader struct {
	file  string
	found []Mistake
	more  int // found, but not kept
	at    map[string]mark
}

// reads puts the value of a node where it belongs, or says why it cannot.
type reads func(n *yaml.Node, path string)

// field is a key of a mapping.
type field struct {
	key      string
	required bool
	read     reads
}

func may(key string, read reads) field  { return field{key, false, read} }
func must(key string, read reads) field { return field{key, true, read} }

// say tells a mistake at the place of path or, where path is not in the text, of what is around it.
func (r *reader) say(path, problem, allowed string) {
	for around := path; ; {
		if m, ok := r.at[around]; ok {
			r.sayAt(m, path, problem, allowed)
			return
		}
		around = around[:max(0, strings.LastIndexAny(around, ".["))]
	}
}

func (r *reader) sayAt(m mark, path, problem, allowed string) {
	if len(r.found) == mostMistakes {
		r.more++
		return
	}
	r.found = append(r.found, Mistake{File: r.file, Line: m.line, Column: m.column, Path: path, Problem: problem, Allowed: allowed})
}

// wrong tells of a value that is not what is allowed.
func (r *reader) wrong(path, value, allowed string) {
	r.say(path, shown(value)+" is not "+allowed, allowed)
}

// broken says whether anything at or below path is wrong: what is compared with it would only be wrong again.
func (r *reader) broken(path string) bool {
	return slices.ContainsFunc(r.found, func(m Mistake) bool {
		rest, ok := strings.CutPrefix(m.Path, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// mapping reads a mapping with the keys that fields name. Nothing at all is a mapping without keys.
func (r *reader) mapping(n *yaml.Node, path string, fields ...field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	given := r.pairs(n, path, func(key string, value *yaml.Node, at mark) {
		i := slices.Index(known, key)
		if i < 0 {
			r.unknown(at, path, key, known)
			return
		}
		fields[i].read(value, under(path, key))
	})
	for _, f := range fields {
		if given != nil && f.required && !given[f.key] {
			r.say(under(path, f.key), "is missing", "")
		}
	}
}

func (r *reader) unknown(at mark, path, key string, known []string) {
	if len(r.found) == mostMistakes {
		r.more++ // a text of nothing but unknown keys is not worth a search for the nearest of each
		return
	}
	all := strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		r.sayAt(at, under(path, key), "unknown key; did you mean "+near+"?", all)
		return
	}
	r.sayAt(at, under(path, key), "unknown key; known are "+all, all)
}

// pairs gives each key of a mapping once, and afterwards which keys there were; nil where n is no mapping.
func (r *reader) pairs(n *yaml.Node, path string, each func(key string, value *yaml.Node, at mark)) map[string]bool {
	if isNull(n) {
		return map[string]bool{}
	}
	if n.Kind != yaml.MappingNode {
		r.kind(n, path, "a mapping of keys to values")
		return nil
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := mark{key.Line, key.Column}
		if key.Kind != yaml.ScalarNode {
			r.sayAt(at, path, "a key must be a plain word", "a plain word")
			continue
		}
		if line, double := first[key.Value]; double {
			r.sayAt(at, under(path, key.Value), fmt.Sprintf("is given twice, first in line %d", line), "each key once")
			continue
		}
		first[key.Value] = key.Line
		if r.at[under(path, key.Value)] = at; value.Kind == yaml.ScalarNode && !isNull(value) {
			r.at[under(path, key.Value)] = mark{value.Line, value.Column}
		}
		each(key.Value, value, at)
	}
	given := make(map[string]bool, len(first))
	for key := range maps.Keys(first) {
		given[key] = true
	}
	return given
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kind tells that a node is of another kind than is wanted. Aliases have been told of already.
func (r *reader) kind(n *yaml.Node, path, wanted string) {
	is := map[yaml.Kind]string{yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: shown(n.Value)}[n.Kind]
	if isNull(n) {
		is = "nothing"
	}
	if n.Kind != yaml.AliasNode {
		r.say(path, is+" is not "+wanted, wanted)
	}
}

// list reads at most so many values.
func (r *reader) list(most int, each reads) reads {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.SequenceNode {
			r.kind(n, path, "a list")
			return
		}
		if len(n.Content) > most {
			r.say(path, fmt.Sprintf("%d are too many: at most %d", len(n.Content), most), fmt.Sprintf("at most %d", most))
			return
		}
		for i, child := range n.Content {
			p := item(path, i)
			r.at[p] = mark{child.Line, child.Column}
			each(child, p)
		}
	}
}

// texts reads a list of different texts.
func (r *reader) texts(to *[]string, most int, f form) reads {
	return func(n *yaml.Node, path string) {
		seen := map[string]string{}
		r.list(most, func(n *yaml.Node, path string) {
			var s string
			if r.text(&s, f)(n, path); s == "" {
				return
			}
			if first, double := seen[s]; double {
				r.say(path, shown(s)+" is given twice, first as "+first, "each once")
				return
			}
			seen[s] = path
			*to = append(*to, s)
		})(n, path)
	}
}

// table reads a mapping whose keys are the author's own.
func (r *reader) table(most int, key form, each func(key string, n *yaml.Node, path string)) reads {
	return func(n *yaml.Node, path string) {
		if len(n.Content)/2 > most {
			r.say(path, fmt.Sprintf("%d are too many: at most %d", len(n.Content)/2, most), fmt.Sprintf("at most %d", most))
			return
		}
		r.pairs(n, path, func(k string, value *yaml.Node, at mark) {
			if !key.fits(k) {
				r.sayAt(at, under(path, k), shown(k)+" is not "+key.allowed, key.allowed)
			}
			each(k, value, under(path, k))
		})
	}
}

// scalar gives the text of a single value.
func (r *reader) scalar(n *yaml.Node, path, wanted string) (string, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.kind(n, path, wanted)
		return "", false
	}
	return n.Value, true
}

// text reads a text of a form. Numbers are text too: nobody should have to quote an account id.
func (r *reader) text(to *string, f form) reads {
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, f.allowed)
		if ok && !f.fits(s) {
			r.wrong(path, s, f.allowed)
		} else if ok {
			*to = s
		}
	}
}

// whole reads a whole number between two others. allowed says so in other words where there are better ones.
func whole[T int | int32 | uint32](r *reader, to *T, low, high T, allowed string) reads {
	if allowed == "" {
		allowed = fmt.Sprintf("a whole number from %d to %d", low, high)
	}
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, allowed)
		if !ok {
			return
		}
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n.Tag == "!!str" || v < int64(low) || v > int64(high) {
			r.wrongNumber(n, path, allowed)
			return
		}
		*to = T(v)
	}
}

// wrongNumber tells of a value that is no number, or none that is allowed.
func (r *reader) wrongNumber(n *yaml.Node, path, allowed string) {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		r.say(path, shown(n.Value)+" in quotes is text, not "+allowed, allowed)
		return
	}
	r.wrong(path, n.Value, allowed)
}

// decimal reads a number between two others.
func (r *reader) decimal(to *float64, low, high float64) reads {
	plain := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	allowed := "a number from " + plain(low) + " to " + plain(high)
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, allowed)
		if !ok {
			return
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || n.Tag == "!!str" || math.IsNaN(v) || v < low || v > high {
			r.wrongNumber(n, path, allowed)
			return
		}
		*to = v
	}
}

// duration reads a time such as 15m.
func (r *reader) duration(to *time.Duration, low, high time.Duration) reads {
	allowed := fmt.Sprintf("a duration from %s to %s, such as 90s, 15m or 24h", short(low), short(high))
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, allowed)
		if !ok {
			return
		}
		v, err := time.ParseDuration(s)
		if err != nil || v < low || v > high {
			r.wrong(path, s, allowed)
			return
		}
		*to = v
	}
}

// short is a duration without zeros at its end: "24h" instead of "24h0m0s".
func short(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// flag reads true or false.
func (r *reader) flag(to *bool) reads {
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, "true or false")
		if ok && (n.Tag != "!!bool" || s != "true" && s != "false") {
			r.wrong(path, s, "true or false")
		} else if ok {
			*to = s == "true"
		}
	}
}
