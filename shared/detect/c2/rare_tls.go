package c2

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// RareTLS finds a host that speaks TLS as nobody else does, with a server that nobody else knows.
var RareTLS = detect.Spec{
	Type:  "c2.rare_tls",
	Title: "Rare TLS fingerprint or certificate to a rare host",
	Text: "Weighs what tells a makeshift TLS server outside from a service: a certificate that no public authority vouches for, that was filled in " +
		"from a template, that is made for another name, was issued days ago or for ten years; no name in the handshake; an unusual port; a client that is no browser. From the " +
		"second day on it also counts that the client's fingerprint (JA4, else JA3), the certificate and the server are known to hardly any other " +
		"device of the site, and are new. Implants bring their own TLS and their own certificates. What looks the same: a partner's appliance or " +
		"a test server with its own certificate, and a program that only one host runs; each alone is not enough. Mail, directories, databases and " +
		"remote desktops, where such certificates are usual, are left out.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1573", "T1571"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSSL}, Version: 1,
	Background: "Tools of attackers bring TLS of their own: a library that no browser uses, a certificate that nobody signed, a server " +
		"without a name. What no other host of the site ever showed is worth a look.",
	Mitigation: []string{
		"Find the program on the offender that makes the connection.",
		"Compare server, certificate and fingerprint with threat intelligence.",
		"If it is nobody's: isolate the host and block the server.",
	},
	New:    func() detect.Detector { return NewRareTLS(RareTLSDefaults()) },
	Tuning: detect.Tuned(RareTLSDefaults, NewRareTLS),
}

// RareTLSTunables are what may be set.
type RareTLSTunables struct {
	Alone   int           `tune:"points that the marks of the server must reach where it is not yet known what is rare" min:"10" max:"200"`
	Points  int           `tune:"points that all marks must reach together from then on" min:"10" max:"200"`
	Rare    int           `tune:"local devices that may know something rare" min:"1" max:"8"`
	Popular int           `tune:"local devices that use a server which is then left alone" min:"2" max:"100000"`
	Young   time.Duration `tune:"time of learning in which it is not known what is rare" min:"1h" max:"720h"`
	Pairs   int           `tune:"conspicuous pairs of client and server remembered" min:"100" max:"1000000"`
	Ports   []uint16      `tune:"services whose servers usually sign their own certificates"`
	Usual   []uint16      `tune:"ports where TLS is usual"`
}

// RareTLSDefaults are the tunables that the project stands for: no single mark is enough. A pair takes about 1 KiB.
func RareTLSDefaults() RareTLSTunables {
	return RareTLSTunables{
		Alone: 40, Points: 55, Rare: 2, Popular: 5, Young: 24 * time.Hour, Pairs: 5_000,
		Ports: []uint16{21, 25, 110, 143, 389, 465, 587, 636, 990, 993, 995, 1433, 3268, 3269, 3306, 3389, 4190, 5222, 5269, 5432, 5986, 6443},
		Usual: []uint16{443, 853, 2083, 2087, 2096, 5061, 5223, 5228, 8443, 8883, 9443},
	}
}

// RareHandshakes remembers what was already said of each pair.
type RareHandshakes struct {
	tune    RareTLSTunables
	pairs   *bounded.Table[tlsPair, tlsTalk]
	changes bounded.Changes[tlsPair]
	marks   []events.Term // of the handshake that is looked at
	key     []byte        // of Save
	value   []byte        //
}

// tlsPair is a client and a server, by name or by address.
type tlsPair struct {
	client uint32
	port   uint16
	server uint64
}

// tlsTalk is what was conspicuous between a pair.
type tlsTalk struct {
	count       int // conspicuous handshakes
	points      int // of the most conspicuous one
	start, last events.Time
	ladder      magnitude.Ladder
	uids        []string
}

// NewRareTLS makes the detector.
func NewRareTLS(t RareTLSTunables) *RareHandshakes {
	r := &RareHandshakes{tune: t, pairs: bounded.New[tlsPair, tlsTalk](t.Pairs)}
	r.pairs.OnEvict(func(p tlsPair, _ *tlsTalk) { r.note(p) })
	return r
}

// note puts a pair on the list of what is to be saved.
func (r *RareHandshakes) note(p tlsPair) { note(&r.changes, r.pairs, p, 4*r.tune.Pairs) }

// Tick has nothing to do: a handshake is judged when it is over.
func (r *RareHandshakes) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many pairs had to be forgotten for want of room.
func (r *RareHandshakes) Overflow() uint64 { return r.pairs.Evicted() }

// Observe weighs a handshake.
func (r *RareHandshakes) Observe(rec events.Record, v device.View) []detect.Finding {
	s := rec.(*events.SSL)
	if torCertificate(s) { // c2.tor says more exactly what this is
		return nil
	}
	if !s.Established || !v.Orig.IsLocal() || !v.Resp.IsExternal() || has(r.tune.Ports, s.RespP) || v.Known().Trusted(s.ServerName) {
		return nil
	}
	server := knownServer(s, v)
	if server.devices >= r.tune.Popular {
		return nil
	}
	r.marks = r.weighServer(r.marks[:0], s)
	alone := sum(r.marks)
	learned := v.Age(s.TS) >= r.tune.Young && v.Rare().Crowd() >= fewDevices
	if learned {
		r.marks = r.weighSite(r.marks, s, v, &server)
	}
	points := sum(r.marks)
	if alone < r.tune.Alone && points < r.tune.Points {
		return nil
	}
	id := tlsPair{client: v.Orig.Serial, port: s.RespP, server: rarity.Addr(s.RespH)}
	if s.ServerName != "" {
		id.server = sketch.String(s.ServerName)
	}
	return r.tell(id, s, points, learned)
}

// tell raises the first conspicuous handshake of a pair, and again each order of magnitude.
func (r *RareHandshakes) tell(id tlsPair, s *events.SSL, points int, learned bool) []detect.Finding {
	t, fresh := r.pairs.Put(id)
	if fresh {
		t.start, t.last = s.TS, s.TS
	}
	r.note(id)
	t.count++
	t.points = max(t.points, points)
	t.start, t.last = min(t.start, s.TS), max(t.last, s.TS)
	t.uids = keep(t.uids, s.UID)
	if !t.ladder.Climb(float64(t.count), 1) {
		return nil
	}
	return []detect.Finding{r.report(t, s, learned)}
}

// leastConfidence is that of a pair that just reaches what it takes; each point above adds a hundredth.
const leastConfidence = 0.4

func (r *RareHandshakes) report(t *tlsTalk, s *events.SSL, learned bool) detect.Finding {
	whom := s.RespH.String()
	if s.ServerName != "" {
		whom = s.ServerName
	}
	reasons := make([]string, len(r.marks))
	var terms []events.Term
	for i, m := range r.marks {
		reasons[i] = m.Reason
		// The marks make the finding; in its risk they count for a fifth, so that many of them tell.
		terms = append(terms, events.Term{Name: m.Name, Points: m.Points / 5, Reason: m.Reason})
	}
	need := r.tune.Points
	if !learned {
		need = r.tune.Alone
		terms = append(terms, events.Term{Name: "no_history", Points: -10, Reason: "it is not known yet what is rare here"})
	}
	key := fmt.Sprintf("%s %s %d", s.OrigH, whom, s.RespP)
	if marked(r.marks, "made_up_issuer") {
		// A client of an anonymising network speaks with many servers that all look so: it is one thing.
		key = fmt.Sprintf("%s made up %s", s.OrigH, s.JA4)
	}
	return detect.Finding{
		Key: key, Confidence: min(0.9, leastConfidence+float64(max(t.points-need, 0))/100),
		Terms: terms, Start: t.start, End: t.last, UIDs: t.uids, VNI: s.VNI, Sensor: s.Sensor,
		// The server leads and the client is led.
		Offenders: []detect.Party{{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server}},
		Victims:   []detect.Party{{Addr: s.OrigH, Endpoint: detect.Client}},
		Description: fmt.Sprintf("%s spoke TLS with %s port %d %s, and %d marks together speak against it: %s.",
			s.OrigH, whom, s.RespP, times(t.count), len(reasons), strings.Join(reasons, "; ")),
		Properties: map[string]any{
			"points": t.points, "handshakes": t.count, "server_name": s.ServerName, "subject": s.Subject, "issuer": s.Issuer, "ja3": s.JA3, "ja4": s.JA4,
			"port": s.RespP, "version": s.Version,
		},
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func has(list []uint16, port uint16) bool {
	for _, p := range list {
		if p == port {
			return true
		}
	}
	return false
}

func marked(marks []events.Term, name string) bool {
	for _, m := range marks {
		if m.Name == name {
			return true
		}
	}
	return false
}

func sum(marks []events.Term) (points int) {
	for _, m := range marks {
		points += m.Points
	}
	return points
}

var _ detect.Keeper = (*RareHandshakes)(nil)
var _ detect.Limited = (*RareHandshakes)(nil)
