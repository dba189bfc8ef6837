package engine

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// ear is an outlet that keeps what was heard, as it was told.
type ear struct {
	lines
	told [][]events.Heard
}

func (l *ear) Heard(list []events.Heard) {
	l.told = append(l.told, append([]events.Heard(nil), list...))
}

// sums adds up what was told of each point.
func (l *ear) sums() map[uint32]events.Heard {
	all := map[uint32]events.Heard{}
	for _, list := range l.told {
		for _, h := range list {
			s, known := all[h.VNI]
			if !known || s.Since.IsZero() {
				s.Since = h.Since
			}
			if s.VNI, s.Sensor = h.VNI, h.Sensor; h.LastSeen.After(s.LastSeen) {
				s.LastSeen = h.LastSeen
			}
			s.Packets += h.Packets
			s.Bytes += h.Bytes
			s.Duplicates += h.Duplicates
			s.Truncated += h.Truncated
			s.Gaps += h.Gaps
			all[h.VNI] = s
		}
	}
	return all
}

// cutTo is a mirrored frame of which the mirror sent only the first n bytes.
func cutTo(vni uint32, frame []byte, n int) []byte { return mirrored(vni, frame[:n]) }

// TestPointsAreCounted knows every number: two points see one conversation, a third is cut, and one has a hole.
func TestPointsAreCounted(t *testing.T) {
	c, s := end{"10.0.0.1", 40000}, end{"10.0.0.2", 7}
	r := &reel{start: 1000e9}
	bytes := uint64(0)
	for _, f := range dialogue(c, s, "HELLO", "HI") { // 8 packets
		r.frames = append(r.frames, mirrored(5, f), mirrored(6, f))
		bytes += uint64(len(f))
	}
	long := udp(end{"10.0.0.3", 1}, end{"10.0.0.4", 2}, "a datagram that the mirror cuts")
	r.frames = append(r.frames, cutTo(7, long, 50), cutTo(7, long, 30), mirrored(7, long))
	holed := dialogue(end{"10.0.0.5", 1}, end{"10.0.0.6", 7}, "LOST", "HI", "MORE")
	for i, f := range holed {
		if i != 3 {
			r.frames = append(r.frames, mirrored(8, f))
		}
	}
	arp := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6}, make([]byte, 28)...)
	r.frames = append(r.frames, mirrored(9, arp), udp(c, s, "not mirrored"))
	at := func(i int) time.Time { return time.Unix(1000, int64(i)*1e6).UTC() }
	for workers := 1; workers <= 5; workers++ {
		l := &ear{}
		cfg := testConfig(workers)
		cfg.Sensor = "s1"
		e := New(cfg, l)
		r.next = 0
		if err := e.Read(r); err != nil {
			t.Fatal(err)
		}
		e.Finish()
		want := map[uint32]events.Heard{
			5: {VNI: 5, Since: at(0), LastSeen: at(14), Packets: 8, Bytes: bytes},
			6: {VNI: 6, Since: at(1), LastSeen: at(15), Packets: 8, Bytes: bytes, Duplicates: 8},
			7: {VNI: 7, Since: at(16), LastSeen: at(18), Packets: 3, Bytes: uint64(80 + len(long)), Truncated: 2},
			8: {VNI: 8, Since: at(19), LastSeen: at(26), Packets: 8, Gaps: 1},
			9: {VNI: 9, Since: at(27), LastSeen: at(27), Packets: 1, Bytes: 42},
		}
		got := l.sums()
		for vni, w := range want {
			g := got[vni]
			if w.Sensor = "s1"; w.Bytes == 0 {
				w.Bytes = g.Bytes
			}
			if !reflect.DeepEqual(g, w) {
				t.Errorf("%d workers, point %d:\n got %+v\nwant %+v", workers, vni, g, w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d workers: %d points, want %d", workers, len(got), len(want))
		}
	}
}

// TestWorkersShowInNoPoint: fragments, envelopes that every worker looks into and cut frames are each counted by one worker, and what is
// told when does not depend on how many there are.
func TestWorkersShowInNoPoint(t *testing.T) {
	for name, source := range map[string]func() *reel{"odds": odds, "crowd": crowd} {
		var want [][]events.Heard
		for workers := 1; workers <= 5; workers++ {
			l := &ear{}
			e := New(testConfig(workers), l)
			if err := e.Read(source()); err != nil {
				t.Fatal(err)
			}
			e.Finish()
			var packets uint64
			for _, h := range l.sums() {
				packets += h.Packets
			}
			if workers == 1 {
				want = l.told
			}
			if packets == 0 || !reflect.DeepEqual(l.told, want) {
				t.Errorf("%s, %d workers: %d packets; told\n%v, want\n%v", name, workers, packets, l.told, want)
			}
		}
	}
}

// TestPointsAreToldOnceASecond of packet time, and a clock that is set back silences nobody.
func TestPointsAreToldOnceASecond(t *testing.T) {
	l := &ear{}
	e := New(testConfig(1), l)
	w, r := e.workers[0], e.newRound()
	frame := mirrored(5, udp(end{"10.0.0.1", 1}, end{"10.0.0.2", 2}, "x"))
	var told []int
	for _, ms := range []int64{10_000, 10_300, 10_900, 11_000, 11_400, 20_000, 3_000, 3_100, 4_000} {
		r.batch.Frames = append(r.batch.Frames[:0], capture.Frame{Time: ms * 1e6, Data: frame, Length: len(frame), Link: packet.LinkEthernet})
		r.now = ms * 1e6
		before := len(l.told)
		w.run(r)
		e.deliver(r)
		for _, list := range l.told[before:] {
			told = append(told, int(ms), int(list[0].Packets))
		}
	}
	if want := []int{10_000, 1, 11_000, 3, 20_000, 2, 3_000, 1, 4_000, 2}; !reflect.DeepEqual(told, want) {
		t.Errorf("moments and packets %v, want %v", told, want)
	}
}

// TestPointsAreBounded reaches the limit within one period; the next begins with an empty table.
func TestPointsAreBounded(t *testing.T) {
	l := &ear{}
	e := New(testConfig(1), l)
	r := &reel{size: 1000}
	for i := range uint32(maxPoints + 25) {
		r.frames = append(r.frames, mirrored(1+i, udp(end{"10.0.0.1", 1}, end{"10.0.0.2", 2}, "x")))
		r.at = append(r.at, 5e9+int64(i)) // the first round tells; the others are within its second
	}
	r.frames = append(r.frames, mirrored(maxPoints+25, udp(end{"10.0.0.1", 1}, end{"10.0.0.2", 2}, "x")))
	r.at = append(r.at, 7e9)
	r.frames = append(r.frames, r.frames[:1000]...)
	for range 1000 {
		r.at = append(r.at, 7e9+1)
	}
	if err := e.Read(r); err != nil {
		t.Fatal(err)
	}
	e.Finish()
	got, s := l.sums(), e.Stats()
	var packets uint64
	for _, h := range got {
		packets += h.Packets
	}
	// 1,000 left with the first round, so that the other 9,025 fit.
	if s.Uncounted != 0 || packets != uint64(len(r.frames)) || s.Drops() != 0 {
		t.Errorf("counted %d of %d, %d uncounted", packets, len(r.frames), s.Uncounted)
	}
	w := e.workers[0]
	for i := range uint32(maxPoints + 7) {
		w.wire = 1
		w.hear(&packet.Packet{VNI: 1 + i}, 8e9, false)
	}
	w.missed(maxPoints + 99)
	w.publish()
	if n := e.Stats().Uncounted; n != 7 || len(w.points.counts) != maxPoints {
		t.Errorf("%d uncounted of 7; %d points kept", n, len(w.points.counts))
	}
	if why := e.Stats().DropReasons(); why != "" {
		t.Errorf("a packet that only was not counted is called dropped: %s", why)
	}
}

// TestNoAllocationAPoint: packets of many points in turn cost no allocation once their tables have grown, nor does telling of them.
func TestNoAllocationAPoint(t *testing.T) {
	e := New(testConfig(1), &lines{})
	w, r := e.workers[0], e.newRound()
	var frames [][]byte
	for i := range uint32(50) {
		frames = append(frames, mirrored(1+i, tcp(end{fmt.Sprint("10.0.1.", i), 40000}, end{"10.0.0.2", 80}, packet.ACK, 1, 1, "")))
	}
	at := int64(1e12)
	run := func() {
		r.batch.Frames = r.batch.Frames[:0]
		for _, f := range frames {
			at += 1e7 // half a second a run: every other run tells
			r.batch.Frames = append(r.batch.Frames, capture.Frame{Time: at, Data: f, Length: len(f), Link: packet.LinkEthernet})
		}
		r.now = at
		w.run(r)
		for i := range r.boxes {
			r.boxes[i].reset()
		}
	}
	for range 10 {
		run()
	}
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("%v allocations for packets of %d points", n, len(frames))
	}
}
