package tls

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	// maxSerial is how many bytes of a serial number are shown; RFC 5280 section 4.1.2.2 allows 20.
	maxSerial = 64
	// maxExponent is how many bytes of an RSA exponent are shown in decimal, which costs their square.
	maxExponent = 64
)

// parseKey reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480).
func parseKey(x *events.X509, b []byte) {
	info := der{b: b}
	algorithm := der{b: info.want(tagSequence).body}
	key := info.want(tagBitString).body
	oid := algorithm.want(tagOID).body
	x.KeyAlg = algorithmName(oid)
	if info.bad || len(key) < 1 {
		return
	}
	switch string(oid) {
	case oidRSA, oidMD5WithRSA: // Windows terminal servers name the signature where the key's algorithm belongs
		parseRSA(x, key[1:])
	case oidDSA:
		parameters := der{b: algorithm.want(tagSequence).body}
		x.KeyType, x.KeyLength = "dsa", bitLength(parameters.want(tagInteger).body)
	case oidECPublicKey:
		x.KeyType = "ecdsa"
		if x.ExplicitCurve = explicitCurve(&algorithm); x.ExplicitCurve {
			return
		}
		x.Curve, x.KeyLength = curveName(algorithm.want(tagOID).body)
	}
}

func parseRSA(x *events.X509, b []byte) {
	outer := der{b: b}
	d := der{b: outer.want(tagSequence).body}
	modulus, exponent := d.want(tagInteger).body, d.want(tagInteger).body
	if outer.bad || d.bad {
		return
	}
	x.KeyType, x.KeyLength = "rsa", bitLength(modulus)
	switch {
	case bitLength(exponent) <= 64:
		x.Exponent = strconv.FormatUint(smallInteger(exponent), 10)
	case len(exponent) <= maxExponent:
		x.Exponent = new(big.Int).SetBytes(exponent).String()
	}
}

// trimZeros drops the leading zero bytes of a positive INTEGER.
func trimZeros(b []byte) []byte {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// bitLength is how many bits a positive INTEGER has.
func bitLength(b []byte) uint32 {
	b = trimZeros(b)
	if len(b) == 0 {
		return 0
	}
	return uint32(8*(len(b)-1) + bits.Len8(b[0]))
}

// smallInteger gives a positive INTEGER of up to 64 bits, the low ones of a longer one.
func smallInteger(b []byte) (v uint64) {
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

// serialText writes a serial number as OpenSSL does: upper-case hexadecimal bytes, a minus sign where it is negative, 00 for zero.
func serialText(b []byte) string {
	b = b[:min(len(b), maxSerial)]
	var magnitude [maxSerial]byte
	m := magnitude[:copy(magnitude[:], b)]
	text := make([]byte, 0, 2*maxSerial+1)
	if len(m) > 0 && m[0]&0x80 != 0 {
		text = append(text, '-')
		negate(m)
	}
	if m = trimZeros(m); len(m) == 0 {
		return "00"
	}
	for _, x := range m {
		text = append(text, upperDigits[x>>4], upperDigits[x&15])
	}
	return string(text)
}

// negate turns a two's complement number into its magnitude.
func negate(m []byte) {
	carry := true
	for i := len(m) - 1; i >= 0; i-- {
		m[i] = ^m[i]
		if carry {
			m[i]++
			carry = m[i] == 0
		}
	}
}

const upperDigits = "0123456789ABCDEF"
