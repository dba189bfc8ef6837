package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Series are rows of an hour, a device and a metric. A sample is put into the rows of its hour, which lie beside each other, and beside
// those of other devices in the same hour.

const hour = 3600

// Observe stores samples.
func (s devices) Observe(ctx context.Context, list ...events.Sample) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	type place struct {
		device string
		hour   int64
	}
	hours := map[place][]events.Sample{}
	for _, o := range list {
		if err := checkSample(&o); err != nil {
			return err
		}
		p := place{o.Device, floor(o.Time.Unix(), hour)}
		hours[p] = append(hours[p], o)
	}
	err := s.d.change(ctx, func(t *tx) error {
		metrics := map[string]int64{}
		for p, samples := range hours {
			if err := observe(t, p.device, p.hour, samples, metrics); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store samples: %w", err)
	}
	return nil
}

func floor(n, by int64) int64 {
	if n < 0 && n%by != 0 {
		return n/by - 1
	}
	return n / by
}

func minute(t time.Time, hours int64) int { return int((t.Unix() - hours*hour) / 60) }

// observe puts the samples of one device and hour where they belong. A minute that comes again is replaced as a whole: metrics that are
// missing in it now are gone.
func observe(t *tx, device string, h int64, samples []events.Sample, metrics map[string]int64) error {
	id, err := nameID(t, "device", device)
	if err != nil {
		return err
	}
	have, err := rowsOfHour(t, h, id)
	if err != nil {
		return err
	}
	for _, o := range samples {
		m := minute(o.Time, h)
		for _, row := range have {
			row.clear(m)
		}
		for name, v := range o.Metrics {
			if metrics[name] == 0 {
				if metrics[name], err = nameID(t, "metric", name); err != nil {
					return err
				}
			}
			row := have[metrics[name]]
			if row == nil {
				row = &hourful{}
				have[metrics[name]] = row
			}
			row.set(m, v)
		}
	}
	return writeHour(t, h, id, have)
}

func rowsOfHour(t *tx, h, device int64) (map[int64]*hourful, error) {
	have := map[int64]*hourful{}
	rows, err := t.rows("SELECT metric, points FROM series WHERE hour = ? AND device = ?", h, device)
	_, err = collect(rows, err, func(scan func(...any) error) (n int64, err error) {
		var b sql.RawBytes
		if err := scan(&n, &b); err != nil {
			return n, err
		}
		row, err := decodeHour(b)
		have[n] = &row
		return n, err
	})
	return have, err
}

func writeHour(t *tx, h, device int64, rows map[int64]*hourful) error {
	for _, metric := range slices.Sorted(maps.Keys(rows)) {
		var err error
		if row := rows[metric]; row.minutes == 0 {
			_, err = t.exec("DELETE FROM series WHERE hour = ? AND device = ? AND metric = ?", h, device, metric)
		} else {
			_, err = t.exec("INSERT OR REPLACE INTO series (hour, device, metric, points) VALUES (?, ?, ?, ?)", h, device, metric, row.encode())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nameID gives the number that stands for a name ("device" or "metric") in the rows of series.
func nameID(t *tx, what, name string) (id int64, err error) {
	err = t.row("SELECT id FROM series_"+what+" WHERE name = ?", []any{name}, &id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	r, err := t.exec("INSERT INTO series_"+what+" (name) VALUES (?)", name)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// hoursBetween walks over the hours of a span that there can be rows of, so that each row is sought by its whole key.
const hoursBetween = `WITH RECURSIVE h (hour) AS (
	SELECT max(?1, (SELECT min(hour) FROM series)) UNION ALL
	SELECT hour + 1 FROM h WHERE hour < min(?2, (SELECT max(hour) FROM series)))`

// Series gives the points of one metric in [from, to), oldest first.
func (s devices) Series(ctx context.Context, device, metric string, from, to time.Time) ([]events.Point, error) {
	q, err := s.d.query(hoursBetween + ` SELECT h.hour, points FROM h CROSS JOIN series USING (hour)
		WHERE device = (SELECT id FROM series_device WHERE name = ?3) AND metric = (SELECT id FROM series_metric WHERE name = ?4)`)
	if err != nil {
		return nil, err
	}
	var points []events.Point
	rows, err := q.QueryContext(ctx, floor(from.Unix(), hour), floor(to.Unix(), hour), device, metric)
	_, err = collect(rows, err, func(scan func(...any) error) (at int64, err error) {
		var b sql.RawBytes
		if err := scan(&at, &b); err != nil {
			return at, err
		}
		row, err := decodeHour(b)
		row.each(func(m int, v float64) {
			if t := time.Unix(at*hour+int64(m)*60, 0).UTC(); !t.Before(from) && t.Before(to) {
				points = append(points, events.Point{Time: t, Value: v})
			}
		})
		return at, err
	})
	if err != nil {
		return nil, fmt.Errorf("read series %s of %s: %w", metric, device, s.d.seen(err))
	}
	return points, nil
}

// Metrics names the metrics that a device has any point of in [from, to), sorted.
func (s devices) Metrics(ctx context.Context, device string, from, to time.Time) ([]string, error) {
	q, err := s.d.query(hoursBetween + ` SELECT h.hour, name, points FROM h CROSS JOIN series USING (hour) JOIN series_metric ON metric = id
		WHERE device = (SELECT id FROM series_device WHERE name = ?3)`)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	rows, err := q.QueryContext(ctx, floor(from.Unix(), hour), floor(to.Unix(), hour), device)
	_, err = collect(rows, err, func(scan func(...any) error) (at int64, err error) {
		var name string
		var b sql.RawBytes
		if err := scan(&at, &name, &b); err != nil || found[name] {
			return at, err
		}
		minutes, _, _, err := minutesOf(b)
		for left := minutes; left != 0 && !found[name]; left &= left - 1 {
			t := time.Unix(at*hour+int64(bits.TrailingZeros64(left))*60, 0)
			found[name] = !t.Before(from) && t.Before(to)
		}
		return at, err
	})
	if err != nil {
		return nil, fmt.Errorf("read metrics of %s: %w", device, s.d.seen(err))
	}
	maps.DeleteFunc(found, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(found)), nil
}

// purgeHour deletes the oldest hour's samples before a time, and says how many there were, and whether an older one may be left.
func purgeHour(t *tx, before time.Time) (deleted int, more bool, err error) {
	var oldest sql.NullInt64
	if err := t.row("SELECT min(hour) FROM series WHERE hour <= ?", []any{floor(before.Unix(), hour)}, &oldest); err != nil || !oldest.Valid {
		return 0, false, err
	}
	cut := uint64(1)<<60 - 1
	if oldest.Int64 == floor(before.Unix(), hour) {
		// Of a minute that began before the time nothing stays.
		cut = uint64(1)<<((before.Unix()-oldest.Int64*hour+59)/60) - 1
	}
	gone := map[int64]uint64{}
	rows, err := t.rows("SELECT device, metric, points FROM series WHERE hour = ?", oldest.Int64)
	cutRows, err := collect(rows, err, func(scan func(...any) error) (c cutRow, err error) {
		var b sql.RawBytes
		if err := scan(&c.device, &c.metric, &b); err != nil {
			return c, err
		}
		c.row, err = decodeHour(b)
		gone[c.device] |= c.row.minutes & cut
		c.row.minutes &^= cut
		return c, err
	})
	if err != nil {
		return 0, false, err
	}
	for _, c := range cutRows {
		if err := writeHour(t, oldest.Int64, c.device, map[int64]*hourful{c.metric: &c.row}); err != nil {
			return 0, false, err
		}
	}
	for _, minutes := range gone {
		deleted += bits.OnesCount64(minutes)
	}
	return deleted, cut == 1<<60-1, nil
}

type cutRow struct {
	device, metric int64
	row            hourful
}

func checkSample(o *events.Sample) error {
	if err := store.CheckID("device", o.Device); err != nil {
		return err
	}
	if !o.Time.Equal(o.Time.Truncate(time.Minute)) {
		return &store.Invalid{Field: "time", Value: o.Time.Format(time.RFC3339Nano), Allowed: "the beginning of a minute"}
	}
	for name := range o.Metrics {
		if err := store.CheckID("metrics", name); err != nil {
			return err
		}
	}
	return nil
}
