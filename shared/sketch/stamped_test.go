package sketch

import (
	"math"
	"testing"
)

// Catches: counts that are not exact while they are few, an estimate that is far off, a minute that counts what an earlier one saw.
func TestStamped(t *testing.T) {
	for _, n := range []int{1, 8, 100, 192, 193, 1000, 20_000, 300_000} {
		var s Stamped
		for i := range n {
			s.Add(Mix(uint64(i)), 1)
			s.Add(Mix(uint64(i)), 1)
		}
		for i := range n / 2 {
			s.Add(Mix(uint64(i)), 2)
		}
		slack := 0.25
		if n <= 192 {
			slack = 0
		}
		if off := math.Abs(float64(s.Count()-n)) / float64(n); off > slack {
			t.Errorf("%d different: counted %d", n, s.Count())
		}
		if n > 1 && math.Abs(float64(s.Latest()-n/2))/float64(n/2) > 1.5*slack {
			t.Errorf("%d under the latest stamp: counted %d", n/2, s.Latest())
		}
		s.Clear()
		if s.Count() != 0 || s.Latest() != 0 || len(s.slots) > maxStamped {
			t.Errorf("after Clear: %d, %d, %d slots", s.Count(), s.Latest(), len(s.slots))
		}
	}
}

func TestStampedAllocatesNothingOnceGrown(t *testing.T) {
	var s Stamped
	for i := range 150 {
		s.Add(Mix(uint64(i)), 1)
	}
	stamp := uint8(0)
	if n := testing.AllocsPerRun(100, func() {
		s.Clear()
		stamp = stamp%60 + 1
		for i := range 150 {
			s.Add(Mix(uint64(i)), stamp)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Catches: a full table that forgets those it sees every day, or grows without end.
func TestSeen(t *testing.T) {
	var s Seen
	mistaken := 0
	for day := range int64(200) {
		for i := range 300 {
			if fresh := s.Add(Mix(uint64(i)), day); fresh != (day == 0) {
				t.Fatalf("day %d: partner %d of every day: fresh %v", day, i, fresh)
			}
		}
		for i := range 50 {
			if !s.Add(Mix(uint64(1_000_000+day*50+int64(i))), day) {
				mistaken++
			}
		}
	}
	if mistaken > 3 {
		t.Errorf("%d of 10,000 strangers were taken for known ones", mistaken)
	}
	if len(s.slots) > maxSeen || s.Len() > maxSeen {
		t.Errorf("%d slots for %d", len(s.slots), s.Len())
	}
	var scanner Seen
	for i := range 100_000 {
		scanner.Add(Mix(uint64(i)), 1)
	}
	if len(scanner.slots) > maxSeen || scanner.Len() < maxSeen/4 {
		t.Errorf("a scanner: %d slots for %d", len(scanner.slots), scanner.Len())
	}
}
