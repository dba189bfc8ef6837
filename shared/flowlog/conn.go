package flowlog

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Source is what Conn.Source says of a conversation from a flow log.
const Source = "flowlog"

// The IP protocols that have a say here.
const (
	icmp4 = 1
	tcp   = 6
	udp   = 17
	icmp6 = 58
	sctp  = 132
)

const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// Side is an end of a record.
type Side uint8

// The sides.
const (
	Neither  Side = iota // cannot be told
	Sender               // the source address
	Receiver             // the destination address
)

// Began says who began the conversation that the record is a half of, and whether the flags say so. Without a SYN in the window it is
// a guess: the port that services have is the responder's. It is wrong for who serves at a high port and is called from a low one.
// Between equal ports, and for protocols without, nothing tells; neither does ICMP, whose type no flow log has.
func (r *Record) Began() (side Side, sure bool) {
	if r.Protocol == tcp && r.TCPFlags&flagSYN != 0 {
		if r.TCPFlags&flagACK != 0 {
			return Receiver, true
		}
		return Sender, true
	}
	return portSide(r.SrcPort, r.DstPort), false
}

// portSide says which end of two ports began: not the one with the port of a service.
func portSide(src, dst uint16) Side {
	a, b := portRank(src), portRank(dst)
	switch {
	case src == dst:
		return Neither
	case a > b || a == b && src > dst:
		return Sender
	}
	return Receiver
}

// servicePorts are those above 1023 that services are known to listen on, ascending.
var servicePorts = []uint16{
	1080, 1194, 1433, 1434, 1521, 1723, 1812, 1813, 1883, 2049, 2181, 2222, 2375, 2376, 2379, 2380, 3000, 3128, 3260, 3268, 3269, 3306, 3333, 3389,
	4443, 4444, 5000, 5060, 5061, 5222, 5432, 5439, 5601, 5671, 5672, 5900, 5984, 5985, 5986, 6379, 6443, 7001, 8000, 8008, 8080, 8081, 8086, 8088,
	8123, 8200, 8300, 8443, 8500, 8883, 8888, 9000, 9042, 9090, 9092, 9093, 9094, 9098, 9100, 9200, 9300, 9418, 9443, 10250, 11211, 14444, 15672,
	15692, 27017, 27018, 27019, 50000,
}

// portRank is lower the more a port looks like a service's.
func portRank(p uint16) int {
	if p < 1024 {
		return 0
	}
	if _, has := slices.BinarySearch(servicePorts, p); has {
		return 1
	}
	if p < 32768 {
		return 2
	}
	return 3 // where clients take theirs from
}

// Conn makes a conversation of a single record, and says whether the record has the addresses for one. It shows one direction only:
// the counts of the other are zero, which is not to say that nothing came back. The state is S0 where the packets were rejected, and OTH
// otherwise; a Pairer knows more. OrigBytes and RespBytes are a floor: flow logs count whole packets, from which the headers that such
// packets usually have are taken off. VNI, sensor, service and history are not known, and never will be.
func (r *Record) Conn(c *events.Conn) bool {
	src, dst := r.Source(), r.Destination()
	if !src.IsValid() || !dst.IsValid() {
		return false
	}
	side, _ := r.Began()
	*c = events.Conn{
		Head:   events.Head{TS: r.From(), OrigH: src, OrigP: r.SrcPort, RespH: dst, RespP: r.DstPort},
		Proto:  protoName(r.Protocol),
		Source: Source, Action: r.Action.String(), Interface: r.Text(Interface), Direction: r.Direction.String(),
		Duration: events.Interval(r.To() - r.From()), ConnState: "OTH", IPProto: r.Protocol,
	}
	payload := floor(r.Protocol, src, r.Packets, r.Bytes, !r.Has(TCPFlags) || r.TCPFlags&flagSYN != 0)
	if side == Receiver {
		c.OrigH, c.OrigP, c.RespH, c.RespP = dst, r.DstPort, src, r.SrcPort
		c.RespPkts, c.RespIPBytes, c.RespBytes = r.Packets, r.Bytes, payload
	} else {
		c.OrigPkts, c.OrigIPBytes, c.OrigBytes = r.Packets, r.Bytes, payload
		c.TCPFlags = honest(r.Protocol, r.TCPFlags, r.Has(TCPFlags))
		if r.Action == Reject {
			c.ConnState = "S0"
		}
	}
	c.LocalOrig, c.LocalResp = private(c.OrigH), private(c.RespH)
	h := hashOf(src, dst, r.SrcPort, r.DstPort, r.Protocol, r.Start).text(r.Text(Interface)).number(uint64(r.End)<<8 | uint64(r.Action)<<4 | uint64(r.Direction))
	name(c, h)
	return true
}

// honest gives TCP flags as packets carry them. Flow logs leave ACK out but for SYN-ACK, so that a FIN would look as if a scanner had
// crafted it, and no flags as if all had been missing: what is no SYN had an ACK.
func honest(proto, flags uint8, known bool) uint8 {
	if proto == tcp && (!known || flags&flagSYN == 0 || flags&flagFIN != 0) {
		return flags | flagACK
	}
	return flags
}

// maxTries is how many packets an unanswered connection attempt has: Linux tries seven times.
const maxTries = 7

// floor is how many bytes of payload there must have been: the packets' own bytes less the headers that they usually have. TCP's carry
// timestamps, and a SYN, of which there may be several, eight bytes more of options.
func floor(proto uint8, a netip.Addr, packets, bytes uint64, syn bool) uint64 {
	header, once := uint64(20), uint64(0)
	if a.Is6() {
		header = 40
	}
	switch proto {
	case tcp:
		header += 32
		if syn {
			once = 8 * min(packets, maxTries)
		}
	case udp, icmp4, icmp6:
		header += 8
	case sctp:
		header += 12 + 16
	}
	if packets > bytes/header { // also where the product would run over
		return 0
	}
	return bytes - packets*header - min(once, bytes-packets*header)
}

// private says whether an address is of a network that is nobody's outside.
func private(a netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

func protoName(p uint8) string {
	switch p {
	case tcp:
		return "tcp"
	case udp:
		return "udp"
	case icmp4, icmp6:
		return "icmp"
	case sctp:
		return "sctp"
	case 47:
		return "gre"
	case 50:
		return "esp"
	}
	return numbers[p]
}

// numbers are the names of protocols that have none.
var numbers = func() (n [256]string) {
	for i := range n {
		n[i] = strconv.Itoa(i)
	}
	return n
}()

// hash mixes what tells conversations apart: FNV-1a, 64 bits.
type hash uint64

func hashOf(src, dst netip.Addr, srcPort, dstPort uint16, proto uint8, start int64) hash {
	h := hash(14695981039346656037)
	for _, a := range [2]netip.Addr{src, dst} {
		b := a.As16()
		h = h.number(binary.BigEndian.Uint64(b[:8])).number(binary.BigEndian.Uint64(b[8:]))
	}
	return h.number(uint64(srcPort)<<24 | uint64(dstPort)<<8 | uint64(proto)).number(uint64(start))
}

// number mixes eight bytes at once: the multiplication is followed by a shift, so that the high bits reach the low ones, too.
func (h hash) number(v uint64) hash {
	h = (h ^ hash(v)) * 0xff51afd7ed558ccd
	return h ^ h>>32
}

func (h hash) text(s string) hash {
	for i := range len(s) {
		h = (h ^ hash(s[i])) * 1099511628211
	}
	return h.number(uint64(len(s)))
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// uidLength is a prefix and eleven digits, as of all uids. The prefix is V, where the uids of packets have C.
const uidLength = 12

// name gives a conversation its uid and, where it has ports, the Community ID, by which it is joined with what sensors saw. Both are one
// string, since they are made and forgotten together.
func name(c *events.Conn, h hash) {
	var room [uidLength + 2 + 28]byte
	b := append(room[:0], 'V')
	for range uidLength - 1 {
		b = append(b, base62[h%62])
		h /= 62
	}
	b = appendCommunityID(b, c)
	both := string(b)
	c.UID, c.CommunityID = both[:uidLength], both[uidLength:]
}

// appendCommunityID appends the Community ID flow hash, version 1, seed 0 (github.com/corelight/community-id-spec). That of ICMP is made
// from type and code, which flow logs do not have, and is left out.
func appendCommunityID(to []byte, c *events.Conn) []byte {
	if c.IPProto == icmp4 || c.IPProto == icmp6 || c.OrigH.Is4() != c.RespH.Is4() {
		return to
	}
	a, b, pa, pb := c.OrigH, c.RespH, c.OrigP, c.RespP
	if n := a.Compare(b); n > 0 || n == 0 && pa > pb {
		a, b, pa, pb = b, a, pb, pa
	}
	var room [2 + 16 + 16 + 2 + 4]byte // the seed, two addresses, protocol and padding, two ports
	buf := appendAddr(appendAddr(room[:2], a), b)
	buf = append(buf, c.IPProto, 0)
	if c.IPProto == tcp || c.IPProto == udp || c.IPProto == sctp {
		buf = binary.BigEndian.AppendUint16(buf, pa)
		buf = binary.BigEndian.AppendUint16(buf, pb)
	}
	sum := sha1.Sum(buf)
	return base64.StdEncoding.AppendEncode(append(to, "1:"...), sum[:])
}

func appendAddr(to []byte, a netip.Addr) []byte {
	if a.Is4() {
		b := a.As4()
		return append(to, b[:]...)
	}
	b := a.As16()
	return append(to, b[:]...)
}
