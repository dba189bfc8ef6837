package selftest

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

const (
	ipv4      = 20 // bytes of its header
	window    = 64240
	timeToDie = 64
)

// The flags of TCP that a conversation needs.
const (
	fin = 0x01
	syn = 0x02
	psh = 0x08
	ack = 0x10
)

// frame is one packet on the wire of the mirrored interface, and whose it is.
type frame struct {
	data []byte
	back bool // from the server
}

// frames are all packets of a conversation, in order: of TCP from the first SYN to the last ACK.
func (c *Conversation) frames() []frame {
	switch c.Proto {
	case TCP:
		return c.tcp()
	case UDP:
		question, answer := c.dns()
		return []frame{{c.packet(false, 17, udp(c.Client.Port(), c.Server.Port(), question)), false}, {c.packet(true, 17, udp(c.Server.Port(), c.Client.Port(), answer)), true}}
	}
	var list []frame
	for seq := range uint16(3) {
		list = append(list, frame{c.packet(false, 1, c.echo(8, seq)), false}, frame{c.packet(true, 1, c.echo(0, seq)), true})
	}
	return list
}

// asks and answers begin what the two sides say. They differ, so that two echo services never talk with each other.
const (
	asks    = "mirrorwatch selftest asks "
	answers = "mirrorwatch selftest answers "
)

// text is what a side says.
func (c *Conversation) text(back bool) []byte {
	if back {
		return []byte(answers + c.Marker + "\n")
	}
	return []byte(asks + c.Marker + "\n")
}

func (c *Conversation) tcp() []frame {
	const a, b = uint32(1000), uint32(5000) // where the two sides begin to count
	n, m := uint32(len(c.text(false))), uint32(len(c.text(true)))
	var list []frame
	for _, s := range []struct {
		back     bool
		flags    byte
		seq, ack uint32
		data     []byte
	}{
		{false, syn, a, 0, nil}, {true, syn | ack, b, a + 1, nil}, {false, ack, a + 1, b + 1, nil},
		{false, psh | ack, a + 1, b + 1, c.text(false)}, {true, ack, b + 1, a + 1 + n, nil},
		{true, psh | ack, b + 1, a + 1 + n, c.text(true)}, {false, ack, a + 1 + n, b + 1 + m, nil},
		{false, fin | ack, a + 1 + n, b + 1 + m, nil}, {true, fin | ack, b + 1 + m, a + 2 + n, nil}, {false, ack, a + 2 + n, b + 2 + m, nil},
	} {
		from, to := c.Client.Port(), c.Server.Port()
		if s.back {
			from, to = to, from
		}
		h := make([]byte, 20, 20+len(s.data))
		binary.BigEndian.PutUint16(h, from)
		binary.BigEndian.PutUint16(h[2:], to)
		binary.BigEndian.PutUint32(h[4:], s.seq)
		binary.BigEndian.PutUint32(h[8:], s.ack)
		h[12], h[13] = 5<<4, s.flags
		binary.BigEndian.PutUint16(h[14:], window)
		list = append(list, frame{c.packet(s.back, 6, append(h, s.data...)), s.back})
	}
	return list
}

func udp(from, to uint16, data []byte) []byte {
	h := make([]byte, 8, 8+len(data))
	binary.BigEndian.PutUint16(h, from)
	binary.BigEndian.PutUint16(h[2:], to)
	binary.BigEndian.PutUint16(h[4:], uint16(8+len(data)))
	return append(h, data...)
}

// dns is a question for an address, in a domain that can never be (RFC 2606), and its answer.
func (c *Conversation) dns() (question, answer []byte) {
	q := []byte{byte(c.Number >> 8), byte(c.Number), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range strings.Split(c.Marker+".mirrorwatch-selftest.invalid", ".") {
		q = append(append(q, byte(len(label))), label...)
	}
	q = append(q, 0, 0, 1, 0, 1)
	r := append([]byte{}, q...)
	r[2], r[3], r[7] = 0x81, 0x80, 1
	r = append(r, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
	address := c.Server.Addr().As4()
	return q, append(r, address[:]...)
}

// echo is an ICMP echo request (8) or reply (0).
func (c *Conversation) echo(kind byte, seq uint16) []byte {
	b := make([]byte, 8)
	b[0] = kind
	binary.BigEndian.PutUint16(b[4:], uint16(c.Number))
	binary.BigEndian.PutUint16(b[6:], seq)
	b = append(b, c.text(false)...) // a reply says what the request said (RFC 792)
	binary.BigEndian.PutUint16(b[2:], checksum(b, 0))
	return b
}

// packet puts a transport's bytes into IPv4 and Ethernet, with every checksum right.
func (c *Conversation) packet(back bool, proto byte, body []byte) []byte {
	from, to := c.Client.Addr(), c.Server.Addr()
	macs := []byte{2, 'm', 'w', 0, 0, 2, 2, 'm', 'w', 0, 0, 1}
	if back {
		from, to = to, from
		macs[5], macs[11] = 1, 2
	}
	seal(proto, from, to, body)
	b := append(macs, 8, 0)
	h := make([]byte, ipv4)
	h[0], h[8], h[9] = 0x45, timeToDie, proto
	binary.BigEndian.PutUint16(h[2:], uint16(ipv4+len(body)))
	binary.BigEndian.PutUint16(h[4:], uint16(c.Number))
	src, dst := from.As4(), to.As4()
	copy(h[12:], src[:])
	copy(h[16:], dst[:])
	binary.BigEndian.PutUint16(h[10:], checksum(h, 0))
	return append(append(b, h...), body...)
}

// seal writes the checksum of TCP or UDP, which is over the addresses too.
func seal(proto byte, from, to netip.Addr, body []byte) {
	at := map[byte]int{6: 16, 17: 6}[proto]
	if at == 0 {
		return
	}
	src, dst := from.As4(), to.As4()
	pseudo := append(append(src[:], dst[:]...), 0, proto, byte(len(body)>>8), byte(len(body)))
	sum := uint32(^checksum(pseudo, 0))
	value := checksum(body, sum)
	if value == 0 && proto == 17 {
		value = 0xffff // of UDP zero means that there is none
	}
	binary.BigEndian.PutUint16(body[at:], value)
}

// checksum is that of RFC 1071, on from a sum so far.
func checksum(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// wrapped puts a frame into VXLAN (RFC 7348) as a mirror session does.
func wrapped(vni uint32, data []byte) []byte {
	return append([]byte{8, 0, 0, 0, byte(vni >> 16), byte(vni >> 8), byte(vni), 0}, data...)
}
