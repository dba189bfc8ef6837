package smtp

import (
	"bytes"
	"encoding/base64"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
)

// exchange is an AUTH command under way (RFC 4954). Of what the client answers only the name is read.
type exchange struct {
	mechanism string
	user      string
	at        events.Time
	asked     bool // the server asked for more, so that the client's next line is no command
	answers   int
}

// begin reads the mechanism, and the name where it comes along.
func (e *exchange) begin(arg []byte, at events.Time) {
	mechanism, initial := line.Word(arg)
	*e = exchange{mechanism: string(bytes.ToUpper(mechanism[:min(len(mechanism), 32)])), at: at}
	if len(initial) > 0 {
		e.respond(initial)
	}
}

// respond reads one answer of the client. LOGIN sends the name first and then the password; PLAIN sends both at once, apart by zeros (RFC 4616).
func (e *exchange) respond(text []byte) {
	e.asked = false
	e.answers++
	if e.answers > 1 || len(text) > 2*maxLine {
		return
	}
	plain, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return
	}
	switch e.mechanism {
	case "LOGIN":
		e.user = keptText(plain, maxUser)
	case "PLAIN":
		if parts := bytes.SplitN(plain, []byte{0}, 3); len(parts) == 3 {
			e.user = keptText(parts[1], maxUser)
		}
	case "XOAUTH2":
		if name, ok := bytes.CutPrefix(plain, []byte("user=")); ok {
			name, _, _ = bytes.Cut(name, []byte{1})
			e.user = keptText(name, maxUser)
		}
	}
}

func (r *reader) authAnswered(code uint16) {
	e := &r.auth
	if code == 334 {
		e.asked = true
		return
	}
	ok := code/100 == 2
	l := &events.Login{Service: "smtp", User: e.user, Mechanism: e.mechanism, Success: &ok, Clear: e.mechanism == "PLAIN" || e.mechanism == "LOGIN", Reply: r.lastReply}
	l.Reply = l.Reply[:min(len(l.Reply), maxUser)]
	l.TS = e.at
	if ok {
		r.user = e.user
	}
	r.auth = exchange{}
	r.conv.Emit(l)
}
