package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// quicVersion is one version of QUIC whose first packets can be read: their keys follow from what stands in the packet itself (RFC 9001 section
// 5.2), to keep others from meddling, not from reading.
type quicVersion struct {
	number uint32
	name   string
	salt   string
	label  string // before "key", "iv" and "hp"
	turned uint8  // how far the types of long packets are turned against version 1
}

const (
	saltDraft23 = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
	saltDraft29 = "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
	saltV1      = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
	saltV2      = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"
)

// quicVersions are RFC 9001, RFC 9369, the drafts from 23 on, and Facebook's mvfst, which is draft 27 under a number of its own.
var quicVersions = [...]quicVersion{
	{1, "1", saltV1, "quic ", 0},
	{0x6b3343cf, "quicv2", saltV2, "quicv2 ", 1},
	{0xff000017, "draft-23", saltDraft23, "quic ", 0}, {0xff000018, "draft-24", saltDraft23, "quic ", 0}, {0xff000019, "draft-25", saltDraft23, "quic ", 0},
	{0xff00001b, "draft-27", saltDraft23, "quic ", 0}, {0xff00001c, "draft-28", saltDraft23, "quic ", 0}, {0xfaceb002, "mvfst-27", saltDraft23, "quic ", 0},
	{0xff00001d, "draft-29", saltDraft29, "quic ", 0}, {0xff00001e, "draft-30", saltDraft29, "quic ", 0}, {0xff00001f, "draft-31", saltDraft29, "quic ", 0},
	{0xff000020, "draft-32", saltDraft29, "quic ", 0}, {0xff000021, "draft-33", saltV1, "quic ", 0}, {0xff000022, "draft-34", saltV1, "quic ", 0},
}

// findQUIC gives a version that can be read; nil for others.
func findQUIC(number uint32) *quicVersion {
	for i := range quicVersions {
		if quicVersions[i].number == number {
			return &quicVersions[i]
		}
	}
	return nil
}

// quicKeys open one side's first packets.
type quicKeys struct {
	open   cipher.AEAD
	header cipher.Block
	iv     [12]byte
}

// initialKeys derives both sides' keys from the first connection id that the client chose.
func initialKeys(v *quicVersion, dcid []byte) (client, server *quicKeys) {
	secret, err := hkdf.Extract(sha256.New, dcid, []byte(v.salt))
	if err != nil {
		return nil, nil
	}
	return sideKeys(v, secret, "client in"), sideKeys(v, secret, "server in")
}

func sideKeys(v *quicVersion, initial []byte, side string) *quicKeys {
	secret := expandLabel(initial, side, sha256.Size)
	key, err := aes.NewCipher(expandLabel(secret, v.label+"key", 16))
	if err != nil {
		return nil
	}
	header, err := aes.NewCipher(expandLabel(secret, v.label+"hp", 16))
	if err != nil {
		return nil
	}
	open, err := cipher.NewGCM(key)
	if err != nil {
		return nil
	}
	k := &quicKeys{open: open, header: header}
	copy(k.iv[:], expandLabel(secret, v.label+"iv", len(k.iv)))
	return k
}

// expandLabel is HKDF-Expand-Label without a context (RFC 8446 section 7.1). Lengths are fixed and small, so that it cannot fail; were it to, the keys
// would open nothing.
func expandLabel(secret []byte, label string, length int) []byte {
	label = "tls13 " + label
	info := string([]byte{byte(length >> 8), byte(length), byte(len(label))}) + label + "\x00"
	out, err := hkdf.Expand(sha256.New, secret, info, length)
	if err != nil {
		return make([]byte, length)
	}
	return out
}

// unseal opens a packet whose number stands at an offset, and gives the frames in it; nil where the keys are not its own. It writes into space.
func (k *quicKeys) unseal(packet []byte, numberAt int, space []byte) []byte {
	const sample = 16
	if k == nil || len(packet) < numberAt+4+sample {
		return nil
	}
	var mask [sample]byte
	k.header.Encrypt(mask[:], packet[numberAt+4:numberAt+4+sample])
	var head [maxLongHeader]byte
	if numberAt+4 > len(head) {
		return nil
	}
	n := copy(head[:], packet[:numberAt+4])
	head[0] ^= mask[0] & 0x0f
	size := int(head[0]&3) + 1
	var number uint32
	for i := range size {
		head[numberAt+i] ^= mask[1+i]
		number = number<<8 | uint32(head[numberAt+i])
	}
	n -= 4 - size
	nonce := k.iv
	binary.BigEndian.PutUint32(nonce[8:], binary.BigEndian.Uint32(nonce[8:])^number)
	frames, err := k.open.Open(space[:0], nonce[:], packet[n:], head[:n])
	if err != nil {
		return nil
	}
	return frames
}
