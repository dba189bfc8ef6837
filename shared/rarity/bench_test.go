package rarity

import (
	"math/rand/v2"
	"testing"
)

// observations are of a site at work: a few things that most devices use, and many that few do.
func observations(n, things int) (hashes []uint64, devices []uint32) {
	random := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(random, 1.1, 10, uint64(things))
	for range n {
		hashes = append(hashes, thing(int(zipf.Uint64())))
		devices = append(devices, uint32(random.IntN(10_000)+1))
	}
	return hashes, devices
}

func BenchmarkObserve(b *testing.B) {
	hashes, devices := observations(1<<16, 200_000)
	s := New(Options{})
	at := start
	for range 20 {
		for i, h := range hashes {
			s.Observe(Name, h, devices[i], at)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		at += 1e6
		s.Observe(Name, hashes[i&(1<<16-1)], devices[i&(1<<16-1)], at)
		i++
	}
	b.ReportMetric(float64(s.tables[Name].bytes())/float64(s.Len(Name)), "B/entry")
}

// Full: each observation makes another thing leave.
func BenchmarkObserveNew(b *testing.B) {
	s := New(Options{})
	i := 0
	for range limits[Address] {
		i++
		s.Observe(Address, thing(i), 5, start+int64(i)*1e6)
	}
	b.ReportAllocs()
	for b.Loop() {
		i++
		s.Observe(Address, thing(i), 5, start+int64(i)*1e6)
	}
	b.ReportMetric(float64(s.tables[Address].bytes())/float64(s.Len(Address)), "B/entry")
}

func BenchmarkTriple(b *testing.B) {
	hashes, _ := observations(1<<16, 10_000_000)
	s := New(Options{})
	for i := range 2_000_000 {
		s.Observe(Triple, thing(i), 1, start)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Observe(Triple, hashes[i&(1<<16-1)], 1, start)
		i++
	}
}

func BenchmarkSaveAll(b *testing.B) {
	s := New(Options{})
	for i := range limits[Address] {
		s.Observe(Address, thing(i), uint32(i%5), start+int64(i)*1e6)
	}
	size := 0
	for b.Loop() {
		b.StopTimer()
		t := &s.tables[Address]
		for slot := uint32(anchors); slot < t.slots; slot++ {
			t.mark(t.at(slot), slot)
		}
		size = 0
		b.StartTimer()
		s.Save(func(key, value []byte) { size += len(key) + len(value) })
	}
	b.ReportMetric(float64(size)/float64(limits[Address]), "B/entry")
}
