package events

import "unsafe"

// KindRDP is the log of remote desktop sessions.
const KindRDP Kind = "rdp"

// RDP is how one remote desktop session began. What follows in TLS is in ssl; keystrokes and pictures are never read.
// Source: Zeek's rdp.log; [MS-RDPBCGR].
type RDP struct {
	Head
	Cookie           string   `json:"cookie,omitempty"`            // user name as the client announces it, often cut to nine characters
	Result           string   `json:"result,omitempty"`            // "Success", "encrypted", or why the server refused
	SecurityProtocol string   `json:"security_protocol,omitempty"` // RDP, SSL, HYBRID (network level authentication) or HYBRID_EX
	ClientChannels   []string `json:"client_channels,omitempty"`   // "rdpdr", "cliprdr", ..., at most 31
	KeyboardLayout   string   `json:"keyboard_layout,omitempty"`
	ClientBuild      string   `json:"client_build,omitempty"`
	ClientName       string   `json:"client_name,omitempty"`
	ClientProductID  string   `json:"client_dig_product_id,omitempty"`
	DesktopWidth     uint32   `json:"desktop_width,omitempty"`
	DesktopHeight    uint32   `json:"desktop_height,omitempty"`
	ColorDepth       string   `json:"requested_color_depth,omitempty"`
	CertType         string   `json:"cert_type,omitempty"`      // "RSA" or "X.509", of RDP's own encryption
	CertCount        uint32   `json:"cert_count"`               //
	CertPermanent    *bool    `json:"cert_permanent,omitempty"` //
	EncryptionLevel  string   `json:"encryption_level,omitempty"`
	EncryptionMethod string   `json:"encryption_method,omitempty"`

	// Ours.
	Requested       []string `json:"requested_protocols,omitempty"` // what the client offered
	RestrictedAdmin bool     `json:"restricted_admin,omitempty"`    // the client wants to sign in without sending its secret: a hash is enough for it
}

var rdpEncoder = encoderFor[RDP]()

// Kind is KindRDP.
func (*RDP) Kind() Kind { return KindRDP }

// AppendJSON appends the record as one JSON object.
func (r *RDP) AppendJSON(dst []byte) []byte { return rdpEncoder.appendTo(dst, unsafe.Pointer(r)) }
