package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// FilterSpec is a short hash of what the filter of a profile says.
func FilterSpec(p *policy.Profile) string { return specOf(p, filterRules(p)) }

func specOf(p *policy.Profile, rules []ec2api.RuleSpec) string {
	text := make([]byte, 0, 1024)
	text = fmt.Appendf(text, "filter 1 dns %t\n", p.DNS)
	for i := range rules {
		text = appendRule(text, &rules[i])
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// appendRule writes a rule as %+v does, which is how the first filters were hashed: another text would make every filter anew.
func appendRule(b []byte, r *ec2api.RuleSpec) []byte {
	number := func(name string, n int32) { b = strconv.AppendInt(append(b, name...), int64(n), 10) }
	word := func(name, v string) { b = append(append(b, name...), v...) }
	word("{Direction:", r.Direction)
	number(" Number:", r.Number)
	word(" Action:", r.Action)
	number(" Protocol:", r.Protocol)
	number(" SourcePorts:{From:", r.SourcePorts.From)
	number(" To:", r.SourcePorts.To)
	number("} DestinationPorts:{From:", r.DestinationPorts.From)
	number(" To:", r.DestinationPorts.To)
	word("} SourceCIDR:", r.SourceCIDR)
	word(" DestinationCIDR:", r.DestinationCIDR)
	word(" Description:", r.Description)
	return append(b, "}\n"...)
}

// filterSpecs knows FilterSpec and the rules of the profiles of a policy, each made once, when it is first asked for: every account has
// a filter of every profile.
type filterSpecs struct {
	want  *policy.Policy
	known map[string]filterSpec
}

type filterSpec struct {
	spec  string
	rules []ec2api.RuleSpec
}

func newFilterSpecs(want *policy.Policy) *filterSpecs {
	return &filterSpecs{want: want, known: make(map[string]filterSpec, len(want.Profiles))}
}

// orNew gives those that are known, or new ones where a planner was made without a survey.
func (s *filterSpecs) orNew(want *policy.Policy) *filterSpecs {
	if s == nil || s.want != want {
		return newFilterSpecs(want)
	}
	return s
}

// of gives the spec of a profile that the policy has; "" of another one.
func (s *filterSpecs) of(profile string) string { return s.entry(profile).spec }

// rules gives the rules of a profile, for all who ask: nobody changes them.
func (s *filterSpecs) rules(profile string) []ec2api.RuleSpec { return s.entry(profile).rules }

func (s *filterSpecs) entry(profile string) filterSpec {
	e, known := s.known[profile]
	if known {
		return e
	}
	if p, has := s.want.Profiles[profile]; has {
		e.rules = filterRules(&p)
		e.spec = specOf(&p, e.rules)
	}
	s.known[profile] = e
	return e
}

// find gives the filter of ours that says what a profile says now. Of several it is the one with the lowest id.
func (s *filterSpecs) find(filters []ec2api.TrafficMirrorFilter, profile string) (found ec2api.TrafficMirrorFilter, ok bool) {
	if _, known := s.want.Profiles[profile]; !known {
		return found, false
	}
	for i := range filters {
		f := &filters[i]
		if !s.want.Owned(f.Tags) || f.Tags[TagProfile] != profile || f.Tags[TagFilterSpec] != s.of(profile) {
			continue
		}
		if !ok || f.ID < found.ID {
			found, ok = *f, true
		}
	}
	return found, ok
}

// FindFilter finds the filter of ours that says what a profile of the policy says now. Of several it is the one with the lowest id.
func FindFilter(filters []ec2api.TrafficMirrorFilter, want *policy.Policy, profile string) (id string, ok bool) {
	f, ok := newFilterSpecs(want).find(filters, profile)
	return f.ID, ok
}
