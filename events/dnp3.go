package events

import "unsafe"

// KindDNP3 is the log of DNP3 requests and responses.
const KindDNP3 Kind = "dnp3"

// DNP3 is one request of a control station and the outstation's response. Source: Zeek's dnp3.log; IEEE 1815.
type DNP3 struct {
	Head
	FCRequest string  `json:"fc_request,omitempty"` // "WRITE"
	FCReply   string  `json:"fc_reply,omitempty"`   // "RESPONSE", "UNSOLICITED_RESPONSE"
	IIN       *uint64 `json:"iin,omitempty"`        // the outstation's internal indications
}

var dnp3Encoder = encoderFor[DNP3]()

// Kind is KindDNP3.
func (*DNP3) Kind() Kind { return KindDNP3 }

// AppendJSON appends the record as one JSON object.
func (r *DNP3) AppendJSON(dst []byte) []byte { return dnp3Encoder.appendTo(dst, unsafe.Pointer(r)) }
