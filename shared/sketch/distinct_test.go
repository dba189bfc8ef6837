package sketch

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// Catches: counts that are not exact below the limit, a jump at the change-over, and an estimate that is far off.
func TestCount(t *testing.T) {
	for _, n := range []int{0, 1, 20, exact, exact + 1, 100, 1000, 10_000, 65_536, 1_000_000} {
		var d Distinct
		for i := range n {
			d.Add(Mix(uint64(i)))
			d.Add(Mix(uint64(i / 2))) // seen before
		}
		got, slack := d.Count(), 0.1*float64(n)
		if n <= exact {
			slack = 0
		}
		if math.Abs(float64(got-n)) > slack {
			t.Errorf("%d different: counted %d", n, got)
		}
	}
}

func TestText(t *testing.T) {
	var d Distinct
	for i := range exact {
		d.Add(Mix(uint64(i)))
	}
	if d.Text() != strconv.Itoa(exact) {
		t.Errorf("%q while the count is exact", d.Text())
	}
	d.Add(Mix(exact))
	if !strings.HasPrefix(d.Text(), "about ") {
		t.Errorf("%q of an estimate", d.Text())
	}
}

func TestAddSaysWhatIsNew(t *testing.T) {
	var d Distinct
	for i := range exact + 1 {
		if h := String(strconv.Itoa(i)); !d.Add(h) || d.Add(h) {
			t.Fatalf("hash %d is new once", i)
		}
	}
	if String("a") == String("b") || String("") == 0 {
		t.Error("texts are not told apart")
	}
}

func TestKnownHashesAllocateNothing(t *testing.T) {
	var d Distinct
	for i := range 5000 {
		d.Add(Mix(uint64(i)))
	}
	if n := testing.AllocsPerRun(100, func() { d.Add(7); d.Count() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
