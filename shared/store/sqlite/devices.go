package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// devices keeps devices, each a row, and their series. What people say of one stands beside its body, so that what the sensors learn
// replaces the body without reading it.
type devices struct{ d *database }

// Put stores what the device model knows.
func (s devices) Put(ctx context.Context, list ...events.Device) error {
	for i := range list {
		if err := store.CheckID("id", list[i].ID); err != nil {
			return err
		}
	}
	err := s.d.change(ctx, func(t *tx) error {
		for _, v := range list {
			if err := putDevice(t, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store devices: %w", err)
	}
	return nil
}

func putDevice(t *tx, v events.Device) error {
	v.Overrides, v.Revision = events.DeviceOverrides{}, 0
	v.FirstSeen, v.LastSeen = v.FirstSeen.Round(0).UTC(), v.LastSeen.Round(0).UTC()
	body, err := json.Marshal(&v)
	if err != nil {
		return fmt.Errorf("encode device: %w", err)
	}
	_, err = t.exec(`INSERT INTO device (id, body, words, last_seen, external, vni, vpc, account, conduct, precious) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body, words = excluded.words, last_seen = excluded.last_seen,
		external = excluded.external, vni = excluded.vni, vpc = excluded.vpc, account = excluded.account,
		conduct = excluded.conduct, precious = excluded.precious`,
		v.ID, body, words(&v), nanos(v.LastSeen), v.External, v.VNI, v.VPC, v.Account, v.Role, v.HighValue)
	return err
}

// words is what a search for text looks through, but for the overriding name.
func words(v *events.Device) string {
	lines := []string{v.ID, v.Address.String(), v.Hostname, v.Instance, v.Interface}
	for _, n := range v.Names {
		lines = append(lines, n.Text)
	}
	for k, tag := range v.Tags {
		lines = append(lines, k, tag)
	}
	return strings.ToLower(strings.Join(lines, "\n"))
}

const deviceColumns = "SELECT body, overrides, revision FROM device"

func scanDevice(scan func(...any) error) (v events.Device, err error) {
	var body, overrides []byte
	var revision int64
	if err := scan(&body, &overrides, &revision); err != nil {
		return v, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, err
	}
	v.Revision = revision
	if overrides != nil {
		err = json.Unmarshal(overrides, &v.Overrides)
	}
	return v, err
}

// Get gives one.
func (s devices) Get(ctx context.Context, id string) (events.Device, error) {
	q, err := s.d.query(deviceColumns + " WHERE id = ?")
	if err != nil {
		return events.Device{}, err
	}
	v, err := scanDevice(q.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = store.ErrNotFound
	}
	if err != nil {
		return events.Device{}, fmt.Errorf("read device %s: %w", id, s.d.seen(err))
	}
	return v, nil
}

// Override sets what people say of a device.
func (s devices) Override(ctx context.Context, id string, o events.DeviceOverrides, ifRevision *int64, by store.Actor) (after events.Device, err error) {
	err = s.d.change(ctx, func(t *tx) error {
		before, err := scanDevice(func(into ...any) error { return t.row(deviceColumns+" WHERE id = ?", []any{id}, into...) })
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrNotFound
		}
		if err != nil {
			return err
		}
		var changed bool
		if after, changed, err = store.ApplyOverrides(before, o, ifRevision); err != nil || !changed {
			return err
		}
		body, err := json.Marshal(&after.Overrides)
		if err != nil {
			return fmt.Errorf("encode overrides: %w", err)
		}
		if _, err := t.exec("UPDATE device SET overrides = ?, revision = ?, name = ?, role = ?, high_value = ? WHERE id = ?",
			body, after.Revision, strings.ToLower(o.Name), o.Role, o.HighValue, id); err != nil {
			return err
		}
		entry, err := store.OverridesEntry(&before, &after, by)
		if err != nil {
			return err
		}
		return logEntry(t, entry, s.d.now())
	})
	if err != nil {
		return events.Device{}, fmt.Errorf("change device %s: %w", id, err)
	}
	return after, nil
}

// Purge deletes samples before one time, and devices last seen before another that have no overrides.
func (s devices) Purge(ctx context.Context, samples, seen time.Time) (deleted int, err error) {
	for more := true; more; {
		n := 0
		err := s.d.change(ctx, func(t *tx) (err error) {
			n, more, err = purgeHour(t, samples)
			return err
		})
		if err != nil {
			return deleted, fmt.Errorf("purge samples: %w", err)
		}
		deleted += n
	}
	// What was expected goes with what was seen, and counts as nothing of its own.
	if _, err := purge(ctx, s.d, math.MaxInt, func(t *tx, most int) (int, error) {
		return deletedBy(t.exec("DELETE FROM expectation WHERE (device, metric, hour) IN (SELECT device, metric, hour FROM expectation WHERE hour < ? LIMIT ?)",
			floor(samples.Unix(), hour), most))
	}); err != nil {
		return deleted, err
	}
	n, err := purge(ctx, s.d, math.MaxInt, func(t *tx, most int) (int, error) {
		return deletedBy(t.exec("DELETE FROM device WHERE id IN (SELECT id FROM device WHERE last_seen < ? AND (overrides IS NULL OR overrides = ?) LIMIT ?)",
			nanos(seen), []byte("{}"), most))
	})
	deleted += n
	if err != nil || deleted == n {
		return deleted, err
	}
	return deleted, s.d.vacuum(ctx)
}
