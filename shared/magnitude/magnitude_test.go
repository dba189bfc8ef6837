package magnitude

import (
	"math"
	"testing"
)

// Catches: a word for every count, none for the next order, and two words for one jump over two rungs.
func TestClimb(t *testing.T) {
	var l Ladder
	steps := []struct {
		n    float64
		want bool
	}{{19, false}, {20, true}, {20, false}, {199, false}, {200, true}, {30, false}, {200, false}, {25000, true}, {19999, false}, {200000, true}}
	for _, s := range steps {
		if got := l.Climb(s.n, 20); got != s.want {
			t.Fatalf("at %v: %v, want %v", s.n, got, s.want)
		}
	}
	if l.Rung() != 5 {
		t.Fatalf("rung %d, want 5", l.Rung())
	}
}

func TestClimbEndsOnHostileNumbers(t *testing.T) {
	var l Ladder
	if l.Climb(math.Inf(1), 0) || l.Climb(5, -1) || l.Climb(math.NaN(), 1) {
		t.Fatal("a senseless threshold was reached")
	}
	if !l.Climb(math.Inf(1), 1) || l.Climb(math.Inf(1), 1) {
		t.Fatal("infinity is reached once")
	}
}
