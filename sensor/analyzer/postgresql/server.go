package postgresql

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sqltext"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// server reads a message of the server.
func (r *reader) server(kind byte, b []byte, size int) {
	if r.waits != nil {
		r.waits.ResultBytes += uint64(headerLen + size)
	}
	switch kind {
	case 'R':
		r.authentication(b)
	case 'S':
		if name, value, ok := bytes.Cut(b, []byte{0}); ok && r.phase == proving && string(name) == "server_version" {
			r.login.ServerVersion = kept(untilZero(value), maxName)
		}
	case 'E':
		r.failed(b)
	case 'C':
		r.completed(untilZero(b))
	case 'Z':
		r.confirm()
		if r.phase == proving {
			r.ended(r.login.Success)
		}
		r.flush()
	}
}

// authentication reads what the server asks for, or that it is content.
func (r *reader) authentication(b []byte) {
	if len(b) < 4 || r.phase != proving {
		return
	}
	r.confirm()
	switch binary.BigEndian.Uint32(b) {
	case 0:
		yes := true
		r.login.Success = &yes
	case 3:
		r.mechanism, r.clear = "password", true
	case 5:
		r.mechanism = "md5"
	case 7, 9:
		r.mechanism = "gss"
	case 10: // the first that the server offers
		r.mechanism = kept(untilZero(b[4:]), 32)
	}
}

// ended tells of a log-in. A startup may fail although the password was right, or before it was asked for.
func (r *reader) ended(success *bool) {
	m := r.login
	if r.confirmed {
		r.conv.Emit(&m)
		l := &events.Login{
			Service: "postgresql", User: m.User, Success: success, Mechanism: r.mechanism, Clear: r.clear, Reply: m.BackendArg[:min(len(m.BackendArg), maxName)],
		}
		l.TS = m.TS
		r.conv.Emit(l)
	}
	r.phase = ready
}

// authorization is the class of errors of who may not come in.
const authorization = "28"

// failed reads an error: fields of a letter and a text. C is the code, M the text.
func (r *reader) failed(b []byte) {
	code, text := "", ""
	for len(b) > 1 {
		field, rest, _ := bytes.Cut(b[1:], []byte{0})
		switch b[0] {
		case 'C':
			code = kept(field, 5)
		case 'M':
			text = kept(sqltext.Discreet(field), maxText)
		}
		b = rest
	}
	m := r.waits
	if r.phase == proving {
		m = &r.login
	}
	if m == nil {
		return
	}
	if r.phase == proving && code == "28P01" {
		text = "password authentication failed" // the text names the user, in the server's language
	}
	no, before := false, m.Success
	m.Success, m.Backend, m.BackendArg, m.ErrorCode = &no, "error", text, code
	if r.phase != proving {
		return
	}
	if strings.HasPrefix(code, authorization) {
		before = &no
	}
	r.confirm()
	r.ended(before)
}

// completed reads how a command ended: "SELECT 5", "INSERT 0 1", "BEGIN". Rows are added up where several were asked at once.
func (r *reader) completed(tag []byte) {
	if r.waits == nil {
		return
	}
	word, _, _ := bytes.Cut(tag, []byte{' '})
	if r.waits.Success == nil {
		yes := true
		r.waits.Success, r.waits.Backend = &yes, kept(word, 32)
	}
	last := tag[bytes.LastIndexByte(tag, ' ')+1:]
	if n, err := strconv.ParseUint(string(last), 10, 64); err == nil {
		if r.waits.Rows == nil {
			r.waits.Rows = new(uint64)
		}
		*r.waits.Rows += n
	}
}

// probe knows a startup, a wish for encryption, and in the middle of a conversation a query; on its own port also what else either side says.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) < startupLen {
		return analyzer.Maybe
	}
	size, code := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	switch {
	case size == 8 && (code == askTLS || code == askGSS), size == 16 && code == askCancel:
		return analyzer.Yes
	case code>>16 == version3>>16 && code&0xffff <= 2 && size > startupLen && size <= maxStartup:
		return pairs(head[startupLen:min(int(size), len(head))])
	}
	size = binary.BigEndian.Uint32(head[1:])
	switch {
	case size < 4 || size > maxMessage || !known(d, head[0]):
		return analyzer.No
	case head[0] == 'Q' && d == flow.Orig && head[1] == 0:
		if len(head) < min(int(size)+1, headerLen+12) {
			return analyzer.Maybe
		}
		if sqltext.Begins(head[headerLen:]) {
			return analyzer.Yes
		}
	}
	if hinted && size < 1<<20 {
		return analyzer.Yes
	}
	return analyzer.No
}

// pairs wants the first name of a startup to be one that there is.
func pairs(b []byte) analyzer.Verdict {
	for _, name := range [...]string{"user\x00", "database\x00", "application_name\x00", "client_encoding\x00", "options\x00", "DateStyle\x00", "extra_float_digits\x00"} {
		if bytes.HasPrefix(b, []byte(name)) {
			return analyzer.Yes
		}
		if len(b) < len(name) && bytes.HasPrefix([]byte(name), b) {
			return analyzer.Maybe
		}
	}
	return analyzer.No
}
