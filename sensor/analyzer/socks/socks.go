// Package socks reads what a client asks of a SOCKS proxy, versions 4, 4a and 5 (RFC 1928, RFC 1929). What comes in is ordered bytes of both
// directions; what goes out is one events.SOCKS, and once the proxy has agreed the conversation is handed over to whoever knows what it carries. It
// never keeps a password. A conversation that begins behind the answer is not SOCKS any more, and is not known as such.
package socks

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "socks",
	Over:  analyzer.TCP,
	Ports: []uint16{1080},
	Probe: probe,
	New:   open,
}

// maxText is how long a name or a user of version 4 may be; version 5 has a byte for it.
const maxText = 255

// step is what comes next.
type step uint8

const (
	greeting  step = iota // version 5: the ways in that the client has
	choice                // the server's
	password              // of the client; its answer follows
	admission             // the server's answer to it
	request
	answer
	over
)

// reader is one conversation's analyzer. The two sides take turns, so that one step holds for both.
type reader struct {
	conv   *analyzer.Conversation
	rec    events.SOCKS
	step   step
	asked  bool // a request was read
	closed bool
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// probe knows a whole greeting of version 5 with nothing behind it, or a whole request of version 4.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if d == flow.Resp || len(head) == 0 {
		if d == flow.Resp {
			return analyzer.No
		}
		return analyzer.Maybe
	}
	switch head[0] {
	case 5:
		return probe5(head, hinted)
	case 4:
		_, n, ok := request4(head)
		switch {
		case !ok:
			return analyzer.No
		case n == 0:
			return analyzer.Maybe
		case n == len(head) || hinted:
			return analyzer.Yes
		}
	}
	return analyzer.No
}

func probe5(head []byte, hinted bool) analyzer.Verdict {
	const most = 10
	if len(head) < 2 {
		return analyzer.Maybe
	}
	n := int(head[1])
	if n == 0 || n > most {
		return analyzer.No
	}
	for _, m := range head[2:min(len(head), 2+n)] {
		if m > 9 && m < 0x80 {
			return analyzer.No
		}
	}
	switch {
	case len(head) < 2+n:
		return analyzer.Maybe
	case len(head) == 2+n || hinted:
		return analyzer.Yes
	}
	return analyzer.No
}

// Feed reads what is whole of the step whose side speaks; the other side waits.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	if r.rec.TS == 0 {
		r.rec.TS = events.Time(c.Time)
	}
	if r.rec.Version == 0 && len(c.Data) > 0 {
		if r.rec.Version = c.Data[0]; r.rec.Version == 4 {
			r.step = request
		}
	}
	for n < len(c.Data) {
		if r.step == over {
			return n, analyzer.ErrHandOver
		}
		if ours := r.step == choice || r.step == admission || r.step == answer; ours != (c.Dir == flow.Resp) {
			return n, nil // what comes too early waits
		}
		used, ok := r.next(c.Data[n:])
		if !ok {
			return n, r.broken()
		}
		if used == 0 {
			return n, nil
		}
		n += used
	}
	if r.step == over {
		return n, analyzer.ErrHandOver
	}
	return n, nil
}

func (r *reader) broken() error {
	if r.asked {
		return analyzer.ErrDone
	}
	return analyzer.ErrNotMine
}

// next reads one step and says how many bytes it took, none where more are needed, and whether it is well formed.
func (r *reader) next(b []byte) (n int, ok bool) {
	switch r.step {
	case greeting:
		return r.greeting(b)
	case choice:
		return r.choice(b)
	case password:
		return r.password(b)
	case admission:
		if len(b) < 2 {
			return 0, true
		}
		r.step = request
		return 2, b[1] == 0
	case request:
		return r.request(b)
	}
	return r.answer(b)
}

func (r *reader) greeting(b []byte) (int, bool) {
	if len(b) < 2 || len(b) < 2+int(b[1]) {
		return 0, true
	}
	r.step = choice
	return 2 + int(b[1]), b[0] == 5
}

// choice is none, or a password; what else there is wraps what follows.
func (r *reader) choice(b []byte) (int, bool) {
	const none, user = 0, 2
	if len(b) < 2 {
		return 0, true
	}
	switch b[1] {
	case none:
		r.step = request
	case user:
		r.step = password
	default:
		return 0, false
	}
	return 2, b[0] == 5
}

func (r *reader) password(b []byte) (int, bool) {
	if len(b) < 2 || len(b) < 3+int(b[1]) {
		return 0, true
	}
	user := b[2 : 2+int(b[1])]
	n := 3 + len(user) + int(b[2+len(user)])
	if len(b) < n {
		return 0, true
	}
	r.rec.User, r.step = analyzer.Text(user), admission
	return n, b[0] == 1
}

func (r *reader) request(b []byte) (int, bool) {
	if r.rec.Version == 4 {
		q, n, ok := request4(b)
		if ok && n > 0 {
			r.ask(q.command, q.to)
			r.rec.User = analyzer.Text(q.user)
		}
		return n, ok
	}
	to, n, ok := target(b)
	if ok && n > 0 {
		r.ask(b[1], to)
	}
	return n, ok
}

// ask notes whom the client wants.
func (r *reader) ask(command byte, to place) {
	r.asked, r.step = true, answer
	r.rec.RequestHost, r.rec.RequestName, r.rec.RequestP = to.addr, analyzer.Text(to.name), to.port
	switch command {
	case 1:
		r.rec.Command = "connect"
	case 2:
		r.rec.Command = "bind"
	case 3:
		r.rec.Command = "udp"
	}
	r.conv.Confirm("")
}

func (r *reader) answer(b []byte) (n int, ok bool) {
	var from place
	code := byte(0)
	if r.rec.Version == 4 {
		const granted, length = 0x5a, 8
		if len(b) < length {
			return 0, true
		}
		from, n, ok, code = place{addr: netip.AddrFrom4([4]byte(b[4:8])), port: binary.BigEndian.Uint16(b[2:])}, length, b[0] == 0, b[1]-granted
	} else {
		if from, n, ok = target(b); !ok || n == 0 {
			return n, ok
		}
		code = b[1]
	}
	r.rec.BoundHost, r.rec.BoundName, r.rec.BoundP = from.addr, analyzer.Text(from.name), from.port
	r.rec.Status, r.step = status(code), over
	return n, ok
}

// status names an answer of version 5 (RFC 1928 section 6).
func status(code byte) string {
	names := [...]string{
		"succeeded", "general SOCKS server failure", "connection not allowed by ruleset", "Network unreachable", "Host unreachable",
		"Connection refused", "TTL expired", "Command not supported", "Address type not supported",
	}
	if int(code) < len(names) {
		return names[code]
	}
	return "unknown-" + strconv.Itoa(int(code))
}

// Gap ends the reading: whose turn it is is not known any more.
func (r *reader) Gap(flow.Dir, int) error { return r.broken() }

// Close tells what was asked.
func (r *reader) Close() {
	if r.closed || !r.asked {
		return
	}
	r.closed = true
	r.conv.Emit(&r.rec)
}
