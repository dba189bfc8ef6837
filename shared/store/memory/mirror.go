package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// mirror implements store.Mirror. The history of each VNI is kept oldest first.
type mirror struct{ w *world }

func (s mirror) Bind(ctx context.Context, b events.Binding) error {
	b, err := copied(b)
	if err != nil {
		return err
	}
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	history := s.w.bindings[b.VNI]
	at, bound, err := store.Bind(history, b)
	if err != nil {
		return err
	}
	if at == len(history) {
		s.w.bindings[b.VNI] = append(history, bound)
		return nil
	}
	history[at] = bound
	return nil
}

func (s mirror) Release(ctx context.Context, vni uint32, to time.Time) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	at, ended, err := store.Release(s.w.bindings[vni], to)
	if err != nil {
		return fmt.Errorf("vni %d: %w", vni, err)
	}
	s.w.bindings[vni][at] = ended
	return nil
}

func (s mirror) BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	if err := s.w.look(ctx); err != nil {
		return events.Binding{}, err
	}
	defer s.w.mu.RUnlock()
	for _, b := range s.w.bindings[vni] {
		if store.Holds(&b, at) {
			return cloneBinding(b), nil
		}
	}
	return events.Binding{}, fmt.Errorf("who held vni %d at %s: %w", vni, at.Format(time.RFC3339), store.ErrNotFound)
}

func (s mirror) Bindings(ctx context.Context, vni uint32, iface string) ([]events.Binding, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	var list []events.Binding
	for of, history := range s.w.bindings {
		for _, b := range history {
			if vni != 0 && of == vni || vni == 0 && b.Interface == iface {
				list = append(list, b)
			}
		}
	}
	slices.SortFunc(list, func(a, b events.Binding) int { return b.From.Compare(a.From) })
	return cloneBindings(list), nil
}

func (s mirror) PutCoverage(ctx context.Context, list ...events.Coverage) (changed int, err error) {
	if list, err = copied(list); err != nil {
		return 0, err
	}
	if err := s.w.enter(ctx); err != nil {
		return 0, err
	}
	defer s.w.mu.Unlock()
	states := map[string]events.Coverage{}
	var out []outgoing
	for _, c := range list {
		if err := store.CheckCoverage(&c); err != nil {
			return 0, err
		}
		have, known := states[c.Interface]
		if !known {
			have, known = s.w.coverage[c.Interface]
		}
		before := &have
		if !known {
			before = nil
		}
		after, differs := store.MergeCoverage(before, c, s.w.now())
		states[c.Interface] = after
		if differs {
			e, err := packed(store.CoverageEvent(after))
			if err != nil {
				return 0, err
			}
			out = append(out, e)
		}
	}
	maps.Copy(s.w.coverage, states)
	for _, e := range out {
		s.w.hand(e)
	}
	return len(out), nil
}

func (s mirror) Coverage(ctx context.Context, q store.CoverageQuery) (p store.CoveragePage, err error) {
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	var ids []string
	for id, c := range s.w.coverage {
		if (len(q.States) == 0 || slices.Contains(q.States, c.State)) && (q.Account == "" || q.Account == c.Account) &&
			(q.Region == "" || q.Region == c.Region) && (q.VPC == "" || q.VPC == c.VPC) {
			ids = append(ids, id)
		}
	}
	if ids, p.Page, err = page(ids, strings.Compare, q.Cursor, q.Limit); err != nil {
		return p, err
	}
	p.Items = make([]events.Coverage, 0, len(ids))
	for _, id := range ids {
		p.Items = append(p.Items, cloneCoverage(s.w.coverage[id]))
	}
	return p, nil
}

func (s mirror) Forget(ctx context.Context, ifaces ...string) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	for _, i := range ifaces {
		delete(s.w.coverage, i)
	}
	return nil
}
