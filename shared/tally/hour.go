package tally

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// hour is what flow logs said of one address in one hour.
type hour struct {
	through   int64    // the latest end of a record; seconds since 1970
	objects   []string // that it holds, oldest first
	forgotten uint64   // objects that it holds and no longer names
	peers     map[netip.Addr]*peer
	left      leftOut
}

// peer is an address that the hour's own had to do with.
type peer struct {
	entries map[entryKey]count
}

func newHour() *hour { return &hour{peers: map[netip.Addr]*peer{}} }

func (h *hour) at(a netip.Addr) *peer {
	p := h.peers[a]
	if p == nil {
		p = &peer{entries: map[entryKey]count{}}
		h.peers[a] = p
	}
	return p
}

func (p *peer) add(k entryKey, n count) {
	have := p.entries[k]
	have.add(n)
	p.entries[k] = have
}

func (p *peer) sum() (sum count) {
	for _, n := range p.entries {
		sum.add(n)
	}
	return sum
}

// merge adds what an object brought, unless the hour holds it already. It says whether anything changed.
func (h *hour) merge(o *hour, object string) bool {
	if slices.Contains(h.objects, object) {
		return false
	}
	h.objects = append(h.objects, object)
	if more := len(h.objects) - MaxObjects; more > 0 {
		h.objects, h.forgotten = slices.Delete(h.objects, 0, more), h.forgotten+uint64(more)
	}
	h.through = max(h.through, o.through)
	for a, p := range o.peers {
		to := h.at(a)
		for k, n := range p.entries {
			to.add(k, n)
		}
	}
	h.left.Peers += o.left.Peers
	h.left.Let, h.left.Refused = plus(h.left.Let, o.left.Let), plus(h.left.Refused, o.left.Refused)
	return true
}

// shown is the document: short names, and an entry as a row of numbers.
type shown struct {
	Through   int64       `json:"through"`
	Objects   []string    `json:"objects"`
	Forgotten uint64      `json:"forgotten,omitempty"`
	Peers     []shownPeer `json:"peers"`
	Left      leftOut     `json:"left"`
}

type shownPeer struct {
	Address netip.Addr `json:"a"`
	Entries []entry    `json:"e"`
}

// entry is slot, protocol, port, whether the port is our own; what was let in: tries, packets and bytes there, packets and bytes back;
// what was rejected: records, packets, bytes; entries folded; first time, and how many seconds later the last.
type entry [15]uint64

func entryOf(k entryKey, n count) entry {
	mine := uint64(0)
	if k.mine {
		mine = 1
	}
	return entry{
		uint64(k.slot), uint64(k.proto), uint64(k.port), mine, n.tries, n.packets, n.bytes, n.backPackets, n.backBytes,
		n.denied, n.deniedPkts, n.deniedBy, n.folded, uint64(n.first), uint64(n.last - n.first),
	}
}

func (e entry) read() (entryKey, count) {
	return entryKey{slot: uint8(e[0]), proto: uint8(e[1]), port: uint16(e[2]), mine: e[3] == 1},
		count{
			tries: e[4], packets: e[5], bytes: e[6], backPackets: e[7], backBytes: e[8],
			denied: e[9], deniedPkts: e[10], deniedBy: e[11], folded: e[12], first: int64(e[13]), last: int64(e[13] + e[14]),
		}
}

// encode makes the document, within its limits. What it has to leave out is folded, peer by peer, before a peer is left out.
func (h *hour) encode() (json.RawMessage, error) {
	for most, peers := entriesAPeer, MaxPeers; ; {
		h.trim(peers, most)
		body, err := json.Marshal(h.show())
		if err != nil {
			return nil, fmt.Errorf("encode flows: %w", err)
		}
		if h.size() <= MaxEntries && len(body) <= MaxBytes || peers == 1 {
			return body, nil
		}
		if most > 4 {
			most /= 2
		} else {
			peers /= 2
		}
	}
}

func (h *hour) size() (n int) {
	for _, p := range h.peers {
		n += len(p.entries)
	}
	return n
}

func (h *hour) show() shown {
	s := shown{Through: h.through, Objects: h.objects, Forgotten: h.forgotten, Left: h.left, Peers: []shownPeer{}}
	for _, a := range slices.SortedFunc(maps.Keys(h.peers), netip.Addr.Compare) {
		p := shownPeer{Address: a}
		for _, k := range slices.SortedFunc(maps.Keys(h.peers[a].entries), entryKey.compare) {
			p.Entries = append(p.Entries, entryOf(k, h.peers[a].entries[k]))
		}
		s.Peers = append(s.Peers, p)
	}
	return s
}

func (k entryKey) compare(o entryKey) int {
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(k.slot, o.slot), cmp.Compare(k.proto, o.proto), cmp.Compare(k.port, o.port), cmp.Compare(bit(k.mine), bit(o.mine)))
}

func decode(body []byte) (*hour, error) {
	var s shown
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("decode flows: %w", err)
	}
	h := newHour()
	h.through, h.objects, h.forgotten, h.left = s.Through, s.Objects, s.Forgotten, s.Left
	for _, p := range s.Peers {
		to := h.at(p.Address)
		for _, e := range p.Entries {
			to.add(e.read())
		}
	}
	return h, nil
}

// trim keeps so many peers, and so many entries of each.
func (h *hour) trim(peers, entries int) {
	for _, p := range h.peers {
		p.trim(entries)
	}
	if len(h.peers) <= peers {
		return
	}
	type ranked struct {
		addr netip.Addr
		sum  count
	}
	var list []ranked
	for a, p := range h.peers {
		list = append(list, ranked{a, p.sum()})
	}
	slices.SortFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.sum.denied, a.sum.denied), cmp.Compare(b.sum.weight(), a.sum.weight()), a.addr.Compare(b.addr))
	})
	half := (peers + 1) / 2
	slices.SortFunc(list[half:], func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.sum.weight(), a.sum.weight()), cmp.Compare(b.sum.denied, a.sum.denied), a.addr.Compare(b.addr))
	})
	for _, r := range list[peers:] {
		h.left.add(r.sum, 1)
		delete(h.peers, r.addr)
	}
}

// weight is how many bytes there were, both ways.
func (c *count) weight() uint64 { return c.bytes + c.backBytes + c.deniedBy }

// trim folds the smallest entries of a peer into one for ten minutes and side. Those with something rejected stay the longest.
func (p *peer) trim(most int) {
	if len(p.entries) <= most {
		return
	}
	keys := slices.Collect(maps.Keys(p.entries))
	slices.SortFunc(keys, func(a, b entryKey) int {
		x, y := p.entries[a], p.entries[b]
		return cmp.Or(cmp.Compare(y.denied, x.denied), cmp.Compare(y.weight(), x.weight()), a.compare(b))
	})
	for _, k := range keys[most:] {
		fold := entryKey{slot: k.slot, mine: k.mine}
		if k == fold {
			continue
		}
		n := p.entries[k]
		n.folded++
		delete(p.entries, k)
		p.add(fold, n)
	}
}

// id is the document's: the address, and the hour in UTC.
func (k hourKey) id() string {
	return k.addr.String() + "/" + time.Unix(k.hour, 0).UTC().Format("2006010215")
}

func (k hourKey) expires() time.Time { return time.Unix(k.hour, 0).UTC().Add(time.Hour + keepFor) }
