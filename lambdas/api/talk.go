package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxServices is how many protocols are named for one pair of hosts.
const maxServices = 20

// talk is what was said between two hosts, summed over conversations.
type talk struct {
	from, to       string // who began, and with whom
	count          int
	sent, received float64
	services       []string
}

// talks is everything that was said in a scope, as far as it was counted.
type talks struct {
	list     []talk // most conversations first
	others   int    // conversations of pairs that are not in the list
	distinct int    // pairs there are
	complete bool
	why      string
}

// talksOf counts the conversations that a node means, by who spoke with whom. Not every conversation has a service, so that they are
// counted twice: once all of them, and once those whose protocol is known, for its name.
func (s *server) talksOf(ctx context.Context, from, to time.Time, n query.Node) (talks, error) {
	records, err := s.records()
	if err != nil {
		return talks{}, err
	}
	rq := store.RecordQuery{From: from, To: to, Kinds: []events.Kind{events.KindConn}}
	if n != nil {
		rq.Where = made(n)
	}
	var all, named store.Top
	err = together(
		func() (err error) {
			all, err = records.Top(ctx, rq, store.TopQuery{Fields: pair(), Sum: []string{"orig_bytes", "resp_bytes"}, Limit: store.MaxGroups})
			return err
		},
		func() (err error) {
			named, err = records.Top(ctx, rq, store.TopQuery{Fields: append(pair(), "service"), Limit: store.MaxGroups})
			return err
		},
	)
	if err != nil {
		return talks{}, err
	}
	out := talks{others: all.Others, distinct: all.Distinct, complete: all.Complete, why: all.Why}
	at := map[[2]string]int{}
	for _, v := range all.Values {
		at[[2]string{v.Values[0], v.Values[1]}] = len(out.list)
		out.list = append(out.list, talk{from: v.Values[0], to: v.Values[1], count: v.Count, sent: v.Sums[0], received: v.Sums[1]})
	}
	for _, v := range named.Values {
		if i, ok := at[[2]string{v.Values[0], v.Values[1]}]; ok && len(out.list[i].services) < maxServices {
			out.list[i].services = append(out.list[i].services, v.Values[2])
		}
	}
	return out, nil
}

// pair is the fields that say who spoke with whom.
func pair() []string { return []string{"id.orig_h", "id.resp_h"} }

// together does several things at once: each question to Athena takes seconds, however small. A panic in one is an error, for nobody
// could catch it in a goroutine of its own.
func together(work ...func() error) error {
	errs := make([]error, len(work))
	var wait sync.WaitGroup
	for i, f := range work {
		wait.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				}
			}()
			errs[i] = f()
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// known gives the devices of addresses, by address.
func (s *server) known(ctx context.Context, addrs []string) (map[string]events.Device, error) {
	out := map[string]events.Device{}
	for part := range slices.Chunk(addrs, 200) {
		var networks []netip.Prefix
		for _, a := range part {
			if n, ok := store.Network(a); ok {
				networks = append(networks, n)
			}
		}
		if len(networks) == 0 {
			continue
		}
		page, err := s.Store.Devices.Search(ctx, store.DeviceQuery{Addresses: networks, Limit: store.MaxPage})
		if err != nil {
			return nil, err
		}
		for _, d := range page.Items {
			key := d.Address.Unmap().String()
			if have, twice := out[key]; !twice || d.LastSeen.After(have.LastSeen) { // an address is used again: who has it now
				out[key] = d
			}
		}
	}
	return out, nil
}

// called is what a device is called for a person.
func called(d events.Device, address string) string {
	return cmp.Or(d.Overrides.Name, d.Hostname, address)
}

// ListPeers gives whom a device spoke with.
func (s *server) ListPeers(ctx context.Context, q gen.ListPeersRequestObject) (gen.ListPeersResponseObject, error) {
	if err := span(q.Params.From, q.Params.To, longestSpan); err != nil {
		return nil, err
	}
	d, err := s.Store.Devices.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	self := d.Address.Unmap().String()
	t, err := s.talksOf(ctx, q.Params.From, q.Params.To, query.Or{Parts: []query.Node{is("id.orig_h", self), is("id.resp_h", self)}})
	if err != nil {
		return nil, err
	}
	peers := peersOf(t, self)
	out := gen.ListPeers200JSONResponse{Items: []gen.Peer{}, Complete: t.complete && t.others == 0, Why: t.why, Total: len(peers)}
	if t.others > 0 {
		out.Why = fmt.Sprintf("%d conversations with peers beyond the first %d are not counted", t.others, len(peers))
	}
	if limit := cmp.Or(q.Params.Limit, defaultLimit); len(peers) > limit {
		out.Complete, out.Why = false, fmt.Sprintf("the first %d of %d peers", limit, len(peers))
		peers = peers[:limit]
	}
	var addrs []string
	for _, p := range peers {
		addrs = append(addrs, p.Address)
	}
	devices, err := s.known(ctx, addrs)
	for _, p := range peers {
		if d, ok := devices[p.Address]; ok {
			p.Device, p.Hostname, p.External = d.ID, called(d, ""), d.External
		}
		out.Items = append(out.Items, p)
	}
	return out, err
}

// peersOf sums what was said with each peer, whoever began; most conversations first.
func peersOf(t talks, self string) []gen.Peer {
	at := map[string]int{}
	var out []gen.Peer
	for _, one := range t.list {
		other, began := one.to, true
		if one.from != self {
			other, began = one.from, false
		}
		i, ok := at[other]
		if !ok {
			i = len(out)
			at[other] = i
			out = append(out, gen.Peer{Address: other, Services: []string{}})
		}
		p := &out[i]
		if began {
			p.Asked, p.BytesSent, p.BytesReceived = p.Asked+int64(one.count), p.BytesSent+one.sent, p.BytesReceived+one.received
		} else {
			p.Answered, p.BytesSent, p.BytesReceived = p.Answered+int64(one.count), p.BytesSent+one.received, p.BytesReceived+one.sent
		}
		p.Services = merged(p.Services, one.services)
	}
	slices.SortStableFunc(out, func(a, b gen.Peer) int { return cmp.Compare(b.Asked+b.Answered, a.Asked+a.Answered) })
	return out
}

// merged adds names that are not there yet, up to maxServices.
func merged(have, more []string) []string {
	for _, m := range more {
		if len(have) < maxServices && !slices.Contains(have, m) {
			have = append(have, m)
		}
	}
	return have
}
