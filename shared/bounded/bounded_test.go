package bounded

import (
	"slices"
	"testing"
)

// Catches: evicting by insertion rather than by touch, and a count that does not say so.
func TestLeastRecentlyTouchedLeaves(t *testing.T) {
	table := New[int, string](3)
	for i := range 3 {
		v, fresh := table.Put(i)
		if !fresh {
			t.Fatalf("key %d was there before it was put", i)
		}
		*v = "first"
	}
	table.Get(0)  // 1 is now the oldest
	table.Peek(1) // does not rescue it
	if v, _ := table.Put(3); *v != "" {
		t.Fatalf("a reused slot kept %q", *v)
	}
	if table.Peek(1) != nil || table.Peek(0) == nil {
		t.Fatal("the entry that left is not the least recently touched one")
	}
	if table.Len() != 3 || table.Evicted() != 1 {
		t.Fatalf("len %d, evicted %d; want 3 and 1", table.Len(), table.Evicted())
	}
}

// Catches: a broken ring after deletes in the middle, at the ends, and while iterating.
func TestOrderAndDelete(t *testing.T) {
	table := New[int, int](10)
	for i := range 6 {
		table.Put(i)
	}
	table.Put(2)
	table.Delete(0)
	table.Delete(99)
	var got []int
	for k := range table.All {
		got = append(got, k)
		if k == 3 {
			table.Delete(3)
		}
	}
	if want := []int{1, 3, 4, 5, 2}; !slices.Equal(got, want) {
		t.Fatalf("order %v, want %v", got, want)
	}
	if k, _, ok := table.Oldest(); !ok || k != 1 {
		t.Fatalf("oldest %d %v, want 1", k, ok)
	}
	if table.Len() != 4 {
		t.Fatalf("len %d, want 4", table.Len())
	}
}

func TestEmpty(t *testing.T) {
	table := New[int, int](0)
	if _, _, ok := table.Oldest(); ok {
		t.Fatal("an empty table has an oldest entry")
	}
	table.Put(1)
	table.Put(2)
	if table.Len() != 1 {
		t.Fatalf("len %d, want 1: a limit below 1 counts as 1", table.Len())
	}
}

// Catches: an allocation for a key that is known.
func TestKnownKeysAllocateNothing(t *testing.T) {
	table := New[int, int](4)
	table.Put(1)
	table.Put(2)
	if n := testing.AllocsPerRun(100, func() { table.Put(1); table.Get(2) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// Catches: an entry that is touched in vain, and one that is found and is not there.
func TestEntries(t *testing.T) {
	table := New[int, string](2)
	table.Put(1)
	v, _ := table.Put(2)
	*v = "two"
	if e := table.Find(2); e == nil || e.Key() != 2 || e.Value != "two" || table.Find(3) != nil {
		t.Fatalf("found %+v", e)
	}
	table.Touch(table.Find(1))
	if k, _, _ := table.Oldest(); k != 2 {
		t.Fatalf("oldest %d, want 2", k)
	}
	e := table.Find(2)
	table.Rekey(e, 9)
	if table.Peek(2) != nil || table.Find(9) != e || e.Key() != 9 || table.Len() != 2 {
		t.Fatalf("under another key: %v", table.Find(9))
	}
}

// Catches: an entry that is in two tables, or in none, and one that is taken over although there is no room.
func TestAdopt(t *testing.T) {
	from, to := New[int, string](2), New[int, string](1)
	v, _ := from.Put(1)
	*v = "one"
	to.Put(2)
	to.Adopt(from.Find(1), from)
	if from.Len() != 0 || to.Len() != 1 || to.Evicted() != 1 || to.Peek(1) != v || *v != "one" || to.Peek(2) != nil {
		t.Fatalf("%d in one and %d in the other, of which %d left", from.Len(), to.Len(), to.Evicted())
	}
	if k, _, ok := to.Oldest(); !ok || k != 1 {
		t.Fatalf("the oldest is %d", k)
	}
}
