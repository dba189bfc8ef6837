package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of one round of sending.
const (
	roundSize = 500 // deliveries read at once
	atOnce    = 8   // rules that are sent for at the same time; one rule's messages go one after the other
	perWrite  = store.MaxWrites / 2
)

type waiting = store.Item[Delivery]

// Flush sends everything that is due at now, and says when the next delivery will be; zero: none waits. What cannot be sent is tried
// again later, and becomes a dead letter in the end: an error of Flush is one of the store.
func (s *Service) Flush(ctx context.Context, now time.Time) (next time.Time, err error) {
	for ctx.Err() == nil {
		due, next, err := s.due(ctx, now)
		if err != nil || len(due) == 0 {
			return next, err
		}
		if err := s.round(ctx, due, now); err != nil {
			return next, err
		}
	}
	return time.Time{}, ctx.Err()
}

// due reads what is due, oldest first, and when the next after it is.
func (s *Service) due(ctx context.Context, now time.Time) (list []waiting, next time.Time, err error) {
	for q := (store.ListQuery{Prefix: DuePrefix, Limit: 100}); ; {
		items, page, err := s.deliveries.List(ctx, q)
		if err != nil {
			return nil, next, fmt.Errorf("read deliveries: %w", err)
		}
		for _, i := range items {
			stamp, _, _ := strings.Cut(strings.TrimPrefix(i.ID, DuePrefix), "/")
			if when, err := time.Parse(dueLayout, stamp); err == nil && when.After(now) {
				return list, when, nil
			}
			if list = append(list, i); len(list) == roundSize {
				return list, now, nil
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return list, next, nil
		}
	}
}

// round sends what is due, a rule beside the other. Each delivery is settled: gone, put off, or a dead letter.
func (s *Service) round(ctx context.Context, due []waiting, now time.Time) error {
	rules, err := s.enabled(ctx)
	if err != nil {
		return err
	}
	byRule := map[string][]waiting{}
	for _, w := range due {
		byRule[w.Value.Rule] = append(byRule[w.Value.Rule], w)
	}
	var all sync.WaitGroup
	places, errs := make(chan struct{}, atOnce), make(chan error, len(byRule))
	for id, list := range byRule {
		at := slices.IndexFunc(rules, func(r store.Item[store.NotificationRule]) bool { return r.ID == id })
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if at < 0 {
				errs <- s.drop(ctx, list)
				return
			}
			errs <- s.sendAll(ctx, rules[at], list, now)
		})
	}
	all.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// drop forgets deliveries whose rule is gone or switched off: whoever did that wants no more of them.
func (s *Service) drop(ctx context.Context, list []waiting) error {
	s.count(func(c *Counts) { c.Dropped += uint64(len(list)) })
	return s.settle(ctx, list, func(waiting) []store.Write { return nil })
}

// sendAll sends what is due for one rule, in order: single messages each, and what is held in one digest. After a failure the rest
// waits as long as what failed: the far end needs the rest.
func (s *Service) sendAll(ctx context.Context, rule store.Item[store.NotificationRule], list []waiting, now time.Time) error {
	for len(list) > 0 {
		n := 1
		if list[0].Value.Held != "" {
			list = slices.Clone(list)
			slices.SortStableFunc(list, func(a, b waiting) int { return strings.Compare(b.Value.Held, a.Value.Held) })
			n = slices.IndexFunc(list, func(w waiting) bool { return w.Value.Held == "" })
			if n < 0 {
				n = len(list)
			}
		}
		batch, err := s.claim(ctx, list[:n], now)
		if err != nil {
			return err
		}
		list = list[n:]
		if len(batch) == 0 {
			continue // another sender has them
		}
		again, err := s.try(ctx, rule, batch, now)
		if err != nil {
			return err
		}
		if !again.IsZero() {
			return s.putOff(ctx, list, again)
		}
	}
	return nil
}

// try sends one message, and settles its deliveries. It says when to come again where the far end failed.
func (s *Service) try(ctx context.Context, rule store.Item[store.NotificationRule], batch []waiting, now time.Time) (again time.Time, err error) {
	m := message(rule, batch, now)
	links(s.Address).put(&m)
	failed := s.send(ctx, rule.Value.Channel, m)
	if failed == nil {
		s.count(func(c *Counts) { c.Messages++; c.Events += uint64(len(batch)) })
		return again, s.settle(ctx, batch, func(waiting) []store.Write { return nil })
	}
	if ctx.Err() != nil {
		return again, ctx.Err() // stopped, not failed: the lease brings it again
	}
	if s.Failed != nil {
		s.Failed(rule.ID, failed)
	}
	attempts := batch[0].Value.Attempts
	wait := max(bus.Backoff(attempts, s.MinDelay, s.MaxDelay, s.Jitter()), min(askedWait(failed), s.MaxDelay))
	again = now.Add(wait)
	last := isPermanent(failed) || attempts >= s.Attempts
	if last && isPermanent(failed) {
		again = time.Time{} // the next message may well be taken
	}
	return again, s.settle(ctx, batch, func(w waiting) []store.Write {
		w.Value.Error = bus.Clip(failed.Error(), 500)
		if last || w.Value.Attempts >= s.Attempts {
			return s.bury(w, now)
		}
		s.count(func(c *Counts) { c.Retries++ })
		return s.at(w, now.Add(wait))
	})
}

// claim takes deliveries for this sender alone, as long as the lease lasts, and counts the attempt before it is made: a message that
// brings the process down is not tried for ever. Those that another sender took meanwhile are left out.
func (s *Service) claim(ctx context.Context, list []waiting, now time.Time) (claimed []waiting, err error) {
	for chunk := range slices.Chunk(list, perWrite) {
		for i := range chunk {
			chunk[i].Value.Attempts++
		}
		docs, err := s.Documents.Write(ctx, s.changes(chunk, func(w waiting) []store.Write { return s.at(w, now.Add(s.Lease)) }), nil)
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("claim deliveries: %w", err)
		}
		for i := range chunk {
			chunk[i].ID, chunk[i].Revision = docs[2*i+1].ID, docs[2*i+1].Revision
			claimed = append(claimed, chunk[i])
		}
	}
	return claimed, nil
}

// putOff moves deliveries to a later time. What another sender took meanwhile is that one's.
func (s *Service) putOff(ctx context.Context, list []waiting, when time.Time) error {
	return s.settle(ctx, list, func(w waiting) []store.Write { return s.at(w, when) })
}

// settle deletes deliveries, each together with the writes that take its place.
func (s *Service) settle(ctx context.Context, list []waiting, instead func(waiting) []store.Write) error {
	for chunk := range slices.Chunk(list, perWrite) {
		_, err := s.Documents.Write(ctx, s.changes(chunk, instead), nil)
		if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("settle deliveries: %w", err)
		}
	}
	return nil
}

func (s *Service) changes(list []waiting, instead func(waiting) []store.Write) (changes []store.Write) {
	for _, w := range list {
		puts := instead(w)
		// A wait that ends with the lease leaves a delivery where it is: no Write changes one document twice.
		if len(puts) == 1 && puts[0].Kind == store.KindDelivery && puts[0].ID == w.ID {
			puts[0].If = store.Condition(w.Revision)
			changes = append(changes, puts[0])
			continue
		}
		changes = append(changes, store.Write{Kind: store.KindDelivery, ID: w.ID, If: store.Condition(w.Revision)})
		changes = append(changes, puts...)
	}
	return changes
}

// at writes a delivery under the time when it is due.
func (s *Service) at(w waiting, when time.Time) []store.Write {
	_, k, _ := strings.Cut(strings.TrimPrefix(w.ID, DuePrefix), "/")
	w.ID = dueID(when, k)
	change, err := s.deliveries.Change(w, store.Always)
	if err != nil {
		return nil // it was decoded from JSON: it can be encoded
	}
	return []store.Write{change}
}

// bury writes a dead letter.
func (s *Service) bury(w waiting, now time.Time) []store.Write {
	_, k, _ := strings.Cut(strings.TrimPrefix(w.ID, DuePrefix), "/")
	change, err := s.letters.Change(store.Item[DeadLetter]{ID: k, Value: DeadLetter{Delivery: w.Value, Died: now}, Expires: now.Add(letterFor)}, store.Always)
	if err != nil {
		return nil // as above
	}
	s.count(func(c *Counts) { c.Dead++ })
	return []store.Write{change}
}

// Resend puts a dead letter back among the deliveries, due at once and with all of its attempts. ErrNotFound where there is no such
// letter, or its rule is no more.
func (s *Service) Resend(ctx context.Context, id string) error {
	letter, err := s.letters.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("resend %s: %w", id, err)
	}
	d := letter.Value.Delivery
	if _, err := s.rules.Get(ctx, d.Rule); err != nil {
		return fmt.Errorf("resend %s: rule %s: %w", id, d.Rule, err)
	}
	d.Attempts, d.Held, d.Error = 0, "", ""
	put, err := s.deliveries.Change(store.Item[Delivery]{ID: dueID(s.Now(), id), Value: d}, store.Always)
	if err != nil {
		return err
	}
	gone := store.Write{Kind: store.KindDeadLetter, ID: id, If: store.Condition(letter.Revision)}
	if _, err := s.Documents.Write(ctx, []store.Write{gone, put}, nil); err != nil {
		return fmt.Errorf("resend %s: %w", id, err)
	}
	s.nudge()
	return nil
}
