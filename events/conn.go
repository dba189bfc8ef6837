package events

import "unsafe"

// KindConn is the log of conversations.
const KindConn Kind = "conn"

// FlowLog is the Source of what VPC Flow Logs told.
const FlowLog = "flowlog"

// Conn is one conversation, or, when Interim is set, what is known so far of one that goes on.
// Source: Zeek's conn.log.
type Conn struct {
	Head
	Proto         string   `json:"proto"`                    // tcp, udp, icmp, or the IP protocol's name or number
	Service       string   `json:"service,omitempty"`        // analyzers that confirmed the protocol, in that order, comma separated
	Duration      Interval `json:"duration"`                 // first packet to last; absent, as the byte counts, when there was no time between them
	OrigBytes     uint64   `json:"orig_bytes"`               // payload bytes; for TCP from the sequence numbers
	RespBytes     uint64   `json:"resp_bytes"`               //
	ConnState     string   `json:"conn_state"`               // S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR or OTH
	LocalOrig     bool     `json:"local_orig"`               // the originator's address is in a local network
	LocalResp     bool     `json:"local_resp"`               //
	MissedBytes   uint64   `json:"missed_bytes"`             // bytes that TCP says were there and the mirror never showed
	History       string   `json:"history,omitempty"`        // Zeek's letters: upper case originator, lower case responder
	OrigPkts      uint64   `json:"orig_pkts"`                //
	OrigIPBytes   uint64   `json:"orig_ip_bytes"`            // IP total lengths, headers included
	RespPkts      uint64   `json:"resp_pkts"`                //
	RespIPBytes   uint64   `json:"resp_ip_bytes"`            //
	TunnelParents []string `json:"tunnel_parents,omitempty"` // uids of the conversations this one was carried in
	IPProto       uint8    `json:"ip_proto"`                 // IANA protocol number
	Vlan          uint16   `json:"vlan,omitempty"`           // outer 802.1Q tag
	InnerVlan     uint16   `json:"inner_vlan,omitempty"`     //
	OrigL2        string   `json:"orig_l2_addr,omitempty"`   // MAC addresses of the first packet: of an interface in AWS, or of its router
	RespL2        string   `json:"resp_l2_addr,omitempty"`   //

	// Ours.
	Interim       bool     `json:"interim,omitempty"`        // the conversation goes on: counts so far
	DuplicateVNIs []uint32 `json:"duplicate_vnis,omitempty"` // other observation points whose copies were not counted
	DuplicatePkts uint64   `json:"duplicate_pkts,omitempty"` // packets of those copies
	OrigRewritten uint32   `json:"orig_rewritten,omitempty"` // TCP segments of the originator that came again with other bytes, after the first copy had been acknowledged
	RespRewritten uint32   `json:"resp_rewritten,omitempty"` // the responder's
	AnsweredTwice bool     `json:"answered_twice,omitempty"` // two TCP acceptances with different numbers, the first having been acknowledged
	ResetIgnored  string   `json:"reset_ignored,omitempty"`  // orig, resp or both: who went on after a TCP reset in its name
	ResetFar      string   `json:"reset_far,omitempty"`      // the same: in whose name a reset came over another number of hops, or from another card, than its first packet
	Source        string   `json:"source,omitempty"`         // "flowlog": from VPC Flow Logs, not from packets; services and histories are not known then
	Action        string   `json:"action,omitempty"`         // of a flow log: ACCEPT, or REJECT where a security group or network ACL let it not through
	Interface     string   `json:"interface,omitempty"`      // of a flow log: where it was logged
	Direction     string   `json:"direction,omitempty"`      // of a flow log: ingress or egress, as that interface sees it
	TCPFlags      uint8    `json:"-"`                        // every flag the originator sent, or-ed: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32
	SoFar         SoFar    `json:"-"`                        // of a flow log, where whoever judges it has put its windows together
}

// SoFar is what a flow came to from its beginning until the end of the window that a record of flow logs tells of. Such a record counts its
// own window only; one after the first has Interim set.
type SoFar struct {
	Start                Time
	OrigBytes, RespBytes uint64
}

var (
	connEncoder = encoderFor[Conn]()
	// Zeek leaves the byte counts out, not zero, when duration is zero.
	instantEncoder = encoderFor[Conn]("duration", "orig_bytes", "resp_bytes")
)

// Kind is KindConn.
func (*Conn) Kind() Kind { return KindConn }

// AppendJSON appends the record as one JSON object.
func (c *Conn) AppendJSON(dst []byte) []byte {
	if c.Duration == 0 {
		return instantEncoder.appendTo(dst, unsafe.Pointer(c))
	}
	return connEncoder.appendTo(dst, unsafe.Pointer(c))
}
