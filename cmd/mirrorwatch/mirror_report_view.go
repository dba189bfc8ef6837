package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// report prints what a pass did: a row an account and region, then every step that is not done.
func (v *view) report(r *mirror.Report) {
	var places, bad [][]cell
	for i := range r.Places {
		p := &r.Places[i]
		places = append(places, placeRow(p))
		for _, o := range append(append([]mirror.Outcome{}, p.Failed...), p.Left...) {
			bad = append(bad, outcomeRow(&o))
		}
	}
	v.table([]string{"ACCOUNT/REGION", "DONE", "FAILED", "LEFT", ""}, places)
	if len(bad) > 0 {
		v.space()
		v.tell(bold(), "Not done:")
		v.table(nil, bad)
	}
	v.space()
	if len(r.Plan.Held) > 0 {
		v.held(r.Plan.Held)
	}
	v.states(r.Plan.Coverage)
	done, failed, left := r.Outcomes()
	v.tell(bold(), "%d done, %d failed, %d left.", done, failed, left)
}

func placeRow(p *mirror.PlaceReport) []cell {
	note := plain("")
	switch {
	case p.Skipped != "":
		note = cell{p.Skipped, amend()}
	case len(p.Failures) > 0:
		note = cell{fmt.Sprintf("could not be seen whole: %s", p.Failures[0]), bad()}
		if n := len(p.Failures) - 1; n > 0 {
			note.text += fmt.Sprintf(" and %d more", n)
		}
	}
	return []cell{plain(plan.Place(p.Account, p.Region)), number(len(p.Done), good()), number(len(p.Failed), bad()), number(len(p.Left), amend()), note}
}

// number is a count, in colours where it is one.
func number(n int, c text.Colors) cell {
	if n == 0 {
		c = nil
	}
	return cell{fmt.Sprint(n), c}
}

func outcomeRow(o *mirror.Outcome) []cell {
	colour := bad()
	if o.Result == mirror.Left {
		colour = amend()
	}
	return []cell{{"  " + string(o.Result), colour}, plain(plan.Place(o.Step.Account, o.Step.Region)), plain(words(o.Step.Action)), plain(subject(&o.Step)), plain(o.Reason)}
}
