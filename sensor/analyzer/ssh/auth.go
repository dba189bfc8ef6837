package ssh

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Payload sizes of the authentication protocol (RFC 4252), in bytes.
const (
	acceptPayload  = 17 // SERVICE_ACCEPT "ssh-userauth"; the client's SERVICE_REQUEST is as long
	successPayload = 1  // USERAUTH_SUCCESS
	// A USERAUTH_FAILURE lists the methods that can go on; with all that are in use it is no longer than this.
	maxFailurePayload = 96
	// A request for the method "none", by which most clients ask what methods there are, is 31 bytes and the user's name. One
	// with a password is 9 bytes and the password longer.
	maxNonePayload = 39
)

// manyBytes from a server behind the key exchange are no talk about authentication any more.
const manyBytes = 16 << 10

// maxEncrypted is the longest packet that a length field may state (OpenSSH's limit).
const maxEncrypted = 256 << 10

// auth infers authentication from sizes. The client asks and the server answers, so that the bytes of one side between two of
// the other are a turn; a server's turn is an answer, known by its size: success is the shortest packet there is, and failure
// always has the same size. Zeek infers alike from single segments.
type auth struct {
	ready          bool // sizes can be reckoned
	lost           bool // bytes are missing
	client, server framing

	turn      flow.Dir // whose bytes came last
	begun     bool     // the client sent something encrypted
	asked     int      // bytes of the client's turn
	answered  int      // bytes of the server's turn
	last      int      // size of the last whole packet in the server's turn, where lengths can be read
	whole     bool     // the server's turn ended with a chunk just as long as a success
	total     int      // bytes of the server behind SERVICE_ACCEPT
	accepted  bool     // SERVICE_ACCEPT was seen
	apart     bool     // packets of the server's turn were told apart
	turns     int      // of the server
	answers   int      // requests answered
	first     int      // size of the first request
	shortest  int      // of the later ones
	failure   int      // size of a failure; 0 while not known
	failures  uint32   // but for the first answer
	firstFail bool     // the first answer was a failure
	success   bool

	packets [2]packetCutter
}

// packetCutter follows packets whose length field can be read.
type packetCutter struct {
	header [4]byte
	have   int
	skip   int // bytes of the packet still to come
}

func (a *auth) begin(client, server framing) {
	a.ready = client.known && server.known
	a.client, a.server = client, server
}

// encrypted reckons with encrypted bytes. ErrDone says that authentication is decided.
func (r *reader) encrypted(d flow.Dir, s *side, b []byte) error {
	a := &r.auth
	if !a.ready || len(b) == 0 {
		return nil
	}
	if d == flow.Orig {
		a.ask(len(b))
	} else if a.begun {
		a.answer(s, b)
	}
	if !a.success {
		return nil
	}
	r.emit()
	return analyzer.ErrDone
}

// ask takes bytes of the client.
func (a *auth) ask(n int) {
	if a.turn == flow.Resp {
		a.endTurn()
		a.asked = 0
	}
	a.turn, a.begun = flow.Orig, true
	a.asked += n
}

// answer takes bytes of the server.
func (a *auth) answer(s *side, b []byte) {
	if a.turn == flow.Orig {
		a.turn, a.answered, a.last, a.whole = flow.Resp, 0, 0, false
	}
	shortest := a.server.size(successPayload)
	if a.whole && len(b) >= shortest {
		a.success = true // what follows is a packet of its own, so what came before was a success
		return
	}
	a.answered += len(b)
	a.total += len(b)
	if a.apart = s.framing.clear; a.apart {
		a.cut(s, b)
	} else {
		a.whole = a.accepted && a.answered == shortest
	}
	if a.total > manyBytes {
		a.success = true
	}
}

// cut finds the packets in b by their length fields.
func (a *auth) cut(s *side, b []byte) {
	p := &a.packets[flow.Resp]
	for len(b) > 0 {
		if p.skip > 0 {
			n := min(p.skip, len(b))
			p.skip -= n
			b = b[n:]
			continue
		}
		n := copy(p.header[p.have:], b)
		p.have += n
		b = b[n:]
		if p.have < len(p.header) {
			return
		}
		p.have = 0
		length := binary.BigEndian.Uint32(p.header[:])
		if length > maxEncrypted || int(length)%a.server.block != 0 {
			s.framing.clear, a.apart = false, false // not what was negotiated, or bytes are missing: turns must do
			return
		}
		p.skip = int(length) + a.server.tag
		a.last = len(p.header) + p.skip
		if a.accepted && a.last == a.server.size(successPayload) {
			a.success = true
			return
		}
		if !a.accepted && a.last == a.server.size(acceptPayload) {
			a.accepted, a.answered, a.last = true, 0, 0
		}
	}
}
