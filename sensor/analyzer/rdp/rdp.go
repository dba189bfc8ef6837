// Package rdp reads how a remote desktop session begins ([MS-RDPBCGR] section 1.3.1.1): the request with its cookie, the negotiation of
// security, and, where that is RDP's own, what client and server say of themselves. What comes in is both directions of one conversation in
// order; what goes out is one events.RDP. Where TLS follows, the conversation is handed over. It never decrypts, and never reads what is
// typed or shown.
package rdp

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares RDP.
var Spec = analyzer.Spec{
	Name:  "rdp",
	Over:  analyzer.TCP,
	Ports: []uint16{3389},
	Probe: probe,
	New:   open,
}

const (
	headLen  = 4          // TPKT, RFC 1006 section 6
	maxPDU   = 16 << 10   // longer ones are passed over: the longest that is read carries a chain of certificates
	maxPDUs  = 16         // a direction's packets that are looked at before it is left alone
	tpkt     = 3          // version
	codeAsk  = 0xe0       // X.224 connection request
	codeGive = 0xd0       // X.224 connection confirm
	codeData = 0xf0       // X.224 data
	serviceX = "rdp"      //
	mcsAsk   = "\x7f\x65" // connect initial, T.125
	mcsGive  = "\x7f\x66" // connect response
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	rec       events.RDP
	confirmed bool
	emitted   bool
	asked     bool // a connection request was seen
	sides     [2]side
}

// side is where one direction stands.
type side struct {
	skip int // bytes of the current packet that are not wanted
	pdus int
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe wants a TPKT with a connection request that has RDP's cookie or negotiation in it, or with a confirm of that; on RDP's port, data of
// a session that goes on will do, too.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	const most = headLen + 3
	for i, want := range []byte{tpkt, 0} {
		if len(head) <= i {
			return analyzer.Maybe
		}
		if head[i] != want {
			return analyzer.No
		}
	}
	if len(head) < most {
		return analyzer.Maybe
	}
	size, li, code := int(binary.BigEndian.Uint16(head[2:])), int(head[4]), head[5]
	switch {
	case size < most:
		return analyzer.No
	case code == codeData && li == 2:
		return data(head[headLen+3:], hinted)
	case code != codeAsk && code != codeGive || li+headLen+1 > size || li < 6:
		return analyzer.No
	case len(head) < min(headLen+1+li, 24):
		return analyzer.Maybe
	}
	return negotiates(head[headLen+7:min(len(head), headLen+1+li)], code, hinted)
}

// data looks at what a data packet carries: MCS, the first of which is certain.
func data(b []byte, hinted bool) analyzer.Verdict {
	if len(b) < 2 {
		return analyzer.Maybe
	}
	if s := string(b[:2]); s == mcsAsk || s == mcsGive {
		return analyzer.Yes
	}
	if hinted && (b[0]>>2 == 25 || b[0]>>2 == 26) { // send data request and indication
		return analyzer.Yes
	}
	return analyzer.No
}

// negotiates tells RDP from the other uses of X.224, which have no cookie and no negotiation.
func negotiates(b []byte, code byte, hinted bool) analyzer.Verdict {
	switch {
	case len(b) == 0:
		return verdict(hinted) // clients before negotiation was thought of
	case code == codeAsk && hasPrefix(b, "Cookie: "):
		return analyzer.Yes
	case len(b) >= 8 && (b[0] == negAsk && code == codeAsk || (b[0] == negGive || b[0] == negFail) && code == codeGive) && b[2] == 8 && b[3] == 0:
		return analyzer.Yes
	}
	return verdict(hinted && code == codeAsk)
}

func verdict(yes bool) analyzer.Verdict {
	if yes {
		return analyzer.Yes
	}
	return analyzer.No
}

func hasPrefix(b []byte, p string) bool { return string(b[:min(len(b), len(p))]) == p }

// Feed reads the next bytes of a direction.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	s := &r.sides[c.Dir&1]
	if r.rec.TS == 0 {
		r.rec.TS = events.Time(c.Time)
	}
	for n < len(c.Data) {
		if s.skip > 0 {
			passed := min(s.skip, len(c.Data)-n)
			s.skip -= passed
			n += passed
			continue
		}
		used, err := r.next(s, c.Dir, c.Data[n:])
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// next takes one packet. What is no TPKT is a fast-path packet ([MS-RDPBCGR] section 2.2.8.1.2): the session is set up then.
func (r *reader) next(s *side, d flow.Dir, b []byte) (used int, err error) {
	if b[0] != tpkt {
		return 0, r.odd()
	}
	if len(b) < headLen {
		return 0, nil
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if b[1] != 0 || size < headLen+3 {
		return 0, r.odd()
	}
	if s.pdus++; s.pdus > maxPDUs {
		return 0, analyzer.ErrDone
	}
	if size > maxPDU {
		used = min(size, len(b))
		s.skip = size - used
		return used, nil
	}
	if len(b) < size {
		s.pdus--
		return 0, nil
	}
	return size, r.packet(d, b[headLen:size])
}

// odd ends the reading: before anything was recognised it is another protocol.
func (r *reader) odd() error {
	if !r.confirmed {
		return analyzer.ErrNotMine
	}
	return analyzer.ErrDone
}

// packet reads one X.224 packet.
func (r *reader) packet(d flow.Dir, b []byte) error {
	li, code := int(b[0]), b[1]
	if li < 2 || li+1 > len(b) {
		return r.odd()
	}
	r.confirm()
	switch code {
	case codeAsk:
		if li >= 6 {
			r.asked = true
			r.request(b[7 : li+1])
		}
	case codeGive:
		if li >= 6 {
			return r.response(b[7 : li+1])
		}
	case codeData:
		r.mcs(d, b[li+1:])
	}
	return nil
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm(serviceX)
	}
}

// Gap ends the reading: what stands behind it is no beginning of a session.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close emits the record, if anything was said.
func (r *reader) Close() {
	if r.emitted || !r.asked && r.rec.Result == "" && r.rec.ClientName == "" {
		return
	}
	r.emitted = true
	r.conv.Emit(&r.rec)
}
