// Package dhcp reads DHCP for IPv4 (RFC 2131, RFC 2132) and the BOOTP it stands on. What comes in is datagrams; what goes out is
// one events.DHCP a transaction, its messages joined by observation point, transaction id and hardware address, since the client
// broadcasts and the server answers to the new address: those are two conversations. It never reads DHCPv6, vendor options, or
// option values that were split in two (RFC 3396).
package dhcp

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "dhcp",
	Over:  analyzer.UDP,
	Ports: []uint16{67, 68},
	Probe: probe,
	New:   open,
	Join:  func() analyzer.Joiner { return newJoiner() },
}

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe wants BOOTP's fixed part to be sane and the cookie of RFC 2132 behind it; plain BOOTP is believed on its ports only.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	m, ok := parse(head)
	if !ok || !m.cookie && !hinted {
		return analyzer.No
	}
	return analyzer.Yes
}

// Feed takes one datagram.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	m, ok := parse(c.Data)
	if !ok {
		if !r.confirmed {
			return 0, analyzer.ErrNotMine
		}
		r.conv.Weird("dhcp_malformed", "")
		return len(c.Data), nil
	}
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	r.conv.Emit(newPart(&m, r.source(c.Dir), c.Time))
	return len(c.Data), nil
}

// source is the address that a message came from.
func (r *reader) source(d flow.Dir) netip.Addr {
	if d == flow.Orig {
		return r.conv.Head.OrigH
	}
	return r.conv.Head.RespH
}

// Gap has no meaning for datagrams.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close has nothing left to do: every message was passed on as it came.
func (r *reader) Close() {}
