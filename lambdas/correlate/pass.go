package correlate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// mostCalls is how often AWS is asked in one pass: three times for documents at the most, or twice and once for metrics, and Enrich reads and
// writes. What there is no call left for is asked in the next pass.
const (
	mostCalls   = 5
	enrichCalls = 2
	mostReads   = mostCalls - enrichCalls
)

// inquiry is one pass over one detection: what was read for it, and what it is worth.
type inquiry struct {
	*Correlator
	d     *events.Detection
	now   time.Time
	calls int // of AWS so far
	docs  map[store.DocumentKey]store.Document
	asked map[store.DocumentKey]bool // for these, whether they are there or not
	out   events.Context
}

// pass reads all that is known, and writes what comes of it: the context, the incident and the next task, at once.
func (c *Correlator) pass(ctx context.Context, d *events.Detection, t *task, anew bool) error {
	q := &inquiry{Correlator: c, d: d, now: c.o.Now().UTC(), docs: map[store.DocumentKey]store.Document{}, asked: map[store.DocumentKey]bool{}}
	if t != nil && t.docs != nil {
		q.take(t.Keys, t.docs)
	} else if err := q.read(ctx, keysOf(d, q.now)); err != nil {
		return err
	}
	for q.calls < mostReads {
		keys := q.unread()
		if len(keys) == 0 {
			break
		}
		if err := q.read(ctx, keys); err != nil {
			return err
		}
	}
	if anew || t != nil || d.Context == nil || d.Context.Of.Before(d.Update) {
		q.ask(ctx)
	} else {
		q.out = *d.Context // a person's change: the context stands, the incident may not
	}
	return q.write(ctx, t)
}

// keysOf names the documents that a pass begins with: one less than can be read at once, for a detection may be read with them.
func keysOf(d *events.Detection, now time.Time) []store.DocumentKey {
	keys := append(sourceKeys(), trail.Keys(d)...)
	keys = append(append(keys, incident.Keys(d)...), inventory.Keys(d)...)
	if flows := tally.Keys(d, now); len(keys)+len(flows) < store.MaxGet {
		keys = append(keys, flows...)
	}
	return keys[:min(len(keys), store.MaxGet-1)]
}

// read gets documents, in one call.
func (q *inquiry) read(ctx context.Context, keys []store.DocumentKey) error {
	keys = keys[:min(len(keys), store.MaxGet)]
	docs, err := q.o.Store.Documents.GetMany(ctx, keys...)
	if err != nil {
		return fmt.Errorf("read context of detection %s: %w", q.d.ID, err)
	}
	q.take(keys, docs)
	return nil
}

func (q *inquiry) take(keys []store.DocumentKey, docs map[store.DocumentKey]store.Document) {
	q.calls++
	maps.Copy(q.docs, docs)
	incident.Asked(q.docs, keys)
	for _, k := range keys {
		q.asked[k] = true
	}
}

// unread names the documents that those read so far lead to: who they say took part, and the incidents that those are in.
func (q *inquiry) unread() []store.DocumentKey {
	q.who()
	named := *q.d
	named.Context = &q.out
	keys := incident.Keys(&named)
	if more, err := incident.More(&named, q.docs); err == nil {
		keys = append(keys, more...)
	}
	if history, _ := inventory.Read(q.docs); history != nil { // ask tells what cannot be read
		keys = append(keys, history.More(q.d)...)
	}
	keys = append(keys, tally.Keys(q.d, q.now)...)
	return slices.DeleteFunc(keys, func(k store.DocumentKey) bool { return q.asked[k] })
}

// ask makes the context, source by source. What a source cannot say never keeps the others from speaking.
func (q *inquiry) ask(ctx context.Context) {
	q.out = events.Context{Of: q.d.Update, Made: q.now}
	if q.d.Context != nil {
		q.out.Incident = q.d.Context.Incident // a way to where it is
	}
	inventoryState := q.who()
	placesState := q.places()
	calls, callTerms := q.trail()
	counters, counterTerms := q.counters(ctx)
	flows, flowTerms := q.flows(ctx)
	q.out.Sources = []events.SourceState{inventoryState, placesState, flows, calls, counters}
	q.out.Adjustments = adjustments(callTerms, flowTerms, counterTerms)
	q.out.Complete = true
	for _, s := range q.out.Sources {
		if s.Status == events.SourceWaiting {
			q.out.Complete = false
		}
	}
}

// adjustments puts terms together, each name once.
func adjustments(lists ...[]events.Term) (out []events.Term) {
	known := map[string]bool{}
	for _, list := range lists {
		for _, t := range list {
			if !known[t.Name] {
				known[t.Name] = true
				out = append(out, t)
			}
		}
	}
	return out
}

// write stores the context with the incident and what is to be done later. The detection that is chained has the risk that it will have.
func (q *inquiry) write(ctx context.Context, t *task) error {
	story, err := q.chain(ctx)
	if err != nil {
		return err
	}
	q.out.Incident = story.Incident
	changes, err := q.tasks(t, story.Unfinished)
	if err != nil {
		return err
	}
	changes = append(changes, story.Changes...)
	if q.out, err = bus.FitContext(q.out, store.MaxContext); err != nil {
		return fmt.Errorf("write context of detection %s: %w", q.d.ID, err)
	}
	_, err = q.o.Store.Detections.Enrich(ctx, q.d.ID, store.Enrichment{IfRevision: q.d.Revision, Context: q.out}, changes...)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("write context: %w", err)
	}
	return err
}

// chain finds the incident. Documents of incidents that make no sense keep the detection out of them, and nothing else.
func (q *inquiry) chain(ctx context.Context) (incident.Result, error) {
	chained := *q.d
	chained.Context = &q.out
	chained.Risk = store.Adjusted(q.d.Risk, q.out.Adjustments)
	for {
		story, err := incident.Chain(&chained, q.out.Calls, q.docs, q.now)
		switch {
		case errors.Is(err, store.ErrConflict):
			return story, err
		case err != nil:
			q.o.Log.ErrorContext(ctx, "detection is in no incident", "detection", q.d.ID, "error", err)
			return incident.Result{}, nil
		case !story.Unfinished || len(story.Need) == 0 || q.calls >= mostReads:
			return story, nil
		}
		if err := q.read(ctx, story.Need); err != nil {
			return story, err
		}
	}
}
