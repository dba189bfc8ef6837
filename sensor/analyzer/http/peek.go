package http

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// peek gathers the first bytes of a body. Its buffer serves every message of its direction.
type peek struct {
	buf   []byte
	limit int
	done  bool
}

// reset readies the peek for a body of which limit bytes are wanted.
func (p *peek) reset(limit int) { p.buf, p.limit, p.done = p.buf[:0], limit, false }

// add takes body bytes and says whether there are enough now.
func (p *peek) add(b []byte) bool {
	if p.done {
		return false
	}
	p.buf = append(p.buf, b[:min(len(b), p.limit-len(p.buf))]...)
	return len(p.buf) >= p.limit
}

// look makes of a body's first bytes what can be made: its type, and in requests look-ups and file names.
func (r *reader) look(d flow.Dir, s *side) {
	if s.peek.done || s.x == nil {
		return
	}
	s.peek.done = true
	b := s.peek.buf
	if len(b) == 0 {
		return
	}
	x := s.x
	if d == flow.Orig {
		x.findLookup([]byte("body"), b, true)
		x.suspectBody(b, &s.head)
		if s.head.multipart {
			x.partNames(b)
		}
		if x.awsKeys(b) {
			x.mark("aws_secret")
		}
		if bytes.Contains(b, []byte("root:x:0:0:")) || bytes.Contains(b, []byte("PRIVATE KEY-----")) {
			x.mark("secrets_upload")
		}
	} else {
		if x.awsKeys(b) {
			x.answerMark("aws_secret")
		}
		if x.readOn {
			x.showsOf(b)
		}
	}
	if s.head.encoded {
		return // the type of the coding would be taken for that of the thing
	}
	x.mime[d][0] = sniff(b[:min(len(b), peekAnswer)])
	switch {
	case x.mime[d][0] == "":
	case d == flow.Orig:
		x.rec.OrigMimeTypes = x.mime[d][:1:1]
	default:
		x.rec.RespMimeTypes = x.mime[d][:1:1]
	}
}

// partNames takes the file names from the part headers of a multipart body (RFC 7578 section 4.2).
func (x *exchange) partNames(b []byte) {
	for len(b) > 0 && len(x.rec.OrigFilenames) < maxList {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		if hasPrefixFold(line, "content-disposition:") {
			x.rec.OrigFilenames = addFilename(x.rec.OrigFilenames, line)
		}
	}
}

// isSuspect says whether the request held anything for which its answer is read further.
func (x *exchange) isSuspect() bool { return len(x.rec.Suspicious) > 0 }
