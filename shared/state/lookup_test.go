package state

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestGet: at every moment, over commits, compactions, errors of the disk and restarts, an entry is as it was put in last.
func TestGet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newFaultyDisk(1)
		for range rapid.IntRange(0, 4).Draw(t, "faults") {
			d.plan[rapid.IntRange(1, 200).Draw(t, "at")] = fault(rapid.IntRange(int(refuse), int(badSync)).Draw(t, "fault"))
		}
		o := testOptions(d)
		o.Lookup = "b"
		now, kept := map[string]string{}, map[string]string{}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "script"), 1))
		for range rapid.IntRange(1, 4).Draw(t, "lives") {
			l, err := Open(o, ignore)
			if err != nil {
				t.Fatal(err)
			}
			for range 150 {
				getStep(t, l, rng, now, kept)
			}
			l.Commit(2)
			for !l.Written() { // the end has no patience
				time.Sleep(10 * time.Microsecond)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func getStep(t *rapid.T, l *Log, rng *rand.Rand, now, kept map[string]string) {
	key := fmt.Sprint("k", rng.IntN(12))
	switch rng.IntN(8) {
	case 0:
		l.Put("b", []byte(key), nil)
		delete(now, key)
	case 1, 2, 3:
		now[key] = fmt.Sprint(rng.Uint64(), strings.Repeat("x", rng.IntN(200)))
		l.Put("b", []byte(key), []byte(now[key]))
		l.Put("a", []byte(key), []byte("another part"))
	case 4:
		l.Commit(1)
	default:
		value, ok := l.Get([]byte(key))
		if want, there := now[key]; ok != there || string(value) != want {
			t.Fatalf("%s is %q (%v), want %q (%v)", key, value, ok, want, there)
		}
	}
}
