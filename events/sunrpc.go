package events

import "unsafe"

// KindSunRPC is the log of remote procedure calls of Sun's kind (ONC), which Zeek has no log of. Calls of NFS itself are left out: they are many, and
// each is one read or write.
const KindSunRPC Kind = "sunrpc"

// SunRPC is one call and its answer. Sources: RFC 5531, RFC 1833 (port mapper), RFC 1813 (mount, lock manager).
type SunRPC struct {
	Head
	RTT        Interval `json:"rtt,omitempty"`         // from the call to the answer; 0 where one was not seen
	Program    string   `json:"program,omitempty"`     // "portmap", "nlm", "mount", "status"; "unknown-" and its number
	Version    uint32   `json:"version"`               // of the program
	Procedure  string   `json:"procedure,omitempty"`   // "GETADDR", "LOCK"; "unknown-" and its number
	Machine    string   `json:"machine,omitempty"`     // the host's name, as the caller says itself; at most 255 bytes
	Args       string   `json:"args,omitempty"`        // the text that the call is about: what is mounted, who locks, which program is asked for; at most 256 bytes
	LongestArg uint32   `json:"longest_arg"`           // bytes of the longest counted field of the call, as it says itself
	Address    string   `json:"address,omitempty"`     // what the port mapper answered; at most 256 bytes
	AddressLen uint32   `json:"address_len,omitempty"` // its length, as it says itself
	Answered   bool     `json:"answered"`
	Status     uint32   `json:"status"` // of the answer: 0 is accepted and done, 1 to 5 accepted and not done, 100 refused
}

var sunRPCEncoder = encoderFor[SunRPC]()

// Kind is KindSunRPC.
func (*SunRPC) Kind() Kind { return KindSunRPC }

// AppendJSON appends the record as one JSON object.
func (r *SunRPC) AppendJSON(dst []byte) []byte { return sunRPCEncoder.appendTo(dst, unsafe.Pointer(r)) }
