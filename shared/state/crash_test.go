package state

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func testParts() []Part { return []Part{{"a", 1}, {"b", 2}} }

func testOptions(d *faultyDisk) Options {
	return Options{Dir: "/state", Parts: testParts(), CompactAfter: 1 << 10, Retry: time.Microsecond, disk: d}
}

// world is what is kept, by part and key.
type world map[string]string

// history is what a program did: the world after each of its commits.
type history struct {
	now     world
	minutes []world // [0] is before the first commit
	sure    int     // the newest minute that is known to be on the disk
}

// script changes a few entries a minute, deletes some, and commits. What it does depends on the seed alone.
func (h *history) minute(l *Log, rng *rand.Rand) {
	for range 1 + rng.IntN(12) {
		part, key := []string{"a", "b"}[rng.IntN(2)], fmt.Sprint("k", rng.IntN(20))
		if rng.IntN(4) == 0 {
			l.Put(part, []byte(key), nil)
			delete(h.now, part+key)
			continue
		}
		value := fmt.Sprint(len(h.minutes), ":", rng.Uint64(), string(make([]byte, rng.IntN(300))))
		l.Put(part, []byte(key), []byte(value))
		h.now[part+key] = value
	}
	h.minutes = append(h.minutes, maps.Clone(h.now))
	l.Commit(int64(len(h.minutes) - 1))
}

// await waits until everything is written, or the disk is off.
func (h *history) await(l *Log, d *faultyDisk) bool {
	for !l.Written() {
		d.mu.Lock()
		off := d.off
		d.mu.Unlock()
		if off {
			return false
		}
		time.Sleep(5 * time.Microsecond)
	}
	h.sure = len(h.minutes) - 1
	return true
}

func restored(t interface{ Fatalf(string, ...any) }, d *faultyDisk) (world, Report) {
	w := world{}
	r, err := Read(testOptions(d), func(e Entry) error {
		if _, twice := w[e.Part.Name+string(e.Key)]; twice {
			t.Fatalf("key %s is given twice", e.Key)
		}
		w[e.Part.Name+string(e.Key)] = string(e.Value)
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return w, r
}

// check holds a disk against what was promised: it stands at a minute, all of it, and not at one before what is known to be written.
func (h *history) check(t interface{ Fatalf(string, ...any) }, what string, d *faultyDisk) {
	w, r := restored(t, d)
	if r.At < int64(h.sure) || int(r.At) >= len(h.minutes) {
		t.Fatalf("%s: stands at minute %d, and %d was written", what, r.At, h.sure)
	}
	if !maps.Equal(w, h.minutes[r.At]) {
		t.Fatalf("%s: minute %d has %d entries, %d are restored, and they differ", what, r.At, len(h.minutes[r.At]), len(w))
	}
	if len(r.LeftOut) > 0 {
		t.Fatalf("%s: a crash is told as damage: %q", what, r.LeftOut)
	}
}

// play runs the script on a disk until it ends or the disk is off. Every few minutes it starts again.
func play(t interface{ Fatalf(string, ...any) }, d *faultyDisk, seed uint64, minutes int) *history {
	rng := rand.New(rand.NewPCG(seed, 1))
	h := &history{now: world{}, minutes: []world{{}}}
	for n := 0; n < minutes; {
		l, err := Open(testOptions(d), func(Entry) error { return nil })
		if err != nil {
			if d.off {
				return h
			}
			t.Fatalf("open: %v", err)
		}
		for range 12 {
			h.minute(l, rng)
			n++
			if rng.IntN(2) == 0 && !h.await(l, d) {
				break
			}
		}
		on := h.await(l, d)
		if err := l.Close(); err != nil && on && !d.off {
			t.Fatalf("close: %v", err)
		}
		if !on {
			break
		}
	}
	return h
}

// TestCrashAnywhere ends the machine at every operation of a run, in the middle of writes too, and of compactions: what is restored is a
// minute, whole, and never one before the last that was written. Both as a process is killed and as the power goes.
func TestCrashAnywhere(t *testing.T) {
	const seed, minutes = 3, 40
	whole := newFaultyDisk(1)
	play(t, whole, seed, minutes)
	if whole.ops < 200 {
		t.Fatalf("only %d operations: the script is too small", whole.ops)
	}
	snapshots := 0
	for n := 1; n <= whole.ops; n++ {
		d := newFaultyDisk(uint64(n))
		d.plan[n] = cutOff
		h := play(t, d, seed, minutes)
		h.check(t, fmt.Sprint("killed at operation ", n), d.killed(uint64(n)))
		for k := range uint64(3) {
			h.check(t, fmt.Sprint("without power at operation ", n), d.powerless(uint64(n)*10+k))
		}
		for name := range d.names {
			if l, ok := linkOf(name[len("/state/"):]); ok && l.kind == aSnapshot {
				snapshots++
			}
		}
	}
	if snapshots == 0 {
		t.Error("no run came to a snapshot: compaction was not under test")
	}
}

// TestGoesOnAfterACrash: what a crash left behind is taken up, written on, and crashes again, many times.
func TestGoesOnAfterACrash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newFaultyDisk(rapid.Uint64().Draw(t, "disk"))
		h := &history{now: world{}, minutes: []world{{}}}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "script"), 1))
		for life := range rapid.IntRange(1, 5).Draw(t, "lives") {
			d.plan = map[int]fault{d.ops + rapid.IntRange(1, 120).Draw(t, "cut"): cutOff}
			for range rapid.IntRange(0, 3).Draw(t, "faults") {
				d.plan[d.ops+rapid.IntRange(1, 100).Draw(t, "at")] = fault(rapid.IntRange(int(refuse), int(badSync)).Draw(t, "fault"))
			}
			h.live(t, d, rng)
			if rapid.Bool().Draw(t, "power") {
				d = d.powerless(rng.Uint64())
			} else {
				d = d.killed(rng.Uint64())
			}
			h.check(t, fmt.Sprint("life ", life), d)
			h.resume(t, d)
		}
	})
}

// live goes on with a disk until it is off.
func (h *history) live(t interface{ Fatalf(string, ...any) }, d *faultyDisk, rng *rand.Rand) {
	l, err := Open(testOptions(d), func(Entry) error { return nil })
	if err != nil {
		if !d.off {
			t.Fatalf("open: %v", err)
		}
		return
	}
	for range 30 {
		h.minute(l, rng)
		if rng.IntN(3) > 0 && !h.await(l, d) {
			break
		}
	}
	l.Close() //nolint:errcheck // the disk is off
}

// resume takes what was restored for what is: later minutes never were.
func (h *history) resume(t interface{ Fatalf(string, ...any) }, d *faultyDisk) {
	w, r := restored(t, d)
	h.now, h.minutes, h.sure = w, append(h.minutes[:r.At], maps.Clone(w)), int(r.At)
}

// TestErrorAnywhere has every single operation fail once, in each way there is. Nothing may be lost: the writer tries again.
func TestErrorAnywhere(t *testing.T) {
	const seed, minutes = 5, 24
	whole := newFaultyDisk(1)
	play(t, whole, seed, minutes)
	for _, f := range []fault{refuse, short, badSync} {
		for n := 1; n <= whole.ops; n++ {
			d := newFaultyDisk(uint64(n))
			d.plan[n] = f
			h := play(t, d, seed, minutes)
			if h.sure != len(h.minutes)-1 {
				t.Fatalf("fault %d at operation %d: minute %d of %d is written", f, n, h.sure, len(h.minutes)-1)
			}
			h.check(t, fmt.Sprintf("fault %d at operation %d, killed", f, n), d.killed(1))
			h.check(t, fmt.Sprintf("fault %d at operation %d, without power", f, n), d.powerless(uint64(n)))
		}
	}
}
