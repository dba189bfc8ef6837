package stream

import (
	"bytes"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// total sums up what came out of a direction.
type total struct {
	data, missed uint64
	out          []byte
	keep         bool
	bad          uint64
}

func (c *total) Chunk(k Chunk) {
	if k.Offset != c.data+c.missed {
		c.bad++
	}
	c.data += uint64(len(k.Data))
	if c.keep {
		c.out = append(c.out, k.Data...)
	}
}
func (c *total) Gap(_ flow.Dir, n int)          { c.missed += uint64(n) }
func (c *total) Mismatch(_ flow.Dir, at uint64) { c.bad++ }

// A hole that is never filled and never acknowledged must not hold more than the limit, and nothing that came may be lost.
func TestHoleIsGivenUpAtTheLimit(t *testing.T) {
	const segment, count = 1000, 2000
	for _, tt := range []struct {
		name  string
		both  bool
		pages int
	}{
		{"both directions mirrored", true, Defaults().FlowPages},
		{"one direction mirrored", false, Defaults().BlindPages},
	} {
		var c Conn
		re, h := NewReassembler(Defaults()), &total{}
		if tt.both {
			re.Segment(&c, flow.Resp, r(1, 1, "").packet(), h)
		}
		re.Segment(&c, flow.Orig, o(1, 0, "").packet(), h)
		data := string(make([]byte, segment))
		for i := range uint32(count) {
			re.Segment(&c, flow.Orig, o(3+2*i*segment, 0, data).packet(), h) // every other segment is missing
		}
		if got := re.Stats().PeakBuffered; got != tt.pages*pageSize {
			t.Errorf("%s: held %d bytes, limit %d", tt.name, got, tt.pages*pageSize)
		}
		if re.Stats().Forced == 0 {
			t.Errorf("%s: the limit was not counted", tt.name)
		}
		re.Flush(&c, h)
		if h.data != segment*count || h.missed != 2+segment*(count-1) || h.bad != 0 {
			t.Errorf("%s: %d bytes and %d missed came out, %d wrong", tt.name, h.data, h.missed, h.bad)
		}
	}
}

func TestTotalLimit(t *testing.T) {
	l := Limits{FlowPages: 8, BlindPages: 8, TotalPages: 40}
	re, h := NewReassembler(l), &total{}
	conns := make([]Conn, 100)
	for i := range conns {
		hs := &total{}
		re.Segment(&conns[i], flow.Orig, o(1, 0, "").packet(), hs)
		for n := range uint32(4) {
			re.Segment(&conns[i], flow.Orig, o(10+20*n, 0, "0123456789").packet(), h)
		}
	}
	if got := re.Stats().PeakBuffered; got != l.TotalPages*pageSize {
		t.Errorf("held %d bytes in all, limit %d", got, l.TotalPages*pageSize)
	}
	for i := range conns {
		re.Flush(&conns[i], h)
		re.Release(&conns[i])
	}
	if h.data != 100*40 {
		t.Errorf("%d of %d bytes came out", h.data, 100*40)
	}
	if n := re.Stats().Buffered; n != 0 {
		t.Errorf("%d bytes still held", n)
	}
}

// Segments that overlap many held ones could split into more pages than there is room for.
func TestSplittingStaysWithinTheLimit(t *testing.T) {
	l := Limits{FlowPages: 16, BlindPages: 16, TotalPages: 16}
	re, h := NewReassembler(l), &total{keep: true}
	var c Conn
	want := bytes.Repeat([]byte("0123456789"), 10)
	re.Segment(&c, flow.Orig, o(1, 0, "").packet(), h)
	for i := uint32(2); i < 30; i += 2 {
		re.Segment(&c, flow.Orig, o(1+i, 0, string(want[i:i+1])).packet(), h)
	}
	re.Segment(&c, flow.Orig, o(2, 0, string(want[1:])).packet(), h)
	re.Segment(&c, flow.Orig, o(1, 0, string(want[:1])).packet(), h)
	re.Flush(&c, h)
	if got := re.Stats().PeakBuffered; got > l.FlowPages*pageSize {
		t.Errorf("held %d bytes, limit %d", got, l.FlowPages*pageSize)
	}
	if h.data+h.missed != uint64(len(want)) || h.bad != 0 {
		t.Errorf("%d bytes and %d missed, want %d together", h.data, h.missed, len(want))
	}
}

func BenchmarkInOrder(b *testing.B) {
	var c Conn
	re, h := NewReassembler(Defaults()), &total{}
	p := &packet.Packet{Kind: packet.KindTCP, Flags: packet.ACK, Payload: make([]byte, 1400), PayloadLen: 1400}
	re.Segment(&c, flow.Resp, r(1, 0, "").packet(), h)
	p.Ack = c.halves[flow.Resp].next
	b.ReportAllocs()
	for b.Loop() {
		re.Segment(&c, flow.Orig, p, h)
		p.Seq += 1400
	}
}

func BenchmarkAcknowledgement(b *testing.B) {
	var c Conn
	re, h := NewReassembler(Defaults()), &total{}
	re.Segment(&c, flow.Orig, o(1, 1, "abc").packet(), h)
	p := r(1, 4, "").packet()
	b.ReportAllocs()
	for b.Loop() {
		re.Segment(&c, flow.Resp, p, h)
	}
}

// Each pair of segments comes in the wrong order.
func BenchmarkSwapped(b *testing.B) {
	var c Conn
	re, h := NewReassembler(Defaults()), &total{}
	p := &packet.Packet{Kind: packet.KindTCP, Flags: packet.ACK, Payload: make([]byte, 1400), PayloadLen: 1400}
	re.Segment(&c, flow.Resp, r(1, 0, "").packet(), h)
	re.Segment(&c, flow.Orig, &packet.Packet{Kind: packet.KindTCP, Flags: packet.SYN, Seq: ^uint32(0)}, h)
	p.Ack = c.halves[flow.Resp].next
	b.ReportAllocs()
	seq := uint32(0)
	for b.Loop() {
		p.Seq = seq + 1400
		re.Segment(&c, flow.Orig, p, h)
		p.Seq = seq
		re.Segment(&c, flow.Orig, p, h)
		seq += 2800
	}
}
