package tds

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sqltext"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// client reads the beginning of a packet of the client; only the first of a message says what it is.
func (r *reader) client(kind byte, b []byte, first bool, at events.Time) {
	if !first {
		return
	}
	switch kind {
	case typePrelogin:
		r.tls = r.tls || isTLS(b)
		r.greeting = !r.tls
	case typeLogin:
		r.login7(b, at)
	case typeBatch:
		r.begin(&events.TDS{Command: "sql_batch", Query: query(withoutHeaders(b))}, at)
	case typeRPC:
		m := &events.TDS{Command: "rpc"}
		m.ProcedureName, m.Query = procedure(withoutHeaders(b))
		r.begin(m, at)
	case typeBulk:
		r.begin(&events.TDS{Command: "bulk_load"}, at)
	case typeTransaction:
		r.begin(&events.TDS{Command: "transaction"}, at)
	}
}

func (r *reader) begin(m *events.TDS, at events.Time) {
	r.flush()
	r.confirm()
	m.TS = at
	r.waits = m
}

func isTLS(b []byte) bool { return len(b) > 2 && b[0] >= 0x14 && b[0] <= 0x17 && b[1] == 3 }

// The places of LOGIN7 (MS-TDS 2.2.6.4): a place says where a text begins and how many characters it has.
const (
	loginFixed     = 94
	loginFlags2    = 25
	flagIntegrated = 0x80
	placeUser      = 40
	placeApp       = 48
	placeDatabase  = 68
)

func (r *reader) login7(b []byte, at events.Time) {
	r.proving, r.mechanism = true, "sql"
	r.login = events.TDS{Command: "login"}
	r.login.TS = at
	if len(b) < loginFixed {
		return
	}
	r.confirm()
	if b[loginFlags2]&flagIntegrated != 0 {
		r.mechanism = "sspi"
	}
	r.login.User, r.login.AppName, r.login.Database = placed(b, placeUser), placed(b, placeApp), placed(b, placeDatabase)
}

func placed(b []byte, place int) string {
	from, chars := int(binary.LittleEndian.Uint16(b[place:])), int(binary.LittleEndian.Uint16(b[place+2:]))
	if from > len(b) {
		return ""
	}
	return kept(wide(b[from:min(from+2*chars, len(b))], maxName), maxName)
}

// withoutHeaders cuts the headers off that stand in front since version 7.2.
func withoutHeaders(b []byte) []byte {
	if len(b) < 4 {
		return b
	}
	n := binary.LittleEndian.Uint32(b)
	if n < 4 || n > 256 || int(n) > len(b) {
		return b
	}
	return b[n:]
}

func query(b []byte) string { return kept(sqltext.Discreet(wide(b, maxText)), maxText) }

// wide gives at most so many characters of UTF-16 as UTF-8.
func wide(b []byte, most int) []byte {
	units := make([]uint16, min(len(b)/2, most))
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

func kept(b []byte, most int) string { return analyzer.Text(b[:min(len(b), most)]) }

// procedures that have a number in the place of a name (MS-TDS 2.2.6.6).
var procedures = [...]string{
	"", "sp_cursor", "sp_cursoropen", "sp_cursorprepare", "sp_cursorexecute", "sp_cursorprepexec", "sp_cursorunprepare", "sp_cursorfetch", "sp_cursoroption",
	"sp_cursorclose", "sp_executesql", "sp_prepare", "sp_execute", "sp_prepexec", "sp_prepexecrpc", "sp_unprepare",
}

// procedure reads the name of a procedure, and of one that takes a statement the statement.
func procedure(b []byte) (name, text string) {
	if len(b) < 4 {
		return "", ""
	}
	n := int(binary.LittleEndian.Uint16(b))
	if n != 0xffff {
		end := min(2+2*n, len(b))
		return kept(wide(b[2:end], maxName), maxName), ""
	}
	if id := int(binary.LittleEndian.Uint16(b[2:])); id < len(procedures) {
		name = procedures[id]
	}
	if len(b) < 6 {
		return name, ""
	}
	return name, statement(b[6:])
}

// statement finds the first parameter that is a text and begins as SQL does, among the first few.
func statement(b []byte) string {
	for range 4 {
		if len(b) < 2 || len(b) < 3+2*int(b[0]) {
			return ""
		}
		b = b[2+2*int(b[0]):] // its name, and its status
		switch b[0] {
		case 0x26: // an integer: how long it may be, how long it is
			if len(b) < 3 || len(b) < 3+int(b[2]) {
				return ""
			}
			b = b[3+int(b[2]):]
		case 0xe7, 0x63: // text, or long text
			value, rest := text(b)
			if sqltext.Begins(wide(value, 16)) {
				return query(value)
			}
			b = rest
		default:
			return ""
		}
	}
	return ""
}

// text reads a parameter of type nvarchar or ntext, with its collation.
func text(b []byte) (value, rest []byte) {
	front, size := 0, 0
	switch {
	case b[0] == 0x63 && len(b) >= 14:
		front, size = 14, int(binary.LittleEndian.Uint32(b[10:]))
	case b[0] == 0xe7 && len(b) >= 20 && binary.LittleEndian.Uint16(b[1:]) == 0xffff: // in pieces, of which the first is read
		front, size = 20, int(binary.LittleEndian.Uint32(b[16:]))
	case b[0] == 0xe7 && len(b) >= 10:
		front, size = 10, int(binary.LittleEndian.Uint16(b[8:]))
	default:
		return nil, nil
	}
	end := front + min(size, len(b)-front)
	return b[front:end], b[end:]
}

// probe knows a prelogin, a log-in and a query anywhere, and on its own port what else is said.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) == 0 || !known(d, head[0]) {
		return analyzer.No
	}
	if len(head) < headerLen {
		return analyzer.Maybe
	}
	size := int(binary.BigEndian.Uint16(head[2:]))
	if size < headerLen || size > maxPacket || head[1] > 0x1f || head[7] != 0 {
		return analyzer.No
	}
	b := head[headerLen:]
	if len(b) < min(48, size-headerLen) {
		return analyzer.Maybe
	}
	switch {
	case d == flow.Resp:
		if hinted && len(b) > 0 && head[0] == typeResult {
			return analyzer.Yes
		}
		return analyzer.No
	case head[0] == typePrelogin && len(b) >= 6 && b[0] == 0 && b[1] == 0 && b[3] == 0 && b[4] == 6:
		return analyzer.Yes
	case head[0] == typeLogin && len(b) >= 8 && b[7]&0xf0 == 0x70 && binary.LittleEndian.Uint32(b) < 1<<17:
		return analyzer.Yes
	case head[0] == typeBatch && sqltext.Begins(wide(withoutHeaders(b), 16)):
		return analyzer.Yes
	case hinted && (head[0] == typeRPC || head[0] == typeBatch || head[0] == typeTransaction) && len(b) >= 4:
		return analyzer.Yes
	}
	return analyzer.No
}
