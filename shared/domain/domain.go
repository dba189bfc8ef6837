// Package domain takes names apart. What comes in is a DNS name; what goes out is the part that somebody registered and what stands
// before it. It knows no list of suffixes: it goes by the shape, which is right for nearly all names and never costs an allocation.
package domain

import "strings"

// Split cuts a name into what stands before the registered domain and the registered domain itself: "a.b.example.co.uk" into "a.b"
// and "example.co.uk". A name of one label is its own domain. Where a name has an underscore label (_dmarc, _domainkey,
// RFC 8552) that label counts as part of what stands before.
func Split(name string) (before, registered string) {
	last := strings.LastIndexByte(name, '.')
	if last < 0 {
		return "", name
	}
	second := strings.LastIndexByte(name[:last], '.')
	if second < 0 {
		return "", name
	}
	if publicSecond(name[second+1:last], name[last+1:]) {
		third := strings.LastIndexByte(name[:second], '.')
		if third < 0 {
			return "", name
		}
		second = third
	}
	return name[:second], name[second+1:]
}

// publicSecond says whether country registries sell names below label.tld: co.uk, com.au, ac.jp.
func publicSecond(label, tld string) bool {
	if len(tld) != 2 {
		return false
	}
	switch label {
	case "co", "com", "net", "org", "ac", "gov", "edu", "or", "ne", "go", "gob", "gouv", "mil", "nom", "sch", "ltd", "plc", "me", "nhs":
		return true
	}
	return false
}

// Under says whether name is suffix or below it.
func Under(name, suffix string) bool {
	if !strings.HasSuffix(name, suffix) {
		return false
	}
	return len(name) == len(suffix) || name[len(name)-len(suffix)-1] == '.'
}
