package capture

import (
	"golang.org/x/sys/unix"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// fanout is the group of rings that share an interface.
type fanout struct {
	id      int
	workers int
	loops   bool // what goes out comes in again, and is to be seen once
}

// join puts a socket into the group that shares an interface. The first makes the group, under a number that the kernel
// finds free, and gives it the program.
func (g *fanout) join(fd int, first bool, link packet.LinkType) error {
	value := unix.PACKET_FANOUT_CBPF<<16 | g.id
	if g.loops { // the group does not ask its sockets for it
		value |= unix.PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16
	}
	if first {
		value |= unix.PACKET_FANOUT_FLAG_UNIQUEID << 16
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT, value); err != nil || !first {
		return err
	}
	made, err := unix.GetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
	if err != nil {
		return err
	}
	g.id = made & 0xffff
	head := 0
	if link == packet.LinkEthernet {
		head = ethernetHeader
	}
	code, err := steerInterface(g.workers, head)
	if err != nil {
		return err
	}
	return attach(fd, unix.SOL_PACKET, unix.PACKET_FANOUT_DATA, code)
}
