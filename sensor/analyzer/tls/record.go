package tls

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Content types (RFC 8446 section 5.1; heartbeat RFC 6520).
const (
	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	typeApplicationData  = 23
	typeHeartbeat        = 24
)

// headerLen is the length of a record's header.
const headerLen = 5

// header is a record's header.
type header struct {
	kind    byte
	version uint16
	length  int
}

// parseHeader reads a record's header and says whether there can be such a record. b holds at least headerLen bytes.
func parseHeader(b []byte) (h header, ok bool) {
	h = header{kind: b[0], version: uint16(b[1])<<8 | uint16(b[2]), length: int(b[3])<<8 | int(b[4])}
	ok = h.kind >= typeChangeCipherSpec && h.kind <= typeHeartbeat &&
		h.version >= versionSSL3 && h.version <= versionTLS12 && h.length <= maxRecord
	return h, ok
}

// record reads the record at the head of b and says how many bytes it took: none where more are needed.
func (r *reader) record(d flow.Dir, b []byte) (int, error) {
	s := &r.sides[d]
	if len(b) < headerLen {
		return 0, nil
	}
	if r.v2 || b[0]&0x80 != 0 && !s.tls {
		return r.recordV2(d, b)
	}
	h, ok := parseHeader(b)
	if !ok {
		return 0, r.broken("SSL_bad_record")
	}
	if h.kind == typeApplicationData && !before13(r.version) {
		s.encrypted = true // TLS 1.3 need not say so with a ChangeCipherSpec (RFC 8446 appendix D.4)
	}
	skippable := s.encrypted || h.kind == typeApplicationData || h.kind == typeHeartbeat
	if !skippable && len(b) < headerLen+h.length || len(b) < headerLen+r.heartbeatSize(s, h) {
		return 0, nil
	}
	s.tls = true
	if r.records++; r.records > maxRecords {
		return 0, analyzer.ErrDone
	}
	if skippable {
		s.skip = h.length
		return headerLen, r.pass(d, h, b[headerLen:headerLen+r.heartbeatSize(s, h)])
	}
	return headerLen + h.length, r.plain(d, h, b[headerLen:headerLen+h.length])
}

// pass takes note of a record whose content is not read, but for the start of a heartbeat.
func (r *reader) pass(d flow.Dir, h header, start []byte) error {
	if h.kind == typeHeartbeat && (r.version == 0 || before13(r.version)) {
		r.heartbeat(d, h.length, start)
	}
	switch {
	case !r.hello:
		return r.passBare()
	case r.sides[d].encrypted:
		return r.sealed(d)
	case h.kind == typeHeartbeat:
		r.note(d, 'b')
	}
	return nil
}

// passBare counts records that no hello came before.
func (r *reader) passBare() error {
	if r.bare++; r.bare < minBareRecords {
		return nil
	}
	r.conv.Confirm("")
	return analyzer.ErrDone
}

// sealed notes an encrypted record. When both sides encrypt, the handshake succeeded: that is all there is to see, unless heartbeats may come.
func (r *reader) sealed(d flow.Dir) error {
	s, o := &r.sides[d], &r.sides[d.Other()]
	if s.encrypted && o.encrypted {
		r.rec.Established = true
		if r.beats.agreed && before13(r.version) {
			return nil
		}
		return analyzer.ErrDone
	}
	s.sealed++
	if o.lost || !o.seen && s.sealed >= maxOneSided {
		return analyzer.ErrDone
	}
	return nil
}

// plain reads a record that is not encrypted.
func (r *reader) plain(d flow.Dir, h header, body []byte) error {
	switch h.kind {
	case typeHandshake:
		return r.handshake(d, body)
	case typeChangeCipherSpec:
		r.changeCipherSpec(d)
	case typeAlert:
		r.alert(d, body)
	}
	return nil
}

func (r *reader) changeCipherSpec(d flow.Dir) {
	r.begin()
	r.note(d, 'i')
	r.sides[d].encrypted = true
	// A client that goes on to encrypt with a ticket and without a key exchange resumes the session of the ticket (RFC 5077).
	if d == r.client && r.sentTicket && !r.sentKey {
		r.rec.Resumed = true
	}
}

func (r *reader) alert(d flow.Dir, body []byte) {
	if len(body) != 2 { // longer ones are encrypted, after a ChangeCipherSpec that was not seen
		return
	}
	r.begin()
	r.note(d, 'l')
	r.rec.LastAlert = alertName(int(body[1]))
}
