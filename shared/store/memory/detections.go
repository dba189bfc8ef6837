package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

// detections implements store.Detections.
type detections struct{ w *world }

// stored is a detection as JSON, and its place in the order of storing.
type stored struct {
	body  []byte
	place int64
}

// staged is a change that is ready and not made: all of a list is, or none.
type staged struct {
	id     string
	stored stored
	facet  facets.Facet
	event  outgoing
}

func (s detections) Put(ctx context.Context, list ...events.Detection) (changed int, err error) {
	if err := s.w.enter(ctx); err != nil {
		return 0, err
	}
	defer s.w.mu.Unlock()
	var changes []staged
	latest := map[string]stored{} // of those in changes
	for i := range list {
		if err := store.CheckDetection(&list[i]); err != nil {
			return 0, err
		}
		id := list[i].ID
		was, known := latest[id]
		if !known {
			was, known = s.w.detections[id]
		}
		c, differs, err := s.w.merge(was, known, list[i], int64(len(changes)))
		if err != nil {
			return 0, err
		}
		if differs {
			changes, latest[id] = append(changes, c), c.stored
		}
	}
	for _, c := range changes {
		s.w.commit(c)
	}
	return len(changes), nil
}

// merge makes the change that a detector's word is, if it is one.
func (w *world) merge(was stored, known bool, d events.Detection, ahead int64) (c staged, differs bool, err error) {
	var before *events.Detection
	place := w.created + 1 + ahead
	if known {
		have, err := decode[events.Detection](was.body)
		if err != nil {
			return c, false, err
		}
		before, place = &have, was.place
	}
	after, differs := store.Merge(before, d, w.now())
	if !differs {
		return c, false, nil
	}
	c, err = stage(before, after, "", place)
	return c, true, err
}

func stage(before *events.Detection, after events.Detection, actor string, place int64) (c staged, err error) {
	c.id, c.stored.place = after.ID, place
	if c.stored.body, err = encode(after); err != nil {
		return c, err
	}
	if c.event, err = packed(store.DetectionEvent(before, after, actor)); err != nil {
		return c, err
	}
	// Of what was stored, not of what was given: bytes that are no text became U+FFFD.
	kept, err := decode[events.Detection](c.stored.body)
	if err != nil {
		return c, err
	}
	if c.facet, err = facets.Of(&kept, place); err != nil {
		return c, fmt.Errorf("index detection %s: %w", c.id, err)
	}
	return c, nil
}

func (w *world) commit(c staged) {
	w.detections[c.id] = c.stored
	w.created = max(w.created, c.stored.place)
	w.index.Put(c.facet)
	w.hand(c.event)
}

func (s detections) Get(ctx context.Context, id string) (d events.Detection, err error) {
	if err := s.w.look(ctx); err != nil {
		return d, err
	}
	defer s.w.mu.RUnlock()
	return s.w.detection(id)
}

func (w *world) detection(id string) (d events.Detection, err error) {
	have, ok := w.detections[id]
	if !ok {
		return d, fmt.Errorf("detection %s: %w", id, store.ErrNotFound)
	}
	return decode[events.Detection](have.body)
}

func (s detections) Search(ctx context.Context, q store.DetectionQuery) (p store.DetectionPage, err error) {
	if err := ctx.Err(); err != nil {
		return p, err
	}
	ids, page, err := s.w.index.Search(q)
	if err != nil {
		return p, err
	}
	p.Page = page
	s.w.mu.RLock()
	defer s.w.mu.RUnlock()
	for _, id := range ids {
		if _, there := s.w.detections[id]; !there {
			continue // purged since
		}
		d, err := s.w.detection(id)
		if err != nil {
			return store.DetectionPage{}, err
		}
		p.Items = append(p.Items, d)
	}
	return p, nil
}

func (s detections) Histogram(ctx context.Context, f store.DetectionFilter, h store.HistogramQuery) (store.Histogram, error) {
	if err := ctx.Err(); err != nil {
		return store.Histogram{}, err
	}
	return s.w.index.Histogram(f, h)
}

func (s detections) Groups(ctx context.Context, f store.DetectionFilter, g store.GroupQuery) (store.Groups, error) {
	if err := ctx.Err(); err != nil {
		return store.Groups{}, err
	}
	return s.w.index.Groups(f, g)
}

func (s detections) Update(ctx context.Context, id string, t store.TriageChange, by store.Actor) (d events.Detection, err error) {
	if err := s.w.enter(ctx); err != nil {
		return d, err
	}
	defer s.w.mu.Unlock()
	before, err := s.w.detection(id)
	if err != nil {
		return d, err
	}
	after, changed, err := store.ApplyTriage(before, t, by, s.w.now())
	if err != nil || !changed {
		return after, err
	}
	entry, err := store.TriageEntry(&before, &after, by)
	if err != nil {
		return d, err
	}
	c, err := stage(&before, after, by.Name, s.w.detections[id].place)
	if err != nil {
		return d, err
	}
	s.w.commit(c)
	s.w.log(entry)
	return s.w.detection(id)
}

func (s detections) Enrich(ctx context.Context, id string, e store.Enrichment, changes ...store.Write) (d events.Detection, err error) {
	if err := store.CheckEnrichWrites(changes); err != nil {
		return d, err
	}
	if err := s.w.enter(ctx); err != nil {
		return d, err
	}
	defer s.w.mu.Unlock()
	before, err := s.w.detection(id)
	if err != nil {
		return d, err
	}
	after, changed, err := store.ApplyContext(before, e, s.w.now())
	if err != nil {
		return d, err
	}
	docs, err := s.w.prepare(changes)
	if err != nil {
		return d, store.Beside(err)
	}
	if changed {
		c, err := stage(&before, after, store.ActorCorrelate, s.w.detections[id].place)
		if err != nil {
			return d, err
		}
		s.w.commit(c)
	}
	s.w.keep(changes, docs)
	return s.w.detection(id)
}

func (s detections) Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	if err := s.w.enter(ctx); err != nil {
		return 0, err
	}
	defer s.w.mu.Unlock()
	ids, err := s.w.index.IDs(store.DetectionFilter{UpdatedTo: &before, Hidden: store.HiddenInclude}, limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		delete(s.w.detections, id)
	}
	s.w.index.Remove(ids...)
	return len(ids), nil
}
