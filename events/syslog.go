package events

import "unsafe"

// KindSyslog is the log of syslog messages that go over the network.
const KindSyslog Kind = "syslog"

// Syslog is one message. Source: Zeek's syslog.log; RFC 3164, RFC 5424.
type Syslog struct {
	Head
	Proto    string `json:"proto,omitempty"`
	Facility string `json:"facility,omitempty"` // "AUTH"; UNSPECIFIED where the message does not say
	Severity string `json:"severity,omitempty"` // "NOTICE"
	Message  string `json:"message,omitempty"`  // at most 512 bytes
}

var syslogEncoder = encoderFor[Syslog]()

// Kind is KindSyslog.
func (*Syslog) Kind() Kind { return KindSyslog }

// AppendJSON appends the record as one JSON object.
func (r *Syslog) AppendJSON(dst []byte) []byte { return syslogEncoder.appendTo(dst, unsafe.Pointer(r)) }
