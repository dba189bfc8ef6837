package policy

import (
	"reflect"
	"strings"
	"testing"
)

// again renders a policy and holds what Parse reads of that against it.
func again(t *testing.T, p Policy) string {
	t.Helper()
	text, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Parse("rendered", text)
	if err != nil && !strings.Contains(err.Error(), "bytes are more than") { // a text at its bound has no room for what it left out
		t.Fatalf("%v\n%s", err, text)
	}
	if p, q := lineless(p), lineless(q); err == nil && !reflect.DeepEqual(p, q) {
		t.Fatalf("was %+v\nis  %+v\n%s", p, q, text)
	}
	return string(text)
}

// lineless is a copy of a policy that does not know where it stood.
func lineless(p Policy) Policy {
	p.Select.Rules = append([]SelectRule(nil), p.Select.Rules...)
	for i := range p.Select.Rules {
		p.Select.Rules[i].Line = 0
	}
	p.Exclude = append([]Exclusion(nil), p.Exclude...)
	for i := range p.Exclude {
		p.Exclude[i].Line = 0
	}
	profiles := map[string]Profile{}
	for name, profile := range p.Profiles {
		profile.Rules = append([]Rule(nil), profile.Rules...)
		for i := range profile.Rules {
			profile.Rules[i].Line = 0
		}
		profiles[name] = profile
	}
	p.Profiles = profiles
	return p
}

func TestRenderedPoliciesAreTheSame(t *testing.T) {
	texts := map[string]string{"base": base, "example": string(Example()), "what is not the default": base + `budget: {reserve: 0, tags: [{key: team, value: "", sessions: 3}]}
limits: {grace: 0s, settle: 90s}
prices: {session_hour: 0}
profiles: {"007": {dns: false}, null: {rules: [{action: accept, protocol: 6, source_ports: 1-2, destination_ports: 443}]}}
select: {tag: "true", default: "007", rules: [{match: {tags: {"a b": []}}, profile: "null", priority: -5}]}
`}
	for _, c := range mistakes {
		if c.want == nil && c.was == "" {
			texts[c.name] = base + c.is
		}
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("p", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			again(t, p)
		})
	}
}

func TestRenderStatesWhatTheTextLeftOut(t *testing.T) {
	p, err := Parse("p", []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	text := again(t, p)
	for _, want := range []string{"switch: on", "manage: true", "grace: 15m0s", "session_hour: 0.015", "place: before", "to: 16777215", "name: mirrorwatch-main", "usd_month: 0"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, not := range []string{"zones", "line", "sessions_per", "trusted", "source"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in\n%s", not, text)
		}
	}
}
