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
)

// mirror keeps who held which VNI when, and which interface is watched.
type mirror struct {
	d      *database
	outbox *outbox
}

// Bind says that a VNI is b's from b.From on.
func (s mirror) Bind(ctx context.Context, b events.Binding) error {
	err := s.d.change(ctx, func(t *tx) error {
		history, seqs, err := historyOf(t, b.VNI)
		if err != nil {
			return err
		}
		at, bound, err := store.Bind(history, b)
		if err != nil {
			return err
		}
		if at == len(history) {
			return insertBinding(t, bound)
		}
		return replaceBinding(t, seqs[at], bound)
	})
	if err != nil {
		return fmt.Errorf("bind vni %d: %w", b.VNI, err)
	}
	return nil
}

// Release ends the binding of a VNI that lasts.
func (s mirror) Release(ctx context.Context, vni uint32, to time.Time) error {
	err := s.d.change(ctx, func(t *tx) error {
		history, seqs, err := historyOf(t, vni)
		if err != nil {
			return err
		}
		at, ended, err := store.Release(history, to)
		if err != nil {
			return err
		}
		return replaceBinding(t, seqs[at], ended)
	})
	if err != nil {
		return fmt.Errorf("release vni %d: %w", vni, err)
	}
	return nil
}

// historyOf gives the bindings of a VNI, oldest first, and where each is stored.
func historyOf(t *tx, vni uint32) (history []events.Binding, seqs []int64, err error) {
	rows, err := t.rows("SELECT seq, body FROM binding WHERE vni = ? ORDER BY began, seq", vni)
	history, err = collect(rows, err, func(scan func(...any) error) (b events.Binding, err error) {
		var seq int64
		var body []byte
		if err := scan(&seq, &body); err != nil {
			return b, err
		}
		seqs = append(seqs, seq)
		return b, json.Unmarshal(body, &b)
	})
	return history, seqs, err
}

func insertBinding(t *tx, b events.Binding) error {
	body, err := json.Marshal(&b)
	if err != nil {
		return fmt.Errorf("encode binding: %w", err)
	}
	_, err = t.exec("INSERT INTO binding (vni, iface, began, ended, body) VALUES (?, ?, ?, ?, ?)",
		b.VNI, b.Interface, nanos(b.From), ending(b.To), body)
	return err
}

func replaceBinding(t *tx, seq int64, b events.Binding) error {
	body, err := json.Marshal(&b)
	if err != nil {
		return fmt.Errorf("encode binding: %w", err)
	}
	_, err = t.exec("UPDATE binding SET began = ?, ended = ?, body = ? WHERE seq = ?", nanos(b.From), ending(b.To), body, seq)
	return err
}

func ending(t *time.Time) any {
	if t == nil {
		return nil
	}
	return nanos(*t)
}

// BoundAt gives who held a VNI at a moment.
func (s mirror) BoundAt(ctx context.Context, vni uint32, at time.Time) (b events.Binding, err error) {
	q, err := s.d.query("SELECT body FROM binding WHERE vni = ?1 AND began <= ?2 AND (ended IS NULL OR ended > ?2) ORDER BY began DESC LIMIT 1")
	if err != nil {
		return b, err
	}
	var body []byte
	err = q.QueryRowContext(ctx, vni, nanos(at)).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("holder of vni %d at %s: %w", vni, at.Format(time.RFC3339), store.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(body, &b)
	}
	if err != nil {
		return b, fmt.Errorf("read holder of vni %d: %w", vni, s.d.seen(err))
	}
	return b, nil
}

// Bindings gives the history of a VNI, or of an interface where vni is 0.
func (s mirror) Bindings(ctx context.Context, vni uint32, iface string) ([]events.Binding, error) {
	query, args := "SELECT body FROM binding WHERE vni = ?", []any{vni}
	if vni == 0 {
		query, args = "SELECT body FROM binding WHERE iface = ?", []any{iface}
	}
	q, err := s.d.query(query + " ORDER BY began DESC, seq DESC")
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, args...)
	list, err := collect(rows, err, fromJSON[events.Binding])
	if err != nil {
		return nil, fmt.Errorf("read bindings: %w", s.d.seen(err))
	}
	return list, nil
}

// fromJSON reads a row whose one column is a body.
func fromJSON[T any](scan func(...any) error) (v T, err error) {
	var body []byte
	if err := scan(&body); err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}

// PutCoverage stores the state of interfaces, and an event for each that came into another.
func (s mirror) PutCoverage(ctx context.Context, list ...events.Coverage) (changed int, err error) {
	for i := range list {
		if err := store.CheckCoverage(&list[i]); err != nil {
			return 0, err
		}
	}
	err = s.d.change(ctx, func(t *tx) error {
		changed = 0
		for _, c := range list {
			did, err := s.putCoverage(t, c)
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
		return 0, fmt.Errorf("store coverage: %w", err)
	}
	return changed, nil
}

func (s mirror) putCoverage(t *tx, c events.Coverage) (changed bool, err error) {
	var body []byte
	var stored *events.Coverage
	err = t.row("SELECT body FROM coverage WHERE iface = ?", []any{c.Interface}, &body)
	if err == nil {
		stored = &events.Coverage{}
		err = json.Unmarshal(body, stored)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	c, changed = store.MergeCoverage(stored, c, s.d.now())
	if body, err = json.Marshal(&c); err != nil {
		return false, fmt.Errorf("encode coverage: %w", err)
	}
	_, err = t.exec(`INSERT INTO coverage (iface, state, account, region, vpc, body) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (iface) DO UPDATE SET state = excluded.state, account = excluded.account, region = excluded.region, vpc = excluded.vpc,
		body = excluded.body`, c.Interface, string(c.State), c.Account, c.Region, c.VPC, body)
	if err != nil || !changed {
		return false, err
	}
	return true, s.outbox.put(t, store.CoverageEvent(c))
}

// Coverage gives a page, by interface.
func (s mirror) Coverage(ctx context.Context, q store.CoverageQuery) (store.CoveragePage, error) {
	limit, err := limited(q.Limit, store.MaxPage)
	if err != nil {
		return store.CoveragePage{}, err
	}
	for _, state := range q.States {
		if err := store.CheckCoverage(&events.Coverage{State: state, Interface: "any"}); err != nil {
			return store.CoveragePage{}, err
		}
	}
	question := []any{q.States, q.Account, q.Region, q.VPC}
	after, err := place(question, q.Cursor)
	if err != nil {
		return store.CoveragePage{}, err
	}
	states, err := json.Marshal(q.States)
	if err != nil {
		return store.CoveragePage{}, fmt.Errorf("encode states: %w", err)
	}
	stmt, err := s.d.query(`SELECT body FROM coverage WHERE iface > ?1 AND (?2 = '' OR account = ?2) AND (?3 = '' OR region = ?3)
		AND (?4 = '' OR vpc = ?4) AND (?5 = 0 OR state IN (SELECT value FROM json_each(?6))) ORDER BY iface LIMIT ?7`)
	if err != nil {
		return store.CoveragePage{}, err
	}
	rows, err := stmt.QueryContext(ctx, after, q.Account, q.Region, q.VPC, len(q.States), string(states), limit+1)
	items, err := collect(rows, err, fromJSON[events.Coverage])
	if err != nil {
		return store.CoveragePage{}, fmt.Errorf("read coverage: %w", s.d.seen(err))
	}
	p := store.CoveragePage{Page: whole(), Items: items}
	if len(items) > limit {
		p.Items, p.Next = items[:limit], cursor(question, items[limit-1].Interface)
	}
	return p, nil
}

// Forget deletes the coverage of interfaces that are no more.
func (s mirror) Forget(ctx context.Context, ifaces ...string) error {
	err := s.d.change(ctx, func(t *tx) error {
		for _, iface := range ifaces {
			if _, err := t.exec("DELETE FROM coverage WHERE iface = ?", iface); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget coverage: %w", err)
	}
	return nil
}
