package ssh

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// maxPacket is the longest packet read in the clear; RFC 4253 section 6.1 asks for 35000, and post-quantum keys need no more.
const maxPacket = 40000

// Message numbers (RFC 4250 section 4.1.2; 30 to 49 mean what the key exchange method says).
const (
	msgKexInit       = 20
	msgNewKeys       = 21
	msgKexRSAPubKey  = 30 // RFC 4432
	msgKexReply      = 31 // RFC 4253, RFC 5656 and the post-quantum hybrids
	msgKexGroupReply = 33 // RFC 4419
)

// packet reads one binary packet in the clear (RFC 4253 section 6).
func (r *reader) packet(d flow.Dir, s *side, b []byte) (int, error) {
	if len(b) < 5 {
		return 0, nil
	}
	length, padding := binary.BigEndian.Uint32(b), int(b[4])
	if length < 2 || length > maxPacket || padding >= int(length)-1 {
		r.conv.Weird("ssh_malformed_packet", "")
		return 0, analyzer.ErrDone
	}
	end := 4 + int(length)
	if len(b) < end {
		return 0, nil
	}
	r.message(d, s, b[5:end-padding])
	return end, nil
}

// message takes from a key exchange message what the record wants. The payload holds a byte at least.
func (r *reader) message(d flow.Dir, s *side, payload []byte) {
	switch payload[0] {
	case msgKexInit:
		r.kexInit(d, s, payload)
	case msgNewKeys:
		s.state = inEncrypted
	case msgKexRSAPubKey:
		if strings.HasPrefix(r.rec.KexAlg, "rsa") {
			r.hostKey(d, payload)
		}
	case msgKexReply:
		if !strings.HasPrefix(r.rec.KexAlg, "diffie-hellman-group-exchange") {
			r.hostKey(d, payload)
		}
	case msgKexGroupReply:
		r.hostKey(d, payload)
	}
}

// hostKey takes the fingerprint of the key that a server's reply begins with, in the form that OpenSSH shows.
func (r *reader) hostKey(d flow.Dir, payload []byte) {
	key, _, ok := cutString(payload[1:])
	if d != flow.Resp || !ok || len(key) == 0 || r.rec.HostKeyFingerprint != "" {
		return
	}
	sum := sha256.Sum256(key)
	r.rec.HostKeyFingerprint = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// cutString takes a length-prefixed string (RFC 4251 section 5) off b.
func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}
