package dns

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// credit says of an answer to a question that was put to all who it came from, and whether it names its sender. Elsewhere the head of the
// record says who answers.
func (r *reader) credit(t *transaction, d flow.Dir, s *answerSection) {
	h := &r.conv.Head
	if !r.netbios && !putToAll(h.OrigP) && !putToAll(h.RespP) {
		return
	}
	t.rec.Responder = h.RespH
	if d == flow.Orig {
		t.rec.Responder = h.OrigH
	}
	t.rec.NamesSelf = s.names(t.rec.Responder, r.netbios)
}

func putToAll(port uint16) bool { return port == multicastPort || port == localPort }

// names says whether one of the answers gives an address.
func (s *answerSection) names(a netip.Addr, netbios bool) bool {
	off := s.off
	for range min(s.count, maxAnswers) {
		rr, next, ok := parseResource(s.msg, off)
		if !ok {
			return false
		}
		if rr.gives(a, netbios) {
			return true
		}
		off = next
	}
	return false
}

// gives says whether a record holds an address. One for a NetBIOS name holds several, each behind two bytes of flags (RFC 1002 section
// 4.2.13).
func (rr *resource) gives(a netip.Addr, netbios bool) bool {
	b := rr.data
	switch {
	case netbios && rr.rtype == typeNB:
		for ; len(b) >= 6; b = b[6:] {
			if netip.AddrFrom4([4]byte(b[2:6])) == a {
				return true
			}
		}
	case rr.rtype == typeA && len(b) == 4:
		return netip.AddrFrom4([4]byte(b)) == a
	case rr.rtype == typeAAAA && len(b) == 16:
		return netip.AddrFrom16([16]byte(b)) == a
	}
	return false
}
