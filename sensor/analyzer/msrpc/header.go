package msrpc

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// The fragments that are looked into ([C706] 12.6.3.1). All of a connection are 0, 2, 3 and 11 to 19.
const (
	kindRequest      = 0
	kindResponse     = 2
	kindFault        = 3
	kindBind         = 11
	kindBindAck      = 12
	kindAlterContext = 14
	kindLast         = 19
)

// Flags of a fragment.
const (
	flagFirst  = 0x01
	flagLast   = 0x02
	flagObject = 0x80
)

const (
	headerLen  = 16
	trailerLen = 8 // of an authentication verifier, before its token
)

// header is what every fragment begins with.
type header struct {
	kind    byte
	flags   byte
	order   binary.ByteOrder
	length  int // of the fragment
	authLen int // of the token at its end
	call    uint32
}

// Probe says whether head begins with a fragment of DCE/RPC.
func Probe(head []byte) analyzer.Verdict {
	_, v := parseHeader(head)
	return v
}

// parseHeader reads a header. It says Maybe where b is too short to tell, and No as early as it can.
func parseHeader(b []byte) (h header, v analyzer.Verdict) {
	for i, c := range b[:min(len(b), 8)] {
		if !plausible(i, c) {
			return h, analyzer.No
		}
	}
	if len(b) < headerLen {
		return h, analyzer.Maybe
	}
	h = header{kind: b[2], flags: b[3], order: binary.BigEndian}
	if b[4]&0xf0 != 0 {
		h.order = binary.LittleEndian
	}
	h.length, h.authLen, h.call = int(h.order.Uint16(b[8:])), int(h.order.Uint16(b[10:])), h.order.Uint32(b[12:])
	least := h.least()
	if h.authLen > 0 {
		least += trailerLen + h.authLen
	}
	if h.length < least {
		return h, analyzer.No
	}
	return h, analyzer.Yes
}

// plausible says whether c may stand at place i of a header: version 5.0 or 5.1, a kind that runs over connections, and the four bytes of
// the data representation.
func plausible(i int, c byte) bool {
	switch i {
	case 0:
		return c == 5
	case 1:
		return c <= 1
	case 2:
		return c == kindRequest || c == kindResponse || c == kindFault || c >= kindBind && c <= kindLast
	case 4:
		return c&^0x11 == 0
	case 5:
		return c <= 3
	case 6, 7:
		return c == 0
	}
	return true
}

// least is how long a fragment of its kind is without a token.
// little says whether the sender writes the low byte first.
func (h *header) little() bool { return h.order == binary.ByteOrder(binary.LittleEndian) }

func (h *header) least() int {
	switch h.kind {
	case kindRequest, kindResponse, kindBind, kindBindAck, kindAlterContext, kindAlterContext + 1:
		return headerLen + 8
	case kindFault:
		return headerLen + 12
	}
	return headerLen
}

// trailer is the authentication verifier of a fragment ([MS-RPCE] 2.2.2.11).
type trailer struct {
	service byte
	level   byte
	token   []byte
}

// levelPrivacy encrypts the stub.
const levelPrivacy = 6

func (t trailer) sealed() bool { return t.level == levelPrivacy && len(t.token) > 0 }

// split parts a whole fragment into its body, without the padding before the verifier, and its verifier.
func (h *header) split(b []byte) (body []byte, t trailer) {
	if h.authLen == 0 {
		return b[headerLen:], t
	}
	at := len(b) - h.authLen - trailerLen
	t = trailer{service: b[at], level: b[at+1], token: b[at+trailerLen:]}
	pad := int(b[at+2])
	return b[headerLen:max(h.least(), at-pad)], t
}
