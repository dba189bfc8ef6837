package tally

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	maxKeys      = 64
	maxWindow    = 4 * time.Hour
	before       = time.Hour
	longestFlow  = 10 * time.Minute // a record's window may have begun so long before ours
	maxFlowPorts = 32
)

// window gives what a detection is looked at in: its evidence, at most the last four hours of it.
func window(d *events.Detection) (from, to time.Time) {
	from, to = d.Evidence.Start, d.Evidence.End
	if from.IsZero() {
		from = d.Start
	}
	if to.IsZero() {
		to = d.Update
	}
	if to.Before(from) {
		to = from
	}
	if least := to.Add(before - maxWindow); from.Before(least) {
		from = least // together with the hour before it is four
	}
	return from, to
}

// Keys names the documents that say something of a detection: its participants' by hour, offenders first, at most 64. Now is the latest
// hour that there can be one of. Those outside have none of their own and are found in the others'.
func Keys(d *events.Detection, now time.Time) []store.DocumentKey {
	from, to := window(d)
	if now.Before(to) {
		to = now
	}
	first, last := from.Add(-before-longestFlow).Unix(), to.Unix()
	first -= ((first % 3600) + 3600) % 3600
	var keys []store.DocumentKey
	for _, p := range locals(d) {
		for hour := first; hour <= last; hour += 3600 {
			if len(keys) == maxKeys {
				return keys
			}
			keys = append(keys, store.DocumentKey{Kind: store.KindFlows, ID: hourKey{p, hour}.id()})
		}
	}
	return keys
}

// locals are the addresses of participants that flow logs may be of, offenders first: those inside, or all where none is.
func locals(d *events.Detection) []netip.Addr {
	for _, external := range []bool{false, true} {
		var list []netip.Addr
		for _, role := range []string{"offender", ""} {
			for _, p := range d.Participants {
				if (p.Role == "offender") == (role == "offender") && p.External == external && p.Address.IsValid() && !slices.Contains(list, p.Address.Unmap()) {
					list = append(list, p.Address.Unmap())
				}
			}
		}
		if len(list) > 0 {
			return list[:min(len(list), events.MaxIdentities)]
		}
	}
	return nil
}

// pair is who tried whom at which port.
type pair struct {
	orig, resp netip.Addr
	proto      uint8
	port       uint16
}

// views are what the logs of both ends say of it.
type views struct {
	orig, resp seen
}

// seen is what one end's log says.
type seen struct{ let, refused, before events.FlowCount }

// merged counts what both ends logged once: let in is what the tried end let in, where it has a log at all, because what left one
// interface may have been rejected at the other. Rejected counts at either.
func (v *views) merged() seen {
	m := seen{let: v.orig.let, refused: plus(v.orig.refused, v.resp.refused), before: plus(v.orig.before, v.resp.before)}
	if v.resp.let.Packets > 0 || v.resp.refused.Packets > 0 {
		m.let = v.resp.let
	}
	return m
}

// Summary says what flow logs know of the participants of a detection, from the documents that Keys named, and until when they have been
// read. It is nil where there is no document. With one participant it tells of all that it had to do with. Windows are compared by
// overlap: a record belongs to the detection where any of its window does, so that counts are a minute or ten generous at both ends.
// Documents that cannot be read are named in the error, and the rest is used.
func Summary(d *events.Detection, docs map[store.DocumentKey]store.Document) (*events.FlowSummary, time.Time, error) {
	from, to := window(d)
	r := reading{from: from.Unix(), to: to.Unix(), all: map[pair]*views{}, among: map[netip.Addr]bool{}}
	for _, p := range d.Participants {
		if p.Address.IsValid() {
			r.among[p.Address.Unmap()] = true
		}
	}
	var errs []error
	for _, k := range slices.SortedFunc(maps.Keys(docs), func(a, b store.DocumentKey) int { return cmp.Compare(a.ID, b.ID) }) {
		if k.Kind != store.KindFlows {
			continue
		}
		addr, _, _ := strings.Cut(k.ID, "/")
		own, err := netip.ParseAddr(addr)
		if err != nil || !r.among[own] {
			continue
		}
		h, err := decode(docs[k].Body)
		if err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w", k.ID, err))
			continue
		}
		r.take(own, h)
	}
	if r.docs == 0 {
		return nil, time.Time{}, errors.Join(errs...)
	}
	return r.summary(d, from, to), time.Unix(r.through, 0).UTC(), errors.Join(errs...)
}

// reading gathers what documents say.
type reading struct {
	from, to int64
	among    map[netip.Addr]bool
	all      map[pair]*views
	docs     int
	through  int64
	folded   bool // of some port it is only known that there were several
	left     leftOut
}

// take takes a document of one of the participants.
func (r *reading) take(own netip.Addr, h *hour) {
	r.docs++
	r.through = max(r.through, h.through)
	r.left.Peers += h.left.Peers
	r.left.Let, r.left.Refused = plus(r.left.Let, h.left.Let), plus(r.left.Refused, h.left.Refused)
	for a, p := range h.peers {
		if len(r.among) > 1 && (!r.among[a] || a == own) {
			continue
		}
		for k, n := range p.entries {
			r.count(own, a, k, n)
		}
	}
}

func (r *reading) count(own, other netip.Addr, k entryKey, n count) {
	in := n.first <= r.to && n.last >= r.from
	early := !in && n.last < r.from && n.last >= r.from-int64(before/time.Second)
	if !in && !early {
		return
	}
	p := pair{own, other, k.proto, k.port}
	if k.mine {
		p = pair{other, own, k.proto, k.port}
	}
	v := r.all[p]
	if v == nil {
		v = &views{}
		r.all[p] = v
	}
	s := &v.orig
	if k.mine {
		s = &v.resp
	}
	if early {
		s.before = plus(s.before, n.refused())
		return
	}
	s.let, s.refused = plus(s.let, n.let()), plus(s.refused, n.refused())
	r.folded = r.folded || n.folded > 0
}

// summary sums it up. The sums do not depend on the order in which they are made.
func (r *reading) summary(d *events.Detection, from, to time.Time) *events.FlowSummary {
	s := &events.FlowSummary{From: from.UTC(), To: to.UTC()}
	ports := map[events.FlowPort]events.FlowPort{}
	said := saying{name: namesOf(d), several: r.folded, among: len(r.among), left: r.left.Peers}
	for p, v := range r.all {
		m := v.merged()
		s.Accepted, s.Rejected, s.Before = plus(s.Accepted, m.let), plus(s.Rejected, m.refused), plus(s.Before, m.before)
		if m.let.Records+m.refused.Records == 0 {
			continue
		}
		said.meet(p)
		if p.proto == 0 && p.port == 0 {
			continue // ports that are not told apart
		}
		key := events.FlowPort{Proto: protoName(p.proto), Port: p.port}
		sum := ports[key]
		key.Accepted, key.Rejected = sum.Accepted+m.let.Records, sum.Rejected+m.refused.Records
		ports[events.FlowPort{Proto: key.Proto, Port: key.Port}] = key
	}
	s.BytesFlows = s.Accepted.Bytes
	s.Ports = slices.SortedFunc(maps.Values(ports), func(a, b events.FlowPort) int {
		return cmp.Or(cmp.Compare(b.Accepted+b.Rejected, a.Accepted+a.Rejected), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto))
	})
	for _, p := range s.Ports {
		if p.Port > 0 {
			said.ports++
		}
	}
	s.Ports = s.Ports[:min(len(s.Ports), maxFlowPorts)]
	s.Sentence = said.sentence(s)
	return s
}
