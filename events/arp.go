package events

import "unsafe"

// KindARP is the log of address resolution on a link.
const KindARP Kind = "arp"

// ARP is what one network card, speaking for one address, said of one target within half a minute: messages that are alike are counted,
// not written one by one. The head's originator is the address the sender speaks for, its responder the target's; where they are the
// same, the sender announced itself. Zeek has no such log; names follow its style.
type ARP struct {
	Head
	OrigL2   string   `json:"orig_l2_addr,omitempty"`  // the sender's link address, as the message says
	RespL2   string   `json:"resp_l2_addr,omitempty"`  // the target's, as a reply says; empty in a request
	FrameL2  string   `json:"frame_l2_addr,omitempty"` // the link address that the frame came from, where the message names another
	Requests uint64   `json:"requests"`                // "who has the target?"
	Replies  uint64   `json:"replies"`                 // "the sender's address is at the sender's link address"
	Unasked  uint64   `json:"unasked"`                 // replies that the target had not asked for within five seconds before
	Answered bool     `json:"answered"`                // somebody replied to a request
	Duration Interval `json:"duration,omitempty"`      // first message to last
	Vlan     uint16   `json:"vlan,omitempty"`          // outer 802.1Q tag
}

var arpEncoder = encoderFor[ARP]()

// Kind is KindARP.
func (*ARP) Kind() Kind { return KindARP }

// AppendJSON appends the record as one JSON object.
func (r *ARP) AppendJSON(dst []byte) []byte { return arpEncoder.appendTo(dst, unsafe.Pointer(r)) }
