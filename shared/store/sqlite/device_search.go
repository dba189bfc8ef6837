package sqlite

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// deviceQuery finds candidates by what stands in columns, in the order of ids.
const deviceQuery = deviceColumns + ` WHERE id > ?1 AND last_seen >= ?2 AND (?3 IS NULL OR external = ?3) AND (?4 IS NULL OR (high_value OR precious) = ?4)
	AND (?5 = '' OR role = ?5 OR role = '' AND conduct = ?5) AND (?6 = '' OR vpc = ?6) AND (?7 = '' OR account = ?7) AND (?8 = 0 OR vni = ?8)
	AND (?9 = '' OR instr(words, ?9) > 0 OR instr(name, ?9) > 0)
	AND (NOT ?10 OR overrides IS NOT NULL AND overrides <> x'7b7d') ORDER BY id` // {} is what nobody says anything of any more

// Search gives a page, by id.
func (s devices) Search(ctx context.Context, q store.DeviceQuery) (store.DevicePage, error) {
	limit, err := limited(q.Limit, store.MaxPage)
	if err != nil {
		return store.DevicePage{}, err
	}
	at := q.Cursor
	q.Limit, q.Cursor = 0, ""
	external, highValue := flag(q.External), flag(q.HighValue)
	question := []any{q.Text, q.Addresses, external, highValue, q.Role, q.VPC, q.Account, q.VNI, q.Service, q.SeenFrom.UTC(), q.Said}
	after, err := place(question, at)
	if err != nil {
		return store.DevicePage{}, err
	}
	stmt, err := s.d.query(deviceQuery)
	if err != nil {
		return store.DevicePage{}, err
	}
	rows, err := stmt.QueryContext(ctx, after, nanos(q.SeenFrom), external, highValue, q.Role, q.VPC, q.Account, q.VNI, strings.ToLower(q.Text), q.Said)
	if err != nil {
		return store.DevicePage{}, fmt.Errorf("search devices: %w", s.d.seen(err))
	}
	defer rows.Close()
	p := store.DevicePage{Page: whole()}
	for rows.Next() {
		v, err := scanDevice(rows.Scan)
		if err != nil {
			return store.DevicePage{}, fmt.Errorf("search devices: %w", s.d.seen(err))
		}
		if !matches(&q, &v) {
			continue
		}
		if len(p.Items) == limit {
			p.Next = cursor(question, p.Items[limit-1].ID)
			return p, nil
		}
		p.Items = append(p.Items, v)
	}
	if err := rows.Err(); err != nil {
		return store.DevicePage{}, fmt.Errorf("search devices: %w", s.d.seen(err))
	}
	return p, nil
}

// flag is a column of a choice that may be open.
func flag(b *bool) any {
	if b == nil {
		return nil
	}
	return *b
}

// matches judges what no column says.
func matches(q *store.DeviceQuery, v *events.Device) bool {
	return (len(q.Addresses) == 0 || slices.ContainsFunc(q.Addresses, func(n netip.Prefix) bool { return n.Contains(v.Address.Unmap()) })) &&
		(q.Service == "" || slices.ContainsFunc(v.Offers, func(o events.DeviceService) bool {
			return strings.EqualFold(o.Name, q.Service) || strconv.Itoa(int(o.Port)) == q.Service
		}))
}
