// Package radius reads RADIUS (RFC 2865) over UDP. What comes in is datagrams; what goes out is one events.RADIUS for each authentication, challenges
// joined. It never keeps a password or a key, and holds one authentication at a time.
package radius

import (
	"encoding/binary"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "radius",
	Over:  analyzer.UDP,
	Ports: []uint16{1812, 1645},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// RFC 2865 sections 3 and 5.
const (
	headerLen = 20
	request   = 1
	accept    = 2
	reject    = 3
	challenge = 11

	attrUser         = 1
	attrFramed       = 8
	attrReply        = 18
	attrStation      = 31
	attrTunnelClient = 66
	attrConnectInfo  = 77
)

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	under     *events.RADIUS // the authentication under way
}

// probe wants one of the four codes of authentication, a length that fits, and attributes that fill it.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if !hinted || len(head) < headerLen {
		return analyzer.No
	}
	size := int(binary.BigEndian.Uint16(head[2:]))
	if c := head[0]; c != request && c != accept && c != reject && c != challenge || size < headerLen || size > 4096 {
		return analyzer.No
	}
	for b := head[headerLen:min(size, len(head))]; len(b) >= 2; b = b[min(int(b[1]), len(b)):] {
		if b[1] < 2 {
			return analyzer.No
		}
	}
	return analyzer.Yes
}

// Feed takes a datagram.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	b := c.Data
	if len(b) < headerLen {
		return len(b), nil
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if size < headerLen || size > len(b) {
		return len(b), nil
	}
	code := b[0]
	if code != request && code != accept && code != reject && code != challenge {
		return len(b), nil
	}
	r.message(code, b[headerLen:size], events.Time(c.Time))
	return len(b), nil
}

func (r *reader) message(code byte, attributes []byte, at events.Time) {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
	if r.under == nil {
		r.under = &events.RADIUS{}
		r.under.TS = at
	}
	eachAttribute(attributes, r.under)
	switch code {
	case accept:
		r.end("success", at)
	case reject:
		r.end("failed", at)
	}
}

func (r *reader) end(result string, at events.Time) {
	r.under.Result = result
	if at != 0 {
		r.under.TTL = events.Interval(max(at-r.under.TS, 0))
	}
	r.conv.Emit(r.under)
	r.under = nil
}

func eachAttribute(b []byte, m *events.RADIUS) {
	for len(b) >= 2 {
		size := int(b[1])
		if size < 2 || size > len(b) {
			return
		}
		value := b[2:size]
		switch b[0] {
		case attrUser:
			m.Username = analyzer.Text(value)
		case attrFramed:
			if len(value) == 4 {
				m.FramedAddr = netip.AddrFrom4([4]byte(value))
			}
		case attrReply:
			m.ReplyMsg = analyzer.Text(value)
		case attrStation:
			m.MAC = analyzer.Text(value)
		case attrTunnelClient:
			m.TunnelClient = analyzer.Text(value)
		case attrConnectInfo:
			m.ConnectInfo = analyzer.Text(value)
		}
		b = b[size:]
	}
}

// Gap is of streams only.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close tells of an authentication that was not answered.
func (r *reader) Close() {
	if r.under != nil {
		r.end("unknown", 0)
	}
}
