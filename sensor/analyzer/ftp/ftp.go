// Package ftp reads the control connection of FTP (RFC 959, RFC 2228, RFC 2428). What comes in is ordered stream bytes; what goes out is
// one events.Login for each attempt to log in, one events.FTP for each command about a file or a data channel, and the turn to TLS. It
// never keeps a password, never reads a data connection, and never holds more than a line.
package ftp

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "ftp",
	Over:  analyzer.TCP,
	Ports: []uint16{21, 2121},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxLine    = 2048 // RFC 959 has no limit; servers mostly take 1 to 4 KiB
	maxPending = 16   // commands that wait for their replies: FTP is asked and answered in turn
	maxText    = 512  // of a path or a reply that a record keeps
	maxUser    = 128
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	sure      bool // the server greeted or a command was answered, so that the replies are those of the commands
	within    uint16
	long      [2]bool // in the middle of a line that is too long
	user      string
	cwd       string
	pending   []command
	data      channel
	size      uint64 // of the file, as the server said before it sends it
}

// command is one that was sent and not yet answered.
type command struct {
	verb, arg string
	at        events.Time
	opened    channel // PORT and EPRT name theirs
}

// Feed reads lines.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if turned, wait := line.TLS(rest); (turned || wait) && !r.long[c.Dir] {
			if turned {
				r.confirm()
				err = analyzer.ErrHandOver
			}
			return n, err
		}
		text, used, ok := line.Cut(rest, maxLine)
		if !ok {
			return n, nil
		}
		n += used
		if r.passOver(c.Dir, used, rest) {
			continue
		}
		if c.Dir == flow.Orig {
			err = r.ask(text, events.Time(c.Time))
		} else {
			err = r.reply(text, events.Time(c.Time))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// passOver says whether this piece is the rest of a line that was too long.
func (r *reader) passOver(d flow.Dir, used int, rest []byte) bool {
	was := r.long[d]
	r.long[d] = used == maxLine && rest[used-1] != '\n'
	return was
}

// Gap forgets which reply is whose: some may be missing.
func (r *reader) Gap(flow.Dir, int) error {
	r.pending = r.pending[:0]
	r.within = 0
	return nil
}

// Close tells of what was asked for and never answered.
func (r *reader) Close() {
	for i := range r.pending {
		r.done(&r.pending[i], 0, nil)
	}
	r.pending = nil
}

// ask notes a command.
func (r *reader) ask(text []byte, at events.Time) error {
	verb, arg := line.Word(text)
	if len(verb) < 3 || len(verb) > 4 || !letters(verb) {
		if len(text) == 0 {
			return nil
		}
		if r.confirmed {
			r.conv.Weird("ftp_invalid_command", analyzer.Text(text[:min(len(text), 32)]))
			return nil
		}
		return analyzer.ErrNotMine
	}
	c := command{verb: capitals(verb), at: at}
	switch c.verb {
	case "PASS", "ACCT": // never kept
	case "USER":
		c.arg = analyzer.Text(arg[:min(len(arg), maxUser)])
	case "PORT":
		c.opened = parsePort(arg)
		c.arg = analyzer.Text(arg[:min(len(arg), maxText)])
	case "EPRT":
		c.opened = parseEprt(arg)
		c.arg = analyzer.Text(arg[:min(len(arg), maxText)])
	default:
		c.arg = analyzer.Text(arg[:min(len(arg), maxText)])
	}
	if len(r.pending) == maxPending {
		r.conv.Weird("ftp_too_many_pending_commands", "")
		r.pending = r.pending[:copy(r.pending, r.pending[1:])]
	}
	r.pending = append(r.pending, c)
	return nil
}

func letters(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// capitals gives a verb in capitals; those that are sent most need no copy.
func capitals(verb []byte) string {
	for _, known := range [...]string{"USER", "PASS", "CWD", "PASV", "EPSV", "RETR", "STOR", "TYPE", "LIST", "PORT", "SIZE", "PWD"} {
		if line.Is(verb, known) {
			return known
		}
	}
	b := make([]byte, len(verb))
	for i, c := range verb {
		b[i] = c &^ 0x20
	}
	return string(b)
}

// reply reads a line of a reply; of one in several lines the first and last count.
func (r *reader) reply(text []byte, at events.Time) error {
	code, more, said := line.Code(text)
	if r.within != 0 {
		if code != r.within || more {
			return nil // RFC 959 section 4.2: anything up to the line with the same code and a space
		}
		r.within = 0
	} else if code == 0 {
		if !r.confirmed {
			return analyzer.ErrNotMine
		}
		return nil
	} else if more {
		r.within = code
		return nil
	}
	return r.answer(code, said, at)
}

// answer takes a whole reply for the command that waits longest.
func (r *reader) answer(code uint16, said []byte, at events.Time) error {
	if code < 200 { // the transfer begins; the last word is still to come
		r.size = max(r.size, announced(said))
		return nil
	}
	if len(r.pending) == 0 {
		r.sure = r.sure || code == 220
		return nil
	}
	c := r.pending[0]
	r.pending = r.pending[:copy(r.pending, r.pending[1:])]
	if isKnown(c.verb) {
		r.confirm()
	}
	r.done(&c, code, said)
	if c.verb == "AUTH" && code/100 == 2 {
		return analyzer.ErrHandOver // RFC 4217 section 4: what follows is TLS
	}
	return nil
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

func isKnown(verb string) bool {
	switch verb {
	case "USER", "PASS", "AUTH", "CWD", "PWD", "PASV", "EPSV", "PORT", "EPRT", "TYPE", "RETR", "STOR", "LIST", "NLST", "SYST", "FEAT", "SIZE", "MDTM", "MLSD":
		return true
	}
	return false
}
