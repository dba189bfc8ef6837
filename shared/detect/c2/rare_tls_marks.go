package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
)

// Points of the marks. No single one is enough.
const (
	selfSignedPoints = 30 // issuer and subject are the same, and there is no chain
	lonePoints       = 15 // no chain, though issued by somebody else
	templatePoints   = 15 // a subject that a tool or a wizard puts in
	wordPoints       = 10 // a subject whose common name is no host name
	madeUpPoints     = 15 // an issuer that goes by the name of a host, as no authority does
	mismatchPoints   = 15 // made for another name than was asked for
	datesPoints      = 10 // issued days ago, or for longer than authorities may
	namelessPoints   = 10 // no name was asked for
	portPoints       = 10
	oldPoints        = 5 // TLS 1.0 and before
	plainPoints      = 5 // a client that offers no protocol (ALPN): no browser
	rareClientPoints = 20
	rareServerPoints = 15
	rareCertPoints   = 5
	newPoints        = 5
)

const (
	justIssued = 7 * 24 * time.Hour
	longLived  = 825 * 24 * time.Hour // the most that browsers took when they took most (CA/Browser Forum ballot 193)
)

// weighServer lists the marks that need no history.
func (r *RareHandshakes) weighServer(m []events.Term, s *events.SSL) []events.Term {
	m = weighCertificate(m, s)
	if s.ServerName == "" {
		m = append(m, events.Term{Name: "no_name", Points: namelessPoints, Reason: "no name was asked for"})
	}
	if !has(r.tune.Usual, s.RespP) {
		m = append(m, events.Term{Name: "odd_port", Points: portPoints, Reason: fmt.Sprintf("TLS on port %d", s.RespP)})
	}
	if s.Version == "TLSv10" || s.Version == "SSLv3" || s.Version == "SSLv2" {
		m = append(m, events.Term{Name: "old_version", Points: oldPoints, Reason: s.Version})
	}
	if len(s.ALPN) == 0 {
		m = append(m, events.Term{Name: "plain_client", Points: plainPoints, Reason: "the client is no browser"})
	}
	return m
}

// weighCertificate looks at the server's own certificate where the handshake showed it, which TLS 1.3 and resumed ones do not. One that comes
// with a chain, as those of public authorities must (RFC 8446 section 4.4.2), has little to say against it.
func weighCertificate(m []events.Term, s *events.SSL) []events.Term {
	if len(s.CertChainFPs) == 0 || s.Subject == "" && s.Issuer == "" {
		return m
	}
	if s.SNIMatches != nil && !*s.SNIMatches {
		m = append(m, events.Term{Name: "other_name", Points: mismatchPoints, Reason: "the certificate is not for the name that was asked for"})
	}
	if len(s.CertChainFPs) > 1 {
		return m
	}
	if s.SelfSigned {
		m = append(m, events.Term{Name: "self_signed", Points: selfSignedPoints, Reason: "the certificate signed itself, as " + clip(s.Subject)})
	} else {
		m = append(m, events.Term{Name: "lone_certificate", Points: lonePoints, Reason: "no public authority vouches for " + clip(s.Subject)})
	}
	switch {
	case fromTemplate(s.Subject):
		m = append(m, events.Term{Name: "template_subject", Points: templatePoints, Reason: "its subject is a template's"})
	case !strings.Contains(commonName(s.Subject), "."):
		m = append(m, events.Term{Name: "subject_no_host", Points: wordPoints, Reason: "its subject names no host"})
	}
	if !s.SelfSigned && hostLike(commonName(s.Issuer)) {
		m = append(m, events.Term{Name: "made_up_issuer", Points: madeUpPoints, Reason: "its issuer calls itself by a host's name, " + clip(commonName(s.Issuer))})
	}
	return weighDates(m, s)
}

func weighDates(m []events.Term, s *events.SSL) []events.Term {
	if s.NotBefore == 0 {
		return m
	}
	age, life := s.TS.Sub(s.NotBefore), s.NotAfter.Sub(s.NotBefore)
	if age >= 0 && age < justIssued {
		m = append(m, events.Term{Name: "just_issued", Points: datesPoints, Reason: fmt.Sprintf("it was issued %.0f hours before", age.Hours())})
	}
	if life > longLived {
		m = append(m, events.Term{Name: "long_lived", Points: datesPoints, Reason: fmt.Sprintf("it is valid for %.0f years", life.Hours()/24/365)})
	}
	return m
}

// weighSite adds what the site knows, once it knows enough: who else speaks so, and with whom. A server that many know, or that was there
// before anybody could say what is rare, is none of this.
func (r *RareHandshakes) weighSite(m []events.Term, s *events.SSL, v device.View, server *knowledge) []events.Term {
	learnedAt := s.TS.Add(r.tune.Young - v.Age(s.TS))
	if server.devices > r.tune.Rare || server.first < learnedAt {
		return m
	}
	m = append(m, events.Term{Name: "rare_server", Points: rareServerPoints, Reason: fmt.Sprintf("of %s local devices %d know the server", about(v.Rare().Crowd()), server.devices)})
	m = append(m, events.Term{Name: "new_server", Points: newPoints, Reason: "nobody knew it before " + server.first.Time().UTC().Format(time.DateTime)})
	if f, ok := v.Seen(rarity.Fingerprint); ok && f.Rare(r.tune.Rare) {
		m = append(m, events.Term{Name: "rare_client", Points: rareClientPoints, Reason: fmt.Sprintf("%d of them have the client's fingerprint", f.Devices)})
		if events.Time(f.FirstSeen) >= learnedAt {
			m = append(m, events.Term{Name: "new_client", Points: newPoints, Reason: "and was not seen before " + events.Time(f.FirstSeen).Time().UTC().Format(time.DateTime)})
		}
	}
	if c, ok := v.Seen(rarity.Certificate); ok && c.Rare(r.tune.Rare) && len(s.CertChainFPs) == 1 {
		m = append(m, events.Term{Name: "rare_certificate", Points: rareCertPoints, Reason: "nobody else was shown the certificate"})
	}
	return m
}

// knowledge is how many devices know a server, and since when.
type knowledge struct {
	devices int
	first   events.Time
}

// knownServer asks for the name where there is one, and for the address: whichever more devices know counts.
func knownServer(s *events.SSL, v device.View) knowledge {
	var k knowledge
	k.devices, k.first = v.RareHost(s.RespH)
	if s.ServerName == "" {
		return k
	}
	if n, first := v.RareDomain(s.ServerName); n >= k.devices {
		k.devices, k.first = n, min(k.first, first)
	}
	return k
}

// fromTemplate says whether a subject was left as OpenSSL, Apache, Go's examples and the like propose it.
func fromTemplate(subject string) bool {
	for _, t := range [...]string{
		"Default Company", "Default City", "Internet Widgits", "Some-State", "Acme Co", "example.com", "localhost", "SomeOrganization", "My Company",
		"Company Name", "Dummy", "snakeoil",
	} {
		if strings.Contains(subject, t) {
			return true
		}
	}
	return false
}

// commonName takes CN out of a name in RFC 4514's form; "" where there is none.
func commonName(name string) string {
	at := 0
	if !strings.HasPrefix(name, "CN=") {
		if at = strings.Index(name, ",CN="); at < 0 {
			return ""
		}
		at++
	}
	cn, _, _ := strings.Cut(name[at+len("CN="):], ",")
	return cn
}

// hostLike says whether a name has the form of a host's: labels of letters, digits and hyphens, and a top-level domain of letters.
func hostLike(name string) bool {
	last := strings.LastIndexByte(name, '.')
	if last <= 0 || len(name)-last < 3 {
		return false
	}
	for i, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i > last || c != '.' && c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// clip bounds what a certificate says of itself, in bytes.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
