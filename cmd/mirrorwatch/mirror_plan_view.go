package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// plan prints a plan as people read it.
func (v *view) plan(p *plan.Plan) {
	v.steps(p.Steps)
	v.held(p.Held)
	v.leftOut(p.LeftOut)
	v.rogues(p.Rogues)
	v.warnings(p.Warnings)
	v.states(p.Coverage)
	e := p.Estimate
	v.say("Sessions: %d now, %d after. Estimate: USD %.2f a month now, %.2f after.", e.Sessions, e.SessionsAfter, e.MonthlyUSD, e.MonthlyUSDAfter)
	v.verdict(p)
}

// verdict is the last line, the one that is read.
func (v *view) verdict(p *plan.Plan) {
	var n [3]int
	for i := range p.Steps {
		_, kind := kindOf(p.Steps[i].Action)
		n[kind]++
	}
	if p.Empty() {
		v.tell(bold(), "Nothing to do.%s", heldToo(p))
		return
	}
	v.tell(bold(), "Plan: %d to create, %d to modify, %d to delete.%s", n[0], n[1], n[2], heldToo(p))
}

func heldToo(p *plan.Plan) string {
	if len(p.Held) == 0 {
		return ""
	}
	return fmt.Sprintf(" %s held back.", count(len(p.Held), "step is", "steps are"))
}

// steps prints what is to be done, by account and region.
func (v *view) steps(list []plan.Step) {
	order, groups := groupSteps(list)
	left := mostRows
	hidden := 0
	for _, place := range order {
		some := groups[place]
		if !v.all && len(some) > left {
			hidden += len(some) - left
			some = some[:left]
		}
		left -= len(some)
		if len(some) > 0 {
			v.tell(bold(), "%s", place)
			v.wholly(nil, stepRows(some))
			v.space()
		}
	}
	if hidden > 0 {
		v.more(hidden)
		v.space()
	}
}

// wholly prints a table whose rows were chosen already.
func (v *view) wholly(header []string, rows [][]cell) {
	whole := *v
	whole.all = true
	whole.table(header, rows)
}

func groupSteps(list []plan.Step) (order []string, groups map[string][]*plan.Step) {
	groups = map[string][]*plan.Step{}
	for i := range list {
		place := plan.Place(list[i].Account, list[i].Region)
		if groups[place] == nil {
			order = append(order, place)
		}
		groups[place] = append(groups[place], &list[i])
	}
	return order, groups
}

// stepRows has one row a step, and one a field that changes.
func stepRows(list []*plan.Step) [][]cell {
	var rows [][]cell
	for _, s := range list {
		sign, kind := kindOf(s.Action)
		colour := []text.Colors{good(), amend(), bad()}[kind]
		rows = append(rows, []cell{{"  " + sign, colour}, {words(s.Action), colour}, plain(subject(s)), plain(s.Reason)})
		for _, c := range s.Changes {
			rows = append(rows, []cell{plain(""), plain(""), {c.Field + ":", faint()}, plain(orNone(c.From) + " -> " + orNone(c.To))})
		}
	}
	return rows
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func (v *view) held(list []plan.Held) {
	if len(list) == 0 {
		return
	}
	v.tell(bold(), "Held back: %s", count(len(list), "step", "steps"))
	var rows [][]cell
	for i := range list {
		s := &list[i].Step
		rows = append(rows, []cell{{"  " + words(s.Action), amend()}, plain(plan.Place(s.Account, s.Region)), plain(subject(s)), plain(list[i].Rail)})
	}
	v.table(nil, rows)
	v.space()
}

func (v *view) leftOut(list []plan.LeftOut) {
	if len(list) == 0 {
		return
	}
	v.tell(bold(), "Left out: %s", count(len(list), "interface", "interfaces"))
	var rows [][]cell
	for _, l := range list {
		rows = append(rows, []cell{{"  " + l.Interface, amend()}, plain(plan.Place(l.Account, l.Region)), plain(l.Name), plain(fmt.Sprintf("priority %d", l.Priority)), plain(l.Reason)})
	}
	v.table(nil, rows)
	v.space()
}

func (v *view) rogues(list []plan.Rogue) {
	if len(list) == 0 {
		return
	}
	v.tell(bad(), "Not ours, and to nobody that the policy names (traffic may be stolen, ATT&CK T1020.001): %d", len(list))
	var rows [][]cell
	for _, r := range list {
		rows = append(rows, []cell{{"  " + r.Object, bad()}, plain(plan.Place(r.Account, r.Region)), plain(strings.TrimSpace(r.Interface + " " + r.Instance)), plain(r.Reason)})
	}
	v.table(nil, rows)
	v.space()
}

func (v *view) warnings(list []string) {
	for i, w := range list {
		if !v.all && i == mostRows {
			v.more(len(list) - i)
			break
		}
		v.tell(amend(), "Warning: %s", w)
	}
	if len(list) > 0 {
		v.space()
	}
}

// states sums coverage up in one line.
func (v *view) states(list []events.Coverage) {
	total := store.ShareCoverage(list, time.Time{}, nil).Total
	var parts []string
	for _, s := range events.CoverageStates() {
		if n := total.States[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	if len(parts) == 0 {
		v.say("Coverage: no interface was seen.")
		return
	}
	v.say("Coverage: %s. %s", strings.Join(parts, ", "), watched(&total))
}

// watched says how much of what should be watched is.
func watched(s *store.CoverageShare) string {
	if s.Wanted == 0 {
		return "Nothing is to be watched."
	}
	return fmt.Sprintf("Mirrored are %s of the %d that should be.", percent(s.Percent), s.Wanted)
}

func percent(p float64) string { return fmt.Sprintf("%.1f %%", p) }
