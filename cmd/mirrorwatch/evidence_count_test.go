package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// counts are all the numbers that counting a detection's records anew can give: how many there are, how many different values a field
// has, sums, ends and spans; of all records of the participants, of one kind, of one direction, and of those that speak of a thing that
// the detection names. A small number is explained by many of them; what a detector miscounts is mostly not small.
type counts struct{ values []float64 }

// counts gathers what the records of a detection's participants amount to.
func (w *witness) counts(d *events.Detection) *counts {
	c := &counts{}
	who := map[string]bool{}
	for _, p := range d.Participants {
		who[p.Address.String()] = true
	}
	from, to := seconds(d.Evidence.Start)-1, seconds(d.Evidence.End)+1
	groups := map[string][]record{}
	for _, r := range w.records {
		orig, resp := r.text("id.orig_h"), r.text("id.resp_h")
		if !who[orig] && !who[resp] {
			continue
		}
		names := []string{"all", orig, ">" + resp, orig + ">" + resp}
		for _, said := range saidOf(d) {
			if r.speaksOf(said) {
				names = append(names, "of "+said, orig+" of "+said)
			}
		}
		ts, _ := r.fields["ts"].(float64)
		for _, n := range names {
			n += "|" + r.kind
			groups[n] = append(groups[n], r)
			if ts >= from && ts <= to {
				groups[n+" then"] = append(groups[n+" then"], r)
			}
			if strings.HasPrefix(n, "all") && ts <= to {
				groups[n+" till then"] = append(groups[n+" till then"], r)
			}
			for name, v := range r.fields {
				if yes, ok := v.(bool); ok {
					n := fmt.Sprint(n, name, yes)
					groups[n] = append(groups[n], r)
				}
			}
		}
	}
	for _, g := range groups {
		c.count(g)
	}
	for _, s := range saidOf(d) { // a port within a look-up, the number of a message's kind
		for _, n := range bare.FindAllString(s, -1) {
			f, _ := strconv.ParseFloat(n, 64)
			c.add(f)
		}
	}
	c.add(float64(len(d.Participants)), to-from-2, float64(len(d.Evidence.UIDs)))
	for _, role := range []string{"offender", "victim"} {
		n := 0
		for _, p := range d.Participants {
			if p.Role == role {
				n++
			}
			c.add(float64(p.Port))
		}
		c.add(float64(n))
	}
	slices.Sort(c.values)
	return c
}

func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

func (r record) text(field string) string { s, _ := r.fields[field].(string); return s }

// saidOf are the texts among the properties, by which a detection may have counted.
func saidOf(d *events.Detection) (list []string) {
	for _, v := range d.Properties {
		for _, s := range textsOf(v) {
			if len(s) > 2 && len(list) < 8 {
				list = append(list, strings.ToLower(s))
			}
		}
	}
	return list
}

func (r record) speaksOf(said string) bool {
	for _, v := range r.fields {
		for _, s := range textsOf(v) {
			if strings.Contains(strings.ToLower(s), said) {
				return true
			}
		}
	}
	return false
}

func (c *counts) add(list ...float64) { c.values = append(c.values, list...) }

// count adds what one group of records of a kind amounts to.
func (c *counts) count(group []record) {
	c.add(float64(len(group)))
	byField := map[string]map[any]int{}
	numbers := map[string][]float64{}
	for _, r := range group {
		for name, v := range r.fields {
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			c.add(float64(len(list)))
			for _, one := range list {
				if byField[name] == nil {
					byField[name] = map[any]int{}
				}
				byField[name][one]++
				if n, ok := one.(float64); ok {
					numbers[name] = append(numbers[name], n)
				}
			}
		}
	}
	for name, values := range byField {
		c.add(float64(len(values)))
		c.lengths(name, values)
		if len(values) <= 100 {
			for _, n := range values {
				c.add(float64(n), float64(len(group)-n))
			}
		}
	}
	for name, list := range numbers {
		c.measure(name, list)
	}
	c.both(numbers, "orig_bytes", "resp_bytes")
	c.both(numbers, "orig_pkts", "resp_pkts")
	c.both(numbers, "request_body_len", "response_body_len")
}

// measure adds the sum, the ends and the middle of a field, and of its steps.
func (c *counts) measure(name string, list []float64) {
	slices.Sort(list)
	sum := 0.0
	for _, n := range list {
		sum += n
	}
	last := len(list) - 1
	c.add(sum, list[0], list[last], list[len(list)/2], list[last]-list[0], sum/float64(len(list)))
	if name == "ts" && len(list) > 1 {
		var steps []float64
		for i := range last {
			steps = append(steps, list[i+1]-list[i])
		}
		c.measure("step", steps)
	}
	if len(list) <= 200 {
		c.add(list...)
	}
}

// lengths measures the different texts of a field.
func (c *counts) lengths(name string, values map[any]int) {
	var list []float64
	for v := range values {
		if s, ok := v.(string); ok {
			list = append(list, float64(len(hexed.ReplaceAllString(s, "?")))) // as it was on the wire
		}
	}
	if len(list) > 0 {
		c.measure(name, list)
	}
}

// both adds the sums of what went either way.
func (c *counts) both(numbers map[string][]float64, a, b string) {
	sum := 0.0
	for _, list := range [][]float64{numbers[a], numbers[b]} {
		for _, n := range list {
			sum += n
		}
	}
	c.add(sum)
}

// judged are properties that are no counts but a detector's measure of them: its own tests hold these.
var judged = map[string]bool{
	"jitter": true, "beat": true, "beat_by_chance": true, "score": true, "size_sameness": true, "regularity": true, "skew": true, "entropy": true,
	"data_share": true, "probability": true,
}

// exact is up to where counts of different things are exact; above it they are estimates within a few percent, and the sentence says so.
const exact = 64

// roomOf is how far a number may be from what is counted anew.
func roomOf(n float64) float64 {
	switch {
	case n != math.Trunc(n):
		return max(0.06, 0.03*math.Abs(n)) // rounded for a person
	case math.Abs(n) > exact:
		return 0.1 * math.Abs(n)
	}
	return 0.01
}

// explains says whether a number can be counted anew.
func (c *counts) explains(n, room float64) bool {
	at, _ := slices.BinarySearch(c.values, n-room)
	return at < len(c.values) && c.values[at] <= n+room
}

// isRatio says whether a mean is a property's share of a count.
func (c *counts) isRatio(n float64, properties *counts) bool {
	return n > 0 && slices.ContainsFunc(properties.values, func(sum float64) bool { return sum > n && c.explains(sum/n, roomOf(math.Round(sum/n))) })
}

// numbersOf are the numbers of a property.
func numbersOf(v any) (list []float64) {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case []any:
		for _, one := range v {
			list = append(list, numbersOf(one)...)
		}
	case map[string]any:
		for _, one := range v {
			list = append(list, numbersOf(one)...)
		}
	}
	return list
}

// propertiesOf are the numbers of all properties, which are held against the records by themselves.
func propertiesOf(d *events.Detection) *counts {
	c := &counts{}
	for _, v := range d.Properties {
		c.add(numbersOf(v)...)
	}
	slices.Sort(c.values)
	return c
}

var (
	hexed = regexp.MustCompile(`\\x[0-9a-f]{2}`)
	spans = regexp.MustCompile(`\b(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?(?:ms|µs|s))\b|\b\d+h(?:\d+m)?\b|\b\d+m\b`)
	sizes = regexp.MustCompile(`\b(\d+(?:\.\d+)?) (kB|MB|GB|KiB|MiB|GiB)\b`)
	bare  = regexp.MustCompile(`\b\d+(?:\.\d+)?\b`)
)

var units = map[string]float64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

// saidNumber is one of a sentence, and how far it was rounded.
type saidNumber struct{ value, room float64 }

// numbersSaid are the numbers of a sentence: spans in seconds, sizes in bytes. Names with digits in them are no numbers.
func (w *witness) numbersSaid(said string, d *events.Detection) (list []saidNumber) {
	names := slices.Clone(w.texts)
	for _, v := range d.Properties {
		names = append(names, textsOf(v)...)
	}
	for _, name := range ordered(names) {
		if len(name) > 2 && bare.FindString(name) != name {
			said = strings.ReplaceAll(said, name, " ")
		}
	}
	said = sizes.ReplaceAllStringFunc(said, func(s string) string {
		m := sizes.FindStringSubmatch(s)
		n, _ := strconv.ParseFloat(m[1], 64)
		list = append(list, saidNumber{n * units[m[2]], max(0.1, 0.02*n) * units[m[2]]})
		return " "
	})
	said = spans.ReplaceAllStringFunc(said, func(s string) string {
		if span, err := time.ParseDuration(s); err == nil {
			list = append(list, saidNumber{span.Seconds(), max(1, span.Seconds()/50)})
		}
		return " "
	})
	for _, s := range bare.FindAllString(said, -1) {
		n, _ := strconv.ParseFloat(s, 64)
		list = append(list, saidNumber{n, max(0.51, roomOf(n))})
	}
	return list
}
