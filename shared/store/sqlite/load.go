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

// loadIndex fills an index from the file. One goroutine reads and takes apart while another, this one, puts in: each takes about half.
func loadIndex(ctx context.Context, d *database) (*facets.Index, error) {
	var expect int
	// Counted by the smallest index: the facets themselves are read only once.
	if err := d.read.QueryRowContext(ctx, "SELECT count(*) FROM detection").Scan(&expect); err != nil {
		return nil, fmt.Errorf("load detections: %w", d.seen(err))
	}
	index := facets.New(facets.Options{Expect: expect})
	full, spare := make(chan []facets.Facet, 3), make(chan []facets.Facet, 3)
	for range cap(spare) {
		spare <- make([]facets.Facet, 0, loadStep)
	}
	var failed error
	go func() {
		defer close(full)
		failed = readFacets(ctx, d, full, spare)
	}()
	for batch := range full {
		index.Put(batch...)
		spare <- batch[:0]
	}
	if failed != nil {
		return nil, failed
	}
	return index, nil
}

// readFacets hands over all facets, in batches of those to spare.
func readFacets(ctx context.Context, d *database, full chan<- []facets.Facet, spare <-chan []facets.Facet) error {
	rows, err := d.read.QueryContext(ctx, "SELECT seq, facets FROM detection_facets ORDER BY seq")
	if err != nil {
		return fmt.Errorf("load detections: %w", d.seen(err))
	}
	defer rows.Close()
	batch := <-spare
	for rows.Next() {
		f, err := readFacet(ctx, d, rows)
		if err != nil {
			return err
		}
		if batch = append(batch, f); len(batch) == loadStep {
			full <- batch
			batch = <-spare
		}
	}
	full <- batch
	if err := rows.Err(); err != nil {
		return fmt.Errorf("load detections: %w", d.seen(err))
	}
	return nil
}

// readFacet reads one. A facet of another version of the index is made anew from the detection, in memory only: the next change of the
// detection writes it.
func readFacet(ctx context.Context, d *database, rows *sql.Rows) (f facets.Facet, err error) {
	var seq int64
	var b sql.RawBytes
	if err := rows.Scan(&seq, &b); err != nil {
		return f, fmt.Errorf("load detections: %w", d.seen(err))
	}
	if f, err = facets.Decode(b); err == nil {
		return f, nil
	}
	if f, err = remade(ctx, d, seq); err != nil {
		return f, fmt.Errorf("load detection %d: %w", seq, d.seen(err))
	}
	return f, nil
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
