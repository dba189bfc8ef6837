package mirrorsim

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestWeek plays a few weeks. MIRRORSIM_SEED plays another one.
func TestWeek(t *testing.T) {
	days, seeds := 7, []uint64{1, 2}
	if testing.Short() {
		days, seeds = 1, seeds[:2]
	}
	if env := os.Getenv("MIRRORSIM_SEED"); env != "" {
		seed, err := strconv.ParseUint(env, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := Run(Options{Seed: seed, Days: days})
			if r.Failure != "" {
				t.Fatalf("seed %d: %s\n%s\nrepeat it with MIRRORSIM_SEED=%d go test -run TestWeek ./test/mirrorsim", seed, r.Failure, strings.Join(r.Log, "\n"), seed)
			}
			r.Log = nil
			t.Logf("%+v", r)
		})
	}
}

// TestSameSeedSameWorld: a failure is worth nothing if it cannot be told again.
func TestSameSeedSameWorld(t *testing.T) {
	if testing.Short() {
		t.Skip("two days are played, which is long under the race detector")
	}
	a, b := Run(Options{Seed: 5, Days: 1}), Run(Options{Seed: 5, Days: 1})
	if strings.Join(a.Log, "\n") != strings.Join(b.Log, "\n") {
		for i := range min(len(a.Log), len(b.Log)) {
			if a.Log[i] != b.Log[i] {
				t.Errorf("line %d of the log:\n%s\n%s", i, a.Log[i], b.Log[i])
				break
			}
		}
	}
	a.Log, b.Log = nil, nil
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}
