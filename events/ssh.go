package events

import "unsafe"

// KindSSH is the log of SSH sessions.
const KindSSH Kind = "ssh"

// SSH is one SSH session, written once authentication is decided, or at its end. Source: Zeek's ssh.log and the HASSH package.
type SSH struct {
	Head
	Version            uint8  `json:"version,omitempty"`      // protocol major version
	AuthSuccess        *bool  `json:"auth_success,omitempty"` // inferred from packet sizes; absent where undecided
	AuthAttempts       uint32 `json:"auth_attempts"`          // inferred
	Direction          string `json:"direction,omitempty"`    // INBOUND or OUTBOUND across the local networks' edge
	Client             string `json:"client,omitempty"`       // banner, "SSH-2.0-OpenSSH_9.6"
	Server             string `json:"server,omitempty"`
	CipherAlg          string `json:"cipher_alg,omitempty"`
	MACAlg             string `json:"mac_alg,omitempty"`
	CompressionAlg     string `json:"compression_alg,omitempty"`
	KexAlg             string `json:"kex_alg,omitempty"`
	HostKeyAlg         string `json:"host_key_alg,omitempty"`
	HostKeyFingerprint string `json:"host_key_fingerprint,omitempty"`
	HASSH              string `json:"hassh,omitempty"`       // MD5 of the client's algorithm lists
	HASSHServer        string `json:"hasshServer,omitempty"` //
}

var sshEncoder = encoderFor[SSH]()

// Kind is KindSSH.
func (*SSH) Kind() Kind { return KindSSH }

// AppendJSON appends the record as one JSON object.
func (r *SSH) AppendJSON(dst []byte) []byte { return sshEncoder.appendTo(dst, unsafe.Pointer(r)) }
