package events

import "unsafe"

// KindNTLM is the log of NTLM authentications, whatever protocol carried them.
const KindNTLM Kind = "ntlm"

// NTLM is one challenge and its answer. Responses and keys are never kept. Source: Zeek's ntlm.log; [MS-NLMP].
type NTLM struct {
	Head
	Username          string `json:"username,omitempty"`
	Hostname          string `json:"hostname,omitempty"` // of the client, as it says itself
	DomainName        string `json:"domainname,omitempty"`
	ServerNBComputer  string `json:"server_nb_computer_name,omitempty"`
	ServerDNSComputer string `json:"server_dns_computer_name,omitempty"`
	ServerTree        string `json:"server_tree_name,omitempty"`
	Success           *bool  `json:"success,omitempty"`        // absent where the answer was not seen
	Carrier           string `json:"carrier,omitempty"`        // ours: "smb", "dce_rpc", "http", "ldap", ...
	Version           uint8  `json:"version,omitempty"`        // ours: 1 or 2, of the response
	Anonymous         bool   `json:"anonymous"`                // ours: no user, no response
	Status            uint32 `json:"status,omitempty"`         // ours: NTSTATUS of the refusal where the carrier has one
	Guest             bool   `json:"guest"`                    // ours: the server let the user in as a guest, whatever the response was
	NegotiateFlags    uint32 `json:"negotiate_flags"`          // ours: of the AUTHENTICATE message, [MS-NLMP] 2.2.2.5
	ClientVersion     string `json:"client_version,omitempty"` // ours: "10.0.17763"
}

var ntlmEncoder = encoderFor[NTLM]()

// Kind is KindNTLM.
func (*NTLM) Kind() Kind { return KindNTLM }

// AppendJSON appends the record as one JSON object.
func (r *NTLM) AppendJSON(dst []byte) []byte { return ntlmEncoder.appendTo(dst, unsafe.Pointer(r)) }
