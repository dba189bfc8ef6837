package plan

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// Explanation says everything that was looked at to decide about one interface. Where the world does not hold it, Found is false and
// all but Interface is empty.
type Explanation struct {
	Interface    string          `json:"interface"`
	Found        bool            `json:"found"`
	InstanceType string          `json:"instance_type,omitempty"`
	Support      *Support        `json:"support,omitempty"` // of the instance type
	Levels       []Level         `json:"levels,omitempty"`  // where the tag may be, nearest first, then the rule and the default
	Decision     string          `json:"decision,omitempty"`
	Profile      string          `json:"profile,omitempty"` // empty: it is not to be mirrored
	Sessions     []Holding       `json:"sessions,omitempty"`
	Number       int32           `json:"number,omitempty"` // that its session has or gets
	NumberReason string          `json:"number_reason,omitempty"`
	Target       string          `json:"target,omitempty"` // id, or the name of the step that makes it
	Filter       string          `json:"filter,omitempty"`
	Binding      *events.Binding `json:"binding,omitempty"` // of its VNI, as stored
	Coverage     events.Coverage `json:"coverage"`
	Steps        []Step          `json:"steps,omitempty"`
	Held         []Held          `json:"held,omitempty"`
}

// Level is a place where the answer may be.
type Level struct {
	Level   string `json:"level"` // interface, instance, group, subnet, vpc, rule, default, policy
	ID      string `json:"id,omitempty"`
	Value   string `json:"value,omitempty"`
	Set     bool   `json:"set"`
	Unread  string `json:"unread,omitempty"` // the call that would have told
	Decides bool   `json:"decides,omitempty"`
}

// Holding is a session on the interface.
type Holding struct {
	ID     string `json:"id"`
	Owner  string `json:"owner,omitempty"`
	Ours   bool   `json:"ours"`
	Stays  bool   `json:"stays"` // as far as this plan goes
	Number int32  `json:"number"`
	VNI    uint32 `json:"vni"`
	Target string `json:"target"`
	Filter string `json:"filter"`
}

// Explain plans, and tells what that plan rests on for one interface.
func Explain(have *World, want *policy.Policy, eni string) Explanation {
	p, s := prepare(have, want)
	e := Explanation{Interface: eni}
	src := s.byID[eni]
	if src == nil {
		return e
	}
	e.Found, e.Decision, e.Profile, e.Binding = true, src.choice.by, src.choice.profile, src.binding
	e.Levels, e.Sessions, e.Coverage = s.explainLevels(src), src.holdings(), s.coverage(src)
	if src.instance != nil && src.instance.Type != "" {
		support := s.support(src)
		e.InstanceType, e.Support = src.instance.Type, &support
	}
	if src.number != 0 {
		e.Number, e.NumberReason = src.number, s.numberReason(src)
	}
	e.Target, e.Filter = src.target.String(), src.filter.String()
	e.Steps = slices.DeleteFunc(p.Steps, func(step Step) bool { return step.Interface != eni })
	e.Held = slices.DeleteFunc(p.Held, func(h Held) bool { return h.Step.Interface != eni })
	return e
}

func (r ref) String() string {
	if r.id != "" {
		return r.id
	}
	return r.name
}

func (s *survey) explainLevels(src *source) []Level {
	var list []Level
	for _, l := range src.levels() {
		value, set := l.tags[s.want.Select.Tag]
		list = append(list, Level{Level: l.kind, ID: l.id, Value: value, Set: set, Unread: l.call, Decides: src.choice.level == l.kind})
	}
	subject := src.subject()
	for _, r := range s.rules {
		if r.Match.Fits(subject) {
			decides := src.choice.level == "rule" && src.choice.by == ruleBy(r)
			list = append(list, Level{Level: "rule", ID: r.Name, Value: r.Profile, Set: true, Decides: decides})
		}
	}
	list = append(list, Level{Level: "default", Value: s.want.Select.Default, Set: true, Decides: src.choice.level == "default"})
	if src.choice.level == "policy" {
		list = append(list, Level{Level: "policy", Value: src.choice.by, Set: true, Decides: true})
	}
	return list
}

func (src *source) holdings() []Holding {
	var list []Holding
	add := func(l *link, stays bool) {
		list = append(list, Holding{
			ID: l.ID, Owner: l.Owner, Ours: l.ours, Stays: stays, Number: l.SessionNumber, VNI: l.VirtualNetworkID, Target: l.Target, Filter: l.Filter,
		})
	}
	if src.keep != nil {
		add(src.keep, src.remove == "")
	}
	for _, l := range src.extra {
		add(l, src.leave)
	}
	for _, l := range src.foreign {
		add(l, true)
	}
	slices.SortFunc(list, func(a, b Holding) int { return int(a.Number) - int(b.Number) })
	return list
}

func (s *survey) numberReason(src *source) string {
	want := s.profile(src).SessionNumber
	low, high := src.foreignNumbers()
	switch {
	case want.Place == policy.Exact:
		return fmt.Sprintf("profile %s demands number %d", src.choice.profile, want.Number)
	case len(src.foreign) == 0 && src.current() == src.number:
		return "the session has it, and there is no session of others"
	case len(src.foreign) == 0:
		return "profile " + src.choice.profile + " begins with it, and there is no session of others"
	case src.current() == src.number && want.Place == policy.Before && src.number > low:
		return fmt.Sprintf("the session has it, and there is no room below %d, the lowest number of others", low)
	case want.Place == policy.Before && src.number > low:
		return fmt.Sprintf("there is no room below %d, the lowest number of others", low)
	case want.Place == policy.Before:
		return fmt.Sprintf("profile %s wants to come before others, of which the lowest has %d", src.choice.profile, low)
	case src.current() == src.number:
		return "the session has it"
	}
	return fmt.Sprintf("profile %s wants to come after others, of which the highest has %d", src.choice.profile, high)
}
