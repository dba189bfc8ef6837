package packet

import "testing"

func BenchmarkDecode(b *testing.B) {
	for _, c := range frames {
		frame := bytesOf(b, c.hex)
		m := Meta{Time: 1, Length: max(c.wire, len(frame)), Link: c.link}
		b.Run(c.name, func(b *testing.B) {
			var p Packet
			b.ReportAllocs()
			for b.Loop() {
				_ = p.Decode(frame, m)
			}
		})
	}
}

func BenchmarkShard(b *testing.B) {
	p := decoded(b, ip4TCP+tcpHi)
	b.ReportAllocs()
	for b.Loop() {
		_ = p.Shard()
	}
}

func BenchmarkVerifyChecksum(b *testing.B) {
	p := decoded(b, ip4TCP+tcpHi)
	b.ReportAllocs()
	for b.Loop() {
		p.VerifyChecksum()
	}
}

// decoded is a raw IP packet from hex.
func decoded(t testing.TB, s string) *Packet {
	t.Helper()
	p, b := &Packet{}, bytesOf(t, s)
	_ = p.Decode(b, Meta{Time: 1, Length: len(b), Link: LinkRaw})
	return p
}
