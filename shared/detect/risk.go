package detect

import (
	"fmt"
	"math"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Base is what a type of detection is worth before anything is known of the instance.
type Base struct {
	Likelihood events.Level // how common the attack is, and how often a detection of the type is what it says
	Complexity events.Level // how much skill or what tools the attack takes: who brings them has an aim
	Impact     events.Level // what it does to the business when it is true
}

// Points of the base, by level: likelihood, complexity and impact add up. They were fitted by least squares to the nineteen scores that
// the reference system has published, one type each, and rounded to fives: TestRiskIsCalibrated has the examples and the error. No
// published type needs a complexity of high; it has half a step more than medium, so that the worst type comes to 85.
const (
	likelihoodLow, likelihoodMedium, likelihoodHigh = 5, 10, 25
	complexityLow, complexityMedium, complexityHigh = 5, 20, 25
	impactLow                                       = 5  // a nuisance, a look around, or a defect that waits for an attack
	impactMedium                                    = 30 // one account or one host
	impactHigh                                      = 35 // control of more than that, or data that leaves
)

// Points of what every instance is asked. All but the confidence and the last two can only raise a score.
const (
	usualConfidence   = 0.75 // of a detector that has seen what it looks for: adds nothing, so that the base stands for the type
	confidenceSpan    = 20   // points from confidence 0 to 1
	outsideOffender   = 5    // the offender is outside, the victim inside
	victimsPerDecade  = 5    // for each order of magnitude of victims above one
	maxVictimPoints   = 15
	highValueOffender = 5  // a device of high value does what it should not
	highValueVictim   = 10 // it is done to one; both come to 15
	scannerByOrder    = -10
	firstDay          = -30 // what is new to the judge need not be new at the site
)

// circumstances are what an instance is asked besides its finding.
type circumstances struct {
	external      bool // an offender outside, a victim inside
	valueOffender bool // a device of high value is among the offenders
	valueVictim   bool // or among the victims
	scanner       bool // an offender scans by order
	firstDay      bool // a judgement by novelty, in the first day of learning
	others        []events.Term
}

// assess sums the base and the instance's terms.
func assess(b Base, f *Finding, c circumstances) events.Risk {
	terms := []events.Term{
		{Name: "likelihood", Points: points(b.Likelihood, likelihoodLow, likelihoodMedium, likelihoodHigh), Reason: string(b.Likelihood) + " for the type"},
		{Name: "complexity", Points: points(b.Complexity, complexityLow, complexityMedium, complexityHigh), Reason: string(b.Complexity) + " for the attacker"},
		{Name: "impact", Points: points(b.Impact, impactLow, impactMedium, impactHigh), Reason: string(b.Impact) + " for the business"},
	}
	if n := int(math.Round((min(max(f.Confidence, 0), 1) - usualConfidence) * confidenceSpan)); n != 0 {
		terms = append(terms, events.Term{Name: "confidence", Points: n, Reason: fmt.Sprintf("%.0f %%", 100*f.Confidence)})
	}
	if n := len(f.Victims); n >= 10 {
		points := min(victimsPerDecade*int(math.Log10(float64(n))), maxVictimPoints)
		terms = append(terms, events.Term{Name: "victims", Points: points, Reason: fmt.Sprintf("%d of them", n)})
	}
	terms = append(append(append(terms, c.terms()...), f.Terms...), c.others...)
	score := 0
	for _, t := range terms {
		score += t.Points
	}
	score = min(max(score, 1), 99)
	return events.Risk{
		Score: score, Band: events.BandOf(score),
		Likelihood: b.Likelihood, Complexity: b.Complexity, Impact: b.Impact, Terms: terms,
	}
}

// terms are those of the circumstances that hold.
func (c *circumstances) terms() []events.Term {
	all := []struct {
		holds bool
		term  events.Term
	}{
		{c.external, events.Term{Name: "external_offender", Points: outsideOffender, Reason: "from outside against the local networks"}},
		{c.valueOffender, events.Term{Name: "high_value_offender", Points: highValueOffender, Reason: "a device of high value does it"}},
		{c.valueVictim, events.Term{Name: "high_value_victim", Points: highValueVictim, Reason: "it is done to a device of high value"}},
		{c.scanner, events.Term{Name: "known_scanner", Points: scannerByOrder, Reason: "an offender scans by order"}},
		{c.firstDay, events.Term{Name: "first_day", Points: firstDay, Reason: "what is new to the judge may be old at the site: it has learned for less than a day"}},
	}
	var list []events.Term
	for i := range all {
		if all[i].holds {
			list = append(list, all[i].term)
		}
	}
	return list
}

func points(l events.Level, low, medium, high int) int {
	switch l {
	case events.High:
		return high
	case events.Medium:
		return medium
	}
	return low
}
