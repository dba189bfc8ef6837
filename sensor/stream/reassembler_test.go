package stream

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// seen writes down what a handler is told: "o:abc" a chunk of the originator, "r~5" a gap of the responder, "o!3" a mismatch at
// offset 3. Chunks that follow upon each other are joined.
type seen struct {
	t      *testing.T
	log    []string
	at     [2]uint64
	stopAt string // Stop when this much has been seen
	r      *Reassembler
	c      *Conn
}

var letter = [2]string{"o", "r"}

func (s *seen) Chunk(c Chunk) {
	if c.Offset != s.at[c.Dir] {
		s.t.Errorf("chunk %q at offset %d, want %d", c.Data, c.Offset, s.at[c.Dir])
	}
	if c.Wire != len(c.Data) || len(c.Data) == 0 {
		s.t.Errorf("chunk of %d bytes says %d on the wire", len(c.Data), c.Wire)
	}
	s.at[c.Dir] += uint64(len(c.Data))
	mark := letter[c.Dir] + ":"
	if n := len(s.log); n > 0 && strings.HasPrefix(s.log[n-1], mark) {
		s.log[n-1] += string(c.Data)
	} else {
		s.log = append(s.log, mark+string(c.Data))
	}
	if s.stopAt != "" && strings.HasSuffix(s.log[len(s.log)-1], s.stopAt) {
		s.r.Stop(s.c)
	}
}

func (s *seen) Gap(d flow.Dir, n int) {
	s.at[d] += uint64(n)
	s.log = append(s.log, fmt.Sprintf("%s~%d", letter[d], n))
}

func (s *seen) Mismatch(d flow.Dir, off uint64) {
	s.log = append(s.log, fmt.Sprintf("%s!%d", letter[d], off))
}

// seg is one packet of a table. Sequence and acknowledgement numbers count from the initial ones below.
type seg struct {
	d     flow.Dir
	flags uint8
	seq   uint32
	ack   uint32 // 0: no ACK flag
	data  string
	wire  int // 0: as long as data
}

// The initial sequence numbers make every table cross the end of the sequence space.
var isn = [2]uint32{0xffff_fffa, 0xffff_fffe}

func (s seg) packet() *packet.Packet {
	p := &packet.Packet{Kind: packet.KindTCP, Time: 1, Flags: s.flags, Seq: isn[s.d] + s.seq, Payload: []byte(s.data), PayloadLen: len(s.data)}
	if s.ack != 0 {
		p.Flags |= packet.ACK
		p.Ack = isn[s.d.Other()] + s.ack
	}
	if s.wire != 0 {
		p.PayloadLen = s.wire
	}
	return p
}

func o(seq, ack uint32, data string) seg { return seg{d: flow.Orig, seq: seq, ack: ack, data: data} }
func r(seq, ack uint32, data string) seg { return seg{d: flow.Resp, seq: seq, ack: ack, data: data} }

var handshake = []seg{{d: flow.Orig, flags: packet.SYN}, {d: flow.Resp, flags: packet.SYN, ack: 1}, o(1, 1, "")}

func after(s ...seg) []seg { return append(append([]seg{}, handshake...), s...) }

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []seg
		want string
	}{
		{"in order", after(o(1, 1, "abc"), r(1, 4, "xy"), o(4, 3, "def")), "o:abc r:xy o:def"},
		{"hole filled", after(o(4, 1, "def"), o(1, 1, "abc")), "o:abcdef"},
		{"three backwards", after(o(7, 1, "ghi"), o(4, 1, "def"), o(1, 1, "abc")), "o:abcdefghi"},
		{"retransmission", after(o(1, 1, "abc"), o(1, 1, "abc"), o(4, 1, "d")), "o:abcd"},
		{"retransmission that goes on", after(o(1, 1, "abc"), o(1, 1, "abcde")), "o:abcde"},
		{"overlap of delivered data from its middle", after(o(1, 1, "abc"), o(3, 1, "cde")), "o:abcde"},
		{"early data in the middle of a later segment", after(o(3, 1, "cd"), o(1, 1, "abcdef")), "o:abcdef"},
		{"later segment spans two held", after(o(3, 1, "c"), o(5, 1, "e"), o(2, 1, "bcdefg"), o(1, 1, "a")), "o:abcdefg"},

		// The first copy counts, whichever a host would take.
		{"same place, other bytes", after(o(1, 1, "good"), o(1, 1, "evil")), "o:good o!0"},
		{"held, then other bytes in order", after(o(3, 1, "CD"), o(1, 1, "abcdef")), "o:ab o!2 o:CDef"},
		{"held, then other bytes held", after(o(3, 1, "cd"), o(3, 1, "CD"), o(1, 1, "ab")), "o!2 o:abcd"},
		{"longer retransmission, other bytes", after(o(1, 1, "ab"), o(1, 1, "aXcd")), "o:ab o!0 o:cd"},
		{"other bytes behind what all such answers begin with", after(o(1, 1, "HTTP/1.1 302 Found"), o(1, 1, "HTTP/1.1 200 OK and more")), "o:HTTP/1.1 302 Found o!0 o:d more"},
		{"other bytes behind what is compared", after(o(1, 1, strings.Repeat("x", 64)+"y"), o(1, 1, strings.Repeat("x", 64)+"z")), "o:" + strings.Repeat("x", 64) + "y"},
		{"a shorter retransmission", after(o(1, 1, "abcdefghijkl"), o(1, 1, "abcdef")), "o:abcdefghijkl"},
		{"keep-alive with a byte of rubbish", after(o(1, 1, "abc"), o(3, 1, "\x00"), o(4, 1, "d")), "o:abcd"},

		// RFC 9293 section 3.4: SYN and FIN take a number each.
		{"data in the SYN", []seg{{d: flow.Orig, flags: packet.SYN, data: "hello"}, {d: flow.Resp, flags: packet.SYN, ack: 6}, o(6, 1, "!")}, "o:hello!"},
		{"FIN with data", after(seg{d: flow.Orig, flags: packet.FIN, seq: 1, ack: 1, data: "bye"}, r(1, 5, ""), r(1, 5, "")), "o:bye"},
		{"FIN before the data it ends", after(seg{d: flow.Orig, flags: packet.FIN, seq: 4, ack: 1}, o(1, 1, "abc"), r(1, 5, ""), r(1, 5, "")), "o:abc"},
		{"SYN again after data", after(o(1, 1, "abc"), seg{d: flow.Orig, flags: packet.SYN}, o(4, 1, "def")), "o:abcdef"},

		{"hole acknowledged by an answer", after(o(1, 1, "abc"), o(7, 1, "ghi"), r(1, 10, "ok")), "o:abc o~3 o:ghi r:ok"},
		{"hole acknowledged once may be late", after(o(4, 1, "def"), r(1, 7, ""), o(1, 1, "abc")), "o:abcdef"},
		{"hole acknowledged twice is not", after(o(4, 1, "def"), r(1, 7, ""), r(1, 7, ""), o(1, 1, "abc")), "o~3 o:def"},
		{"hole at the end", after(o(1, 1, "abc"), r(1, 10, "ok")), "o:abc o~6 r:ok"},
		{"acknowledgement within the hole's end", after(o(5, 1, "ef"), r(1, 3, "ok"), o(3, 3, "cd")), "o~2 r:ok o:cdef"},
		{"flush gives the hole up", after(o(4, 1, "def"), o(9, 1, "i")), "o~3 o:def o~2 o:i"},
		{"flush knows what was acknowledged", after(o(1, 1, "abc"), r(1, 7, "")), "o:abc o~3"},

		{"from the middle", []seg{o(500, 900, "abc"), r(900, 503, "xy"), o(503, 902, "d")}, "o:abc r:xy o:d"},
		{"from the middle, first two swapped, place known from an answer", []seg{r(900, 500, "x"), o(503, 901, "def"), o(500, 901, "abc")}, "r:x o:abcdef"},
		{"from the middle, an acknowledged segment comes again", []seg{r(900, 503, ""), o(500, 900, "abc"), o(503, 900, "d")}, "o:abcd"},
		{"from a keep-alive on", []seg{o(499, 900, ""), o(500, 900, "abc")}, "o:abc"},
		{"from a keep-alive and its answers on", []seg{o(499, 900, ""), r(900, 500, ""), r(900, 500, ""), o(500, 900, "abc")}, "o:abc"},
		{"one direction only", []seg{o(1, 0, "abc"), o(7, 0, "ghi"), o(4, 0, "def")}, "o:abcdefghi"},
		{"SYN-ACK captured before the SYN", []seg{{d: flow.Resp, flags: packet.SYN, ack: 1}, {d: flow.Orig, flags: packet.SYN}, o(1, 1, "abc"), r(1, 4, "x")}, "o:abc r:x"},

		{"cut by the mirror", after(seg{d: flow.Orig, seq: 1, ack: 1, data: "abc", wire: 10}, o(11, 1, "k")), "o:abc o~7 o:k"},
		{"cut and early", after(seg{d: flow.Orig, seq: 4, ack: 1, data: "d", wire: 3}, o(1, 1, "abc"), o(7, 1, "g")), "o:abcd o~2 o:g"},
		{"cut to nothing", after(seg{d: flow.Orig, seq: 1, ack: 1, wire: 5}, o(6, 1, "f")), "o~5 o:f"},

		{"far outside any window", after(o(1<<25, 1, "evil"), o(1, 1, "abc")), "o:abc"},
		{"so much missed that it goes on far away", after(o(1, 1, "a"), o(1<<25, 1, "xx"), o(1<<25+2, 1, "yy")), "o:a o~33554432 o:yy"},
		{"acknowledgement of what cannot be", after(r(1, 1<<25, "x"), o(1, 2, "abc")), "r:x o:abc"},
		{"reset is not data", after(seg{d: flow.Orig, flags: packet.RST, seq: 1, ack: 1, data: "why"}), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c Conn
			re := NewReassembler(Defaults())
			h := &seen{t: t, r: re, c: &c}
			for _, s := range tt.in {
				re.Segment(&c, s.d, s.packet(), h)
			}
			re.Flush(&c, h)
			if got := strings.Join(h.log, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			re.Release(&c)
			if n := re.Stats().Buffered; n != 0 {
				t.Errorf("%d bytes held after Release", n)
			}
		})
	}
}

func TestStopFromTheHandler(t *testing.T) {
	for _, at := range []string{"abc", "def", "ghi"} {
		var c Conn
		re := NewReassembler(Defaults())
		h := &seen{t: t, r: re, c: &c, stopAt: at}
		for _, s := range after(o(7, 1, "ghi"), o(4, 1, "def"), o(12, 1, "l"), o(1, 1, "abc"), o(10, 1, "jk")) {
			re.Segment(&c, s.d, s.packet(), h)
		}
		re.Flush(&c, h)
		if got := strings.Join(h.log, " "); !strings.HasSuffix(got, at) {
			t.Errorf("stopped at %s, got %s", at, got)
		}
		if n := re.Stats().Buffered; n != 0 {
			t.Errorf("stopped at %s: %d bytes still held", at, n)
		}
	}
}

func TestStats(t *testing.T) {
	var c Conn
	re := NewReassembler(Defaults())
	h := &seen{t: t}
	for _, s := range after(o(1, 1, "abc"), o(1, 1, "abX"), o(7, 1, "ghi"), r(1, 10, "ok"), o(1<<25, 1, "evil")) {
		re.Segment(&c, s.d, s.packet(), h)
	}
	want := Stats{PeakBuffered: pageSize, OutOfOrder: 1, Gaps: 1, Missed: 3, Overlaps: 1, Mismatches: 1, Dropped: 1}
	if got := re.Stats(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestConnStaysSmall(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 96 {
		t.Errorf("Conn is %d bytes; a million conversations have one each", n)
	}
}
