package smtp

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
)

// message is where the reading of one message stands: its header, then parts with headers of their own (RFC 2045, RFC 2183).
type message struct {
	behind   bool   // the header is over
	inPart   bool   // in the header of a part
	field    []byte // the header field that is being read, folded lines joined (RFC 5322 section 2.2.3)
	received int
}

// bodyLine reads a line of a message; rest says that it goes on with one that was too long.
func (r *reader) bodyLine(text []byte, used int, rest bool) {
	if len(text) == 1 && text[0] == '.' && !rest {
		r.inBody = false
		r.wait(bodyEnd)
		r.message.close(r.transaction())
		return
	}
	m := r.transaction()
	m.Bytes += uint64(used)
	if !rest {
		r.message.line(m, text)
	}
}

func (s *message) line(m *events.SMTP, text []byte) {
	switch {
	case s.behind && !s.inPart:
		s.inPart = len(text) > 2 && text[0] == '-' && text[1] == '-' // a boundary, most likely
		return
	case len(text) > 0 && (text[0] == ' ' || text[0] == '\t'):
		if len(s.field)+len(text) < 2*maxLine {
			s.field = append(s.field, text...)
		}
		return
	}
	s.close(m)
	if len(text) == 0 {
		s.behind, s.inPart = true, false
		return
	}
	s.field = append(s.field[:0], text...)
}

// close takes the field that was read. It may be called when there is none.
func (s *message) close(m *events.SMTP) {
	if len(s.field) == 0 {
		return
	}
	name, value, ok := bytes.Cut(s.field, []byte{':'})
	if value = bytes.TrimLeft(value, " \t"); ok && !s.behind {
		s.header(m, name, value)
	}
	if ok && (line.Is(name, "CONTENT-TYPE") || line.Is(name, "CONTENT-DISPOSITION")) {
		attached(m, value)
	}
	s.field = s.field[:0]
}

func (s *message) header(m *events.SMTP, name, value []byte) {
	text := func(to *string) {
		if *to == "" {
			*to = keptText(value, maxText)
		}
	}
	switch {
	case line.Is(name, "DATE"):
		text(&m.Date)
	case line.Is(name, "FROM"):
		text(&m.From)
	case line.Is(name, "TO"):
		m.To = addresses(m.To, value)
	case line.Is(name, "CC"):
		m.CC = addresses(m.CC, value)
	case line.Is(name, "REPLY-TO"):
		text(&m.ReplyTo)
	case line.Is(name, "MESSAGE-ID"):
		text(&m.MsgID)
	case line.Is(name, "IN-REPLY-TO"):
		text(&m.InReplyTo)
	case line.Is(name, "SUBJECT"):
		text(&m.Subject)
	case line.Is(name, "USER-AGENT") || line.Is(name, "X-MAILER"):
		text(&m.UserAgent)
	case line.Is(name, "RECEIVED"):
		if s.received++; s.received == 1 {
			text(&m.FirstReceived)
		} else if s.received == 2 {
			text(&m.SecondReceived)
		}
	}
}

// addresses splits a list at its commas outside quotes.
func addresses(list []string, value []byte) []string {
	begin, quoted := 0, false
	for i := 0; i <= len(value) && len(list) < maxRcpt; i++ {
		switch {
		case i < len(value) && value[i] == '"':
			quoted = !quoted
		case i == len(value) || value[i] == ',' && !quoted:
			if one := bytes.TrimSpace(value[begin:i]); len(one) > 0 {
				list = append(list, keptText(one, maxText))
			}
			begin = i + 1
		}
	}
	return list
}

// attached reads the name of a file, once for each: Content-Type and Content-Disposition mostly say it both.
func attached(m *events.SMTP, value []byte) {
	lower := bytes.ToLower(value)
	at := bytes.Index(lower, []byte("name="))
	if at < 0 || len(m.Attachments) >= maxNames {
		return
	}
	name := bytes.TrimLeft(value[at+len("name="):], " ")
	if len(name) > 0 && name[0] == '"' {
		name, _, _ = bytes.Cut(name[1:], []byte{'"'})
	} else {
		name, _, _ = bytes.Cut(name, []byte{';'})
	}
	text := keptText(bytes.TrimSpace(name), maxText)
	if n := len(m.Attachments); text != "" && (n == 0 || m.Attachments[n-1] != text) {
		m.Attachments = append(m.Attachments, text)
	}
}
