package smtp

import (
	"bytes"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
)

// command reads a line of the client outside messages.
func (r *reader) command(text []byte, at events.Time) error {
	if r.auth.asked {
		r.auth.respond(text)
		r.wait(authVerb)
		return nil
	}
	word, rest := line.Word(text)
	switch {
	case line.Is(word, "EHLO") || line.Is(word, "HELO") || line.Is(word, "LHLO"):
		r.helo = keptText(rest, maxText)
		r.confirm()
		r.wait(helloVerb)
	case line.Begins(text, "MAIL FROM:"):
		r.confirm()
		r.from(text[len("MAIL FROM:"):], at)
	case line.Begins(text, "RCPT TO:"):
		r.to(text[len("RCPT TO:"):])
	case line.Is(word, "DATA"):
		r.inBody = true
		r.transaction()
		r.wait(dataVerb)
	case line.Is(word, "BDAT"):
		r.bdat(rest)
	case line.Is(word, "STARTTLS"):
		r.wait(startTLS)
	case line.Is(word, "AUTH"):
		r.auth.begin(rest, at)
		r.wait(authVerb)
	case line.Is(word, "RSET"):
		r.wait(resetVerb)
	case line.Is(word, "QUIT"):
		r.wait(quitVerb)
	case !r.confirmed && !plausible(word):
		return analyzer.ErrNotMine
	default:
		r.wait(other)
	}
	return nil
}

// plausible says whether a word could be a command: letters only.
func plausible(word []byte) bool {
	for _, c := range word {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(word) > 0 && len(word) <= 12
}

func (r *reader) wait(v verb) {
	if len(r.pending) == maxPending {
		r.pending = r.pending[:copy(r.pending, r.pending[1:])]
	}
	r.pending = append(r.pending, v)
}

// from begins a transaction; one that was begun and led nowhere is told first.
func (r *reader) from(arg []byte, at events.Time) {
	if r.mail != nil && r.mail.MailFrom != "" {
		r.emit()
	}
	m := r.transaction()
	m.TS, m.MailFrom = at, keptText(path(arg), maxText)
	r.wait(mailVerb)
}

func (r *reader) to(arg []byte) {
	m := r.transaction()
	m.Recipients++
	if len(m.RcptTo) < maxRcpt {
		m.RcptTo = append(m.RcptTo, keptText(path(arg), maxText))
	}
	r.wait(rcptVerb)
}

// path takes the address out of <...>, without the parameters behind it (RFC 5321 section 4.1.2).
func path(arg []byte) []byte {
	arg = bytes.TrimLeft(arg, " \t")
	if len(arg) > 0 && arg[0] == '<' {
		inner, _, _ := bytes.Cut(arg[1:], []byte{'>'})
		return inner
	}
	word, _ := line.Word(arg)
	return word
}

// bdat passes over a chunk (RFC 3030 section 2); its bytes are counted and not read.
func (r *reader) bdat(arg []byte) {
	size, _ := line.Word(arg)
	n, err := strconv.ParseUint(string(size[:min(len(size), 18)]), 10, 62)
	if err != nil {
		return
	}
	r.transaction()
	r.skip = n
	v := other
	if bytes.Contains(bytes.ToUpper(arg), []byte("LAST")) {
		v = bodyEnd
	}
	r.wait(v)
}

func (r *reader) chunked(n uint64) { r.transaction().Bytes += n }

// reply reads a line of the server. Of a reply in several lines the last one counts.
func (r *reader) reply(text []byte) error {
	code, more, _ := line.Code(text)
	if code == 0 {
		if !r.confirmed && r.within == 0 {
			return analyzer.ErrNotMine
		}
		return nil
	}
	if r.within = 0; more {
		r.within = code
		return nil
	}
	r.lastReply = keptText(text, maxText)
	if len(r.pending) == 0 {
		return nil // the greeting
	}
	v := r.pending[0]
	r.pending = r.pending[:copy(r.pending, r.pending[1:])]
	return r.answered(v, code)
}

func (r *reader) answered(v verb, code uint16) error {
	ok := code/100 == 2
	switch v {
	case helloVerb:
		if ok {
			r.confirm()
		}
	case dataVerb:
		if code != 354 { // refused: what follows are commands
			r.inBody = false
		}
	case bodyEnd:
		if r.mail != nil {
			r.mail.Accepted = &ok
			r.emit()
		}
	case startTLS:
		if ok {
			return r.handOver()
		}
	case authVerb:
		r.authAnswered(code)
	case resetVerb, quitVerb:
		if r.mail != nil {
			r.emit()
		}
	}
	return nil
}
