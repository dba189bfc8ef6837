package memory

import (
	"context"
	"maps"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func (s mirror) Bound(ctx context.Context, q store.ListQuery) (p store.BindingPage, err error) {
	if err := store.CheckList(q); err != nil {
		return p, err
	}
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	lasting := map[string]events.Binding{}
	var keys []string
	for vni, history := range s.w.bindings {
		for _, b := range history {
			if b.To == nil {
				k := store.VNIKey(vni)
				lasting[k], keys = b, append(keys, k)
			}
		}
	}
	if keys, p.Page, err = page(keys, strings.Compare, q.Cursor, q.Limit); err != nil {
		return p, err
	}
	for _, k := range keys {
		p.Items = append(p.Items, cloneBinding(lasting[k]))
	}
	return p, nil
}

func (s mirror) Hear(ctx context.Context, list ...events.Heard) error {
	list, err := store.NewestHeard(list)
	if err != nil {
		return err
	}
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	for _, h := range list {
		k := store.HeardKey(&h)
		if have, known := s.w.heard[k]; !known || h.LastSeen.After(have.LastSeen) {
			s.w.heard[k] = h
		}
	}
	old := s.w.now().Add(-store.HeardFor)
	maps.DeleteFunc(s.w.heard, func(_ string, h events.Heard) bool { return !h.LastSeen.After(old) })
	return nil
}

func (s mirror) Heard(ctx context.Context, q store.ListQuery) (p store.HeardPage, err error) {
	if err := store.CheckList(q); err != nil {
		return p, err
	}
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	old := s.w.now().Add(-store.HeardFor)
	var keys []string
	for k, h := range s.w.heard {
		if h.LastSeen.After(old) {
			keys = append(keys, k)
		}
	}
	if keys, p.Page, err = page(keys, strings.Compare, q.Cursor, q.Limit); err != nil {
		return p, err
	}
	for _, k := range keys {
		p.Items = append(p.Items, s.w.heard[k])
	}
	return p, nil
}
