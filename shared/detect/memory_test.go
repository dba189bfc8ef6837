package detect

import (
	"maps"
	"testing"
)

type pair struct{ a, b uint32 }

func pairs(limit int) *Memory[pair, [2]int64] {
	return NewMemory(limit, Code[pair, [2]int64]{
		Letter: 'p', Version: 3,
		Write: func(key, value *Numbers, k pair, v *[2]int64) {
			key.Add(int64(k.a))
			key.Add(int64(k.b))
			if v[0] == 0 {
				return
			}
			value.Add(v[0])
			value.Add(v[1])
		},
		Read: func(key, value *Numbers, v *[2]int64) pair {
			k := pair{uint32(key.Next(1<<32 - 1)), uint32(key.Next(1<<32 - 1))}
			v[0], v[1] = value.Next(1<<62), value.Next(1<<62)
			return k
		},
	})
}

// disk is what a Keeper handed over.
func disk(into map[string]string) func(key, value []byte) {
	return func(key, value []byte) {
		if value == nil {
			delete(into, string(key))
			return
		}
		into[string(key)] = string(value)
	}
}

// Catches: an entry that is saved twice or never, one that left and comes back, one that is read back as another.
func TestMemoryOutlivesARestart(t *testing.T) {
	m, stored := pairs(3), map[string]string{}
	put := func(a, b uint32, x, y int64) {
		v, _ := m.Put(pair{a, b})
		*v = [2]int64{x, y}
		m.Note(pair{a, b})
	}
	put(1, 1, 10, 1<<62)
	put(1<<32-1, 2, 20, 0)
	m.Save(disk(stored))
	calls := 0
	m.Save(func(_, _ []byte) { calls++ })
	if len(stored) != 2 || calls != 0 {
		t.Fatalf("%d stored, %d told again", len(stored), calls)
	}
	put(3, 3, 30, 3)
	put(4, 4, 40, 4) // 1 has to leave
	put(5, 5, 0, 9)  // not worth keeping; 2 has to leave
	m.Forget(pair{3, 3})
	m.Note(pair{1, 1})
	slices := 1
	for !m.SaveSome(func(key, value []byte) bool { disk(stored)(key, value); return false }) {
		slices++
	}
	again, got := pairs(3), map[pair][2]int64{}
	for k, v := range stored {
		if err := again.Load([]byte(k), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range again.All {
		got[k] = *v
	}
	if want := map[pair][2]int64{{4, 4}: {40, 4}}; !maps.Equal(got, want) || slices != 5 {
		t.Errorf("%v after %d slices, want %v", got, slices, want)
	}
}

// Catches: a broken value that panics, or that is taken for a good one.
func TestMemoryRefusesWhatIsBroken(t *testing.T) {
	m, stored := pairs(10), map[string]string{}
	v, _ := m.Put(pair{300, 2})
	*v = [2]int64{1000, 1 << 40}
	m.Note(pair{300, 2})
	m.Save(disk(stored))
	for key, value := range stored {
		bad := [][2]string{{"", value}, {key, ""}, {"x" + key[1:], value}, {key, "\x04" + value[1:]}, {key + "x", value}, {key, value + "x"}, {"p\xff\xff\xff\xff\xff\x01\x02", value}}
		for i := 1; i < len(value); i++ {
			bad = append(bad, [2]string{key, value[:i]})
		}
		for i := 1; i < len(key); i++ {
			bad = append(bad, [2]string{key[:i], value})
		}
		for _, b := range bad {
			if err := pairs(10).Load([]byte(b[0]), []byte(b[1])); err == nil {
				t.Errorf("%x = %x was read", b[0], b[1])
			}
		}
		if err := pairs(10).Load([]byte(key), []byte(value)); err != nil {
			t.Error(err)
		}
	}
}

// Catches: texts that are cut, too long, or no address, and are taken all the same.
func TestNumbersHoldTexts(t *testing.T) {
	var n Numbers
	n.Text("eni-1")
	n.Text("10.0.0.1")
	n.Text("2001:db8::1")
	n.Add(-5)
	whole := Numbers{b: n.b}
	if s, a, b, z := whole.NextText(10), whole.NextAddr(), whole.NextAddr(), whole.Next(0); s != "eni-1" || a.String() != "10.0.0.1" || b.String() != "2001:db8::1" || z != 0 || whole.bad {
		t.Errorf("%s %s %s %d, bad %v", s, a, b, z, whole.bad)
	}
	for i := range len(n.b) {
		cut := Numbers{b: n.b[:i]}
		cut.NextText(10)
		cut.NextAddr()
		cut.NextAddr()
		cut.Next(0)
		if !cut.bad {
			t.Errorf("cut at %d of %d is taken for whole", i, len(n.b))
		}
	}
	if long := (Numbers{b: n.b}); long.NextText(4) != "" || !long.bad {
		t.Error("a text that is too long was taken")
	}
	if wrong := (Numbers{b: n.b}); wrong.NextAddr().IsValid() || !wrong.bad {
		t.Error("eni-1 is no address")
	}
}
