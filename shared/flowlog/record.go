package flowlog

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Action is what security groups and network ACLs did with the packets of a record.
type Action uint8

// The actions. A format may leave the field out.
const (
	NoAction Action = iota
	Accept
	Reject
)

// String is the action as AWS writes it, or "".
func (a Action) String() string { return [...]string{"", "ACCEPT", "REJECT"}[a%3] }

// Status says what a line is.
type Status uint8

// The statuses. A format may leave the field out.
const (
	NoStatus Status = iota
	OK
	NoData   // nothing came or went in the window
	SkipData // records of the window are missing, by AWS's fault
)

// Direction is which way the packets of a record went, as the interface sees it.
type Direction uint8

// The directions. Formats before version 5 do not have them.
const (
	NoDirection Direction = iota
	Ingress
	Egress
)

// String is the direction as AWS writes it, or "".
func (d Direction) String() string { return [...]string{"", "ingress", "egress"}[d%3] }

// Record is one line of a flow log: packets of one direction of one conversation, at one interface, in one window of at most ten
// minutes. Members that the format does not have are zero; Has tells them from those that are. Texts are shared with other records:
// a record holds on to no buffer and may be copied.
type Record struct {
	Line       uint64     // of the text, or row of the Parquet file; from 1
	Start, End int64      // seconds since 1970; first and last packet of the window, AWS says, give or take a minute
	Packets    uint64     //
	Bytes      uint64     // of whole IP packets, headers included
	Src, Dst   netip.Addr // as the interface sees them: behind a NAT gateway, or of a secondary address, not the real ones
	PktSrc     netip.Addr // the packets' own, where the format has them
	PktDst     netip.Addr //
	SrcPort    uint16     // 0 for protocols without ports. ICMP's type and code are in no flow log
	DstPort    uint16     //
	Version    uint8      //
	Protocol   uint8      // IANA number
	TCPFlags   uint8      // FIN 1, SYN 2, RST 4, SYN-ACK 18, or-ed over the window; ACK alone and PSH show as 0
	Path       uint8      // by which egress left: 1 to 8
	Action     Action     //
	Status     Status     //
	Direction  Direction  //
	has        uint64     // by Field
	texts      [textCount]string
}

// Has says whether the record had a value for a field.
func (r *Record) Has(f Field) bool { return r.has&(1<<f) != 0 }

// Text gives a text field, or "".
func (r *Record) Text(f Field) string {
	if f < firstText || int(f) >= fieldCount {
		return ""
	}
	return r.texts[f-firstText]
}

// Source is the address that sent: the packets' own where it is known, else what the interface sees.
func (r *Record) Source() netip.Addr {
	if r.PktSrc.IsValid() {
		return r.PktSrc
	}
	return r.Src
}

// Destination is the address that was sent to, chosen as Source is.
func (r *Record) Destination() netip.Addr {
	if r.PktDst.IsValid() {
		return r.PktDst
	}
	return r.Dst
}

// From and To are the ends of the record's window.
func (r *Record) From() events.Time { return events.Time(r.Start * 1e9) }

// To is the later end.
func (r *Record) To() events.Time { return events.Time(r.End * 1e9) }

// empty says whether a line tells of no packets at all. Formats without log-status show NODATA so.
func (r *Record) empty() bool {
	const told = 1<<SrcAddr | 1<<DstAddr | 1<<PktSrcAddr | 1<<PktDstAddr | 1<<Packets | 1<<Bytes
	return r.Status == NoStatus && r.has&told == 0
}
