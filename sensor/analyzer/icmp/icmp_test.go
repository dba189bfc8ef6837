package icmp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

type session struct {
	records []*events.ICMP
	service []string
	reader  analyzer.Analyzer
}

func start(source string, kind, other uint16) *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Head: events.Head{OrigH: netip.MustParseAddr(source), OrigP: kind, RespP: other}, Transport: analyzer.ICMP,
		Emit:    func(r events.Record) { s.records = append(s.records, r.(*events.ICMP)) },
		Confirm: func(n string) { s.service = append(s.service, n) },
	})
	return s
}

// feed gives messages a second apart; those that begin with < are the responder's.
func (s *session) feed(t testing.TB, msgs ...string) *session {
	t.Helper()
	for i, m := range msgs {
		d := flow.Orig
		if strings.HasPrefix(m, "<") {
			d, m = flow.Resp, m[1:]
		}
		if n, err := s.reader.Feed(stream.Chunk{Dir: d, Time: int64(i+1) * 1e9, Data: []byte(m), Wire: len(m)}); err != nil || n != len(m) {
			t.Fatalf("message %d: %d, %v", i, n, err)
		}
	}
	return s
}

// ping is an iputils payload: a time, then a pattern.
func ping(at int) string {
	return fmt.Sprintf("%016d", at) + "0123456789abcdef0123456789abcdef01234567"
}

func TestExchanges(t *testing.T) {
	tests := []struct {
		what string
		in   []string
		want string // requests replies min max distinct mismatched
	}{
		{"ping", []string{ping(1), "<" + ping(1), ping(2), "<" + ping(2)}, "2 2 56 56 1 0"},
		{"late reply", []string{ping(1), ping(2), "<" + ping(1)}, "2 1 56 56 1 0"},
		{"tunnel", []string{"GET /one HTTP/1.1 and so on", "<200 OK, here you are: page one", "GET /two HTTP/1.1 and so forth"}, "2 1 27 30 3 1"},
		{"shell with short lines", []string{"id", "<uid=0(root)", "ls"}, "2 1 2 11 2 1"},
		{"replies only cannot be compared", []string{"<a", "<b"}, "0 2 1 1 1 0"},
		{"empty", []string{"", "<"}, "1 1 0 0 1 0"},
		{"no message at all", nil, ""},
	}
	for _, tt := range tests {
		s := start("10.0.0.1", 8, 0).feed(t, tt.in...)
		s.reader.Close()
		got := ""
		for _, r := range s.records {
			got += fmt.Sprint(r.Requests, r.Replies, r.MinLen, r.MaxLen, r.Distinct, r.Mismatched)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
		if len(s.service) > 0 {
			t.Errorf("%s: ICMP is no service, as in Zeek: %q", tt.what, s.service)
		}
	}
}

// A conversation that is first seen with a reply is compared the other way about.
func TestReplyFirst(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want uint64
	}{
		{[]string{ping(1), "<" + ping(2), ping(2)}, 0},
		{[]string{ping(1), "<" + ping(2), "data of a tunnel"}, 1},
		{[]string{"one", "two"}, 0},
	} {
		s := start("10.0.0.2", 0, 8).feed(t, tt.in...)
		s.reader.Close()
		if got := s.records[0].Mismatched; got != tt.want {
			t.Errorf("%q: mismatched %d, want %d", tt.in, got, tt.want)
		}
	}
	s := start("10.0.0.2", 13, 14).feed(t, "asked", "<answered")
	if s.reader.Close(); s.records[0].Mismatched != 0 {
		t.Errorf("a timestamp reply is not an echo")
	}
}

func TestQuotedPacket(t *testing.T) {
	inner4 := "\x45\x00\x00\x28\x00\x01\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02" + "\x9c\x40\x00\x35"
	options := "\x46" + inner4[1:20] + "\x01\x01\x01\x01" + inner4[20:]
	fragment := inner4[:6] + "\x00\x10" + inner4[8:]
	inner6 := "\x60\x00\x00\x00\x00\x08\x06\x40" + strings.Repeat("\x00", 15) + "\x01" + strings.Repeat("\x00", 15) + "\x02" + "\x01\xbb\x9c\x40"
	tests := []struct {
		what, source string
		kind, code   uint16
		data         string
		want         string
	}{
		{"port unreachable", "10.0.0.2", 3, 3, inner4, "unreachable 3 10.0.0.1:40000 10.0.0.2:53 17"},
		{"inner options", "10.0.0.2", 11, 0, options, "time_exceeded 0 10.0.0.1:40000 10.0.0.2:53 17"},
		{"inner later fragment has no ports", "10.0.0.2", 11, 1, fragment, "time_exceeded 1 10.0.0.1:0 10.0.0.2:0 17"},
		{"cut short", "10.0.0.2", 3, 3, inner4[:19], "unreachable 3 invalid IP:0 invalid IP:0 0"},
		{"cut before ports", "10.0.0.2", 3, 3, inner4[:22], "unreachable 3 10.0.0.1:0 10.0.0.2:0 17"},
		{"header length lies", "10.0.0.2", 3, 1, "\x41" + inner4[1:], "unreachable 1 10.0.0.1:0 10.0.0.2:0 17"},
		{"IPv6", "::2", 1, 4, inner6, "unreachable 4 ::1:443 ::2:40000 6"},
		{"an echo quotes nothing", "10.0.0.2", 8, 0, inner4, "echo 0 invalid IP:0 invalid IP:0 0"},
		{"nothing there", "10.0.0.2", 3, 3, "", "unreachable 3 invalid IP:0 invalid IP:0 0"},
	}
	for _, tt := range tests {
		s := start(tt.source, tt.kind, tt.code).feed(t, tt.data)
		s.reader.Close()
		r := s.records[0]
		got := fmt.Sprintf("%s %d %s:%d %s:%d %d", r.Name, r.Code, r.OrigUnH, r.OrigUnP, r.RespUnH, r.RespUnP, r.UnProto)
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestInterimRecords(t *testing.T) {
	s := start("fe80::1", 128, 129)
	for i := range 300 {
		s.feed(t, ping(i))
	}
	s.reader.Close()
	var got []string
	for _, r := range s.records {
		got = append(got, fmt.Sprint(r.Requests, r.Interim, r.V6))
	}
	if want := "[64 true true 128 true true 256 true true 300 false true]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// The sample ends, and a reply to a request that left the ring counts as strange.
func TestLimits(t *testing.T) {
	s := start("10.0.0.1", 8, 0)
	for i := range sampled + 50 {
		s.feed(t, fmt.Sprintf("%040d", i))
	}
	s.feed(t, "<"+fmt.Sprintf("%040d", sampled+50-outstanding))
	s.feed(t, "<"+fmt.Sprintf("%040d", sampled+50-outstanding-1))
	s.reader.Close()
	r := s.records[len(s.records)-1]
	if r.Distinct != sampled || r.Mismatched != 1 {
		t.Errorf("distinct %d, mismatched %d", r.Distinct, r.Mismatched)
	}
}

func TestAllocations(t *testing.T) {
	s := start("10.0.0.1", 8, 0)
	chunk := stream.Chunk{Data: []byte(ping(1)), Wire: 56}
	for range 200 {
		_, _ = s.reader.Feed(chunk)
	}
	s.reader.(*reader).interim = 1 << 60
	if got := testing.AllocsPerRun(100, func() { _, _ = s.reader.Feed(chunk) }); got > 0 {
		t.Errorf("%v allocations a message, want none", got)
	}
}

func BenchmarkPing(b *testing.B) {
	s := start("10.0.0.1", 8, 0)
	ask, reply := stream.Chunk{Data: []byte(ping(1))}, stream.Chunk{Data: []byte(ping(1)), Dir: flow.Resp}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.reader.Feed(ask)
		_, _ = s.reader.Feed(reply)
	}
}

// FuzzReader wants no panic and counts that add up, whatever comes.
func FuzzReader(f *testing.F) {
	f.Add(uint8(3), []byte("\x45\x00\x00\x28"), []byte("x"), false)
	f.Add(uint8(1), []byte("\x60\x00"), []byte{}, true)
	f.Fuzz(func(t *testing.T, kind uint8, first, second []byte, v6 bool) {
		source := "10.0.0.1"
		if v6 {
			source = "::1"
		}
		s := start(source, uint16(kind), 3)
		for i, b := range [][]byte{first, second, first} {
			_, _ = s.reader.Feed(stream.Chunk{Dir: flow.Dir(i & 1), Time: int64(i), Data: b})
		}
		s.reader.Close()
		if r := s.records[0]; r.Requests+r.Replies != 3 || r.Mismatched > r.Replies || r.MinLen > r.MaxLen || r.Distinct > 3 {
			t.Fatalf("%+v", r)
		}
	})
}
