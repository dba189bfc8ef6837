// Package incidenttest chains detections that are in a store to incidents, as correlation does, for tests. What comes in is a store and ids;
// what goes out is where each detection ended. It enriches with nothing else, and is no part of the program.
package incidenttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// most bounds how many passes one detection takes.
const most = 100

// Chain makes the passes over detections that a store has, until nothing is left to do, and gives the incident of each.
func Chain(ctx context.Context, s *store.Store, now time.Time, ids ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		for n := 0; ; n++ {
			r, err := pass(ctx, s, now, id)
			if errors.Is(err, store.ErrConflict) && n < most {
				continue
			}
			if err != nil {
				return out, fmt.Errorf("chain detection %s: %w", id, err)
			}
			if out[id] = r.Incident; !r.Unfinished {
				break
			}
			if n == most {
				return out, fmt.Errorf("chain detection %s: unfinished after %d passes", id, n)
			}
		}
	}
	return out, nil
}

func pass(ctx context.Context, s *store.Store, now time.Time, id string) (incident.Result, error) {
	d, err := s.Detections.Get(ctx, id)
	if err != nil {
		return incident.Result{}, err
	}
	docs, err := s.Documents.GetMany(ctx, incident.Keys(&d)...)
	if err != nil {
		return incident.Result{}, err
	}
	incident.Asked(docs, incident.Keys(&d))
	keys, err := incident.More(&d, docs)
	if err != nil {
		return incident.Result{}, err
	}
	more, err := s.Documents.GetMany(ctx, keys...)
	if err != nil {
		return incident.Result{}, err
	}
	for k, doc := range more {
		docs[k] = doc
	}
	incident.Asked(docs, keys)
	c := events.Context{Of: d.Update, Made: now, Complete: true, Sources: []events.SourceState{}}
	if d.Context != nil {
		c = *d.Context
	}
	r, err := incident.Chain(&d, c.Calls, docs, now)
	if err != nil {
		return r, err
	}
	c.Incident = r.Incident
	_, err = s.Detections.Enrich(ctx, id, store.Enrichment{IfRevision: d.Revision, Context: c}, r.Changes...)
	return r, err
}
