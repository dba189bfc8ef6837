package detect

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Tunable is one number, duration or list of a detector that may be set.
type Tunable struct {
	Name    string // "ports"
	Text    string // what it is, with its unit
	Default string // as it is written
	Allowed string // for a person: "a whole number from 2 to 65535"
}

// Tuning says which tunables a detector has, and makes it of them. The zero value has none.
type Tuning struct {
	defaults func() reflect.Value // a pointer to a struct of its own each time
	build    func(reflect.Value) Detector
}

// Tuned describes the tunables of a detector by the struct that holds them. Each field carries its text, and where it is a number the
// least and the most that make sense: `tune:"different ports of one victim" min:"2" max:"65535"`. Fields may be int, uint16, uint32, uint64,
// float64, bool, time.Duration, and arrays and slices of these and of string.
func Tuned[T any, D Detector](defaults func() T, build func(T) D) Tuning {
	return Tuning{
		defaults: func() reflect.Value { t := defaults(); return reflect.ValueOf(&t) },
		build:    func(v reflect.Value) Detector { return build(*v.Interface().(*T)) },
	}
}

// List gives the tunables in the order of the fields.
func (t Tuning) List() []Tunable {
	if t.defaults == nil {
		return nil
	}
	var list []Tunable
	v := t.defaults().Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		list = append(list, Tunable{snake(f.Name), f.Tag.Get("tune"), written(v.Field(i)), allowed(f)})
	}
	return list
}

// Check says whether a value makes sense for a tunable, and if not why.
func (t Tuning) Check(name, value string) error {
	if t.defaults == nil {
		return fmt.Errorf("unknown tunable %q; there are none", name)
	}
	return set(t.defaults().Elem(), name, value)
}

// New makes the detector with its defaults and what is set of them, by name. What makes no sense is an error.
func (t Tuning) New(values map[string]string) (Detector, error) {
	v := t.defaults()
	for _, one := range t.List() {
		value, there := values[one.Name]
		if !there {
			continue
		}
		if err := set(v.Elem(), one.Name, value); err != nil {
			return nil, err
		}
	}
	return t.build(v), nil
}

// Enabled is the tunable that every detector has.
const Enabled = "enabled"

// Make gives a detector with what is set of it; nil where it is switched off. A value that makes no sense, which whoever read it has
// complained about, leaves the defaults.
func (s *Spec) Make(values map[string]string) Detector {
	if !s.Enabled(values) {
		return nil
	}
	if s.Tuning.build != nil {
		if d, err := s.Tuning.New(values); err == nil {
			return d
		}
	}
	return s.New()
}

// Enabled says whether the detector is switched on.
func (s *Spec) Enabled(values map[string]string) bool {
	on, err := strconv.ParseBool(values[Enabled])
	return err != nil || on
}

// CheckSetting says whether a value makes sense for a tunable of the detector, and if not why.
func (s *Spec) CheckSetting(name, value string) error {
	if name != Enabled {
		return s.Tuning.Check(name, value)
	}
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Errorf("%s: %q is not true or false", name, value)
	}
	return nil
}

func set(v reflect.Value, name, value string) error {
	var names []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if snake(f.Name) != name {
			names = append(names, snake(f.Name))
			continue
		}
		if !read(v.Field(i), value, f) {
			return fmt.Errorf("%s: %q is not %s", name, value, allowed(f))
		}
		return nil
	}
	return fmt.Errorf("unknown tunable %q; there are %s", name, strings.Join(names, ", "))
}

var durationType = reflect.TypeFor[time.Duration]()

// read sets a field from text and says whether that was possible. Lists are written with commas.
func read(v reflect.Value, text string, f reflect.StructField) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Slice:
		parts := strings.Split(text, ",")
		if strings.TrimSpace(text) == "" {
			parts = nil
		}
		if v.Kind() == reflect.Array && len(parts) != v.Len() || len(parts) > maxListed {
			return false
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
		}
		for i, p := range parts {
			if !readOne(v.Index(i), strings.TrimSpace(p), f) {
				return false
			}
		}
		return true
	}
	return readOne(v, strings.TrimSpace(text), f)
}

// maxListed bounds a list that somebody sets.
const maxListed = 1000

func readOne(v reflect.Value, text string, f reflect.StructField) bool {
	low, high := limits(v.Type(), f)
	if v.Type() == durationType {
		d, err := time.ParseDuration(text)
		v.SetInt(int64(d))
		return err == nil && float64(d) >= low && float64(d) <= high
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return text != "" && len(text) <= 253 // the longest name there is, RFC 1035 section 2.3.4
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err == nil
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		v.SetFloat(x)
		return err == nil && x >= low && x <= high
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
		return err == nil && float64(n) >= low && float64(n) <= high
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
		return err == nil && float64(n) >= low && float64(n) <= high
	}
	return false
}

// limits gives what the tags say, or what the type can hold of what is not negative.
func limits(t reflect.Type, f reflect.StructField) (low, high float64) {
	if t.Kind() == reflect.Array || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch {
	case t == durationType:
		low, high = float64(time.Second), float64(366*24*time.Hour)
	case t.Kind() == reflect.Uint16:
		high = math.MaxUint16
	case t.Kind() == reflect.Float64:
		high = 1e12
	default:
		high = 1 << 40
	}
	if m, ok := f.Tag.Lookup("min"); ok {
		low = bound(m)
	}
	if m, ok := f.Tag.Lookup("max"); ok {
		high = bound(m)
	}
	return low, high
}

// bound reads a limit of a tag: a number, or a duration as nanoseconds. The tests read every tag there is.
func bound(tag string) float64 {
	if d, err := time.ParseDuration(tag); err == nil {
		return float64(d)
	}
	x, err := strconv.ParseFloat(tag, 64)
	if err != nil {
		return math.NaN() // nothing is allowed then
	}
	return x
}

// allowed says for a person what a field takes.
func allowed(f reflect.StructField) string {
	t, many := f.Type, ""
	switch t.Kind() {
	case reflect.Array:
		many, t = fmt.Sprintf("%d values with commas between, each ", t.Len()), t.Elem()
	case reflect.Slice:
		many, t = fmt.Sprintf("a list of at most %d with commas between, each ", maxListed), t.Elem()
	}
	low, high := limits(f.Type, f)
	switch {
	case t == durationType:
		return fmt.Sprintf("%sa duration from %s to %s, such as 90s, 15m or 6h", many, span(low), span(high))
	case t.Kind() == reflect.String:
		return many + "a text of 1 to 253 characters"
	case t.Kind() == reflect.Bool:
		return many + "true or false"
	case t.Kind() == reflect.Float64:
		return fmt.Sprintf("%sa number from %s to %s", many, number(low), number(high))
	}
	return fmt.Sprintf("%sa whole number from %s to %s", many, number(low), number(high))
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// span writes a duration without its zeros: 6h, not 6h0m0s.
func span(ns float64) string {
	text := time.Duration(ns).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// written gives a field as it would be set.
func written(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Array || v.Kind() == reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, written(v.Index(i)))
		}
		return strings.Join(parts, ",")
	case v.Type() == durationType:
		return span(float64(v.Int()))
	case v.Kind() == reflect.Float64:
		return number(v.Float())
	}
	return fmt.Sprint(v.Interface())
}

// snake writes a field's name as settings are written: SNIAge is sni_age.
func snake(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
