package selftest

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Answer is what AWS says of a call that was only tried.
type Answer string

// The answers.
const (
	Allowed Answer = "allowed"
	Denied  Answer = "denied"
	Unknown Answer = "unknown" // AWS complained of something else before it said
)

// Permission is whether a call would be allowed.
type Permission struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Call    string `json:"call"`
	Answer  Answer `json:"answer"`
	Code    string `json:"code,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Subjects are what calls are tried on. Roles may be allowed to change only what carries a tag, so real ones give truer answers.
type Subjects struct{ Interface, Target, Filter, Rule, Session, Balancer string }

// fill puts ids that nothing has where no real one is known: AWS wants well-formed ones before it says anything.
func (s Subjects) fill() Subjects {
	for _, f := range []struct {
		at       *string
		standard string
	}{
		{&s.Interface, "eni-00000000000000001"}, {&s.Target, "tmt-00000000000000001"}, {&s.Filter, "tmf-00000000000000001"},
		{&s.Rule, "tmfr-00000000000000001"}, {&s.Session, "tms-00000000000000001"},
	} {
		if *f.at == "" {
			*f.at = f.standard
		}
	}
	return s
}

// Permissions tries every mutating call of EC2 that mirroring needs, each with DryRun: AWS says whether it would be allowed, and does
// nothing. Tags, load balancers and shares have no such trial in AWS or here, and are not asked about.
func Permissions(ctx context.Context, a ec2api.Account, s Subjects, tags map[string]string) []Permission {
	s = s.fill()
	rule := ec2api.RuleSpec{Direction: "ingress", Number: 100, Action: "accept", SourceCIDR: "0.0.0.0/0", DestinationCIDR: "0.0.0.0/0"}
	after, number := rule, int32(1)
	after.Number++
	target := ec2api.CreateTrafficMirrorTarget{NetworkInterface: s.Interface, Tags: tags, DryRun: true}
	if s.Balancer != "" {
		target.NetworkInterface, target.NetworkLoadBalancer = "", s.Balancer
	}
	var list []Permission
	try := func(call string, err error) { list = append(list, permission(a, call, err)) }
	e := a.EC2
	_, err := e.CreateTrafficMirrorTarget(ctx, target)
	try("CreateTrafficMirrorTarget", err)
	try("DeleteTrafficMirrorTarget", e.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: s.Target, DryRun: true}))
	_, err = e.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{Tags: tags, DryRun: true})
	try("CreateTrafficMirrorFilter", err)
	try("DeleteTrafficMirrorFilter", e.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: s.Filter, DryRun: true}))
	_, err = e.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: s.Filter, Add: []string{"amazon-dns"}, DryRun: true})
	try("ModifyTrafficMirrorFilterNetworkServices", err)
	_, err = e.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: s.Filter, RuleSpec: rule, DryRun: true})
	try("CreateTrafficMirrorFilterRule", err)
	_, err = e.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: s.Rule, Was: rule, To: after, DryRun: true})
	try("ModifyTrafficMirrorFilterRule", err)
	try("DeleteTrafficMirrorFilterRule", e.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: s.Rule, DryRun: true}))
	_, err = e.CreateTrafficMirrorSession(ctx, ec2api.CreateTrafficMirrorSession{
		NetworkInterface: s.Interface, Target: s.Target, Filter: s.Filter, SessionNumber: number, VirtualNetworkID: 1, Tags: tags, DryRun: true,
	})
	try("CreateTrafficMirrorSession", err)
	_, err = e.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: s.Session, SessionNumber: &number, DryRun: true})
	try("ModifyTrafficMirrorSession", err)
	try("DeleteTrafficMirrorSession", e.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.Session, DryRun: true}))
	return list
}

// permission reads AWS's answer: of a trial that would have succeeded it is an error, too.
func permission(a ec2api.Account, call string, err error) Permission {
	p := Permission{Account: a.ID, Region: a.Region, Call: call, Answer: Unknown, Code: ec2api.CodeOf(err)}
	switch {
	case err == nil, ec2api.Is(err, ec2api.CodeDryRun):
		p.Answer, p.Code = Allowed, ""
	case ec2api.IsDenied(err):
		p.Answer, p.Reason = Denied, err.Error()
	default:
		p.Reason = err.Error()
	}
	return p
}

// Find gives what there is to try calls on: sessions and filters that carry a tag with a value, and where there is no session an
// interface, whichever. AWS finds sessions and filters by many things, but not by their tags.
func Find(ctx context.Context, e ec2api.EC2, key, value string) (Subjects, error) {
	var s Subjects
	sessions, err := ec2api.All(ctx, e.DescribeTrafficMirrorSessions, ec2api.Query{})
	if err != nil {
		return s, err
	}
	for _, one := range sessions {
		if one.Tags[key] == value {
			s.Session, s.Target, s.Filter, s.Interface = one.ID, one.Target, one.Filter, one.NetworkInterface
		}
	}
	filters, err := ec2api.All(ctx, e.DescribeTrafficMirrorFilters, ec2api.Query{})
	if err != nil {
		return s, err
	}
	for _, f := range filters {
		if f.Tags[key] != value {
			continue
		}
		s.Filter = f.ID
		for _, r := range append(f.Ingress, f.Egress...) {
			s.Rule = r.ID
		}
	}
	if s.Interface != "" {
		return s, nil
	}
	interfaces, err := e.DescribeNetworkInterfaces(ctx, ec2api.Query{MaxResults: fewInterfaces})
	if err == nil && len(interfaces.Items) > 0 {
		s.Interface = interfaces.Items[0].ID
	}
	return s, err
}

// fewInterfaces is the least that AWS gives a page of.
const fewInterfaces = 5
