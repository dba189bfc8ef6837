package sdk

import (
	"cmp"
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Every function here is total: whatever AWS leaves out is the zero value.

// each converts a list; an empty one stays nil.
func each[A, B any](list []A, convert func(A) B) []B {
	var out []B
	for _, a := range list {
		out = append(out, convert(a))
	}
	return out
}

// optional is nil for the zero value: the field is not sent.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// value is the zero value for nil.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// filters are in the order of their names, so that the same question is the same request.
func filters(of map[string][]string) []types.Filter {
	var out []types.Filter
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, types.Filter{Name: aws.String(name), Values: of[name]})
	}
	return out
}

func tagsTo(set map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(set)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(set[k])})
	}
	return out
}

func tagged(as types.ResourceType, set map[string]string) []types.TagSpecification {
	if len(set) == 0 {
		return nil
	}
	return []types.TagSpecification{{ResourceType: as, Tags: tagsTo(set)}}
}

func tagsFrom(list []types.Tag) map[string]string {
	if len(list) == 0 {
		return nil
	}
	out := make(map[string]string, len(list))
	for _, t := range list {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func instances(list []types.Reservation) []ec2api.Instance {
	var out []ec2api.Instance
	for _, r := range list {
		out = append(out, each(r.Instances, instance)...)
	}
	return out
}

func instance(i types.Instance) ec2api.Instance {
	out := ec2api.Instance{
		ID: aws.ToString(i.InstanceId), Type: string(i.InstanceType),
		VPC: aws.ToString(i.VpcId), Subnet: aws.ToString(i.SubnetId), LaunchTime: aws.ToTime(i.LaunchTime),
		Private: address(i.PrivateIpAddress), Public: address(i.PublicIpAddress),
		Interfaces: each(i.NetworkInterfaces, func(n types.InstanceNetworkInterface) string { return aws.ToString(n.NetworkInterfaceId) }),
		Tags:       tagsFrom(i.Tags),
	}
	if i.State != nil {
		out.State = string(i.State.Name)
	}
	if i.IamInstanceProfile != nil {
		out.Profile = aws.ToString(i.IamInstanceProfile.Arn)
	}
	return out
}

func instanceType(t types.InstanceTypeInfo) ec2api.InstanceType {
	return ec2api.InstanceType{Name: string(t.InstanceType), Hypervisor: string(t.Hypervisor), BareMetal: aws.ToBool(t.BareMetal)}
}

func networkInterface(n types.NetworkInterface) ec2api.NetworkInterface {
	out := ec2api.NetworkInterface{
		ID: aws.ToString(n.NetworkInterfaceId), Owner: aws.ToString(n.OwnerId),
		VPC: aws.ToString(n.VpcId), Subnet: aws.ToString(n.SubnetId), AvailabilityZone: aws.ToString(n.AvailabilityZone),
		Type: string(n.InterfaceType), Status: string(n.Status), Description: aws.ToString(n.Description),
		Requester: aws.ToString(n.RequesterId), RequesterManaged: aws.ToBool(n.RequesterManaged), MAC: aws.ToString(n.MacAddress),
		Addresses: addresses(n), PublicAddresses: publicAddresses(n),
		Groups:     each(n.Groups, func(g types.GroupIdentifier) string { return aws.ToString(g.GroupId) }),
		Attachment: attachment(n.Attachment), Tags: tagsFrom(n.TagSet),
	}
	if len(out.Addresses) > 0 {
		out.PrimaryAddress = out.Addresses[0]
	}
	return out
}

// addresses gives the primary IPv4 address, the other IPv4 ones, and the IPv6 ones, of which the primary is the first. Where there is no
// IPv4 it leads the list.
func addresses(n types.NetworkInterface) []netip.Addr {
	texts := []*string{n.PrivateIpAddress}
	for _, a := range n.PrivateIpAddresses {
		texts = append(texts, a.PrivateIpAddress)
	}
	six := slices.Clone(n.Ipv6Addresses)
	slices.SortStableFunc(six, func(a, b types.NetworkInterfaceIpv6Address) int {
		return cmp.Compare(rank(aws.ToBool(a.IsPrimaryIpv6)), rank(aws.ToBool(b.IsPrimaryIpv6)))
	})
	for _, a := range six {
		texts = append(texts, a.Ipv6Address)
	}
	return distinct(texts)
}

// publicAddresses gives the primary's first. AWS has it twice, and leaves out the list of an interface without private IPv4 addresses.
func publicAddresses(n types.NetworkInterface) []netip.Addr {
	var texts []*string
	add := func(a *types.NetworkInterfaceAssociation) {
		if a != nil {
			texts = append(texts, a.PublicIp)
		}
	}
	add(n.Association)
	for _, a := range n.PrivateIpAddresses {
		add(a.Association)
	}
	return distinct(texts)
}

// distinct gives the addresses among texts in their order, each once.
func distinct(texts []*string) []netip.Addr {
	var out []netip.Addr
	for _, text := range texts {
		if a := address(text); a.IsValid() && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// address is the zero one for what is none.
func address(text *string) netip.Addr {
	a, err := netip.ParseAddr(aws.ToString(text))
	if err != nil {
		return netip.Addr{}
	}
	return a
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func attachment(a *types.NetworkInterfaceAttachment) *ec2api.Attachment {
	if a == nil {
		return nil
	}
	return &ec2api.Attachment{
		Instance: aws.ToString(a.InstanceId), InstanceOwner: aws.ToString(a.InstanceOwnerId), DeviceIndex: aws.ToInt32(a.DeviceIndex),
		Status: string(a.Status), AttachTime: aws.ToTime(a.AttachTime),
	}
}

func subnet(s types.Subnet) ec2api.Subnet {
	return ec2api.Subnet{
		ID: aws.ToString(s.SubnetId), VPC: aws.ToString(s.VpcId), Owner: aws.ToString(s.OwnerId),
		AvailabilityZone: aws.ToString(s.AvailabilityZone), CIDR: aws.ToString(s.CidrBlock), IPv6Native: aws.ToBool(s.Ipv6Native),
		Tags: tagsFrom(s.Tags),
	}
}

// vpc has the blocks that are there or coming. AWS lists those that are gone for a while too.
func vpc(v types.Vpc) ec2api.Vpc {
	out := ec2api.Vpc{ID: aws.ToString(v.VpcId), Owner: aws.ToString(v.OwnerId), Tags: tagsFrom(v.Tags)}
	add := func(cidr *string, state *types.VpcCidrBlockState) {
		there := state == nil || state.State == types.VpcCidrBlockStateCodeAssociated || state.State == types.VpcCidrBlockStateCodeAssociating
		if c := aws.ToString(cidr); there && c != "" && !slices.Contains(out.CIDRs, c) {
			out.CIDRs = append(out.CIDRs, c)
		}
	}
	add(v.CidrBlock, nil)
	for _, b := range v.CidrBlockAssociationSet {
		add(b.CidrBlock, b.CidrBlockState)
	}
	for _, b := range v.Ipv6CidrBlockAssociationSet {
		add(b.Ipv6CidrBlock, b.Ipv6CidrBlockState)
	}
	return out
}

func session(s types.TrafficMirrorSession) ec2api.TrafficMirrorSession {
	return ec2api.TrafficMirrorSession{
		ID: aws.ToString(s.TrafficMirrorSessionId), Owner: aws.ToString(s.OwnerId), NetworkInterface: aws.ToString(s.NetworkInterfaceId),
		Target: aws.ToString(s.TrafficMirrorTargetId), Filter: aws.ToString(s.TrafficMirrorFilterId),
		SessionNumber: aws.ToInt32(s.SessionNumber), VirtualNetworkID: uint32(max(0, aws.ToInt32(s.VirtualNetworkId))),
		PacketLength: aws.ToInt32(s.PacketLength), Description: aws.ToString(s.Description), Tags: tagsFrom(s.Tags),
	}
}

// vni is AWS's signed number. What does not fit is beyond what AWS takes, and stays so.
func vni(v uint32) int32 { return int32(min(v, math.MaxInt32)) }

func target(t types.TrafficMirrorTarget) ec2api.TrafficMirrorTarget {
	return ec2api.TrafficMirrorTarget{
		ID: aws.ToString(t.TrafficMirrorTargetId), Owner: aws.ToString(t.OwnerId), Type: string(t.Type),
		NetworkInterface: aws.ToString(t.NetworkInterfaceId), NetworkLoadBalancer: aws.ToString(t.NetworkLoadBalancerArn),
		GatewayLoadBalancerEndpoint: aws.ToString(t.GatewayLoadBalancerEndpointId),
		Description:                 aws.ToString(t.Description), Tags: tagsFrom(t.Tags),
	}
}

func filter(f types.TrafficMirrorFilter) ec2api.TrafficMirrorFilter {
	return ec2api.TrafficMirrorFilter{
		ID: aws.ToString(f.TrafficMirrorFilterId), Description: aws.ToString(f.Description),
		Ingress: rules(f.IngressFilterRules), Egress: rules(f.EgressFilterRules),
		NetworkServices: each(f.NetworkServices, func(s types.TrafficMirrorNetworkService) string { return string(s) }),
		Tags:            tagsFrom(f.Tags),
	}
}

func rules(list []types.TrafficMirrorFilterRule) []ec2api.TrafficMirrorFilterRule {
	out := each(list, rule)
	slices.SortStableFunc(out, func(a, b ec2api.TrafficMirrorFilterRule) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

func rule(r types.TrafficMirrorFilterRule) ec2api.TrafficMirrorFilterRule {
	return ec2api.TrafficMirrorFilterRule{
		ID: aws.ToString(r.TrafficMirrorFilterRuleId), Filter: aws.ToString(r.TrafficMirrorFilterId),
		RuleSpec: ec2api.RuleSpec{
			Direction: string(r.TrafficDirection), Number: aws.ToInt32(r.RuleNumber), Action: string(r.RuleAction),
			Protocol: aws.ToInt32(r.Protocol), SourcePorts: ports(r.SourcePortRange), DestinationPorts: ports(r.DestinationPortRange),
			SourceCIDR: aws.ToString(r.SourceCidrBlock), DestinationCIDR: aws.ToString(r.DestinationCidrBlock),
			Description: aws.ToString(r.Description),
		},
		Tags: tagsFrom(r.Tags),
	}
}

func ports(r *types.TrafficMirrorPortRange) ec2api.PortRange {
	if r == nil {
		return ec2api.PortRange{}
	}
	return ec2api.PortRange{From: aws.ToInt32(r.FromPort), To: aws.ToInt32(r.ToPort)}
}

func portsTo(r ec2api.PortRange) *types.TrafficMirrorPortRangeRequest {
	if r == (ec2api.PortRange{}) {
		return nil
	}
	return &types.TrafficMirrorPortRangeRequest{FromPort: aws.Int32(r.From), ToPort: aws.Int32(r.To)}
}

func services(names []string) []types.TrafficMirrorNetworkService {
	return each(names, func(n string) types.TrafficMirrorNetworkService { return types.TrafficMirrorNetworkService(n) })
}
