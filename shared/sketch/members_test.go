package sketch

import "testing"

// Catches: a member that is forgotten, strangers that pass for members too often, and a filter that outgrows its limit.
func TestMembers(t *testing.T) {
	var m Members
	if m.Has(1) || m.Len() != 0 {
		t.Fatal("an empty one has members")
	}
	for _, n := range []int{10, 100, 1000, MembersWell} {
		for i := m.Len(); i < n; i++ {
			m.Add(uint64(i))
		}
		wrong := 0
		for i := range n {
			if !m.Has(uint64(i)) {
				t.Fatalf("%d of %d is forgotten", i, n)
			}
			if m.Has(uint64(i) + 1<<40) {
				wrong++
			}
		}
		if n >= 1000 && wrong > n/100 {
			t.Errorf("%d of %d strangers pass for members", wrong, n)
		}
	}
	for i := range 200_000 {
		m.Add(uint64(i))
	}
	layers, room, count := m.Words()
	words := 0
	for _, l := range layers {
		words += len(l)
	}
	if words*8 > 22<<10 {
		t.Errorf("%d bytes", words*8)
	}
	again, ok := MembersOf(layers, room, count)
	if !ok || !again.Has(7) || again.Add(7) || again.Len() != m.Len() {
		t.Error("what was written down is another")
	}
	for _, bad := range [][][]uint64{{make([]uint64, 31)}, {make([]uint64, 128)}, {make([]uint64, 32), make([]uint64, 32)}} {
		if _, ok := MembersOf(bad, 1, 1); ok {
			t.Errorf("layers of %d words are taken", len(bad[0]))
		}
	}
	if n := testing.AllocsPerRun(100, func() { m.Has(5); m.Add(5) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
