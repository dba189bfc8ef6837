package ssh

import "strings"

// suite is what was negotiated for one direction.
type suite struct{ cipher, mac, compression string }

// framing is how packets of one direction look from outside once they are encrypted.
type framing struct {
	known bool // cipher and MAC are of the table, so that sizes can be reckoned
	clear bool // the length field can be read: AES-GCM (RFC 5647) and the encrypt-then-MAC modes of OpenSSH
	apart bool // the length field is not part of what is padded to whole blocks
	block int  // bytes
	tag   int  // bytes of MAC or AEAD tag
}

// framing tells the look of a suite's packets. With an AEAD cipher the negotiated MAC is not used.
func (s suite) framing() framing {
	switch {
	case strings.HasPrefix(s.cipher, "chacha20-poly1305"):
		return framing{known: true, apart: true, block: 8, tag: 16}
	case strings.Contains(s.cipher, "-gcm") || strings.HasPrefix(s.cipher, "AEAD_AES_"):
		return framing{known: true, clear: true, apart: true, block: 16, tag: 16}
	}
	f := framing{known: true, block: blockSize(s.cipher)}
	mac := strings.TrimSuffix(s.mac, "-etm@openssh.com")
	f.clear = mac != s.mac
	f.apart = f.clear
	f.tag = tagSize(mac)
	if f.block == 0 || f.tag < 0 {
		return framing{}
	}
	return f
}

// blockSize is what packets of a cipher are padded to: at least 8 (RFC 4253 section 6). 0 for a cipher that is not known.
func blockSize(cipher string) int {
	for _, c := range [...]struct {
		prefix string
		size   int
	}{
		{"aes", 16}, {"rijndael", 16}, {"twofish", 16}, {"serpent", 16}, {"camellia", 16}, {"seed", 16},
		{"3des", 8}, {"blowfish", 8}, {"cast128", 8}, {"idea", 8}, {"des", 8}, {"arcfour", 8}, {"none", 8},
	} {
		if strings.HasPrefix(cipher, c.prefix) {
			return c.size
		}
	}
	return 0
}

// tagSize is the length of a MAC, -1 for one that is not known.
func tagSize(mac string) int {
	mac, _, _ = strings.Cut(mac, "@")
	if strings.HasSuffix(mac, "-96") {
		return 12
	}
	switch mac {
	case "none":
		return 0
	case "umac-64":
		return 8
	case "hmac-md5", "umac-128":
		return 16
	case "hmac-sha1", "hmac-ripemd160":
		return 20
	case "hmac-sha2-256", "hmac-sha256":
		return 32
	case "hmac-sha2-512", "hmac-sha512":
		return 64
	}
	return -1
}

// size is how many bytes a packet with a payload of n takes on the wire, padded no more than it must be (RFC 4253 section 6:
// at least 4 bytes, up to a whole block), as all the usual programs do.
func (f framing) size(n int) int {
	const paddingLength, minPadding, lengthField = 1, 4, 4
	n += paddingLength + minPadding
	if !f.apart {
		n += lengthField
	}
	n = (n + f.block - 1) / f.block * f.block
	if f.apart {
		n += lengthField
	}
	return n + f.tag
}
