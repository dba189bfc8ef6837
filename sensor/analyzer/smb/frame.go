package smb

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// The kinds of frames: RFC 1002 section 4.3; over TCP 445 only the first is used ([MS-SMB2] 2.1).
const (
	frameMessage  = 0x00
	frameRequest  = 0x81
	framePositive = 0x82
	frameNegative = 0x83
	frameRetarget = 0x84
	frameKeep     = 0x85
)

const (
	frameHead  = 4
	maxNetBIOS = 256 // bytes of the two names of a session request
	minHeader1 = 32
	minHeader2 = 64
	minSealed  = 52
	minPacked  = 16
)

// The signatures of messages.
const (
	plain1 = "\xffSMB"
	plain2 = "\xfeSMB"
	sealed = "\xfdSMB" // [MS-SMB2] 2.2.41
	packed = "\xfcSMB" // [MS-SMB2] 2.2.42
)

// frame takes the head of a frame.
func (r *reader) frame(s *side, b []byte) (int, error) {
	if len(b) < frameHead {
		return 0, nil
	}
	n := uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	switch {
	case b[0] == frameMessage:
		s.left, s.inner = n, false
		return frameHead, nil
	case b[0] >= frameRequest && b[0] <= frameKeep && n <= maxNetBIOS:
		s.tail = n
		return frameHead, nil
	}
	return r.stray(s, b)
}

// stray is what happens where no message begins although one should.
func (r *reader) stray(s *side, b []byte) (int, error) {
	if r.certain {
		r.conv.Weird("smb_malformed", "")
	}
	s.lost, s.left, s.tail = true, 0, 0
	return r.search(s, b)
}

// search looks for a frame with a message in it. Bytes that may be the beginning of one are left.
func (r *reader) search(s *side, b []byte) (int, error) {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("SMB"))
		if i < 0 {
			break
		}
		at := from + i - 1 - frameHead
		from += i + 1
		if at < 0 {
			continue
		}
		switch startsMessage(b[at:]) {
		case analyzer.Yes:
			s.lost = false
			if at == 0 {
				return r.frame(s, b)
			}
			return at, nil
		case analyzer.Maybe:
			return at, nil
		}
	}
	n := max(0, len(b)-minStart+1)
	if s.past += uint64(n); s.past > maxSearch && !r.certain {
		return n, analyzer.ErrNotMine
	}
	return n, nil
}

// minStart is how many bytes of a frame tell that a message begins there.
const minStart = frameHead + 8

// startsMessage says whether a frame with a message stands at the beginning of b.
func startsMessage(b []byte) analyzer.Verdict {
	const known = frameHead + 4
	switch {
	case len(b) > 0 && b[0] != frameMessage:
		return analyzer.No
	case len(b) < known:
		return analyzer.Maybe
	}
	n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	least := 0
	switch string(b[frameHead:known]) {
	case plain1:
		least = minHeader1 + 3
	case plain2:
		least = minHeader2
	case sealed:
		least = minSealed
	case packed:
		least = minPacked
	}
	switch {
	case least == 0 || n < least:
		return analyzer.No
	case len(b) < minStart:
		return analyzer.Maybe
	case b[frameHead] == plain2[0] && (b[known] != minHeader2 || b[known+1] != 0):
		return analyzer.No
	}
	return analyzer.Yes
}

// command takes the beginning of a message, or of one of several in a frame, as far as it is looked at.
func (r *reader) command(s *side, d flow.Dir, b []byte) (int, error) {
	if s.left < 4 {
		s.tail, s.left = s.left, 0
		return r.rest(s, d, b), nil
	}
	if len(b) < 4 {
		return 0, nil
	}
	signature := string(b[:4])
	switch {
	case signature == plain2:
		return r.second(s, d, b)
	case s.inner:
		s.tail, s.left = s.left, 0 // whatever it is, it is no further command
		return r.rest(s, d, b), nil
	case signature == plain1:
		return r.first(s, d, b)
	case signature == sealed:
		return r.sealed(s, b)
	case signature == packed:
		return r.packed(s, d, b)
	}
	return r.stray(s, b)
}

// probe wants a frame with a message. On a known port it is also content with a stream of which the middle is shown, and which has not the
// look of another protocol.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if v := startsMessage(head); v != analyzer.No {
		return v
	}
	if !hinted || readable(head) {
		return analyzer.No
	}
	if v := startsSession(head); v != analyzer.No {
		return v
	}
	if bytes.Contains(head, []byte(plain2+"\x40\x00")) || bytes.Contains(head, []byte(plain1)) || len(head) >= analyzer.MaxProbe {
		return analyzer.Yes
	}
	return analyzer.Maybe
}

// readable says that b begins as text or as TLS, which may well be spoken on a port of ours.
func readable(b []byte) bool {
	if len(b) >= 2 && b[0] == 0x16 && b[1] == 3 {
		return true
	}
	for _, c := range b[:min(len(b), 8)] {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return len(b) > 0
}

// startsSession recognises a NetBIOS session request: two encoded names of 34 bytes each (RFC 1002 section 4.3.2).
func startsSession(b []byte) analyzer.Verdict {
	const pattern = "\x81\x00\x00\x44\x20"
	n := min(len(b), len(pattern))
	switch {
	case string(b[:n]) != pattern[:n]:
		return analyzer.No
	case n < len(pattern):
		return analyzer.Maybe
	}
	return analyzer.Yes
}
