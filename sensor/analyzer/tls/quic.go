package tls

import (
	"encoding/hex"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// QUIC declares the analyzer of the same handshake inside QUIC (RFC 9000, RFC 9001, RFC 9369). Its first packets are read by keys that stand in
// them; all behind is encrypted for good.
var QUIC = analyzer.Spec{
	Name:  "quic",
	Over:  analyzer.UDP,
	Ports: []uint16{443, 784, 853, 8443},
	Probe: probeQUIC,
	New: func(c *analyzer.Conversation) analyzer.Analyzer {
		return &quicReader{reader: reader{conv: c, quic: true}}
	},
}

const (
	// maxQUICPackets is how many packets are looked at before the handshake is over.
	maxQUICPackets = 64
	// maxDerived is how often keys are derived: a client that is told to retry, and one whose first packet is missing, begin anew.
	maxDerived = 4
	// leastConnectionID is the least that a client may choose at first (RFC 9000 section 7.2).
	leastConnectionID = 8
)

// quicReader is one conversation's analyzer.
type quicReader struct {
	reader
	log      events.QUIC
	began    bool
	version  *quicVersion
	keys     [2]*quicKeys // by flow.Dir
	streams  [2]cryptoStream
	letters  []byte
	space    [2048]byte // of what is unsealed
	derived  int
	packets  int
	answered bool // the server's hello was read
	over     bool
}

// probeQUIC knows the first packet of a client, or of a server, of a version that can be read.
func probeQUIC(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if len(head) < 7 || head[0]&0xc0 != 0xc0 {
		return analyzer.No
	}
	v := findQUIC(be32(head[1:]))
	if v == nil || (head[0]>>4&3+4-v.turned)&3 != quicInitial {
		return analyzer.No
	}
	c := cursor{b: head[5:]}
	dcid, scid := c.vector(1), c.vector(1)
	if c.bad || len(dcid) > maxConnectionID || len(scid) > maxConnectionID || len(dcid) < leastConnectionID && len(scid) == 0 {
		return analyzer.No
	}
	return analyzer.Yes
}

// Feed reads the packets of one datagram.
func (r *quicReader) Feed(c stream.Chunk) (int, error) {
	d := c.Dir & 1
	r.now = events.Time(c.Time)
	for b := c.Data; len(b) > 0; {
		p, ok := parseQUIC(b)
		if !ok {
			break // padding behind the last packet, or something else on the same ports
		}
		if r.packets++; r.packets > maxQUICPackets {
			return len(c.Data), analyzer.ErrDone
		}
		if err := r.packet(d, &p); err != nil {
			return len(c.Data), err
		}
		if p.numberAt == 0 { // its end is not known
			break
		}
		b = b[len(p.whole):]
	}
	return len(c.Data), nil
}

// packet takes one packet.
func (r *quicReader) packet(d flow.Dir, p *quicPacket) error {
	switch p.kind {
	case quicInitial:
		r.letter(d, 'i')
		return r.initial(d, p)
	case quicHandshake:
		r.letter(d, 'h')
	case quicZeroRTT:
		r.letter(d, 'z')
	case quicRetry:
		r.letter(d, 'r')
	case quicOther:
		r.letter(d, 'u')
	case quicShort:
		if r.answered && d == r.client { // it has the keys that come last
			r.rec.Established = true
			return analyzer.ErrDone
		}
	}
	return nil
}

// letter adds to the history, in capitals for the originator.
func (r *quicReader) letter(d flow.Dir, letter byte) {
	if len(r.letters) >= maxHistory {
		return
	}
	if d == flow.Orig {
		letter -= 'a' - 'A'
	}
	r.letters = append(r.letters, letter)
}

// initial opens a first packet, and reads what it holds of the handshake.
func (r *quicReader) initial(d flow.Dir, p *quicPacket) error {
	if !r.began {
		r.start(d, p)
	}
	frames := r.keys[d].unseal(p.whole, p.numberAt, r.space[:])
	if frames == nil && !r.answered && len(p.dcid) >= leastConnectionID && r.derive(d, p) {
		frames = r.keys[d].unseal(p.whole, p.numberAt, r.space[:])
	}
	if frames == nil {
		return nil
	}
	if d != r.client && r.log.ServerSCID == "" {
		r.log.ServerSCID = hex.EncodeToString(p.scid)
	}
	var failed error
	if eachCrypto(frames, func(offset uint64, data []byte) {
		if ready := r.streams[d].add(offset, data); len(ready) > 0 && failed == nil {
			failed = r.handshakeBytes(d, ready)
		}
	}) {
		r.letter(d, 'c')
	}
	return failed
}

// handshakeBytes reads what came of a side's handshake, and notes a hello.
func (r *quicReader) handshakeBytes(d flow.Dir, b []byte) error {
	had, answered := r.hello, r.version13()
	if err := r.handshake(d, b); err != nil {
		return err
	}
	switch {
	case !had && r.hello:
		r.letter(d, 's')
		r.conv.Confirm("ssl")
	case !answered && r.version13():
		r.letter(d, 's')
		r.answered = true
	}
	return nil
}

// version13 says whether a server's hello was read.
func (r *quicReader) version13() bool { return r.reader.version != 0 }

// start notes who began, and how.
func (r *quicReader) start(d flow.Dir, p *quicPacket) {
	r.began, r.client = true, d
	r.version = findQUIC(p.version)
	r.log.TS = r.now
	r.log.Version = r.version.name
	r.log.ClientInitialDCID, r.log.ClientSCID = hex.EncodeToString(p.dcid), hex.EncodeToString(p.scid)
	r.derive(d, p)
}

// derive takes the keys from a client's packet.
func (r *quicReader) derive(d flow.Dir, p *quicPacket) bool {
	if d != r.client || r.derived >= maxDerived {
		return false
	}
	r.derived++
	client, server := initialKeys(findQUIC(p.version), p.dcid)
	r.keys[d], r.keys[d.Other()] = client, server
	return true
}

// Gap has no meaning for datagrams.
func (r *quicReader) Gap(flow.Dir, int) error { return nil }

// Close tells what is known.
func (r *quicReader) Close() {
	if r.over {
		return
	}
	r.over = true
	if r.hello {
		r.log.ServerName = r.rec.ServerName
		if len(r.rec.ALPN) > 0 {
			r.log.ClientProtocol = r.rec.ALPN[0]
		}
		r.log.History = string(r.letters)
		log := r.log
		r.conv.Emit(&log)
	}
	r.reader.Close()
}
