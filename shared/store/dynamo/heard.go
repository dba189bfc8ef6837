package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Bindings that last, and what was heard, lie in as many partitions as coverage does: by VNI, so that all sensors of one are together.

func lastingKey(vni uint32) key {
	k := store.VNIKey(vni)
	return key{"U#" + shard(k), k}
}

func heardKey(h *events.Heard) key { return key{"H#" + shard(store.VNIKey(h.VNI)), store.HeardKey(h)} }

// Bound gives a page of the bindings that last, by VNI.
func (m mirror) Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error) {
	page := store.BindingPage{Items: []events.Binding{}}
	var err error
	page.Page, err = m.whole(ctx, BindingsLasting, "U#", q, func(it item) (bool, error) {
		b := events.Binding{}
		if err := unpack(it, attrBody, &b); err != nil {
			return false, err
		}
		page.Items = append(page.Items, b)
		return true, nil
	})
	return page, err
}

// whole gives a page of all that lies under a prefix.
func (m mirror) whole(ctx context.Context, p Pattern, prefix string, q store.ListQuery, take func(item) (bool, error)) (store.Page, error) {
	if err := store.CheckList(q); err != nil {
		return store.Page{}, err
	}
	if q.Limit == 0 {
		q.Limit = store.MaxPage
	}
	return m.list(ctx, p, prefix, listing{q.Limit, q.Cursor, hashOf(string(p))}, take)
}

// Hear stores what sensors have heard, each in a write of its own that asks nothing first: the condition keeps the newest.
func (m mirror) Hear(ctx context.Context, list ...events.Heard) error {
	list, err := store.NewestHeard(list)
	if err != nil {
		return err
	}
	for i := range list {
		if err := m.hear(ctx, &list[i]); err != nil {
			return fmt.Errorf("store what was heard (%d of %d stored): %w", i, len(list), err)
		}
	}
	return ctx.Err()
}

func (m mirror) hear(ctx context.Context, h *events.Heard) error {
	body, err := pack(h)
	if err != nil {
		return err
	}
	it := at(heardKey(h), body)
	it[attrLast], it[attrTTL] = text(stamp(h.LastSeen)), seconds(h.LastSeen.Add(store.HeardFor+time.Second))
	newer := condition{"attribute_not_exists(pk) OR last_seen < :seen", item{":seen": it[attrLast]}}
	err = m.transact(ctx, HeardPut, []types.TransactWriteItem{m.putting(it, newer)})
	if raced(err) {
		return nil // what is there is as new: the sensor said it again, or its calls overtook each other
	}
	return err
}

// Heard gives a page of what was heard, by VNI and sensor.
func (m mirror) Heard(ctx context.Context, q store.ListQuery) (store.HeardPage, error) {
	page := store.HeardPage{Items: []events.Heard{}}
	old := stamp(m.now().Add(-store.HeardFor))
	var err error
	page.Page, err = m.whole(ctx, HeardList, "H#", q, func(it item) (bool, error) {
		if textOf(it, attrLast) <= old {
			return false, nil
		}
		h := events.Heard{}
		if err := unpack(it, attrBody, &h); err != nil {
			return false, err
		}
		page.Items = append(page.Items, h)
		return true, nil
	})
	return page, err
}
