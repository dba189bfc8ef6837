package rarity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

const (
	start  = int64(1_700_000_000e9)
	minute = int64(time.Minute)
)

func thing(i int) uint64 { return sketch.Mix(uint64(i)) }

// Catches: numbers that are not of this thing, this kind and these devices.
func TestObserve(t *testing.T) {
	s := New(Options{})
	if got := s.Peek(Domain, thing(1)); got.Known() || got.Devices != 0 {
		t.Errorf("nothing was seen yet: %+v", got)
	}
	steps := []struct {
		kind   Kind
		hash   uint64
		device uint32
		at     int64
		want   Seen
	}{
		{Domain, thing(1), 7, start, Seen{First: true, NewDevice: true, Devices: 1, FirstSeen: start, LastSeen: start}},
		{Domain, thing(1), 7, start + 5e9, Seen{Devices: 1, FirstSeen: start, LastSeen: start}},
		{Domain, thing(1), 8, start + 9e9, Seen{NewDevice: true, Devices: 2, FirstSeen: start, LastSeen: start + 5e9}},
		{Name, thing(1), 7, start + 9e9, Seen{First: true, NewDevice: true, Devices: 1, FirstSeen: start + 9e9, LastSeen: start + 9e9}},
		{Domain, thing(1), 0, start + 10e9, Seen{Devices: 2, FirstSeen: start, LastSeen: start + 9e9}},
		{Domain, thing(1), 8, start - 60e9, Seen{Devices: 2, FirstSeen: start, LastSeen: start + 10e9}}, // a record that comes late
		{Domain, thing(1), 8, start, Seen{Devices: 2, FirstSeen: start - 60e9, LastSeen: start + 10e9}},
		{Address, thing(2), 0, start, Seen{First: true, FirstSeen: start, LastSeen: start}},
		{Triple, thing(3), 7, start, Seen{First: true, NewDevice: true, Devices: 1, FirstSeen: start, LastSeen: start}},
		{Triple, thing(3), 7, start, Seen{Devices: 1}}, // triples and domains do not make the crowd
	}
	for i, c := range steps {
		if got := s.Observe(c.kind, c.hash, c.device, c.at); got != c.want {
			t.Errorf("step %d: %+v, want %+v", i, got, c.want)
		}
	}
	if got := s.Peek(Domain, thing(1)); got.Devices != 2 || got.First || !got.Rare(2) || got.Rare(1) {
		t.Errorf("peek: %+v", got)
	}
	if s.Since() != start-60e9 || s.Crowd() != 1 || s.Len(Domain) != 1 || s.Evicted() != 0 {
		t.Errorf("since %d, crowd %d, %d domains, %d evicted", s.Since(), s.Crowd(), s.Len(Domain), s.Evicted())
	}
	if !s.Peek(Triple, thing(3)).Known() || s.Peek(Triple, thing(4)).Known() {
		t.Error("triples: what was seen is not known, or what was not is")
	}
}

// Catches: a count that is wrong where detectors compare exactly, that falls, or that errs by more than is said.
func TestDevicesAreCounted(t *testing.T) {
	worst, sum := 0.0, 0.0
	const runs = 60
	for run := range runs {
		s := New(Options{})
		before := 0
		for i := range 20_000 {
			device := uint32(run*1_000_000 + i + 1)
			s.Observe(SNI, thing(1), device, start)
			got := s.Observe(SNI, thing(1), device, start)
			n := i + 1
			if got.Devices < before || n <= exact+1 && got.Devices != n || got.NewDevice {
				t.Fatalf("%d devices counted as %+v, before as %d", n, got, before)
			}
			before = got.Devices
		}
		off := float64(before)/20_000 - 1
		worst, sum = max(worst, math.Abs(off)), sum+off
	}
	t.Logf("20,000 devices: off by %.1f %% at the most, %+.1f %% on average", 100*worst, 100*sum/runs)
	if worst > 0.4 || math.Abs(sum/runs) > 0.05 {
		t.Errorf("off by %.2f at the most, %.2f on average", worst, sum/runs)
	}
}

// Catches: a table that grows past its limit, forgets what is in use, or takes for new what it had to forget.
func TestLeastRecentLeaves(t *testing.T) {
	s := New(Options{Share: 1 << 12})
	limit := s.tables[Address].limit
	at := start
	for i := range 10 * limit {
		at += minute
		if got := s.Observe(Address, thing(i), uint32(i), at); !got.First {
			t.Fatalf("%d is not new: %+v", i, got)
		}
		if got := s.Observe(Address, thing(0), 3, at); i > 0 && (got.First || got.FirstSeen != start+minute) {
			t.Fatalf("what is in use was forgotten: %+v", got)
		}
	}
	if s.Len(Address) != limit || s.Evicted() != uint64(9*limit) {
		t.Errorf("%d entries of %d, %d evicted", s.Len(Address), limit, s.Evicted())
	}
	if got := s.Peek(Address, thing(1)); !got.Returned || got.Devices != 0 || !got.Known() {
		t.Errorf("forgotten: %+v", got)
	}
	if got := s.Observe(Address, thing(1), 9, at); got.First || !got.Returned || !got.NewDevice || got.Devices != 1 {
		t.Errorf("back again: %+v", got)
	}
	if got := s.Observe(Domain, thing(1), 9, at); !got.First {
		t.Errorf("another kind is another thing: %+v", got)
	}
}

// Catches: a device that makes up names, and so pushes out what the others share.
func TestFloodOfOneDevice(t *testing.T) {
	s := New(Options{Share: 1 << 12})
	limit := s.tables[Name].limit
	for i := range limit / 4 {
		s.Observe(Name, thing(i), 1, start)
		s.Observe(Name, thing(i), 2, start)
	}
	for i := range 20 * limit {
		s.Observe(Name, thing(1_000_000+i), 3, start+int64(i)*minute)
	}
	for i := range limit / 4 {
		if got := s.Peek(Name, thing(i)); got.Devices != 2 {
			t.Fatalf("name %d: %+v", i, got)
		}
	}
}

// Catches: a filter that forgets too early, or that takes more for known than is said.
func TestTriples(t *testing.T) {
	s := New(Options{Share: 8})
	most := 5 * perBlock * s.triples.full
	wrong, random := 0, rand.New(rand.NewPCG(1, 2))
	favourite := thing(-1)
	s.Observe(Triple, favourite, 1, start)
	hashes := make([]uint64, most)
	for i := range hashes {
		hashes[i] = random.Uint64()
		if !s.Observe(Triple, hashes[i], 1, start).First {
			wrong++
		}
		if i%1000 == 0 && s.Observe(Triple, favourite, 1, start).First {
			t.Fatalf("what is in use was forgotten after %d", i)
		}
	}
	// The layers of full size remember; the small ones of the beginning were given up. What was wrongly taken for known in one of these
	// was not added, and is gone with it.
	forgotten := 0
	for _, h := range hashes[most-4*perBlock*s.triples.full:] {
		if !s.Peek(Triple, h).Known() {
			forgotten++
		}
	}
	if forgotten > most/1000 {
		t.Errorf("%d triples were forgotten", forgotten)
	}
	for range 20 {
		for range 100_000 {
			if s.Peek(Triple, random.Uint64()).Known() {
				wrong++
			}
		}
	}
	rate := float64(wrong) / float64(most+2_000_000)
	t.Logf("%d triples in %d KiB: %.3f %% of new ones taken for known", most, s.triples.bytes()>>10, 100*rate)
	if rate > 0.001 {
		t.Errorf("%d wrong", wrong)
	}
}

// Catches: a site that outgrows what is stated. An eighth of it, for the test's sake.
func TestBytesAreBounded(t *testing.T) {
	if unsafe.Sizeof(entry{}) != 64 || len(limits) != int(Triple) {
		t.Fatalf("an entry takes %d bytes", unsafe.Sizeof(entry{}))
	}
	const share = 8
	s := New(Options{Share: share})
	for k := range Triple {
		for i := range 3 * limits[k] / share {
			s.Observe(k, thing(i), uint32(i%50_000), start+int64(i)*1e9)
		}
	}
	for i := range 7 * perBlock * s.triples.full {
		s.Observe(Triple, thing(i), 1, start)
	}
	entries := 0
	for k := range Triple {
		if s.Len(k) != limits[k]/share {
			t.Errorf("kind %d: %d entries", k, s.Len(k))
		}
		entries += s.Len(k)
	}
	t.Logf("%d entries, %d bytes in all, %d evicted", entries, s.Bytes(), s.Evicted())
	if s.Bytes() > MaxBytes/share {
		t.Errorf("%d bytes, stated are %d", s.Bytes(), MaxBytes/share)
	}
}
