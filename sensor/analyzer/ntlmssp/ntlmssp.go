// Package ntlmssp reads the messages of NTLM authentication ([MS-NLMP] section 2.2.1), whatever protocol carries them. What comes in is
// any bytes that may hold a message: raw, or wrapped in SPNEGO, an RPC trailer or decoded base64. What goes out is the message's
// fields, and for a challenge and its answer one events.NTLM. It never keeps a response, a challenge, a key or a hash, never holds on to the
// bytes that it was given, and never gives more than MaxText bytes of a name.
package ntlmssp

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// Signature begins every message.
const Signature = "NTLMSSP\x00"

// The types of messages.
const (
	Negotiate    = 1
	Challenge    = 2
	Authenticate = 3
)

// Flags that say something about who speaks ([MS-NLMP] 2.2.2.5).
const (
	FlagUnicode         = 0x00000001
	FlagAnonymous       = 0x00000800
	FlagExtendedSession = 0x00080000 // a short response is salted by the client
	FlagVersion         = 0x02000000 // the version of the sender's operating system is there
)

// MaxText bounds a name in bytes of UTF-8. Windows allows 104 characters for a user and 255 for a DNS name.
const MaxText = 256

// Where the fixed fields stand, and how long they are at the least.
const (
	typeAt          = 8
	minNegotiate    = 16
	minChallenge    = 32
	minAuthenticate = 52 // before Windows 2000 flags and session key were left out
	fullAuth        = 64
)

// Message is one message. Text that is not there is empty.
type Message struct {
	Type  uint32 // Negotiate, Challenge or Authenticate
	Flags uint32

	User, Domain, Workstation string // of the client: in an Authenticate; domain and workstation in a Negotiate

	Target                           string // of a Challenge: domain or server
	NBComputer, DNSComputer, DNSTree string // of a Challenge's target information
	NBDomain, DNSDomain              string

	Response  uint8 // version of an Authenticate's response: 1, 2, or 0 where there is none
	Anonymous bool  // an Authenticate without a user and without a response

	Major, Minor uint8  // version of the sender's operating system, where FlagVersion says so
	Build        uint16 // and its build
}

// Find gives the first message in b that is whole enough to be read. Fields that lie outside of b are left empty.
func Find(b []byte) (m Message, ok bool) {
	for {
		i := bytes.Index(b, []byte(Signature))
		if i < 0 {
			return Message{}, false
		}
		if m, ok = Parse(b[i:]); ok {
			return m, true
		}
		b = b[i+len(Signature):]
	}
}

// Parse reads the message that b begins with.
func Parse(b []byte) (m Message, ok bool) {
	if len(b) < minNegotiate || string(b[:len(Signature)]) != Signature {
		return Message{}, false
	}
	m.Type = binary.LittleEndian.Uint32(b[typeAt:])
	switch m.Type {
	case Negotiate:
		m.negotiate(b)
		return m, true
	case Challenge:
		return m, m.challenge(b)
	case Authenticate:
		return m, m.authenticate(b)
	}
	return Message{}, false
}

// negotiate reads [MS-NLMP] 2.2.1.1. Its names are always in the code page of the client, and only ASCII of it is told.
func (m *Message) negotiate(b []byte) {
	m.Flags = binary.LittleEndian.Uint32(b[12:])
	m.Domain = narrow(field(b, 16))
	m.Workstation = narrow(field(b, 24))
	m.version(b, 32)
}

// challenge reads [MS-NLMP] 2.2.1.2.
func (m *Message) challenge(b []byte) bool {
	if len(b) < minChallenge {
		return false
	}
	m.Flags = binary.LittleEndian.Uint32(b[20:])
	m.Target = m.text(field(b, 12))
	m.targetInfo(field(b, 40))
	m.version(b, 48)
	return true
}

// authenticate reads [MS-NLMP] 2.2.1.3.
func (m *Message) authenticate(b []byte) bool {
	if len(b) < minAuthenticate {
		return false
	}
	m.Flags = FlagUnicode
	if firstPayload(b) >= fullAuth && len(b) >= fullAuth {
		m.Flags = binary.LittleEndian.Uint32(b[60:])
		m.version(b, 64)
	}
	m.Domain, m.User, m.Workstation = m.text(field(b, 28)), m.text(field(b, 36)), m.text(field(b, 44))
	lm, nt := size(b, 12), size(b, 20)
	switch {
	case nt > 24:
		m.Response = 2
	case nt == 24 || nt == 0 && lm == 24:
		m.Response = 1
	}
	m.Anonymous = m.User == "" && nt == 0 && lm <= 1
	return true
}

// firstPayload is where the first of an Authenticate's fields lies: what is before it is fixed.
func firstPayload(b []byte) uint32 {
	first := uint32(len(b))
	for at := 12; at < minAuthenticate; at += 8 {
		if size(b, at) > 0 {
			first = min(first, binary.LittleEndian.Uint32(b[at+4:]))
		}
	}
	return first
}

// size is the length that the field at that place says it has.
func size(b []byte, at int) int {
	if len(b) < at+8 {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b[at:]))
}

// field gives the bytes that a length and an offset name, or nothing where they lie outside.
func field(b []byte, at int) []byte {
	n := size(b, at)
	if n == 0 {
		return nil
	}
	from := binary.LittleEndian.Uint32(b[at+4:])
	if uint64(from)+uint64(n) > uint64(len(b)) {
		return nil
	}
	return b[from:][:n]
}

func (m *Message) version(b []byte, at int) {
	if m.Flags&FlagVersion != 0 && len(b) >= at+8 {
		m.Major, m.Minor, m.Build = b[at], b[at+1], binary.LittleEndian.Uint16(b[at+2:])
	}
}

// Version gives the version as text, "10.0.17763", or nothing where it was not said.
func (m *Message) Version() string {
	if m.Major == 0 && m.Minor == 0 && m.Build == 0 {
		return ""
	}
	var room [16]byte
	out := strconv.AppendUint(room[:0], uint64(m.Major), 10)
	out = strconv.AppendUint(append(out, '.'), uint64(m.Minor), 10)
	return string(strconv.AppendUint(append(out, '.'), uint64(m.Build), 10))
}

// The names in a Challenge's target information ([MS-NLMP] 2.2.2.1).
const (
	avEnd = iota
	avNBComputer
	avNBDomain
	avDNSComputer
	avDNSDomain
	avDNSTree
)

func (m *Message) targetInfo(b []byte) {
	names := [...]*string{avNBComputer: &m.NBComputer, avNBDomain: &m.NBDomain, avDNSComputer: &m.DNSComputer, avDNSDomain: &m.DNSDomain, avDNSTree: &m.DNSTree}
	for len(b) >= 4 {
		id, n := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
		b = b[4:]
		if id == avEnd || n > len(b) {
			return
		}
		if id < len(names) {
			*names[id] = wide(b[:n])
		}
		b = b[n:]
	}
}

func (m *Message) text(b []byte) string {
	if m.Flags&FlagUnicode != 0 {
		return wide(b)
	}
	return narrow(b)
}
