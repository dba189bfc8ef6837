package events

import "unsafe"

// KindSSL is the log of TLS and SSL handshakes.
const KindSSL Kind = "ssl"

// SSL is one TLS or SSL handshake. Source: Zeek's ssl.log; JA3, JA3S, JA4 and JA4S under the names their Zeek packages use.
type SSL struct {
	Head
	Version       string   `json:"version,omitempty"`     // SSLv3, TLSv10, TLSv11, TLSv12, TLSv13, ...
	Cipher        string   `json:"cipher,omitempty"`      // IANA name of the cipher suite chosen
	Curve         string   `json:"curve,omitempty"`       // named group of the key exchange
	ServerName    string   `json:"server_name,omitempty"` // SNI
	Resumed       bool     `json:"resumed"`
	LastAlert     string   `json:"last_alert,omitempty"`
	NextProtocol  string   `json:"next_protocol,omitempty"` // ALPN protocol the server chose
	Established   bool     `json:"established"`
	SSLHistory    string   `json:"ssl_history,omitempty"`           // Zeek's letters, upper case client
	CertChainFPs  []string `json:"cert_chain_fps,omitempty"`        // SHA-256 of the server's certificates, in order
	ClientCertFPs []string `json:"client_cert_chain_fps,omitempty"` //
	SNIMatches    *bool    `json:"sni_matches_cert,omitempty"`      // absent where either is unknown
	JA3           string   `json:"ja3,omitempty"`
	JA3S          string   `json:"ja3s,omitempty"`
	JA4           string   `json:"ja4,omitempty"`
	JA4S          string   `json:"ja4s,omitempty"`

	// Ours: what a detector of weak TLS reads without joining x509.
	ALPN        []string `json:"alpn,omitempty"`                  // what the client offered
	Subject     string   `json:"subject,omitempty"`               // of the server's own certificate, RFC 4514 order as Zeek
	Issuer      string   `json:"issuer,omitempty"`                //
	NotBefore   Time     `json:"cert_not_valid_before,omitempty"` //
	NotAfter    Time     `json:"cert_not_valid_after,omitempty"`  //
	SelfSigned  bool     `json:"cert_self_signed,omitempty"`      // issuer equals subject in a chain of one
	CertKeyBits uint32   `json:"cert_key_length,omitempty"`       //
	CertKeyAlg  string   `json:"cert_key_type,omitempty"`         // rsa, ecdsa, ...
	CertSigAlg  string   `json:"cert_signature_algorithm,omitempty"`

	// Ours: heartbeats (RFC 6520), which a vulnerable peer answers with what lies in its memory (CVE-2014-0160). Nothing of them is kept but lengths.
	HeartbeatRequests uint32 `json:"heartbeat_requests,omitempty"`
	HeartbeatAnswers  uint32 `json:"heartbeat_answers,omitempty"` // records of them
	HeartbeatBy       string `json:"heartbeat_by,omitempty"`      // who asked first: client or server
	HeartbeatLeast    uint32 `json:"heartbeat_least,omitempty"`   // bytes of the shortest request's record
	HeartbeatOver     uint32 `json:"heartbeat_over,omitempty"`    // bytes that a request claimed to have and had not, at the most; unknown where encrypted
	HeartbeatExcess   uint32 `json:"heartbeat_excess,omitempty"`  // bytes that came back beyond the request's own, at the most
	HeartbeatSealed   bool   `json:"heartbeat_sealed,omitempty"`  // requests were encrypted: only their lengths are known
}

var sslEncoder = encoderFor[SSL]()

// Kind is KindSSL.
func (*SSL) Kind() Kind { return KindSSL }

// AppendJSON appends the record as one JSON object.
func (r *SSL) AppendJSON(dst []byte) []byte { return sslEncoder.appendTo(dst, unsafe.Pointer(r)) }
