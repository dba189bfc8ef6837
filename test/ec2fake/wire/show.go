package wire

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// reservationOf and attachmentOf make the ids that the contract's nouns do not have. They follow from the thing itself, so that they
// are the same in every answer.
func reservationOf(instance string) string { return "r-" + strings.TrimPrefix(instance, "i-") }

func attachmentOf(networkInterface string) string {
	return "eni-attach-" + strings.TrimPrefix(networkInterface, "eni-")
}

// interfaceOf gives the interface of an attachment's id.
func interfaceOf(attachment string) (id string, ok bool) {
	digits, ok := strings.CutPrefix(attachment, "eni-attach-")
	return "eni-" + digits, ok
}

// stateCode is the number that goes with the name of an instance's state.
func stateCode(name string) int {
	return map[string]int{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}[name]
}

func showInstance(i ec2api.Instance) []element {
	return []element{
		text("instanceId", i.ID),
		group("instanceState", number("code", stateCode(i.State)), text("name", i.State)),
		text("instanceType", i.Type), moment("launchTime", i.LaunchTime),
		maybe("subnetId", i.Subnet), maybe("vpcId", i.VPC),
		maybeAddress("privateIpAddress", i.Private), maybeAddress("ipAddress", i.Public), showProfile(i.Profile),
		set("networkInterfaceSet", i.Interfaces, func(id string) []element { return []element{text("networkInterfaceId", id)} }),
		showTags(i.Tags),
	}
}

// showProfile is left out where there is none. Its id follows from its name here.
func showProfile(arn string) element {
	if arn == "" {
		return element{}
	}
	return group("iamInstanceProfile", text("arn", arn), text("id", "AIPA"+strings.ToUpper(arn[strings.LastIndexByte(arn, '/')+1:])))
}

func maybeAddress(name string, a netip.Addr) element {
	if !a.IsValid() {
		return element{}
	}
	return text(name, a.String())
}

func showInstanceType(t ec2api.InstanceType) []element {
	return []element{text("instanceType", t.Name), flag("bareMetal", t.BareMetal), maybe("hypervisor", t.Hypervisor)}
}

func showInterface(n ec2api.NetworkInterface) []element {
	out := []element{
		text("networkInterfaceId", n.ID), maybe("subnetId", n.Subnet), maybe("vpcId", n.VPC), maybe("availabilityZone", n.AvailabilityZone),
		text("description", n.Description), text("ownerId", n.Owner), maybe("requesterId", n.Requester), flag("requesterManaged", n.RequesterManaged),
		text("status", n.Status), maybe("macAddress", n.MAC), text("interfaceType", n.Type),
		set("groupSet", n.Groups, func(id string) []element { return []element{text("groupId", id)} }),
		showTags(n.Tags),
	}
	out = append(out, maybeAddress("privateIpAddress", n.PrimaryAddress), showAssociation(n, 0))
	if n.Attachment != nil {
		out = append(out, group("attachment", showAttachment(n.ID, *n.Attachment)...))
	}
	return append(out, showAddresses(n)...)
}

func showAttachment(networkInterface string, a ec2api.Attachment) []element {
	return []element{
		text("attachmentId", attachmentOf(networkInterface)), maybe("instanceId", a.Instance), maybe("instanceOwnerId", a.InstanceOwner),
		number("deviceIndex", a.DeviceIndex), text("status", a.Status), moment("attachTime", a.AttachTime),
	}
}

// showAssociation is the public address of the private IPv4 address at a place, where there is one: the nouns do not say which is whose,
// so the first is the primary's.
func showAssociation(n ec2api.NetworkInterface, at int) element {
	if at >= len(n.PublicAddresses) {
		return element{}
	}
	return group("association", text("publicIp", n.PublicAddresses[at].String()), text("ipOwnerId", n.Owner))
}

// showAddresses tells IPv4 from IPv6, which EC2 has in lists of their own.
func showAddresses(n ec2api.NetworkInterface) []element {
	var four, six []netip.Addr
	for _, a := range n.Addresses {
		if a.Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	return []element{
		set("privateIpAddressesSet", four, func(a netip.Addr) []element {
			return []element{text("privateIpAddress", a.String()), flag("primary", a == n.PrimaryAddress), showAssociation(n, slices.Index(four, a))}
		}),
		set("ipv6AddressesSet", six, func(a netip.Addr) []element { return []element{text("ipv6Address", a.String())} }),
	}
}

func showSubnet(s ec2api.Subnet) []element {
	return []element{
		text("subnetId", s.ID), text("vpcId", s.VPC), text("ownerId", s.Owner), text("state", "available"),
		maybe("availabilityZone", s.AvailabilityZone), maybe("cidrBlock", s.CIDR), flag("ipv6Native", s.IPv6Native), showTags(s.Tags),
	}
}

func showVpc(v ec2api.Vpc) []element {
	var four, six []string
	for _, cidr := range v.CIDRs {
		if strings.Contains(cidr, ":") {
			six = append(six, cidr)
		} else {
			four = append(four, cidr)
		}
	}
	out := []element{text("vpcId", v.ID), text("ownerId", v.Owner), text("state", "available"), showTags(v.Tags)}
	if len(four) > 0 {
		out = append(out, text("cidrBlock", four[0]))
	}
	return append(out,
		set("cidrBlockAssociationSet", four, func(cidr string) []element { return showBlock("cidrBlock", cidr) }),
		set("ipv6CidrBlockAssociationSet", six, func(cidr string) []element { return showBlock("ipv6CidrBlock", cidr) }))
}

func showBlock(name, cidr string) []element {
	return []element{text(name, cidr), group(name+"State", text("state", "associated"))}
}

func showSession(s ec2api.TrafficMirrorSession) []element {
	return []element{
		text("trafficMirrorSessionId", s.ID), text("trafficMirrorTargetId", s.Target), text("trafficMirrorFilterId", s.Filter),
		text("networkInterfaceId", s.NetworkInterface), text("ownerId", s.Owner), maybeNumber("packetLength", s.PacketLength),
		number("sessionNumber", s.SessionNumber), number("virtualNetworkId", s.VirtualNetworkID), maybe("description", s.Description), showTags(s.Tags),
	}
}

func showTarget(t ec2api.TrafficMirrorTarget) []element {
	return []element{
		text("trafficMirrorTargetId", t.ID), text("type", t.Type), text("ownerId", t.Owner),
		maybe("networkInterfaceId", t.NetworkInterface), maybe("networkLoadBalancerArn", t.NetworkLoadBalancer),
		maybe("gatewayLoadBalancerEndpointId", t.GatewayLoadBalancerEndpoint), maybe("description", t.Description), showTags(t.Tags),
	}
}

func showFilter(f ec2api.TrafficMirrorFilter) []element {
	return []element{
		text("trafficMirrorFilterId", f.ID), set("ingressFilterRuleSet", f.Ingress, showRule), set("egressFilterRuleSet", f.Egress, showRule),
		texts("networkServiceSet", "item", f.NetworkServices), maybe("description", f.Description), showTags(f.Tags),
	}
}

func showRule(r ec2api.TrafficMirrorFilterRule) []element {
	return []element{
		text("trafficMirrorFilterRuleId", r.ID), text("trafficMirrorFilterId", r.Filter), text("trafficDirection", r.Direction),
		number("ruleNumber", r.Number), text("ruleAction", r.Action), maybeNumber("protocol", r.Protocol),
		showPorts("sourcePortRange", r.SourcePorts), showPorts("destinationPortRange", r.DestinationPorts),
		text("sourceCidrBlock", r.SourceCIDR), text("destinationCidrBlock", r.DestinationCIDR), maybe("description", r.Description), showTags(r.Tags),
	}
}

func showPorts(name string, r ec2api.PortRange) element {
	if r == (ec2api.PortRange{}) {
		return element{}
	}
	return group(name, number("fromPort", r.From), number("toPort", r.To))
}
