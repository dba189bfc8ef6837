package main

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// most is how many bytes of a stream one frame carries.
const most = 1400

// stage is the file that is being written. Its clock stands still but for what is said.
type stage struct {
	out  []byte
	at   time.Time
	port uint16 // the client's of the last conversation
}

// turn is what one side says; more than a frame holds goes into several.
type turn struct {
	server bool
	data   string
}

func up(data string) turn   { return turn{false, data} }
func down(data string) turn { return turn{true, data} }

func newStage() *stage {
	s := &stage{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), port: 40_000}
	le := binary.LittleEndian
	s.out = le.AppendUint32(s.out, 0xa1b2c3d4)
	s.out = le.AppendUint16(s.out, 2)
	s.out = le.AppendUint16(s.out, 4)
	s.out = append(s.out, make([]byte, 8)...)
	s.out = le.AppendUint32(s.out, 262_144)
	s.out = le.AppendUint32(s.out, 1) // Ethernet
	return s
}

func (s *stage) file() []byte { return s.out }

// wait lets time pass.
func (s *stage) wait(d time.Duration) { s.at = s.at.Add(d) }

// tcp plays a conversation from the first SYN to the last ACK.
func (s *stage) tcp(client, server string, port uint16, turns ...turn) {
	s.port++
	ends := [2]netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(client), s.port), netip.AddrPortFrom(netip.MustParseAddr(server), port)}
	seq := [2]uint32{1000, 5000}
	say := func(side int, flags byte, data string) {
		s.segment(ends[side], ends[1-side], seq[side], seq[1-side], flags, data)
		seq[side] += uint32(len(data))
		if flags&3 != 0 { // SYN and FIN count as a byte
			seq[side]++
		}
	}
	say(0, 0x02, "")
	say(1, 0x12, "")
	say(0, 0x10, "")
	for _, t := range turns {
		side := 0
		if t.server {
			side = 1
		}
		for rest := t.data; rest != ""; {
			n := min(most, len(rest))
			say(side, 0x18, rest[:n])
			rest = rest[n:]
		}
		say(1-side, 0x10, "")
	}
	say(0, 0x11, "")
	say(1, 0x11, "")
	say(0, 0x10, "")
}

// udp plays datagrams between two ports.
func (s *stage) udp(client, server string, from, to uint16, turns ...turn) {
	ends := [2]netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(client), from), netip.AddrPortFrom(netip.MustParseAddr(server), to)}
	for _, t := range turns {
		a, b := ends[0], ends[1]
		if t.server {
			a, b = b, a
		}
		u := binary.BigEndian.AppendUint16(nil, a.Port())
		u = binary.BigEndian.AppendUint16(u, b.Port())
		u = binary.BigEndian.AppendUint16(u, uint16(8+len(t.data)))
		u = append(binary.BigEndian.AppendUint16(u, 0), t.data...)
		binary.BigEndian.PutUint16(u[6:], sum(pseudo(a, b, 17, len(u)), u))
		s.frame(a.Addr(), b.Addr(), 17, u)
	}
}

func (s *stage) segment(from, to netip.AddrPort, seq, ack uint32, flags byte, data string) {
	t := binary.BigEndian.AppendUint16(nil, from.Port())
	t = binary.BigEndian.AppendUint16(t, to.Port())
	t = binary.BigEndian.AppendUint32(t, seq)
	if flags == 0x02 {
		ack = 0
	}
	t = binary.BigEndian.AppendUint32(t, ack)
	t = append(t, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0)
	t = append(t, data...)
	binary.BigEndian.PutUint16(t[16:], sum(pseudo(from, to, 6, len(t)), t))
	s.frame(from.Addr(), to.Addr(), 6, t)
}

// frame writes one packet, and lets a millisecond pass.
func (s *stage) frame(from, to netip.Addr, protocol byte, payload []byte) {
	ip := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0}
	ip = append(append(ip, from.AsSlice()...), to.AsSlice()...)
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(payload)))
	binary.BigEndian.PutUint16(ip[10:], sum(0, ip))
	f := append(append(mac(to), mac(from)...), 8, 0)
	f = append(append(f, ip...), payload...)
	le := binary.LittleEndian
	s.out = le.AppendUint32(s.out, uint32(s.at.Unix()))
	s.out = le.AppendUint32(s.out, uint32(s.at.Nanosecond()/1000))
	s.out = le.AppendUint32(s.out, uint32(len(f)))
	s.out = append(le.AppendUint32(s.out, uint32(len(f))), f...)
	s.at = s.at.Add(time.Millisecond)
}

func mac(a netip.Addr) []byte {
	b := a.As4()
	return []byte{2, 0, b[0], b[1], b[2], b[3]}
}

// pseudo is the part of a checksum that stands for the addresses.
func pseudo(from, to netip.AddrPort, protocol uint32, length int) uint32 {
	total := protocol + uint32(length)
	for _, a := range []netip.Addr{from.Addr(), to.Addr()} {
		b := a.As4()
		total += uint32(b[0])<<8 + uint32(b[1]) + uint32(b[2])<<8 + uint32(b[3])
	}
	return total
}

// sum is the checksum of the internet, RFC 1071.
func sum(total uint32, b []byte) uint16 {
	for i, c := range b {
		if i%2 == 0 {
			total += uint32(c) << 8
		} else {
			total += uint32(c)
		}
	}
	for total>>16 != 0 {
		total = total>>16 + total&0xffff
	}
	return ^uint16(total)
}
