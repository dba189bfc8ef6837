package events

import "unsafe"

// KindSIP is the log of SIP requests and their responses.
const KindSIP Kind = "sip"

// SIP is a response with the request before it, or at the end of a conversation a request that none followed. Source: Zeek's sip.log; RFC 3261.
type SIP struct {
	Head
	TransDepth   uint32   `json:"trans_depth"`
	Method       string   `json:"method,omitempty"`
	URI          string   `json:"uri,omitempty"`
	RequestFrom  string   `json:"request_from,omitempty"`
	RequestTo    string   `json:"request_to,omitempty"`
	ResponseFrom string   `json:"response_from,omitempty"`
	ResponseTo   string   `json:"response_to,omitempty"`
	ReplyTo      string   `json:"reply_to,omitempty"`
	CallID       string   `json:"call_id,omitempty"`
	Seq          string   `json:"seq,omitempty"` // "69 REGISTER"
	Subject      string   `json:"subject,omitempty"`
	RequestPath  []string `json:"request_path,omitempty"` // at most 16
	ResponsePath []string `json:"response_path,omitempty"`
	UserAgent    string   `json:"user_agent,omitempty"`
	StatusCode   uint16   `json:"status_code,omitempty"`
	StatusMsg    string   `json:"status_msg,omitempty"`
	Warning      string   `json:"warning,omitempty"`
	RequestLen   uint64   `json:"request_body_len"`
	ResponseLen  uint64   `json:"response_body_len"`
	ContentType  string   `json:"content_type,omitempty"`
	AuthUser     string   `json:"auth_user,omitempty"` // ours: the name in Authorization or Proxy-Authorization; the response is never kept
}

var sipEncoder = encoderFor[SIP]()

// Kind is KindSIP.
func (*SIP) Kind() Kind { return KindSIP }

// AppendJSON appends the record as one JSON object.
func (r *SIP) AppendJSON(dst []byte) []byte { return sipEncoder.appendTo(dst, unsafe.Pointer(r)) }
