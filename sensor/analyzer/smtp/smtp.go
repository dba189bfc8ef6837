// Package smtp reads mail on its way (RFC 5321). What comes in is ordered stream bytes; what goes out is one events.SMTP for each message, or
// for a session that brought none, one events.Login for each attempt to log in, and the turn to TLS. Of a message it reads the header and
// the names of attached files; it never keeps the text, never keeps a password, and never holds more than a line.
package smtp

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "smtp",
	Over:  analyzer.TCP,
	Ports: []uint16{25, 587, 2525},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxLine    = 4096 // RFC 5321 section 4.5.3.1.6: a text line has 1,000 bytes; header lines of list servers are longer
	maxText    = 512  // of a field that a record keeps
	maxUser    = 128
	maxRcpt    = 100 // recipients that a record keeps: RFC 5321 section 4.5.3.1.8 has every server take that many
	maxNames   = 16  // attachments that a record keeps
	maxPending = 128 // commands that wait for their replies: with pipelining (RFC 2920) all recipients may
)

// reader is one conversation's analyzer.
type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	helo      string
	user      string // who logged in
	depth     uint32
	mail      *events.SMTP // the transaction under way; nil where none is
	inBody    bool         // the client sends a message
	skip      uint64       // bytes of a BDAT chunk still to come
	long      [2]bool      // in the middle of a line that is too long
	within    uint16       // the code of a reply of several lines
	lastReply string
	pending   []verb
	auth      exchange
	message   message
}

// verb is what is known of a command that waits for its reply.
type verb uint8

const (
	other verb = iota
	helloVerb
	mailVerb
	rcptVerb
	dataVerb
	bodyEnd // not a command: the end of a message is answered, too
	startTLS
	authVerb
	resetVerb
	quitVerb
)

// Feed reads lines.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if c.Dir == flow.Orig && r.skip > 0 {
			some := min(r.skip, uint64(len(rest)))
			r.skip -= some
			r.chunked(some)
			n += int(some)
			continue
		}
		if turned, wait := line.TLS(rest); (turned || wait) && !r.long[c.Dir] && !(r.inBody && c.Dir == flow.Orig) {
			if turned {
				err = r.handOver()
			}
			return n, err
		}
		text, used, ok := line.Cut(rest, maxLine)
		if !ok {
			return n, nil
		}
		n += used
		if err = r.line(c, text, used, rest[used-1] != '\n'); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (r *reader) line(c stream.Chunk, text []byte, used int, cut bool) error {
	was := r.long[c.Dir]
	r.long[c.Dir] = cut
	switch {
	case c.Dir == flow.Orig && r.inBody:
		r.bodyLine(text, used, was)
		return nil
	case was:
		return nil
	case c.Dir == flow.Orig:
		return r.command(text, events.Time(c.Time))
	}
	return r.reply(text)
}

// Gap forgets which reply is whose. A hole in a message only makes it shorter.
func (r *reader) Gap(d flow.Dir, n int) error {
	r.pending, r.within = r.pending[:0], 0
	if d == flow.Orig && r.inBody {
		r.transaction().Bytes += uint64(n)
		return nil
	}
	r.skip -= min(r.skip, uint64(n))
	return nil
}

// Close tells of the transaction under way, or of a session that had none.
func (r *reader) Close() {
	if r.mail != nil {
		r.emit()
	} else if r.depth == 0 && r.helo != "" {
		r.transaction()
		r.emit()
	}
}

func (r *reader) handOver() error {
	r.confirm()
	r.transaction().TLS = true
	r.emit()
	r.depth = max(r.depth, 1)
	return analyzer.ErrHandOver
}

// transaction gives the one under way, and begins one where none is.
func (r *reader) transaction() *events.SMTP {
	if r.mail == nil {
		r.mail = &events.SMTP{Helo: r.helo, User: r.user}
		r.message = message{}
	}
	return r.mail
}

func (r *reader) emit() {
	m := r.mail
	r.depth++
	m.TransDepth, m.LastReply = r.depth, r.lastReply
	if m.Helo == "" {
		m.Helo = r.helo
	}
	r.message.close(m)
	r.mail = nil
	r.conv.Emit(m)
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

// keptText is a bounded field of a record.
func keptText(b []byte, most int) string { return analyzer.Text(b[:min(len(b), most)]) }
