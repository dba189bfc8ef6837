package events

import "unsafe"

// KindLogin is the log of attempts to log in. Zeek has no such log: it is ours, so that who judges log-ins need not know each protocol.
const KindLogin Kind = "login"

// Login is one attempt to log in by a protocol that says plainly how it ended. The password is never kept.
type Login struct {
	Head
	Service   string `json:"service"`             // "ftp", "pop3", "imap", "smtp", "telnet", "mysql", "postgresql", "tds", "redis", ...
	User      string `json:"user,omitempty"`      // at most 128 bytes
	Success   *bool  `json:"success,omitempty"`   // absent where the answer was not seen
	Mechanism string `json:"mechanism,omitempty"` // "PLAIN", "LOGIN", "CRAM-MD5", "mysql_native_password", ...
	Clear     bool   `json:"clear"`               // the password itself went over the wire, readable
	Anonymous bool   `json:"anonymous"`           // a guest's log-in, which needs no password
	Reply     string `json:"reply,omitempty"`     // what the server said to it, at most 128 bytes
}

var loginEncoder = encoderFor[Login]()

// Kind is KindLogin.
func (*Login) Kind() Kind { return KindLogin }

// AppendJSON appends the record as one JSON object.
func (r *Login) AppendJSON(dst []byte) []byte { return loginEncoder.appendTo(dst, unsafe.Pointer(r)) }
