package detect

import (
	"testing"
	"time"
)

// Catches: acts of different bursts that are added up, and one that was told of and is cut off at the window's end.
func TestWithin(t *testing.T) {
	cases, k := NewCases(CasesOptions{Limit: 10, Idle: time.Hour}), CaseKey{What: "flood"}
	note := func(at time.Duration) *Case {
		return cases.Within(k, act(at, "C", "10.0.0.5", "10.0.0.6"), time.Minute)
	}
	for i := range 9 {
		note(time.Duration(i) * 7 * time.Second)
	}
	if c := note(61 * time.Second); c.Count != 1 || c.Start != c.Last {
		t.Errorf("%d acts of the burst before", c.Count)
	}
	if c := note(50 * time.Second); c.Count != 2 { // late, and of this burst
		t.Errorf("%d acts", c.Count)
	}
	if c := note(70 * time.Second); !c.Reached(c.Count, 3) {
		t.Error("not told")
	}
	if c := note(30 * time.Minute); c.Count != 4 {
		t.Errorf("%d acts after it was told of", c.Count)
	}
	if c := note(3 * time.Hour); c.Count != 1 {
		t.Errorf("%d acts after a rest", c.Count)
	}
}

// Catches: "within 0s", which nobody says.
func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "one second", 49 * time.Millisecond: "one second", 1499 * time.Millisecond: "one second", 1500 * time.Millisecond: "2s", 65 * time.Second: "1m5s"} {
		if got := Lasted(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}
