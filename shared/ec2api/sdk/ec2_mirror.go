package sdk

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func (c compute) DescribeTrafficMirrorSessions(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorSession], error) {
	out, err := ask(ctx, c.within, c.client.DescribeTrafficMirrorSessions, &ec2.DescribeTrafficMirrorSessionsInput{
		TrafficMirrorSessionIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.TrafficMirrorSession]{}, err
	}
	return page(out.TrafficMirrorSessions, session, out.NextToken), nil
}

func (c compute) CreateTrafficMirrorSession(ctx context.Context, in ec2api.CreateTrafficMirrorSession) (ec2api.TrafficMirrorSession, error) {
	out, err := ask(ctx, c.within, c.client.CreateTrafficMirrorSession, &ec2.CreateTrafficMirrorSessionInput{
		NetworkInterfaceId: aws.String(in.NetworkInterface), TrafficMirrorTargetId: aws.String(in.Target), TrafficMirrorFilterId: aws.String(in.Filter),
		SessionNumber: aws.Int32(in.SessionNumber), VirtualNetworkId: optional(vni(in.VirtualNetworkID)), PacketLength: optional(in.PacketLength),
		Description: optional(in.Description), TagSpecifications: tagged(types.ResourceTypeTrafficMirrorSession, in.Tags),
		ClientToken: optional(in.ClientToken), DryRun: optional(in.DryRun),
	})
	if err != nil {
		return ec2api.TrafficMirrorSession{}, err
	}
	s := session(value(out.TrafficMirrorSession))
	return made("CreateTrafficMirrorSession", s.ID, s)
}

func (c compute) ModifyTrafficMirrorSession(ctx context.Context, in ec2api.ModifyTrafficMirrorSession) (ec2api.TrafficMirrorSession, error) {
	out, err := ask(ctx, c.within, c.client.ModifyTrafficMirrorSession, sessionChange(in))
	if err != nil {
		return ec2api.TrafficMirrorSession{}, err
	}
	return session(value(out.TrafficMirrorSession)), nil
}

// sessionChange sends what is not nil. AWS has no value for "whole packets" or "no description": those fields are removed.
func sessionChange(in ec2api.ModifyTrafficMirrorSession) *ec2.ModifyTrafficMirrorSessionInput {
	out := &ec2.ModifyTrafficMirrorSessionInput{
		TrafficMirrorSessionId: aws.String(in.ID), TrafficMirrorTargetId: in.Target, TrafficMirrorFilterId: in.Filter,
		SessionNumber: in.SessionNumber, PacketLength: in.PacketLength, Description: in.Description, DryRun: optional(in.DryRun),
	}
	if in.VirtualNetworkID != nil {
		out.VirtualNetworkId = aws.Int32(vni(*in.VirtualNetworkID))
	}
	if in.PacketLength != nil && *in.PacketLength == 0 {
		out.PacketLength = nil
		out.RemoveFields = append(out.RemoveFields, types.TrafficMirrorSessionFieldPacketLength)
	}
	if in.Description != nil && *in.Description == "" {
		out.Description = nil
		out.RemoveFields = append(out.RemoveFields, types.TrafficMirrorSessionFieldDescription)
	}
	return out
}

func (c compute) DeleteTrafficMirrorSession(ctx context.Context, in ec2api.Delete) error {
	_, err := ask(ctx, c.within, c.client.DeleteTrafficMirrorSession, &ec2.DeleteTrafficMirrorSessionInput{
		TrafficMirrorSessionId: aws.String(in.ID), DryRun: optional(in.DryRun),
	})
	return err
}

func (c compute) DescribeTrafficMirrorTargets(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorTarget], error) {
	out, err := ask(ctx, c.within, c.client.DescribeTrafficMirrorTargets, &ec2.DescribeTrafficMirrorTargetsInput{
		TrafficMirrorTargetIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.TrafficMirrorTarget]{}, err
	}
	return page(out.TrafficMirrorTargets, target, out.NextToken), nil
}

func (c compute) CreateTrafficMirrorTarget(ctx context.Context, in ec2api.CreateTrafficMirrorTarget) (ec2api.TrafficMirrorTarget, error) {
	out, err := ask(ctx, c.within, c.client.CreateTrafficMirrorTarget, &ec2.CreateTrafficMirrorTargetInput{
		NetworkInterfaceId: optional(in.NetworkInterface), NetworkLoadBalancerArn: optional(in.NetworkLoadBalancer),
		GatewayLoadBalancerEndpointId: optional(in.GatewayLoadBalancerEndpoint), Description: optional(in.Description),
		TagSpecifications: tagged(types.ResourceTypeTrafficMirrorTarget, in.Tags), ClientToken: optional(in.ClientToken), DryRun: optional(in.DryRun),
	})
	if err != nil {
		return ec2api.TrafficMirrorTarget{}, err
	}
	t := target(value(out.TrafficMirrorTarget))
	return made("CreateTrafficMirrorTarget", t.ID, t)
}

func (c compute) DeleteTrafficMirrorTarget(ctx context.Context, in ec2api.Delete) error {
	_, err := ask(ctx, c.within, c.client.DeleteTrafficMirrorTarget, &ec2.DeleteTrafficMirrorTargetInput{
		TrafficMirrorTargetId: aws.String(in.ID), DryRun: optional(in.DryRun),
	})
	return err
}

func (c compute) DescribeTrafficMirrorFilters(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorFilter], error) {
	out, err := ask(ctx, c.within, c.client.DescribeTrafficMirrorFilters, &ec2.DescribeTrafficMirrorFiltersInput{
		TrafficMirrorFilterIds: q.IDs, Filters: filters(q.Filters), MaxResults: optional(q.MaxResults), NextToken: optional(q.NextToken),
	})
	if err != nil {
		return ec2api.Page[ec2api.TrafficMirrorFilter]{}, err
	}
	return page(out.TrafficMirrorFilters, filter, out.NextToken), nil
}

func (c compute) CreateTrafficMirrorFilter(ctx context.Context, in ec2api.CreateTrafficMirrorFilter) (ec2api.TrafficMirrorFilter, error) {
	out, err := ask(ctx, c.within, c.client.CreateTrafficMirrorFilter, &ec2.CreateTrafficMirrorFilterInput{
		Description: optional(in.Description), TagSpecifications: tagged(types.ResourceTypeTrafficMirrorFilter, in.Tags),
		ClientToken: optional(in.ClientToken), DryRun: optional(in.DryRun),
	})
	if err != nil {
		return ec2api.TrafficMirrorFilter{}, err
	}
	f := filter(value(out.TrafficMirrorFilter))
	return made("CreateTrafficMirrorFilter", f.ID, f)
}

func (c compute) DeleteTrafficMirrorFilter(ctx context.Context, in ec2api.Delete) error {
	_, err := ask(ctx, c.within, c.client.DeleteTrafficMirrorFilter, &ec2.DeleteTrafficMirrorFilterInput{
		TrafficMirrorFilterId: aws.String(in.ID), DryRun: optional(in.DryRun),
	})
	return err
}

func (c compute) ModifyTrafficMirrorFilterNetworkServices(ctx context.Context, in ec2api.ModifyNetworkServices) (ec2api.TrafficMirrorFilter, error) {
	out, err := ask(ctx, c.within, c.client.ModifyTrafficMirrorFilterNetworkServices, &ec2.ModifyTrafficMirrorFilterNetworkServicesInput{
		TrafficMirrorFilterId: aws.String(in.Filter), AddNetworkServices: services(in.Add), RemoveNetworkServices: services(in.Remove),
		DryRun: optional(in.DryRun),
	})
	if err != nil {
		return ec2api.TrafficMirrorFilter{}, err
	}
	return filter(value(out.TrafficMirrorFilter)), nil
}

func (c compute) CreateTrafficMirrorFilterRule(ctx context.Context, in ec2api.CreateTrafficMirrorFilterRule) (ec2api.TrafficMirrorFilterRule, error) {
	out, err := ask(ctx, c.within, c.client.CreateTrafficMirrorFilterRule, &ec2.CreateTrafficMirrorFilterRuleInput{
		TrafficMirrorFilterId: aws.String(in.Filter), TrafficDirection: types.TrafficDirection(in.Direction),
		RuleNumber: aws.Int32(in.Number), RuleAction: types.TrafficMirrorRuleAction(in.Action), Protocol: optional(in.Protocol),
		SourcePortRange: portsTo(in.SourcePorts), DestinationPortRange: portsTo(in.DestinationPorts),
		SourceCidrBlock: aws.String(in.SourceCIDR), DestinationCidrBlock: aws.String(in.DestinationCIDR),
		Description: optional(in.Description), ClientToken: optional(in.ClientToken), DryRun: optional(in.DryRun),
	})
	if err != nil {
		return ec2api.TrafficMirrorFilterRule{}, err
	}
	r := rule(value(out.TrafficMirrorFilterRule))
	return made("CreateTrafficMirrorFilterRule", r.ID, r)
}

func (c compute) ModifyTrafficMirrorFilterRule(ctx context.Context, in ec2api.ModifyTrafficMirrorFilterRule) (ec2api.TrafficMirrorFilterRule, error) {
	out, err := ask(ctx, c.within, c.client.ModifyTrafficMirrorFilterRule, ruleChange(in))
	if err != nil {
		return ec2api.TrafficMirrorFilterRule{}, err
	}
	return rule(value(out.TrafficMirrorFilterRule)), nil
}

// ruleChange sends what differs. What To leaves open and Was did not must be removed: there is no value for "every".
func ruleChange(in ec2api.ModifyTrafficMirrorFilterRule) *ec2.ModifyTrafficMirrorFilterRuleInput {
	was, to := in.Was, in.To
	out := &ec2.ModifyTrafficMirrorFilterRuleInput{
		TrafficMirrorFilterRuleId: aws.String(in.ID), RuleNumber: changed(was.Number, to.Number), Protocol: changed(was.Protocol, to.Protocol),
		SourceCidrBlock: changed(was.SourceCIDR, to.SourceCIDR), DestinationCidrBlock: changed(was.DestinationCIDR, to.DestinationCIDR),
		Description: changed(was.Description, to.Description), DryRun: optional(in.DryRun),
		TrafficDirection: types.TrafficDirection(aws.ToString(changed(was.Direction, to.Direction))),
		RuleAction:       types.TrafficMirrorRuleAction(aws.ToString(changed(was.Action, to.Action))),
	}
	if was.SourcePorts != to.SourcePorts {
		out.SourcePortRange = portsTo(to.SourcePorts)
	}
	if was.DestinationPorts != to.DestinationPorts {
		out.DestinationPortRange = portsTo(to.DestinationPorts)
	}
	remove := func(gone bool, field types.TrafficMirrorFilterRuleField) {
		if gone {
			out.RemoveFields = append(out.RemoveFields, field)
		}
	}
	open := ec2api.PortRange{}
	remove(was.DestinationPorts != open && to.DestinationPorts == open, types.TrafficMirrorFilterRuleFieldDestinationPortRange)
	remove(was.SourcePorts != open && to.SourcePorts == open, types.TrafficMirrorFilterRuleFieldSourcePortRange)
	remove(was.Protocol != 0 && to.Protocol == 0, types.TrafficMirrorFilterRuleFieldProtocol)
	remove(was.Description != "" && to.Description == "", types.TrafficMirrorFilterRuleFieldDescription)
	return out
}

// changed is what to set a field to; nil where it stays, or is removed.
func changed[T comparable](was, to T) *T {
	if was == to {
		return nil
	}
	return optional(to)
}

func (c compute) DeleteTrafficMirrorFilterRule(ctx context.Context, in ec2api.Delete) error {
	_, err := ask(ctx, c.within, c.client.DeleteTrafficMirrorFilterRule, &ec2.DeleteTrafficMirrorFilterRuleInput{
		TrafficMirrorFilterRuleId: aws.String(in.ID), DryRun: optional(in.DryRun),
	})
	return err
}
