package sqlite

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetWith gives a detection, and documents beside it.
func (s detections) GetWith(ctx context.Context, id string, keys ...store.DocumentKey) (events.Detection, map[store.DocumentKey]store.Document, error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return d, nil, err
	}
	docs, err := documents{s.d}.GetMany(ctx, keys...)
	return d, docs, err
}
