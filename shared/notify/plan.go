package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Why a delivery is held back for a digest.
const (
	heldDigest = "digest"
	heldQuiet  = "quiet hours"
	heldRate   = "rate limit"
)

// plan says when a delivery goes out, marks it where it goes in a digest, and gives the rule's hour with the message in it where it
// takes a place there.
//
// Quiet hours come first: what may not wake anybody waits for their end. A rule's digest comes next, and the rate limit holds for
// what goes out at once.
func (s *Service) plan(ctx context.Context, rule *store.Item[store.NotificationRule], d *Delivery, now time.Time) (time.Time, *store.Item[state], error) {
	d.Held = ""
	r := &rule.Value
	if until := quietUntil(r.Quiet, score(&d.Event), now); until.After(now) {
		d.Held = heldQuiet
		return until, nil, nil
	}
	if every, err := time.ParseDuration(r.Digest); err == nil && every > 0 {
		d.Held = heldDigest
		when := now.Truncate(every).Add(every)
		return quietUntil(r.Quiet, score(&d.Event), when), nil, nil
	}
	return s.withinTheHour(ctx, rule, d, now)
}

// withinTheHour lets so many messages out within any hour, and gathers the rest in a digest that goes out as soon as another may: that
// digest takes a place of its own.
func (s *Service) withinTheHour(ctx context.Context, rule *store.Item[store.NotificationRule], d *Delivery, now time.Time) (time.Time, *store.Item[state], error) {
	limit := rule.Value.PerHour
	if limit <= 0 {
		limit = store.DefaultPerHour
	}
	hour, err := s.states.Get(ctx, ratePrefix+key(rule.ID))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return now, nil, fmt.Errorf("read rate of rule %s: %w", rule.ID, err)
	}
	if err != nil {
		hour = store.Item[state]{ID: ratePrefix + key(rule.ID), Revision: int64(store.New)}
	}
	sent := slices.DeleteFunc(slices.Clone(hour.Value.Sent), func(t time.Time) bool { return !t.After(now.Add(-time.Hour)) })
	when := now
	if n := len(sent); n > 0 && sent[n-1].After(now) { // a digest is waiting: the surplus joins it
		d.Held = heldRate
		return quietUntil(rule.Value.Quiet, score(&d.Event), sent[n-1]), nil, nil
	}
	if len(sent) >= limit {
		d.Held = heldRate
		when = sent[len(sent)-limit].Add(time.Hour).Truncate(time.Millisecond).Add(time.Millisecond)
	}
	hour.Value.Sent = append(sent, when)
	hour.Expires = when.Add(2 * time.Hour)
	if d.Held != "" {
		return quietUntil(rule.Value.Quiet, score(&d.Event), when), &hour, nil
	}
	return when, &hour, nil
}

// score is how much an event matters; of what is no detection nobody knows.
func score(e *events.Event) int {
	if e.Detail.Detection == nil {
		return 0
	}
	return e.Detail.Detection.Risk.Score
}

// quietUntil gives the first moment from at on that no quiet hours cover, or at where they let such a score through. Quiet hours that
// cover the whole week leave none: then it is a week later.
func quietUntil(quiet []store.QuietHours, score int, at time.Time) time.Time {
	until := at
	for range 7*len(quiet) + 1 {
		end, covered := until, false
		for i := range quiet {
			q := &quiet[i]
			if q.MinScore > 0 && score >= q.MinScore {
				continue
			}
			if e, ok := covers(q, until); ok && e.After(end) {
				end, covered = e, true
			}
		}
		if !covered {
			return until
		}
		until = end
		if until.Sub(at) > 7*24*time.Hour {
			break
		}
	}
	return at.Add(7 * 24 * time.Hour)
}

// covers says whether a moment lies in quiet hours, and when they end. Clock times are those of the zone on that day: where the clock
// is put forward or back within them, they are an hour shorter or longer.
func covers(q *store.QuietHours, at time.Time) (end time.Time, ok bool) {
	zone, err := time.LoadLocation(q.Zone)
	if err != nil {
		return at, false // Check refuses such a rule; a zone that went away keeps nobody from being told
	}
	from, err1 := time.Parse("15:04", q.From)
	to, err2 := time.Parse("15:04", q.To)
	if err1 != nil || err2 != nil {
		return at, false
	}
	local := at.In(zone)
	for back := range 2 { // hours that began today, or yesterday
		y, m, day := local.AddDate(0, 0, -back).Date()
		start := time.Date(y, m, day, from.Hour(), from.Minute(), 0, 0, zone)
		last := day
		if !to.After(from) {
			last++
		}
		end := time.Date(y, m, last, to.Hour(), to.Minute(), 0, 0, zone)
		weekday := time.Date(y, m, day, 12, 0, 0, 0, zone).Weekday()
		if onDay(q.Days, weekday) && !at.Before(start) && at.Before(end) {
			return end, true
		}
	}
	return at, false
}

func onDay(days []string, d time.Weekday) bool {
	return len(days) == 0 || slices.Contains(days, weekdays()[d])
}

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }
