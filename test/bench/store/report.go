package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The bars: what the slowest of a hundred answers may take.
const (
	dayBar   = 100 * time.Millisecond
	rangeBar = time.Second
)

// report is everything that was measured.
type report struct {
	Pass          bool      `json:"pass"`
	FillPerSecond float64   `json:"fill_per_second,omitempty"`
	Open          opening   `json:"open"`
	Answers       []answers `json:"answers"`
	Walks         walks     `json:"walks"`
	Written       int       `json:"written"`

	Records *recordsReport `json:"records,omitempty"`
}

// opening is what it takes to open the store.
type opening struct {
	Seconds   float64 `json:"seconds"`
	HeapBytes int64   `json:"heap_bytes"`
	FileBytes int64   `json:"file_bytes"`
}

// answers are the times of every question under one condition.
type answers struct {
	Condition string   `json:"condition"`
	List      []answer `json:"list"`
}

// answer is how long one question took, in milliseconds.
type answer struct {
	Question string  `json:"question"`
	DayP50   float64 `json:"day_p50_ms"`
	DayP99   float64 `json:"day_p99_ms"`
	AllP50   float64 `json:"all_p50_ms"`
	AllP99   float64 `json:"all_p99_ms"`
	Pass     bool    `json:"pass"`
}

// walks are what the walks from page to page saw.
type walks struct {
	Walks    int `json:"walks"`
	Pages    int `json:"pages"`
	Expected int `json:"expected"`
	Missed   int `json:"missed"`
	Doubled  int `json:"doubled"`
}

func (r *report) add(condition string, list []answer) {
	r.Answers = append(r.Answers, answers{condition, list})
	r.Pass = r.Walks.Missed == 0 && r.Walks.Doubled == 0
	for _, a := range r.Answers {
		r.Pass = r.Pass && !slices.ContainsFunc(a.List, func(a answer) bool { return !a.Pass })
	}
}

// askAll asks each question of random days and of all days.
func askAll(ctx context.Context, o options, w world, s *store.Store, how string) ([]answer, error) {
	list := questions()
	p := newProgress("ask "+how, len(list))
	defer p.end()
	var all []answer
	r := rand.New(rand.NewPCG(4, 4))
	for i, q := range list {
		p.at(i)
		a := answer{Question: q.name}
		var err error
		if a.DayP50, a.DayP99, err = timed(o.dayRuns, func() (time.Duration, error) {
			from := epoch().Add(time.Duration(r.IntN(days)) * day)
			return askOnce(ctx, w, s, q, from, from.Add(day), r)
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		if a.AllP50, a.AllP99, err = timed(o.rangeRuns, func() (time.Duration, error) {
			return askOnce(ctx, w, s, q, epoch(), epoch().Add(days*day), r)
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		a.Pass = a.DayP99 < float64(dayBar.Milliseconds()) && a.AllP99 < float64(rangeBar.Milliseconds())
		all = append(all, a)
	}
	return all, nil
}

func askOnce(ctx context.Context, w world, s *store.Store, q question, from, to time.Time, r *rand.Rand) (time.Duration, error) {
	d := w.some(r, from, to)
	f := store.DetectionFilter{From: &from, To: &to}
	began := time.Now()
	err := q.ask(ctx, s, &d, f, r)
	return time.Since(began), err
}

// timed runs something often and gives the median and the 99th percentile in milliseconds.
func timed(runs int, run func() (time.Duration, error)) (p50, p99 float64, err error) {
	took := make([]time.Duration, 0, runs)
	for range runs {
		t, err := run()
		if err != nil {
			return 0, 0, err
		}
		took = append(took, t)
	}
	slices.Sort(took)
	at := func(part int) float64 {
		return float64(took[min(len(took)*part/100, len(took)-1)].Microseconds()) / 1000
	}
	return at(50), at(99), nil
}

func sortByName(list []question) {
	slices.SortFunc(list, func(a, b question) int { return strings.Compare(a.name, b.name) })
}

// print writes the report as a table for people.
func (r *report) print(to io.Writer) error {
	if r.Records != nil {
		if err := r.Records.print(to); err != nil || len(r.Answers) == 0 {
			return err
		}
	}
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, a := range r.Answers {
		fmt.Fprintf(t, "\n%s (ms)\tday p50\tp99 (< %d)\t90 days p50\tp99 (< %d)\t\n", a.Condition, dayBar.Milliseconds(), rangeBar.Milliseconds())
		for _, q := range a.List {
			fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t\n", q.Question, q.DayP50, q.DayP99, q.AllP50, q.AllP99, verdict(q.Pass))
		}
	}
	fmt.Fprintf(t, "\nfilled\t%.0f detections/s\t\nopened\t%.1f s\t\nmemory of the index\t%d MB\t\nfile\t%d MB\t\n",
		r.FillPerSecond, r.Open.Seconds, r.Open.HeapBytes>>20, r.Open.FileBytes>>20)
	fmt.Fprintf(t, "written meanwhile\t%d\t\nwalks\t%d\t\npages\t%d\t\nexpected\t%d\t\nmissed\t%d\t%s\t\ndoubled\t%d\t%s\t\n", r.Written, r.Walks.Walks, r.Walks.Pages,
		r.Walks.Expected, r.Walks.Missed, verdict(r.Walks.Missed == 0), r.Walks.Doubled, verdict(r.Walks.Doubled == 0))
	return t.Flush()
}

func verdict(pass bool) string {
	if pass {
		return "pass"
	}
	return "FAIL"
}

// memory is what the heap holds once what nobody uses is gone.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// progress says on a terminal how far a part has come.
type progress struct {
	mu    sync.Mutex
	name  string
	of    int
	shown time.Time
	quiet bool
}

func newProgress(name string, of int) *progress {
	info, err := os.Stderr.Stat()
	return &progress{name: name, of: of, quiet: err != nil || info.Mode()&os.ModeCharDevice == 0}
}

func (p *progress) at(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet || time.Since(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = time.Now()
	fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %d of %d", p.name, n, p.of)
}

func (p *progress) end() {
	if !p.quiet {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}
