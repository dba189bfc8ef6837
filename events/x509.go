package events

import (
	"net/netip"
	"unsafe"
)

// KindX509 is the log of certificates seen in handshakes.
const KindX509 Kind = "x509"

// X509 is one certificate, logged once a conversation. Source: Zeek's x509.log.
type X509 struct {
	Head
	Fingerprint  string       `json:"fingerprint"` // SHA-256 of the DER, hexadecimal
	Version      int          `json:"certificate.version"`
	Serial       string       `json:"certificate.serial"` // upper-case hexadecimal
	Subject      string       `json:"certificate.subject"`
	Issuer       string       `json:"certificate.issuer"`
	NotBefore    Time         `json:"certificate.not_valid_before"`
	NotAfter     Time         `json:"certificate.not_valid_after"`
	KeyAlg       string       `json:"certificate.key_alg"`
	SigAlg       string       `json:"certificate.sig_alg"`
	KeyType      string       `json:"certificate.key_type,omitempty"`
	KeyLength    uint32       `json:"certificate.key_length,omitempty"` // bits
	Exponent     string       `json:"certificate.exponent,omitempty"`
	Curve        string       `json:"certificate.curve,omitempty"`
	SANDNS       []string     `json:"san.dns,omitempty"`
	SANURI       []string     `json:"san.uri,omitempty"`
	SANEmail     []string     `json:"san.email,omitempty"`
	SANIP        []netip.Addr `json:"san.ip,omitempty"`
	BasicCA      *bool        `json:"basic_constraints.ca,omitempty"`
	BasicPathLen *uint64      `json:"basic_constraints.path_len,omitempty"`
	HostCert     bool         `json:"host_cert"`
	ClientCert   bool         `json:"client_cert"`

	// Ours: what no authority issues, and what readers of certificates stumbled over.
	ExplicitCurve   bool   `json:"certificate.explicit_curve,omitempty"`   // the key describes its curve instead of naming one
	LongestPunycode uint32 `json:"certificate.longest_punycode,omitempty"` // bytes of the longest xn-- label in an e-mail name or a name constraint
}

var x509Encoder = encoderFor[X509]()

// Kind is KindX509.
func (*X509) Kind() Kind { return KindX509 }

// AppendJSON appends the record as one JSON object.
func (r *X509) AppendJSON(dst []byte) []byte { return x509Encoder.appendTo(dst, unsafe.Pointer(r)) }
