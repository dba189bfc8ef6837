// Package rfb reads the beginning of a remote desktop that speaks RFB (RFC 6143), which is VNC's protocol: versions, how the client is let in, and what
// the desktop is called. What comes in is ordered bytes of both directions; what goes out is one events.RFB. It keeps no challenge and no
// response, and reads nothing of what the desktop shows. A conversation that begins in the middle has no mark to know it by.
package rfb

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "rfb",
	Over:  analyzer.TCP,
	Ports: []uint16{5900, 5901, 5902, 5903, 5500},
	Probe: probe,
	New:   open,
}

const (
	bannerLen    = 12 // "RFB 003.008\n"
	challengeLen = 16
	serverInit   = 24 // without the name
	maxName      = 128
)

// Security types (RFC 6143 section 7.1.2, and IANA's registry).
const (
	securityInvalid = 0
	securityNone    = 1
	securityVNC     = 2
	securityApple   = 30
)

// step is what comes next of a side.
type step uint8

const (
	banner     step = iota
	security        // the server's offer, or the client's choice
	chosen          // the way in is known as soon as the client has spoken
	challenge       // the server's, or the client's response to it
	result          // of the server
	initialise      // the last of each side
	over
)

// reader is one conversation's analyzer.
type reader struct {
	conv   *analyzer.Conversation
	rec    events.RFB
	server flow.Dir // who spoke first
	steps  [2]step
	begun  bool
	method int // that was chosen; -1 while it is not known
	minor  int // of the version that both speak
	closed bool
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c, method: -1} }

// probe knows the banner.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	const form = "RFB ddd.ddd\n"
	for i := range min(len(head), len(form)) {
		if digit := head[i] >= '0' && head[i] <= '9'; form[i] != 'd' && head[i] != form[i] || form[i] == 'd' && !digit {
			return analyzer.No
		}
	}
	if len(head) < len(form) {
		return analyzer.Maybe
	}
	return analyzer.Yes
}

// Feed reads what is whole of a side's next step.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	d := c.Dir & 1
	if !r.begun {
		r.begun, r.server = true, d
		r.rec.TS = events.Time(c.Time)
	}
	for r.steps[d] != over && n < len(c.Data) {
		used, err := r.next(d, c.Data[n:])
		if used == 0 || err != nil {
			return n, err
		}
		n += used
	}
	if r.steps[r.server] == over {
		return len(c.Data), analyzer.ErrDone
	}
	return len(c.Data), nil
}

// next reads one step of a side and says how many bytes it took: none where more are needed.
func (r *reader) next(d flow.Dir, b []byte) (int, error) {
	switch {
	case r.steps[d] == banner:
		return r.banner(d, b)
	case d == r.server:
		return r.fromServer(b)
	}
	return r.fromClient(b)
}

func (r *reader) banner(d flow.Dir, b []byte) (int, error) {
	if len(b) < bannerLen {
		return 0, nil
	}
	if probe(d, b, false) != analyzer.Yes {
		return 0, analyzer.ErrNotMine
	}
	major, minor := string(b[4:7]), string(b[8:11])
	number := int(b[10] - '0') // the registered versions are 3.3, 3.7 and 3.8; Apple's 3.889 speaks as 3.8
	if b[8] != '0' || b[9] != '0' {
		number = 8
	}
	if d == r.server {
		r.rec.ServerMajor, r.rec.ServerMinor, r.minor = major, minor, number
		r.rec.Reverse = d == flow.Orig
		r.conv.Confirm("")
	} else {
		r.rec.ClientMajor, r.rec.ClientMinor, r.minor = major, minor, min(r.minor, number)
	}
	r.steps[d] = security
	return bannerLen, nil
}

func (r *reader) fromServer(b []byte) (int, error) {
	d := r.server
	if r.steps[d] == chosen && !r.agreed() {
		return 0, analyzer.ErrDone // the client is not seen, and so nothing more can be understood
	}
	switch r.steps[d] {
	case security:
		return r.offer(b)
	case challenge:
		return r.pass(d, b, challengeLen, result)
	case result:
		if len(b) < 4 {
			return 0, nil
		}
		in := binary.BigEndian.Uint32(b) == 0
		r.rec.Auth = &in
		if r.steps[d] = initialise; !in {
			r.steps[d] = over
		}
		return 4, nil
	}
	return r.desktop(b)
}

// pass takes n bytes that nobody reads.
func (r *reader) pass(d flow.Dir, b []byte, n int, next step) (int, error) {
	if len(b) < n {
		return 0, nil
	}
	r.steps[d] = next
	return n, nil
}

// offer reads which ways in the server has. Version 3.3 dictates one, in four bytes.
func (r *reader) offer(b []byte) (int, error) {
	if r.minor < 7 {
		if len(b) < 4 {
			return 0, nil
		}
		r.method, r.steps[r.server] = int(binary.BigEndian.Uint32(b)), chosen
		return 4, nil
	}
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return 0, nil
	}
	if n := int(b[0]); n < 2 {
		r.method = securityInvalid
		if n == 1 {
			r.method = int(b[1])
		}
	}
	r.steps[r.server] = chosen
	return 1 + int(b[0]), nil
}

// agreed takes the way in that was chosen, once it is known, and says what the server sends next.
func (r *reader) agreed() bool {
	if r.method < 0 {
		return false
	}
	r.rec.AuthMethod = methodName(r.method)
	s := &r.steps[r.server]
	switch {
	case r.method == securityVNC:
		*s = challenge
	case r.method == securityNone && r.minor < 8:
		*s = initialise
	case r.method == securityNone:
		*s = result
	default:
		*s = over
	}
	return true
}

func (r *reader) fromClient(b []byte) (int, error) {
	d := r.server.Other()
	s := &r.steps[d]
	switch {
	case *s == security && r.minor >= 7:
		if len(b) == 0 {
			return 0, nil
		}
		r.method = int(b[0])
		*s = chosen
		return 1, nil
	case *s == security || *s == chosen:
		if *s = initialise; r.method == securityVNC {
			*s = challenge
		}
		return r.fromClient(b)
	case *s == challenge:
		return r.pass(d, b, challengeLen, initialise)
	}
	share := b[0] != 0
	r.rec.Share = &share
	*s = over
	return 1, nil
}

// desktop reads what the server shows: its size and its name.
func (r *reader) desktop(b []byte) (int, error) {
	if len(b) < serverInit {
		return 0, nil
	}
	n := int(binary.BigEndian.Uint32(b[20:]))
	if n < 0 || n > analyzer.MaxHeld/2 {
		return 0, analyzer.ErrDone
	}
	if len(b) < serverInit+n {
		return 0, nil
	}
	r.rec.Width, r.rec.Height = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	r.rec.DesktopName = analyzer.Text(bytes.TrimRight(b[serverInit:serverInit+min(n, maxName)], "\x00"))
	if r.rec.Auth == nil { // up to 3.7 nobody says so, but who sees the desktop is in
		in := true
		r.rec.Auth = &in
	}
	r.steps[r.server] = over
	return serverInit + n, nil
}

// methodName names a security type as Zeek does.
func methodName(m int) string {
	switch m {
	case securityInvalid:
		return "Invalid"
	case securityNone:
		return "None"
	case securityVNC:
		return "VNC"
	case securityApple:
		return "Apple Remote Desktop"
	}
	return "unknown-" + strconv.Itoa(m)
}

// Gap ends the reading: where the next step begins is not known.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells what is known.
func (r *reader) Close() {
	if r.closed || r.rec.ServerMajor == "" {
		return
	}
	r.closed = true
	r.conv.Emit(&r.rec)
}
