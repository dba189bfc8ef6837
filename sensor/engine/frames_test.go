package engine

import (
	"encoding/binary"
	"io"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// end is one side of a made-up packet.
type end struct {
	ip   string
	port uint16
}

func ipv4(src, dst string, proto byte, id uint16, frag uint16, payload []byte) []byte {
	b := make([]byte, 20, 20+len(payload))
	b[0], b[8], b[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(payload)))
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], frag)
	s, d := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(b[12:], s[:])
	copy(b[16:], d[:])
	return append(b, payload...)
}

func ether(ip []byte) []byte { return append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}, ip...) }

func udpOf(from, to end, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, from.port)
	b = binary.BigEndian.AppendUint16(b, to.port)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	return append(append(b, 0, 0), payload...)
}

func udp(from, to end, payload string) []byte {
	return ether(ipv4(from.ip, to.ip, 17, 0, 0, udpOf(from, to, []byte(payload))))
}

func tcp(from, to end, flags uint8, seq, ack uint32, payload string) []byte {
	b := binary.BigEndian.AppendUint16(nil, from.port)
	b = binary.BigEndian.AppendUint16(b, to.port)
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	return ether(ipv4(from.ip, to.ip, 6, 0, 0, append(b, payload...)))
}

// mirrored wraps a frame as VPC Traffic Mirroring does.
func mirrored(vni uint32, frame []byte) []byte {
	vx := append([]byte{8, 0, 0, 0}, byte(vni>>16), byte(vni>>8), byte(vni), 0)
	return udp(end{"192.0.2.1", 65408}, end{"192.0.2.9", 4789}, string(append(vx, frame...)))
}

// dialogue makes the frames of a whole TCP conversation.
func dialogue(c, s end, says ...string) [][]byte {
	const syn, ack, fin = packet.SYN, packet.ACK, packet.FIN
	cs, ss := uint32(1000), uint32(9000)
	out := [][]byte{tcp(c, s, syn, cs, 0, ""), tcp(s, c, syn|ack, ss, cs+1, ""), tcp(c, s, ack, cs+1, ss+1, "")}
	cs, ss = cs+1, ss+1
	for i, text := range says {
		if i%2 == 0 {
			out = append(out, tcp(c, s, ack, cs, ss, text))
			cs += uint32(len(text))
		} else {
			out = append(out, tcp(s, c, ack, ss, cs, text))
			ss += uint32(len(text))
		}
	}
	return append(out, tcp(c, s, fin|ack, cs, ss, ""), tcp(s, c, fin|ack, ss, cs+1, ""), tcp(c, s, ack, cs+1, ss+1, ""))
}

// reel is a source of frames, a millisecond apart unless at says otherwise.
type reel struct {
	frames [][]byte
	at     []int64
	start  int64
	next   int
	size   int // frames a batch
}

func (r *reel) Next(b *capture.Batch) error {
	b.Frames = b.Frames[:0]
	if r.next == len(r.frames) {
		return io.EOF
	}
	size := r.size
	if size == 0 {
		size = 7
	}
	for range min(size, len(r.frames)-r.next) {
		at := r.start + int64(r.next)*1e6
		if r.at != nil {
			at = r.start + r.at[r.next]
		}
		f := r.frames[r.next]
		b.Frames = append(b.Frames, capture.Frame{Time: at, Data: f, Length: len(f), Link: packet.LinkEthernet})
		r.next++
	}
	return nil
}

func (r *reel) Stats() capture.Stats { return capture.Stats{Packets: uint64(r.next)} }
func (r *reel) Close() error         { return nil }

// lines is an outlet that keeps the records as text.
type lines struct {
	all []string
	now events.Time
}

func (l *lines) Record(r events.Record, line []byte) {
	l.all = append(l.all, string(r.Kind())+" "+string(line))
}
func (l *lines) Tick(now events.Time) { l.now = now }

// shout is an analyzer that makes a weird record of everything said in capitals, and confirms itself at the first.
func shout() analyzer.Spec {
	return analyzer.Spec{
		Name: "shout", Over: analyzer.TCP | analyzer.UDP,
		Probe: func(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
			if head[0] >= 'A' && head[0] <= 'Z' {
				return analyzer.Yes
			}
			return analyzer.No
		},
		New: func(c *analyzer.Conversation) analyzer.Analyzer { c.Confirm(""); return &shouting{c: c} },
	}
}

type shouting struct{ c *analyzer.Conversation }

func (s *shouting) Feed(c stream.Chunk) (int, error) {
	s.c.Emit(&events.Weird{Name: c.Dir.String() + " " + string(c.Data)})
	return len(c.Data), nil
}

func (s *shouting) Gap(d flow.Dir, n int) error {
	s.c.Emit(&events.Weird{Name: d.String() + " gap"})
	return nil
}

func (s *shouting) Close() { s.c.Emit(&events.Weird{Name: "close"}) }

func testConfig(workers int) Config {
	return Config{
		Workers: workers, Analyzers: []analyzer.Spec{shout()}, Flow: flow.Defaults(), Encode: true, Interim: true,
		Local: func(a packet.Addr) bool { return a.Netip().IsPrivate() },
	}
}
