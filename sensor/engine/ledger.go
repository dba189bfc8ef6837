package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// tunnel is what is known of one envelope since it was opened.
type tunnel struct {
	load // as its first packet went; packets and bytes are sums
}

// ledger adds up what the workers carried of each envelope, and writes the tunnel records. It belongs to who passes on the rounds,
// so that an envelope whose packets are many workers' is still one tunnel.
type ledger struct {
	sensor   string
	encode   bool
	open     map[envelopeOf]*tunnel
	checked  int64
	out      outbox
	scratch  []load
	overflow uint64 // packets of envelopes beyond maxTunnels
}

// tunnelIdle is how long an envelope may be silent before it is closed, as the load balancer's UDP idle time-out twice over.
const tunnelIdle = 240e9

// tunnelCheck is how often, in packet time, the ledger looks for silent ones.
const tunnelCheck = 10e9

// enter takes the loads of one round, in the order in which their first packets came, and leaves the records in out.
func (l *ledger) enter(r *round) {
	l.scratch = l.scratch[:0]
	for i := range r.boxes {
		l.scratch = append(l.scratch, r.boxes[i].loads...)
	}
	slices.SortStableFunc(l.scratch, func(a, b load) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.depth, b.depth))
	})
	for i := range l.scratch {
		l.add(&l.scratch[i])
	}
	if r.last {
		l.checked = 0 // what follows may be of an earlier time
		l.end(func(*tunnel) bool { return true })
	} else if r.now-l.checked >= tunnelCheck {
		l.checked = r.now
		l.end(func(t *tunnel) bool { return r.now-t.last > tunnelIdle })
	}
}

func (l *ledger) add(n *load) {
	t := l.open[n.key]
	if t == nil {
		if len(l.open) >= maxTunnels {
			l.overflow += n.packets
			return
		}
		t = &tunnel{load: *n}
		t.packets, t.bytes = 0, 0
		if l.open == nil {
			l.open = map[envelopeOf]*tunnel{}
		}
		l.open[n.key] = t
		l.tell(t, "Tunnel::DISCOVER", n.at)
	}
	t.last = max(t.last, n.last)
	t.packets += n.packets
	t.bytes += n.bytes
}

// end closes the tunnels that are over, in order of start.
func (l *ledger) end(over func(*tunnel) bool) {
	var ended []*tunnel
	for _, t := range l.open {
		if over(t) {
			ended = append(ended, t)
		}
	}
	slices.SortFunc(ended, func(a, b *tunnel) int {
		return cmp.Or(cmp.Compare(a.last, b.last), strings.Compare(a.uid, b.uid))
	})
	for _, t := range ended {
		l.tell(t, "Tunnel::CLOSE", atEnd)
		delete(l.open, t.key)
	}
}

func (l *ledger) tell(t *tunnel, action string, at uint32) {
	ts := t.start
	if action == "Tunnel::CLOSE" {
		ts = t.last
	}
	l.out.put(&events.Tunnel{
		Head: events.Head{
			TS: events.Time(ts), UID: t.uid, OrigH: t.first.src.Netip(), OrigP: t.srcPort,
			RespH: t.first.dst.Netip(), RespP: t.key.dstPort, VNI: t.key.vni, Sensor: l.sensor,
		},
		TunnelType: "Tunnel::" + t.key.kind, Action: action, Packets: t.packets, Bytes: t.bytes,
	}, at, t.depth, l.encode)
}
