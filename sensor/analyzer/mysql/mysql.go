// Package mysql reads the client/server protocol of MySQL and MariaDB (MySQL internals, "Client/Server Protocol"). What comes in is ordered stream
// bytes; what goes out is one events.MySQL for each command and one events.Login for each log-in, and the turn to TLS. It never keeps a
// scrambled password or a row, and holds no more than the beginning of a packet.
package mysql

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "mysql",
	Over:  analyzer.TCP,
	Ports: []uint16{3306, 33060},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c, phase: commands} },
}

const (
	headerLen = 4       // three bytes of length, one of sequence
	maxKept   = 1024    // of a packet's beginning that is read
	maxText   = 512     // of a query that a record keeps
	maxUser   = 128     //
	maxPacket = 1 << 24 // a packet's length has three bytes
)

// phase is where the conversation stands.
type phase uint8

const (
	commands   phase = iota // also of one that was begun before the capture
	greeted                 // the server spoke, the client's answer is next
	proving                 // the client answered; OK or ERR ends it
	unreadable              // compressed from here on
)

// Capabilities of a client that matter here.
const (
	capSSL      = 0x0800
	capProto41  = 0x0200
	capCompress = 0x0020
)

type reader struct {
	conv      *analyzer.Conversation
	phase     phase
	confirmed bool
	compress  bool
	skip      [2]int
	version   string
	user      string
	mechanism string
	began     events.Time
	waits     *events.MySQL // the command under way
	answered  bool
}

// Feed reads packets.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) && r.phase != unreadable {
		rest := c.Data[n:]
		if some := min(r.skip[c.Dir], len(rest)); some > 0 {
			r.skip[c.Dir] -= some
			n += some
			continue
		}
		if len(rest) < headerLen {
			return n, nil
		}
		size := int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16
		keep := min(size, maxKept)
		if len(rest) < headerLen+keep {
			return n, nil
		}
		n += headerLen + keep
		r.skip[c.Dir] = size - keep
		if err := r.packet(c, rest[3], rest[headerLen:headerLen+keep], size); err != nil {
			return n, err
		}
	}
	if r.phase == unreadable {
		return len(c.Data), analyzer.ErrDone
	}
	return n, nil
}

func (r *reader) packet(c stream.Chunk, seq byte, b []byte, size int) error {
	if c.Dir == flow.Resp {
		r.server(seq, b, size)
		return nil
	}
	switch r.phase {
	case greeted:
		return r.handshake(b, size, events.Time(c.Time))
	case proving: // an answer to a challenge
		return nil
	}
	return r.command(seq, b, events.Time(c.Time))
}

// Gap loses the place.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of what is under way.
func (r *reader) Close() {
	if r.phase == proving {
		r.login(nil, 0, "")
	}
	r.flush()
}

func (r *reader) flush() {
	if r.waits != nil {
		r.conv.Emit(r.waits)
		r.waits = nil
	}
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

// server reads a packet of the server.
func (r *reader) server(seq byte, b []byte, size int) {
	if version, ok := greeting(b); ok && seq == 0 && !r.confirmed {
		r.version, r.phase = version, greeted
		r.confirm()
		return
	}
	switch {
	case len(b) == 0:
	case r.phase == proving:
		r.proved(b)
	case r.waits != nil:
		r.result(b, size)
	case r.phase == greeted && b[0] == 0xff: // refused before any log-in
		r.refused(b)
	}
}

// proved ends a log-in, or goes on with another method (0xfe, 0x01: more is asked).
func (r *reader) proved(b []byte) {
	switch b[0] {
	case 0x00:
		yes := true
		r.login(&yes, 0, "")
	case 0xff:
		no := false
		code, text := failure(b)
		r.login(&no, code, text)
	case 0xfe:
		if name, _, ok := bytes.Cut(b[1:], []byte{0}); ok {
			r.mechanism = kept(name, 32)
		}
		return
	default:
		return
	}
	if r.phase = commands; r.compress {
		r.phase = unreadable
	}
}

func (r *reader) login(success *bool, code uint16, why string) {
	l := &events.Login{Service: "mysql", User: r.user, Mechanism: r.mechanism, Success: success, Clear: r.mechanism == "mysql_clear_password", Reply: why[:min(len(why), maxUser)]}
	l.TS = r.began
	m := &events.MySQL{Cmd: "login", Arg: r.user, Success: success, Response: why, ServerVersion: r.version, ErrorCode: code}
	m.TS = r.began
	if success != nil && *success {
		m.Rows = new(uint64)
	}
	r.conv.Emit(m)
	r.conv.Emit(l)
	r.phase = commands
}

func (r *reader) refused(b []byte) {
	no := false
	code, text := failure(b)
	r.phase = commands
	r.conv.Emit(&events.MySQL{Cmd: "connect", Success: &no, Response: text, ErrorCode: code, ServerVersion: r.version})
}

// result takes the server's words to a command: the first packet tells, all are counted.
func (r *reader) result(b []byte, size int) {
	m := r.waits
	m.ResultBytes += uint64(size)
	if r.answered {
		return
	}
	r.answered = true
	yes := b[0] != 0xff
	m.Success = &yes
	if !yes {
		m.ErrorCode, m.Response = failure(b)
		return
	}
	rows := uint64(0)
	if b[0] == 0x00 && len(b) > 1 {
		rows, _ = lengthEncoded(b[1:])
	}
	m.Rows = &rows
}

// lengthEncoded reads an integer of the protocol.
func lengthEncoded(b []byte) (n uint64, ok bool) {
	switch {
	case len(b) > 0 && b[0] < 0xfb:
		return uint64(b[0]), true
	case len(b) > 2 && b[0] == 0xfc:
		return uint64(binary.LittleEndian.Uint16(b[1:])), true
	case len(b) > 3 && b[0] == 0xfd:
		return uint64(b[1]) | uint64(b[2])<<8 | uint64(b[3])<<16, true
	case len(b) > 8 && b[0] == 0xfe:
		return binary.LittleEndian.Uint64(b[1:]), true
	}
	return 0, false
}

// failure reads an ERR packet: code, and the text behind the SQL state.
func failure(b []byte) (code uint16, text string) {
	if len(b) < 3 {
		return 0, ""
	}
	code, b = binary.LittleEndian.Uint16(b[1:]), b[3:]
	if len(b) >= 6 && b[0] == '#' {
		b = b[6:]
	}
	return code, kept(b, maxText)
}

func kept(b []byte, most int) string { return analyzer.Text(b[:min(len(b), most)]) }
