package tls

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// Choices of a GeneralName (RFC 5280 section 4.2.1.6).
const (
	nameEmail = tagContext | 1
	nameDNS   = tagContext | 2
	nameURI   = tagContext | 6
	nameIP    = tagContext | 7
)

// alternativeNames reads a SubjectAltName.
func (c *certificate) alternativeNames(b []byte) {
	outer := der{b: b}
	x := c.record
	for d := (der{b: outer.want(tagSequence).body}); d.more(); {
		switch e := d.next(); e.tag {
		case nameDNS:
			x.SANDNS = appendName(x.SANDNS, e.body)
		case nameURI:
			x.SANURI = appendName(x.SANURI, e.body)
		case nameEmail:
			x.SANEmail = appendName(x.SANEmail, e.body)
			notePunycode(x, e.body)
		case nameIP:
			if a, ok := netip.AddrFromSlice(e.body); ok && len(x.SANIP) < maxNames {
				x.SANIP = append(x.SANIP, a)
			}
		}
	}
}

func appendName(names []string, name []byte) []string {
	if len(names) >= maxNames {
		return names
	}
	return append(names, analyzer.Text(name))
}

// matchesHost says whether a certificate is for a host, by OpenSSL's rules: its DNS names count, and its common names only where it
// has none (RFC 6125 section 6.4.4).
func matchesHost(dns, common []string, host string) bool {
	names := dns
	if len(names) == 0 {
		names = common
	}
	for _, name := range names {
		if strings.EqualFold(name, host) || matchesWildcard(name, host) {
			return true
		}
	}
	return false
}

// matchesWildcard lets one star stand for one label, or for the head or tail of one, with two more labels behind it.
func matchesWildcard(pattern, host string) bool {
	star := strings.IndexByte(pattern, '*')
	if star < 0 {
		return false
	}
	head, tail := pattern[:star], pattern[star+1:]
	atEdge := head == "" || strings.HasPrefix(tail, ".")
	if !atEdge || strings.ContainsAny(head, ".*") || strings.Contains(tail, "*") || strings.Count(tail, ".") < 2 {
		return false
	}
	if len(host) < len(head)+len(tail) || len(head) >= 4 && strings.EqualFold(head[:4], "xn--") {
		return false
	}
	middle := host[len(head) : len(host)-len(tail)]
	whole := head == "" && strings.HasPrefix(tail, ".")
	if whole && middle == "" || !isLabel(middle) {
		return false
	}
	return strings.EqualFold(host[:len(head)], head) && strings.EqualFold(host[len(host)-len(tail):], tail)
}

func isLabel(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}
