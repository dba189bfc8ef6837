package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Import writes what ReadFile gave, and says how many documents that changed; the same again changes none. Holdings that are over stay
// as the file has them; of the others one without From has been so always. at is when the file was read: from then on it is all
// remembered for Remember, however old it is.
func Import(ctx context.Context, docs store.Documents, list []events.Holding, at time.Time) (changed int, err error) {
	var past []events.Holding
	var places []Observation
	for i := range list {
		h := bounded(list[i])
		if h.To != nil {
			past = append(past, h)
			continue
		}
		n := slices.IndexFunc(places, func(o Observation) bool { return o.Account == h.Account && o.Region == h.Region })
		if n < 0 {
			n = len(places)
			places = append(places, Observation{Account: h.Account, Region: h.Region, At: at, always: true})
		}
		places[n].Seen = append(places[n].Seen, h)
	}
	changed, err = importPast(ctx, docs, past, at.Round(0).UTC())
	if err != nil {
		return changed, fmt.Errorf("import inventory: %w", err)
	}
	for _, o := range places {
		n, err := Keep(ctx, docs, o)
		if changed += n; err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// importPast writes holdings that are over.
func importPast(ctx context.Context, docs store.Documents, past []events.Holding, at time.Time) (changed int, err error) {
	for some := range slices.Chunk(past, changesAtOnce) {
		k := &keeper{docs: docs, Observation: Observation{At: at, always: true}}
		for range tries {
			err = k.insert(ctx, some)
			if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
				break
			}
		}
		if changed += k.changed; err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func (k *keeper) insert(ctx context.Context, list []events.Holding) error {
	d := &desk{k: k, pages: map[store.DocumentKey]*sheet{}}
	keys := make([][]store.DocumentKey, len(list))
	var all []store.DocumentKey
	for i := range list {
		h := &list[i]
		for _, at := range append(keysOf(h), key(ofInterface, holderOf(h)), key(ofInstance, cmp.Or(h.Instance, "-"))) {
			if storable(at) && (h.Instance != "" || !hasPrefix(at.ID, ofInstance)) {
				keys[i] = append(keys[i], at)
			}
		}
		all = append(all, keys[i]...)
	}
	if err := d.fetch(ctx, all); err != nil {
		return err
	}
	for i := range list {
		for _, at := range keys[i] {
			s := d.pages[at]
			s.imported = true
			s.news = s.insert(k.manner(at), list[i]) || s.news
		}
	}
	return d.write(ctx)
}

// insert puts a version that is over among the others. It says whether that is news.
func (p *page) insert(m manner, h events.Holding) bool {
	known := func(v events.Holding) bool {
		return same(&v, &h) && begin(&v).Equal(begin(&h)) && v.To != nil && v.To.Equal(*h.To)
	}
	if p.Crowded || slices.ContainsFunc(p.Versions, known) {
		return false
	}
	before := len(p.Versions)
	p.Versions = append(p.Versions, h)
	p.order()
	p.trim(m, *h.To)
	return len(p.Versions) > before || slices.ContainsFunc(p.Versions, known) // else there was no room for one so old
}
