package store

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestDifferingKnowsEveryMember changes each member in turn. A member that is added to detections and forgotten here is found by it.
func TestDifferingKnowsEveryMember(t *testing.T) {
	own := []string{"revision", "created", "modified"}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[events.Detection]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous {
			continue
		}
		before, after := scan(), scan()
		disturb(t, reflect.ValueOf(&after).Elem().FieldByIndex(field.Index))
		want := []string{name}
		if slices.Contains(own, name) {
			want = nil
		}
		if got := Differing(&before, &after); !slices.Equal(got, want) {
			t.Errorf("%s changed: %q", name, got)
		}
	}
}

// disturb makes a value another one.
func disturb(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint32:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]any{"other": true}))
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*events.Context]() {
			v.Set(reflect.ValueOf(&events.Context{Complete: true}))
			return
		}
		v.Set(reflect.ValueOf(&noon))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(1)))
			return
		}
		disturb(t, v.Field(0))
	default:
		t.Fatalf("a member of kind %s is not known here", v.Kind())
	}
}

func TestDifferingAsJSONDoes(t *testing.T) {
	a := scan()
	a.Properties = map[string]any{"n": 3, "list": []string{"a"}, "deep": map[string]any{"m": uint16(4)}}
	a.Tactics, a.Participants, a.Risk.Terms = []string{}, []events.Participant{}, []events.Term{}
	b := *stored(t, a)
	if got := Differing(&a, &b); got != nil {
		t.Errorf("what was stored differs by %q", got)
	}
	b.Properties["n"], b.Risk.Terms = 3.5, []events.Term{{Name: "base"}}
	if got := Differing(&a, &b); !slices.Equal(got, []string{"properties", "risk"}) {
		t.Errorf("%q", got)
	}
	a.Properties = map[string]any{"n": math.NaN(), "raw": json.RawMessage("{")}
	if got := Differing(&a, &a); !slices.Equal(got, []string{"properties"}) {
		t.Errorf("what JSON cannot say: %q", got)
	}
}
