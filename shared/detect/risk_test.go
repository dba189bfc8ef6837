package detect

import (
	"math"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// intelligence is the term that a listed indicator adds when its source is sure of it: fitted with the base, to the three published
// types that rest on a list.
var intelligence = []events.Term{{Name: "threat_intelligence", Points: 20}}

// published are the scores that the reference system has shown, and the levels that its own definitions give the types: likelihood
// high is what is exploited every day, complexity medium takes a tool, impact is low for a look around, medium for one account or
// host, high for more than one or for data that leaves. It does not publish the levels of most.
var published = []struct {
	name  string
	score int
	base  Base
	terms []events.Term
}{
	{"expiring certificate", 15, Base{events.Low, events.Low, events.Low}, nil},
	{"TCP SYN scan", 37, Base{events.High, events.Low, events.Low}, nil},
	{"Kerberos user enumeration", 37, Base{events.High, events.Low, events.Low}, nil},
	{"generated domain queries", 38, Base{events.Medium, events.Medium, events.Low}, nil},
	{"new outbound SSH to an unusual place", 41, Base{events.Low, events.Low, events.Medium}, nil},
	{"HTTP plaintext credentials", 60, Base{events.High, events.Low, events.Medium}, nil},
	{"rare SSH port", 60, Base{events.Medium, events.Medium, events.Medium}, nil},
	{"spike in SSH sessions", 60, Base{events.High, events.Low, events.Medium}, nil},
	{"unconventional data transfer", 60, Base{events.Low, events.Medium, events.High}, nil},
	{"new cryptomining", 60, Base{events.High, events.Low, events.Medium}, nil},
	{"ICMP tunnel", 61, Base{events.Medium, events.Medium, events.High}, nil},
	{"generated domain resolved", 61, Base{events.Medium, events.Medium, events.Medium}, nil},
	{"SQL injection", 65, Base{events.High, events.Low, events.High}, nil},
	{"unusual protocol for enterprise software", 65, Base{events.Medium, events.Medium, events.High}, nil},
	{"unusual file entropy", 78, Base{events.High, events.Medium, events.High}, nil},
	{"hacking tool domain", 78, Base{events.High, events.Medium, events.High}, nil},
	{"malicious file transfer", 83, Base{events.High, events.Low, events.High}, intelligence},
	{"mining pool connection", 84, Base{events.High, events.Low, events.Medium}, intelligence},
	{"Cobalt Strike address", 88, Base{events.Medium, events.Medium, events.High}, intelligence},
}

// Catches: points that have drifted away from what the world calls a 60.
func TestRiskIsCalibrated(t *testing.T) {
	sum, largest := 0.0, 0.0
	for _, p := range published {
		r := assess(p.base, &Finding{Confidence: usualConfidence, Terms: p.terms}, circumstances{})
		off := math.Abs(float64(r.Score - p.score))
		sum, largest = sum+off, max(largest, off)
		if off > 4 {
			t.Errorf("%s: %d, published %d", p.name, r.Score, p.score)
		}
	}
	if mean := sum / float64(len(published)); mean > 1.5 || len(published) != 19 {
		t.Errorf("mean error %.2f over %d examples", mean, len(published))
	} else {
		t.Logf("mean error %.2f, largest %.0f", mean, largest)
	}
}

func levels() []events.Level { return []events.Level{events.Low, events.Medium, events.High} }

func bases() (list []Base) {
	for _, l := range levels() {
		for _, c := range levels() {
			for _, i := range levels() {
				list = append(list, Base{l, c, i})
			}
		}
	}
	return list
}

// raised gives the base with one factor a level up, for each factor that has one.
func raised(b Base) (list []Base) {
	up := map[events.Level]events.Level{events.Low: events.Medium, events.Medium: events.High}
	for i, l := range []events.Level{b.Likelihood, b.Complexity, b.Impact} {
		more, has := up[l]
		if !has {
			continue
		}
		next := b
		*[]*events.Level{&next.Likelihood, &next.Complexity, &next.Impact}[i] = more
		list = append(list, next)
	}
	return list
}

// everyCircumstance gives all the ways in which an instance can be, apart from what others add.
func everyCircumstance() (list []circumstances) {
	for i := range 32 {
		bit := func(n int) bool { return i>>n&1 == 1 }
		list = append(list, circumstances{bit(0), bit(1), bit(2), bit(3), bit(4), nil})
	}
	return list
}

// Catches: a factor or a term that counts the wrong way, on any of the 27 bases and in any circumstances.
func TestRiskIsMonotone(t *testing.T) {
	more := []struct {
		name string
		with func(f Finding, c circumstances) (Finding, circumstances)
	}{
		{"confidence", func(f Finding, c circumstances) (Finding, circumstances) { f.Confidence += 0.2; return f, c }},
		{"victims", func(f Finding, c circumstances) (Finding, circumstances) { f.Victims = make([]Party, 100); return f, c }},
		{"own term", func(f Finding, c circumstances) (Finding, circumstances) {
			f.Terms = []events.Term{{Name: "x", Points: 7}}
			return f, c
		}},
		{"intelligence", func(f Finding, c circumstances) (Finding, circumstances) { c.others = intelligence; return f, c }},
		{"external", func(f Finding, c circumstances) (Finding, circumstances) { c.external = true; return f, c }},
		{"offender of value", func(f Finding, c circumstances) (Finding, circumstances) { c.valueOffender = true; return f, c }},
		{"victim of value", func(f Finding, c circumstances) (Finding, circumstances) { c.valueVictim = true; return f, c }},
		{"no scanner", func(f Finding, c circumstances) (Finding, circumstances) { c.scanner = false; return f, c }},
		{"learned enough", func(f Finding, c circumstances) (Finding, circumstances) { c.firstDay = false; return f, c }},
	}
	for _, b := range bases() {
		for _, c := range everyCircumstance() {
			for _, confidence := range []float64{0, 0.5, 0.8, 1} {
				f := Finding{Confidence: confidence}
				score := assess(b, &f, c).Score
				if score < 1 || score > 99 {
					t.Fatalf("%+v %+v: %d", b, c, score)
				}
				for _, up := range raised(b) {
					if s := assess(up, &f, c).Score; s < score {
						t.Errorf("%+v is worth %d, %+v only %d", b, score, up, s)
					}
				}
				for _, m := range more {
					g, d := m.with(f, c)
					if s := assess(b, &g, d).Score; s < score {
						t.Errorf("%+v %+v: %s lowers %d to %d", b, c, m.name, score, s)
					}
				}
			}
		}
	}
}

// Catches: a score that is not the sum of the terms that are shown, and a term that nobody can name.
func TestEveryTermIsShown(t *testing.T) {
	victims := make([]Party, 1000)
	all := circumstances{true, true, true, true, true, intelligence}
	cases := []struct {
		name  string
		base  Base
		f     Finding
		c     circumstances
		score int
		terms string
	}{
		{"least", Base{events.Low, events.Low, events.Low}, Finding{Confidence: 0.75}, circumstances{}, 15, "likelihood complexity impact"},
		{"most of a type", Base{events.High, events.High, events.High}, Finding{Confidence: 0.75}, circumstances{}, 85, "likelihood complexity impact"},
		{"sure", Base{events.High, events.Low, events.Medium}, Finding{Confidence: 1}, circumstances{}, 65, "likelihood complexity impact confidence"},
		{"guess", Base{events.High, events.Low, events.Medium}, Finding{Confidence: 0.5}, circumstances{}, 55, "likelihood complexity impact confidence"},
		{"victims", Base{events.High, events.Low, events.Low}, Finding{Confidence: 0.75, Victims: victims}, circumstances{}, 50, "likelihood complexity impact victims"},
		{"everything", Base{events.Low, events.Low, events.Medium}, Finding{Confidence: 0.75, Terms: []events.Term{{Name: "own", Points: 3}}}, all, 43,
			"likelihood complexity impact external_offender high_value_offender high_value_victim known_scanner first_day own threat_intelligence"},
		{"ceiling", Base{events.High, events.High, events.High}, Finding{Confidence: 1, Terms: []events.Term{{Name: "own", Points: 90}}}, circumstances{}, 99, "likelihood complexity impact confidence own"},
		{"floor", Base{events.Low, events.Low, events.Low}, Finding{Confidence: -3, Terms: []events.Term{{Name: "own", Points: -90}}}, circumstances{}, 1, "likelihood complexity impact confidence own"},
	}
	for _, c := range cases {
		r := assess(c.base, &c.f, c.c)
		sum, names := 0, []string{}
		for _, term := range r.Terms {
			sum, names = sum+term.Points, append(names, term.Name)
		}
		if r.Score != c.score || r.Band != events.BandOf(r.Score) || min(max(sum, 1), 99) != r.Score || strings.Join(names, " ") != c.terms {
			t.Errorf("%s: score %d (%s), sum %d of %v", c.name, r.Score, r.Band, sum, names)
		}
	}
}
