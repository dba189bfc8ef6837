package ftp

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// done acts on a command and its reply; code is 0 where there was none.
func (r *reader) done(c *command, code uint16, said []byte) {
	ok := code/100 == 2
	switch c.verb {
	case "USER":
		r.user = c.arg
		if ok || code/100 == 5 || code/100 == 4 { // no password is wanted, or none would help
			r.login(c, code, said)
		}
	case "PASS":
		r.login(c, code, said)
	case "CWD":
		if ok {
			r.cwd = r.path(c.arg)
		}
	case "CDUP":
		if ok {
			r.cwd = path.Dir(r.path(""))
		}
	case "PWD", "XPWD":
		if ok {
			r.cwd = quotedPath(said, r.cwd)
		}
	case "SIZE":
		if ok {
			r.size, _ = strconv.ParseUint(string(said), 10, 64)
		}
	case "PASV", "EPSV":
		r.data = r.passive(c.verb, code, said)
		r.emit(c, code, said)
	case "PORT", "EPRT":
		r.data = c.opened
		r.emit(c, code, said)
	case "RETR", "STOR", "APPE", "STOU", "DELE", "SITE", "RNTO", "ACCT":
		r.emit(c, code, said)
		r.size, r.data = 0, channel{}
	}
}

func (r *reader) login(c *command, code uint16, said []byte) {
	l := &events.Login{Service: "ftp", User: r.user, Mechanism: c.verb, Clear: c.verb == "PASS"}
	l.TS = c.at
	l.Anonymous = strings.EqualFold(r.user, "anonymous") || strings.EqualFold(r.user, "ftp")
	if code != 0 {
		success := code/100 == 2
		if code/100 == 3 { // an account is wanted, too: RFC 959 section 5.4
			return
		}
		l.Success = &success
		l.Reply = strconv.Itoa(int(code)) + " " + analyzer.Text(said[:min(len(said), maxUser)])
	}
	r.conv.Emit(l)
}

// emit tells of a command that has a record.
func (r *reader) emit(c *command, code uint16, said []byte) {
	e := &events.FTP{User: r.user, Command: c.verb, Arg: c.arg, ReplyCode: code, ReplyMsg: analyzer.Text(said[:min(len(said), maxText)])}
	e.TS = c.at
	switch c.verb {
	case "RETR", "STOR", "APPE", "DELE", "RNTO", "STOU":
		e.Arg = "ftp://" + r.server() + r.path(c.arg)
		e.FileSize = max(r.size, announced(said))
	}
	if r.data.port != 0 {
		e.Passive, e.DataRespH, e.DataRespP, e.DataOrigH = r.data.passive, r.data.host, r.data.port, r.conv.Head.OrigH
		if !r.data.passive {
			e.DataOrigH = r.conv.Head.RespH
		}
	}
	r.conv.Emit(e)
}

func (r *reader) server() string {
	a := r.conv.Head.RespH
	if a.Is6() && !a.Is4In6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// path joins a name with the working directory, as far as it is known.
func (r *reader) path(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name)
	}
	dir := r.cwd
	if dir == "" {
		dir = "/."
	}
	joined := dir + "/" + name
	if len(joined) > 2*maxText {
		return "/" + name
	}
	if r.cwd == "" {
		return "/./" + name // as Zeek: the directory is not known
	}
	return path.Clean(joined)
}

// quotedPath reads the directory out of a 257 reply (RFC 959 appendix II); what is not quoted changes nothing.
func quotedPath(said []byte, was string) string {
	begin := bytes.IndexByte(said, '"')
	if begin < 0 {
		return was
	}
	end := bytes.IndexByte(said[begin+1:], '"')
	if end < 0 || end > maxText {
		return was
	}
	return analyzer.Text(said[begin+1 : begin+1+end])
}

// announced is the size in "Opening BINARY mode data connection for x (1234 bytes)", which nearly every server says.
func announced(said []byte) uint64 {
	end := bytes.Index(said, []byte(" bytes"))
	if end < 0 {
		return 0
	}
	begin := end
	for begin > 0 && said[begin-1] >= '0' && said[begin-1] <= '9' && end-begin < 19 {
		begin--
	}
	n, _ := strconv.ParseUint(string(said[begin:end]), 10, 64)
	return n
}
