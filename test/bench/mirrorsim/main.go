// Program mirrorsim plays many seeded weeks of package test/mirrorsim. What comes in is which seeds; what goes out is how far it is, and
// in the end one line, with the first seed that failed and how to repeat it. It never asks anything of AWS.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/mirrorsim"
)

// gcPercent is for a world that is small and makes much that lives for a moment: at Go's own 100 every tenth second went into collecting.
const gcPercent = 400

func main() {
	seeds := flag.Int("seeds", 1000, "how many seeds to play")
	from := flag.Uint64("from", 1, "the first seed: where an earlier run was stopped")
	parallel := flag.Int("parallel", 2, "how many at once")
	days := flag.Int("days", 7, "simulated days a seed")
	log := flag.Int("log", 200, "lines of the log of the first failure")
	flag.Parse()
	if *seeds < 1 || *parallel < 1 || *days < 1 || *log < 1 {
		fmt.Fprintln(os.Stderr, "mirrorsim: -seeds, -parallel, -days and -log must be 1 or more")
		os.Exit(2)
	}
	debug.SetGCPercent(gcPercent)
	b := bench{from: *from, seeds: *seeds, days: *days, log: *log, began: time.Now()}
	b.run(*parallel)
	os.Exit(b.end())
}

// bench is a run over many seeds.
type bench struct {
	from        uint64
	seeds, days int
	log         int
	began, told time.Time

	mu     sync.Mutex
	done   map[uint64]bool
	low    uint64 // every seed below it is done
	sum    mirrorsim.Result
	failed []mirrorsim.Result
}

func (b *bench) run(parallel int) {
	b.done, b.low = map[uint64]bool{}, b.from
	next := make(chan uint64)
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for seed := range next {
				b.add(mirrorsim.Run(mirrorsim.Options{Seed: seed, Days: b.days, Log: b.log}))
			}
		})
	}
	for i := range b.seeds {
		next <- b.from + uint64(i)
	}
	close(next)
	all.Wait()
}

// add counts a seed, and says now and then how far it is and from which seed to go on if it is stopped.
func (b *bench) add(r mirrorsim.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[r.Seed] = true
	for b.done[b.low] {
		delete(b.done, b.low)
		b.low++
	}
	b.sum.Add(&r)
	if r.Failure != "" {
		b.failed = append(b.failed, r)
		fmt.Fprintf(os.Stderr, "seed %d failed: %.300s\n", r.Seed, r.Failure)
	}
	played := int(b.low-b.from) + len(b.done)
	if now := time.Now(); now.Sub(b.told) >= 10*time.Second || played == b.seeds {
		b.told = now
		took := now.Sub(b.began)
		left := time.Duration(float64(took) / float64(played) * float64(b.seeds-played))
		fmt.Fprintf(os.Stderr, "%d of %d seeds, %d failed, %s; about %s to go (go on with -from %d)\n",
			played, b.seeds, len(b.failed), took.Round(time.Second), left.Round(time.Second), b.low)
	}
}

func (b *bench) end() int {
	s := &b.sum
	fmt.Printf("%d seeds of %d days: %d failed; %d actions of people, %d passes, %d calls (%d throttled), %d changes: %d sessions made, %d mended, %d deleted; "+
		"%d events (%d lost, %d doubled, %d redelivered, %d dead); %d loops killed, %d stalled, %d passes inside another; %d times at rest, %d interfaces judged; %s\n",
		b.seeds, b.days, len(b.failed), s.Actions, s.Sweeps+s.Batches, s.Calls, s.Throttled, s.Changes, s.Made, s.Mended, s.Gone,
		s.Events, s.Lost, s.Doubled, s.Redelivered, s.Dead, s.Killed, s.Stalled, s.Nested, s.Quiets, s.Checked, time.Since(b.began).Round(time.Second))
	if len(b.failed) == 0 {
		return 0
	}
	first := b.failed[0]
	for _, r := range b.failed {
		if r.Seed < first.Seed {
			first = r
		}
	}
	fmt.Printf("first failing seed %d: %s\n%s\nrepeat it: go run ./test/bench/mirrorsim -from %d -seeds 1 -days %d\n",
		first.Seed, first.Failure, strings.Join(first.Log, "\n"), first.Seed, b.days)
	return 1
}
