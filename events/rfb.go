package events

import "unsafe"

// KindRFB is the log of remote desktops that speak RFB, which is VNC's protocol.
const KindRFB Kind = "rfb"

// RFB is one remote desktop, written once it is shown or refused, or at its end. Source: Zeek's rfb.log; RFC 6143. No challenge and no response is kept.
type RFB struct {
	Head
	ClientMajor string `json:"client_major_version,omitempty"` // "003"
	ClientMinor string `json:"client_minor_version,omitempty"` // "008"
	ServerMajor string `json:"server_major_version,omitempty"`
	ServerMinor string `json:"server_minor_version,omitempty"`
	AuthMethod  string `json:"authentication_method,omitempty"` // VNC, None, ...
	Auth        *bool  `json:"auth,omitempty"`                  // whether it was let in; absent where that was not seen
	Share       *bool  `json:"share_flag,omitempty"`            // whether the client leaves others connected
	DesktopName string `json:"desktop_name,omitempty"`          // at most 128 bytes
	Width       uint16 `json:"width,omitempty"`                 // pixels
	Height      uint16 `json:"height,omitempty"`                //

	// Ours.
	Reverse bool `json:"reverse,omitempty"` // who opened the connection shows its desktop, so that a firewall lets it through
}

var rfbEncoder = encoderFor[RFB]()

// Kind is KindRFB.
func (*RFB) Kind() Kind { return KindRFB }

// AppendJSON appends the record as one JSON object.
func (r *RFB) AppendJSON(dst []byte) []byte { return rfbEncoder.appendTo(dst, unsafe.Pointer(r)) }
