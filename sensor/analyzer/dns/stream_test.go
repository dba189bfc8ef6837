package dns

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func framed(msg string) string { return u16(uint16(len(msg))) + msg }

var (
	ask1   = head(1, query, 1, 0) + name("one.org") + u16(1, 1)
	ask2   = head(2, query, 1, 0) + name("two.org") + u16(16, 1)
	reply1 = head(1, answer, 1, 1) + name("one.org") + u16(1, 1) + rr(owner, 1, 5, "\x01\x02\x03\x04")
	reply2 = head(2, answer, 1, 1) + name("two.org") + u16(16, 1) + rr(owner, 16, 5, "\x02hi")
)

// run feeds streams as the engine does, step bytes at a time, keeping what is not consumed.
func (s *session) run(t testing.TB, step int, msgs ...sent) *session {
	var held [2][]byte
	for i, m := range msgs {
		for from := 0; from < len(m.data); from += step {
			b := append(held[m.d], m.data[from:min(from+step, len(m.data))]...)
			n, err := s.reader.Feed(stream.Chunk{Dir: m.d, Time: int64(i+1) * 1e9, Data: b, Wire: len(b)})
			if err != nil || n < 0 || n > len(b) {
				t.Fatalf("message %d: consumed %d of %d, %v", i, n, len(b), err)
			}
			held[m.d] = append([]byte(nil), b[n:]...)
		}
	}
	s.reader.Close()
	return s
}

func TestStreamAnyChunking(t *testing.T) {
	talk := []sent{{flow.Orig, framed(ask1) + framed(ask2)}, {flow.Resp, framed(reply1) + framed(reply2)}}
	want := []string{"one.org|A|NOERROR|1.2.3.4|rtt", "two.org|TXT|NOERROR|TXT 2 hi|rtt"}
	for _, step := range []int{1, 2, 3, 7, 1 << 16} {
		s := start(analyzer.TCP, 53).run(t, step, talk...)
		if got := s.lines(); !reflect.DeepEqual(got, want) {
			t.Errorf("%d bytes at a time: got %q, want %q", step, got, want)
		}
		if len(s.names) != 1 || s.records[0].Proto != "tcp" {
			t.Errorf("%d bytes at a time: confirmed %q, proto %q", step, s.names, s.records[0].Proto)
		}
	}
}

// A message longer than is waited for is read in part, and what follows it is found.
func TestLongMessageIsSkipped(t *testing.T) {
	long := head(1, answer, 1, 1) + name("one.org") + u16(1, 1) + rr(owner, 1, 5, "\x01\x02\x03\x04") + strings.Repeat("x", maxHeldMessage)
	for _, step := range []int{1000, 1 << 17} {
		got := start(analyzer.TCP, 53).run(t, step, sent{flow.Orig, framed(ask1) + framed(ask2)}, sent{flow.Resp, framed(long) + framed(reply2)}).lines()
		if want := []string{"one.org|A|NOERROR|1.2.3.4|rtt", "two.org|TXT|NOERROR|TXT 2 hi|rtt"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%d bytes at a time: got %q, want %q", step, got, want)
		}
	}
}

// After a gap nothing is made up from the middle of a message, and the next message that starts a segment is read.
func TestGapDoesNotLie(t *testing.T) {
	s := start(analyzer.TCP, 53)
	feed := func(d flow.Dir, b string) {
		if n, err := s.reader.Feed(stream.Chunk{Dir: d, Time: 1e9, Data: []byte(b)}); n != len(b) || err != nil {
			t.Fatalf("fed %q: consumed %d, %v", b, n, err)
		}
	}
	feed(flow.Orig, framed(ask1)+framed(ask2))
	if err := s.reader.Gap(flow.Resp, 20); err != nil {
		t.Fatal(err)
	}
	feed(flow.Resp, framed(reply1)[20:])
	feed(flow.Resp, framed(reply2))
	s.reader.Close()
	if got, want := s.lines(), []string{"two.org|TXT|NOERROR|TXT 2 hi", "one.org|A||"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNotMine(t *testing.T) {
	loop := head(1, query, 1, 0) + "\xc0\x0c" + u16(1, 1)
	forward := head(1, query, 1, 0) + "\xc0\x20" + u16(1, 1)
	long := head(1, query, 1, 0) + name(strings.Repeat("abcdefghi.", 26)) + u16(1, 1)
	for what, msg := range map[string]string{
		"empty": "", "short": "abc", "pointer to itself": loop, "pointer forward": forward, "name over 255": long,
		"label over 63": head(1, query, 1, 0) + "\x40" + strings.Repeat("a", 64) + "\x00" + u16(1, 1),
		"cut question":  ask1[:len(ask1)-1], "many questions": head(1, query, 26, 0) + strings.Repeat(ask1[12:], 26),
	} {
		s := start(analyzer.UDP, 53)
		if _, err := s.reader.Feed(stream.Chunk{Data: []byte(msg)}); !errors.Is(err, analyzer.ErrNotMine) {
			t.Errorf("%s: got %v", what, err)
		}
		if s.reader.Close(); len(s.records)+len(s.names) > 0 {
			t.Errorf("%s: records %q, confirmed %q", what, s.lines(), s.names)
		}
	}
}

// Once the flow is DNS, a broken message is odd, not the end.
func TestMalformedAfterConfirmation(t *testing.T) {
	s := start(analyzer.UDP, 53).datagrams(t, sent{flow.Orig, ask1}, sent{flow.Resp, "broken"}, sent{flow.Resp, reply1})
	if got := s.lines(); len(got) != 1 || !reflect.DeepEqual(s.weirds, []string{"dns_malformed"}) {
		t.Errorf("got %q, weird %q", got, s.weirds)
	}
}

func TestLimits(t *testing.T) {
	var asks []sent
	for i := range maxPending + 5 {
		asks = append(asks, sent{flow.Orig, head(uint16(i), query, 1, 0) + ask1[12:]})
	}
	s := start(analyzer.UDP, 53)
	for _, m := range asks {
		_, _ = s.reader.Feed(stream.Chunk{Data: []byte(m.data), Time: 1})
	}
	if len(s.records) != 5 || len(s.weirds) != 5 || s.records[4].TransID != 4 {
		t.Errorf("pending: %d records, %d weirds", len(s.records), len(s.weirds))
	}
	if s.reader.Close(); len(s.records) != maxPending+5 {
		t.Errorf("pending: %d records at the end", len(s.records))
	}

	many := head(1, answer, 1, 100) + ask1[12:] + strings.Repeat(rr(owner, 1, 5, "\x01\x02\x03\x04"), 100)
	s = start(analyzer.UDP, 53).datagrams(t, sent{flow.Resp, many})
	if len(s.records[0].Answers) != maxAnswers || len(s.weirds) != 1 {
		t.Errorf("answers: kept %d, weird %q", len(s.records[0].Answers), s.weirds)
	}

	text := strings.Repeat("\xff"+strings.Repeat("\x00", 255), 20) // 20 KiB of escapes
	s = start(analyzer.UDP, 53).datagrams(t, sent{flow.Resp, head(1, answer, 1, 2) + ask2[12:] + rr(owner, 16, 5, "\x02hi") + rr(owner, 16, 5, text)})
	if got := s.records[0].Answers; len(got) != 1 || got[0] != "TXT 2 hi" || len(s.weirds) != 1 {
		t.Errorf("text: kept %d answers, weird %q", len(got), s.weirds)
	}
}

// A question waits ten seconds of the packets' time, and not a nanosecond longer when packets come.
func TestUnansweredLeavesInTime(t *testing.T) {
	for _, tt := range []struct {
		later int64
		want  int
	}{{answerTimeout, 0}, {answerTimeout + 1, 1}} {
		s := start(analyzer.UDP, 53)
		_, _ = s.reader.Feed(stream.Chunk{Data: []byte(ask1), Time: 5})
		_, _ = s.reader.Feed(stream.Chunk{Data: []byte(ask2), Time: 5 + tt.later})
		if len(s.records) != tt.want {
			t.Errorf("after %d ns: %d records, want %d", tt.later, len(s.records), tt.want)
		}
	}
}

func TestProbe(t *testing.T) {
	opt := "\x00" + u16(41, 4096, 0, 0, 0)
	edns := u16(9, query, 1, 0, 0, 1) + name("a.org") + u16(1, 1) + opt
	tests := []struct {
		what             string
		head             string
		hinted, stranger analyzer.Verdict
	}{
		{"query", ask1, analyzer.Yes, analyzer.Yes},
		{"answer", reply1, analyzer.Yes, analyzer.Yes},
		{"query with EDNS", edns, analyzer.Yes, analyzer.Yes},
		{"framed", framed(ask1), analyzer.Yes, analyzer.Yes},
		{"framed, two", framed(ask1) + framed(ask2), analyzer.Yes, analyzer.Yes},
		{"framed, with more than its message", framed(ask1+"x") + framed(ask2), analyzer.Yes, analyzer.No},
		{"opcode not assigned", head(1, 0x4900, 1, 0) + ask1[12:], analyzer.No, analyzer.No},
		{"framed, one byte", framed(ask1)[:1], analyzer.Maybe, analyzer.Maybe},
		{"framed, half", framed(ask1)[:20], analyzer.Maybe, analyzer.Maybe},
		{"multicast announcement", head(0, 0x8400, 0, 1) + rr(name("p.local"), 1, 9, "\x01\x02\x03\x04"), analyzer.Yes, analyzer.Yes},
		{"answer cut short by the capture", reply1[:len(reply1)-6], analyzer.Yes, analyzer.No},
		{"refused without question", head(3, 0x8185, 0, 0), analyzer.Yes, analyzer.No},
		{"bytes after the message", ask1 + "x", analyzer.Yes, analyzer.No},
		{"odd host name", head(1, query, 1, 0) + "\x03a\x00b\x00" + u16(1, 1), analyzer.Yes, analyzer.No},
		{"zeros", strings.Repeat("\x00", 64), analyzer.No, analyzer.No},
		{"http", "GET / HTTP/1.1\r\nHost: a.org\r\n\r\n", analyzer.No, analyzer.No},
		{"tls", "\x16\x03\x01\x00\xf0\x01\x00\x00\xec\x03\x03" + strings.Repeat("\xaa", 200), analyzer.No, analyzer.No},
		{"ssh", "SSH-2.0-OpenSSH_9.6\r\n", analyzer.No, analyzer.No},
		{"ntp", "\x23\x02\x06\xec" + strings.Repeat("\x00", 44), analyzer.No, analyzer.No},
		{"quic", "\xc3\x00\x00\x00\x01\x08" + strings.Repeat("\x5c", 300), analyzer.No, analyzer.No},
		{"snmp", "0\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x04\x1d\x5a\x1c\x3d\x02\x01\x00\x02\x01\x00", analyzer.No, analyzer.No},
	}
	for _, tt := range tests {
		if got := Spec.Probe(flow.Orig, []byte(tt.head), true); got != tt.hinted {
			t.Errorf("%s, on 53: got %d, want %d", tt.what, got, tt.hinted)
		}
		if got := Spec.Probe(flow.Orig, []byte(tt.head), false); got != tt.stranger {
			t.Errorf("%s, elsewhere: got %d, want %d", tt.what, got, tt.stranger)
		}
	}
}

func TestAllocations(t *testing.T) {
	s := start(analyzer.UDP, 53)
	ask, reply := []byte(ask1), []byte(reply1)
	got := testing.AllocsPerRun(100, func() {
		_, _ = s.reader.Feed(stream.Chunk{Data: ask, Time: 1})
		_, _ = s.reader.Feed(stream.Chunk{Data: reply, Time: 2, Dir: flow.Resp})
		s.records = s.records[:0]
	})
	if got > 3 { // the transaction, its query, its answers
		t.Errorf("%v allocations a look-up, want 3", got)
	}
	if got := testing.AllocsPerRun(100, func() { Spec.Probe(flow.Orig, reply, false) }); got > 0 {
		t.Errorf("%v allocations a probe, want none", got)
	}
}

func BenchmarkLookup(b *testing.B) {
	s := start(analyzer.UDP, 53)
	ask, reply := []byte(ask1), []byte(reply1)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.reader.Feed(stream.Chunk{Data: ask, Time: 1})
		_, _ = s.reader.Feed(stream.Chunk{Data: reply, Time: 2, Dir: flow.Resp})
		s.records = s.records[:0]
	}
}

// FuzzReader wants no panic, a record for each message at the most, and as many TTLs as answers, whatever comes.
func FuzzReader(f *testing.F) {
	for _, m := range []string{ask1, reply1, ask2, reply2, framed(ask1) + framed(reply1)} {
		f.Add([]byte(m), []byte(reply1), true)
		f.Add([]byte(m), []byte("broken"), false)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, tcp bool) {
		over := analyzer.UDP
		if tcp {
			over = analyzer.TCP
		}
		Spec.Probe(flow.Orig, first[:min(len(first), analyzer.MaxProbe)], tcp)
		s := start(over, 137)
		for i, b := range [][]byte{first, second, first} {
			n, err := s.reader.Feed(stream.Chunk{Dir: flow.Dir(i & 1), Time: int64(i), Data: b})
			if n < 0 || n > len(b) {
				t.Fatalf("consumed %d of %d", n, len(b))
			}
			if err != nil {
				break
			}
			_ = s.reader.Gap(flow.Resp, 3)
		}
		s.reader.Close()
		for _, r := range s.records {
			if len(r.TTLs) != len(r.Answers) || len(r.Answers) > maxAnswers || len(r.Query) > maxNameText {
				t.Fatalf("%d answers, %d TTLs, query of %d", len(r.Answers), len(r.TTLs), len(r.Query))
			}
		}
	})
}
