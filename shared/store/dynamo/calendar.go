package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The calendars. Each lists the days of which there is anything in an index, so that a walk over a year of silence reads one item and
// not a partition a day. A day is marked before anything of it is stored: it may be there for nothing, but never missing.
const (
	calendarStart   = "C#start"
	calendarUpdate  = "C#update"
	calendarCreated = "C#created"
	calendarAudit   = "C#audit"
	calendarSamples = "C#samples"
)

func calendarType(kind string) string { return "C#type#" + kind }

// calendarSampled lists the devices that have samples of a day.
func calendarSampled(day string) string { return calendarSamples + "#" + day }

// maxSeen bounds what is remembered of marks made already; beyond it all of it is forgotten, and made again.
const maxSeen = 20_000

// seen remembers which marks are there.
type seen struct {
	mu   sync.Mutex
	keys map[key]struct{}
}

func newSeen() *seen { return &seen{keys: map[key]struct{}{}} }

func (s *seen) missing(keys []key) []key {
	s.mu.Lock()
	defer s.mu.Unlock()
	var missing []key
	asked := map[key]bool{}
	for _, k := range keys {
		if _, there := s.keys[k]; !there && !asked[k] {
			missing = append(missing, k)
			asked[k] = true
		}
	}
	return missing
}

func (s *seen) add(keys []key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys)+len(keys) > maxSeen {
		clear(s.keys)
	}
	for _, k := range keys {
		s.keys[k] = struct{}{}
	}
}

func (s *seen) forget(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, k)
}

// mark makes marks that are not known to be there.
func (t *table) mark(ctx context.Context, keys ...key) error {
	missing := t.seen.missing(keys)
	if len(missing) == 0 {
		return nil
	}
	requests := make([]types.WriteRequest, len(missing))
	for i, k := range missing {
		requests[i] = putRequest(k.item())
	}
	if err := t.write(ctx, CalendarMark, requests); err != nil {
		return err
	}
	t.seen.add(missing)
	return nil
}

// days lists the days of a calendar from low to high, oldest first; an empty one is no bound.
func (t *table) days(ctx context.Context, calendar, low, high string) ([]string, error) {
	var days []string
	for it, err := range t.all(ctx, CalendarRead, span{pk: calendar, low: low, high: high, consistent: true}) {
		if err != nil {
			return nil, err
		}
		days = append(days, textOf(it, attrSK))
	}
	return days, nil
}
