package hygiene

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ExpiredCertificate finds servers whose certificates nobody should believe, and that are believed all the same.
var ExpiredCertificate = detect.Spec{
	Type:  "hygiene.expired_certificate",
	Title: "Expired or self-signed certificate",
	Text: "Looks at completed handshakes with servers of the local networks from outside, and of local hosts with servers outside: a certificate that was expired for more than a day, " +
		"or not valid yet, and, where the server is a local one that the world turns to, one that signed itself. 3 handshakes of one server are needed, so that a test does not " +
		"count. A client that goes on has stopped checking, and would go on with an attacker in the middle, too. What looks the same: a client whose clock is " +
		"wrong; appliances inside, which sign for themselves, are left out.",
	Category: "hygiene", Techniques: []string{"T1557"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSSL}, Version: 1,
	Background: "A certificate says who a server is, for a time, on somebody's word. When it is expired, or rests on its own word, a client must refuse or stop caring. " +
		"Clients that stopped caring are what attacks in the middle live on.",
	Mitigation: []string{
		"Renew the certificate, and let that happen by itself from now on (AWS Certificate Manager, ACME).",
		"Find the clients that went on, and have them check again.",
	},
	New:    func() detect.Detector { return NewExpiredCertificate(ExpiredCertificateDefaults()) },
	Tuning: detect.Tuned(ExpiredCertificateDefaults, NewExpiredCertificate),
}

// ExpiredCertificateTunables are what may be set.
type ExpiredCertificateTunables struct {
	Grace      time.Duration `tune:"how long after its end a certificate is let be" min:"0s" max:"8760h"`
	Handshakes int           `tune:"handshakes with one server that it takes" min:"1" max:"1000"`
	Servers    int           `tune:"servers watched" min:"16" max:"100000"`
}

// ExpiredCertificateDefaults are the tunables that the project stands for: renewals are late by hours, seldom by a day.
func ExpiredCertificateDefaults() ExpiredCertificateTunables {
	return ExpiredCertificateTunables{Grace: 24 * time.Hour, Handshakes: 3, Servers: 5_000}
}

// ExpiredCertificates remembers which server showed what.
type ExpiredCertificates struct {
	tune ExpiredCertificateTunables
	*detect.Cases
}

// NewExpiredCertificate makes the detector.
func NewExpiredCertificate(t ExpiredCertificateTunables) *ExpiredCertificates {
	return &ExpiredCertificates{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Servers})}
}

// The defects, as detect.CaseKey.What.
const (
	certificateExpired = "had expired"
	certificateEarly   = "was not valid yet"
	certificateOwn     = "had signed itself"
)

// Observe looks at one handshake.
func (e *ExpiredCertificates) Observe(r events.Record, v device.View) []detect.Finding {
	s, ok := r.(*events.SSL)
	if !ok || !s.Established || s.NotAfter == 0 || v.Orig.IsLocal() == v.Resp.IsLocal() {
		return nil
	}
	what := e.defect(s, v.Resp.IsLocal())
	if what == "" {
		return nil
	}
	k := detect.CaseKey{VNI: s.VNI, To: s.RespH, What: what}
	c := e.Note(k, &s.Head)
	c.Thing(s.Subject)
	c.Flags = uint64(s.NotAfter)
	if what == certificateEarly {
		c.Flags = uint64(s.NotBefore)
	}
	if !c.Reached(c.Count, e.tune.Handshakes) {
		return nil
	}
	return []detect.Finding{e.report(k, c)}
}

func (e *ExpiredCertificates) defect(s *events.SSL, ours bool) string {
	switch {
	case s.TS.Sub(s.NotAfter) > e.tune.Grace:
		return certificateExpired
	case s.NotBefore.Sub(s.TS) > e.tune.Grace:
		return certificateEarly
	case s.SelfSigned && ours:
		return certificateOwn
	}
	return ""
}

// Tick has nothing to do: a handshake is judged when it is over.
func (e *ExpiredCertificates) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (e *ExpiredCertificates) Close(device.View) []detect.Finding { return e.LastWords(e.report) }

func (e *ExpiredCertificates) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	subject := ""
	if len(c.Names) > 0 {
		subject = c.Names[0]
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("Clients went on in %d handshakes with %s port %d, whose certificate, for %q, %s.", c.Count, k.To, c.Head.RespP, subject[:min(len(subject), 80)], k.What))
	f.Offenders, f.Victims = nil, []detect.Party{{Addr: k.To, Port: c.Head.RespP, Endpoint: detect.Server}}
	f.Properties = map[string]any{"handshakes": c.Count, "defect": k.What, "subject": subject}
	if k.What != certificateOwn {
		f.Properties["date"] = events.Time(c.Flags).Time()
	}
	return f
}
