package rdp

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// Blocks of settings, [MS-RDPBCGR] section 2.2.1.3.1.
const (
	clientCore     = 0xc001
	clientNetwork  = 0xc003
	serverSecurity = 0x0c02
)

// Keys in front of the blocks, T.124: "Duca" from the client, "McDn" from the server.
const (
	clientKey = "Duca"
	serverKey = "McDn"
	maxKeyAt  = 256 // bytes in which the key must stand
	maxBlocks = 16
	maxNames  = 31 // channels, section 2.2.1.3.4
)

// mcs reads the two packets of MCS that settle a session.
func (r *reader) mcs(_ flow.Dir, b []byte) {
	switch {
	case hasPrefix(b, mcsAsk):
		blocks(b, clientKey, r.clientBlock)
	case hasPrefix(b, mcsGive):
		r.connected(b)
		blocks(b, serverKey, r.serverBlock)
	}
}

// connected reads the result of an MCS connect response: an enumerated value behind one, two or three bytes of length.
func (r *reader) connected(b []byte) {
	b = b[2:]
	if len(b) == 0 {
		return
	}
	skip := 1
	if b[0] > 0x80 {
		skip += int(b[0] & 0x7f)
	}
	if len(b) >= skip+3 && b[skip] == 0x0a && b[skip+1] == 1 {
		r.rec.Result = resultName(b[skip+2])
	}
}

// blocks shows each block of settings behind the key.
func blocks(b []byte, key string, show func(kind uint16, b []byte)) {
	at := bytes.Index(b[:min(len(b), maxKeyAt)], []byte(key))
	if at < 0 {
		return
	}
	b = b[at+len(key):]
	if len(b) < 2 {
		return
	}
	if b[0]&0x80 != 0 { // a length of two bytes
		b = b[1:]
	}
	b = b[1:]
	for range maxBlocks {
		if len(b) < 4 {
			return
		}
		kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if size < 4 || size > len(b) {
			return
		}
		show(kind, b[4:size])
		b = b[size:]
	}
}

func (r *reader) clientBlock(kind uint16, b []byte) {
	switch kind {
	case clientCore:
		r.core(b)
	case clientNetwork:
		r.network(b)
	}
}

// core is section 2.2.1.3.2, without its head.
func (r *reader) core(b []byte) {
	const name, product = 20, 142
	if len(b) < name+32 {
		return
	}
	r.rec.DesktopWidth, r.rec.DesktopHeight = uint32(binary.LittleEndian.Uint16(b[4:])), uint32(binary.LittleEndian.Uint16(b[6:]))
	r.rec.KeyboardLayout, r.rec.ClientBuild = layoutName(binary.LittleEndian.Uint32(b[12:])), buildName(binary.LittleEndian.Uint32(b[16:]))
	r.rec.ClientName = wideText(b[name : name+32])
	if len(b) < product {
		return
	}
	r.rec.ColorDepth = depthName(binary.LittleEndian.Uint16(b[136:]), binary.LittleEndian.Uint16(b[140:]))
	r.rec.ClientProductID = wideText(b[product:min(len(b), product+64)])
}

// network is section 2.2.1.3.4: names of eight bytes, each with four of options.
func (r *reader) network(b []byte) {
	if len(b) < 4 {
		return
	}
	n := min(int(binary.LittleEndian.Uint32(b)), maxNames)
	for b = b[4:]; n > 0 && len(b) >= 12; b, n = b[12:], n-1 {
		name, _, _ := bytes.Cut(b[:8], []byte{0})
		r.rec.ClientChannels = append(r.rec.ClientChannels, text(name))
	}
}

// serverBlock reads the server's security data, section 2.2.1.4.3, and the kind of its certificate.
func (r *reader) serverBlock(kind uint16, b []byte) {
	if kind != serverSecurity || len(b) < 8 {
		return
	}
	r.rec.EncryptionMethod, r.rec.EncryptionLevel = methodName(binary.LittleEndian.Uint32(b)), levelName(binary.LittleEndian.Uint32(b[4:]))
	if len(b) < 16 {
		return
	}
	random, size := uint64(binary.LittleEndian.Uint32(b[8:])), uint64(binary.LittleEndian.Uint32(b[12:]))
	rest := b[16:]
	if random > uint64(len(rest)) || size < 8 || size > uint64(len(rest))-random {
		return
	}
	r.certificate(rest[random : random+size])
}

// certificate is section 2.2.1.4.3.1: version one is RDP's own, two is a chain of X.509.
func (r *reader) certificate(b []byte) {
	version := binary.LittleEndian.Uint32(b)
	permanent := version&0x80000000 == 0
	r.rec.CertPermanent = &permanent
	switch version & 0x7fffffff {
	case 1:
		r.rec.CertType, r.rec.CertCount = "RSA", 1
	case 2:
		r.rec.CertType, r.rec.CertCount = "X.509", min(binary.LittleEndian.Uint32(b[4:]), 200) // section 2.2.1.4.2 allows 200
	default:
		r.conv.Weird("rdp_unknown_certificate", "")
	}
}
