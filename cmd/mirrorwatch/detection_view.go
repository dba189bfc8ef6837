package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// detection prints one for who was woken by it: what, how bad and why, who, and then what the rest of AWS knows.
func (v *view) detection(d *events.Detection) {
	v.tell(bold(), "%s", d.Title)
	v.say("%s", d.Description)
	v.space()
	lines := [][]cell{
		row("detection", d.ID+"  "+d.Type), {plain("risk"), {fmt.Sprintf("%d %s", d.Risk.Score, d.Risk.Band), bandColour(d.Risk.Band)}},
		row("when", lasted(d)), row("status", triageOf(d)), row("ATT&CK", strings.Join(slices.Concat(d.Techniques, d.Tactics), " ")),
	}
	if d.Context != nil && d.Context.Incident != "" {
		lines = append(lines, []cell{plain("incident"), {d.Context.Incident, bold()}})
	}
	v.table(nil, lines)
	v.score(d)
	v.who(d)
	if d.Context == nil {
		v.space()
		v.tell(faint(), "Nothing has been asked of AWS about it yet: who its hosts were, what was called, what was blocked.")
		return
	}
	v.blocked(d.Context)
	v.calls(d.Context)
	v.counters(d.Context)
	v.unknown(d.Context)
}

// bandColour is the colour of a band of risk.
func bandColour(b events.Band) text.Colors {
	switch b {
	case "critical", "high":
		return bad()
	case "medium":
		return amend()
	}
	return faint()
}

func utc(t time.Time) string { return t.UTC().Format(time.DateTime) }

func lasted(d *events.Detection) string {
	if d.End == nil {
		return fmt.Sprintf("%s to %s UTC, and it goes on", utc(d.Start), utc(d.Update))
	}
	return fmt.Sprintf("%s to %s UTC", utc(d.Start), utc(*d.End))
}

func triageOf(d *events.Detection) string {
	s := strings.ReplaceAll(string(d.Status), "_", " ")
	if d.Resolution != "" {
		s += ", " + strings.ReplaceAll(string(d.Resolution), "_", " ")
	}
	if d.Assignee != "" {
		s += ", with " + d.Assignee
	}
	if d.HiddenBy != "" {
		s += ", hidden by rule " + d.HiddenBy
	}
	return s
}

// score lists what made the risk, the adjustments of correlation apart from the detector's own.
func (v *view) score(d *events.Detection) {
	v.head("Why this risk")
	var rows [][]cell
	for _, t := range d.Risk.Terms {
		c := cell{text: t.Name}
		if strings.HasPrefix(t.Name, events.AdjustmentPrefix) {
			c.colour = amend()
			if t.Points < 0 {
				c.colour = good()
			}
		}
		rows = append(rows, []cell{plain(fmt.Sprintf("%+4d", t.Points)), c, plain(t.Reason)})
	}
	v.table(nil, rows)
}

func (v *view) head(s string) {
	v.space()
	v.tell(bold(), "%s", s)
}

// who prints each participant: what the wire showed, and who held its address then.
func (v *view) who(d *events.Detection) {
	v.head("Who")
	var rows [][]cell
	for i := range d.Participants {
		p := &d.Participants[i]
		role := cell{text: p.Role}
		if p.Role == "offender" {
			role.colour = bad()
		}
		for _, line := range about(p, d.Context.WhoIs(p)) {
			rows = append(rows, []cell{role, plain(line)})
			role = cell{}
		}
	}
	v.table(nil, rows)
}

// about says all of a participant in a few lines.
func about(p *events.Participant, w *events.Identity) []string {
	if w == nil {
		w = &events.Identity{}
	}
	address := p.Address.Unmap().String()
	if p.Port != 0 {
		address += fmt.Sprintf(" port %d", p.Port)
	}
	first := []string{address}
	if p.External {
		first[0] += ", outside"
	}
	first = append(first, cmp.Or(w.Name, p.Hostname), machineOf(p, w), worded("user", p.User))
	lines := []string{commas(first...)}
	public := make([]string, len(w.PublicAddresses))
	for i, a := range w.PublicAddresses {
		public[i] = a.String()
	}
	for _, line := range []string{
		commas(worded("role", w.Role), worded("group", w.AutoScaling), worded("task", w.Task), worded("made by", w.Requester), w.Description),
		commas(cmp.Or(p.VPC, w.VPC), w.Subnet, cmp.Or(p.Interface, w.Interface), worded("seen outside as", strings.Join(public, " ")), worded("security groups", strings.Join(w.Groups, " "))),
		commas(worded("account", cmp.Or(p.Account, w.Account)), w.Region, strings.TrimSpace(w.Service+" "+w.Network), system(w), w.Country),
		worded("tags", tagsOf(p, w)),
	} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	if w.From != nil {
		lines = append(lines, "so since "+utc(*w.From)+" UTC"+until(w.To))
	}
	return lines
}

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return ", until " + utc(*t) + " UTC"
}

func machineOf(p *events.Participant, w *events.Identity) string {
	instance := cmp.Or(p.Instance, w.Instance)
	if instance != "" && w.InstanceType != "" {
		return instance + " (" + w.InstanceType + ")"
	}
	return instance
}

func system(w *events.Identity) string {
	if w.ASN == 0 {
		return w.ASName
	}
	return strings.TrimSpace(fmt.Sprintf("AS%d %s", w.ASN, w.ASName))
}

func tagsOf(p *events.Participant, w *events.Identity) string {
	tags := w.Tags
	if len(tags) == 0 {
		tags = p.Tags
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, k+"="+tags[k])
	}
	return strings.Join(list, " ")
}

// each puts a word before a value that is there.
func worded(word, value string) string {
	if value == "" {
		return ""
	}
	return word + " " + value
}

// commas joins what is there.
func commas(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ", ")
}
