package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

// loadStep is how many facets are put into the index at a time.
const loadStep = 1024

// loadIndex fills an index from the file. Facets of another version of the index are made anew from the detections, in memory only: the
// next change of each writes it.
func loadIndex(ctx context.Context, d *database) (*facets.Index, error) {
	var expect int
	if err := d.read.QueryRowContext(ctx, "SELECT count(*) FROM detection_facets").Scan(&expect); err != nil {
		return nil, fmt.Errorf("load detections: %w", d.seen(err))
	}
	index := facets.New(facets.Options{Expect: expect})
	rows, err := d.read.QueryContext(ctx, "SELECT seq, facets FROM detection_facets ORDER BY seq")
	if err != nil {
		return nil, fmt.Errorf("load detections: %w", d.seen(err))
	}
	defer rows.Close()
	batch := make([]facets.Facet, 0, loadStep)
	for rows.Next() {
		var seq int64
		var b sql.RawBytes
		if err := rows.Scan(&seq, &b); err != nil {
			return nil, fmt.Errorf("load detections: %w", d.seen(err))
		}
		f, err := facets.Decode(b)
		if err != nil {
			if f, err = remade(ctx, d, seq); err != nil {
				return nil, fmt.Errorf("load detection %d: %w", seq, d.seen(err))
			}
		}
		if batch = append(batch, f); len(batch) == loadStep {
			index.Put(batch...)
			batch = batch[:0]
		}
	}
	index.Put(batch...)
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load detections: %w", d.seen(err))
	}
	return index, nil
}

func remade(ctx context.Context, d *database, seq int64) (facets.Facet, error) {
	q, err := d.query("SELECT body FROM detection WHERE seq = ?")
	if err != nil {
		return facets.Facet{}, err
	}
	var body []byte
	var v events.Detection
	if err := q.QueryRowContext(ctx, seq).Scan(&body); err != nil {
		return facets.Facet{}, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return facets.Facet{}, err
	}
	return facets.Decode(facets.Encode(&v, seq))
}
