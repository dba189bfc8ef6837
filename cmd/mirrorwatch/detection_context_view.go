package main

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// blocked answers the first question at three in the morning, also where nobody knows.
func (v *view) blocked(c *events.Context) {
	v.head("Was it blocked?")
	f := c.Flows
	if f == nil {
		s := sourceState(c, events.SourceFlowLogs)
		v.tell(amend(), "Nobody knows: flow logs are %s%s", s.Status, reason(s.Why))
		return
	}
	colour := bad()
	switch {
	case f.Accepted.Records == 0 && f.Rejected.Records > 0:
		colour = good()
	case f.Accepted.Records == 0:
		colour = amend()
	}
	sentence := f.Sentence
	if sentence == "" {
		sentence = fmt.Sprintf("%d tries were let in, %d were rejected.", f.Accepted.Records, f.Rejected.Records)
	}
	v.tell(colour, "%s", sentence)
	if f.Before.Records > 0 {
		v.say("In the hour before, %s rejected.", count(int(f.Before.Records), "try was", "tries were"))
	}
	if f.Loss > 0 {
		v.say("The sensors saw %.1f %% of the bytes that the flow logs count.", 100*(1-f.Loss))
	}
	if c.Feed != nil && !c.Feed.Complete {
		v.tell(amend(), "%s", c.Feed.Sentence)
	}
	var rows [][]cell
	for _, p := range f.Ports {
		rows = append(rows, row(fmt.Sprintf("%s %d", p.Proto, p.Port), fmt.Sprintf("%d let in", p.Accepted), fmt.Sprintf("%d rejected", p.Rejected)))
	}
	if len(rows) > 0 {
		v.table(nil, rows)
	}
}

func sourceState(c *events.Context, name events.ContextSource) events.SourceState {
	for _, s := range c.Sources {
		if s.Source == name {
			return s
		}
	}
	return events.SourceState{Source: name, Status: events.SourceMissing}
}

func reason(why string) string {
	if why == "" {
		return "."
	}
	return ": " + why
}

// calls prints what AWS was asked to do, the most relevant first.
func (v *view) calls(c *events.Context) {
	v.head("What was called")
	if len(c.Calls) == 0 {
		s := sourceState(c, events.SourceCloudTrail)
		if s.Status == events.SourceComplete || s.Status == events.SourceEmpty {
			v.say("Nothing that has to do with it.")
		} else {
			v.tell(amend(), "Nobody knows: CloudTrail is %s%s", s.Status, reason(s.Why))
		}
		return
	}
	var rows [][]cell
	for _, l := range c.Calls {
		what := cell{text: l.Name + ": " + l.Summary}
		if l.Error != "" {
			what.text += " (refused: " + l.Error + ")"
		}
		if l.Adjustment != "" {
			what.colour = bad()
		}
		who := l.Principal
		if l.Address != "" {
			who += " from " + l.Address
		}
		rows = append(rows, []cell{plain(utc(l.Time)), plain(who), what, plain(l.Reason)})
	}
	v.table([]string{"TIME (UTC)", "WHO", "WHAT", "WHY IT MATTERS"}, rows)
}

func (v *view) counters(c *events.Context) {
	if len(c.Counters) == 0 {
		return
	}
	v.head("What the machines' own counters say")
	usual := 0
	for _, n := range c.Counters {
		if n.Unusual {
			v.tell(amend(), "%s", n.Sentence)
		} else {
			usual++
		}
	}
	if usual > 0 {
		v.tell(faint(), "%s as usual.", count(usual, "metric is", "metrics are"))
	}
}

// unknown says which source gave less than all, and what is still waited for.
func (v *view) unknown(c *events.Context) {
	var rows [][]cell
	for _, s := range c.Sources {
		if s.Status == events.SourceComplete {
			continue
		}
		status := cell{text: string(s.Status)}
		switch s.Status {
		case events.SourceDenied, events.SourceFailed:
			status.colour = bad()
		case events.SourceWaiting, events.SourcePartial:
			status.colour = amend()
		default:
			status.colour = faint()
		}
		rows = append(rows, []cell{plain(string(s.Source)), status, plain(s.Why)})
	}
	if len(rows) > 0 {
		v.head("What is not known")
		v.table(nil, rows)
	}
	v.space()
	if c.Complete {
		v.tell(faint(), "Looked at %s UTC; nothing more is waited for.", utc(c.Made))
		return
	}
	v.tell(faint(), "Looked at %s UTC; it is looked at again when more has arrived.", utc(c.Made))
}
