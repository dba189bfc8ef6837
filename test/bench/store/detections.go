package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// The span that the detections lie in.
const (
	days = 90
	day  = 24 * time.Hour
)

func epoch() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) }

// world is what was stored: the i-th detection begins at start(i), so that what a day holds is known without asking.
type world struct{ count int }

func (w world) start(i int) time.Time {
	return epoch().Add(time.Duration(float64(i) / float64(w.count) * float64(days*day)))
}

func (w world) detection(i int) events.Detection { return storetest.Detection(i, w.start(i)) }

// some is a stored detection at random within a span.
func (w world) some(r *rand.Rand, from, to time.Time) events.Detection {
	span := float64(days * day)
	low, high := int(float64(from.Sub(epoch()))/span*float64(w.count)), int(float64(to.Sub(epoch()))/span*float64(w.count))
	return w.detection(min(low+r.IntN(max(high-low, 1)), w.count-1))
}

// measureDetections fills, closes, opens again, and asks: alone, and while others write.
func measureDetections(ctx context.Context, o options, rep *report) error {
	w := world{o.detections}
	if err := fill(ctx, o, w, rep); err != nil {
		return err
	}
	s, opened, err := open(ctx, o.folder)
	if err != nil {
		return err
	}
	rep.Open = opened
	err = ask(ctx, o, w, s, rep)
	return errors.Join(err, s.Close())
}

func ask(ctx context.Context, o options, w world, s *store.Store, rep *report) error {
	alone, err := askAll(ctx, o, w, s, "alone")
	if err != nil {
		return err
	}
	rep.add("alone", alone)
	stop := startWriting(ctx, o, w, s)
	busy, err := askAll(ctx, o, w, s, "while writing")
	if err == nil {
		rep.Walks, err = walkAll(ctx, o, w, s)
	}
	written, failed := stop()
	rep.Written = written
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	rep.add(fmt.Sprintf("while %d detections/s are written", o.rate), busy)
	return nil
}

const fillStep = 500

// fill stores the detections, and has people triage some of them.
func fill(ctx context.Context, o options, w world, rep *report) error {
	s, _, err := open(ctx, o.folder)
	if err != nil {
		return err
	}
	if _, err := s.Detections.Get(ctx, storetest.DetectionID(w.count-1)); err == nil {
		return s.Close() // filled by a run before
	}
	began := time.Now()
	p := newProgress("fill", w.count)
	for i := 0; i < w.count && err == nil; i += fillStep {
		list := make([]events.Detection, 0, fillStep)
		for j := i; j < min(i+fillStep, w.count); j++ {
			list = append(list, w.detection(j))
		}
		if _, err = s.Detections.Put(ctx, list...); err == nil && i/fillStep%20 == 0 {
			err = publish(ctx, s)
		}
		p.at(i)
	}
	p.end()
	rep.FillPerSecond = float64(w.count) / time.Since(began).Seconds()
	if err == nil {
		err = triage(ctx, w, s)
	}
	return errors.Join(err, publish(ctx, s), s.Close())
}

// publish empties the outbox, as whoever hands events on does.
func publish(ctx context.Context, s *store.Store) error {
	for {
		list, err := s.Outbox.Pending(ctx, 1000)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := s.Outbox.Done(ctx, list[len(list)-1].Sequence); err != nil {
			return err
		}
	}
}

func triage(ctx context.Context, w world, s *store.Store) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	count := min(w.count/50, 20_000)
	p := newProgress("triage", count)
	for g := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for n := range count / 8 {
				status, who := events.Statuses()[1+r.IntN(3)], analyst(r)
				c := store.TriageChange{Status: &status, Assignee: &who}
				if status == events.StatusClosed {
					resolution := events.Resolutions()[1+r.IntN(4)]
					c.Resolution = &resolution
				}
				if _, err := s.Detections.Update(ctx, storetest.DetectionID(r.IntN(w.count)), c, store.Actor{Name: who}); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				p.at(n * 8)
			}
		})
	}
	wg.Wait()
	p.end()
	return failed
}

func analyst(r *rand.Rand) string { return "analyst-" + string(rune('a'+r.IntN(20))) }

// startWriting stores detections at a steady rate until it is told to stop: new ones throughout the span, and one in five a stored one
// that was alerted again.
func startWriting(ctx context.Context, o options, w world, s *store.Store) (stop func() (written int, err error)) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	written := 0
	go func() {
		const beat = 50 * time.Millisecond
		tick := time.NewTicker(beat)
		defer tick.Stop()
		r := rand.New(rand.NewPCG(2, 2))
		for next := w.count; ; {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			list := make([]events.Detection, 0, o.rate)
			for range o.rate / int(time.Second/beat) {
				d := storetest.Detection(next, epoch().Add(time.Duration(r.Int64N(int64(days*day)))))
				next++
				if r.IntN(5) == 0 {
					d = w.detection(r.IntN(w.count))
					d.Update = d.Update.Add(time.Duration(next) * time.Second)
				}
				list = append(list, d)
			}
			_, err := s.Detections.Put(context.WithoutCancel(ctx), list...)
			if err == nil {
				err = publish(context.WithoutCancel(ctx), s)
			}
			if err != nil {
				done <- fmt.Errorf("write meanwhile: %w", err)
				return
			}
			written += len(list)
		}
	}()
	return func() (int, error) {
		cancel()
		err := <-done
		return written, err
	}
}

// walkAll walks through random days from page to page, and counts how often each detection that was there at the beginning is seen.
func walkAll(ctx context.Context, o options, w world, s *store.Store) (res walks, err error) {
	r := rand.New(rand.NewPCG(3, 3))
	began := time.Now()
	p := newProgress("walk", int(o.writing.Seconds()))
	for time.Since(began) < o.writing && err == nil {
		from := epoch().Add(time.Duration(r.IntN(days)) * day)
		err = res.walk(ctx, w, s, from, from.Add(day), []store.Sort{store.ByStart, store.ByOldest, store.ByCreated, store.ByScore}[r.IntN(4)])
		p.at(int(time.Since(began).Seconds()))
	}
	p.end()
	return res, err
}

func (res *walks) walk(ctx context.Context, w world, s *store.Store, from, to time.Time, sort store.Sort) error {
	seen := map[string]int{}
	for q := (store.DetectionQuery{Filter: store.DetectionFilter{From: &from, To: &to}, Sort: sort, Limit: 200}); ; {
		page, err := s.Detections.Search(ctx, q)
		if err != nil {
			return err
		}
		res.Pages++
		for i := range page.Items {
			seen[page.Items[i].ID]++
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	res.Walks++
	for i := range w.count {
		if at := w.start(i); at.Before(from) || !at.Before(to) {
			continue
		}
		if seen[storetest.DetectionID(i)] == 0 {
			res.Missed++
		}
		res.Expected++
	}
	for _, n := range seen {
		if n > 1 {
			res.Doubled++
		}
	}
	return nil
}
