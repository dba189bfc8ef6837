package detect

import (
	"fmt"
	"math"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Base is what a type of detection is worth before anything is known of the instance.
type Base struct {
	Likelihood events.Level // how often a detection of the type is what it says
	Complexity events.Level // how much skill the attack takes: who brings it has an aim
	Impact     events.Level // what it does to the business when it is true
}

// Points of the base, by level. A type of the most likely, the most skilled and the worst comes to 65: high, but critical only once
// something about the instance says so.
const (
	likelihoodStep = 5  // low 5, medium 10, high 15
	complexityStep = 5  // low 5, medium 10, high 15
	impactLow      = 5  // a nuisance, or a defect that waits for an attack
	impactMedium   = 20 // one account or one host
	impactHigh     = 35 // control of a host, or data that leaves
)

// Points of what every instance is asked.
const (
	confidenceSpan   = 20 // from -10 at confidence 0 to +10 at 1
	outsideOffender  = 5  // the offender is outside, the victim inside
	victimsPerDecade = 5  // for each order of magnitude of victims above one
	maxVictimPoints  = 15
)

// assess sums the base and the instance's terms.
func assess(b Base, f *Finding, external bool) events.Risk {
	terms := []events.Term{
		{Name: "likelihood", Points: likelihoodStep * rank(b.Likelihood), Reason: string(b.Likelihood) + " for the type"},
		{Name: "complexity", Points: complexityStep * rank(b.Complexity), Reason: string(b.Complexity) + " for the attacker"},
		{Name: "impact", Points: impactPoints(b.Impact), Reason: string(b.Impact) + " for the business"},
	}
	if n := int(math.Round((f.Confidence - 0.5) * confidenceSpan)); n != 0 {
		terms = append(terms, events.Term{Name: "confidence", Points: n, Reason: fmt.Sprintf("%.0f %%", 100*f.Confidence)})
	}
	if external {
		terms = append(terms, events.Term{Name: "external_offender", Points: outsideOffender, Reason: "from outside against the local networks"})
	}
	if n := len(f.Victims); n >= 10 {
		points := min(victimsPerDecade*int(math.Log10(float64(n))), maxVictimPoints)
		terms = append(terms, events.Term{Name: "victims", Points: points, Reason: fmt.Sprintf("%d of them", n)})
	}
	terms = append(terms, f.Terms...)
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

func rank(l events.Level) int {
	switch l {
	case events.High:
		return 3
	case events.Medium:
		return 2
	}
	return 1
}

func impactPoints(l events.Level) int {
	switch l {
	case events.High:
		return impactHigh
	case events.Medium:
		return impactMedium
	}
	return impactLow
}
