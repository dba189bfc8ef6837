package packet

import (
	"encoding/hex"
	"strings"
	"testing"
)

// bytesOf turns spaced hex into bytes.
func bytesOf(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

// Pieces of frames. Addresses are 10.0.0.1 to 10.0.0.2 or 2001:db8::1 to 2001:db8::2; checksums are good unless a name says not.
const (
	macs  = "02 00 00 00 00 02  02 00 00 00 00 01 "
	ether = macs + "08 00 "

	ip4TCP  = "45 00 00 2c 00 01 40 00 40 06 26 c9 0a 00 00 01 0a 00 00 02 "
	tcpHi   = "30 39 00 50 00 00 00 64 00 00 00 c8 50 18 20 00 d4 9d 00 00 68 69 0d 0a "
	ip4UDP  = "45 00 00 20 00 02 00 00 40 11 66 c9 0a 00 00 01 0a 00 00 02 "
	udpHi   = "04 d2 00 35 00 0c 71 59 68 69 0d 0a "
	ip4SYN  = "45 00 00 30 00 03 40 00 40 06 26 c3 0a 00 00 01 0a 00 00 02 "
	tcpSYN  = "30 39 00 50 00 00 00 64 00 00 00 00 70 02 20 00 1f 29 00 00 02 04 05 b4 01 03 03 07 "
	ip4Echo = "45 00 00 20 00 04 00 00 40 01 66 d7 0a 00 00 01 0a 00 00 02 "
	echo    = "08 00 33 2f 00 07 00 03 61 62 63 64 "
	ip6     = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "
	ip6TCP  = "60 00 00 00 00 18 06 40 " + ip6
	ip6UDP  = "60 00 00 00 00 0c 11 40 " + ip6
)

// brief is what a test says of a decoded frame; the other fields have tests of their own.
type brief struct {
	kind         Kind
	src, dst     string
	sport, dport uint16
	payload      string
	payloadLen   int
	vlan         [2]uint16
	etherType    uint16
	err          error
}

func briefOf(p *Packet, err error) brief {
	b := brief{kind: p.Kind, sport: p.SrcPort, dport: p.DstPort, payload: string(p.Payload), payloadLen: p.PayloadLen,
		vlan: p.VLAN, etherType: p.EtherType, err: err}
	if p.Kind >= KindIP {
		b.src, b.dst = p.Src.Netip().String(), p.Dst.Netip().String()
	}
	return b
}

type frameCase struct {
	name string
	link LinkType
	hex  string
	wire int // 0: as captured
	want brief
}

func tcp4(change func(*brief)) brief {
	b := brief{kind: KindTCP, src: "10.0.0.1", dst: "10.0.0.2", sport: 12345, dport: 80, payload: "hi\r\n", payloadLen: 4}
	if change != nil {
		change(&b)
	}
	return b
}

func udp6() brief {
	return brief{kind: KindUDP, src: "2001:db8::1", dst: "2001:db8::2", sport: 1234, dport: 53, payload: "hi\r\n", payloadLen: 4}
}

func ethernet(t uint16, v ...uint16) func(*brief) {
	return func(b *brief) { b.etherType = t; copy(b.vlan[:], v) }
}

// opaque is an IP packet whose transport is not read.
func opaque(payload string, wire int, err error) brief {
	return brief{kind: KindIP, src: "10.0.0.1", dst: "10.0.0.2", etherType: typeIPv4, payload: payload, payloadLen: wire, err: err}
}

var frames = []frameCase{
	{name: "ethernet ipv4 tcp", link: LinkEthernet, hex: ether + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "padding is no payload", link: LinkEthernet, hex: ether + ip4TCP + tcpHi + "00 00 00 00 00 00", want: tcp4(ethernet(typeIPv4))},
	{name: "cut in the payload", link: LinkEthernet, hex: ether + ip4TCP + tcpHi[:len(tcpHi)-6], wire: 58,
		want: tcp4(func(b *brief) { b.etherType, b.payload = typeIPv4, "hi" })},
	{name: "cut in the tcp header", link: LinkEthernet, hex: ether + ip4TCP + tcpHi[:12], wire: 58,
		want: opaque("\x30\x39\x00\x50", 24, ErrTruncated)},
	{name: "tcp header longer than the packet", link: LinkEthernet, hex: ether + ip4TCP + strings.Replace(tcpHi, "50 18", "f0 18", 1),
		want: opaque("\x30\x39\x00\x50\x00\x00\x00\x64\x00\x00\x00\xc8\xf0\x18\x20\x00\xd4\x9d\x00\x00hi\r\n", 24, ErrMalformed)},
	{name: "length zero is offload", link: LinkEthernet, hex: ether + strings.Replace(ip4TCP, "00 2c", "00 00", 1) + tcpHi, wire: 3000,
		want: tcp4(func(b *brief) { b.etherType, b.payloadLen = typeIPv4, 3000-54 })},
	{name: "vlan", link: LinkEthernet, hex: macs + "81 00 20 05 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4, 5))},
	{name: "qinq", link: LinkEthernet, hex: macs + "88 a8 00 07 81 00 00 05 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4, 7, 5))},
	{name: "qinq as once numbered, three tags", link: LinkEthernet,
		hex: macs + "91 00 00 07 91 00 00 05 81 00 00 09 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4, 7, 5))},
	{name: "tags without end", link: LinkEthernet, hex: macs + strings.Repeat("81 00 00 01 ", 20),
		want: brief{etherType: typeVLAN, vlan: [2]uint16{1, 1}, err: ErrMalformed}},
	{name: "mpls two labels", link: LinkEthernet, hex: macs + "88 47 00 01 00 40 00 02 01 40" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "mpls ipv6", link: LinkEthernet, hex: macs + "88 47 00 02 01 40" + ip6UDP + udpHi,
		want: func() brief { b := udp6(); b.etherType = typeIPv6; return b }()},
	{name: "mpls pseudowire with control word", link: LinkEthernet, hex: macs + "88 47 00 02 01 40 00 00 00 00" + ether + ip4TCP + tcpHi,
		want: tcp4(ethernet(typeIPv4))},
	{name: "mpls pseudowire without control word", link: LinkEthernet, hex: macs + "88 48 00 02 01 40" + ether + ip4TCP + tcpHi,
		want: tcp4(ethernet(typeIPv4))},
	{name: "mpls alone", link: LinkMPLS, hex: "00 02 01 40" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "mpls without a bottom", link: LinkMPLS, hex: "00 02 00 40 00 02 00 40", want: brief{etherType: typeMPLS, err: ErrTruncated}},
	{name: "pppoe", link: LinkEthernet, hex: macs + "88 64 11 00 00 01 00 2e 00 21" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "pppoe lcp", link: LinkEthernet, hex: macs + "88 64 11 00 00 01 00 06 c0 21 09 01 00 04",
		want: brief{etherType: typePPPoE}},
	{name: "snap", link: LinkEthernet, hex: macs + "00 34 aa aa 03 00 00 00 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "802.3 length bounds a packet that states none", link: LinkEthernet,
		hex:  macs + "00 34 aa aa 03 00 00 00 08 00" + strings.Replace(ip4TCP, "00 2c", "00 00", 1) + tcpHi + "00 00 00",
		want: tcp4(ethernet(typeIPv4))},
	{name: "llc ip", link: LinkEthernet, hex: macs + "00 2f 06 06 03" + ip4TCP + tcpHi, want: tcp4(ethernet(0x2f))},
	{name: "spanning tree", link: LinkEthernet, hex: macs + "00 26 42 42 03 00 00 00 00 00", want: brief{etherType: 0x26}},
	{name: "raw", link: LinkRaw, hex: ip4TCP + tcpHi, want: tcp4(nil)},
	{name: "raw 12", link: LinkRaw12, hex: ip4TCP + tcpHi, want: tcp4(nil)},
	{name: "raw 14", link: LinkRaw14, hex: ip6UDP + udpHi, want: udp6()},
	{name: "raw of no version", link: LinkRaw, hex: "50 00", want: brief{err: ErrMalformed}},
	{name: "link ipv4", link: LinkIPv4, hex: ip4TCP + tcpHi, want: tcp4(nil)},
	{name: "link ipv6", link: LinkIPv6, hex: ip6UDP + udpHi, want: udp6()},
	{name: "null little-endian", link: LinkNull, hex: "02 00 00 00" + ip4TCP + tcpHi, want: tcp4(nil)},
	{name: "null big-endian", link: LinkNull, hex: "00 00 00 02" + ip4TCP + tcpHi, want: tcp4(nil)},
	{name: "null darwin ipv6", link: LinkNull, hex: "1e 00 00 00" + ip6UDP + udpHi, want: udp6()},
	{name: "loop openbsd ipv6", link: LinkLoop, hex: "00 00 00 18" + ip6UDP + udpHi, want: udp6()},
	{name: "loop of another family", link: LinkLoop, hex: "00 00 00 07 00", want: brief{}},
	{name: "cooked", link: LinkLinuxSLL, hex: "00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "cooked vlan", link: LinkLinuxSLL, hex: "00 00 00 01 00 06 02 00 00 00 00 01 00 00 81 00 00 05 08 00" + ip4TCP + tcpHi,
		want: tcp4(ethernet(typeIPv4, 5))},
	{name: "cooked v2", link: LinkLinuxSLL2, hex: "86 dd 00 00 00 00 00 02 00 01 00 06 02 00 00 00 00 01 00 00" + ip6UDP + udpHi,
		want: func() brief { b := udp6(); b.etherType = typeIPv6; return b }()},
	{name: "ppp", link: LinkPPP, hex: "ff 03 00 21" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "ppp all compressed", link: LinkPPP, hex: "21" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "ppp hdlc ipv6", link: LinkPPPHDLC, hex: "ff 03 00 57" + ip6UDP + udpHi,
		want: func() brief { b := udp6(); b.etherType = typeIPv6; return b }()},
	{name: "cisco hdlc", link: LinkPPPHDLC, hex: "0f 00 08 00" + ip4TCP + tcpHi, want: tcp4(ethernet(typeIPv4))},
	{name: "a link type not read", link: 127, hex: "00 00", want: brief{err: ErrLinkType}},
	{name: "udp", link: LinkEthernet, hex: ether + ip4UDP + udpHi,
		want: brief{kind: KindUDP, src: "10.0.0.1", dst: "10.0.0.2", sport: 1234, dport: 53, payload: "hi\r\n", payloadLen: 4, etherType: typeIPv4}},
	{name: "udp shorter than ip says", link: LinkRaw, hex: ip4UDP + strings.Replace(udpHi, "00 0c", "00 0a", 1),
		want: brief{kind: KindUDP, src: "10.0.0.1", dst: "10.0.0.2", sport: 1234, dport: 53, payload: "hi", payloadLen: 2}},
	{name: "udp longer than ip says", link: LinkRaw, hex: ip4UDP + strings.Replace(udpHi, "00 0c", "ff 0a", 1),
		want: brief{kind: KindUDP, src: "10.0.0.1", dst: "10.0.0.2", sport: 1234, dport: 53, payload: "hi\r\n", payloadLen: 4}},
	{name: "udp of a length below its header", link: LinkRaw, hex: ip4UDP + strings.Replace(udpHi, "00 0c", "00 03", 1),
		want: brief{kind: KindUDP, src: "10.0.0.1", dst: "10.0.0.2", sport: 1234, dport: 53, payload: "hi\r\n", payloadLen: 4, err: ErrMalformed}},
	{name: "ipv4 options", link: LinkRaw, hex: "46 00 00 30 00 01 40 00 40 06 90 c0 0a 00 00 01 0a 00 00 02 94 04 00 00" + tcpHi, want: tcp4(nil)},
	{name: "ipv4 header below 20", link: LinkRaw, hex: "44 00 00 30 00 01 40 00 40 06 90 c0 0a 00 00 01 0a 00 00 02", want: brief{err: ErrMalformed}},
	{name: "ipv4 later fragment", link: LinkRaw, hex: "45 00 00 1c 00 01 20 01 40 06 46 d8 0a 00 00 01 0a 00 00 02 61 62 63 64 65 66 67 68",
		want: brief{kind: KindIP, src: "10.0.0.1", dst: "10.0.0.2", payload: "abcdefgh", payloadLen: 8}},
	{name: "ipv6 tcp", link: LinkRaw, hex: ip6TCP + tcpHi,
		want: tcp4(func(b *brief) { b.src, b.dst = "2001:db8::1", "2001:db8::2" })},
	{name: "ipv6 hop by hop, routing, destination, authentication", link: LinkRaw,
		hex: "60 00 00 00 00 34 00 40" + ip6 + "2b 00 05 02 00 00 01 00  3c 00 00 00 00 00 00 00  33 00 01 04 00 00 00 00" +
			"11 02 00 00 00 00 00 01 00 00 00 01 ff ff ff ff" + udpHi, want: udp6()},
	{name: "ipv6 atomic fragment", link: LinkRaw, hex: "60 00 00 00 00 14 2c 40" + ip6 + "11 00 00 00 00 00 00 63" + udpHi, want: udp6()},
	{name: "ipv6 first fragment", link: LinkRaw, hex: "60 00 00 00 00 14 2c 40" + ip6 + "11 00 00 01 00 00 00 63" + udpHi,
		want: brief{kind: KindIP, src: "2001:db8::1", dst: "2001:db8::2", payload: "\x04\xd2\x00\x35\x00\x0c\x71\x59hi\r\n", payloadLen: 12}},
	{name: "ipv6 chain too long", link: LinkRaw, hex: "60 00 00 00 00 50 3c 40" + ip6 + strings.Repeat("3c 00 01 04 00 00 00 00 ", 10),
		want: brief{kind: KindIP, src: "2001:db8::1", dst: "2001:db8::2", payload: strings.Repeat("\x3c\x00\x01\x04\x00\x00\x00\x00", 3),
			payloadLen: 24, err: ErrMalformed}},
	{name: "ipv6 no next header", link: LinkRaw, hex: "60 00 00 00 00 00 3b 40" + ip6, want: brief{kind: KindIP, src: "2001:db8::1", dst: "2001:db8::2"}},
	{name: "echo", link: LinkRaw, hex: ip4Echo + echo,
		want: brief{kind: KindICMP, src: "10.0.0.1", dst: "10.0.0.2", sport: 8, payload: "abcd", payloadLen: 4}},
	{name: "neighbour solicitation", link: LinkRaw, hex: "60 00 00 00 00 18 3a ff" + ip6 + "87 00 f2 f9 00 00 00 00" + ip6[48*2-48:],
		want: brief{kind: KindICMPv6, src: "2001:db8::1", dst: "2001:db8::2", sport: 135,
			payload: "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02", payloadLen: 16}},
	{name: "gre", link: LinkRaw, hex: "45 00 00 18 00 01 00 00 40 2f 66 b4 0a 00 00 01 0a 00 00 02 00 00 08 00",
		want: brief{kind: KindIP, src: "10.0.0.1", dst: "10.0.0.2", payload: "\x00\x00\x08\x00", payloadLen: 4}},
	{name: "arp", link: LinkEthernet, hex: macs + "08 06 00 01 08 00 06 04 00 02 02 00 00 00 00 01 0a 00 00 01 02 00 00 00 00 02 0a 00 00 02",
		want: brief{kind: KindARP, etherType: typeARP}},
	{name: "arp of another hardware", link: LinkEthernet, hex: macs + "08 06 00 06 08 00 06 04 00 02" + strings.Repeat("00 ", 20),
		want: brief{etherType: typeARP}},
	{name: "a runt", link: LinkEthernet, hex: "02 00 00", want: brief{err: ErrTruncated}},
	{name: "nothing", link: LinkRaw, hex: "", want: brief{err: ErrTruncated}},
}
