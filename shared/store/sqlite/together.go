package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetWith gives a detection and documents beside it, all as they were at one moment.
func (s detections) GetWith(ctx context.Context, id string, keys ...store.DocumentKey) (d events.Detection, docs map[store.DocumentKey]store.Document, err error) {
	if err := store.CheckKeys(keys); err != nil {
		return d, nil, err
	}
	one, err := s.d.query(oneDetection)
	if err != nil {
		return d, nil, err
	}
	many, err := s.d.query(manyDocuments)
	if err != nil {
		return d, nil, err
	}
	// What a transaction reads first is the moment of all that it reads.
	t, err := s.d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return d, nil, fmt.Errorf("read detection %s: %w", id, s.d.seen(err))
	}
	defer t.Rollback() //nolint:errcheck // it changed nothing
	d, err = fromJSON[events.Detection](t.StmtContext(ctx, one).QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return events.Detection{}, nil, fmt.Errorf("read detection %s: %w", id, s.d.seen(err))
	}
	docs, err = documents{s.d}.many(ctx, t.StmtContext(ctx, many), keys)
	if err != nil {
		return events.Detection{}, nil, err
	}
	return d, docs, nil
}
