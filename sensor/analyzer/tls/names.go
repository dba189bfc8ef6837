package tls

import (
	"sort"
	"strconv"
	"strings"
)

// Protocol versions as they stand on the wire.
const (
	versionSSL2  = 0x0002
	versionSSL3  = 0x0300
	versionTLS10 = 0x0301
	versionTLS11 = 0x0302
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304

	versionDTLS10 = 0xfeff
	versionDTLS12 = 0xfefd
	versionDTLS13 = 0xfefc
)

// suite is one cipher suite's number and name.
type suite struct {
	id   uint16
	name string
}

// versionName gives Zeek's name of a version.
func versionName(v uint16) string {
	switch v {
	case versionSSL2:
		return "SSLv2"
	case versionSSL3:
		return "SSLv3"
	case versionTLS10:
		return "TLSv10"
	case versionTLS11:
		return "TLSv11"
	case versionTLS12:
		return "TLSv12"
	case versionTLS13:
		return "TLSv13"
	case versionDTLS10:
		return "DTLSv10"
	case versionDTLS12:
		return "DTLSv12"
	case versionDTLS13:
		return "DTLSv13"
	}
	if isDraft(v) {
		return "TLSv13-draft" + strconv.Itoa(int(v&0xff))
	}
	return unknown(int(v))
}

// isDraft says whether v numbers a draft of TLS 1.3 (RFC 8446 section 4.2.1 of the drafts: 0x7f00 and the draft's number).
func isDraft(v uint16) bool { return v>>8 == 0x7f }

// before13 says whether v is a version whose encryption begins with ChangeCipherSpec.
func before13(v uint16) bool {
	return v == versionSSL2 || v >= versionSSL3 && v <= versionTLS12 || v == versionDTLS10 || v == versionDTLS12
}

// unknown is how Zeek shows a number that has no name.
func unknown(n int) string { return "unknown-" + strconv.Itoa(n) }

// isGrease says whether v is one of the sixteen values kept free so that peers learn to ignore what they do not know (RFC 8701).
func isGrease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// greaseName is Zeek's name for a GREASE value.
func greaseName(v uint16) string {
	digit := string(upperDigits[v>>12])
	return "grease_0x" + digit + "A" + digit + "A"
}

// suiteName gives the IANA name of a cipher suite.
func suiteName(id uint16) string {
	table := classicSuites[:]
	if id >= ellipticSuites[0].id {
		table = ellipticSuites[:]
	}
	i := sort.Search(len(table), func(i int) bool { return table[i].id >= id })
	switch {
	case i < len(table) && table[i].id == id:
		return table[i].name
	case isGrease(id):
		return greaseName(id)
	}
	return unknown(int(id))
}

// suiteNameV2 gives the name of an SSLv2 cipher kind, three bytes long.
func suiteNameV2(kind int) string {
	switch kind {
	case 0x010080:
		return "SSLv20_CK_RC4_128_WITH_MD5"
	case 0x020080:
		return "SSLv20_CK_RC4_128_EXPORT40_WITH_MD5"
	case 0x030080:
		return "SSLv20_CK_RC2_128_CBC_WITH_MD5"
	case 0x040080:
		return "SSLv20_CK_RC2_128_CBC_EXPORT40_WITH_MD5"
	case 0x050080:
		return "SSLv20_CK_IDEA_128_CBC_WITH_MD5"
	case 0x060040:
		return "SSLv20_CK_DES_64_CBC_WITH_MD5"
	case 0x0700c0:
		return "SSLv20_CK_DES_192_EDE3_CBC_WITH_MD5"
	}
	if kind <= 0xffff {
		return suiteName(uint16(kind))
	}
	return unknown(kind)
}

// namesCurve says whether the ServerKeyExchange of a suite begins with an elliptic curve (RFC 8422 section 5.4). With a
// pre-shared key an identity hint comes first (RFC 5489), which hides it.
func namesCurve(suite string) bool {
	if strings.Contains(suite, "_PSK_") {
		return false
	}
	return strings.HasPrefix(suite, "TLS_ECDHE_") || strings.HasPrefix(suite, "TLS_ECDH_ANON_")
}

// groupName gives the name of a named group (RFC 8446 section 4.2.7).
func groupName(g uint16) string {
	switch {
	case g > 0 && int(g) <= len(groups):
		return groups[g-1]
	case g >= 256 && int(g)-256 < len(fieldGroups):
		return fieldGroups[g-256]
	case g >= 512 && int(g)-512 < len(latticeGroups):
		return latticeGroups[g-512]
	case isGrease(g):
		return greaseName(g)
	}
	switch g {
	case 4587:
		return "SecP256r1MLKEM768"
	case 4588:
		return "X25519MLKEM768"
	case 4589:
		return "SecP384r1MLKEM1024"
	case 4590:
		return "curveSM2MLKEM768"
	case 16696:
		return "CECPQ2"
	case 25497:
		return "X25519Kyber768Draft00"
	case 25498:
		return "SecP256r1Kyber768Draft00"
	case 0xff01:
		return "arbitrary_explicit_prime_curves"
	case 0xff02:
		return "arbitrary_explicit_char2_curves"
	}
	return unknown(int(g))
}

// groups are the named groups from 1 on.
var groups = [...]string{
	"sect163k1", "sect163r1", "sect163r2", "sect193r1", "sect193r2", "sect233k1", "sect233r1", "sect239k1",
	"sect283k1", "sect283r1", "sect409k1", "sect409r1", "sect571k1", "sect571r1",
	"secp160k1", "secp160r1", "secp160r2", "secp192k1", "secp192r1", "secp224k1", "secp224r1", "secp256k1",
	"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "x25519", "x448",
	"brainpoolP256r1tls13", "brainpoolP384r1tls13", "brainpoolP512r1tls13",
	"GC256A", "GC256B", "GC256C", "GC256D", "GC512A", "GC512B", "GC512C", "curveSM2",
}

// fieldGroups are the finite field groups from 256 on (RFC 7919).
var fieldGroups = [...]string{"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}

// latticeGroups are the ML-KEM groups from 512 on.
var latticeGroups = [...]string{"MLKEM512", "MLKEM768", "MLKEM1024"}

// alertName gives the name of an alert (RFC 8446 section 6, and the older ones of RFC 5246 section 7.2).
func alertName(desc int) string {
	if desc >= 0 && desc < len(alerts) && alerts[desc] != "" {
		return alerts[desc]
	}
	return unknown(desc)
}

var alerts = [...]string{
	0: "close_notify", 10: "unexpected_message",
	20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow", 30: "decompression_failure",
	40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate",
	44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
	48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
	60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 110: "unsupported_extension",
	111: "certificate_unobtainable", 112: "unrecognized_name", 113: "bad_certificate_status_response",
	114: "bad_certificate_hash_value", 115: "unknown_psk_identity", 116: "certificate_required", 117: "general_error",
	120: "no_application_protocol", 121: "ech_required",
}
