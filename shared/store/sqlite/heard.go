package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Bound gives a page of the bindings that last. There is an index of them alone, so that history costs nothing.
func (s mirror) Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error) {
	limit, after, err := begin(q, "bound")
	if err != nil {
		return store.BindingPage{}, err
	}
	vni, ok := number(after)
	if !ok && after != "" {
		return store.BindingPage{}, store.BadCursor(q.Cursor)
	}
	stmt, err := s.d.query("SELECT body FROM binding WHERE ended IS NULL AND vni > ? ORDER BY vni LIMIT ?")
	if err != nil {
		return store.BindingPage{}, err
	}
	rows, err := stmt.QueryContext(ctx, vni, limit+1)
	items, err := collect(rows, err, fromJSON[events.Binding])
	if err != nil {
		return store.BindingPage{}, fmt.Errorf("read bindings that last: %w", s.d.seen(err))
	}
	p := store.BindingPage{Page: whole(), Items: items}
	if len(items) > limit {
		p.Items, p.Next = items[:limit], cursor("bound", text(int64(items[limit-1].VNI)))
	}
	return p, nil
}

// begin gives the size of a page of all that there is, and where it begins.
func begin(q store.ListQuery, question string) (limit int, after string, err error) {
	if err := store.CheckList(q); err != nil {
		return 0, "", err
	}
	if limit, err = limited(q.Limit, store.MaxPage); err != nil {
		return 0, "", err
	}
	after, err = place(question, q.Cursor)
	return limit, after, err
}

// Hear stores what sensors have heard. Whoever hears cleans up a little after sensors that are gone.
func (s mirror) Hear(ctx context.Context, list ...events.Heard) error {
	list, err := store.NewestHeard(list)
	if err != nil {
		return err
	}
	err = s.d.change(ctx, func(t *tx) error {
		for i := range list {
			if err := hear(t, &list[i]); err != nil {
				return err
			}
		}
		_, err := t.exec("DELETE FROM heard WHERE (vni, sensor) IN (SELECT vni, sensor FROM heard WHERE last_seen <= ? LIMIT 200)",
			nanos(s.d.now().Add(-store.HeardFor)))
		return err
	})
	if err != nil {
		return fmt.Errorf("store what was heard: %w", err)
	}
	return nil
}

func hear(t *tx, h *events.Heard) error {
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode what was heard: %w", err)
	}
	_, err = t.exec(`INSERT INTO heard (vni, sensor, last_seen, body) VALUES (?, ?, ?, ?)
		ON CONFLICT (vni, sensor) DO UPDATE SET last_seen = excluded.last_seen, body = excluded.body WHERE excluded.last_seen > heard.last_seen`,
		h.VNI, h.Sensor, nanos(h.LastSeen), body)
	return err
}

// Heard gives a page of what was heard, by VNI and sensor.
func (s mirror) Heard(ctx context.Context, q store.ListQuery) (store.HeardPage, error) {
	limit, after, err := begin(q, "heard")
	if err != nil {
		return store.HeardPage{}, err
	}
	var vni int64
	sensor := ""
	if after != "" {
		var ok bool
		if vni, ok = number(after[:min(8, len(after))]); !ok {
			return store.HeardPage{}, store.BadCursor(q.Cursor)
		}
		sensor = after[8:]
	}
	stmt, err := s.d.query("SELECT body FROM heard WHERE (vni, sensor) > (?, ?) AND last_seen > ? ORDER BY vni, sensor LIMIT ?")
	if err != nil {
		return store.HeardPage{}, err
	}
	rows, err := stmt.QueryContext(ctx, vni, sensor, nanos(s.d.now().Add(-store.HeardFor)), limit+1)
	items, err := collect(rows, err, fromJSON[events.Heard])
	if err != nil {
		return store.HeardPage{}, fmt.Errorf("read what was heard: %w", s.d.seen(err))
	}
	p := store.HeardPage{Page: whole(), Items: items}
	if len(items) > limit {
		end := &items[limit-1]
		p.Items, p.Next = items[:limit], cursor("heard", text(int64(end.VNI))+end.Sensor)
	}
	return p, nil
}
