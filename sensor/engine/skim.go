package engine

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/decap"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// anyone marks a frame that every worker must look at to know whose it is.
const anyone = 0xff

// maxWorkers is how many workers may share the conversations of a file: their number must fit beside anyone.
const maxWorkers = anyone - 1

// skim tells, from a few bytes at known places, whose a frame is: whole TCP and UDP over IPv4, bare or in one VXLAN envelope, which is
// nearly everything that a mirror sends. It says anyone wherever the full decoder might see something else, so that the two
// never disagree; without it every worker would decode every frame (docs/decisions/0005-two-workers.md).
func skim(fr *capture.Frame, workers uint32) uint8 {
	if fr.Link != packet.LinkEthernet || fr.Length != len(fr.Data) {
		return anyone
	}
	ip, ok := plainIPv4(fr.Data)
	if !ok {
		return anyone
	}
	if ip[9] == packet.ProtoUDP && port(ip[22:]) == portVXLAN {
		if ip, ok = plainVXLAN(ip[28:]); !ok {
			return anyone
		}
	}
	if ip[9] == packet.ProtoUDP && decap.Announced(port(ip[20:]), port(ip[22:])) {
		return anyone
	}
	shard := packet.ShardIPv4([4]byte(ip[12:16]), [4]byte(ip[16:20]), port(ip[20:]), port(ip[22:]), ip[9])
	return uint8(shard % workers)
}

// portVXLAN is where mirrored packets go (RFC 7348 section 5).
const portVXLAN = 4789

// plainVXLAN gives the IP packet in a VXLAN envelope, where decap.UDP would take that off too: the I flag is set, and what is
// inside is Ethernet that a host may have sent.
func plainVXLAN(b []byte) (ip []byte, ok bool) {
	if len(b) < 8+14 || b[0]&0x08 == 0 || b[8+6]&1 != 0 {
		return nil, false
	}
	return plainIPv4(b[8:])
}

func port(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

// plainIPv4 gives the IP packet of an Ethernet frame if it is a whole TCP segment or UDP datagram over IPv4 without options.
func plainIPv4(frame []byte) (ip []byte, ok bool) {
	const least = 14 + 20 + 8
	if len(frame) < least || frame[12] != 0x08 || frame[13] != 0x00 || frame[14] != 0x45 {
		return nil, false
	}
	ip = frame[14:]
	total := int(port(ip[2:]))
	if total < 28 || total > len(ip) || port(ip[6:])&0x3fff != 0 { // cut, segmentation offload, or a fragment
		return nil, false
	}
	ip = ip[:total]
	switch ip[9] {
	case packet.ProtoTCP:
		header := 0
		if total >= 40 {
			header = int(ip[32]>>4) * 4
		}
		return ip, header >= 20 && 20+header <= total
	case packet.ProtoUDP:
		length := int(port(ip[24:]))
		return ip[:20+min(max(length, 8), total-20)], length >= 8 && length <= total-20
	}
	return nil, false
}
