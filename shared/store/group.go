package store

import (
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Keys gives the groups that a detection counts in: its different values of the field, or "" alone where it has none. As Match does for
// the filter, it is the definition.
func (g GroupBy) Keys(d *events.Detection) []string {
	var keys []string
	add := func(key string) {
		if key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	switch g {
	case GroupType:
		add(d.Type)
	case GroupCategory:
		add(d.Category)
	case GroupBand:
		add(string(d.Risk.Band))
	case GroupStatus:
		add(string(d.Status))
	case GroupAssignee:
		add(d.Assignee)
	case GroupSensor:
		add(d.Sensor)
	case GroupVNI:
		if d.VNI != 0 {
			add(strconv.FormatUint(uint64(d.VNI), 10))
		}
	case GroupTactic, GroupTechnique:
		for _, v := range g.list(d) {
			add(v)
		}
	default:
		for i := range d.Participants {
			add(g.of(&d.Participants[i]))
		}
	}
	if keys == nil {
		return []string{""}
	}
	return keys
}

func (g GroupBy) list(d *events.Detection) []string {
	if g == GroupTactic {
		return d.Tactics
	}
	return d.Techniques
}

func (g GroupBy) of(p *events.Participant) string {
	switch {
	case g == GroupVPC:
		return p.VPC
	case g == GroupAccount:
		return p.Account
	case g == GroupOffender && p.Role == "offender", g == GroupVictim && p.Role == "victim":
		return p.Device
	}
	return ""
}

// Label gives what a detection calls one of its groups, for a person; "" where it has no better word than the key. A group is called
// what the detection last updated calls it; of several the greatest word.
func (g GroupBy) Label(d *events.Detection, key string) string {
	switch g {
	case GroupType:
		return d.Title
	case GroupOffender, GroupVictim:
		label := ""
		for i := range d.Participants {
			if p := &d.Participants[i]; key != "" && g.of(p) == key {
				label = max(label, p.Hostname)
			}
		}
		return label
	}
	return ""
}
