package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// BenchmarkEngine is the whole path of mirrored packets, from frame to record, judged by nobody: sixty-four conversations of thirty
// segments a round. An operation is one packet.
func BenchmarkEngine(b *testing.B) {
	var frames [][]byte
	for i := range 64 {
		c, s := end{fmt.Sprintf("10.0.0.%d", i), 40000}, end{"10.1.0.1", 80}
		for j := range uint32(30) {
			frames = append(frames, mirrored(7, tcp(c, s, packet.ACK, 1+j*500, 1, strings.Repeat("x", 500))))
		}
	}
	e := New(testConfig(1), &lines{})
	r, w := e.newRound(), e.workers[0]
	b.ReportAllocs()
	at := int64(0)
	for done := 0; done < b.N; done += len(r.batch.Frames) {
		r.batch.Frames = r.batch.Frames[:0]
		for _, f := range frames[:min(len(frames), b.N-done)] {
			at += 1e3
			r.batch.Frames = append(r.batch.Frames, capture.Frame{Time: at, Data: f, Length: len(f), Link: packet.LinkEthernet})
		}
		r.now = at
		w.run(r)
		e.deliver(r)
	}
}

// BenchmarkPoints is the counting of a packet by observation point alone: packets in runs of one point, as they come in batches, and the
// worst case, a thousand points in turn.
func BenchmarkPoints(b *testing.B) {
	for name, points := range map[string]uint32{"runs": 1, "in-turn": 1000} {
		b.Run(name, func(b *testing.B) {
			w := New(testConfig(1), &lines{}).workers[0]
			p := &packet.Packet{}
			b.ReportAllocs()
			for i := range uint32(b.N) {
				p.VNI = 1 + i%points
				w.hear(p, int64(i), false)
			}
		})
	}
}
