package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of what an incident remembers of one detection.
const (
	maxTactics = 8
	maxCalls   = 3
)

// member is one detection of an incident, with what its story needs.
type member struct {
	events.IncidentMember
	End         *time.Time `json:"end,omitempty"`
	Description string     `json:"description"`
	Tactics     []string   `json:"tactics,omitempty"`
	Techniques  []string   `json:"techniques,omitempty"`
	Phase       phase      `json:"phase,omitempty"`
	Parties     []party    `json:"parties,omitempty"` // as many as it is filed under at most, offenders first
	Calls       []call     `json:"calls,omitempty"`   // the most relevant
	Written     bool       `json:"written,omitempty"` // there is a document of the incident that begins with it, or was one
}

// call is a call of an AWS API that has to do with a detection.
type call struct {
	Time      time.Time `json:"time"`
	Event     string    `json:"event"`
	Text      string    `json:"text"`
	Technique string    `json:"technique,omitempty"`
	Relevance int       `json:"relevance"`
}

func memberOf(d *events.Detection, calls []events.ContextCall) member {
	m := member{
		IncidentMember: events.IncidentMember{
			ID: d.ID, Type: text(d.Type, 64), Title: text(d.Title, 96), Category: text(d.Category, 32), Start: d.Start.UTC(), Update: d.Update.UTC(), Score: d.Risk.Score,
		},
		Description: text(d.Description, maxText), Tactics: some(d.Tactics), Techniques: some(d.Techniques), Phase: phaseOf(d), Parties: parties(d),
	}
	if d.End != nil {
		end := d.End.UTC()
		m.End = &end
	}
	if len(m.Parties) > MaxParties {
		m.Parties = fewer(m.Parties, MaxParties)
	}
	for i := range calls[:min(len(calls), maxCalls)] {
		c := &calls[i]
		m.Calls = append(m.Calls, call{Time: c.Time.UTC(), Event: text(c.Event, 64), Text: callText(c), Technique: text(c.Technique, 16), Relevance: c.Relevance})
	}
	return m
}

// fewer leaves victims, where there are any, at least half of the room.
func fewer(list []party, most int) []party {
	first := slices.IndexFunc(list, func(p party) bool { return p.Victim })
	if len(list) <= most || first <= most/2 {
		return list[:min(len(list), most)]
	}
	victims := list[first:min(len(list), first+most/2)]
	return append(slices.Clone(list[:most-len(victims)]), victims...)
}

// shrink forgets what can be spared.
func (m *member) shrink(most, length int) {
	m.Parties, m.Description = fewer(m.Parties, most), text(m.Description, length)
	if length == 0 {
		m.Description, m.Calls = "", nil
	}
}

func some(list []string) []string {
	var out []string
	for _, s := range list[:min(len(list), maxTactics)] {
		out = append(out, text(s, 16))
	}
	return out
}

// callText says what was called, by whom and from where.
func callText(c *events.ContextCall) string {
	var b strings.Builder
	b.WriteString(text(cmp.Or(c.Principal, "somebody"), 96) + " " + text(cmp.Or(c.Summary, "called "+c.Name), 120))
	if c.Address != "" {
		b.WriteString(" from " + text(c.Address, maxName))
	}
	if c.Error != "" {
		b.WriteString(", which failed (" + text(c.Error, maxName) + ")")
	}
	return text(b.String(), maxText)
}

func byMemberStart(a, b *member) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
}

// party finds the party of a member that is filed under a key.
func (m *member) party(key string) *party {
	for i := range m.Parties {
		if slices.Contains(m.Parties[i].keys(), key) {
			return &m.Parties[i]
		}
	}
	return nil
}
