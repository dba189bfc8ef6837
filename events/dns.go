package events

import (
	"net/netip"
	"unsafe"
)

// KindDNS is the log of name look-ups, mDNS, LLMNR and NetBIOS names among them.
const KindDNS Kind = "dns"

// DNS is one question and its answer, or either alone: the VPC resolver's answers may reach another sensor.
// Source: Zeek's dns.log.
type DNS struct {
	Head
	Proto      string     `json:"proto"`
	TransID    uint16     `json:"trans_id"`
	RTT        Interval   `json:"rtt,omitempty"`         // question to answer, where both were seen
	Query      string     `json:"query,omitempty"`       // lower case, without the last dot
	QClass     *uint16    `json:"qclass,omitempty"`      // absent where only the answer was seen, as in Zeek
	QClassName string     `json:"qclass_name,omitempty"` // C_INTERNET, ...
	QType      *uint16    `json:"qtype,omitempty"`       //
	QTypeName  string     `json:"qtype_name,omitempty"`  // A, AAAA, TXT, ...
	RCode      *uint16    `json:"rcode,omitempty"`       // absent where only the question was seen
	RCodeName  string     `json:"rcode_name,omitempty"`  // NOERROR, NXDOMAIN, ...
	AA         bool       `json:"AA"`
	TC         bool       `json:"TC"`
	RD         bool       `json:"RD"`
	RA         bool       `json:"RA"`
	Z          uint8      `json:"Z"`
	Answers    []string   `json:"answers,omitempty"` // addresses, names, "TXT <len> <text>", ...
	TTLs       []Interval `json:"TTLs,omitempty"`
	Rejected   bool       `json:"rejected"`
	Opcode     uint8      `json:"opcode"`
	OpcodeName string     `json:"opcode_name,omitempty"`

	// Ours: what a tunnel detector needs and Zeek does not log.
	QueryBytes  uint32 `json:"query_bytes,omitempty"`  // length of the question's message on the wire
	AnswerBytes uint32 `json:"answer_bytes,omitempty"` // length of the answer's message on the wire
	// Where only the answer was seen, Zeek leaves query to the first answer's name and drops the question that the answer
	// repeats. It is all there is of a look-up that failed, so it is kept here.
	Question     string `json:"question,omitempty"`
	QuestionType string `json:"question_type,omitempty"` // A, AAAA, TXT, ...
	// Of multicast DNS, LLMNR and NetBIOS names, where a question to all is answered by anybody, in a conversation of its own.
	Responder netip.Addr `json:"responder,omitempty"`  // who sent the answer
	NamesSelf bool       `json:"names_self,omitempty"` // the answer gives the responder's own address
	// How many records the answer section announces, where that is more than answers lists: of a zone transfer, say.
	AnswerRecords uint32 `json:"answer_records,omitempty"`
}

var dnsEncoder = encoderFor[DNS]()

// Kind is KindDNS.
func (*DNS) Kind() Kind { return KindDNS }

// AppendJSON appends the record as one JSON object.
func (r *DNS) AppendJSON(dst []byte) []byte { return dnsEncoder.appendTo(dst, unsafe.Pointer(r)) }
