package access

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// MalformedCertificate finds certificates that are made to break or to deceive who reads them.
var MalformedCertificate = detect.Spec{
	Type:  "access.malformed_certificate",
	Title: "Certificate built to exploit a parser",
	Text: "Looks at certificates in TLS handshakes for two marks that no authority issues: a key that describes its elliptic curve instead of naming one, by " +
		"which Windows took a forged authority for a real one (CVE-2020-0601), and a label in Punycode of more than 255 bytes in an e-mail name or a name " +
		"constraint, which overruns a buffer of OpenSSL 3.0 (CVE-2022-3602). DNS has room for 63 bytes. Passports and smart cards do describe " +
		"their curves; they do not speak TLS.",
	Category: "access", Tactics: []string{"TA0001", "TA0005"}, Techniques: []string{"T1553", "T1190"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.High, Impact: events.Medium},
	Wants: []events.Kind{events.KindX509}, Version: 1,
	Background: "A program reads a certificate before it knows whom it speaks with, so that a fault in the reader is open to everybody. One kind of attack forges: " +
		"a key that brings its own curve can be given the public key of a trusted authority, and an unpatched reader believes what it signs. The other " +
		"kind overruns memory, to crash the program or to run code in it. Neither needs a password.",
	Mitigation: []string{
		"End the conversation and keep the host that was shown the certificate apart until its patches are known.",
		"Install the updates for CVE-2020-0601 (Windows) or OpenSSL 3.0.7 and later.",
		"Find out what made the host turn to the server that showed it, and what it fetched from there.",
	},
	New:    func() detect.Detector { return NewMalformedCertificate(MalformedCertificateDefaults()) },
	Tuning: detect.Tuned(MalformedCertificateDefaults, NewMalformedCertificate),
}

// MalformedCertificateTunables are what may be set.
type MalformedCertificateTunables struct {
	Punycode uint32 `tune:"bytes of a label in Punycode that are too many" min:"64" max:"65535"`
	Cases    int    `tune:"pairs of offender and victim watched" min:"16" max:"100000"`
}

// MalformedCertificateDefaults are the tunables that the project stands for: four times what DNS allows, and half of what overruns the buffer.
func MalformedCertificateDefaults() MalformedCertificateTunables {
	return MalformedCertificateTunables{Punycode: 256, Cases: 2_000}
}

// OddCertificates remembers who showed whom such a certificate.
type OddCertificates struct {
	tune MalformedCertificateTunables
	*detect.Cases
}

// What a certificate has of it.
const (
	malformedCurve uint64 = 1 << iota
	malformedPunycode
)

// NewMalformedCertificate makes the detector.
func NewMalformedCertificate(t MalformedCertificateTunables) *OddCertificates {
	return &OddCertificates{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Cases})}
}

// Observe looks at one certificate.
func (o *OddCertificates) Observe(r events.Record, _ device.View) []detect.Finding {
	x, ok := r.(*events.X509)
	if !ok || !x.ExplicitCurve && x.LongestPunycode < o.tune.Punycode {
		return nil
	}
	k := detect.CaseKey{VNI: x.VNI, By: x.RespH, To: x.OrigH, What: "curve"}
	if x.ClientCert {
		k.By, k.To = x.OrigH, x.RespH
	}
	mark := malformedCurve
	if !x.ExplicitCurve {
		k.What, mark = "punycode", malformedPunycode
	}
	c := o.Note(k, &x.Head)
	c.Flags |= mark
	c.Sum = max(c.Sum, uint64(x.LongestPunycode))
	c.Thing(x.Subject)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{o.report(k, c)}
}

// Tick has nothing to do: a certificate is judged when it is seen.
func (o *OddCertificates) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (o *OddCertificates) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *OddCertificates) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	subject, what := "", "a key that describes its own elliptic curve"
	if len(c.Names) > 0 {
		subject = c.Names[0]
	}
	if c.Flags&malformedCurve == 0 {
		what = fmt.Sprintf("a Punycode label of %d bytes", c.Sum)
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("%s showed %s %d certificates with %s, the first for %q.", k.By, k.To, c.Count, what, cut(subject, 80)))
	if c.Count == 1 {
		f.Description = fmt.Sprintf("%s showed %s a certificate with %s, for %q.", k.By, k.To, what, cut(subject, 80))
	}
	f.Properties = map[string]any{"certificates": c.Count, "subject": subject, "explicit_curve": c.Flags&malformedCurve != 0, "longest_punycode": c.Sum}
	return f
}
