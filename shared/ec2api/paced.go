package ec2api

import "context"

// ask is a read: it may always be asked again.
func ask[I, O any](ctx context.Context, p *pacer, name string, f func(context.Context, I) (O, error), in I) (O, error) {
	return tell(ctx, p, call{name, p.reads, false}, func() (O, error) { return f(ctx, in) })
}

// create is a write that makes something: without a token, and unless it is a dry run, asking twice may make two.
func create[I, O any](ctx context.Context, p *pacer, name string, safe bool, f func(context.Context, I) (O, error), in I) (O, error) {
	return tell(ctx, p, call{name, p.writes, !safe}, func() (O, error) { return f(ctx, in) })
}

// change is a write after which things are as asked, however often it is asked.
func change[I, O any](ctx context.Context, p *pacer, name string, f func(context.Context, I) (O, error), in I) (O, error) {
	return create(ctx, p, name, true, f, in)
}

// do is a change that answers nothing.
func do(ctx context.Context, p *pacer, name string, f func() error) error {
	_, err := tell(ctx, p, call{name, p.writes, false}, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// remove is a delete. Asked again after it was done it answers that nothing is there, which callers take as done.
func remove(ctx context.Context, p *pacer, name string, f func(context.Context, Delete) error, in Delete) error {
	return do(ctx, p, name, func() error { return f(ctx, in) })
}

type pacedEC2 struct {
	to EC2
	p  *pacer
}

var _ EC2 = pacedEC2{}

func (e pacedEC2) DescribeInstances(ctx context.Context, q Query) (Page[Instance], error) {
	return ask(ctx, e.p, "DescribeInstances", e.to.DescribeInstances, q)
}

func (e pacedEC2) DescribeInstanceTypes(ctx context.Context, q Query) (Page[InstanceType], error) {
	return ask(ctx, e.p, "DescribeInstanceTypes", e.to.DescribeInstanceTypes, q)
}

func (e pacedEC2) DescribeNetworkInterfaces(ctx context.Context, q Query) (Page[NetworkInterface], error) {
	return ask(ctx, e.p, "DescribeNetworkInterfaces", e.to.DescribeNetworkInterfaces, q)
}

func (e pacedEC2) DescribeSubnets(ctx context.Context, q Query) (Page[Subnet], error) {
	return ask(ctx, e.p, "DescribeSubnets", e.to.DescribeSubnets, q)
}

func (e pacedEC2) DescribeVpcs(ctx context.Context, q Query) (Page[Vpc], error) {
	return ask(ctx, e.p, "DescribeVpcs", e.to.DescribeVpcs, q)
}

func (e pacedEC2) DescribeTrafficMirrorSessions(ctx context.Context, q Query) (Page[TrafficMirrorSession], error) {
	return ask(ctx, e.p, "DescribeTrafficMirrorSessions", e.to.DescribeTrafficMirrorSessions, q)
}

func (e pacedEC2) DescribeTrafficMirrorTargets(ctx context.Context, q Query) (Page[TrafficMirrorTarget], error) {
	return ask(ctx, e.p, "DescribeTrafficMirrorTargets", e.to.DescribeTrafficMirrorTargets, q)
}

func (e pacedEC2) DescribeTrafficMirrorFilters(ctx context.Context, q Query) (Page[TrafficMirrorFilter], error) {
	return ask(ctx, e.p, "DescribeTrafficMirrorFilters", e.to.DescribeTrafficMirrorFilters, q)
}

func (e pacedEC2) CreateTags(ctx context.Context, ids []string, tags map[string]string) error {
	return do(ctx, e.p, "CreateTags", func() error { return e.to.CreateTags(ctx, ids, tags) })
}

func (e pacedEC2) DeleteTags(ctx context.Context, ids []string, keys []string) error {
	return do(ctx, e.p, "DeleteTags", func() error { return e.to.DeleteTags(ctx, ids, keys) })
}

func (e pacedEC2) CreateTrafficMirrorSession(ctx context.Context, in CreateTrafficMirrorSession) (TrafficMirrorSession, error) {
	return create(ctx, e.p, "CreateTrafficMirrorSession", in.DryRun || in.ClientToken != "", e.to.CreateTrafficMirrorSession, in)
}

func (e pacedEC2) CreateTrafficMirrorTarget(ctx context.Context, in CreateTrafficMirrorTarget) (TrafficMirrorTarget, error) {
	return create(ctx, e.p, "CreateTrafficMirrorTarget", in.DryRun || in.ClientToken != "", e.to.CreateTrafficMirrorTarget, in)
}

func (e pacedEC2) CreateTrafficMirrorFilter(ctx context.Context, in CreateTrafficMirrorFilter) (TrafficMirrorFilter, error) {
	return create(ctx, e.p, "CreateTrafficMirrorFilter", in.DryRun || in.ClientToken != "", e.to.CreateTrafficMirrorFilter, in)
}

func (e pacedEC2) CreateTrafficMirrorFilterRule(ctx context.Context, in CreateTrafficMirrorFilterRule) (TrafficMirrorFilterRule, error) {
	return create(ctx, e.p, "CreateTrafficMirrorFilterRule", in.DryRun || in.ClientToken != "", e.to.CreateTrafficMirrorFilterRule, in)
}

func (e pacedEC2) ModifyTrafficMirrorSession(ctx context.Context, in ModifyTrafficMirrorSession) (TrafficMirrorSession, error) {
	return change(ctx, e.p, "ModifyTrafficMirrorSession", e.to.ModifyTrafficMirrorSession, in)
}

func (e pacedEC2) ModifyTrafficMirrorFilterNetworkServices(ctx context.Context, in ModifyNetworkServices) (TrafficMirrorFilter, error) {
	return change(ctx, e.p, "ModifyTrafficMirrorFilterNetworkServices", e.to.ModifyTrafficMirrorFilterNetworkServices, in)
}

func (e pacedEC2) ModifyTrafficMirrorFilterRule(ctx context.Context, in ModifyTrafficMirrorFilterRule) (TrafficMirrorFilterRule, error) {
	return change(ctx, e.p, "ModifyTrafficMirrorFilterRule", e.to.ModifyTrafficMirrorFilterRule, in)
}

func (e pacedEC2) DeleteTrafficMirrorSession(ctx context.Context, in Delete) error {
	return remove(ctx, e.p, "DeleteTrafficMirrorSession", e.to.DeleteTrafficMirrorSession, in)
}

func (e pacedEC2) DeleteTrafficMirrorTarget(ctx context.Context, in Delete) error {
	return remove(ctx, e.p, "DeleteTrafficMirrorTarget", e.to.DeleteTrafficMirrorTarget, in)
}

func (e pacedEC2) DeleteTrafficMirrorFilter(ctx context.Context, in Delete) error {
	return remove(ctx, e.p, "DeleteTrafficMirrorFilter", e.to.DeleteTrafficMirrorFilter, in)
}

func (e pacedEC2) DeleteTrafficMirrorFilterRule(ctx context.Context, in Delete) error {
	return remove(ctx, e.p, "DeleteTrafficMirrorFilterRule", e.to.DeleteTrafficMirrorFilterRule, in)
}

type pacedLoadBalancing struct {
	to LoadBalancing
	p  *pacer
}

var _ LoadBalancing = pacedLoadBalancing{}

func (l pacedLoadBalancing) DescribeLoadBalancers(ctx context.Context, arns []string) ([]LoadBalancer, error) {
	return ask(ctx, l.p, "DescribeLoadBalancers", l.to.DescribeLoadBalancers, arns)
}

func (l pacedLoadBalancing) DescribeLoadBalancerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	return ask(ctx, l.p, "DescribeLoadBalancerAttributes", l.to.DescribeLoadBalancerAttributes, arn)
}

func (l pacedLoadBalancing) ModifyLoadBalancerAttributes(ctx context.Context, arn string, set map[string]string) error {
	return do(ctx, l.p, "ModifyLoadBalancerAttributes", func() error { return l.to.ModifyLoadBalancerAttributes(ctx, arn, set) })
}

func (l pacedLoadBalancing) DescribeListeners(ctx context.Context, loadBalancer string) ([]Listener, error) {
	return ask(ctx, l.p, "DescribeListeners", l.to.DescribeListeners, loadBalancer)
}

// CreateListener has no token.
func (l pacedLoadBalancing) CreateListener(ctx context.Context, in Listener) (Listener, error) {
	return create(ctx, l.p, "CreateListener", false, l.to.CreateListener, in)
}

func (l pacedLoadBalancing) ModifyListener(ctx context.Context, in Listener) (Listener, error) {
	return change(ctx, l.p, "ModifyListener", l.to.ModifyListener, in)
}

func (l pacedLoadBalancing) DescribeTargetGroups(ctx context.Context, loadBalancer string, arns []string) ([]TargetGroup, error) {
	return ask(ctx, l.p, "DescribeTargetGroups", func(ctx context.Context, lb string) ([]TargetGroup, error) {
		return l.to.DescribeTargetGroups(ctx, lb, arns)
	}, loadBalancer)
}

func (l pacedLoadBalancing) DescribeTargetGroupAttributes(ctx context.Context, arn string) (map[string]string, error) {
	return ask(ctx, l.p, "DescribeTargetGroupAttributes", l.to.DescribeTargetGroupAttributes, arn)
}

func (l pacedLoadBalancing) ModifyTargetGroupAttributes(ctx context.Context, arn string, set map[string]string) error {
	return do(ctx, l.p, "ModifyTargetGroupAttributes", func() error { return l.to.ModifyTargetGroupAttributes(ctx, arn, set) })
}

func (l pacedLoadBalancing) DescribeTargetHealth(ctx context.Context, targetGroup string) (map[string]string, error) {
	return ask(ctx, l.p, "DescribeTargetHealth", l.to.DescribeTargetHealth, targetGroup)
}

type pacedAutoScaling struct {
	to AutoScaling
	p  *pacer
}

var _ AutoScaling = pacedAutoScaling{}

func (a pacedAutoScaling) DescribeAutoScalingGroups(ctx context.Context, q Query) (Page[AutoScalingGroup], error) {
	return ask(ctx, a.p, "DescribeAutoScalingGroups", a.to.DescribeAutoScalingGroups, q)
}

type pacedSharing struct {
	to Sharing
	p  *pacer
}

var _ Sharing = pacedSharing{}

func (s pacedSharing) GetResourceShares(ctx context.Context, owner, name string) ([]ResourceShare, error) {
	return ask(ctx, s.p, "GetResourceShares", func(ctx context.Context, owner string) ([]ResourceShare, error) {
		return s.to.GetResourceShares(ctx, owner, name)
	}, owner)
}

func (s pacedSharing) CreateResourceShare(ctx context.Context, in CreateResourceShare) (ResourceShare, error) {
	return create(ctx, s.p, "CreateResourceShare", in.ClientToken != "", s.to.CreateResourceShare, in)
}

func (s pacedSharing) AssociateResourceShare(ctx context.Context, share string, resources, principals []string) error {
	return do(ctx, s.p, "AssociateResourceShare", func() error { return s.to.AssociateResourceShare(ctx, share, resources, principals) })
}

func (s pacedSharing) DisassociateResourceShare(ctx context.Context, share string, resources, principals []string) error {
	return do(ctx, s.p, "DisassociateResourceShare", func() error { return s.to.DisassociateResourceShare(ctx, share, resources, principals) })
}

func (s pacedSharing) DeleteResourceShare(ctx context.Context, share string) error {
	return do(ctx, s.p, "DeleteResourceShare", func() error { return s.to.DeleteResourceShare(ctx, share) })
}

func (s pacedSharing) GetResourceShareInvitations(ctx context.Context) ([]Invitation, error) {
	return ask(ctx, s.p, "GetResourceShareInvitations", func(ctx context.Context, _ struct{}) ([]Invitation, error) {
		return s.to.GetResourceShareInvitations(ctx)
	}, struct{}{})
}

func (s pacedSharing) AcceptResourceShareInvitation(ctx context.Context, invitation string) error {
	return do(ctx, s.p, "AcceptResourceShareInvitation", func() error { return s.to.AcceptResourceShareInvitation(ctx, invitation) })
}
