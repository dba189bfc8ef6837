package dynamo

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetWith gives a detection, and documents beside it, in one call where there are at most 99 of them.
func (d detections) GetWith(ctx context.Context, id string, keys ...store.DocumentKey) (events.Detection, map[store.DocumentKey]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return events.Detection{}, nil, err
	}
	if store.CheckID("id", id) != nil {
		return events.Detection{}, nil, notFound("detection", id)
	}
	ask := []key{detectionKey(id)}
	for _, k := range keys {
		if store.CheckID("id", k.ID) == nil {
			ask = append(ask, documentKey(k.Kind, k.ID))
		}
	}
	items, err := d.batch(ctx, DetectionContext, ask, true)
	if err != nil {
		return events.Detection{}, nil, err
	}
	found, _, err := detectionOf(items[ask[0]])
	if err != nil {
		return events.Detection{}, nil, err
	}
	if found == nil {
		return events.Detection{}, nil, notFound("detection", id)
	}
	docs, now := map[store.DocumentKey]store.Document{}, d.now()
	for _, k := range keys {
		doc, err := documentOf(k.Kind, items[documentKey(k.Kind, k.ID)])
		if err != nil {
			return events.Detection{}, nil, err
		}
		if doc != nil && !expired(doc, now) {
			docs[k] = *doc
		}
	}
	return *found, docs, nil
}
