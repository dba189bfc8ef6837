package events

import "unsafe"

// KindSNMP is the log of SNMP conversations.
const KindSNMP Kind = "snmp"

// SNMP is one conversation with an agent, or of traps. Source: Zeek's snmp.log. The community is a password: it is kept only where it is one that
// everybody knows.
type SNMP struct {
	Head
	Duration        Interval `json:"duration"`
	Version         string   `json:"version"`                  // "1", "2c" or "3", of the first message
	Community       string   `json:"community,omitempty"`      // the first that is a well-known default
	GetRequests     uint64   `json:"get_requests"`             // variables asked for, get-next included
	GetBulkRequests uint64   `json:"get_bulk_requests"`        // variables, too
	GetResponses    uint64   `json:"get_responses"`            // variables answered
	SetRequests     uint64   `json:"set_requests"`             // variables to be set
	DisplayString   string   `json:"display_string,omitempty"` // sysDescr.0, at most 256 bytes

	// Ours.
	DefaultAnswers uint64 `json:"default_answers,omitempty"` // messages with variables, without an error, in answer to a well-known community
	DefaultWrites  uint64 `json:"default_writes,omitempty"`  // of these the answers to a set
}

var snmpEncoder = encoderFor[SNMP]()

// Kind is KindSNMP.
func (*SNMP) Kind() Kind { return KindSNMP }

// AppendJSON appends the record as one JSON object.
func (r *SNMP) AppendJSON(dst []byte) []byte { return snmpEncoder.appendTo(dst, unsafe.Pointer(r)) }
