// Package packet decodes one frame, from its link layer to its transport header, in place. What comes in is a borrowed slice
// of captured bytes; what goes out is a Packet whose slices point into it, so they are valid only as long as the frame is.
// It never allocates, never keeps anything between frames except in a Fragments table, and never refuses what it can use
// in part: a frame cut short by the mirror, or one with a wrong checksum, still gives what it holds.
package packet

import (
	"errors"
	"net/netip"
)

// ErrTruncated says that the frame ended inside a header that is needed to go on. The Packet holds what came before it.
var ErrTruncated = errors.New("frame ends inside a header")

// ErrMalformed says that a header contradicts itself (a length below its own minimum, an IP version that is neither 4 nor 6, more
// nested headers than any stack sends). The Packet holds what came before it.
var ErrMalformed = errors.New("header contradicts itself")

// ErrLinkType says that frames of this link type are not decoded.
var ErrLinkType = errors.New("link type not supported")

// LinkType is the kind of a frame's first header, numbered as in a capture file (the LINKTYPE_ registry).
type LinkType uint16

// The link types that Decode reads.
const (
	LinkNull      LinkType = 0   // BSD loopback, host byte order
	LinkEthernet  LinkType = 1   //
	LinkPPP       LinkType = 9   //
	LinkPPPHDLC   LinkType = 50  //
	LinkRaw12     LinkType = 12  // raw IP, as older files number it
	LinkRaw14     LinkType = 14  //
	LinkRaw       LinkType = 101 // raw IP
	LinkLoop      LinkType = 108 // OpenBSD loopback, network byte order
	LinkLinuxSLL  LinkType = 113 // Linux cooked v1
	LinkMPLS      LinkType = 219 // a label stack first, as GRE carries it
	LinkIPv4      LinkType = 228 //
	LinkIPv6      LinkType = 229 //
	LinkLinuxSLL2 LinkType = 276 // Linux cooked v2
)

// Meta is what the capture knows of a frame beside its bytes.
type Meta struct {
	Time   int64    // nanoseconds since the epoch
	Length int      // bytes on the wire; more than captured where the frame was cut
	Link   LinkType //

	// Reassembled marks a datagram put together from fragments: Decode then keeps the link layer fields of the fragment that
	// completed it, since the datagram itself has none.
	Reassembled bool
}

// Addr is an IPv4 (mapped into ::ffff/96) or IPv6 address without a pointer in it, so that a map or table of them is
// never scanned by the collector.
type Addr [16]byte

// Netip gives the address in the standard library's form, IPv4 unmapped.
func (a Addr) Netip() netip.Addr { return netip.AddrFrom16(a).Unmap() }

// AddrOf4 turns the four bytes of an IPv4 address into an Addr.
func AddrOf4(b [4]byte) Addr {
	return Addr{10: 0xff, 11: 0xff, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
}

// AddrOf turns a standard address into an Addr.
func AddrOf(a netip.Addr) Addr { return a.As16() }

// Kind is the protocol that the frame's last decoded header belongs to.
type Kind uint8

// The kinds a frame may be.
const (
	KindOther  Kind = iota // not IP and not ARP
	KindARP                // ARP fields are valid
	KindIP                 // IP, but no transport header that we read: a later fragment, ESP, GRE, ...
	KindTCP                //
	KindUDP                //
	KindICMP               //
	KindICMPv6             //
)

// TCP flag bits (RFC 9293 section 3.1).
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// IP protocol numbers that the sensor names (IANA).
const (
	ProtoICMP   uint8 = 1
	ProtoIPIP   uint8 = 4
	ProtoTCP    uint8 = 6
	ProtoUDP    uint8 = 17
	ProtoIPv6   uint8 = 41
	ProtoGRE    uint8 = 47
	ProtoICMPv6 uint8 = 58
	ProtoSCTP   uint8 = 132
)

// Packet is one decoded frame. Reuse it: Decode sets every field but VNI (and ARP, where the frame is none), to zero where
// the frame has no such thing.
type Packet struct {
	Time int64  // nanoseconds since the epoch
	VNI  uint32 // observation point: set by who stripped the envelope, kept by Decode
	Kind Kind

	// Link layer; zero where it has none. Of an Ethernet frame inside MPLS, the inner addresses.
	SrcMAC, DstMAC [6]byte
	EtherType      uint16    // after tags and labels; for LLC without SNAP the length field
	VLAN           [2]uint16 // identifiers of the outer and the next tag; 0 where there is none

	// IP; zero below KindIP.
	Version     uint8 // 4 or 6
	Src, Dst    Addr
	Proto       uint8  // the transport's IP protocol number, after IPv6 extension headers
	TTL         uint8  // or hop limit
	TOS         uint8  // or traffic class
	IPID        uint32 // identification; for IPv6 of a fragment header, else 0
	IPLen       int    // total bytes that the IP header states, or on the wire where it states none (segmentation offload)
	HeaderLen   int    // bytes of the IP header with its options or extension headers: the transport starts at IP[HeaderLen]
	IP          []byte // the IP packet as captured, from its first header to its stated end
	DontFrag    bool   // IPv4 DF bit
	Fragment    bool   // part of a larger datagram that is not whole here: no transport fields
	MoreFrags   bool   // a fragment that is not the datagram's last
	FragOffset  uint16 // of a fragment's payload in the datagram, bytes
	Reassembled bool   // whole again from fragments
	Options     bool   // IPv4 options or an IPv6 hop-by-hop or routing header were there
	offloaded   bool   // the IP header stated no length, so the checksum is not set yet
	routed      bool   // Dst is not the last stop, so the pseudo-header is not known

	// Transport; ports are the ICMP type and code for KindICMP and KindICMPv6.
	SrcPort, DstPort uint16
	Seq, Ack         uint32 // TCP
	Window           uint16 // TCP, unscaled
	Flags            uint8  // TCP
	MSS              uint16 // TCP option of a SYN, bytes; 0 absent
	WindowScale      int8   // TCP option of a SYN, bits to shift by; -1 absent
	TCPOptions       []byte // as captured
	ICMPID, ICMPSeq  uint16 // echo and timestamp messages
	Checksum         Check  // CheckUnknown until VerifyChecksum reckons it

	// Payload follows the transport header, or for KindIP the IP headers, as captured. PayloadLen is its length on the wire in
	// bytes, as the headers state it; more than len(Payload) where the frame was cut. A mirror that cuts frames leaves no
	// other witness of the length than these headers, so they are believed even beyond the frame's own length.
	Payload    []byte
	PayloadLen int

	ARP       ARP  // valid for KindARP only, left over from an earlier frame otherwise
	Truncated bool // the frame was cut before the end of the IP packet
}

// Check is what is known of a checksum. A sensor never drops for it: mirrored frames cut short carry none (traffic mirroring
// does not recompute), and segmentation offload leaves it unset.
type Check uint8

// What a checksum may be.
const (
	CheckUnknown Check = iota // cut short, a fragment, or absent
	CheckGood
	CheckBad
)

// ARP is an ARP message for IPv4 over Ethernet (RFC 826).
type ARP struct {
	Op                   uint16 // 1 request, 2 reply
	SenderMAC, TargetMAC [6]byte
	Sender, Target       Addr
}
