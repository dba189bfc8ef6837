package ldap

import (
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ber"
)

const (
	lengthLen = 4  // RFC 4422 section 3.7
	wrapLen   = 16 // of a Kerberos wrap token's head (RFC 4121 section 4.2.6.2), and of an NTLM signature ([MS-NLMP] section 2.2.2.9)
	sealFlag  = 2  // of the former: what follows is encrypted
)

// wrapping is what a SASL layer put around messages.
type wrapping struct {
	before uint64 // bytes in front of the messages, the length among them
	inner  uint64 // bytes of messages that lie open
	after  uint64 // bytes behind them, or all of it where it is sealed
	sealed bool
}

// wrappedKerberos recognises a length and a wrap token.
func wrappedKerberos(b []byte) analyzer.Verdict {
	const pattern, known = "\x00\x00\x00\x00\x05\x04\x00\xff", "\xff\x00\x00\x00\xff\xff\xf8\xff"
	for i := range min(len(b), len(pattern)) {
		if b[i]&known[i] != pattern[i] {
			return analyzer.No
		}
	}
	if len(b) < len(pattern) {
		return analyzer.Maybe
	}
	return analyzer.Yes
}

// unwrap reads the head of a wrapped message: signed, so that the messages in it lie open, or sealed. It is Maybe while bytes are missing.
func unwrap(b []byte) (w wrapping, v analyzer.Verdict) {
	if len(b) < lengthLen {
		return w, analyzer.Maybe
	}
	size := uint64(binary.BigEndian.Uint32(b))
	if size == 0 || size > maxWrapped {
		return w, analyzer.No
	}
	w = wrapping{before: lengthLen, after: size, sealed: true}
	if size <= wrapLen {
		return w, analyzer.Yes
	}
	if len(b) <= lengthLen+wrapLen {
		return w, analyzer.Maybe
	}
	token := b[lengthLen:]
	switch {
	case token[0] == 5 && token[1] == 4 && token[2]&sealFlag == 0:
		return signedKerberos(token, size), analyzer.Yes
	case binary.LittleEndian.Uint32(token) == 1 && token[wrapLen] == ber.Sequence:
		return wrapping{before: lengthLen + wrapLen, inner: size - wrapLen}, analyzer.Yes
	}
	return w, analyzer.Yes
}

// signedKerberos says where the messages lie in a token that is signed only. The checksum stands behind them, or, turned round by its own
// length as Windows does it, in front of them. Other turns are not read.
func signedKerberos(token []byte, size uint64) wrapping {
	sum, turn := uint64(binary.BigEndian.Uint16(token[4:])), uint64(binary.BigEndian.Uint16(token[6:]))
	w := wrapping{before: lengthLen + wrapLen, inner: size - wrapLen - sum}
	switch {
	case sum > size-wrapLen || turn != 0 && turn != sum:
		return wrapping{before: lengthLen, after: size, sealed: true}
	case turn == sum:
		w.before += sum
	default:
		w.after = sum
	}
	return w
}
