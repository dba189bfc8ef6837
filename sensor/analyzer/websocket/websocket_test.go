package websocket

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// part is a piece of a conversation, or, with gap, bytes that are missing.
type part struct {
	d    flow.Dir
	data string
	gap  int
}

// frame builds one; a client's is masked.
func frame(d flow.Dir, first byte, payload string) part {
	b := []byte{first}
	mask := byte(0)
	if d == flow.Orig {
		mask = 0x80
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	key := [4]byte{}
	if mask != 0 {
		key = [4]byte{0x8a, 0xef, 0xaa, 0x40}
		b = append(b, key[:]...)
	}
	for i := range len(payload) {
		b = append(b, payload[i]^key[i&3])
	}
	return part{d: d, data: string(b)}
}

func run(t testing.TB, parts []part, size int) (recs []*events.WebSocket, weirds []string) {
	t.Helper()
	conv := conversation()
	conv.Emit = func(r events.Record) { recs = append(recs, r.(*events.WebSocket)) }
	conv.Weird = func(name, _ string) { weirds = append(weirds, name) }
	conv.Upgraded = &analyzer.Upgrade{Protocol: "websocket", Host: "h", URI: "/u", Subprotocol: "v1"}
	a := Spec.New(conv)
	at := int64(1)
	for _, p := range parts {
		if p.gap > 0 {
			if a.Gap(p.d, p.gap) != nil {
				break
			}
			continue
		}
		for i := 0; i < len(p.data); i += size {
			b := []byte(p.data[i:min(i+size, len(p.data))])
			if n, err := a.Feed(stream.Chunk{Dir: p.d, Time: at, Data: b}); n != len(b) || err != nil {
				break
			}
		}
	}
	a.Close()
	return recs, weirds
}

func conversation() *analyzer.Conversation {
	return &analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}}
}

func line(r *events.WebSocket) string {
	return fmt.Sprintf("%s%s %s %d/%d frames %d/%d bytes %d binary inner=%s close=%d interim=%v", r.Host, r.URI, r.Subprotocol, r.OrigFrames, r.RespFrames, r.OrigBytes, r.RespBytes, r.BinaryFrames, r.Inner, r.CloseCode, r.Interim)
}

const (
	o, a  = flow.Orig, flow.Resp
	hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
)

var table = []struct {
	name  string
	parts []part
	want  string
	weird string
}{
	{"chat", []part{frame(o, 0x81, "hello"), frame(a, 0x81, strings.Repeat("x", 200)), frame(a, 0x89, "ping"), frame(o, 0x8a, "ping"), frame(o, 0x88, "\x03\xe8bye")},
		"h/u v1 1/1 frames 5/200 bytes 0 binary inner= close=1000 interim=false", ""},
	{"TLS inside, in two fragments", []part{frame(o, 0x02, hello), frame(o, 0x80, "rest"), frame(a, 0x82, "\x16\x03\x03\x00\x7a\x02")},
		"h/u v1 1/0 frames 11/0 bytes 1 binary inner=ssl close=0 interim=true|h/u v1 2/1 frames 15/6 bytes 2 binary inner=ssl close=0 interim=false", ""},
	{"SSH inside, the server speaks first, long frame", []part{frame(a, 0x82, "SSH-2.0-x\r\n"+strings.Repeat("y", 70000))},
		"h/u v1 0/1 frames 0/64 bytes 1 binary inner=ssh close=0 interim=true", ""},
	{"SOCKS", []part{frame(o, 0x82, "\x05\x01\x00")},
		"h/u v1 1/0 frames 3/0 bytes 1 binary inner=socks close=0 interim=true|h/u v1 1/0 frames 3/0 bytes 1 binary inner=socks close=0 interim=false", ""},
	{"squeezed data tells nothing", []part{frame(o, 0xc2, hello)}, "h/u v1 1/0 frames 11/0 bytes 1 binary inner= close=0 interim=false", ""},
	{"text that looks like a protocol is text", []part{frame(o, 0x81, "GET / HTTP/1.1")}, "h/u v1 1/0 frames 14/0 bytes 0 binary inner= close=0 interim=false", ""},
	{"a hole inside a payload is payload", []part{{d: a, data: "\x82\x0aabc"}, {d: a, gap: 7}, frame(a, 0x82, "z")}, "h/u v1 0/2 frames 0/11 bytes 2 binary inner= close=0 interim=false", ""},
	{"a hole between frames ends the direction", []part{{d: a, gap: 7}, frame(a, 0x82, "z"), frame(o, 0x81, "q")}, "h/u v1 1/0 frames 1/0 bytes 0 binary inner= close=0 interim=false", ""},
	{"an opcode that is none", []part{frame(o, 0x83, "x"), frame(o, 0x82, hello)}, "h/u v1 0/0 frames 0/0 bytes 0 binary inner= close=0 interim=false", "invalid_websocket_frame"},
}

// Catches: a frame that is cut wrong wherever the segments end, a mask that slips, a protocol inside that is missed or imagined.
func TestRecords(t *testing.T) {
	for _, c := range table {
		for _, size := range []int{1 << 20, 1, 3, 7} {
			recs, weirds := run(t, c.parts, size)
			var got []string
			for _, r := range recs {
				got = append(got, line(r))
			}
			s, want := strings.Join(got, "|"), c.want
			if strings.HasPrefix(c.name, "SSH") { // how much of a long frame had come when it was told of depends on the pieces
				s, want = recs[0].Inner+line(recs[1]), "sshh/u v1 0/1 frames 0/70011 bytes 1 binary inner=ssh close=0 interim=false"
			} else if size != 1<<20 && c.name == "TLS inside, in two fragments" {
				s, want = got[len(got)-1], strings.Split(c.want, "|")[1]
			}
			if s != want || strings.Join(weirds, ",") != c.weird {
				t.Errorf("%s, %d bytes at a time:\n got %s %v\nwant %s", c.name, size, s, weirds, want)
			}
		}
	}
}

// Catches: a WebSocket that costs memory by the frame.
func TestAllocations(t *testing.T) {
	r := Spec.New(conversation())
	b := []byte(frame(o, 0x82, strings.Repeat("x", 1000)).data)
	if got := testing.AllocsPerRun(100, func() { _, _ = r.Feed(stream.Chunk{Dir: o, Time: 1, Data: b}) }); got > 0 {
		t.Errorf("a frame costs %.1f allocations", got)
	}
}

func BenchmarkFrames(b *testing.B) {
	r := Spec.New(conversation())
	data := []byte(frame(o, 0x82, strings.Repeat("x", 1000)).data)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = r.Feed(stream.Chunk{Dir: o, Time: 1, Data: data})
	}
}

// FuzzFeed: nothing may panic, stall, or count more than came.
func FuzzFeed(f *testing.F) {
	for _, c := range table {
		var both string
		for _, p := range c.parts {
			both += p.data
		}
		f.Add([]byte(both), uint64(0x8123))
	}
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64) {
		total := uint64(len(b))
		var parts []part
		for i := uint64(0); len(b) > 0; i++ {
			turn := cuts >> (i % 61)
			n := min(len(b), int(turn%97)+1)
			p := part{d: flow.Dir(turn >> 3 & 1), data: string(b[:n])}
			if turn%31 == 7 {
				p.gap = n
			}
			parts, b = append(parts, p), b[n:]
		}
		recs, _ := run(t, parts, 1<<20)
		if n := len(recs); n == 0 || n > 2 || recs[n-1].OrigBytes+recs[n-1].RespBytes > total {
			t.Fatalf("%d records of %d bytes", n, total)
		}
	})
}
