package dynamo

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// source gives detections, in order: a walk over partitions, or a list of ids that was asked for.
type source interface {
	next(ctx context.Context) (found, bool, error)
}

// maxNarrow is how many partitions of participants, or of types, one search follows; with more of them the days are narrower.
const maxNarrow = 16

// byStart picks the narrowest path in the order of starts: participants, then types, then days.
func byStart(f *store.DetectionFilter, forward bool) path {
	p := path{forward: forward}
	if f.From != nil {
		p.low = stamp(*f.From)
	}
	if f.To != nil {
		p.high = stamp(*f.To)
	}
	if keys := narrowest(f); keys != nil {
		p.pattern, p.lanes = DetectionsOf, func(string) []string { return keys }
		return p
	}
	if n := len(f.Types); n > 0 && n <= maxNarrow {
		p.pattern = DetectionsOfType
		for _, kind := range f.Types {
			p.calendar = append(p.calendar, calendarType(kind))
		}
		p.lanes = func(day string) []string { return each(f.Types, func(kind string) string { return bucket(kind, day) }) }
		return p
	}
	p.pattern, p.calendar, p.lanes = DetectionsStarted, []string{calendarStart}, shards
	return p
}

// byUpdate is the path in the order of updates, newest first.
func byUpdate(f *store.DetectionFilter) path {
	p := path{pattern: DetectionsUpdated, calendar: []string{calendarUpdate}, lanes: shards}
	if f.UpdatedFrom != nil {
		p.low = stamp(*f.UpdatedFrom)
	}
	if f.UpdatedTo != nil {
		p.high = stamp(*f.UpdatedTo)
	}
	return p
}

// byCreated is the path in the order of storing.
func byCreated() path {
	return path{pattern: DetectionsCreated, calendar: []string{calendarCreated}, lanes: shards, forward: true}
}

func shards(day string) []string {
	pks := make([]string, Shards)
	for s := range pks {
		pks[s] = bucket(day, strconv.Itoa(s))
	}
	return pks
}

// narrowest gives the hints of the participants that the filter names, where it names few; nil where they cannot be followed.
func narrowest(f *store.DetectionFilter) []string {
	var best []string
	for _, p := range []*store.ParticipantFilter{f.Participant, f.Offender, f.Victim} {
		for _, keys := range [][]string{hintsByDevice(p), hintsByAddress(p)} {
			if keys != nil && (best == nil || len(keys) < len(best)) {
				best = keys
			}
		}
	}
	return best
}

func hintsByDevice(p *store.ParticipantFilter) []string {
	if p == nil || len(p.Devices) == 0 || len(p.Devices) > maxNarrow || slices.Contains(p.Devices, "") {
		return nil
	}
	return each(p.Devices, deviceHints)
}

func hintsByAddress(p *store.ParticipantFilter) []string {
	if p == nil || len(p.Addresses) == 0 || len(p.Addresses) > maxNarrow {
		return nil
	}
	var keys []string
	for _, n := range p.Addresses {
		if !n.IsSingleIP() {
			return nil
		}
		keys = append(keys, addressHints(n.Addr().Unmap().String()))
	}
	return keys
}

// each gives what f makes of every different value.
func each(values []string, f func(string) string) []string {
	var out []string
	for _, v := range values {
		if made := f(v); !slices.Contains(out, made) {
			out = append(out, made)
		}
	}
	return out
}

// listed gives detections that were asked for by id, in the order of their starts.
type listed struct{ items []found }

func (l *listed) next(context.Context) (found, bool, error) {
	if len(l.items) == 0 {
		return found{}, false, nil
	}
	f := l.items[0]
	l.items = l.items[1:]
	return f, true, nil
}

// byID reads the detections that the filter names, from after a place on.
func (d detections) byID(ctx context.Context, ids []string, forward bool, after found) (*listed, error) {
	var list []found
	for _, id := range ids {
		if store.CheckID("id", id) == nil && !slices.ContainsFunc(list, func(f found) bool { return f.id == id }) {
			list = append(list, found{id: id})
		}
	}
	list, err := d.whole(ctx, list)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].at = stamp(list[i].detection.Start)
	}
	order := func(a, b found) int {
		n := strings.Compare(a.at, b.at)
		if !forward {
			n = -n
		}
		if n != 0 {
			return n
		}
		return strings.Compare(a.id, b.id)
	}
	slices.SortFunc(list, order)
	if after.at != "" {
		list = slices.DeleteFunc(list, func(f found) bool { return order(f, after) <= 0 })
	}
	return &listed{list}, nil
}

// whole reads the detections themselves. What is gone meanwhile is left out.
func (d detections) whole(ctx context.Context, list []found) ([]found, error) {
	var keys []key
	for _, f := range list {
		if !f.whole {
			keys = append(keys, detectionKey(f.id))
		}
	}
	items, err := d.batch(ctx, DetectionBodies, keys, false)
	if err != nil {
		return nil, err
	}
	var out []found
	for _, f := range list {
		if !f.whole {
			read, tick, err := detectionOf(items[detectionKey(f.id)])
			if err != nil {
				return nil, err
			}
			if read == nil {
				continue
			}
			f.detection, f.tick, f.whole = read, tick, true
		}
		out = append(out, f)
	}
	return out, nil
}

// matching gives those of a source that a filter means, in order. It reads whole detections only where the facet does not say enough,
// many at once.
type matching struct {
	detections detections
	source     source
	filter     *store.DetectionFilter
	as         string // moment of the first page: what was stored later is left out
	hints      bool   // the source gives hints, of which some lead nowhere
	spend      *budget
	ready      []found
	err        error
	last       found // up to here all was looked at
}

const together = 100

// next gives the next that matches; false at the end, errSpent where the budget ended it.
func (m *matching) next(ctx context.Context) (found, bool, error) {
	for {
		for len(m.ready) > 0 {
			f := m.ready[0]
			m.ready = m.ready[1:]
			m.last = f
			if m.means(f) {
				return f, true, nil
			}
		}
		if m.err != nil {
			return found{}, false, m.err
		}
		if err := m.load(ctx); err != nil {
			return found{}, false, err
		}
		if len(m.ready) == 0 && m.err == nil {
			return found{}, false, nil
		}
	}
}

// load takes the next few from the source. Its end by the budget waits until they are used.
func (m *matching) load(ctx context.Context) error {
	var list []found
	for len(list) < together {
		f, more, err := m.source.next(ctx)
		if errors.Is(err, errSpent) {
			m.err = err
			break
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
		list = append(list, f)
	}
	var ask []found
	for _, f := range list {
		if f.detection == nil || f.notes && !f.whole && m.readsNotes() {
			ask = append(ask, f)
		}
	}
	read, err := m.detections.whole(ctx, ask)
	if err != nil {
		return err
	}
	m.spend.read += len(ask)
	byID := map[string]found{}
	for _, f := range read {
		byID[f.id] = f
	}
	for _, f := range list {
		if read, was := byID[f.id]; was {
			// Its place stays its own: the same detection may come by two hints, of which one is out of date.
			f.detection, f.tick, f.whole = read.detection, read.tick, true
		}
		m.ready = append(m.ready, f)
	}
	return nil
}

func (m *matching) readsNotes() bool {
	return m.filter.Text != "" || slices.ContainsFunc(m.filter.Not, func(n store.DetectionFilter) bool { return n.Text != "" })
}

func (m *matching) means(f found) bool {
	if f.detection == nil || later(f.tick, m.as) || m.hints && stamp(f.detection.Start) != f.at {
		return false
	}
	return m.filter.Match(f.detection)
}

// search opens the source of a filter in an order, after a place.
func (d detections) search(ctx context.Context, f *store.DetectionFilter, p path, after found, as string, b *budget) (*matching, error) {
	m := &matching{detections: d, filter: f, as: as, spend: b, last: after, hints: p.pattern == DetectionsOf}
	if len(f.IDs) > 0 && p.pattern != DetectionsUpdated && p.pattern != DetectionsCreated {
		list, err := d.byID(ctx, f.IDs, p.forward, after)
		m.source, m.hints = list, false
		return m, err
	}
	m.source = d.walkFrom(p, after, b)
	return m, nil
}

// asOf is now, as what is stored from here on will be later than it.
func (d detections) asOf() string { return d.ticks.next(d.now()) }

// eventsOf is what the found are.
func eventsOf(list []found) []events.Detection {
	out := make([]events.Detection, len(list))
	for i, f := range list {
		out[i] = *f.detection
	}
	return out
}
