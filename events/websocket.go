package events

import "unsafe"

// KindWebSocket is the log of WebSockets.
const KindWebSocket Kind = "websocket"

// WebSocket is what followed an HTTP upgrade to a WebSocket, written when it ends, and before that once it shows that another protocol is
// inside. Source: Zeek's websocket.log, which holds what the two ends agreed on.
type WebSocket struct {
	Head
	Host             string   `json:"host,omitempty"`
	URI              string   `json:"uri,omitempty"`
	UserAgent        string   `json:"user_agent,omitempty"`
	Subprotocol      string   `json:"subprotocol,omitempty"`       // as the server chose it
	ClientProtocols  []string `json:"client_protocols,omitempty"`  // offered; what looks like a credential is cut
	ServerExtensions []string `json:"server_extensions,omitempty"` //
	ClientExtensions []string `json:"client_extensions,omitempty"` //

	// Ours: what went through.
	OrigFrames   uint64   `json:"orig_frames"` // of data, both kinds
	RespFrames   uint64   `json:"resp_frames"`
	OrigBytes    uint64   `json:"orig_payload_bytes"`
	RespBytes    uint64   `json:"resp_payload_bytes"`
	BinaryFrames uint64   `json:"binary_frames"` // of both directions
	Duration     Interval `json:"duration"`
	Inner        string   `json:"inner,omitempty"` // Zeek's name of the protocol that the first data frame of a direction begins with: "ssl", "ssh"
	CloseCode    uint16   `json:"close_code,omitempty"`
	Interim      bool     `json:"interim,omitempty"` // it goes on
}

var webSocketEncoder = encoderFor[WebSocket]()

// Kind is KindWebSocket.
func (*WebSocket) Kind() Kind { return KindWebSocket }

// AppendJSON appends the record as one JSON object.
func (r *WebSocket) AppendJSON(dst []byte) []byte {
	return webSocketEncoder.appendTo(dst, unsafe.Pointer(r))
}
