package tls

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Marks of certificates that are made to break who reads them. They are noted as they stand: whether they are an attack is not said here.

// maxSubtrees is how many name constraints are looked through.
const maxSubtrees = 256

// explicitCurve says whether a key's parameters describe a curve instead of naming one, which RFC 5480 section 2.1.1 forbids: who compares the
// public key alone with a known one takes another's curve for its own (CVE-2020-0601).
func explicitCurve(parameters *der) bool {
	return len(parameters.b) > 0 && parameters.b[0] == tagSequence
}

// nameConstraints looks for long encoded labels in the subtrees that a certificate allows or forbids (RFC 5280 section 4.2.1.10).
func (c *certificate) nameConstraints(b []byte) {
	outer := der{b: b}
	left := maxSubtrees
	for trees := (der{b: outer.want(tagSequence).body}); trees.more(); { // permitted, excluded
		for list := (der{b: trees.next().body}); list.more() && left > 0; left-- {
			tree := der{b: list.want(tagSequence).body}
			if base := tree.next(); base.tag == nameEmail || base.tag == nameDNS {
				notePunycode(c.record, base.body)
			}
		}
	}
}

// notePunycode notes the longest label in Punycode of a name (RFC 3492). DNS has room for 63 bytes; OpenSSL 3.0.0 to 3.0.6 decoded what came into
// a buffer of 512 characters and looked at its end too late (CVE-2022-3602, CVE-2022-3786).
func notePunycode(x *events.X509, name []byte) {
	for len(name) > 0 {
		label, rest, _ := bytes.Cut(name, []byte{'.'})
		if at := bytes.LastIndexByte(label, '@'); at >= 0 {
			label = label[at+1:]
		}
		if len(label) > 4 && foldEqual(label[:4], "xn--") {
			x.LongestPunycode = max(x.LongestPunycode, uint32(len(label)))
		}
		name = rest
	}
}
