package packet

import "encoding/binary"

// Decode reads one frame into p, keeping p.VNI. The slices of p point into frame. An error tells how far it got: p is usable
// for whatever its Kind promises even then.
func (p *Packet) Decode(frame []byte, m Meta) error {
	p.Time = m.Time
	p.Reassembled = m.Reassembled
	// How much of the frame's end was not captured stays the same as headers are taken off its front.
	missing := max(m.Length-len(frame), 0)
	if m.Link != LinkEthernet || len(frame) < 14 {
		return p.link(frame, missing, m)
	}
	p.DstMAC = [6]byte(frame[0:6]) // one by one: together they would pass through a temporary
	p.SrcMAC = [6]byte(frame[6:12])
	t := binary.BigEndian.Uint16(frame[12:])
	p.EtherType, p.VLAN = t, [2]uint16{}
	if t == typeIPv4 {
		return p.ipv4(frame[14:], missing)
	}
	return p.network(t, frame[14:], missing, 0)
}

// stop ends the decoding of a frame that is not IP, or whose IP header cannot be used.
func (p *Packet) stop(err error) error {
	p.Kind = KindOther
	p.Version, p.Proto, p.TTL, p.TOS = 0, 0, 0, 0
	p.Src, p.Dst = Addr{}, Addr{}
	p.IPID, p.IPLen, p.HeaderLen, p.IP = 0, 0, 0, nil
	p.DontFrag, p.Options, p.offloaded, p.routed, p.Truncated = false, false, false, false, false
	p.Fragment, p.MoreFrags, p.FragOffset = false, false, 0
	p.clearPorts()
	p.Payload, p.PayloadLen = nil, 0
	return err
}

func (p *Packet) clearLink() {
	p.SrcMAC, p.DstMAC, p.EtherType, p.VLAN = [6]byte{}, [6]byte{}, 0, [2]uint16{}
}

// clearPorts clears what belongs to a transport.
func (p *Packet) clearPorts() {
	p.SrcPort, p.DstPort = 0, 0
	p.ICMPID, p.ICMPSeq = 0, 0
	p.Checksum = CheckUnknown
	p.clearTCP()
}

func (p *Packet) clearTCP() {
	p.Seq, p.Ack, p.Window, p.Flags = 0, 0, 0, 0
	p.MSS, p.WindowScale = 0, -1
	if p.TCPOptions != nil { // spares the collector's write barrier on most frames
		p.TCPOptions = nil
	}
}
