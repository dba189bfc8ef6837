// Package ssh reads what an SSH session shows of itself (RFC 4253): banners, algorithm lists, the host key, and, from the sizes
// of the encrypted packets alone, how often authentication was tried and whether it succeeded. What comes in is both directions
// of one conversation in order; what goes out is one events.SSH, when authentication is decided or at the end. It never
// decrypts anything. Not covered: the packets of SSH1, and inference where compression begins before authentication ("zlib").
package ssh

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares SSH.
var Spec = analyzer.Spec{
	Name:  "ssh",
	Over:  analyzer.TCP,
	Ports: []uint16{22, 2222},
	Probe: probe,
	New:   newReader,
}

// state is where one direction stands.
type state uint8

const (
	inBanner    state = iota
	inPackets         // binary packets in the clear: the key exchange
	inEncrypted       // behind NEWKEYS
)

// reader is the analyzer of one conversation.
type reader struct {
	conv    *analyzer.Conversation
	rec     events.SSH
	sides   [2]side
	auth    auth
	emitted bool
}

// side is the state of one direction.
type side struct {
	state   state
	lines   int    // lines before the banner
	lists   []byte // payload of its KEXINIT, kept until the other one is there
	hasInit bool
	framing framing // of its encrypted packets
}

func newReader(c *analyzer.Conversation) analyzer.Analyzer {
	r := &reader{conv: c}
	if c.LocalOrig != c.LocalResp {
		r.rec.Direction = "INBOUND"
		if c.LocalOrig {
			r.rec.Direction = "OUTBOUND"
		}
	}
	return r
}

// Feed reads the next bytes of a direction.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	if r.emitted {
		return len(c.Data), analyzer.ErrDone
	}
	d := c.Dir & 1
	s := &r.sides[d]
	for n := 0; ; {
		used, err := r.step(d, s, c.Data[n:], c.Time)
		n += used
		if err != nil || used == 0 || n == len(c.Data) {
			return n, err
		}
	}
}

// step reads one line or packet, or all that is encrypted. Nothing used means that more bytes are needed.
func (r *reader) step(d flow.Dir, s *side, b []byte, now int64) (int, error) {
	switch s.state {
	case inBanner:
		return r.banner(d, s, b, now)
	case inPackets:
		return r.packet(d, s, b)
	default:
		return len(b), r.encrypted(d, s, b)
	}
}

// Gap ends the reading where packet boundaries are lost for good; in the encrypted part it only forbids to say that
// authentication failed, as the success may be what is missing.
func (r *reader) Gap(d flow.Dir, n int) error {
	if n <= 0 {
		return nil
	}
	if r.sides[d&1].state != inEncrypted {
		return analyzer.ErrDone
	}
	r.auth.lost = true
	r.sides[d&1].framing.clear = false
	return nil
}

// Close emits the record, unless success did so before.
func (r *reader) Close() {
	if r.auth.ready {
		r.auth.end()
	}
	r.emit()
}

// emit passes on the one record of the conversation.
func (r *reader) emit() {
	if r.emitted || r.rec.Client == "" && r.rec.Server == "" {
		return
	}
	r.emitted = true
	success, known := r.auth.result()
	if known {
		r.rec.AuthSuccess = &success
	}
	r.rec.AuthAttempts = r.auth.attempts()
	r.conv.Emit(&r.rec)
}
