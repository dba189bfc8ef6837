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
