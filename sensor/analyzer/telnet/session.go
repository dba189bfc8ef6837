package telnet

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// text goes to who reads the direction.
func (r *reader) text(c stream.Chunk, b []byte) {
	if c.Dir == flow.Orig {
		r.client(b, events.Time(c.Time))
		return
	}
	r.server(b)
}

// client collects a line while one is asked for. A password's is only awaited.
func (r *reader) client(b []byte, at events.Time) {
	if r.state != name && r.state != password {
		return
	}
	for _, c := range b {
		switch {
		case c == '\r' || c == '\n':
			r.entered(at)
		case (c == 8 || c == 127) && len(r.typed) > 0:
			r.typed = r.typed[:len(r.typed)-1]
		case c >= ' ' && len(r.typed) < maxLine:
			r.typed = append(r.typed, c)
		}
	}
}

// entered ends a line.
func (r *reader) entered(at events.Time) {
	line := bytes.TrimSpace(r.typed)
	switch r.state {
	case name:
		if len(line) > 0 {
			r.user, r.environ, r.began = analyzer.Text(line[:min(len(line), maxUser)]), false, at
			r.state = quiet
		}
	case password:
		r.state, r.said = verdict, 0
		if r.began == 0 {
			r.began = at
		}
	}
	r.typed = r.typed[:0]
}

// Words of servers, in small letters.
var (
	refusals = [...]string{"incorrect", "failed", "denied", "invalid", "bad password", "not allowed", "wrong"}
	namesAsk = [...]string{"login:", "username:", "user name:", "user:"}
	lets     = [...]string{"last login", "welcome", "busybox", "# ", "$ ", "> ", "#\x1b", "\n#", "\n$", "\n>"}
)

// server looks for prompts and verdicts at the end of what was said.
func (r *reader) server(b []byte) {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if len(r.tail) == maxTail {
			r.tail = r.tail[:copy(r.tail, r.tail[maxTail/2:])]
		}
		r.tail = append(r.tail, c)
		if c == ':' || c == ' ' || c == '\n' || c == '#' || c == '$' || c == '>' {
			r.look()
		}
	}
	if r.state == verdict {
		if r.said += len(b); r.said > patience {
			r.decide(true, "")
		}
	}
}

func (r *reader) look() {
	if r.state == verdict {
		if why := contained(r.tail, refusals[:]); why != "" {
			r.decide(false, why)
			return
		}
	}
	asked := bytes.TrimRight(r.tail, " ")
	switch {
	case bytes.HasSuffix(asked, []byte("password:")) && r.state != password:
		r.asksAgain()
		r.confirm()
		r.state = password
	case ends(asked, namesAsk[:]) && !bytes.HasSuffix(asked, []byte("last login:")):
		if r.state != name {
			r.asksAgain()
		}
		r.confirm()
		r.state = name
	case (r.state == verdict || r.environ && r.state == quiet) && contained(r.tail, lets[:]) != "":
		r.decide(true, "")
		return
	default:
		return
	}
	r.tail, r.typed = r.tail[:0], r.typed[:0]
}

// asksAgain: a server that asks for a name or a password once more has not let anybody in.
func (r *reader) asksAgain() {
	if r.state == verdict || r.environ {
		r.decide(false, "asked again")
	}
}

func (r *reader) decide(success bool, why string) {
	r.login(&success, why)
	r.state = quiet
	r.tail = r.tail[:0]
}

func (r *reader) login(success *bool, why string) {
	l := &events.Login{Service: "telnet", User: r.user, Mechanism: "password", Success: success, Clear: true, Reply: why}
	if r.environ {
		l.Mechanism, l.Clear = "environ", false
	}
	l.TS = r.began
	r.began, r.environ = 0, false
	r.logins++
	r.conv.Emit(l)
}

func contained(b []byte, words []string) string {
	for _, w := range words {
		if bytes.Contains(b, []byte(w)) {
			return w
		}
	}
	return ""
}

func ends(b []byte, words []string) bool {
	for _, w := range words {
		if bytes.HasSuffix(b, []byte(w)) {
			return true
		}
	}
	return false
}
