package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// mirror keeps the bindings of a VNI in one partition, with a head whose revision every change raises: that is what makes a VNI belong
// to one interface at a time. Each binding lies a second time under its interface, and the one that lasts a third time among those that do.
type mirror struct{ *table }

func vniPartition(vni uint32) string { return "B#" + store.VNIKey(vni) }

func headKey(vni uint32) key { return key{vniPartition(vni), "head"} }

// bindingKey begins with "t#", so that a walk over bindings leaves out the head.
// It ends in the binding's place in the history: one that ended as it began shares its moment with the next.
func bindingKey(b *events.Binding, at int) key {
	return key{vniPartition(b.VNI), fmt.Sprintf("t#%s#%06d", stamp(b.From), at)}
}

func bindingCopyKey(b *events.Binding, at int) key {
	return key{"I#" + b.Interface, place(stamp(b.From), fmt.Sprintf("%08d#%06d", b.VNI, at))}
}

// Bind says that a VNI is b's.
func (m mirror) Bind(ctx context.Context, b events.Binding) error {
	return m.change(ctx, b.VNI, func(history []events.Binding) (int, events.Binding, error) { return store.Bind(history, b) })
}

// Release ends the binding of a VNI that lasts.
func (m mirror) Release(ctx context.Context, vni uint32, to time.Time) error {
	return m.change(ctx, vni, func(history []events.Binding) (int, events.Binding, error) { return store.Release(history, to) })
}

// change reads the history of a VNI and writes one of its bindings, if nobody else did meanwhile.
func (m mirror) change(ctx context.Context, vni uint32, what func(oldestFirst []events.Binding) (int, events.Binding, error)) error {
	return again(ctx, fmt.Sprintf("vni %d", vni), func() error {
		head, err := m.get(ctx, BindingRead, headKey(vni))
		if err != nil {
			return err
		}
		history, err := m.history(ctx, BindingRead, m.spanOf(vni))
		if err != nil {
			return err
		}
		slices.Reverse(history)
		place, b, err := what(history)
		if err != nil {
			return err
		}
		body, err := pack(b)
		if err != nil {
			return err
		}
		next := at(headKey(vni), nil)
		next[attrRev] = number(numberOf(head, attrRev) + 1)
		changes := []types.TransactWriteItem{
			m.putting(next, revision(numberOf(head, attrRev))),
			m.putting(at(bindingKey(&b, place), body), condition{}), m.putting(at(bindingCopyKey(&b, place), body), condition{}),
		}
		switch {
		case b.To == nil:
			changes = append(changes, m.putting(at(lastingKey(vni), body), condition{}))
		case place < len(history) && history[place].To == nil:
			changes = append(changes, m.deleting(lastingKey(vni), condition{}))
		}
		return m.transact(ctx, BindingWrite, changes)
	})
}

func (m mirror) spanOf(vni uint32) span {
	low, high := beginning("t#")
	return span{pk: vniPartition(vni), low: low, high: high, backwards: true, consistent: true}
}

func (m mirror) history(ctx context.Context, p Pattern, s span) ([]events.Binding, error) {
	list := []events.Binding{}
	for it, err := range m.all(ctx, p, s) {
		if err != nil {
			return nil, err
		}
		b := events.Binding{}
		if err := unpack(it, attrBody, &b); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// BoundAt gives who held a VNI at a moment: the last that began by then, if it had not ended.
func (m mirror) BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	s := m.spanOf(vni)
	s.high, s.limit = "t#"+stamp(at)+"#"+last, 1
	items, _, err := m.page(ctx, BindingAt, s, nil)
	if err != nil {
		return events.Binding{}, err
	}
	for _, it := range items {
		b := events.Binding{}
		if err := unpack(it, attrBody, &b); err != nil {
			return b, err
		}
		if store.Holds(&b, at) {
			return b, nil
		}
	}
	return events.Binding{}, fmt.Errorf("binding of vni %d at %s: %w", vni, at.UTC().Format(time.RFC3339), store.ErrNotFound)
}

// Bindings gives the history of a VNI, or of an interface where vni is 0, newest first.
func (m mirror) Bindings(ctx context.Context, vni uint32, iface string) ([]events.Binding, error) {
	if vni == 0 {
		if iface == "" {
			return []events.Binding{}, nil
		}
		return m.history(ctx, BindingOf, span{pk: "I#" + iface, backwards: true, consistent: true})
	}
	return m.history(ctx, BindingRead, m.spanOf(vni))
}

// Coverage lies in as many partitions as detections do of a day, by interface.

func coverageKey(iface string) key { return key{"E#" + shard(iface), iface} }

// PutCoverage stores the state of interfaces, each in a write of its own: they have nothing to do with each other. An error comes with
// the number of states that changed by then.
func (m mirror) PutCoverage(ctx context.Context, list ...events.Coverage) (int, error) {
	for i := range list {
		if err := store.CheckCoverage(&list[i]); err != nil {
			return 0, err
		}
	}
	changed := 0
	for i := range list {
		var did bool
		err := again(ctx, "coverage of "+list[i].Interface, func() (err error) {
			did, err = m.putCoverage(ctx, list[i])
			return err
		})
		if err != nil {
			return changed, fmt.Errorf("store coverage (%d of %d stored): %w", i, len(list), err)
		}
		if did {
			changed++
		}
	}
	return changed, nil
}

func (m mirror) putCoverage(ctx context.Context, c events.Coverage) (bool, error) {
	k := coverageKey(c.Interface)
	have, err := m.get(ctx, CoverageGet, k)
	if err != nil {
		return false, err
	}
	var before *events.Coverage
	if have != nil {
		before = &events.Coverage{}
		if err := unpack(have, attrBody, before); err != nil {
			return false, err
		}
	}
	after, changed := store.MergeCoverage(before, c, m.now())
	body, err := pack(after)
	if err != nil {
		return false, err
	}
	it := at(k, body)
	it[attrRev] = number(after.Revision)
	return changed, m.transact(ctx, CoveragePut, []types.TransactWriteItem{m.putting(it, revision(numberOf(have, attrRev)))})
}

// Coverage gives a page, by interface.
func (m mirror) Coverage(ctx context.Context, q store.CoverageQuery) (store.CoveragePage, error) {
	page := store.CoveragePage{Items: []events.Coverage{}}
	var err error
	page.Page, err = m.list(ctx, CoverageList, "E#", listing{q.Limit, q.Cursor, hashOf(q.States, q.Account, q.Region, q.VPC)}, func(it item) (bool, error) {
		c := events.Coverage{}
		if err := unpack(it, attrBody, &c); err != nil {
			return false, err
		}
		if len(q.States) > 0 && !slices.Contains(q.States, c.State) || q.Account != "" && q.Account != c.Account ||
			q.Region != "" && q.Region != c.Region || q.VPC != "" && q.VPC != c.VPC {
			return false, nil
		}
		page.Items = append(page.Items, c)
		return true, nil
	})
	return page, err
}

// Forget deletes the coverage of interfaces that are no more.
func (m mirror) Forget(ctx context.Context, ifaces ...string) error {
	ifaces = slices.Clone(ifaces)
	slices.Sort(ifaces)
	var requests []types.WriteRequest
	for _, iface := range slices.Compact(ifaces) {
		if strings.TrimSpace(iface) != "" {
			requests = append(requests, deleteRequest(coverageKey(iface)))
		}
	}
	return m.write(ctx, CoverageForget, requests)
}
