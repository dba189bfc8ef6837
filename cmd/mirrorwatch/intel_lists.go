package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	match "github.com/mirrorwatch/mirrorwatch/shared/detect/intel"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/intel"
)

// lists keeps an index of indicators as files have them. What is said of them goes to say, a line at a time.
type lists struct {
	paths []string
	o     intel.Options
	feed  *intel.Feed
	say   func(string)
	files map[string]fileState

	loaded   atomic.Int64 // when the index was last built, seconds since 1970
	reports  atomic.Pointer[[]intel.Report]
	bad      atomic.Uint64 // lines and objects of the present files that made no sense
	reloads  atomic.Uint64
	failures atomic.Uint64 // files that were broken when they were read anew
}

// fileState is what tells that a file was changed.
type fileState struct {
	size  int64
	mtime time.Time
}

// maxListFiles bounds the files of a folder.
const maxListFiles = 1000

// newLists reads the lists for the first time. A path that is not there is a mistake on the command line.
func newLists(o *options, say func(string)) (*lists, error) {
	l := &lists{
		paths: o.intel, o: intel.Options{Private: o.intelPrivate, Subdomains: o.intelSubdomains}, feed: &intel.Feed{Remember: o.memory != nil || o.live},
		say: say, files: map[string]fileState{},
	}
	for _, path := range l.paths {
		if _, err := os.Stat(path); err != nil {
			return nil, usageError{fmt.Errorf("--intel: %w", err)}
		}
	}
	l.turn(true)
	return l, nil
}

// turn reads all lists anew where any of them changed, or all the same. What reading took is given back, and the index before.
func (l *lists) turn(force bool) {
	if l.read(force) {
		debug.FreeOSMemory()
	}
}

// read says whether it read any.
func (l *lists) read(force bool) bool {
	names, errs := expand(l.paths)
	states := map[string]fileState{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			states[name] = fileState{info.Size(), info.ModTime()}
		}
	}
	if !force && len(errs) == 0 && same(states, l.files) {
		return false
	}
	for _, err := range errs {
		l.say(err.Error())
	}
	first := l.feed.Index() == nil
	usual := debug.SetGCPercent(loadingGC)
	x, reports := l.build(names, first)
	debug.SetGCPercent(usual)
	l.feed.Set(x)
	l.files = states
	l.reports.Store(&reports)
	l.loaded.Store(time.Now().Unix())
	if !first {
		l.reloads.Add(1)
	}
	bad := 0
	for i := range reports {
		bad += reports[i].Bad
	}
	l.bad.Store(uint64(bad))
	l.say(fmt.Sprintf("threat intelligence: %d indicators of %d lists, %d MiB", x.Len(), len(reports), (x.Bytes()+1<<20-1)>>20))
	return true
}

func same(a, b map[string]fileState) bool {
	if len(a) != len(b) {
		return false
	}
	for name, s := range a {
		if t, ok := b[name]; !ok || s.size != t.size || !s.mtime.Equal(t.mtime) {
			return false
		}
	}
	return true
}

// build reads the files into an index. Of a file that is broken the index before has more than the file itself: that is kept beside
// what could be read.
func (l *lists) build(names []string, first bool) (*intel.Index, []intel.Report) {
	b := intel.NewBuilder(l.feed.Index())
	var reports []intel.Report
	for _, name := range names {
		o := l.o
		o.Name, o.Source = name, sourceOf(name)
		r, err := readList(name, o, func(in *intel.Indicator) error { return b.Add(name, in) })
		l.complain(&r)
		if broken := r.Broken || r.Taken == 0 && r.Bad > 0; broken && !first {
			kept, _ := b.Carry(name)
			l.failures.Add(1)
			l.say(fmt.Sprintf("%s is broken: the %d indicators that it had before stay in use", name, kept))
		}
		reports = append(reports, r)
		if err != nil {
			l.say(fmt.Sprintf("%s: %v; what follows is left out", name, err))
			break
		}
	}
	return b.Index(), reports
}

func (l *lists) complain(r *intel.Report) {
	for _, c := range r.Complaints {
		l.say(r.Name + ":" + c.String())
	}
	if more := r.Bad - len(r.Complaints); more > 0 {
		l.say(fmt.Sprintf("%s: %d more like these", r.Name, more))
	}
}

// sourceOf names who says what a list says, where the list does not: the file's name without its ending.
func sourceOf(name string) string {
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// readList reads one file. One that cannot be opened is a broken list.
func readList(name string, o intel.Options, add func(*intel.Indicator) error) (intel.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return intel.Report{Name: name, Broken: true, Bad: 1, Complaints: []intel.Complaint{{Text: err.Error()}}}, nil
	}
	defer f.Close()
	return intel.Read(f, o, add)
}

// expand gives the files that paths name, those of folders by name. Files whose names begin with a dot are somebody's temporary ones.
func expand(paths []string) (names []string, errs []error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			names = append(names, path) // a file that is gone is told of when it is opened
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("read folder of lists: %w", err))
		}
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || strings.HasPrefix(e.Name(), ".") })
		if len(entries) > maxListFiles {
			errs = append(errs, fmt.Errorf("%s has %d files; the first %d are read", path, len(entries), maxListFiles))
			entries = entries[:maxListFiles]
		}
		for _, e := range entries {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	return names, errs
}

// loadingGC is the collector's percentage while lists are read: hundreds of megabytes of lines go by, of which little is kept, and what the
// heap grew to would stay.
const loadingGC = 25

// listsEvery is how often the files are looked at for changes.
const listsEvery = time.Minute

// watch reads lists anew when they change, and on SIGHUP, until ctx ends. A nil lists has nothing to do.
func (l *lists) watch(ctx context.Context) {
	if l == nil {
		return
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(listsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			l.turn(true)
		case <-tick.C:
			l.turn(false)
		}
	}
}

// follow watches until the function that it gives is called.
func (l *lists) follow(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { l.watch(ctx); close(done) }()
	return func() error {
		cancel()
		<-done
		return nil
	}
}

// Describe leaves the collector unchecked: its metrics are the same at every scrape (prometheus.Collector).
func (l *lists) Describe(chan<- *prometheus.Desc) {}

// Collect gives what there is to tell of the lists (prometheus.Collector).
func (l *lists) Collect(out chan<- prometheus.Metric) {
	x := l.feed.Index()
	collect(out, []gauge{
		{"intel_indicators", "Indicators of threat intelligence that traffic is held against.", prometheus.GaugeValue, float64(x.Len())},
		{"intel_bytes", "Memory that they take, in bytes.", prometheus.GaugeValue, float64(x.Bytes())},
		{"intel_bad_lines", "Lines and objects of the lists that made no sense.", prometheus.GaugeValue, float64(l.bad.Load())},
		{"intel_loaded_timestamp_seconds", "When the lists were last read.", prometheus.GaugeValue, float64(l.loaded.Load())},
		{"intel_reloads_total", "How often the lists were read anew.", prometheus.CounterValue, float64(l.reloads.Load())},
		{"intel_reload_failures_total", "Lists that were broken when they were read anew.", prometheus.CounterValue, float64(l.failures.Load())},
	})
}

// errNoLists is about a command line without lists.
var errNoLists = errors.New("give the lists with --intel FILE or FOLDER")

// readLists reads the lists of the command line, and gives the detectors and the terms of risk that use them.
func (p *pipeline) readLists(o *options) (specs []detect.Spec, terms func(*detect.Finding, device.View) []events.Term, err error) {
	specs = detectors.Specs()
	if len(o.intel) == 0 {
		return specs, nil, nil
	}
	if p.lists, err = newLists(o, o.complains()); err != nil {
		return nil, nil, err
	}
	return match.With(specs, p.lists.feed), match.Terms(p.lists.feed), nil
}
