package engine

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// uidLength is a prefix and eleven digits, which hold 64 bits.
const uidLength = 12

// uidOf gives a conversation's uid: Zeek's form, "C" and base 62. It is made from the conversation's number, which comes from its
// key and its first packet, so that a replay, with any number of workers, gives the same.
func uidOf(prefix byte, number uint64) string {
	var b [uidLength]byte
	return string(appendUID(b[:0], prefix, number))
}

func appendUID(dst []byte, prefix byte, number uint64) []byte {
	dst = append(dst, prefix)
	for range uidLength - 1 {
		dst = append(dst, base62[number%62])
		number /= 62
	}
	return dst
}

// endpoints are the two ends of a conversation as its Community ID sees them.
type endpoints struct {
	src, dst         packet.Addr
	srcPort, dstPort uint16
	proto            uint8
}

// appendCommunityID appends the Community ID flow hash, version 1, seed 0 (github.com/corelight/community-id-spec).
// A detection can be joined by it to what Zeek, Suricata or Arkime wrote of the same conversation.
func appendCommunityID(to []byte, e endpoints) []byte {
	oneWay := false
	switch e.proto {
	case packet.ProtoICMP:
		e.dstPort, oneWay = icmpCounterpart(icmp4Pairs, e.srcPort, e.dstPort)
	case packet.ProtoICMPv6:
		e.dstPort, oneWay = icmpCounterpart(icmp6Pairs, e.srcPort, e.dstPort)
	}
	src, dst := e.src[:], e.dst[:]
	if e.src.Netip().Is4() {
		src, dst = src[12:], dst[12:]
	}
	if !oneWay && !ordered(src, dst, e.srcPort, e.dstPort) {
		src, dst = dst, src
		e.srcPort, e.dstPort = e.dstPort, e.srcPort
	}
	var room [2 + 16 + 16 + 2 + 4]byte // the seed, two addresses, protocol and padding, two ports
	buf := append(append(room[:2], src...), dst...)
	buf = append(buf, e.proto, 0)
	switch e.proto {
	case packet.ProtoICMP, packet.ProtoICMPv6, packet.ProtoTCP, packet.ProtoUDP, packet.ProtoSCTP:
		buf = binary.BigEndian.AppendUint16(buf, e.srcPort)
		buf = binary.BigEndian.AppendUint16(buf, e.dstPort)
	}
	sum := sha1.Sum(buf)
	return base64.StdEncoding.AppendEncode(append(to, "1:"...), sum[:])
}

func ordered(a, b []byte, pa, pb uint16) bool {
	if c := compareBytes(a, b); c != 0 {
		return c < 0
	}
	return pa <= pb
}

func compareBytes(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}

// The message types that answer each other, as the Community ID specification lists them.
var (
	icmp4Pairs = map[uint16]uint16{8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17}
	icmp6Pairs = map[uint16]uint16{128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
)

func icmpCounterpart(pairs map[uint16]uint16, kind, code uint16) (port uint16, oneWay bool) {
	if other, has := pairs[kind]; has {
		return other, false
	}
	return code, true
}

// macText writes two link-layer addresses as Zeek does, in one string since they are made and forgotten together. "" stands for one that
// the capture did not show.
func macText(a, b [6]byte) (string, string) {
	var room [2 * macLength]byte
	first := appendMAC(room[:0], a)
	both := string(appendMAC(first, b))
	return both[:len(first)], both[len(first):]
}

// macLength is six bytes in hexadecimal with colons between.
const macLength = 17

func appendMAC(dst []byte, mac [6]byte) []byte {
	const digits = "0123456789abcdef"
	if mac == [6]byte{} {
		return dst
	}
	for i, b := range mac {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst
}
