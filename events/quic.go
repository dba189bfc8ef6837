package events

import "unsafe"

// KindQUIC is the log of QUIC connections.
const KindQUIC Kind = "quic"

// QUIC is the beginning of one QUIC connection; its handshake has a record in the log of TLS. Source: Zeek's quic.log.
type QUIC struct {
	Head
	Version           string `json:"version"`                       // 1, quicv2, draft-29, ...
	ClientInitialDCID string `json:"client_initial_dcid,omitempty"` // hexadecimal; the keys of the first packets follow from it
	ClientSCID        string `json:"client_scid,omitempty"`
	ServerSCID        string `json:"server_scid,omitempty"`
	ServerName        string `json:"server_name,omitempty"`     // SNI
	ClientProtocol    string `json:"client_protocol,omitempty"` // the first that the client offers: h3, doq, ...
	History           string `json:"history,omitempty"`         // Zeek's letters: I initial, H handshake, Z early data, R retry, S hello, C close, U unknown; upper case originator
}

var quicEncoder = encoderFor[QUIC]()

// Kind is KindQUIC.
func (*QUIC) Kind() Kind { return KindQUIC }

// AppendJSON appends the record as one JSON object.
func (r *QUIC) AppendJSON(dst []byte) []byte { return quicEncoder.appendTo(dst, unsafe.Pointer(r)) }
