package events

import "unsafe"

// KindDCERPC is the log of remote procedure calls.
const KindDCERPC Kind = "dce_rpc"

// DCERPC is one call and its answer, over TCP or a named pipe. Source: Zeek's dce_rpc.log; [C706] and [MS-RPCE].
type DCERPC struct {
	Head
	RTT       Interval `json:"rtt,omitempty"`        // from the request to the answer; 0 where one was not seen
	NamedPipe string   `json:"named_pipe,omitempty"` // "\\pipe\\svcctl", with its backslashes doubled as Zeek writes them, or the port over TCP
	Endpoint  string   `json:"endpoint,omitempty"`   // the interface's name: "svcctl"; "unknown-" and its UUID where it has none; empty where neither is known
	Operation string   `json:"operation,omitempty"`  // "CreateServiceW"; "unknown-12" where the name is unknown

	// Ours.
	UUID       string `json:"uuid,omitempty"` // of the interface; empty where the bind was before the capture began
	Opnum      uint16 `json:"opnum"`
	Args       string `json:"args,omitempty"`      // the texts of the request that say what it does (service, command, path, account; of an activation first {class id}), at most 512 bytes
	RequestLen uint32 `json:"request_len"`         // bytes of stub data of the whole request
	Status     *int64 `json:"status,omitempty"`    // what the answer ended with: 0 is success; absent where it was sealed or not seen
	Fault      uint32 `json:"fault,omitempty"`     // status of a fault PDU
	Sealed     bool   `json:"sealed"`              // the stub was encrypted, so that Args and Status are unknown
	AuthType   string `json:"auth_type,omitempty"` // "ntlm", "kerberos", "spnego", "netlogon"
	NullCreds  bool   `json:"null_creds"`          // a Netlogon challenge or client credential of zeros, or of one other byte throughout, was sent (CVE-2020-1472)
}

var dcerpcEncoder = encoderFor[DCERPC]()

// Kind is KindDCERPC.
func (*DCERPC) Kind() Kind { return KindDCERPC }

// AppendJSON appends the record as one JSON object.
func (r *DCERPC) AppendJSON(dst []byte) []byte { return dcerpcEncoder.appendTo(dst, unsafe.Pointer(r)) }
