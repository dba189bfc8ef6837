package state

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Report tells what was found in a folder.
type Report struct {
	At      int64         // the minute that everything stands at, as Commit was told; 0 where nothing was kept
	Entries int           // that were taken
	Bytes   int64         // of the files
	Files   int           // that count
	Parts   []PartReport  // by name
	LeftOut []string      // one line for each thing that is not used: which file, where, why
	Aside   []string      // files that were kept aside, this time or before
	Took    time.Duration // to read all of it
}

// PartReport is how much there is of a part.
type PartReport struct {
	Part
	Entries int
	Bytes   int64 // of keys and values
}

// maxLeftOut bounds what is told one by one of values that their owner could not read.
const maxLeftOut = 10

var errStopped = errors.New("stopped")

// tally counts what was taken.
type tally struct {
	report *Report
	parts  map[Part]*PartReport
	latest *PartReport
	unread int
}

func (t *tally) add(e *Entry) {
	if t.latest == nil || t.latest.Part != e.Part {
		if t.latest = t.parts[e.Part]; t.latest == nil {
			t.latest = &PartReport{Part: e.Part}
			t.parts[e.Part] = t.latest
		}
	}
	t.latest.Entries++
	t.latest.Bytes += int64(len(e.Key) + len(e.Value))
	t.report.Entries++
}

func (t *tally) refuse(e *Entry, s *source, err error) {
	s.flawed = true
	if t.unread++; t.unread <= maxLeftOut {
		t.report.LeftOut = append(t.report.LeftOut, fmt.Sprintf("%s: part %s, key %q: %v", s.name, e.Part.Name, shown(e.Key), err))
	}
}

func shown(key []byte) string {
	const most = 64
	if len(key) > most {
		return string(key[:most]) + "..."
	}
	return string(key)
}

// restore shows every entry to each, and notes what is to become of files that are not used as they are.
func (l *Log) restore(each func(Entry) error) error {
	list, stale, err := openSources(l.chain, l.chain.all())
	if err != nil {
		return err
	}
	defer closeSources(list)
	parts := l.parts
	if l.o.Parts == nil {
		parts = nil
	}
	l.report, err = walkAll(list, parts, func(e Entry, p place, err error) {
		if err == nil {
			l.look.note(&e, p)
		} else {
			l.drop = append(l.drop, dropped{e.Part, slices.Clone(e.Key)})
		}
	}, each)
	if err != nil {
		return err
	}
	l.chain.mu.Lock()
	l.report.Aside = slices.Clone(l.chain.aside)
	l.chain.mu.Unlock()
	l.settle(list, stale)
	return nil
}

// settle notes what was learned of the files, and lets go of those that are stale or empty.
func (l *Log) settle(list []*source, stale []link) {
	var counts []link
	for _, s := range list {
		if s.kind == aLog && len(s.scan.frames) == 0 && !s.flawed && s.bad == nil {
			stale = append(stale, s.link)
		} else {
			counts = append(counts, s.link)
		}
	}
	l.chain.mu.Lock()
	l.chain.links = counts
	l.chain.mu.Unlock()
	if len(stale) > 0 {
		l.chain.retire(stale) //nolint:errcheck // at the next start it is tried again
	}
}

// walkAll shows every entry of files to each and tells what was found. Seen is told of every entry and what each said of it; it may be nil.
func walkAll(list []*source, parts map[string]int, seen func(Entry, place, error), each func(Entry) error) (Report, error) {
	c, err := newCodec()
	if err != nil {
		return Report{}, err
	}
	defer c.close()
	var r Report
	t := tally{report: &r, parts: map[Part]*PartReport{}}
	for _, s := range list {
		lines := s.left()
		r.LeftOut = append(r.LeftOut, lines...)
		s.flawed = s.flawed || len(lines) > 0
		r.Bytes += s.bytes
		r.At = max(r.At, s.at)
		r.Files++
	}
	m := newMerger(list, parts, c, nil)
	err = m.walk(func(e Entry, s *source) error {
		err := each(e)
		if seen != nil {
			seen(e, place{s.generation, m.at}, err)
		}
		if err != nil {
			t.refuse(&e, s, err)
		} else {
			t.add(&e)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	t.finish(m, parts)
	return r, nil
}

func (t *tally) finish(m *merger, parts map[string]int) {
	r := t.report
	if n := t.unread - maxLeftOut; n > 0 {
		r.LeftOut = append(r.LeftOut, fmt.Sprintf("and %d values more that could not be read", n))
	}
	r.LeftOut = append(r.LeftOut, m.broken...)
	for _, p := range t.parts {
		r.Parts = append(r.Parts, *p)
	}
	slices.SortFunc(r.Parts, func(a, b PartReport) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	var lines []string
	for p, n := range m.others {
		if version, known := parts[p.Name]; known {
			lines = append(lines, fmt.Sprintf("part %s is of version %d, and this program reads version %d: %d entries are left out", p.Name, p.Version, version, n))
		} else {
			lines = append(lines, fmt.Sprintf("part %s is unknown to this program: %d entries are left out", p.Name, n))
		}
	}
	slices.Sort(lines)
	r.LeftOut = append(r.LeftOut, lines...)
}

// Size is how many bytes the files of a folder hold.
func Size(dir string) (int64, error) {
	c := &chain{dir: dir, disk: osDisk{}}
	if err := c.list(); err != nil {
		return 0, err
	}
	total := int64(0)
	for _, l := range c.links {
		f, err := c.disk.open(c.path(l.name))
		if err != nil {
			return 0, err
		}
		n, err := f.size()
		f.Close() //nolint:errcheck // nothing was written
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// Read shows every entry of a folder to each without taking it, also while another process writes to it: everything as it stands at the last
// minute that was whole. Nothing is changed. An error of each is about one value, as with Open.
func Read(o Options, each func(Entry) error) (Report, error) {
	o = withDefaults(o)
	var parts map[string]int
	if o.Parts != nil {
		parts = map[string]int{}
		for _, p := range o.Parts {
			parts[p.Name] = p.Version
		}
	}
	const attempts = 5 // a compaction may delete a file between the look and the opening
	for n := 0; ; n++ {
		c := &chain{dir: o.Dir, disk: o.disk}
		if err := c.list(); err != nil {
			return Report{}, fmt.Errorf("read state %s: %w", o.Dir, err)
		}
		list, _, err := openSources(c, c.links)
		if errors.Is(err, fs.ErrNotExist) && n < attempts {
			continue
		}
		if err != nil {
			return Report{}, fmt.Errorf("read state %s: %w", o.Dir, err)
		}
		begin := o.Now()
		r, err := walkAll(list, parts, nil, each)
		closeSources(list)
		r.Aside, r.Took = c.aside, o.Now().Sub(begin)
		if err != nil {
			return r, fmt.Errorf("read state %s: %w", o.Dir, err)
		}
		return r, nil
	}
}
