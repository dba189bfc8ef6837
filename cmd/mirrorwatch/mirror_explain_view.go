package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// explanation prints everything that a decision rests on, a paragraph a question.
func (v *view) explanation(e *plan.Explanation, another bool) {
	if another {
		v.space()
	}
	c := &e.Coverage
	v.tell(bold(), "%s", strings.TrimSpace(e.Interface+" "+inBrackets(c.Name)))
	v.say("  %s", whereabouts(c))
	v.paragraph("State")
	v.tell(stateColour(c.State), "  %s since %s%s", c.State, moment(c.Changed), before(c.Was))
	v.say("  %s.", strings.TrimSuffix(cmp.Or(c.Reason, "no reason was given"), "."))
	if c.Fix != "" {
		v.say("  To change it: %s.", strings.TrimSuffix(c.Fix, "."))
	}
	v.traffic(c)
	v.decision(e)
	v.support(e)
	v.sessions(e)
	v.due(e)
}

func (v *view) paragraph(title string) {
	v.space()
	v.tell(bold(), "%s", title)
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func whereabouts(c *events.Coverage) string {
	list := []string{"account " + c.Account, "region " + c.Region}
	for _, p := range [][2]string{{"VPC ", c.VPC}, {"subnet ", c.Subnet}, {"instance ", c.Instance}} {
		if p[1] != "" {
			list = append(list, p[0]+p[1])
		}
	}
	for _, a := range c.Addresses {
		list = append(list, a.String())
	}
	return strings.Join(list, ", ")
}

func moment(at time.Time) string {
	if at.IsZero() {
		return "this look"
	}
	return at.UTC().Format(time.DateTime) + " UTC"
}

func before(s events.CoverageState) string {
	if s == "" {
		return ""
	}
	return ", before that " + string(s)
}

func (v *view) traffic(c *events.Coverage) {
	if c.LastSeen == nil {
		v.say("  No sensor has told of a packet of it.")
		return
	}
	v.say("  Last packet %s at sensor %s, %s.", moment(*c.LastSeen), cmp.Or(c.Sensor, "(unnamed)"), count(int(c.Packets), "packet", "packets"))
}

// decision is who decided whether it is mirrored: every level that was asked, the one that decided marked.
func (v *view) decision(e *plan.Explanation) {
	v.paragraph("Decision")
	if e.Profile == "" {
		v.say("  Not to be mirrored: %s.", cmp.Or(e.Decision, "nothing asks for it"))
	} else {
		v.say("  To be mirrored by profile %s: %s.", e.Profile, e.Decision)
	}
	var rows [][]cell
	for i := range e.Levels {
		l := &e.Levels[i]
		mark, colour := "  ", faint()
		if l.Decides {
			mark, colour = "  >", good()
		}
		rows = append(rows, []cell{{mark, colour}, plain(l.Level), plain(l.ID), plain(levelValue(l))})
	}
	if len(rows) > 0 {
		v.table(nil, rows)
	}
}

func levelValue(l *plan.Level) string {
	switch {
	case l.Unread != "":
		return "unknown: " + l.Unread + " failed"
	case !l.Set:
		return "(no tag)"
	}
	return fmt.Sprintf("%q", l.Value)
}

func (v *view) support(e *plan.Explanation) {
	if e.Support == nil {
		return
	}
	v.paragraph("Instance type")
	answer := "cannot be mirrored"
	if e.Support.Supported {
		answer = "can be mirrored"
	}
	v.say("  %s %s%s", e.InstanceType, answer, because(e.Support.Reason))
	if e.Support.Fix != "" {
		v.say("  To change it: %s.", strings.TrimSuffix(e.Support.Fix, "."))
	}
}

func because(reason string) string {
	if reason == "" {
		return "."
	}
	return ": " + strings.TrimSuffix(reason, ".") + "."
}

// sessions are those on the interface, of whomever, and what ours has or gets.
func (v *view) sessions(e *plan.Explanation) {
	v.paragraph("Sessions")
	var rows [][]cell
	for _, h := range e.Sessions {
		whose := "another's"
		if h.Ours {
			whose = "ours"
		}
		fate := "stays"
		if !h.Stays {
			fate = "goes"
		}
		rows = append(rows, row("  "+h.ID, whose, h.Owner, fmt.Sprintf("number %d", h.Number), fmt.Sprintf("VNI %d", h.VNI), h.Target, h.Filter, fate))
	}
	if len(rows) == 0 {
		v.say("  There is none.")
	} else {
		v.table(nil, rows)
	}
	if e.Number != 0 {
		v.say("  Ours has number %d: %s.", e.Number, e.NumberReason)
	}
	if e.Target != "" || e.Filter != "" {
		v.say("  Target %s, filter %s.", cmp.Or(e.Target, "(none)"), cmp.Or(e.Filter, "(none)"))
	}
	if b := e.Binding; b != nil {
		v.say("  VNI %d is bound to it since %s.", b.VNI, moment(b.From))
	}
}

// due is what a pass would do.
func (v *view) due(e *plan.Explanation) {
	v.paragraph("A pass now")
	if len(e.Steps)+len(e.Held) == 0 {
		v.say("  would do nothing about it.")
		return
	}
	var list []*plan.Step
	for i := range e.Steps {
		list = append(list, &e.Steps[i])
	}
	if len(list) > 0 {
		v.table(nil, stepRows(list))
	}
	v.held(e.Held)
}
