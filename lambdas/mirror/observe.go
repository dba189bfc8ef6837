package mirror

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	// lookFor is how long one place may take to be looked at: an account that does not answer holds the others up no longer.
	lookFor  = 3 * time.Minute
	groupTag = "aws:autoscaling:groupName"
)

// observe makes the world. What the store says is needed: without it nobody knows which VNI is whose. What an account does not say is a
// failure of that account, and the plan leaves it alone.
func (p *pass) observe(ctx context.Context) error {
	p.world.At = p.at
	p.further(func(f *Progress) { f.Places = len(p.here()) })
	p.each(p.l.o.Workers, func(pl *place) {
		began := p.l.o.Now()
		ctx, cancel := context.WithTimeout(pl.ctx, p.l.lookFor)
		defer cancel()
		pl.seen = p.look(ctx, pl)
		pl.took = p.l.o.Now().Sub(began)
		p.further(func(f *Progress) { f.Looked++ })
	})
	for _, pl := range p.here() {
		p.world.Accounts = append(p.world.Accounts, pl.seen)
		for _, f := range pl.seen.Failures {
			p.fail(fmt.Errorf("look at %s: %s", pl.place(), f))
		}
	}
	p.scope()
	return p.recall(ctx)
}

// scope says which interfaces the world is about: those that were asked for, and those that the instances have.
func (p *pass) scope() {
	scoped := false
	ids := []string{}
	for _, pl := range p.here() {
		if pl.want == nil {
			continue
		}
		scoped = true
		ids = append(ids, pl.want.interfaces...)
		for i := range pl.seen.Interfaces {
			ids = append(ids, pl.seen.Interfaces[i].ID)
		}
	}
	if scoped {
		slices.Sort(ids)
		p.world.Scope = slices.Compact(ids)
	}
}

// eye looks at one place. A call that fails is noted, and the next is made.
type eye struct {
	p   *pass
	pl  *place
	ctx context.Context
	a   *plan.Account
}

// look sees a place, whole or what the pass is about.
func (p *pass) look(ctx context.Context, pl *place) plan.Account {
	a := plan.Account{ID: pl.account.ID, Region: pl.region}
	e := &eye{p, pl, ctx, &a}
	api, err := p.l.open(ctx, pl.site)
	if err != nil {
		e.failed("Open", err)
		return a
	}
	pl.api = api
	if pl.want != nil {
		e.some()
		return a
	}
	e.whole()
	return a
}

func (e *eye) failed(call string, err error) {
	what := ec2api.CodeOf(err)
	if what == "" {
		what = err.Error()
	}
	if !strings.HasPrefix(what, call+": ") {
		what = call + ": " + what
	}
	e.a.Failures = append(e.a.Failures, what)
}

// every reads all pages of a describe.
func every[T any](e *eye, name string, fetch ec2api.Fetch[T], q ec2api.Query) []T {
	items, err := ec2api.All(e.ctx, counted(e.p, e.pl, name, fetch), q)
	if err != nil {
		e.failed(name, err)
	}
	return items
}

// only reads those of the ids that there are; filter names them, or "" where they go as ids.
func only[T any](e *eye, name string, fetch ec2api.Fetch[T], filter string, ids []string) []T {
	if len(ids) == 0 {
		return nil
	}
	items, err := ec2api.ByIDs(e.ctx, counted(e.p, e.pl, name, fetch), filter, ids)
	if err != nil {
		e.failed(name, err)
	}
	return items
}

// whole sees everything. Where only the fleet's targets are kept, interfaces and instances are nobody's business.
func (e *eye) whole() {
	ec2, all := e.pl.api.EC2, ec2api.Query{}
	if e.pl.mirrors {
		e.a.Interfaces = every(e, "DescribeNetworkInterfaces", ec2.DescribeNetworkInterfaces, all)
		e.a.Instances = byID(every(e, "DescribeInstances", ec2.DescribeInstances, all), func(i ec2api.Instance) string { return i.ID })
		e.a.Subnets = byID(every(e, "DescribeSubnets", ec2.DescribeSubnets, all), func(s ec2api.Subnet) string { return s.ID })
		e.a.Vpcs = byID(every(e, "DescribeVpcs", ec2.DescribeVpcs, all), func(v ec2api.Vpc) string { return v.ID })
		e.a.Filters = every(e, "DescribeTrafficMirrorFilters", ec2.DescribeTrafficMirrorFilters, all)
		e.groups()
		e.types()
	}
	e.a.Sessions = every(e, "DescribeTrafficMirrorSessions", ec2.DescribeTrafficMirrorSessions, all)
	e.a.Targets = every(e, "DescribeTrafficMirrorTargets", ec2.DescribeTrafficMirrorTargets, all)
	if e.pl.fleet {
		e.balancers()
	}
	e.shares()
}

// some sees what the pass is about: as many calls as there are kinds of things, however large the account is.
func (e *eye) some() {
	ec2, want := e.pl.api.EC2, e.pl.want
	list := only(e, "DescribeNetworkInterfaces", ec2.DescribeNetworkInterfaces, "network-interface-id", want.interfaces)
	list = append(list, only(e, "DescribeNetworkInterfaces", ec2.DescribeNetworkInterfaces, "attachment.instance-id", want.instances)...)
	slices.SortFunc(list, func(a, b ec2api.NetworkInterface) int { return strings.Compare(a.ID, b.ID) })
	e.a.Interfaces = slices.CompactFunc(list, func(a, b ec2api.NetworkInterface) bool { return a.ID == b.ID })
	instances, subnets, vpcs, ids := slices.Clone(want.instances), []string{}, []string{}, slices.Clone(want.interfaces)
	for _, i := range e.a.Interfaces {
		ids, subnets, vpcs = append(ids, i.ID), append(subnets, i.Subnet), append(vpcs, i.VPC)
		if i.Attachment != nil && i.Attachment.Instance != "" {
			instances = append(instances, i.Attachment.Instance)
		}
	}
	e.a.Instances = byID(only(e, "DescribeInstances", ec2.DescribeInstances, "instance-id", instances), func(i ec2api.Instance) string { return i.ID })
	e.a.Subnets = byID(only(e, "DescribeSubnets", ec2.DescribeSubnets, "subnet-id", subnets), func(s ec2api.Subnet) string { return s.ID })
	e.a.Vpcs = byID(only(e, "DescribeVpcs", ec2.DescribeVpcs, "vpc-id", vpcs), func(v ec2api.Vpc) string { return v.ID })
	e.groups()
	e.types()
	e.a.Sessions = only(e, "DescribeTrafficMirrorSessions", ec2.DescribeTrafficMirrorSessions, "network-interface-id", ids)
	if len(e.a.Interfaces) > 0 {
		e.a.Targets = every(e, "DescribeTrafficMirrorTargets", ec2.DescribeTrafficMirrorTargets, ec2api.Query{})
		e.a.Filters = every(e, "DescribeTrafficMirrorFilters", ec2.DescribeTrafficMirrorFilters, ec2api.Query{})
	}
}

// groups sees the Auto Scaling groups that the instances name.
func (e *eye) groups() {
	var names []string
	for _, i := range e.a.Instances {
		if name := i.Tags[groupTag]; name != "" {
			names = append(names, name)
		}
	}
	list := only(e, "DescribeAutoScalingGroups", e.pl.api.AutoScaling.DescribeAutoScalingGroups, "", names)
	e.a.Groups = byID(list, func(g ec2api.AutoScalingGroup) string { return g.Name })
}

func byID[T any](list []T, id func(T) string) map[string]T {
	m := make(map[string]T, len(list))
	for _, v := range list {
		m[id(v)] = v
	}
	return m
}

// seenType is what AWS said of an instance type, and when.
type seenType struct {
	what ec2api.InstanceType
	at   time.Time
}

const typesFor = 24 * time.Hour

// unlisted gives the instance types whose families no list names.
func unlisted(instances map[string]ec2api.Instance) map[string]bool {
	names := map[string]bool{}
	for _, i := range instances {
		if i.Type != "" && !plan.ListedFamily(plan.Family(i.Type)) {
			names[i.Type] = true
		}
	}
	return names
}

// types sees what AWS says of instance types whose families no list names. It hardly ever changes, so it is kept for a day.
func (e *eye) types() {
	l, known, ask := e.p.l, map[string]ec2api.InstanceType{}, []string{}
	for name := range unlisted(e.a.Instances) {
		l.mu.Lock()
		have, ok := l.types[name]
		l.mu.Unlock()
		if ok && e.p.at.Sub(have.at) < typesFor {
			known[name] = have.what
			continue
		}
		ask = append(ask, name)
	}
	for _, t := range only(e, "DescribeInstanceTypes", e.pl.api.EC2.DescribeInstanceTypes, "instance-type", ask) {
		known[t.Name] = t
		l.mu.Lock()
		l.types[t.Name] = seenType{t, e.p.at}
		l.mu.Unlock()
	}
	e.a.InstanceTypes = known
}

// balancers sees the fleet's load balancers with what can go wrong silently.
func (e *eye) balancers() {
	for _, t := range e.p.policy.Fleet.Targets {
		if t.Region != e.pl.region || t.LoadBalancer == "" {
			continue
		}
		lb := e.pl.api.LoadBalancing
		for _, b := range asked(e, "DescribeLoadBalancers", lb.DescribeLoadBalancers, []string{t.LoadBalancer}) {
			e.a.Balancers = append(e.a.Balancers, plan.Balancer{
				LoadBalancer: b,
				Attributes:   asked(e, "DescribeLoadBalancerAttributes", lb.DescribeLoadBalancerAttributes, b.ARN),
				Listeners:    asked(e, "DescribeListeners", lb.DescribeListeners, b.ARN),
				TargetGroups: e.targetGroups(t.TargetGroup, b.ARN),
			})
		}
	}
}

func (e *eye) targetGroups(arn, balancer string) (list []plan.TargetGroup) {
	lb := e.pl.api.LoadBalancing
	groups := asked(e, "DescribeTargetGroups", func(ctx context.Context, of string) ([]ec2api.TargetGroup, error) {
		if arn != "" {
			return lb.DescribeTargetGroups(ctx, "", []string{arn})
		}
		return lb.DescribeTargetGroups(ctx, of, nil)
	}, balancer)
	for _, g := range groups {
		list = append(list, plan.TargetGroup{
			TargetGroup: g,
			Attributes:  asked(e, "DescribeTargetGroupAttributes", lb.DescribeTargetGroupAttributes, g.ARN),
			Health:      asked(e, "DescribeTargetHealth", lb.DescribeTargetHealth, g.ARN),
		})
	}
	return list
}

// asked makes a call that has no pages.
func asked[I, O any](e *eye, name string, call func(context.Context, I) (O, error), in I) O {
	out, err := counted(e.p, e.pl, name, call)(e.ctx, in)
	if err != nil {
		e.failed(name, err)
	}
	return out
}

// shares sees how targets reach other accounts, where that is ours to see to and there are others.
func (e *eye) shares() {
	share := e.p.policy.Fleet.Share
	others := slices.ContainsFunc(e.p.policy.Accounts, func(a policy.Account) bool {
		return a.ID != e.p.policy.Fleet.Account && slices.Contains(a.Regions, e.pl.region)
	})
	if !share.Manage || !others {
		return
	}
	if e.pl.fleet {
		e.a.Shares = asked(e, "GetResourceShares", func(ctx context.Context, name string) ([]ec2api.ResourceShare, error) {
			return e.pl.api.Sharing.GetResourceShares(ctx, "SELF", name)
		}, share.Name)
		return
	}
	if share.External {
		e.a.Invitations = asked(e, "GetResourceShareInvitations", func(ctx context.Context, _ struct{}) ([]ec2api.Invitation, error) {
			return e.pl.api.Sharing.GetResourceShareInvitations(ctx)
		}, struct{}{})
	}
}
