package wire

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Bounds of numbers that the contract's nouns cannot tell from "not given", so they are held here.
const (
	maxVNI    = 1<<24 - 1
	maxLength = 65535
)

func mirrorActions() map[string]action {
	return map[string]action{
		"DescribeTrafficMirrorSessions": describe("TrafficMirrorSessionId", "trafficMirrorSessionSet", ec2api.EC2.DescribeTrafficMirrorSessions, showSession),
		"CreateTrafficMirrorSession":    asks(readSession, createSession),
		"ModifyTrafficMirrorSession":    asks(readSessionChange, modifySession),
		"DeleteTrafficMirrorSession":    remove("TrafficMirrorSessionId", "trafficMirrorSessionId", ec2api.EC2.DeleteTrafficMirrorSession),

		"DescribeTrafficMirrorTargets": describe("TrafficMirrorTargetId", "trafficMirrorTargetSet", ec2api.EC2.DescribeTrafficMirrorTargets, showTarget),
		"CreateTrafficMirrorTarget":    asks(readTarget, createTarget),
		"DeleteTrafficMirrorTarget":    remove("TrafficMirrorTargetId", "trafficMirrorTargetId", ec2api.EC2.DeleteTrafficMirrorTarget),

		"DescribeTrafficMirrorFilters": describe("TrafficMirrorFilterId", "trafficMirrorFilterSet", ec2api.EC2.DescribeTrafficMirrorFilters, showFilter),
		"CreateTrafficMirrorFilter":    asks(readFilter, createFilter),
		"DeleteTrafficMirrorFilter":    remove("TrafficMirrorFilterId", "trafficMirrorFilterId", ec2api.EC2.DeleteTrafficMirrorFilter),

		"ModifyTrafficMirrorFilterNetworkServices": asks(readServices, modifyServices),
	}
}

// remove makes the action of a delete, which answers with the id.
func remove(param, name string, do func(ec2api.EC2, context.Context, ec2api.Delete) error) action {
	return asks(
		func(p *params) ec2api.Delete { return ec2api.Delete{ID: p.need(param), DryRun: p.flag("DryRun")} },
		func(c *call, in ec2api.Delete) ([]element, error) {
			if err := do(c.account.EC2, c.ctx, in); err != nil {
				return nil, err
			}
			return []element{text(name, in.ID)}, nil
		})
}

func readSession(p *params) ec2api.CreateTrafficMirrorSession {
	in := ec2api.CreateTrafficMirrorSession{
		NetworkInterface: p.need("NetworkInterfaceId"), Target: p.need("TrafficMirrorTargetId"), Filter: p.need("TrafficMirrorFilterId"),
		VirtualNetworkID: uint32(p.positive("VirtualNetworkId", maxVNI)), PacketLength: int32(p.positive("PacketLength", maxLength)),
		Description: p.text("Description"), Tags: readTags(p, "traffic-mirror-session"),
		ClientToken: p.text("ClientToken"), DryRun: p.flag("DryRun"),
	}
	if n := p.number("SessionNumber"); n != nil {
		in.SessionNumber = int32(*n)
	} else {
		p.fail(missing("SessionNumber"))
	}
	return in
}

func createSession(c *call, in ec2api.CreateTrafficMirrorSession) ([]element, error) {
	made, err := c.account.EC2.CreateTrafficMirrorSession(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorSession", showSession(made)...), maybe("clientToken", in.ClientToken)}, nil
}

func readSessionChange(p *params) ec2api.ModifyTrafficMirrorSession {
	in := ec2api.ModifyTrafficMirrorSession{
		ID: p.need("TrafficMirrorSessionId"), Target: p.maybe("TrafficMirrorTargetId"), Filter: p.maybe("TrafficMirrorFilterId"),
		Description: p.maybe("Description"), DryRun: p.flag("DryRun"),
	}
	if n := p.number("SessionNumber"); n != nil {
		in.SessionNumber = new(int32(*n))
	}
	if n := p.positive("PacketLength", maxLength); n != 0 {
		in.PacketLength = new(int32(n))
	}
	if n := p.positive("VirtualNetworkId", maxVNI); n != 0 {
		in.VirtualNetworkID = new(uint32(n))
	}
	removed := removals(p, map[string]string{"packet-length": "PacketLength", "description": "Description", "virtual-network-id": "VirtualNetworkId"})
	if removed["packet-length"] {
		in.PacketLength = new(int32)
	}
	if removed["description"] {
		in.Description = new("")
	}
	if removed["virtual-network-id"] { // what AWS puts in its place is documented nowhere
		p.fail(fault("UnsupportedOperation", "Removing virtual-network-id is not imitated here; set another number instead"))
	}
	return in
}

// removals reads which fields are to go. A field cannot go and be set in one call.
func removals(p *params, fields map[string]string) map[string]bool {
	out := map[string]bool{}
	for _, name := range p.texts("RemoveField") {
		param, known := fields[name]
		if !known {
			p.fail(invalid(name, "RemoveField", "there is no such field to remove"))
			continue
		}
		if p.has(param) {
			p.fail(fault(ec2api.CodeInvalidParameterConflict, "The parameter %s may not be used together with its removal", param))
		}
		out[name] = true
	}
	return out
}

func modifySession(c *call, in ec2api.ModifyTrafficMirrorSession) ([]element, error) {
	now, err := c.account.EC2.ModifyTrafficMirrorSession(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorSession", showSession(now)...)}, nil
}

func readTarget(p *params) ec2api.CreateTrafficMirrorTarget {
	return ec2api.CreateTrafficMirrorTarget{
		NetworkInterface: p.text("NetworkInterfaceId"), NetworkLoadBalancer: p.text("NetworkLoadBalancerArn"),
		GatewayLoadBalancerEndpoint: p.text("GatewayLoadBalancerEndpointId"), Description: p.text("Description"),
		Tags: readTags(p, "traffic-mirror-target"), ClientToken: p.text("ClientToken"), DryRun: p.flag("DryRun"),
	}
}

func createTarget(c *call, in ec2api.CreateTrafficMirrorTarget) ([]element, error) {
	made, err := c.account.EC2.CreateTrafficMirrorTarget(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorTarget", showTarget(made)...), maybe("clientToken", in.ClientToken)}, nil
}

func readFilter(p *params) ec2api.CreateTrafficMirrorFilter {
	return ec2api.CreateTrafficMirrorFilter{
		Description: p.text("Description"), Tags: readTags(p, "traffic-mirror-filter"), ClientToken: p.text("ClientToken"), DryRun: p.flag("DryRun"),
	}
}

func createFilter(c *call, in ec2api.CreateTrafficMirrorFilter) ([]element, error) {
	made, err := c.account.EC2.CreateTrafficMirrorFilter(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorFilter", showFilter(made)...), maybe("clientToken", in.ClientToken)}, nil
}

func readServices(p *params) ec2api.ModifyNetworkServices {
	return ec2api.ModifyNetworkServices{
		Filter: p.need("TrafficMirrorFilterId"), Add: p.texts("AddNetworkService"), Remove: p.texts("RemoveNetworkService"), DryRun: p.flag("DryRun"),
	}
}

func modifyServices(c *call, in ec2api.ModifyNetworkServices) ([]element, error) {
	now, err := c.account.EC2.ModifyTrafficMirrorFilterNetworkServices(c.ctx, in)
	if err != nil {
		return nil, err
	}
	return []element{group("trafficMirrorFilter", showFilter(now)...)}, nil
}
