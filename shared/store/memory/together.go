package memory

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetWith gives a detection, and documents of the same moment.
func (s detections) GetWith(ctx context.Context, id string, keys ...store.DocumentKey) (events.Detection, map[store.DocumentKey]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return events.Detection{}, nil, err
	}
	if err := s.w.look(ctx); err != nil {
		return events.Detection{}, nil, err
	}
	defer s.w.mu.RUnlock()
	d, err := s.w.detection(id)
	if err != nil {
		return events.Detection{}, nil, err
	}
	found := map[store.DocumentKey]store.Document{}
	for _, k := range keys {
		if doc := s.w.document(documentKey{k.Kind, k.ID}); doc != nil {
			found[k] = *doc
		}
	}
	return d, found, nil
}
