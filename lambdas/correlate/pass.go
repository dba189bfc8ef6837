package correlate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// inquiry is one pass over one detection: what was read for it, and what it is worth.
type inquiry struct {
	*Correlator
	d    *events.Detection
	now  time.Time
	docs map[store.DocumentKey]store.Document
	out  events.Context

	unchained error // why the detection is in no incident
}

// pass reads all that is known, and writes what comes of it: the context, the incident and the next task, at once. Of AWS it asks two reads of
// many documents, one of metrics, and Enrich's two.
func (c *Correlator) pass(ctx context.Context, d *events.Detection, t *task, anew bool) error {
	q := &inquiry{Correlator: c, d: d, now: c.o.Now().UTC()}
	if t != nil && t.docs != nil {
		q.docs = t.docs
	} else if err := q.read(ctx); err != nil {
		return err
	}
	if err := q.readMore(ctx); err != nil {
		return err
	}
	if anew || t != nil || d.Context == nil || d.Context.Of.Before(d.Update) {
		q.ask(ctx)
	} else {
		q.out = *d.Context // a person's change: the context stands, the incident may not
	}
	return q.write(ctx, t)
}

// keysOf names the documents that a pass begins with.
func keysOf(d *events.Detection) []store.DocumentKey {
	keys := append(sourceKeys(), inventory.Keys(d)...)
	keys = append(append(keys, trail.Keys(d)...), incident.Keys(d)...)
	return keys[:min(len(keys), store.MaxGet)]
}

// read gets the documents that a pass begins with, in one call.
func (q *inquiry) read(ctx context.Context) (err error) {
	if q.docs, err = q.o.Store.Documents.GetMany(ctx, keysOf(q.d)...); err != nil {
		return fmt.Errorf("read context of detection %s: %w", q.d.ID, err)
	}
	return nil
}

// readMore gets what those name, in one more.
func (q *inquiry) readMore(ctx context.Context) error {
	keys, err := incident.More(q.d, q.docs)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		q.unchained = err
	}
	if history, _ := inventory.Read(q.docs); history != nil { // who tells what cannot be read
		keys = append(keys, history.More(q.d)...)
	}
	return q.add(ctx, append(keys, tally.Keys(q.d, q.now)...))
}

// add reads further documents.
func (q *inquiry) add(ctx context.Context, keys []store.DocumentKey) error {
	if len(keys) == 0 {
		return nil
	}
	keys = keys[:min(len(keys), store.MaxGet)]
	more, err := q.o.Store.Documents.GetMany(ctx, keys...)
	if err != nil {
		return fmt.Errorf("read incidents and flows of detection %s: %w", q.d.ID, err)
	}
	maps.Copy(q.docs, more)
	return nil
}

// ask makes the context, source by source. What a source cannot say never keeps the others from speaking.
func (q *inquiry) ask(ctx context.Context) {
	q.out = events.Context{Of: q.d.Update, Made: q.now}
	inventoryState := q.who()
	placesState := q.places()
	calls, callTerms := q.calls()
	flows, flowTerms := q.flows(ctx)
	counters, counterTerms := q.counters(ctx)
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
	_, err = q.o.Store.Detections.Enrich(ctx, q.d.ID, store.Enrichment{IfRevision: q.d.Revision, Context: q.out}, changes...)
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("write context: %w", err)
	}
	return err
}

// further is how often the documents of incidents that grow together are read on in one pass. It is for stories that meet, which is rare.
const further = 3

// chain finds the incident. Documents of incidents that make no sense keep the detection out of them, and nothing else.
func (q *inquiry) chain(ctx context.Context) (incident.Result, error) {
	chained := *q.d
	chained.Context = &q.out
	chained.Risk = store.Adjusted(q.d.Risk, q.out.Adjustments)
	for round := 0; q.unchained == nil; round++ {
		story, err := incident.Chain(&chained, q.out.Calls, q.docs, q.now)
		switch {
		case errors.Is(err, store.ErrConflict):
			return story, err
		case err != nil:
			q.unchained = err
		case !story.Unfinished || len(story.Need) == 0 || round == further:
			return story, nil
		default:
			if err := q.add(ctx, story.Need); err != nil {
				return story, err
			}
			for _, k := range story.Need {
				q.docs[k] = q.docs[k] // an empty one says that it is known not to be there
			}
		}
	}
	q.o.Log.ErrorContext(ctx, "detection is in no incident", "detection", q.d.ID, "error", q.unchained)
	return incident.Result{}, nil
}
