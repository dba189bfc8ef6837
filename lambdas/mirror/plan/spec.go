package plan

import (
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// filterSpecs knows FilterSpec of the profiles of a policy, each made once, when it is first asked for: every account has a filter of
// every profile.
type filterSpecs struct {
	want  *policy.Policy
	known map[string]string
}

func newFilterSpecs(want *policy.Policy) *filterSpecs {
	return &filterSpecs{want: want, known: make(map[string]string, len(want.Profiles))}
}

// orNew gives those that are known, or new ones where a planner was made without a survey.
func (s *filterSpecs) orNew(want *policy.Policy) *filterSpecs {
	if s == nil || s.want != want {
		return newFilterSpecs(want)
	}
	return s
}

// of gives the spec of a profile that the policy has; "" of another one.
func (s *filterSpecs) of(profile string) string {
	spec, known := s.known[profile]
	if known {
		return spec
	}
	if p, has := s.want.Profiles[profile]; has {
		spec = FilterSpec(&p)
	}
	s.known[profile] = spec
	return spec
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
