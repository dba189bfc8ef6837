package dga

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// Label gives the part of a name that its owner chose, and the suffix below which it was chosen: "mail.example.co.uk" has "example" and
// "co.uk". Below a provider of names for changing addresses the label before it counts: "abc.ddns.net" has "abc" and "ddns.net". Its
// length is what "names of eight characters and more" means.
func Label(name string) (label, suffix string) {
	before, registered := domain.Split(name)
	if before != "" && shares(registered) {
		return before[strings.LastIndexByte(before, '.')+1:], registered
	}
	label, suffix, _ = strings.Cut(registered, ".")
	return label, suffix
}

// shares says whether a domain gives a name below itself to whoever asks: providers of dynamic DNS, which malware uses because they cost
// nothing, and of weblogs.
func shares(registered string) bool {
	switch registered {
	case "ddns.net", "dyndns.org", "dynserv.com", "mooo.com", "yi.org", "duckdns.org", "no-ip.org", "no-ip.biz", "no-ip.info", "hopto.org",
		"zapto.org", "sytes.net", "myftp.org", "myftp.biz", "servebeer.com", "serveftp.com", "servegame.com", "redirectme.net", "bounceme.net",
		"gotdns.com", "homeip.net", "dnsalias.com", "dyndns.info", "chickenkiller.com", "strangled.net", "ignorelist.com", "dynu.com",
		"tumblr.com", "blogspot.com", "wordpress.com", "tmall.com":
		return true
	}
	return false
}
