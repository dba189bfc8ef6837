package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

// detections keeps detections whole in the file, and finds them by an index in memory. The index follows each commit, in the order of
// commits, before the change returns: who stored a detection finds it.
type detections struct {
	d      *database
	outbox *outbox
	index  *facets.Index
}

// row is a detection as it is stored.
type row struct {
	seq       int64
	detection events.Detection
}

// Put stores what detectors say.
func (s detections) Put(ctx context.Context, list ...events.Detection) (changed int, err error) {
	for i := range list {
		if err := store.CheckDetection(&list[i]); err != nil {
			return 0, err
		}
	}
	err = s.d.change(ctx, func(t *tx) error {
		changed = 0
		for _, d := range list {
			did, err := s.put(t, d)
			if err != nil {
				return err
			}
			if did {
				changed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("store detections: %w", err)
	}
	return changed, nil
}

func (s detections) put(t *tx, d events.Detection) (changed bool, err error) {
	have, err := s.stored(t, d.ID)
	if err != nil {
		return false, err
	}
	var before *events.Detection
	if have != nil {
		before = &have.detection
	}
	merged, changed := store.Merge(before, d, s.d.now())
	if !changed {
		return false, nil
	}
	if have == nil {
		have = &row{}
	}
	return true, s.keep(t, have.seq, before, merged, "")
}

// stored reads one in the transaction that may change it; nil where there is none.
func (s detections) stored(t *tx, id string) (*row, error) {
	var r row
	var body []byte
	err := t.row("SELECT seq, body FROM detection WHERE id = ?", []any{id}, &r.seq, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &r.detection)
	}
	return &r, err
}

// keep writes a detection, what the index needs of it, and its event; seq is 0 where it is new.
func (s detections) keep(t *tx, seq int64, before *events.Detection, d events.Detection, actor string) error {
	body, err := json.Marshal(&d)
	if err != nil {
		return fmt.Errorf("encode detection: %w", err)
	}
	if seq == 0 {
		r, err := t.exec("INSERT INTO detection (id, updated, body) VALUES (?, ?, ?)", d.ID, nanos(d.Update), body)
		if err != nil {
			return err
		}
		if seq, err = r.LastInsertId(); err != nil {
			return err
		}
	} else if _, err := t.exec("UPDATE detection SET updated = ?, body = ? WHERE seq = ?", nanos(d.Update), body, seq); err != nil {
		return err
	}
	encoded := facets.Encode(&d, seq)
	if _, err := t.exec("INSERT OR REPLACE INTO detection_facets (seq, facets) VALUES (?, ?)", seq, encoded); err != nil {
		return err
	}
	facet, err := facets.Decode(encoded)
	if err != nil {
		return fmt.Errorf("index detection: %w", err)
	}
	t.after(func() { s.index.Put(facet) })
	return s.outbox.put(t, store.DetectionEvent(before, d, actor))
}

const oneDetection = "SELECT body FROM detection WHERE id = ?"

// Get gives one.
func (s detections) Get(ctx context.Context, id string) (d events.Detection, err error) {
	q, err := s.d.query(oneDetection)
	if err != nil {
		return d, err
	}
	d, err = fromJSON[events.Detection](q.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return events.Detection{}, fmt.Errorf("read detection %s: %w", id, s.d.seen(err))
	}
	return d, nil
}

// Update changes the triage of one.
func (s detections) Update(ctx context.Context, id string, c store.TriageChange, by store.Actor) (after events.Detection, err error) {
	err = s.d.change(ctx, func(t *tx) error {
		have, err := s.stored(t, id)
		if err != nil {
			return err
		}
		if have == nil {
			return store.ErrNotFound
		}
		now := s.d.now()
		var changed bool
		if after, changed, err = store.ApplyTriage(have.detection, c, by, now); err != nil || !changed {
			return err
		}
		entry, err := store.TriageEntry(&have.detection, &after, by)
		if err != nil {
			return err
		}
		if err := logEntry(t, entry, now); err != nil {
			return err
		}
		return s.keep(t, have.seq, &have.detection, after, by.Name)
	})
	if err != nil {
		return events.Detection{}, fmt.Errorf("change detection %s: %w", id, err)
	}
	return after, nil
}

// Enrich writes what correlation knows of one, and documents with it.
func (s detections) Enrich(ctx context.Context, id string, e store.Enrichment, changes ...store.Write) (after events.Detection, err error) {
	if err := store.CheckEnrichWrites(changes); err != nil {
		return events.Detection{}, err
	}
	err = s.d.change(ctx, func(t *tx) error {
		have, err := s.stored(t, id)
		if err != nil {
			return err
		}
		if have == nil {
			return store.ErrNotFound
		}
		now := s.d.now()
		var changed bool
		if after, changed, err = store.ApplyContext(have.detection, e, now); err != nil {
			return err
		}
		for _, w := range changes {
			if _, err := write(t, w, now); err != nil {
				return store.Beside(err)
			}
		}
		if len(changes) > 0 {
			if err := sweep(t, now); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
		return s.keep(t, have.seq, &have.detection, after, store.ActorCorrelate)
	})
	if err != nil {
		return events.Detection{}, fmt.Errorf("enrich detection %s: %w", id, err)
	}
	return after, nil
}

// Purge deletes those last updated before a time, at most limit of them.
func (s detections) Purge(ctx context.Context, before time.Time, limit int) (deleted int, err error) {
	return purge(ctx, s.d, limit, func(t *tx, most int) (int, error) {
		rows, err := t.rows("SELECT seq, id FROM detection WHERE updated < ? ORDER BY updated LIMIT ?", nanos(before), most)
		type victim struct {
			seq int64
			id  string
		}
		victims, err := collect(rows, err, func(scan func(...any) error) (v victim, err error) { return v, scan(&v.seq, &v.id) })
		if err != nil {
			return 0, err
		}
		ids := make([]string, len(victims))
		for i, v := range victims {
			ids[i] = v.id
			for _, table := range []string{"detection", "detection_facets"} {
				if _, err := t.exec("DELETE FROM "+table+" WHERE seq = ?", v.seq); err != nil {
					return 0, err
				}
			}
		}
		t.after(func() { s.index.Remove(ids...) })
		return len(victims), nil
	})
}
