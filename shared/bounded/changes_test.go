package bounded

import (
	"slices"
	"testing"
)

// Catches: a key given twice, one lost between two slices, one that changes again while the others are taken and is then forgotten.
func TestChangesAreTakenOnceEach(t *testing.T) {
	var c Changes[int]
	for _, k := range []int{3, 1, 3, 2, 1} {
		c.Note(k)
	}
	var got []int
	take := func(n int) bool {
		return c.Take(func(k int) bool {
			got = append(got, k)
			n--
			return n > 0
		})
	}
	if take(2) || c.Len() != 1 {
		t.Fatalf("one is left, but Len is %d", c.Len())
	}
	c.Note(3)
	if !take(5) || c.Len() != 0 {
		t.Fatal("something is left")
	}
	if want := []int{3, 1, 2, 3}; !slices.Equal(got, want) {
		t.Fatalf("took %v, want %v", got, want)
	}
	if !take(1) {
		t.Fatal("nothing was noted, and something is left")
	}
}

// Catches: notes that pile up where nobody saves, and the newest being dropped for the oldest.
func TestNotesAreBounded(t *testing.T) {
	var c Changes[int]
	for k := range 3 * maxNoted {
		c.Note(k)
	}
	if c.Len() != maxNoted || cap(c.order) > 4*maxNoted {
		t.Fatalf("%d noted, room for %d", c.Len(), cap(c.order))
	}
	want := 2 * maxNoted
	c.Take(func(k int) bool {
		if k != want {
			t.Fatalf("took %d, want %d", k, want)
		}
		want++
		return true
	})
}

// Catches: an entry that leaves unsaid, or is said to leave when it was deleted.
func TestWhoLeavesIsSaid(t *testing.T) {
	table := New[int, string](2)
	var left []int
	table.OnEvict(func(k int, v *string) {
		if *v != "kept" {
			t.Errorf("entry %d left with value %q", k, *v)
		}
		left = append(left, k)
	})
	for i := range 5 {
		v, _ := table.Put(i)
		*v = "kept"
	}
	table.Delete(4)
	if want := []int{0, 1, 2}; !slices.Equal(left, want) {
		t.Fatalf("left: %v, want %v", left, want)
	}
}
