// Package vpn knows the first messages of three tunnels: WireGuard, OpenVPN and the key exchange of IPsec (IKE, RFC 2408 and RFC 7296). What comes in
// is datagrams, and for OpenVPN a stream too; what goes out is the conversation's service and nothing else: all that follows is encrypted, and Zeek
// has no log of it. It keeps nothing. A tunnel that was up before is known by WireGuard's data messages only, whose form is strict.
package vpn

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// WireGuard, OpenVPN and IKE declare the analyzers.
var (
	WireGuard = analyzer.Spec{Name: "wireguard", Over: analyzer.UDP, Ports: []uint16{51820}, Probe: probeWireGuard, New: open}
	OpenVPN   = analyzer.Spec{Name: "openvpn", Over: analyzer.UDP, Ports: []uint16{1194}, Probe: probeOpenVPN, New: open}
	OpenVPNTo = analyzer.Spec{Name: "openvpn", Over: analyzer.TCP, Ports: []uint16{1194}, Probe: probeOpenVPNStream, New: open}
	IKE       = analyzer.Spec{Name: "ipsec", Over: analyzer.UDP, Ports: []uint16{500, 4500}, Probe: probeIKE, New: open}
)

// known is a conversation that its first message told of.
type known struct{ conv *analyzer.Conversation }

func open(c *analyzer.Conversation) analyzer.Analyzer { return known{c} }

// Feed says what it is; there is nothing more to read.
func (k known) Feed(c stream.Chunk) (int, error) {
	k.conv.Confirm("")
	return len(c.Data), analyzer.ErrDone
}

// Gap has no meaning: nothing is read.
func (k known) Gap(flow.Dir, int) error { return nil }

// Close has nothing to tell.
func (k known) Close() {}

func yes(is bool) analyzer.Verdict {
	if is {
		return analyzer.Yes
	}
	return analyzer.No
}

// WireGuard's messages (the white paper, section 5.4): a type, three zero bytes, and fixed lengths for all but data, which is padded to 16 bytes.
const (
	initiationLen = 148
	responseLen   = 92
	cookieLen     = 64
	leastData     = 32
)

func probeWireGuard(_ flow.Dir, b []byte, hinted bool) analyzer.Verdict {
	if len(b) < leastData || b[1] != 0 || b[2] != 0 || b[3] != 0 {
		return analyzer.No
	}
	switch b[0] {
	case 1:
		return yes(len(b) == initiationLen)
	case 2:
		return yes(len(b) == responseLen)
	case 3:
		return yes(len(b) == cookieLen && hinted)
	case 4: // its counter grows from zero: the upper half of it stays empty for years
		return yes(len(b)%16 == 0 && binary.LittleEndian.Uint32(b[12:]) == 0 && (hinted || len(b) == leastData))
	}
	return analyzer.No
}

// OpenVPN's opcodes stand in the upper five bits of the first byte, the key's number in the lower three (its documentation of the protocol).
const (
	hardResetClientV2 = 7
	hardResetServerV2 = 8
	hardResetClientV3 = 10
)

// probeOpenVPN knows a hard reset: an opcode, a session of eight bytes, and, with or without a seal of 16 to 64 bytes, a count and a first packet id of zero.
func probeOpenVPN(_ flow.Dir, b []byte, _ bool) analyzer.Verdict {
	const plain, longest = 14, 14 + 64 + 8 + 16
	if len(b) < plain || len(b) > longest || b[0]&7 != 0 {
		return analyzer.No
	}
	switch b[0] >> 3 {
	case hardResetClientV2, hardResetClientV3:
		if len(b) == plain {
			return yes(string(b[9:]) == "\x00\x00\x00\x00\x00")
		}
		return yes(sealed(b) && string(b[len(b)-5:]) == "\x00\x00\x00\x00\x00")
	case hardResetServerV2: // it acknowledges the client's, and repeats its session
		return yes(len(b) >= plain+12 && string(b[len(b)-4:]) == "\x00\x00\x00\x00" && (len(b) == plain+12 && b[9] == 1 || sealed(b)))
	}
	return analyzer.No
}

// sealed says whether a packet id of one and a time stand where tls-auth has them: behind a seal of SHA-1, SHA-256 or SHA-512.
func sealed(b []byte) bool {
	for _, seal := range [...]int{20, 32, 64} {
		if at := 9 + seal; len(b) > at+8 && binary.BigEndian.Uint32(b[at:]) == 1 {
			return true
		}
	}
	return false
}

// probeOpenVPNStream knows the same behind its length in two bytes.
func probeOpenVPNStream(d flow.Dir, b []byte, hinted bool) analyzer.Verdict {
	if len(b) < 3 {
		return could(len(b) == 0 || b[0] == 0)
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < 14 || n > 102 || b[2]&7 != 0 || b[2]>>3 < hardResetClientV2 || b[2]>>3 > hardResetClientV3 {
		return analyzer.No
	}
	if len(b) < 2+n {
		return analyzer.Maybe
	}
	return probeOpenVPN(d, b[2:2+n], hinted)
}

func could(be bool) analyzer.Verdict {
	if be {
		return analyzer.Maybe
	}
	return analyzer.No
}

// ikeHeader is the length of the header of both versions.
const ikeHeader = 28

// probeIKE knows the header: the initiator's number, a version, an exchange that exists, and the length of the whole. On 4500 four zero bytes tell it
// from what is encrypted (RFC 3948).
func probeIKE(_ flow.Dir, b []byte, hinted bool) analyzer.Verdict {
	if len(b) >= 4+ikeHeader && binary.BigEndian.Uint32(b) == 0 {
		b = b[4:]
	}
	if len(b) < ikeHeader || binary.BigEndian.Uint64(b) == 0 {
		return analyzer.No
	}
	version, exchange := b[17]>>4, b[18]
	known := version == 1 && (exchange >= 1 && exchange <= 6 || exchange == 32 || exchange == 33) || version == 2 && exchange >= 34 && exchange <= 43
	length := int(binary.BigEndian.Uint32(b[24:]))
	fits := length == len(b) || length > len(b) && len(b) >= analyzer.MaxProbe-4 && length < 1<<16 // the probe is shown the beginning only
	return yes(known && fits && (hinted || length == len(b)))
}
