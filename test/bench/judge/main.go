// Program judge tries the judge on seeded weeks of package test/judgesim. What comes in is which seeds; what goes out is how far it is, a
// table for each seed of what was found and how soon, and one over all beside simple thresholds on the same data. It ends with 1 where the
// bar is missed. It never tunes anything to a seed.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/judgesim"
	"github.com/mirrorwatch/mirrorwatch/test/judgesim/trial"
)

// gcPercent: the site makes much that lives for a moment.
const gcPercent = 400

type flags struct {
	seeds, days, devices, parallel int
	from, seed                     uint64
	json, list                     bool
	profile                        string
}

func main() {
	f := flags{}
	flag.IntVar(&f.seeds, "seeds", 5, "how many seeds to try")
	flag.Uint64Var(&f.from, "from", 1, "the first seed")
	flag.Uint64Var(&f.seed, "seed", 0, "try this one only")
	flag.IntVar(&f.days, "days", 28, "days a seed")
	flag.IntVar(&f.devices, "devices", 200, "local hosts, about")
	flag.IntVar(&f.parallel, "parallel", min(2, runtime.NumCPU()), "how many at once")
	flag.BoolVar(&f.json, "json", false, "print the reports as JSON")
	flag.BoolVar(&f.list, "list", false, "print every detection of medium risk and above, and what people did to the site")
	flag.StringVar(&f.profile, "profile", "", "write a CPU profile to this file")
	flag.Parse()
	if f.seeds < 1 || f.parallel < 1 || f.days < 4 || f.devices < 40 {
		fmt.Fprintln(os.Stderr, "judge: -seeds and -parallel must be 1 or more, -days 4 or more, -devices 40 or more")
		os.Exit(2)
	}
	if f.seed != 0 {
		f.from, f.seeds = f.seed, 1
	}
	os.Exit(f.run())
}

func (f *flags) run() int {
	debug.SetGCPercent(gcPercent)
	if f.profile != "" {
		out, err := os.Create(f.profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "judge: create profile:", err)
			return 2
		}
		defer out.Close()
		if err := pprof.StartCPUProfile(out); err != nil {
			fmt.Fprintln(os.Stderr, "judge: start profile:", err)
			return 2
		}
		defer pprof.StopCPUProfile()
	}
	began := time.Now()
	reports := f.try(began)
	if f.json {
		if err := json.NewEncoder(os.Stdout).Encode(reports); err != nil {
			fmt.Fprintln(os.Stderr, "judge: write reports:", err)
			return 2
		}
	}
	var sum trial.Sum
	holds := true
	for _, r := range reports {
		sum.Add(r)
		holds = holds && r.Holds()
	}
	if !f.json {
		overall(os.Stdout, &sum, holds, time.Since(began))
	}
	if !holds {
		return 1
	}
	return 0
}

// try runs the seeds, some at once.
func (f *flags) try(began time.Time) []*trial.Report {
	reports, next := make([]*trial.Report, f.seeds), make(chan int)
	p := progress{began: began, whole: f.seeds * f.days}
	var all sync.WaitGroup
	for range f.parallel {
		all.Go(func() {
			for i := range next {
				seed := f.from + uint64(i)
				reports[i] = trial.Run(trial.Options{
					Site:     judgesim.Options{Seed: seed, Days: f.days, Devices: f.devices},
					Progress: func(day int, records uint64) { p.day(seed, day, records) },
				})
				f.show(&p, reports[i])
			}
		})
	}
	for i := range f.seeds {
		next <- i
	}
	close(next)
	all.Wait()
	return reports
}

// show prints what came of a seed as soon as it is known.
func (f *flags) show(p *progress, r *trial.Report) {
	if f.json {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	table(os.Stdout, r, f.list)
}

// progress says now and then how far it is.
type progress struct {
	mu          sync.Mutex
	began, told time.Time
	done, whole int
}

func (p *progress) day(seed uint64, day int, records uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	now := time.Now()
	if now.Sub(p.told) < 5*time.Second {
		return
	}
	p.told = now
	took := now.Sub(p.began)
	left := time.Duration(float64(took) / float64(p.done) * float64(p.whole-p.done))
	fmt.Fprintf(os.Stderr, "seed %d: day %d, %.1f million records; %d of %d days in all, about %s to go\n",
		seed, day, float64(records)/1e6, p.done, p.whole, left.Round(time.Second))
}
