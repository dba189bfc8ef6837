package tls

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// DTLS declares the analyzer of the same handshake over datagrams.
var DTLS = analyzer.Spec{
	Name:  "dtls",
	Over:  analyzer.UDP,
	Ports: []uint16{443, 4433, 5349, 5684},
	Probe: probeDTLS,
	New: func(c *analyzer.Conversation) analyzer.Analyzer {
		return &datagramReader{reader{conv: c, datagrams: true}}
	},
}

const (
	// datagramHeaderLen is a record's header: type, version, epoch, sequence number, length (RFC 6347 section 4.1).
	datagramHeaderLen = 13
	// fragmentHeaderLen is a handshake message's: type, length, message number, fragment offset and length (section 4.2.2).
	fragmentHeaderLen = 12
	// helloVerifyRequest is the one message that TLS does not have.
	helloVerifyRequest = 3
)

// datagramReader is one conversation's analyzer.
type datagramReader struct{ reader }

// datagramHeader is a record's header.
type datagramHeader struct {
	kind   byte
	epoch  uint16
	length int
}

// parseDatagramHeader reads a record's header and says whether there can be such a record.
func parseDatagramHeader(b []byte) (h datagramHeader, ok bool) {
	c := cursor{b: b}
	h.kind = byte(c.u8())
	version := c.u16()
	h.epoch = c.u16()
	c.take(6)
	h.length = c.uint(2)
	ok = !c.bad && h.kind >= typeChangeCipherSpec && h.kind <= typeHeartbeat && h.length <= maxRecord &&
		(version == versionDTLS10 || version == versionDTLS12)
	return h, ok
}

// probeDTLS knows the first fragment of a hello of either side.
func probeDTLS(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	h, ok := parseDatagramHeader(head)
	if !ok || h.kind != typeHandshake || h.epoch != 0 || len(head) < datagramHeaderLen+fragmentHeaderLen {
		return analyzer.No
	}
	c := cursor{b: head[datagramHeaderLen:]}
	kind, length, _, offset, part := c.u8(), c.uint(3), c.u16(), c.uint(3), c.uint(3)
	if kind < messageClientHello || kind > helloVerifyRequest || offset != 0 || part > length || part+fragmentHeaderLen > h.length || length < 3 {
		return analyzer.No
	}
	return analyzer.Yes
}

// Feed reads the records of one datagram. What is no record may be another protocol on the same ports, such as STUN (RFC 7983).
func (r *datagramReader) Feed(c stream.Chunk) (int, error) {
	d := c.Dir & 1
	r.now = events.Time(c.Time)
	r.sides[d].seen = true
	for b := c.Data; ; {
		h, ok := parseDatagramHeader(b)
		if !ok || len(b) < datagramHeaderLen+h.length {
			return len(c.Data), nil
		}
		if r.records++; r.records > maxRecords {
			return len(c.Data), analyzer.ErrDone
		}
		if err := r.datagramRecord(d, h, b[datagramHeaderLen:datagramHeaderLen+h.length]); err != nil {
			return len(c.Data), err
		}
		b = b[datagramHeaderLen+h.length:]
	}
}

// datagramRecord reads one record; what has left epoch 0 is encrypted.
func (r *datagramReader) datagramRecord(d flow.Dir, h datagramHeader, body []byte) error {
	s := &r.sides[d]
	switch {
	case h.epoch > 0 && r.hello:
		s.encrypted = true
		return r.sealed(d)
	case h.epoch > 0 || s.encrypted:
		return nil
	case h.kind == typeHandshake:
		return r.fragment(d, body)
	}
	return r.plain(d, header{kind: h.kind, length: h.length}, body)
}

// fragment reads the fragments in a record. They are joined where they come in order; one that was seen before is passed over.
func (r *datagramReader) fragment(d flow.Dir, body []byte) error {
	s := &r.sides[d]
	for c := (cursor{b: body}); c.more(); {
		kind, length, seq, offset := byte(c.u8()), c.uint(3), int(c.u16()), c.uint(3)
		part := c.vector(3)
		if c.bad || length > maxMessage || offset+len(part) > length {
			return r.broken("SSL_bad_handshake_message")
		}
		if seq > s.nextSeq { // what came before is lost, or has come
			s.message, s.nextSeq = nil, seq
		}
		if seq < s.nextSeq || offset != len(s.message) {
			continue
		}
		if len(part) < length {
			s.message = append(s.message, part...)
			part = s.message
		}
		if len(part) < length {
			continue
		}
		s.message, s.nextSeq = nil, seq+1
		if !r.message(d, kind, part) {
			return r.broken("SSL_bad_handshake_message")
		}
	}
	return nil
}
