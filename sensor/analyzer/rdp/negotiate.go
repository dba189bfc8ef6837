package rdp

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// Types of negotiation data, [MS-RDPBCGR] sections 2.2.1.1.1, 2.2.1.2.1 and 2.2.1.2.2.
const (
	negAsk  = 1
	negGive = 2
	negFail = 3
)

// Bits of what a client asks for.
const (
	askRestrictedAdmin = 1 // flags: RESTRICTED_ADMIN_MODE_REQUIRED
	askSSL             = 1 // protocols
	askHybrid          = 2
	askHybridEx        = 8
)

const maxText = 256 // bytes of a text in a record

// request reads the variable part of a connection request: a cookie or a routing token, and a negotiation.
func (r *reader) request(b []byte) {
	if line, rest, ok := bytes.Cut(b, []byte("\r\n")); ok {
		if name, is := bytes.CutPrefix(line, []byte("Cookie: mstshash=")); is {
			r.rec.Cookie = text(name)
		}
		b = rest
	}
	if len(b) < 8 || b[0] != negAsk {
		return
	}
	r.rec.RestrictedAdmin = b[1]&askRestrictedAdmin != 0
	asked := binary.LittleEndian.Uint32(b[4:])
	r.rec.Requested = append(r.rec.Requested[:0], protocolName(0))
	for _, bit := range []uint32{askSSL, askHybrid, askHybridEx} {
		if asked&bit != 0 {
			r.rec.Requested = append(r.rec.Requested, protocolName(bit))
		}
	}
}

// response reads the answer. Where it chooses TLS, another protocol follows.
func (r *reader) response(b []byte) error {
	if len(b) < 8 {
		r.rec.SecurityProtocol = protocolName(0) // a server before negotiation was thought of
		return nil
	}
	value := binary.LittleEndian.Uint32(b[4:])
	switch b[0] {
	case negFail:
		r.rec.Result = failureName(value)
	case negGive:
		r.rec.SecurityProtocol = protocolName(value)
		if value != 0 {
			r.rec.Result = "encrypted"
			return analyzer.ErrHandOver
		}
	}
	return nil
}

func text(b []byte) string { return analyzer.Text(b[:min(len(b), maxText)]) }

// wideText reads UTF-16, little endian, up to its zero; what is not ASCII becomes a question mark, as these are names of computers.
func wideText(b []byte) string {
	var room [maxText]byte
	out := room[:0]
	for ; len(b) >= 2 && len(out) < maxText && (b[0] != 0 || b[1] != 0); b = b[2:] {
		c := b[0]
		if b[1] != 0 {
			c = '?'
		}
		out = append(out, c)
	}
	return analyzer.Text(out)
}
