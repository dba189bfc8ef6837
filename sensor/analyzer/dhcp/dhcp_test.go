package dhcp

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// bootp is the fixed part with the cookie, for one client.
func bootp(op byte, xid uint32, yours string) string {
	b := make([]byte, fixedLen+4)
	b[0], b[1], b[2] = op, 1, 6
	binary.BigEndian.PutUint32(b[4:], xid)
	copy(b[16:], yours)
	copy(b[28:], "\x02\x00\x5e\x00\x01\xfe")
	binary.BigEndian.PutUint32(b[fixedLen:], cookie)
	return string(b)
}

func opt(tag byte, value string) string { return string([]byte{tag, byte(len(value))}) + value }

const lent = "\x0a\x00\x00\x32"

var (
	discover = bootp(1, 7, "") + opt(53, "\x01") + opt(12, "laptop\x00") + opt(50, lent) + "\xff"
	offer    = bootp(2, 7, lent) + opt(53, "\x02") + opt(54, "\x0a\x00\x00\x01") + opt(51, "\x00\x00\x0e\x10") + "\xff"
	request  = bootp(1, 7, "") + opt(53, "\x03") + opt(81, "\x04\x00\x00\x06laptop\x04corp\x00") + "\xff"
	ack      = bootp(2, 7, lent) + opt(53, "\x05") + opt(54, "\x0a\x00\x00\x01") + opt(51, "\x00\x00\x0e\x10") + opt(15, "corp.example") + "\xff"
	nak      = bootp(2, 7, "") + opt(53, "\x06") + opt(56, "address in use\x01") + "\xff"
	inform   = bootp(1, 9, "") + opt(53, "\x08") + opt(81, "\x00\x00\x00pc.corp") + "\xff"
)

type sent struct {
	d    flow.Dir
	at   int64 // seconds
	data string
}

type session struct {
	records []*events.DHCP
	weirds  []string
	names   int
	reader  analyzer.Analyzer
	joiner  analyzer.Joiner
}

// start makes the analyzer of one conversation, and the joiner behind it.
func start() *session {
	s := &session{joiner: Spec.Join()}
	head := events.Head{OrigH: netip.MustParseAddr("10.0.0.50"), OrigP: 68, RespH: netip.MustParseAddr("10.0.0.2"), RespP: 67, UID: "C1"}
	s.reader = Spec.New(&analyzer.Conversation{
		Head: head, Transport: analyzer.UDP,
		Emit: func(r events.Record) {
			h := r.Common()
			ts := h.TS
			*h = head
			h.TS = ts
			whole, _ := s.joiner.Take(r)
			s.got(whole)
		},
		Confirm: func(string) { s.names++ },
		Weird:   func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

func (s *session) got(whole []events.Record) {
	for _, r := range whole {
		s.records = append(s.records, r.(*events.DHCP))
	}
}

func (s *session) close() {
	s.reader.Close()
	s.got(s.joiner.Close())
}

func (s *session) feed(m sent) error {
	_, err := s.reader.Feed(stream.Chunk{Dir: m.d, Time: m.at * 1e9, Data: []byte(m.data), Wire: len(m.data)})
	return err
}

func TestLease(t *testing.T) {
	s := start()
	for i, m := range []string{discover, offer, request, ack} {
		if err := s.feed(sent{flow.Dir(i & 1), int64(i), m}); err != nil {
			t.Fatal(err)
		}
	}
	if s.close(); len(s.records) != 1 || s.names != 1 {
		t.Fatalf("%d records, confirmed %d times", len(s.records), s.names)
	}
	var got map[string]any
	if err := json.Unmarshal(s.records[0].AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"ts": 0.0, "client_addr": "10.0.0.50", "server_addr": "10.0.0.1", "mac": "02:00:5e:00:01:fe", "host_name": "laptop",
		"client_fqdn": "laptop.corp", "domain": "corp.example", "requested_addr": "10.0.0.50", "assigned_addr": "10.0.0.50", "lease_time": 3600.0,
		"duration": 3.0}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: got %v, want %v", k, got[k], v)
		}
	}
	if want := []string{"DISCOVER", "OFFER", "REQUEST", "ACK"}; !reflect.DeepEqual(s.records[0].MsgTypes, want) {
		t.Errorf("msg_types: got %q", s.records[0].MsgTypes)
	}
}

func TestJoining(t *testing.T) {
	other := strings.Replace(discover, "\x02\x00\x5e\x00\x01\xfe", "\x02\x00\x5e\x00\x01\xff", 1)
	tests := []struct {
		what string
		in   []sent
		want []string
	}{
		{"request only", []sent{{flow.Orig, 0, discover}}, []string{"DISCOVER"}},
		{"answer only", []sent{{flow.Resp, 0, ack}}, []string{"ACK"}},
		{"refused", []sent{{flow.Orig, 0, request}, {flow.Resp, 1, nak}}, []string{"REQUEST NAK"}},
		{"same id, two clients", []sent{{flow.Orig, 0, discover}, {flow.Orig, 0, other}}, []string{"DISCOVER", "DISCOVER"}},
		{"pause within the timeout", []sent{{flow.Orig, 0, discover}, {flow.Orig, 30, discover}}, []string{"DISCOVER DISCOVER"}},
		{"pause beyond it", []sent{{flow.Orig, 0, discover}, {flow.Orig, 31, discover}}, []string{"DISCOVER", "DISCOVER"}},
		{"inform", []sent{{flow.Orig, 0, inform}}, []string{"INFORM"}},
		{"type not assigned", []sent{{flow.Orig, 0, bootp(1, 1, "") + opt(53, "\x63")}}, []string{"unknown-message-type-99"}},
		{"options that lie about their length", []sent{{flow.Orig, 0, bootp(1, 1, "") + opt(53, "\x01") + "\x0c\xffabc"}}, []string{"DISCOVER"}},
		{"plain BOOTP", []sent{{flow.Orig, 0, bootp(1, 1, "")[:fixedLen]}, {flow.Resp, 0, bootp(2, 1, lent)[:fixedLen]}}, []string{""}},
	}
	for _, tt := range tests {
		s := start()
		for _, m := range tt.in {
			if err := s.feed(m); err != nil {
				t.Fatalf("%s: %v", tt.what, err)
			}
		}
		s.close()
		var got []string
		for _, r := range s.records {
			got = append(got, strings.Join(r.MsgTypes, " "))
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

func TestFields(t *testing.T) {
	over := []byte(bootp(1, 1, "") + opt(53, "\x01") + opt(52, "\x03") + "\xff")
	copy(over[108:], opt(12, "fromfile")+"\xff")
	copy(over[44:], opt(15, "fromsname")+"\xff")
	relayed := []byte(discover)
	copy(relayed[24:], "\x0a\x01\x01\x01")
	for _, tt := range []struct {
		what, data string
		get        func(*events.DHCP) string
		want       string
	}{
		{"ASCII name", inform, func(r *events.DHCP) string { return r.ClientFQDN }, "pc.corp"},
		{"odd bytes", nak, func(r *events.DHCP) string { return r.ServerMessage }, `address in use\x01`},
		{"options in file", string(over), func(r *events.DHCP) string { return r.HostName }, "fromfile"},
		{"options in sname", string(over), func(r *events.DHCP) string { return r.Domain }, "fromsname"},
		{"the relay is not the client", string(relayed), func(r *events.DHCP) string { return r.ClientAddr.String() }, "invalid IP"},
		{"what the ACK gives is the client's address", ack, func(r *events.DHCP) string { return r.ClientAddr.String() }, "10.0.0.50"},
		{"what is only offered is not", offer, func(r *events.DHCP) string { return r.ClientAddr.String() }, "invalid IP"},
	} {
		s := start()
		if err := s.feed(sent{flow.Orig, 0, tt.data}); err != nil {
			t.Fatal(err)
		}
		if s.close(); tt.get(s.records[0]) != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, tt.get(s.records[0]), tt.want)
		}
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"discover", discover, analyzer.Yes, analyzer.Yes},
		{"BOOTP", discover[:fixedLen], analyzer.Yes, analyzer.No},
		{"short", discover[:100], analyzer.No, analyzer.No},
		{"zeros", strings.Repeat("\x00", 300), analyzer.No, analyzer.No},
		{"text", strings.Repeat("abc", 100), analyzer.No, analyzer.No},
	} {
		for hinted, want := range map[bool]analyzer.Verdict{true: tt.hinted, false: tt.stranger} {
			if got := Spec.Probe(flow.Orig, []byte(tt.head), hinted); got != want {
				t.Errorf("%s, hinted %v: got %d, want %d", tt.what, hinted, got, want)
			}
		}
	}
	if err := start().feed(sent{flow.Orig, 0, "abc"}); !errors.Is(err, analyzer.ErrNotMine) {
		t.Errorf("first datagram is not DHCP: got %v", err)
	}
}

func TestAllocations(t *testing.T) {
	s := start()
	chunk := stream.Chunk{Dir: flow.Resp, Data: []byte(ack)}
	got := testing.AllocsPerRun(100, func() {
		_, _ = s.reader.Feed(chunk)
		s.close()
		s.records = s.records[:0]
	})
	if got > 9 { // a part, its MAC, the domain in two steps; the transaction and its list of parts; the record, its types and uids
		t.Errorf("%v allocations an ACK, want 9", got)
	}
}

func BenchmarkAck(b *testing.B) {
	s := start()
	chunk := stream.Chunk{Dir: flow.Resp, Data: []byte(ack)}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.reader.Feed(chunk)
		s.close()
		s.records = s.records[:0]
	}
}

// FuzzReader wants no panic and a bounded record, whatever comes.
func FuzzReader(f *testing.F) {
	for _, m := range []string{discover, offer, request, ack, nak, inform} {
		f.Add([]byte(m), []byte(ack))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		Spec.Probe(flow.Orig, first, true)
		s := start()
		for i, b := range [][]byte{first, second, first} {
			if _, err := s.reader.Feed(stream.Chunk{Dir: flow.Dir(i & 1), Time: int64(i), Data: b}); err != nil {
				break
			}
		}
		s.close()
		for _, r := range s.records {
			if len(r.HostName) > 4*255 || len(r.MsgTypes) > 3 {
				t.Fatalf("record grew: %+v", r)
			}
		}
	})
}
