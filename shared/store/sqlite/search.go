package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Search gives a page: the index says which, the file what. A detection that was purged between the two is left out, and one that was
// changed between them is given as it is now.
func (s detections) Search(ctx context.Context, q store.DetectionQuery) (store.DetectionPage, error) {
	if err := ctx.Err(); err != nil {
		return store.DetectionPage{}, err
	}
	ids, page, err := s.index.Search(q)
	if err != nil {
		return store.DetectionPage{}, fmt.Errorf("search detections: %w", err)
	}
	items, err := s.byID(ctx, ids)
	if err != nil {
		return store.DetectionPage{}, fmt.Errorf("read detections: %w", s.d.seen(err))
	}
	return store.DetectionPage{Page: page, Items: items}, nil
}

// byID reads detections in the order of ids, those that are there.
func (s detections) byID(ctx context.Context, ids []string) ([]events.Detection, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	q, err := s.d.query("SELECT body FROM json_each(?) AS wanted CROSS JOIN detection ON detection.id = wanted.value ORDER BY wanted.key")
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, string(list))
	return collect(rows, err, fromJSON[events.Detection])
}

// Histogram counts those that match by when they started.
func (s detections) Histogram(ctx context.Context, f store.DetectionFilter, h store.HistogramQuery) (store.Histogram, error) {
	if err := ctx.Err(); err != nil {
		return store.Histogram{}, err
	}
	return s.index.Histogram(f, h)
}

// Groups counts those that match by a field.
func (s detections) Groups(ctx context.Context, f store.DetectionFilter, g store.GroupQuery) (store.Groups, error) {
	if err := ctx.Err(); err != nil {
		return store.Groups{}, err
	}
	return s.index.Groups(f, g)
}
