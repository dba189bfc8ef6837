package flow

import (
	"fmt"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// mirrored is a packet of a table as an observation point shows it.
func mirrored(t *testing.T, vni uint32, line string) *packet.Packet {
	p := parse(t, line, 0)
	p.VNI = vni
	return p
}

type show struct {
	vni  uint32
	line string
	copy bool
}

func trackAll(t *testing.T, table *Table[int], shows []show) *Flow[int] {
	t.Helper()
	var f *Flow[int]
	now := int64(1e9)
	for i, s := range shows {
		p := mirrored(t, s.vni, s.line)
		if p.Time == 0 {
			p.Time = now
		}
		now = p.Time + 1e6
		if f, _, _ = table.Track(p); f.Duplicate != s.copy {
			t.Errorf("packet %d, %q at %d: duplicate %v, want %v", i, s.line, s.vni, f.Duplicate, s.copy)
		}
	}
	return f
}

func TestMirroredAtBothEnds(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	f := trackAll(t, table, []show{
		{7, "A>B SYN 0", false}, {8, "A>B SYN 0", true},
		{8, "B>A SYN+ACK 0 ack 1", false}, {7, "B>A SYN+ACK 0 ack 1", true}, // each direction counts where it shows first
		{7, "A>B ACK 1 ack 1", false}, {7, "A>B ACK 1 ack 1 len 10", false},
		{8, "A>B ACK 1 ack 1 len 10", true}, {8, "A>B ACK 1 ack 1", true}, // in another order
		{8, "B>A ACK 1 ack 11", false}, {7, "B>A ACK 1 ack 11", true},
	})
	if got := summary(&f.Conversation); got != "S1 ShADa 10/0 3/2" {
		t.Errorf("summary %q: copies were counted", got)
	}
	if fmt.Sprint(f.DuplicateVNIs()) != "[8]" || f.DuplicatePackets() != 5 || f.VNI != 7 {
		t.Errorf("VNI %d, duplicates %v, %d packets", f.VNI, f.DuplicateVNIs(), f.DuplicatePackets())
	}
	if s := table.Stats(); s.Flows != 1 || s.DuplicateFlows != 1 || s.DuplicatePackets != 5 {
		t.Errorf("%+v", s)
	}
}

// Address plans that overlap: the same addresses and ports behind two points, and nothing else in common.
func TestOverlappingAddressPlans(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	a, b := mirrored(t, 7, "A>B SYN 0"), mirrored(t, 8, "A>B SYN 3000000")
	f, _, _ := table.Track(a)
	g, _, fresh := table.Track(b)
	if !fresh || g.Duplicate || f == g {
		t.Error("two conversations were taken for one")
	}
	if f.Number == g.Number {
		t.Error("both have the same number")
	}
	if again, _, _ := table.Track(mirrored(t, 7, "A>B SYN 0")); again != f || again.Duplicate {
		t.Error("a retransmission at its own point was taken for a copy")
	}
}

func TestCopyTakesOver(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	f := trackAll(t, table, []show{
		{7, "A>B SYN 0", false}, {8, "A>B SYN 0", true}, {7, "B>A SYN+ACK 0 ack 1", false},
		{7, "A>B ACK 1 ack 1 len 10", false}, {8, "A>B ACK 1 ack 1 len 10", true},
		// Point 7 falls silent.
		{8, "A>B ACK 11 ack 1 len 10 at 3", true}, // 7 may yet show it
		{8, "A>B ACK 21 ack 1 len 10 at 7", false}, {8, "A>B ACK 31 ack 1 len 10", false},
		// And comes back.
		{7, "A>B ACK 31 ack 1 len 10", true},
	})
	if got := summary(&f.Conversation); got != "S1 ShD 40/0 4/1" {
		t.Errorf("summary %q", got)
	}
	if n := table.Stats().Promoted; n != 1 {
		t.Errorf("%d took over, want 1", n)
	}
}

func TestNewConversationShowsFirstAtTheOtherPoint(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	trackAll(t, table, []show{
		{7, "A>B SYN 0", false}, {8, "A>B SYN 0", true}, {7, "B>A RST+ACK 0 ack 1", false}, {8, "B>A RST+ACK 0 ack 1", true},
		{8, "A>B SYN 50000000", false}, {7, "A>B SYN 50000000", true},
	})
	if n := table.Stats().Made; n != 2 {
		t.Errorf("%d conversations, want 2", n)
	}
}

func TestDatagramCopies(t *testing.T) {
	udp := func(vni uint32, id uint32, text string, at int64) *packet.Packet {
		p := datagram(packet.KindUDP, 1, 2, 5000, 53, 0)
		p.VNI, p.IPID, p.Payload, p.PayloadLen, p.Time = vni, id, []byte(text), len(text), at
		return p
	}
	for _, tt := range []struct {
		name  string
		other *packet.Packet
		copy  bool
	}{
		{"the same", udp(8, 1, "question", 1e6), true},
		{"the same, much later", udp(8, 1, "question", 2e9), false},
		{"other identification", udp(8, 2, "question", 1e6), false},
		{"other payload", udp(8, 1, "Question", 1e6), false},
		{"other length", udp(8, 1, "question?", 1e6), false},
	} {
		table := New(Defaults(), Hooks[int]{})
		table.Track(udp(7, 1, "question", 0))
		if f, _, _ := table.Track(tt.other); f.Duplicate != tt.copy {
			t.Errorf("%s: duplicate %v", tt.name, f.Duplicate)
		}
	}
}

func TestMorePointsThanRemembered(t *testing.T) {
	table := New(Defaults(), Hooks[int]{})
	var f *Flow[int]
	for vni := uint32(1); vni <= 8; vni++ {
		f, _, _ = table.Track(mirrored(t, vni, "A>B SYN 0"))
	}
	if len(f.DuplicateVNIs()) != maxDuplicates || f.DuplicatePackets() != 7 || f.Orig.Packets != 1 {
		t.Errorf("remembered %v, %d copies, %d packets", f.DuplicateVNIs(), f.DuplicatePackets(), f.Orig.Packets)
	}
}

// The hooks must not take a conversation for a copy because its last packet was one.
func TestEndedIsNeverDuplicate(t *testing.T) {
	calls := 0
	table := New(Defaults(), Hooks[int]{Ended: func(f *Flow[int], _ Reason) {
		if calls++; f.Duplicate {
			t.Error("duplicate")
		}
	}})
	trackAll(t, table, []show{{7, "A>B SYN 0", false}, {8, "A>B SYN 0", true}})
	table.Close()
	if calls != 1 {
		t.Errorf("%d conversations ended, want 1", calls)
	}
}
