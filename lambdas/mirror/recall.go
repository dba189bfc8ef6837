package mirror

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// freshFor is how long an event may rely on what the last sweep read from the store: twice the time from sweep to sweep. Reading ten
// thousand rows for each event would cost more than all that the event is about.
const freshFor = 10 * time.Minute

// recollection is what the loop read from the store, kept for events.
type recollection struct {
	before map[string]remembered // by place
	heard  map[uint32]events.Heard
	at     time.Time // when heard was read
}

type remembered struct {
	rows map[string]events.Coverage
	at   time.Time
}

// walk reads every page of a listing of the store.
func walk[T any](page func(cursor string) ([]T, string, error), take func(T)) error {
	for cursor := ""; ; {
		items, next, err := page(cursor)
		if err != nil {
			return err
		}
		for _, i := range items {
			take(i)
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// recall reads what the store knows: bindings, coverage as it was, what sensors heard, verdicts and usage.
func (p *pass) recall(ctx context.Context) error {
	for _, read := range []func(context.Context) error{p.recallBindings, p.recallBefore, p.recallHeard, p.recallVerdicts, p.recallUsage} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recallBindings reads which VNI is whose: all that last, or those of the interfaces that the pass is about.
func (p *pass) recallBindings(ctx context.Context) error {
	p.book = newBook()
	m := p.l.o.Store.Mirror
	if p.world.Scope == nil {
		err := walk(func(cursor string) ([]events.Binding, string, error) {
			page, err := m.Bound(ctx, store.ListQuery{Limit: store.MaxPage, Cursor: cursor})
			return page.Items, page.Next, err
		}, p.book.add)
		if err != nil {
			return fmt.Errorf("read bindings: %w", err)
		}
	}
	for _, id := range p.world.Scope {
		list, err := m.Bindings(ctx, 0, id)
		if err != nil {
			return fmt.Errorf("read bindings of %s: %w", id, err)
		}
		for _, b := range list {
			if b.To == nil {
				p.book.add(b)
			}
		}
	}
	p.book.settle(p.world.Accounts)
	p.world.Bindings = map[string]events.Binding{}
	for iface, list := range p.book.lasting {
		b := list[0]
		if b.Account == "" || p.placeOf(b.Account, b.Region) != nil || !p.names(plan.Place(b.Account, b.Region)) {
			p.world.Bindings[iface] = b
		}
	}
	return nil
}

// recallBefore reads the coverage as the pass before stored it.
func (p *pass) recallBefore(ctx context.Context) error {
	p.world.Before = map[string]events.Coverage{}
	if p.world.Scope == nil {
		return p.recallAll(ctx)
	}
	scope := make(map[string]bool, len(p.world.Scope))
	for _, id := range p.world.Scope {
		scope[id] = true
	}
	counting := len(p.policy.Budget.Tags) > 0 // sessions of a tag are counted everywhere, and the rows are what tells their tags
	for _, site := range sitesOf(p.policy) {
		if !counting && p.placeOf(site.account.ID, site.region) == nil {
			continue
		}
		rows, err := p.rowsOf(ctx, site)
		if err != nil {
			return err
		}
		for id, c := range rows {
			if scope[id] || counting && c.Session != "" {
				p.world.Before[id] = c
			}
		}
	}
	return nil
}

// recallAll reads the coverage of all places in one go: a store that has no order by place would be read once for each.
func (p *pass) recallAll(ctx context.Context) error {
	byPlace := map[string]map[string]events.Coverage{}
	for _, pl := range p.here() {
		byPlace[pl.place()] = map[string]events.Coverage{}
	}
	q := store.CoverageQuery{}
	if here := p.here(); len(here) == 1 && p.kind != KindSweep {
		q.Account, q.Region = here[0].account.ID, here[0].region
	}
	err := p.l.readCoverage(ctx, q, func(c events.Coverage) {
		place := plan.Place(c.Account, c.Region)
		if rows := byPlace[place]; rows != nil {
			rows[c.Interface], p.world.Before[c.Interface] = c, c
		} else if p.kind == KindSweep && c.Account != "" && !p.names(place) {
			p.stray = append(p.stray, c.Interface)
		}
	})
	if err != nil {
		return err
	}
	for place, rows := range byPlace {
		p.l.keep(place, rows, p.at)
	}
	return nil
}

// rowsOf gives the coverage of a place to an event: as it was read lately, else from the store.
func (p *pass) rowsOf(ctx context.Context, at site) (map[string]events.Coverage, error) {
	p.l.mu.Lock()
	have, known := p.l.memory.before[at.place()]
	p.l.mu.Unlock()
	if known && p.at.Sub(have.at) < freshFor {
		return have.rows, nil
	}
	rows := map[string]events.Coverage{}
	err := p.l.readCoverage(ctx, store.CoverageQuery{Account: at.account.ID, Region: at.region}, func(c events.Coverage) { rows[c.Interface] = c })
	if err != nil {
		return nil, err
	}
	p.l.keep(at.place(), rows, p.at)
	return rows, nil
}

func (l *Loop) readCoverage(ctx context.Context, q store.CoverageQuery, take func(events.Coverage)) error {
	q.Limit = store.MaxPage // a page costs DynamoDB a query a partition, however short it is
	err := walk(func(cursor string) ([]events.Coverage, string, error) {
		q.Cursor = cursor
		page, err := l.o.Store.Mirror.Coverage(ctx, q)
		return page.Items, page.Next, err
	}, take)
	if err != nil {
		return fmt.Errorf("read coverage: %w", err)
	}
	return nil
}

// keep remembers the coverage of a place for events. The map is replaced and never changed: another pass may be reading it.
func (l *Loop) keep(place string, rows map[string]events.Coverage, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.memory.before[place] = remembered{rows, at}
}

// recallHeard reads what the sensors heard, summed over them.
func (p *pass) recallHeard(ctx context.Context) error {
	p.l.mu.Lock()
	heard, at := p.l.memory.heard, p.l.memory.at
	p.l.mu.Unlock()
	if p.world.Scope != nil && !at.IsZero() && p.at.Sub(at) < freshFor {
		p.world.Heard, p.world.HeardAt = heard, at
		return nil
	}
	heard = nil
	err := walk(func(cursor string) ([]events.Heard, string, error) {
		page, err := p.l.o.Store.Mirror.Heard(ctx, store.ListQuery{Limit: store.MaxPage, Cursor: cursor})
		return page.Items, page.Next, err
	}, func(h events.Heard) {
		if heard == nil {
			heard = map[uint32]events.Heard{}
		}
		heard[h.VNI] = together(heard[h.VNI], h)
	})
	if err != nil {
		return fmt.Errorf("read what sensors heard: %w", err)
	}
	p.world.Heard, p.world.HeardAt = heard, p.at
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.l.memory.heard, p.l.memory.at = heard, p.at
	return nil
}

// together sums what two sensors heard of one point. Its sensor is the one that heard it last.
func together(a, b events.Heard) events.Heard {
	if a.VNI == 0 {
		return b
	}
	if b.LastSeen.After(a.LastSeen) {
		a, b = b, a
	}
	a.Packets += b.Packets
	a.Bytes += b.Bytes
	a.Duplicates += b.Duplicates
	a.Truncated += b.Truncated
	a.Gaps += b.Gaps
	if b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	return a
}

// recallVerdicts reads what was learned of instance families.
func (p *pass) recallVerdicts(ctx context.Context) error {
	list, err := p.l.verdicts().All(ctx)
	if err != nil {
		return fmt.Errorf("read verdicts: %w", err)
	}
	p.world.Verdicts = map[string]plan.Verdict{}
	for _, v := range list {
		p.world.Verdicts[v.ID] = v.Value
	}
	return nil
}

func (l *Loop) verdicts() store.Collection[plan.Verdict] {
	return store.Collection[plan.Verdict]{Kind: store.KindMirrorVerdict, Documents: l.o.Store.Documents}
}

// recallUsage reads how many sessions of ours there are, also where the pass does not look.
func (p *pass) recallUsage(ctx context.Context) error {
	used, err := p.l.usage(ctx)
	if err != nil {
		return err
	}
	p.world.Usage = used.Value.Places
	return nil
}
