package trigger

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func inst(id string) Key  { return Key{"1", "r", Instance, id} }
func eni(id string) Key   { return Key{"1", "r", Interface, id} }
func whole(a string) Key  { return Key{a, "r", Sweep, ""} }
func other(id string) Key { return Key{"2", "r", Instance, id} }

func of(id string, keys ...Key) Trigger { return Trigger{ID: id, Keys: keys} }

func versioned(id, resource string, version int64, keys ...Key) Trigger {
	return Trigger{ID: id, Resource: resource, Version: version, Keys: keys}
}

func TestFold(t *testing.T) {
	many := Trigger{ID: "many"}
	for i := range mostAlone + 1 {
		many.Keys = append(many.Keys, inst(fmt.Sprintf("i-%d", i)))
	}
	most := of("most", many.Keys[:mostAlone]...)
	for _, c := range []struct {
		name string
		list []Trigger
		want []Key
	}{
		{"nothing", nil, nil},
		{"ignored", []Trigger{{ID: "a", Ignored: "why"}}, nil},
		{"order", []Trigger{of("a", inst("i-2"), eni("eni-1")), of("b", inst("i-1"))}, []Key{inst("i-2"), eni("eni-1"), inst("i-1")}},
		{"same key", []Trigger{of("a", inst("i-1")), of("b", inst("i-1"))}, []Key{inst("i-1")}},
		{"same id in two accounts", []Trigger{of("a", inst("i-1")), of("b", other("i-1"))}, []Key{inst("i-1"), other("i-1")}},
		{"same event", []Trigger{of("a", inst("i-1")), of("a", inst("i-2"))}, []Key{inst("i-1")}},
		{"sweep after", []Trigger{of("a", inst("i-1"), other("i-3")), of("b", eni("eni-1")), of("c", whole("1"))}, []Key{whole("1"), other("i-3")}},
		{"sweep before", []Trigger{of("c", whole("1")), of("a", inst("i-1"), other("i-3"))}, []Key{whole("1"), other("i-3")}},
		{"everything", []Trigger{of("a", inst("i-1"), whole("2")), of("b", everything)}, []Key{everything}},
		{"too many", []Trigger{of("a", other("i-1")), many}, []Key{other("i-1"), whole("1")}},
		{"as many as may be", []Trigger{most}, most.Keys},
		{"older version", []Trigger{versioned("a", "x", 3, inst("i-1")), versioned("b", "x", 2, inst("i-2"))}, []Key{inst("i-1")}},
		{"newer version", []Trigger{versioned("a", "x", 2, inst("i-1")), versioned("b", "x", 3, inst("i-2"))}, []Key{inst("i-1"), inst("i-2")}},
		{"same version", []Trigger{versioned("a", "x", 2, inst("i-1")), versioned("b", "x", 2, inst("i-2"))}, []Key{inst("i-1"), inst("i-2")}},
		{"version of another", []Trigger{versioned("a", "x", 3, inst("i-1")), versioned("b", "y", 2, inst("i-2"))}, []Key{inst("i-1"), inst("i-2")}},
	} {
		if got := Fold(c.list, NewSeen()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got  %v\nwant %v", c.name, got, c.want)
		}
	}
}

func TestSeenLastsFromBatchToBatch(t *testing.T) {
	seen := NewSeen()
	first := []Trigger{versioned("a", "x", 5, inst("i-1"))}
	if got := Fold(first, seen); len(got) != 1 {
		t.Fatal(got)
	}
	if got := Fold(first, seen); got != nil {
		t.Error("doubled:", got)
	}
	if got := Fold([]Trigger{versioned("b", "x", 4, inst("i-1"))}, seen); got != nil {
		t.Error("stale:", got)
	}
	seen.Forget(first)
	if got := Fold(first, seen); len(got) != 1 {
		t.Error("delivered again after a failure:", got)
	}
}

func TestSeenIsBounded(t *testing.T) {
	seen := NewSeen()
	n := func(i int) Trigger { return versioned(fmt.Sprint("e", i), fmt.Sprint("x", i), 2, inst("i-1")) }
	for i := range mostSeen {
		Fold([]Trigger{n(i)}, seen)
	}
	if seen.Forgotten() != 0 || len(Fold([]Trigger{n(0)}, seen)) != 0 {
		t.Fatal("it is full, and forgets nothing yet")
	}
	Fold([]Trigger{n(mostSeen)}, seen) // e1 goes, for e0 was just asked for; and x0, as a doubled event asks for no version
	if seen.Forgotten() != 2 || len(seen.events.at) != mostSeen || seen.events.order.Len() != mostSeen || len(seen.versions.at) != mostSeen {
		t.Errorf("%d forgotten, %d kept", seen.Forgotten(), len(seen.events.at))
	}
	if len(Fold([]Trigger{n(0)}, seen)) != 0 || len(Fold([]Trigger{n(1)}, seen)) != 1 {
		t.Error("what was longest not heard of is forgotten first")
	}
}

// TestFoldLosesNothing: whatever comes in whatever order, every key of an event that is news is among what is looked at, or within a sweep.
func TestFoldLosesNothing(t *testing.T) {
	keys := []Key{inst("i-1"), inst("i-2"), eni("eni-1"), other("i-1"), other("i-2"), whole("1"), whole("2"), everything}
	rapid.Check(t, func(t *rapid.T) {
		var list []Trigger
		for i := range rapid.IntRange(0, 8).Draw(t, "events") {
			list = append(list, of(fmt.Sprint(i), rapid.SliceOfN(rapid.SampledFrom(keys), 0, 3).Draw(t, "keys")...))
		}
		got := map[Key]bool{}
		for _, k := range Fold(list, NewSeen()) {
			if got[k] {
				t.Fatalf("%v twice", k)
			}
			got[k] = true
		}
		for _, tr := range list {
			for _, k := range tr.Keys {
				if !got[k] && !got[k.place()] && !got[everything] {
					t.Fatalf("%v is lost: %v", k, got)
				}
			}
		}
		for k := range got {
			if k != k.place() && got[k.place()] || k != everything && got[everything] {
				t.Fatalf("%v is within a sweep: %v", k, got)
			}
		}
	})
}
