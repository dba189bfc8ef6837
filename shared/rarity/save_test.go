package rarity

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// disk keeps what was saved, as the log of a store does.
type disk map[string][]byte

func (d disk) put(key, value []byte) { d[string(key)] = bytes.Clone(value) }

func (d disk) load(t *testing.T, o Options) *Site {
	t.Helper()
	s := New(o)
	for _, k := range slices.Sorted(maps.Keys(d)) {
		if err := s.Load([]byte(k), d[k]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// mix shows a site a thousand things.
func mix(s *Site, random *rand.Rand, at int64) {
	for range 1000 {
		at += minute / 2
		s.Observe(Kind(random.IntN(int(NumKinds))), thing(random.IntN(3000)), uint32(random.IntN(40)), at)
	}
}

// Catches: a restart after which anything is known otherwise than before, an old state that shines through, or a Save that tells all anew.
func TestSaveAndLoad(t *testing.T) {
	o := Options{Share: 1 << 12}
	d, s, random := disk{}, New(o), rand.New(rand.NewPCG(3, 4))
	for round := range 12 {
		mix(s, random, start+int64(round)*1000*minute)
		s.Save(d.put)
		back := d.load(t, o)
		for k := range NumKinds {
			for i := range 3000 {
				a, b := s.Peek(k, thing(i)), back.Peek(k, thing(i))
				a.LastSeen, b.LastSeen = 0, 0 // right to the hour
				if a != b {
					t.Fatalf("round %d, kind %d, thing %d: %+v, was %+v", round, k, i, b, a)
				}
			}
		}
		if s.Since() != back.Since() || s.Crowd() != back.Crowd() {
			t.Errorf("since %d, was %d; crowd %d, was %d", back.Since(), s.Since(), back.Crowd(), s.Crowd())
		}
		if round%3 == 2 {
			s = back // go on from what was loaded
		}
	}
	n := 0
	s.Save(func(key, value []byte) { n++ })
	s.Save(func(key, value []byte) { n++ })
	if n != 0 {
		t.Errorf("%d values though nothing changed", n)
	}
	s.Observe(Name, thing(1), 99, s.since+1)
	s.Save(func(key, value []byte) { n++ })
	if n < 2 || n > 3 {
		t.Errorf("%d values, want the entry, the site with its new device, and perhaps who had to leave", n)
	}
}

// Catches: an entry that is lost, or told twice, when it is saved in slices while the site goes on.
func TestSaveInSlices(t *testing.T) {
	o := Options{Share: 1 << 12}
	d, s, random := disk{}, New(o), rand.New(rand.NewPCG(9, 9))
	for i := range 400 {
		mix(s, random, start+int64(i)*minute)
		for range i % 4 {
			n := 0
			s.SaveSome(func(key, value []byte) bool {
				d.put(key, value)
				n++
				return n < 100
			})
		}
	}
	slices, total := 0, 0
	for done := false; !done; slices++ {
		n := 0
		done = s.SaveSome(func(key, value []byte) bool {
			d.put(key, value)
			n++
			return n < 10
		})
		total += n
	}
	if slices < total/10 || slices > total/10+1 {
		t.Errorf("%d values in %d slices", total, slices)
	}
	back := d.load(t, o)
	for k := range NumKinds {
		for i := range 3000 {
			if a, b := s.Peek(k, thing(i)), back.Peek(k, thing(i)); a.Devices != b.Devices || a.Returned != b.Returned {
				t.Fatalf("kind %d, thing %d: %+v, was %+v", k, i, b, a)
			}
		}
	}
}

// Catches: a filter whose given-up layers come back.
func TestFilterSurvives(t *testing.T) {
	o := Options{Share: 1 << 10}
	d, s := disk{}, New(o)
	full := perBlock * s.triples.full
	for i := range 9 * full {
		s.Observe(Triple, thing(i), 1, start)
		if i%500 == 0 {
			s.Save(d.put)
		}
	}
	s.Save(d.put)
	back := d.load(t, o)
	if back.triples.serial != s.triples.serial || back.triples.newest != s.triples.newest {
		t.Fatalf("layer %d, was %d", back.triples.serial, s.triples.serial)
	}
	for i := range 9 * full {
		if a, b := s.Peek(Triple, thing(i)).Known(), back.Peek(Triple, thing(i)).Known(); a != b {
			t.Fatalf("triple %d: known %v, was %v", i, b, a)
		}
	}
	a, b := s.triples.layers[s.triples.newest].held, back.triples.layers[s.triples.newest].held
	if b < a*9/10-50 || b > a*11/10+50 {
		t.Errorf("a layer of %d hashes is taken for one of %d", a, b)
	}
}

// Catches: a broken value that takes the rest with it, or is taken for something.
func TestBrokenValues(t *testing.T) {
	o := Options{Share: 1 << 12}
	d, s, random := disk{}, New(o), rand.New(rand.NewPCG(5, 6))
	mix(s, random, start)
	for i := range 20 {
		s.Observe(SNI, thing(1), uint32(i), start)
	}
	s.Save(d.put)
	for k, v := range d {
		bad := [][]byte{nil, {}, {version}, {version + 1, 1, 2}, v[:len(v)-1], append(bytes.Clone(v), 0)}
		for i, b := range bad {
			if err := New(o).Load([]byte(k), b); err == nil {
				t.Errorf("key %x: bad value %d was taken", k, i)
			}
		}
		for i := range v { // must not panic, whatever it says
			b := bytes.Clone(v)
			b[i] ^= 0xff
			back := New(o)
			_ = back.Load([]byte(k), b)
			mix(back, random, start)
		}
		break
	}
	for _, k := range []string{"", "\x01", "\x01\x00\x00\x00\x00", "\x01\xff\xff\xff\xff", "\x0f\x00\x00\x00\x02", "\xf7\x00\x00\x00\x00\x01", "\xf0\x09\x00\x00\x00\x01", "\xff\x00"} {
		if err := New(o).Load([]byte(k), append([]byte{version}, make([]byte, 70)...)); err == nil {
			t.Errorf("key %x was taken", k)
		}
	}
}

func FuzzLoad(f *testing.F) {
	s := New(Options{Share: 1 << 12})
	mix(s, rand.New(rand.NewPCG(7, 8)), start)
	n := 0
	s.Save(func(key, value []byte) {
		if n++; n%40 == 0 {
			f.Add(bytes.Clone(key), bytes.Clone(value))
		}
	})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		s := New(Options{Share: 1 << 12})
		_ = s.Load(key, value)
		_ = s.Load(key, value)
		mix(s, rand.New(rand.NewPCG(1, 1)), start)
		s.Save(func(_, _ []byte) {})
	})
}
