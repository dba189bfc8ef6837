package ec2api

import "context"

// The calls of script: each says its name and arguments, and answers as told.

func (s *script) DescribeInstances(_ context.Context, q Query) (out Page[Instance], err error) {
	return out, s.do("DescribeInstances", q)
}

func (s *script) DescribeInstanceTypes(_ context.Context, q Query) (out Page[InstanceType], err error) {
	return out, s.do("DescribeInstanceTypes", q)
}

func (s *script) DescribeNetworkInterfaces(_ context.Context, q Query) (out Page[NetworkInterface], err error) {
	return out, s.do("DescribeNetworkInterfaces", q)
}

func (s *script) DescribeSubnets(_ context.Context, q Query) (out Page[Subnet], err error) {
	return out, s.do("DescribeSubnets", q)
}

func (s *script) DescribeVpcs(_ context.Context, q Query) (out Page[Vpc], err error) {
	return out, s.do("DescribeVpcs", q)
}

func (s *script) CreateTags(_ context.Context, ids []string, tags map[string]string) error {
	return s.do("CreateTags", ids, tags)
}

func (s *script) DeleteTags(_ context.Context, ids []string, keys []string) error {
	return s.do("DeleteTags", ids, keys)
}

func (s *script) DescribeTrafficMirrorSessions(_ context.Context, q Query) (out Page[TrafficMirrorSession], err error) {
	return out, s.do("DescribeTrafficMirrorSessions", q)
}

func (s *script) CreateTrafficMirrorSession(_ context.Context, in CreateTrafficMirrorSession) (out TrafficMirrorSession, err error) {
	return out, s.do("CreateTrafficMirrorSession", in)
}

func (s *script) ModifyTrafficMirrorSession(_ context.Context, in ModifyTrafficMirrorSession) (out TrafficMirrorSession, err error) {
	return out, s.do("ModifyTrafficMirrorSession", in)
}

func (s *script) DeleteTrafficMirrorSession(_ context.Context, in Delete) error {
	return s.do("DeleteTrafficMirrorSession", in)
}

func (s *script) DescribeTrafficMirrorTargets(_ context.Context, q Query) (out Page[TrafficMirrorTarget], err error) {
	return out, s.do("DescribeTrafficMirrorTargets", q)
}

func (s *script) CreateTrafficMirrorTarget(_ context.Context, in CreateTrafficMirrorTarget) (out TrafficMirrorTarget, err error) {
	return out, s.do("CreateTrafficMirrorTarget", in)
}

func (s *script) DeleteTrafficMirrorTarget(_ context.Context, in Delete) error {
	return s.do("DeleteTrafficMirrorTarget", in)
}

func (s *script) DescribeTrafficMirrorFilters(_ context.Context, q Query) (out Page[TrafficMirrorFilter], err error) {
	return out, s.do("DescribeTrafficMirrorFilters", q)
}

func (s *script) CreateTrafficMirrorFilter(_ context.Context, in CreateTrafficMirrorFilter) (out TrafficMirrorFilter, err error) {
	return out, s.do("CreateTrafficMirrorFilter", in)
}

func (s *script) DeleteTrafficMirrorFilter(_ context.Context, in Delete) error {
	return s.do("DeleteTrafficMirrorFilter", in)
}

func (s *script) ModifyTrafficMirrorFilterNetworkServices(_ context.Context, in ModifyNetworkServices) (out TrafficMirrorFilter, err error) {
	return out, s.do("ModifyTrafficMirrorFilterNetworkServices", in)
}

func (s *script) CreateTrafficMirrorFilterRule(_ context.Context, in CreateTrafficMirrorFilterRule) (out TrafficMirrorFilterRule, err error) {
	return out, s.do("CreateTrafficMirrorFilterRule", in)
}

func (s *script) ModifyTrafficMirrorFilterRule(_ context.Context, in ModifyTrafficMirrorFilterRule) (out TrafficMirrorFilterRule, err error) {
	return out, s.do("ModifyTrafficMirrorFilterRule", in)
}

func (s *script) DeleteTrafficMirrorFilterRule(_ context.Context, in Delete) error {
	return s.do("DeleteTrafficMirrorFilterRule", in)
}

func (s *script) DescribeLoadBalancers(_ context.Context, arns []string) (out []LoadBalancer, err error) {
	return out, s.do("DescribeLoadBalancers", arns)
}

func (s *script) DescribeLoadBalancerAttributes(_ context.Context, arn string) (out map[string]string, err error) {
	return out, s.do("DescribeLoadBalancerAttributes", arn)
}

func (s *script) ModifyLoadBalancerAttributes(_ context.Context, arn string, set map[string]string) error {
	return s.do("ModifyLoadBalancerAttributes", arn, set)
}

func (s *script) DescribeListeners(_ context.Context, loadBalancer string) (out []Listener, err error) {
	return out, s.do("DescribeListeners", loadBalancer)
}

func (s *script) ModifyListener(_ context.Context, in Listener) (out Listener, err error) {
	return out, s.do("ModifyListener", in)
}

func (s *script) CreateListener(_ context.Context, in Listener) (out Listener, err error) {
	return out, s.do("CreateListener", in)
}

func (s *script) DescribeTargetGroups(_ context.Context, loadBalancer string, arns []string) (out []TargetGroup, err error) {
	return out, s.do("DescribeTargetGroups", loadBalancer, arns)
}

func (s *script) DescribeTargetGroupAttributes(_ context.Context, arn string) (out map[string]string, err error) {
	return out, s.do("DescribeTargetGroupAttributes", arn)
}

func (s *script) ModifyTargetGroupAttributes(_ context.Context, arn string, set map[string]string) error {
	return s.do("ModifyTargetGroupAttributes", arn, set)
}

func (s *script) DescribeTargetHealth(_ context.Context, targetGroup string) (out map[string]string, err error) {
	return out, s.do("DescribeTargetHealth", targetGroup)
}

func (s *script) DescribeAutoScalingGroups(_ context.Context, q Query) (out Page[AutoScalingGroup], err error) {
	return out, s.do("DescribeAutoScalingGroups", q)
}

func (s *script) GetResourceShares(_ context.Context, owner, name string) (out []ResourceShare, err error) {
	return out, s.do("GetResourceShares", owner, name)
}

func (s *script) CreateResourceShare(_ context.Context, in CreateResourceShare) (out ResourceShare, err error) {
	return out, s.do("CreateResourceShare", in)
}

func (s *script) AssociateResourceShare(_ context.Context, share string, resources, principals []string) error {
	return s.do("AssociateResourceShare", share, resources, principals)
}

func (s *script) DisassociateResourceShare(_ context.Context, share string, resources, principals []string) error {
	return s.do("DisassociateResourceShare", share, resources, principals)
}

func (s *script) DeleteResourceShare(_ context.Context, share string) error {
	return s.do("DeleteResourceShare", share)
}

func (s *script) GetResourceShareInvitations(_ context.Context) (out []Invitation, err error) {
	return out, s.do("GetResourceShareInvitations")
}

func (s *script) AcceptResourceShareInvitation(_ context.Context, invitation string) error {
	return s.do("AcceptResourceShareInvitation", invitation)
}
