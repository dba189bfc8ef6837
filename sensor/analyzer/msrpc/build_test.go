package msrpc

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// wire writes fragments in one byte order.
type wire struct{ binary.AppendByteOrder }

var (
	le = wire{binary.LittleEndian}
	be = wire{binary.BigEndian}
)

func (w wire) little() bool { return w.AppendByteOrder == binary.AppendByteOrder(binary.LittleEndian) }

func (w wire) u16(n int) string { return string(w.AppendUint16(nil, uint16(n))) }
func (w wire) u32(n int) string { return string(w.AppendUint32(nil, uint32(n))) }

// token is a verifier: service, level and token, with its padding in front.
type token struct {
	service, level byte
	pad            int
	token          string
}

// frag writes a fragment.
func (w wire) frag(kind, flags byte, call int, body string, t token) string {
	drep := "\x00\x00\x00\x00"
	if w.little() {
		drep = "\x10\x00\x00\x00"
	}
	if t.token != "" {
		body += strings.Repeat("p", t.pad) + string([]byte{t.service, t.level, byte(t.pad), 0}) + w.u32(7) + t.token
	}
	return "\x05\x00" + string([]byte{kind, flags}) + drep + w.u16(headerLen+len(body)) + w.u16(len(t.token)) + w.u32(call) + body
}

func (w wire) uuid(text string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 {
		panic(text)
	}
	if w.little() {
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7] = b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]
	}
	return string(b)
}

// binds offers interfaces under the numbers 0, 1, ...
func (w wire) binds(kind byte, t token, faces ...string) string {
	body := w.u16(4280) + w.u16(4280) + w.u32(0) + string([]byte{byte(len(faces)), 0, 0, 0})
	for i, f := range faces {
		body += w.u16(i) + "\x01\x00" + w.uuid(f) + w.u32(1) + w.uuid("8a885d04-1ceb-11c9-9fe8-08002b104860") + w.u32(2)
	}
	return w.frag(kind, flagFirst|flagLast, 1, body, t)
}

func (w wire) bindAck(name string, t token) string {
	return w.frag(kindBindAck, flagFirst|flagLast, 1, w.u16(4280)+w.u16(4280)+w.u32(1)+w.u16(len(name)+1)+name+"\x00", t)
}

func (w wire) ask(call, context, opnum int, stub string, t token) string {
	return w.askPart(flagFirst|flagLast, call, context, opnum, stub, t)
}

func (w wire) askPart(flags byte, call, context, opnum int, stub string, t token) string {
	return w.frag(kindRequest, flags, call, w.u32(len(stub))+w.u16(context)+w.u16(opnum)+stub, t)
}

func (w wire) answer(call int, stub string, t token) string {
	return w.frag(kindResponse, flagFirst|flagLast, call, w.u32(len(stub))+w.u16(0)+"\x00\x00"+stub, t)
}

func (w wire) faulty(call, status int) string {
	return w.frag(kindFault, flagFirst|flagLast, call, w.u32(0)+w.u16(0)+"\x00\x00"+w.u32(status)+w.u32(0), token{})
}

// text writes a counted text with its zero, and pads to a multiple of four.
func (w wire) text(s string) string {
	units := append(utf16.Encode([]rune(s)), 0)
	out := w.u32(len(units)) + w.u32(0) + w.u32(len(units))
	for _, u := range units {
		out += w.u16(int(u))
	}
	return align(out)
}

func align(s string) string { return s + strings.Repeat("\x00", -len(s)&3) }

type sent struct {
	d    flow.Dir
	data string
}

// read feeds an association, step bytes at a time, and gives its records as text.
func read(t testing.TB, pipe string, step int, in ...sent) (records []*events.DCERPC, text string) {
	t.Helper()
	records, text, _ = readOn(pipe, step, in...)
	return records, text
}

// readOn says besides whether the way was lost: where it is found again depends on the chunks.
func readOn(pipe string, step int, in ...sent) (records []*events.DCERPC, text string, lost bool) {
	conv := &analyzer.Conversation{Emit: func(r events.Record) { records = append(records, r.(*events.DCERPC)) }, Weird: func(string, string) {}}
	a := New(Options{Conversation: conv, Pipe: pipe})
	for i, m := range in {
		for rest := m.data; rest != ""; {
			n := min(step, len(rest))
			a.Feed(m.d, events.Time(i+1)*1000, []byte(rest[:n]))
			lost = lost || a.Lost(m.d)
			rest = rest[n:]
		}
	}
	a.Close()
	var b []byte
	for _, r := range records {
		b = append(r.AppendJSON(b), '\n')
	}
	return records, string(b), lost
}
