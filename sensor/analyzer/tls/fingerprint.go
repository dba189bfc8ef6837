package tls

import (
	"crypto/md5" //nolint:gosec // JA3 is defined over MD5; nothing rests on its strength
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// maxListed is how many suites, or extensions, of a hello are fingerprinted. Real clients stay below a hundred; one that lists more
// has no fingerprint rather than a wrong one.
const maxListed = 256

// numbers is a bounded list of 16-bit values without allocation.
type numbers struct {
	v [maxListed]uint16
	n int
}

// add appends v and says whether there was room.
func (l *numbers) add(v uint16) bool {
	if l.n == len(l.v) {
		return false
	}
	l.v[l.n] = v
	l.n++
	return true
}

func (l *numbers) all() []uint16 { return l.v[:l.n] }

// addNamed appends every value of from that is not GREASE, and says whether there was room.
func (l *numbers) addNamed(from list) bool {
	for i := range from.len() {
		if v := from.at(i); !isGrease(v) && !l.add(v) {
			return false
		}
	}
	return true
}

// offer is what fingerprints are made of.
type offer struct {
	suites, kinds numbers
	groups        list
	formats       []byte
	signatures    list
	versions      list
	alpn          []byte
	hasALPN       bool
	hasName       bool
}

// gather collects a ClientHello's lists.
func (o *offer) gather(h *clientHello) bool {
	if !o.suites.addNamed(h.suites) {
		return false
	}
	for e := (extensions{cursor{b: h.extensions}}); ; {
		x, ok := e.next()
		if !ok {
			return true
		}
		if isGrease(x.kind) {
			continue
		}
		if !o.kinds.add(x.kind) {
			return false
		}
		o.extension(x)
	}
}

func (o *offer) extension(x extension) {
	c := cursor{b: x.data}
	switch x.kind {
	case extServerName:
		o.hasName = true
	case extSupportedGroups:
		o.groups = c.vector(2)
	case extECPointFormats:
		o.formats = c.vector(1)
	case extSignatureAlgorithms:
		o.signatures = c.vector(2)
	case extSupportedVersions:
		o.versions = c.vector(1)
	case extALPN:
		inner := cursor{b: c.vector(2)}
		o.alpn, o.hasALPN = inner.vector(1), true
	}
}

// clientFingerprints gives JA3 (salesforce/ja3) and JA4 (FoxIO-LLC/ja4, technical_details/JA4.md) of a ClientHello.
func clientFingerprints(h *clientHello) (ja3, ja4 string) {
	var o offer
	if !o.gather(h) {
		return "", ""
	}
	return o.ja3(h.version), o.ja4(h.version, h.carrier)
}

// ja3 is the MD5 of version, suites, extensions, groups and point formats, in decimal and without GREASE.
func (o *offer) ja3(version uint16) string {
	var space [2048]byte
	b := strconv.AppendUint(space[:0], uint64(version), 10)
	b = appendDecimal(append(b, ','), o.suites.all())
	b = appendDecimal(append(b, ','), o.kinds.all())
	var groups numbers
	groups.addNamed(o.groups)
	b = appendDecimal(append(b, ','), groups.all())
	b = append(b, ',')
	for i, f := range o.formats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(f), 10)
	}
	return md5Hex(b)
}

func appendDecimal(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}

// ja4 is t13d1516h2_8daaf6152771_e5627efa2ab1: what kind of hello, its suites sorted, its extensions sorted and signature algorithms.
func (o *offer) ja4(version uint16, on carrier) string {
	var space [64]byte
	if o.versions.len() > 0 {
		version = newest(o.versions, on == onDTLS)
	}
	b := appendVersion(append(space[:0], byte(on)), version)
	if o.hasName {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = appendCount(b, o.suites.n)
	b = appendCount(b, o.kinds.n)
	b = appendALPN(b, o.alpn)
	slices.Sort(o.suites.all())
	b = appendHash(append(b, '_'), o.suites.all(), nil)
	var kinds numbers
	for _, k := range o.kinds.all() {
		if k != extServerName && k != extALPN { // told already, and apt to differ with where the client goes
			kinds.add(k)
		}
	}
	slices.Sort(kinds.all())
	return string(appendHash(append(b, '_'), kinds.all(), o.signatures))
}

// newest gives the highest version on offer. DTLS counts downwards (RFC 6347 section 4.1).
func newest(offered list, datagrams bool) (version uint16) {
	for i := range offered.len() {
		v := offered.at(i)
		if isGrease(v) {
			continue
		}
		if version == 0 || v > version != datagrams {
			version = v
		}
	}
	return version
}

// carrier is JA4's letter for what carries the hello.
type carrier byte

const (
	onTCP  carrier = 't'
	onDTLS carrier = 'd'
	onQUIC carrier = 'q'
)

func (r *reader) carrier() carrier {
	switch {
	case r.quic:
		return onQUIC
	case r.datagrams:
		return onDTLS
	}
	return onTCP
}

// serverFingerprints gives JA3S and JA4S of a ServerHello that chose a version.
func serverFingerprints(h *serverHello, chosen uint16, on carrier) (ja3s, ja4s string) {
	var kinds numbers
	var alpn []byte
	for e := (extensions{cursor{b: h.extensions}}); ; {
		x, ok := e.next()
		if !ok {
			break
		}
		if !kinds.add(x.kind) {
			return "", ""
		}
		if x.kind == extALPN {
			c := cursor{b: x.data}
			inner := cursor{b: c.vector(2)}
			alpn = inner.vector(1)
		}
	}
	var space [2048]byte
	b := strconv.AppendUint(space[:0], uint64(h.version), 10)
	b = strconv.AppendUint(append(b, ','), uint64(h.suite), 10)
	b = appendDecimal(append(b, ','), kinds.all())
	ja3s = md5Hex(b)

	b = appendVersion(append(space[:0], byte(on)), chosen)
	b = appendALPN(appendCount(b, kinds.n), alpn)
	b = append(appendHex(append(b, '_'), h.suite), '_')
	return ja3s, string(appendHash(b, kinds.all(), nil))
}

// appendVersion writes JA4's two characters of a version.
func appendVersion(b []byte, v uint16) []byte {
	switch v {
	case versionTLS13:
		return append(b, "13"...)
	case versionTLS12:
		return append(b, "12"...)
	case versionTLS11:
		return append(b, "11"...)
	case versionTLS10:
		return append(b, "10"...)
	case versionSSL3:
		return append(b, "s3"...)
	case versionSSL2:
		return append(b, "s2"...)
	case versionDTLS10:
		return append(b, "d1"...)
	case versionDTLS12:
		return append(b, "d2"...)
	case versionDTLS13:
		return append(b, "d3"...)
	}
	return append(b, "00"...)
}

// appendCount writes a count in two digits, 99 at the most.
func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, '0'+byte(n/10), '0'+byte(n%10))
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint16) []byte {
	return append(b, hexDigits[v>>12], hexDigits[v>>8&15], hexDigits[v>>4&15], hexDigits[v&15])
}

// appendALPN writes the first and last character of a protocol, or of its hexadecimal form where one of them is no letter or digit.
func appendALPN(b, name []byte) []byte {
	if len(name) == 0 {
		return append(b, "00"...)
	}
	first, last := name[0], name[len(name)-1]
	if isAlphanumeric(first) && isAlphanumeric(last) {
		return append(b, first, last)
	}
	return append(b, hexDigits[first>>4], hexDigits[last&15])
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// appendHash writes the first twelve digits of the SHA-256 of a list in hexadecimal with commas, and behind an underscore of a second
// one where there is any; zeros where the list is empty.
func appendHash(b []byte, values []uint16, more list) []byte {
	if len(values) == 0 {
		return append(b, "000000000000"...)
	}
	var space [2048]byte
	text := space[:0]
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendHex(text, v)
	}
	sep := byte('_')
	for i := range more.len() {
		if v := more.at(i); !isGrease(v) {
			text = appendHex(append(text, sep), v)
			sep = ','
		}
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}

func md5Hex(b []byte) string {
	sum := md5.Sum(b)
	var text [2 * md5.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
