package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// found is a detection that a walk came by: by its facet, whole, or as a hint alone.
type found struct {
	at, id    string // where it stands in the order of the walk
	tick      string
	detection *events.Detection // nil: not read yet
	whole     bool
	notes     bool
}

// errSpent ends a walk whose budget is spent.
var errSpent = errors.New("the budget is spent")

// budget is how much one request may read.
type budget struct {
	items int
	until time.Time
	now   func() time.Time
	read  int
}

func (t *table) fresh() *budget {
	return &budget{items: t.budget, until: t.now().Add(t.patience), now: t.now}
}

// spent says whether nothing more may be read.
func (b *budget) spent() bool { return b.read >= b.items || b.now().After(b.until) }

// why says it for a person.
func (b *budget) why() string {
	return fmt.Sprintf("stopped after reading %d items: go on from the cursor, or ask for less", b.read)
}

// path says which partitions a walk goes through, and in which order.
type path struct {
	pattern  Pattern
	calendar []string                  // the calendars that list its days; none: everything lies under the one day ""
	lanes    func(day string) []string // the partitions of a day
	first    int                       // items that a lane reads at first; 0: firstPage
	low      string                    // of the sort key, included
	high     string                    // of the sort key, excluded
	forward  bool
}

// walk gives what lies on a path in order: by the moment, and those of the same moment by id. It reads all lanes of a day at once.
type walk struct {
	table *table
	path  path
	spend *budget
	days  []string // that are not open yet
	ahead int      // how many of them are opened at once
	lanes []*lane
	group []found // of one moment, by id
	begun bool
	skip  found // everything up to and with it was given before
	over  bool  // the last moment was read to its end beyond the budget
	gave  bool  // something was given: only then may the budget end the walk, so that every page comes further
}

// lane is one partition as it is read.
type lane struct {
	span span
	size int // of its next page
	from item
	done bool
	buf  []found
}

// walkFrom begins after a place that was given already; the zero value is the beginning.
func (t *table) walkFrom(p path, after found, b *budget) *walk {
	w := &walk{table: t, path: p, spend: b, skip: after}
	if after.at == "" {
		return w
	}
	if p.forward {
		w.path.low = max(p.low, after.at)
	} else if end := after.at + "#" + last; p.high == "" || end < p.high {
		w.path.high = end
	}
	return w
}

// next gives the next one; false at the end, errSpent where it may not read on.
func (w *walk) next(ctx context.Context) (found, bool, error) {
	for {
		for len(w.group) > 0 {
			f := w.group[0]
			w.group = w.group[1:]
			if f.at != w.skip.at || f.id > w.skip.id {
				w.gave = true
				return f, true, nil
			}
		}
		more, err := w.gather(ctx)
		if err != nil || !more {
			return found{}, false, err
		}
	}
}

// gather fills the group with all that stand at the next moment.
func (w *walk) gather(ctx context.Context) (bool, error) {
	if !w.begun {
		if err := w.begin(ctx); err != nil {
			return false, err
		}
	}
	if w.over && w.gave {
		return false, errSpent
	}
	for {
		moment, err := w.moment(ctx)
		if err != nil {
			return false, err
		}
		if moment != "" {
			return true, w.take(ctx, moment)
		}
		if len(w.days) == 0 {
			return false, nil
		}
		n := min(max(w.ahead, 1), len(w.days))
		w.open(w.days[:n])
		w.days, w.ahead = w.days[n:], min(2*n, mostAhead)
	}
}

func (w *walk) begin(ctx context.Context) error {
	w.begun = true
	if w.path.low != "" && w.path.high != "" && w.path.low > w.path.high {
		return nil
	}
	if len(w.path.calendar) == 0 {
		w.days = []string{""}
		return nil
	}
	for _, c := range w.path.calendar {
		days, err := w.table.days(ctx, c, dayOf(w.path.low), dayOf(w.path.high))
		if err != nil {
			return err
		}
		w.days = append(w.days, days...)
	}
	slices.Sort(w.days)
	w.days = slices.Compact(w.days)
	if !w.path.forward {
		slices.Reverse(w.days)
	}
	return nil
}

// A lane reads a little at first where a page is wanted, and more each time: who reads on wants all of it.
const (
	firstPage   = 250
	largestPage = 1000
)

// firstOf is what the lanes of a day read at first for a page: it comes of most of them, and one of them may have all of it.
func firstOf(limit int) int { return min(limit/2+8, firstPage) }

// atOnce is how many partitions one walk reads at a time.
const atOnce = 16

// mostAhead is how many days are opened at once at the most. One who has walked through some days without finding enough will walk
// through more, and then waits once for many days rather than for each.
const mostAhead = 16

func (w *walk) open(days []string) {
	w.lanes = w.lanes[:0]
	for _, day := range days {
		for _, pk := range w.path.lanes(day) {
			w.lanes = append(w.lanes, &lane{size: cmp.Or(w.path.first, firstPage), span: span{
				pk: pk, low: w.path.low, high: w.path.high, backwards: !w.path.forward, consistent: w.path.pattern.index().name == "",
			}})
		}
	}
}

// moment is the next at which anything stands; empty where the day is done.
func (w *walk) moment(ctx context.Context) (string, error) {
	if err := w.fill(ctx); err != nil {
		return "", err
	}
	best := ""
	for _, l := range w.lanes {
		if len(l.buf) == 0 {
			continue
		}
		if at := l.buf[0].at; best == "" || (at < best) == w.path.forward {
			best = at
		}
	}
	return best, nil
}

// take moves all of a moment into the group. It never stops half way for the budget: a cursor could not tell where.
func (w *walk) take(ctx context.Context, moment string) error {
	for {
		waiting := false
		for _, l := range w.lanes {
			for len(l.buf) > 0 && l.buf[0].at == moment {
				w.group = append(w.group, l.buf[0])
				l.buf = l.buf[1:]
			}
			waiting = waiting || len(l.buf) == 0 && !l.done
		}
		if !waiting {
			break
		}
		w.over = w.spend.spent()
		if err := w.read(ctx); err != nil {
			return err
		}
	}
	slices.SortFunc(w.group, func(a, b found) int { return strings.Compare(a.id, b.id) })
	// The same detection comes by several hints.
	w.group = slices.CompactFunc(w.group, func(a, b found) bool { return a.id == b.id })
	return nil
}

// fill reads on where a lane is empty, as long as the budget lasts.
func (w *walk) fill(ctx context.Context) error {
	for slices.ContainsFunc(w.lanes, hungry) {
		if w.gave && w.spend.spent() {
			return errSpent
		}
		if err := w.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func hungry(l *lane) bool { return len(l.buf) == 0 && !l.done }

// read reads one page of every empty lane, all at once.
func (w *walk) read(ctx context.Context) error {
	var wait sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	errs, lanes := make([]error, len(w.lanes)), []*lane{}
	for i, l := range w.lanes {
		if hungry(l) {
			lanes = append(lanes, l)
			left := max(w.spend.items-w.spend.read, 0)/len(w.lanes) + 1
			l.span.limit = int32(min(left, l.size))
			l.size = min(l.size*5, largestPage)
			wait.Go(func() {
				turns <- struct{}{}
				errs[i] = w.table.readLane(ctx, w.path.pattern, l)
				<-turns
			})
		}
	}
	wait.Wait()
	for _, l := range lanes {
		w.spend.read += len(l.buf)
	}
	return errors.Join(errs...)
}

func (t *table) readLane(ctx context.Context, p Pattern, l *lane) error {
	items, next, err := t.page(ctx, p, l.span, l.from)
	if err != nil {
		return err
	}
	l.from, l.done = next, next == nil
	for _, it := range items {
		f, err := t.foundIn(it, p.index())
		if err != nil {
			return err
		}
		l.buf = append(l.buf, f)
	}
	return nil
}

func (t *table) foundIn(it item, x index) (found, error) {
	f := found{}
	f.at, f.id = split(textOf(it, x.sk))
	if x.name == "" {
		return f, nil
	}
	face, err := t.readFacet(it)
	if err != nil {
		return f, err
	}
	f.tick, f.notes, f.detection = face.Tick, face.Notes, &face.Detection
	return f, nil
}
