package ssh

import (
	"bytes"
	"crypto/md5" // HASSH is defined with it; nothing depends on its strength
	"encoding/hex"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// The name-lists of KEXINIT in their order (RFC 4253 section 7.1), up to the last that is used.
const (
	listKex = iota
	listHostKey
	listCipherToServer
	listCipherToClient
	listMACToServer
	listMACToClient
	listCompressionToServer
	listCompressionToClient
	listCount
)

// lists are the name-lists of one side, borrowed from its payload.
type lists [listCount][]byte

// parseLists reads a KEXINIT payload: its number, 16 bytes of cookie, and the lists.
func parseLists(payload []byte) (l lists, ok bool) {
	if len(payload) < 17 {
		return l, false
	}
	b := payload[17:]
	for i := range l {
		if l[i], b, ok = cutString(b); !ok {
			return l, false
		}
	}
	return l, true
}

// kexInit takes a side's fingerprint, and when the second list is there, what both agree on.
func (r *reader) kexInit(d flow.Dir, s *side, payload []byte) {
	mine, ok := parseLists(payload)
	if !ok {
		r.conv.Weird("ssh_malformed_kexinit", "")
		return
	}
	if s.hasInit {
		return
	}
	s.hasInit = true
	if d == flow.Orig {
		r.rec.HASSH = hassh(mine[listKex], mine[listCipherToServer], mine[listMACToServer], mine[listCompressionToServer])
	} else {
		r.rec.HASSHServer = hassh(mine[listKex], mine[listCipherToClient], mine[listMACToClient], mine[listCompressionToClient])
	}
	other := &r.sides[d.Other()]
	if !other.hasInit {
		s.lists = bytes.Clone(payload)
		return
	}
	theirs, _ := parseLists(other.lists)
	if d == flow.Orig {
		r.negotiate(&mine, &theirs)
	} else {
		r.negotiate(&theirs, &mine)
	}
	other.lists = nil
}

// hassh is the MD5 of a side's lists, joined by semicolons, as the HASSH method defines it.
func hassh(kex, cipher, mac, compression []byte) string {
	sum := md5.Sum(bytes.Join([][]byte{kex, cipher, mac, compression}, []byte{';'}))
	return hex.EncodeToString(sum[:])
}

// negotiate fills in what both sides agree on, and what that means for the packets to come.
func (r *reader) negotiate(client, server *lists) {
	pick := func(i int) string { return firstCommon(client[i], server[i]) }
	toServer := suite{pick(listCipherToServer), pick(listMACToServer), pick(listCompressionToServer)}
	toClient := suite{pick(listCipherToClient), pick(listMACToClient), pick(listCompressionToClient)}
	r.rec.KexAlg = pick(listKex)
	r.rec.HostKeyAlg = pick(listHostKey)
	r.rec.CipherAlg = bothWays(toServer.cipher, toClient.cipher)
	r.rec.MACAlg = bothWays(toServer.mac, toClient.mac)
	r.rec.CompressionAlg = bothWays(toServer.compression, toClient.compression)
	r.sides[flow.Orig].framing = toServer.framing()
	r.sides[flow.Resp].framing = toClient.framing()
	// Sizes tell nothing once compression is on; "zlib@openssh.com" begins only behind authentication.
	if toServer.compression != "zlib" && toClient.compression != "zlib" {
		r.auth.begin(r.sides[flow.Orig].framing, r.sides[flow.Resp].framing)
	}
}

// firstCommon is the client's first name that the server has too (RFC 4253 section 7.1). The words for none are Zeek's.
func firstCommon(client, server []byte) string {
	for len(client) > 0 {
		var name []byte
		name, client, _ = bytes.Cut(client, []byte{','})
		for rest := server; len(rest) > 0; {
			var other []byte
			other, rest, _ = bytes.Cut(rest, []byte{','})
			if len(name) > 0 && len(name) <= maxAlgorithm && bytes.Equal(name, other) {
				return string(name)
			}
		}
	}
	return "Algorithm negotiation failed"
}

// maxAlgorithm is the longest name of an algorithm (RFC 4251 section 6).
const maxAlgorithm = 64

// bothWays is one name where both directions have the same, else both, in Zeek's words.
func bothWays(toServer, toClient string) string {
	if toServer == toClient {
		return toServer
	}
	return "To server: " + toServer + ", to client: " + toClient
}
