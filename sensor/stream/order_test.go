package stream

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// Known bytes, cut at random, in random order, twice and overlapping, must come out as they were.
func TestAnyOrderGivesTheSameBytes(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		want := make([]byte, 1+rng.IntN(20_000))
		for i := range want {
			want[i] = byte(rng.Uint32())
		}
		start := rng.Uint32()
		in := shuffled(rng, want, start)
		var c Conn
		re, h := NewReassembler(Defaults()), &total{keep: true}
		re.Segment(&c, flow.Resp, &packet.Packet{Kind: packet.KindTCP, Flags: packet.SYN, Seq: 77}, h)
		re.Segment(&c, flow.Orig, &packet.Packet{Kind: packet.KindTCP, Flags: packet.SYN, Seq: start - 1}, h)
		for i := range in {
			re.Segment(&c, flow.Orig, &in[i], h)
		}
		if h.missed != 0 || h.bad != 0 || !bytes.Equal(h.out, want) {
			t.Fatalf("seed %d: %d bytes of %d, %d missed, %d wrong", seed, len(h.out), len(want), h.missed, h.bad)
		}
		if re.Stats().Buffered != 0 {
			t.Fatalf("seed %d: %d bytes still held", seed, re.Stats().Buffered)
		}
	}
}

// shuffled cuts data into segments that cover it once, adds random pieces of it, and mixes them.
func shuffled(rng *rand.Rand, data []byte, start uint32) []packet.Packet {
	var out []packet.Packet
	add := func(from, to int) {
		out = append(out, packet.Packet{Kind: packet.KindTCP, Seq: start + uint32(from), Payload: data[from:to], PayloadLen: to - from})
	}
	for at := 0; at < len(data); {
		n := min(1+rng.IntN(3000), len(data)-at)
		add(at, at+n)
		at += n
	}
	for range len(out) {
		from := rng.IntN(len(data))
		add(from, from+1+rng.IntN(min(3000, len(data)-from)))
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Whatever comes, what goes out is contiguous, no byte is given twice, and nothing stays held.
func FuzzSegments(f *testing.F) {
	f.Add([]byte("\x00\x02\x00\x00\x00\x00\x00\x00\x05\x00hello\x01\x12\x00\x00\x00\x00\x01\x00\x00\x00"))
	f.Add([]byte("\x00\x10\x05\x00\x00\x00\x00\x00\x05\x00world\x00\x10\x00\x00\x00\x00\x00\x00\x05\x00hello\x01\x10\x00\x00\x0a\x00\x00\x00\x01\x00x"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var c Conn
		re := NewReassembler(Limits{FlowPages: 6, BlindPages: 3, TotalPages: 6})
		h := &perDirection{t: t}
		for len(in) >= 10 {
			// Direction, flags, and 24-bit numbers, so that they meet often; then how much of the payload was captured.
			p := packet.Packet{Kind: packet.KindTCP, Flags: in[1], Seq: binary.LittleEndian.Uint32(in[2:]) << 8 >> 8, Ack: uint32(binary.LittleEndian.Uint16(in[6:]))}
			d, n := flow.Dir(in[0]&1), min(int(in[8]), len(in)-10)
			p.Payload, p.PayloadLen = in[10:10+n], n+int(in[9])
			re.Segment(&c, d, &p, h)
			in = in[10+n:]
			if used := re.Stats().Buffered; used > 6*pageSize {
				t.Fatalf("%d bytes held", used)
			}
		}
		re.Flush(&c, h)
		if n := re.Stats().Buffered; n != 0 {
			t.Fatalf("%d bytes held after Flush", n)
		}
	})
}

type perDirection struct {
	t  *testing.T
	at [2]uint64
}

func (h *perDirection) Chunk(c Chunk) {
	if c.Offset != h.at[c.Dir] || len(c.Data) == 0 {
		h.t.Fatalf("%d bytes at offset %d, want offset %d", len(c.Data), c.Offset, h.at[c.Dir])
	}
	h.at[c.Dir] += uint64(len(c.Data))
}

func (h *perDirection) Gap(d flow.Dir, n int) {
	if n <= 0 {
		h.t.Fatalf("gap of %d", n)
	}
	h.at[d] += uint64(n)
}

func (h *perDirection) Mismatch(d flow.Dir, off uint64) {}
