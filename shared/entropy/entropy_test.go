package entropy

import (
	"math"
	"testing"
)

func TestBits(t *testing.T) {
	cases := map[string]float64{"": 0, "aaaa": 0, "abab": 1, "abcd": 2, "0123456789abcdef": 4, "aab": 0.9183}
	for s, want := range cases {
		if got := Bits(s); math.Abs(got-want) > 1e-4 {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}
