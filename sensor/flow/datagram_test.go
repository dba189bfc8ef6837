package flow

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// datagram is a UDP, ICMP or other packet without a decoder's help.
func datagram(kind packet.Kind, src, dst byte, from, to uint16, size int) *packet.Packet {
	p := &packet.Packet{Kind: kind, Version: 4, Src: addr(src), Dst: addr(dst), SrcPort: from, DstPort: to, Payload: make([]byte, size), PayloadLen: size}
	p.Proto = map[packet.Kind]uint8{packet.KindUDP: packet.ProtoUDP, packet.KindICMP: packet.ProtoICMP, packet.KindICMPv6: packet.ProtoICMPv6, packet.KindIP: packet.ProtoGRE}[kind]
	p.IPLen = 28 + size
	return p
}

func TestDatagramSummaries(t *testing.T) {
	udp := func(src, dst byte, from, to uint16, size int) *packet.Packet {
		return datagram(packet.KindUDP, src, dst, from, to, size)
	}
	icmp := func(src, dst byte, typ, code uint16) *packet.Packet {
		return datagram(packet.KindICMP, src, dst, typ, code, 8)
	}
	icmp6 := func(src, dst byte, typ, code uint16) *packet.Packet {
		return datagram(packet.KindICMPv6, src, dst, typ, code, 8)
	}
	toAll := udp(1, 2, 67, 68, 300)
	toAll.Dst = packet.Addr{10: 255, 11: 255, 12: 255, 13: 255, 14: 255, 15: 255}
	for _, tt := range []struct {
		name string
		in   []*packet.Packet
		want string // addresses and ports, then the summary
	}{
		{"question and answer", []*packet.Packet{udp(1, 2, 5000, 53, 30), udp(2, 1, 53, 5000, 90)}, "1:5000 2:53 SF Dd 30/90 1/1"},
		{"answer alone", []*packet.Packet{udp(2, 1, 53, 5000, 90)}, "1:5000 2:53 SHR ^d 0/90 0/1"},
		{"question alone", []*packet.Packet{udp(1, 2, 5000, 53, 0)}, "1:5000 2:53 S0 D 0/0 1/0"},
		{"both ports a server's", []*packet.Packet{udp(1, 2, 5353, 53, 4)}, "1:5353 2:53 S0 D 4/0 1/0"},
		{"to everyone", []*packet.Packet{toAll}, "1:67 255:68 S0 D 300/0 1/0"},
		{"ping", []*packet.Packet{icmp(1, 2, 8, 0), icmp(2, 1, 0, 0)}, "1:8 2:0 OTH  8/8 1/1"},
		{"answer to a ping alone", []*packet.Packet{icmp(2, 1, 0, 0)}, "2:0 1:8 OTH  8/0 1/0"},
		{"timestamp", []*packet.Packet{icmp(1, 2, 13, 0), icmp(2, 1, 14, 0)}, "1:13 2:14 OTH  8/8 1/1"},
		{"unreachable has a code and no answer", []*packet.Packet{icmp(1, 2, 3, 1), icmp(1, 2, 3, 1)}, "1:3 2:1 OTH  16/0 2/0"},
		{"ping of IPv6", []*packet.Packet{icmp6(1, 2, 128, 0), icmp6(2, 1, 129, 0)}, "1:128 2:129 OTH  8/8 1/1"},
		{"neighbour solicitation", []*packet.Packet{icmp6(1, 2, 135, 0)}, "1:135 2:136 OTH  8/0 1/0"},
		{"listener report", []*packet.Packet{icmp6(1, 2, 131, 0)}, "1:131 2:130 OTH  8/0 1/0"},
		{"other IP protocol", []*packet.Packet{datagram(packet.KindIP, 1, 2, 0, 0, 10)}, "1:0 2:0 OTH  10/0 1/0"},
	} {
		var got []string
		table := New(Defaults(), Hooks[int]{Ended: func(f *Flow[int], _ Reason) {
			got = append(got, fmt.Sprintf("%d:%d %d:%d %s", f.Orig.Addr[15], f.Orig.Port, f.Resp.Addr[15], f.Resp.Port, summary(&f.Conversation)))
		}})
		for _, p := range tt.in {
			table.Track(p)
		}
		table.Close()
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// Errors from both hosts about each other are two conversations, as each is sent one way.
func TestOneWayMessagesDoNotMeet(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	a, _, _ := table.Track(datagram(packet.KindICMP, 1, 2, 3, 3, 8))
	b, _, fresh := table.Track(datagram(packet.KindICMP, 2, 1, 3, 3, 8))
	if a == b || !fresh {
		t.Error("both were counted as one")
	}
}

func TestUntracked(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	fragment := datagram(packet.KindIP, 1, 2, 0, 0, 8)
	fragment.Fragment = true
	headless := datagram(packet.KindIP, 1, 2, 0, 0, 8)
	headless.Proto = packet.ProtoTCP
	for _, p := range []*packet.Packet{{Kind: packet.KindARP}, {Kind: packet.KindOther}, fragment, headless} {
		if f, _, fresh := table.Track(p); f != nil || fresh {
			t.Errorf("kind %d was tracked", p.Kind)
		}
	}
	if s := table.Stats(); s.Untracked != 4 || s.Flows != 0 {
		t.Errorf("%+v", s)
	}
}

func TestDatagramTimeOuts(t *testing.T) {
	for _, kind := range []packet.Kind{packet.KindUDP, packet.KindICMP, packet.KindIP} {
		for _, tt := range []struct {
			silence time.Duration
			fresh   bool
		}{{59 * time.Second, false}, {61 * time.Second, true}} {
			table := New(Defaults(), Hooks[int]{})
			p := datagram(kind, 1, 2, 8, 0, 8)
			table.Track(p)
			p.Time += int64(tt.silence)
			if _, _, fresh := table.Track(p); fresh != tt.fresh {
				t.Errorf("kind %d after %v: fresh %v", kind, tt.silence, fresh)
			}
		}
	}
}

// Without further packets, Expire ends what is due, at the latest an eighth of the time-out late.
func TestExpire(t *testing.T) {
	var ended []Reason
	table := New(Defaults(), Hooks[int]{Ended: func(_ *Flow[int], why Reason) { ended = append(ended, why) }})
	p := datagram(packet.KindUDP, 1, 2, 5000, 6000, 8)
	for range 8 {
		table.Track(p)
		p.Time += int64(time.Second)
	}
	last := p.Time - int64(time.Second)
	table.Expire(last + int64(time.Minute) - 1)
	if len(ended) != 0 {
		t.Fatal("ended early")
	}
	table.Expire(last + int64(time.Minute)*9/8)
	if len(ended) != 1 || ended[0] != TimedOut {
		t.Fatalf("ended %v", ended)
	}
}

func TestInteractiveConversationsWait(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	var f *Flow[int]
	for i, line := range opened {
		f, _, _ = table.Track(parse(t, line, int64(i)))
	}
	table.Interactive(f)
	table.Track(parse(t, "A>B ACK 1 ack 1", 10))
	if _, _, fresh := table.Track(parse(t, "A>B ACK 1 ack 1 at 3000", 0)); fresh {
		t.Error("ended before the hour")
	}
	if _, _, fresh := table.Track(parse(t, "A>B ACK 1 ack 1 at 7000", 0)); !fresh {
		t.Error("did not end after the hour")
	}
}

func TestInterim(t *testing.T) {
	var at []int64
	var now int64
	cfg := Defaults()
	cfg.InterimEvery = 10 * time.Second
	table := New(cfg, Hooks[int]{Interim: func(f *Flow[int]) { at = append(at, now) }})
	p := datagram(packet.KindUDP, 1, 2, 5000, 6000, 8)
	for _, now = range []int64{0, 5, 9, 10, 11, 19, 21, 60, 61, 71} {
		p.Time = now * 1e9
		table.Track(p)
	}
	// From 21 to 60 several periods passed: one report, and the next period counts from there.
	if fmt.Sprint(at) != "[10 21 60 71]" {
		t.Errorf("reported at %v", at)
	}
}

func TestCloseInOrderOfStart(t *testing.T) {
	var got []int64
	table := New(Defaults(), Hooks[int]{Ended: func(f *Flow[int], _ Reason) { got = append(got, f.Start) }})
	for i, kind := range []packet.Kind{packet.KindUDP, packet.KindICMP, packet.KindUDP, packet.KindIP, packet.KindICMPv6} {
		p := datagram(kind, byte(i), 2, 8, 0, 8)
		p.Time = int64(i) * 1e9
		table.Track(p)
	}
	table.Close()
	if fmt.Sprint(got) != "[0 1000000000 2000000000 3000000000 4000000000]" {
		t.Errorf("ended in order %v", got)
	}
}

func TestMarkChecksums(t *testing.T) {
	for _, mark := range []bool{false, true} {
		cfg := Defaults()
		cfg.MarkChecksums = mark
		table := New(cfg, Hooks[int]{})
		p := datagram(packet.KindUDP, 1, 2, 5000, 53, 8)
		p.Checksum = packet.CheckBad
		f, _, _ := table.Track(p)
		if got, want := f.History(), map[bool]string{false: "D", true: "CD"}[mark]; got != want {
			t.Errorf("marking %v: history %q, want %q", mark, got, want)
		}
	}
}
