package main

import (
	"encoding/binary"
	"fmt"
	"strings"
)

const (
	vxlanHeader = 8 // RFC 7348 section 5
	vxlanPort   = 4789
	ethernet    = 14
	ipv4        = 20
	vni         = 4242

	// clientPorts is where clients' ports begin; the rounds go through what is above.
	clientPorts = 16384

	// window is how many conversations go on at the same time.
	window = 64
)

// datagram is one VXLAN payload, and where the client's port and the transport checksum are in it, so that each round is of
// conversations that were not there before; port is 0 for a packet that is sent as it is.
type datagram struct {
	bytes    []byte
	port     int
	checksum int
	first    int // the port in round 0
}

// round gives the packet the client port of a round, and mends the checksum for it (RFC 1624 section 3).
func (d *datagram) round(n int) []byte {
	if d.port == 0 {
		return d.bytes
	}
	was := binary.BigEndian.Uint16(d.bytes[d.port:])
	now := uint16(clientPorts + (d.first+n-clientPorts)%(65536-clientPorts))
	binary.BigEndian.PutUint16(d.bytes[d.port:], now)
	sum := uint32(^binary.BigEndian.Uint16(d.bytes[d.checksum:])) + uint32(^was) + uint32(now)
	sum = sum&0xffff + sum>>16
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(d.bytes[d.checksum:], ^uint16(sum))
	return d.bytes
}

// wrap puts a VXLAN header before a frame.
func wrap(frame []byte) []byte {
	out := []byte{8, 0, 0, 0, 0, vni >> 8, vni & 0xff, 0}
	return append(out, frame...)
}

// unwrapped takes the envelope off a frame that is VXLAN over IPv4 already.
func unwrapped(f []byte) []byte {
	const head = ethernet + ipv4 + 8 + vxlanHeader
	if len(f) > head && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == 17 &&
		binary.BigEndian.Uint16(f[36:]) == vxlanPort {
		return f[head:]
	}
	return f
}

// conversations makes n of them, and mixes them as they would be on a wire.
func conversations(n int) (all []datagram) {
	for first := 0; first < n; first += window {
		var some [][]datagram
		for i := first; i < min(first+window, n); i++ {
			some = append(some, conversation(i))
		}
		for step, more := 0, true; more; step++ {
			more = false
			for _, c := range some {
				if step < len(c) {
					all = append(all, c[step])
					more = true
				}
			}
		}
	}
	return all
}

// conversation makes one: of four, one DNS question with its answer, and three HTTP requests with answers of some length.
func conversation(i int) []datagram {
	c := &wire{client: 0x0a000100 + uint32(i%4096), server: 0x0a010001 + uint32(i%37), port: uint16(clientPorts + i*7%49000)}
	name := fmt.Sprintf("host%d", i)
	if i%4 == 0 {
		question := fmt.Sprintf("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00%c%s\x07example\x00\x00\x01\x00\x01", len(name), name)
		c.udp(true, question)
		c.udp(false, question[:2]+"\x81\x80\x00\x01\x00\x01"+question[8:]+"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x00\x01")
		return c.all
	}
	body := i * 977 % 20000
	c.tcp(true, 2, "")
	c.tcp(false, 0x12, "")
	c.tcp(true, 0x10, "")
	c.tcp(true, 0x18, "GET /"+name+" HTTP/1.1\r\nHost: "+name+".example\r\nUser-Agent: mirrorgen\r\n\r\n")
	c.tcp(false, 0x18, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", body))
	for n := 0; body > 0; n++ {
		c.tcp(false, 0x10, strings.Repeat("m", min(body, 1448)))
		body -= min(body, 1448)
		if n%2 == 1 {
			c.tcp(true, 0x10, "")
		}
	}
	c.tcp(true, 0x11, "")
	c.tcp(false, 0x11, "")
	c.tcp(true, 0x10, "")
	return c.all
}

// wire writes the packets of a conversation.
type wire struct {
	client, server uint32
	port           uint16
	sent           [2]uint32 // sequence numbers used up: server's, client's
	all            []datagram
}

func (w *wire) udp(up bool, data string) {
	from, to := w.ports(up, 53)
	head := binary.BigEndian.AppendUint16(nil, from)
	head = binary.BigEndian.AppendUint16(head, to)
	head = binary.BigEndian.AppendUint16(head, uint16(8+len(data)))
	w.ip(up, 17, append(append(head, 0, 0), data...), 6)
}

func (w *wire) tcp(up bool, flags byte, data string) {
	mine, theirs := 0, 1
	if up {
		mine, theirs = 1, 0
	}
	from, to := w.ports(up, 80)
	head := binary.BigEndian.AppendUint16(nil, from)
	head = binary.BigEndian.AppendUint16(head, to)
	head = binary.BigEndian.AppendUint32(head, 1000+w.sent[mine])
	ack := uint32(0)
	if flags&0x10 != 0 {
		ack = 1000 + w.sent[theirs]
	}
	head = binary.BigEndian.AppendUint32(head, ack)
	head = append(head, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	w.sent[mine] += uint32(len(data)) + uint32(flags&1) + uint32(flags>>1&1) // FIN and SYN count for one each
	w.ip(up, 6, append(head, data...), 16)
}

func (w *wire) ports(up bool, service uint16) (from, to uint16) {
	if up {
		return w.port, service
	}
	return service, w.port
}

// ip puts the headers before a transport segment, whose checksum is at an offset in it.
func (w *wire) ip(up bool, proto byte, segment []byte, checksum int) {
	from, to, port := w.server, w.client, 2
	if up {
		from, to, port = to, from, 0
	}
	head := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, proto, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(ipv4+len(segment)))
	head = binary.BigEndian.AppendUint32(head, from)
	head = binary.BigEndian.AppendUint32(head, to)
	pseudo := uint32(proto) + uint32(len(segment))
	binary.BigEndian.PutUint16(segment[checksum:], ^fold(pseudo, head[12:], segment))
	binary.BigEndian.PutUint16(head[10:], ^fold(0, head))
	frame := binary.BigEndian.AppendUint32([]byte{2, 0}, to)
	frame = binary.BigEndian.AppendUint32(append(frame, 2, 0), from)
	frame = append(append(append(frame, 8, 0), head...), segment...)
	const at = vxlanHeader + ethernet + ipv4
	w.all = append(w.all, datagram{bytes: wrap(frame), port: at + port, checksum: at + checksum, first: int(w.port)})
}

// fold is the Internet checksum's sum (RFC 1071).
func fold(sum uint32, parts ...[]byte) uint16 {
	for _, p := range parts {
		for i, b := range p {
			sum += uint32(b) << (8 * (1 - i%2))
		}
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
