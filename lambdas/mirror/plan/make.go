package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// planners is the ordered list: what sessions stand on comes before them, what they stood on is retired after them.
func planners(s *survey) []Planner {
	return slices.Concat(fabricBefore(s.specs), []Planner{Sessions{s}, Bindings{s}}, fabricAfter(s.specs))
}

// Make plans. It is pure, and gives the same for the same.
func Make(have World, want policy.Policy) Plan {
	p, _ := prepare(&have, &want)
	return p
}

func prepare(w *World, want *policy.Policy) (Plan, *survey) {
	have := w.inOrder()
	s := look(have, want)
	var steps []Step
	for _, planner := range planners(s) {
		steps = append(steps, planner.Plan(have, want)...)
	}
	p := Plan{LeftOut: s.leftOut, Lost: map[string]bool{}}
	for _, t := range s.sites {
		if t.lost != "" {
			p.Lost[t.key] = true
		}
	}
	p.Steps, p.Held = s.hold(steps)
	s.waiting(p.Held)
	p.Coverage = make([]events.Coverage, 0, len(s.sources))
	for _, src := range s.sources {
		p.Coverage = append(p.Coverage, s.coverage(src))
	}
	p.Estimate = s.estimate(p.Steps)
	p.Rogues = rogues(have, want)
	p.Warnings = append(s.warnings(), fabricWarnings(have, want)...)
	return p, s
}

// waiting corrects what was said of interfaces whose session would have been made.
func (s *survey) waiting(held []Held) {
	for i := range held {
		step := &held[i].Step
		src := s.byID[step.Interface]
		if step.Action == CreateSession && src != nil {
			src.say(events.CoveragePending, "", "%s; its session is not made yet: %s", src.because(), held[i].Rail)
		}
	}
}

func (s *survey) estimate(steps []Step) Estimate {
	var e Estimate
	for key, n := range s.oursNow() {
		_, region, _ := strings.Cut(key, "/")
		e.Sessions += n
		e.MonthlyUSD += float64(n) * s.want.Price(region) * monthHours
	}
	e.SessionsAfter, e.MonthlyUSDAfter = e.Sessions, e.MonthlyUSD
	for i := range steps {
		switch steps[i].Action {
		case CreateSession:
			e.SessionsAfter++
		case DeleteSession:
			e.SessionsAfter--
		}
		e.MonthlyUSDAfter += steps[i].Monthly
	}
	e.MonthlyUSD, e.MonthlyUSDAfter = cents(e.MonthlyUSD), cents(e.MonthlyUSDAfter)
	return e
}

// warnings are what people should know of the world itself.
func (s *survey) warnings() []string {
	var list []string
	for _, t := range s.sites {
		if t.halted != "" {
			list = append(list, fmt.Sprintf("nothing is removed in %s in this pass: %s", t.key, t.halted))
		}
	}
	return fabricBound(slices.Concat(list, s.mistaken(), s.abandoned()))
}

// mistaken tells of sessions that somebody gave the VNI of another, and that are left as they are because of a tag: a sensor takes the
// packets of one for the other's, and neither is silent while one of them is heard.
func (s *survey) mistaken() []string {
	var list []string
	for _, src := range s.sources {
		if src.vni.with != "" {
			list = append(list, fmt.Sprintf("session %s of %s has VNI %d, which is that of %s: sensors cannot tell their packets apart, and it is not touched: %s",
				src.keep.ID, src.eni.ID, src.keep.VirtualNetworkID, src.vni.with, src.reason))
		}
	}
	return list
}

// abandoned tells of bindings of accounts and regions that the policy does not name any more: nobody looks there, so nobody can release them.
func (s *survey) abandoned() []string {
	count := map[string]int{}
	for _, b := range s.have.Bindings {
		if place := Place(b.Account, b.Region); b.Account != "" && !s.guard.places[place] {
			count[place]++
		}
	}
	list := make([]string, 0, len(count))
	for place, n := range count {
		list = append(list, fmt.Sprintf("%d VNIs are bound to interfaces of %s, which the policy does not name: sessions may be left there", n, place))
	}
	return sorted(list)
}
