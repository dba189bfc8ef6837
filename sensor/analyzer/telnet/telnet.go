// Package telnet reads Telnet (RFC 854) as far as it is needed to know who logs in. What comes in is ordered stream bytes; what goes out is one
// events.Login for each attempt, and oddities of its options. It never keeps a password or what a session says, and holds no more than a line.
package telnet

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "telnet",
	Over:  analyzer.TCP,
	Ports: []uint16{23, 2323},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

// Commands of RFC 854 and options that are looked into.
const (
	iac, dont, do, wont, will = 255, 254, 253, 252, 251
	sb, se                    = 250, 240
	optEncrypt, optEnviron    = 38, 39
)

const (
	maxLine   = 256  // of what a client types that is waited for
	maxSub    = 1024 // of a subnegotiation that is read
	maxUser   = 128
	maxTail   = 256  // of what a server said last
	maxKeyID  = 64   // RFC 2946 section 3: key ids; MIT's telnetd held that many bytes (CVE-2011-4862)
	patience  = 4096 // bytes of a server after a password: more is a session that goes on
	maxLogins = 1000
)

// state is what the server waits for.
type state uint8

const (
	quiet state = iota
	name
	password
	verdict
)

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	state     state
	typed     []byte // by the client, in this line
	tail      []byte // of the server's text, in small letters
	user      string
	environ   bool // the name came as an environment variable
	began     events.Time
	said      int // bytes of the server since the password
	logins    int
}

// probe wants a command of negotiation, or on Telnet's own port a prompt.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	for i, c := range head[:min(len(head), 3)] {
		switch {
		case i == 0 && c != iac, i == 1 && (c < will || c == iac) && c != sb, i == 2 && c > 49 && c != iac:
			if hinted && i == 0 {
				return probePrompt(head)
			}
			return analyzer.No
		}
	}
	if len(head) < 3 {
		return analyzer.Maybe
	}
	return analyzer.Yes
}

func probePrompt(head []byte) analyzer.Verdict {
	lower := bytes.ToLower(head)
	switch {
	case bytes.Contains(lower, []byte("login:")) || bytes.Contains(lower, []byte("username:")) || bytes.Contains(lower, []byte("password:")):
		return analyzer.Yes
	case analyzer.IsPlain(bytes.Map(printable, head)):
		return analyzer.Maybe
	}
	return analyzer.No
}

// printable takes out what stands between lines and paints them.
func printable(r rune) rune {
	if r == '\r' || r == '\n' || r == '\t' || r == 0x1b || r == 0 {
		return -1
	}
	return r
}

// Feed takes commands out, and gives what is left to who reads the direction.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if rest[0] != iac {
			end := bytes.IndexByte(rest, iac)
			if end < 0 {
				end = len(rest)
			}
			r.text(c, rest[:end])
			n += end
			continue
		}
		used := r.command(c, rest)
		if used == 0 {
			return n, nil
		}
		n += used
	}
	if r.logins > maxLogins {
		return n, analyzer.ErrDone
	}
	return n, nil
}

// command reads one, and gives how long it is; 0 where more bytes are needed.
func (r *reader) command(c stream.Chunk, b []byte) (used int) {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case will, wont, do, dont:
		if len(b) < 3 {
			return 0
		}
		r.confirm()
		return 3
	case sb:
		end := bytes.Index(b[2:], []byte{iac, se})
		switch {
		case end >= 0:
			r.confirm()
			r.option(c, b[2:2+end])
			return 2 + end + 2
		case len(b) >= maxSub:
			r.option(c, b[2:])
			return len(b)
		}
		return 0
	}
	return 2
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

// option reads a subnegotiation.
func (r *reader) option(c stream.Chunk, b []byte) {
	if len(b) < 2 {
		return
	}
	const is, encKeyID, decKeyID = 0, 7, 8
	switch {
	case b[0] == optEncrypt && (b[1] == encKeyID || b[1] == decKeyID) && len(b)-2 > maxKeyID:
		r.conv.Weird("telnet_encryption_key_too_long", "")
	case b[0] == optEnviron && b[1] == is && c.Dir == flow.Orig:
		if user := environUser(b[2:]); user != "" {
			r.user, r.environ, r.began = user, true, events.Time(c.Time)
		}
	}
}

// environUser reads the variable USER (RFC 1572 section 2): kind, name, VALUE, value.
func environUser(b []byte) string {
	const value = 1
	at := bytes.Index(b, []byte("USER\x01"))
	if at < 1 || b[at-1] > 3 {
		return ""
	}
	v := b[at+len("USER")+1:]
	for i, c := range v {
		if c <= 3 && c != 2 && c != value {
			v = v[:i]
			break
		}
	}
	return analyzer.Text(v[:min(len(v), maxUser)])
}

// Gap forgets the line.
func (r *reader) Gap(d flow.Dir, _ int) error {
	if d == flow.Orig {
		r.typed = r.typed[:0]
	}
	return nil
}

// Close tells of an attempt that nobody answered.
func (r *reader) Close() {
	if r.state == verdict || r.environ {
		r.login(nil, "")
	}
}
