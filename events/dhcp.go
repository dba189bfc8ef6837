package events

import (
	"net/netip"
	"unsafe"
)

// KindDHCP is the log of DHCP conversations.
const KindDHCP Kind = "dhcp"

// DHCP is one DHCP exchange: the messages of one transaction, joined, whichever conversations they came in; the head is that of the
// first. Source: Zeek's dhcp.log.
type DHCP struct {
	Head
	UIDs          []string   `json:"uids,omitempty"` // of all conversations that carried a message of it, in order
	ClientAddr    netip.Addr `json:"client_addr,omitempty"`
	ServerAddr    netip.Addr `json:"server_addr,omitempty"`
	MAC           string     `json:"mac,omitempty"`
	HostName      string     `json:"host_name,omitempty"`
	ClientFQDN    string     `json:"client_fqdn,omitempty"`
	Domain        string     `json:"domain,omitempty"`
	RequestedAddr netip.Addr `json:"requested_addr,omitempty"`
	AssignedAddr  netip.Addr `json:"assigned_addr,omitempty"`
	LeaseTime     Interval   `json:"lease_time,omitempty"`
	ClientMessage string     `json:"client_message,omitempty"`
	ServerMessage string     `json:"server_message,omitempty"`
	MsgTypes      []string   `json:"msg_types,omitempty"` // DISCOVER, OFFER, REQUEST, ACK, ...
	Duration      Interval   `json:"duration,omitempty"`
}

var dhcpEncoder = encoderFor[DHCP]()

// Kind is KindDHCP.
func (*DHCP) Kind() Kind { return KindDHCP }

// AppendJSON appends the record as one JSON object.
func (r *DHCP) AppendJSON(dst []byte) []byte { return dhcpEncoder.appendTo(dst, unsafe.Pointer(r)) }
