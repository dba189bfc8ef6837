package packet

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// piece builds a decoded IPv4 fragment of UDP: id, offset in bytes, whether more follow, and its part of the datagram.
func piece(t testing.TB, id uint16, offset int, more bool, data []byte) *Packet {
	t.Helper()
	b := bytesOf(t, ip4UDP)
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(data)))
	binary.BigEndian.PutUint16(b[4:], id)
	field := uint16(offset / 8)
	if more {
		field |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], field)
	p := &Packet{}
	if err := p.Decode(append(b, data...), Meta{Time: 1, Length: 20 + len(data), Link: LinkRaw}); err != nil {
		t.Fatal(err)
	}
	return p
}

// piece6 is the same for IPv6, with a hop-by-hop header in front of the fragment header.
func piece6(t testing.TB, id uint32, offset int, more bool, data []byte) *Packet {
	t.Helper()
	b := bytesOf(t, "60 00 00 00 00 00 00 40"+ip6+"2c 00 05 02 00 00 01 00 11 00 00 00 00 00 00 00")
	binary.BigEndian.PutUint16(b[4:], uint16(16+len(data)))
	field := uint16(offset)
	if more {
		field |= 1
	}
	binary.BigEndian.PutUint16(b[50:], field)
	binary.BigEndian.PutUint32(b[52:], id)
	p := &Packet{}
	if err := p.Decode(append(b, data...), Meta{Time: 1, Length: 56 + len(data), Link: LinkRaw}); err != nil {
		t.Fatal(err)
	}
	return p
}

// datagramOfUDP is a UDP header and n bytes that differ from one another.
func datagramOfUDP(n int) []byte {
	b := make([]byte, 8+n)
	copy(b, []byte{0x04, 0xd2, 0x00, 0x35})
	binary.BigEndian.PutUint16(b[4:], uint16(8+n))
	for i := range n {
		b[8+i] = byte(i*7 + i>>8)
	}
	return b
}

type span struct{ from, to int }

func TestFragmentsWhole(t *testing.T) {
	whole := datagramOfUDP(2993) // 3001 bytes: the last block is not full
	n := len(whole)
	makers := map[int]func(testing.TB, int, bool, []byte) *Packet{
		4: func(t testing.TB, at int, more bool, b []byte) *Packet { return piece(t, 7, at, more, b) },
		6: func(t testing.TB, at int, more bool, b []byte) *Packet { return piece6(t, 7, at, more, b) },
	}
	for _, c := range []struct {
		name   string
		pieces []span
	}{
		{"in order", []span{{0, 1480}, {1480, 2960}, {2960, n}}},
		{"last first", []span{{2960, n}, {1480, 2960}, {0, 1480}}},
		{"middle last", []span{{0, 1480}, {2960, n}, {1480, 2960}}},
		{"one twice", []span{{0, 1480}, {0, 1480}, {1480, n}}},
		{"overlapping alike", []span{{0, 1480}, {800, 2400}, {2000, n}}},
	} {
		for version, make := range makers {
			f := NewFragments(FragmentLimits{})
			for i, s := range c.pieces {
				out, m, _ := f.Add(make(t, s.from, s.to < n, whole[s.from:s.to]))
				if last := i == len(c.pieces)-1; (out != nil) != last {
					t.Fatalf("%s v%d: piece %d gave %d bytes", c.name, version, i, len(out))
				}
				if out == nil {
					continue
				}
				var p Packet
				if err := p.Decode(out, m); err != nil || p.Kind != KindUDP || !p.Reassembled || p.Fragment || !bytes.Equal(p.Payload, whole[8:]) {
					t.Errorf("%s v%d: kind %d, %d bytes, %v", c.name, version, p.Kind, len(p.Payload), err)
				}
				if v := p.Version; int(v) != version || v == 4 && fold(sum(out[:20])) != 0xffff {
					t.Errorf("%s v%d: header of version %d or its checksum", c.name, version, v)
				}
			}
			if f.Len() != 0 || f.Bytes() != 0 || f.Stats.Whole != 1 {
				t.Errorf("%s v%d: left %d datagrams, %d bytes, %+v", c.name, version, f.Len(), f.Bytes(), f.Stats)
			}
		}
	}
}

func TestFragmentsKeyed(t *testing.T) {
	whole := datagramOfUDP(24)
	base := func() *Packet { return piece(t, 7, 16, false, whole[16:]) }
	for _, c := range []struct {
		name   string
		change func(p *Packet)
		meets  bool
	}{
		{"the same", func(*Packet) {}, true},
		{"another observation point", func(p *Packet) { p.VNI = 5 }, false},
		{"another identification", func(p *Packet) { p.IPID = 8 }, false},
		{"another source", func(p *Packet) { p.Src[15] = 9 }, false},
		{"another protocol", func(p *Packet) { p.Proto = ProtoICMP }, false},
		{"another version", func(p *Packet) { p.Version = 6; p.HeaderLen = 40 }, false},
	} {
		f := NewFragments(FragmentLimits{})
		f.Add(piece(t, 7, 0, true, whole[:16]))
		p := base()
		c.change(p)
		if out, _, _ := f.Add(p); (out != nil) != c.meets {
			t.Errorf("%s: whole is %v", c.name, out != nil)
		}
	}
}

func TestFragmentsOdd(t *testing.T) {
	a, b := bytes.Repeat([]byte{'a'}, 64), bytes.Repeat([]byte{'b'}, 64)
	df := piece(t, 1, 0, true, a)
	df.DontFrag = true
	huge := piece(t, 1, 65528, false, a)
	for _, c := range []struct {
		name   string
		pieces []*Packet
		want   Odd
		weird  string
	}{
		{"nothing", []*Packet{piece(t, 1, 0, true, a)}, OddNone, ""},
		{"the same twice", []*Packet{piece(t, 1, 0, true, a), piece(t, 1, 0, true, a)}, OddOverlap, "fragment_overlap"},
		{"other bytes", []*Packet{piece(t, 1, 0, true, a), piece(t, 1, 0, true, b)}, OddInconsistent, "fragment_inconsistency"},
		{"other bytes in a part", []*Packet{piece(t, 1, 0, true, a), piece(t, 1, 56, true, b)}, OddInconsistent, "fragment_inconsistency"},
		{"two ends", []*Packet{piece(t, 1, 128, false, a), piece(t, 1, 256, false, a)}, OddSize, "fragment_size_inconsistency"},
		{"beyond the end", []*Packet{piece(t, 1, 128, false, a), piece(t, 1, 256, true, a)}, OddSize, "fragment_size_inconsistency"},
		{"an end before what came", []*Packet{piece(t, 1, 256, true, a), piece(t, 1, 128, false, a)}, OddSize, "fragment_size_inconsistency"},
		{"too large", []*Packet{huge}, OddTooLarge, "excessively_large_fragment"},
		{"not a multiple of eight", []*Packet{piece(t, 1, 0, true, a[:63])}, OddProtocolMismatch, "fragment_protocol_inconsistency"},
		{"empty", []*Packet{piece(t, 1, 8, false, nil)}, OddProtocolMismatch, "fragment_protocol_inconsistency"},
		{"no fragment", []*Packet{decoded(t, ip4UDP+udpHi)}, OddProtocolMismatch, "fragment_protocol_inconsistency"},
		{"small", []*Packet{piece(t, 1, 0, true, a[:8])}, OddTooSmall, "excessively_small_fragment"},
		{"not to be fragmented", []*Packet{df}, OddWithDF, "fragment_with_DF"},
	} {
		f := NewFragments(FragmentLimits{})
		var odd Odd
		for _, p := range c.pieces {
			_, _, odd = f.Add(p)
		}
		if odd != c.want || odd.String() != c.weird {
			t.Errorf("%s: %d %q", c.name, odd, odd)
		}
	}
}

// The first copy wins, and what lies beyond the end does not fill a hole before it.
func TestFragmentsOverlapKeepsTheFirst(t *testing.T) {
	whole := datagramOfUDP(56)
	other := bytes.Repeat([]byte{0xff}, 40)
	f := NewFragments(FragmentLimits{})
	f.Add(piece(t, 1, 0, true, whole[:32]))
	f.Add(piece(t, 1, 8, true, other[:24]))
	f.Add(piece(t, 1, 128, true, other))
	if out, _, _ := f.Add(piece(t, 1, 48, false, whole[48:])); out != nil {
		t.Fatalf("whole with a hole: %x", out)
	}
	out, _, _ := f.Add(piece(t, 1, 32, true, whole[32:48]))
	if len(out) < 20 || !bytes.Equal(out[20:], whole) {
		t.Errorf("got %x, want %x", out, whole)
	}
}

// A mirror that cuts frames leaves the first part of each: what precedes the cut is given, with the full length.
func TestFragmentsCut(t *testing.T) {
	whole := datagramOfUDP(300)
	first := piece(t, 1, 0, true, whole[:160])
	first.Payload = first.Payload[:100]
	f := NewFragments(FragmentLimits{})
	f.Add(first)
	out, m, _ := f.Add(piece(t, 1, 160, false, whole[160:]))
	var p Packet
	if err := p.Decode(out, m); err != nil || !bytes.Equal(p.Payload, whole[8:100]) || p.PayloadLen != 300 || !p.Truncated {
		t.Errorf("%d of %d bytes, truncated %v, %v", len(p.Payload), p.PayloadLen, p.Truncated, err)
	}
}

func TestFragmentsLimits(t *testing.T) {
	data := bytes.Repeat([]byte{'a'}, 1480)
	for _, c := range []struct {
		name     string
		limits   FragmentLimits
		step     int64 // nanoseconds between datagrams
		evicted  bool
		timedOut bool
	}{
		{"few", FragmentLimits{}, 0, false, false},
		{"datagrams", FragmentLimits{Datagrams: 10}, 0, true, false},
		{"bytes", FragmentLimits{Bytes: 64 << 10}, 0, true, false},
		{"time", FragmentLimits{}, 1_000_000_000, false, true},
	} {
		f := NewFragments(c.limits)
		for i := range 100 {
			p := piece(t, uint16(i), 0, true, data)
			p.Time = int64(i) * c.step
			f.Add(p)
			if c.limits.Datagrams > 0 && f.Len() > c.limits.Datagrams || c.limits.Bytes > 0 && f.Bytes() > c.limits.Bytes {
				t.Fatalf("%s: %d datagrams, %d bytes", c.name, f.Len(), f.Bytes())
			}
		}
		if (f.Stats.Evicted > 0) != c.evicted || (f.Stats.TimedOut > 0) != c.timedOut {
			t.Errorf("%s: %+v", c.name, f.Stats)
		}
		if lost := int(f.Stats.Evicted + f.Stats.TimedOut); f.Len()+lost != 100 {
			t.Errorf("%s: %d held and %d lost of 100", c.name, f.Len(), lost)
		}
	}
}

// The oldest leaves first: of eleven datagrams in a table of ten, all but the first can still be finished.
func TestFragmentsEvictOldest(t *testing.T) {
	f := NewFragments(FragmentLimits{Datagrams: 10})
	whole := datagramOfUDP(24)
	for id := range uint16(11) {
		f.Add(piece(t, id, 0, true, whole[:16]))
	}
	for id := uint16(10); id > 0; id-- {
		if out, _, _ := f.Add(piece(t, id, 16, false, whole[16:])); out == nil {
			t.Errorf("datagram %d was lost", id)
		}
	}
	if out, _, _ := f.Add(piece(t, 0, 16, false, whole[16:])); out != nil {
		t.Error("the oldest was kept")
	}
}

// A cycle of the same size needs no new memory.
func TestFragmentsReuse(t *testing.T) {
	whole := datagramOfUDP(2000)
	a, b := piece(t, 1, 0, true, whole[:1480]), piece(t, 1, 1480, false, whole[1480:])
	f := NewFragments(FragmentLimits{})
	if n := testing.AllocsPerRun(100, func() {
		f.Add(a)
		if out, _, _ := f.Add(b); out == nil {
			t.Fatal("not whole")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Any order of fragments that do not contradict one another gives the same datagram.
func TestFragmentsAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		whole := datagramOfUDP(64 + r.IntN(9000))
		var pieces []*Packet
		for at := 0; at < len(whole); {
			to := min(at+8*(1+r.IntN(180)), len(whole))
			pieces = append(pieces, piece(t, 1, at, to < len(whole), whole[at:to]))
			at = to
		}
		if len(pieces) < 2 {
			continue // one piece is no fragment
		}
		r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		f := NewFragments(FragmentLimits{})
		var got []byte
		for _, p := range pieces {
			if out, _, _ := f.Add(p); out != nil {
				got = out
			}
		}
		if len(got) < 20 || !bytes.Equal(got[20:], whole) {
			t.Fatalf("%d pieces of %d bytes gave %d", len(pieces), len(whole), len(got))
		}
	}
}

// Catches: the attack that is called an oddity like others, and honest fragments that are called an attack.
func TestTornFragments(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []span
		end    int // of the datagram
		torn   bool
	}{
		{"in order", []span{{0, 1480}, {1480, 2960}, {2960, 3000}}, 3000, false},
		{"sent twice", []span{{0, 1480}, {0, 1480}, {1480, 3000}, {1480, 2960}}, 3000, false},
		{"two datagrams of one number", []span{{0, 1480}, {1480, 2960}, {0, 1480}, {1480, 2000}}, 2000, false},
		{"teardrop", []span{{0, 40}, {24, 28}}, 28, true},
		{"teardrop, whose first is of no length that there is", []span{{0, 36}, {24, 28}}, 28, true},
		{"the second reaches into the first", []span{{0, 40}, {32, 80}}, 80, true},
		{"around an earlier one", []span{{16, 24}, {0, 80}}, 120, true},
	} {
		f, torn := NewFragments(FragmentLimits{}), false
		data := make([]byte, 3000)
		for _, s := range c.pieces {
			f.Add(piece(t, 9, s.from, s.to != c.end, data[s.from:s.to]))
			torn = torn || f.Torn
		}
		if torn != c.torn {
			t.Errorf("%s: %v", c.name, torn)
		}
	}
}
