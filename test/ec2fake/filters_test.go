package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestEveryFilter asks by each filter that there is for a value that one object has and another has not.
func TestEveryFilter(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	// What is asked for, and beside it something that differs in everything.
	vpc := must(st.c.MakeVpc(here, region1, []string{"10.7.0.0/16", "2001:db8:7::/56"}, map[string]string{"who": "a"}))(t)
	subnet := must(st.c.MakeSubnet(SubnetSpec{VPC: vpc.ID, CIDR: "2001:db8:7::/64", Zone: "eu-central-1b", IPv6Native: true, Tags: map[string]string{"who": "a"}}))(t)
	i := st.instance(InstanceSpec{Type: "m5.large", Tags: map[string]string{"who": "a"}})
	st.ok(st.c.AddAddress(i.Interfaces[0]))
	st.ok(st.c.AssociateAddress(netip.MustParseAddr("203.0.113.20"), i.Interfaces[0]))
	eni := must(st.ec2.DescribeNetworkInterfaces(ctx, ec2api.Query{IDs: i.Interfaces}))(t).Items[0]
	lambda := must(st.c.MakeInterface(InterfaceSpec{Subnet: subnet.ID, Type: "lambda", Description: "a function", Groups: []string{"sg-1"}, Requester: "amazon-lambda"}))(t)
	second := st.instance(InstanceSpec{Interfaces: 2})
	st.session(second.Interfaces[1], 7)
	end := must(st.ec2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkInterface: second.Interfaces[0], Description: "one"}))(t)
	filter := must(st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{Description: "one"}))(t)
	ask := ec2api.CreateTrafficMirrorSession{NetworkInterface: eni.ID, Target: end.ID, Filter: filter.ID, SessionNumber: 3, VirtualNetworkID: 99, PacketLength: 64, Description: "one"}
	s := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t)

	oneOf(t, "vpc", vpcKind().filters, st.ec2.DescribeVpcs, vpc.ID, func(v ec2api.Vpc) string { return v.ID }, map[string]string{
		"vpc-id": vpc.ID, "cidr-block-association.cidr-block": "10.7.*",
	}, "owner-id", "state")
	oneOf(t, "subnet", subnetKind().filters, st.ec2.DescribeSubnets, subnet.ID, func(v ec2api.Subnet) string { return v.ID }, map[string]string{
		"subnet-id": subnet.ID, "vpc-id": vpc.ID, "availability-zone": "eu-central-1b", "cidr-block": "2001:*", "ipv6-native": "true",
	}, "owner-id", "state")
	oneOf(t, "instance", instanceKind().filters, st.ec2.DescribeInstances, i.ID, func(v ec2api.Instance) string { return v.ID }, map[string]string{
		"instance-id": i.ID, "instance-type": "m5.large", "network-interface.network-interface-id": eni.ID,
	}, "instance-state-name", "vpc-id", "subnet-id")
	of := func(v ec2api.NetworkInterface) string { return v.ID }
	oneOf(t, "lambda's interface", interfaceKind(here).filters, st.ec2.DescribeNetworkInterfaces, lambda.ID, of, map[string]string{
		"network-interface-id": lambda.ID, "vpc-id": vpc.ID, "subnet-id": subnet.ID, "status": "available", "interface-type": "lambda",
		"description": "a function", "requester-id": "amazon-lambda", "availability-zone": "eu-central-1b", "mac-address": lambda.MAC,
		"private-ip-address": lambda.PrimaryAddress.String(), "group-id": "sg-1",
	}, "owner-id", "requester-managed", "addresses.private-ip-address", "association.public-ip", "attachment.instance-id", "attachment.instance-owner-id", "attachment.status", "attachment.device-index")
	oneOf(t, "instance's interface", interfaceKind(here).filters, st.ec2.DescribeNetworkInterfaces, eni.ID, of, map[string]string{
		"attachment.instance-id": i.ID, "addresses.private-ip-address": eni.Addresses[1].String(), "association.public-ip": "203.0.113.20",
	}, slices.Collect(maps.Keys(interfaceKind(here).filters))...)
	oneOf(t, "session", sessionKind(here).filters, st.ec2.DescribeTrafficMirrorSessions, s.ID, func(v ec2api.TrafficMirrorSession) string { return v.ID }, map[string]string{
		"description": "one", "network-interface-id": eni.ID, "packet-length": "64", "session-number": "3", "traffic-mirror-filter-id": filter.ID,
		"traffic-mirror-session-id": s.ID, "traffic-mirror-target-id": end.ID, "virtual-network-id": "99",
	}, "owner-id")
	h := &handle{c: st.c, account: here, region: st.c.regions[region1]}
	oneOf(t, "target", h.targetKind().filters, st.ec2.DescribeTrafficMirrorTargets, end.ID, func(v ec2api.TrafficMirrorTarget) string { return v.ID }, map[string]string{
		"description": "one", "network-interface-id": second.Interfaces[0], "traffic-mirror-target-id": end.ID,
	}, "owner-id", "network-load-balancer-arn")
	oneOf(t, "filter", filterKind().filters, st.ec2.DescribeTrafficMirrorFilters, filter.ID, func(v ec2api.TrafficMirrorFilter) string { return v.ID }, map[string]string{
		"description": "one", "traffic-mirror-filter-id": filter.ID,
	})
	for name, want := range map[string]int{"attachment.status=attached": 4, "attachment.instance-owner-id=" + here: 3, "attachment.device-index=1": 2, "requester-managed=true": 2, "owner-id=" + there: 0} {
		k, v, _ := strings.Cut(name, "=")
		if got := must(st.ec2.DescribeNetworkInterfaces(ctx, ec2api.Query{Filters: map[string][]string{k: {v}}}))(t).Items; len(got) != want {
			t.Errorf("interfaces by %s are %d, want %d", name, len(got), want)
		}
	}
	if got := must(st.ec2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{Filters: map[string][]string{"network-load-balancer-arn": {"arn:*"}}}))(t).Items; len(got) != 1 || got[0].ID != st.target.ID {
		t.Errorf("targets by load balancer are %+v", got)
	}
	if got := must(st.ec2.DescribeInstanceTypes(ctx, ec2api.Query{Filters: map[string][]string{"bare-metal": {"true"}, "hypervisor": {"*"}, "instance-type": {"m5*"}}}))(t).Items; len(got) == 0 || !got[0].BareMetal {
		t.Errorf("bare metal types of m5 are %+v", got)
	}
}

// oneOf holds that each filter finds the one object, that another value finds it not, and that no filter is left untested but those
// which cannot tell objects apart here.
func oneOf[T any](t *testing.T, what string, all map[string]func(*T) []string, call func(context.Context, ec2api.Query) (ec2api.Page[T], error),
	id string, idOf func(T) string, by map[string]string, besides ...string) {
	t.Helper()
	for name, value := range by {
		for _, v := range []string{value, "x" + value} {
			p, err := call(context.Background(), ec2api.Query{Filters: map[string][]string{name: {v}}})
			found := len(p.Items) == 1 && idOf(p.Items[0]) == id
			if err != nil || found != (v == value) || v != value && len(p.Items) != 0 {
				t.Errorf("%s by %s=%s: %v, %v", what, name, v, fmt.Sprint(p.Items), err)
			}
		}
	}
	for name := range all {
		if _, tested := by[name]; !tested && !slices.Contains(besides, name) {
			t.Errorf("%s: the filter %s is not tested", what, name)
		}
	}
}

// TestManyValues holds that a filter of several plain values, which is answered from the lists, gives what a search gives.
func TestManyValues(t *testing.T) {
	st := newStage(t, Settings{})
	var enis []string
	for range 9 {
		enis = append(enis, st.eni())
		st.session(enis[len(enis)-1], 1)
	}
	ask := func(size int32, values ...string) (got []string) {
		q := ec2api.Query{MaxResults: size, Filters: map[string][]string{"network-interface-id": values}}
		for {
			p := must(st.ec2.DescribeTrafficMirrorSessions(context.Background(), q))(t)
			for _, v := range p.Items {
				got = append(got, v.ID)
			}
			if q.NextToken = p.Next; p.Next == "" {
				return got
			}
		}
	}
	want := ask(1000, append([]string{"x*"}, enis[:7]...)...)
	if got := ask(5, append([]string{enis[3], "eni-none"}, enis[:7]...)...); len(want) != 7 || !slices.Equal(got, want) {
		t.Errorf("lists give %v, a search %v", got, want)
	}
	p := must(st.ec2.DescribeNetworkInterfaces(context.Background(), ec2api.Query{Filters: map[string][]string{"network-interface-id": {enis[0], enis[1], "eni-none"}}}))(t)
	if len(p.Items) != 2 {
		t.Errorf("two ids as values give %d interfaces", len(p.Items))
	}
	st.ok(st.c.ShareSubnet(st.subnet.ID, there))
	st.instance(InstanceSpec{Account: there, Interfaces: 3})
	other := must(st.c.Account(there, region1).EC2.DescribeNetworkInterfaces(context.Background(), ec2api.Query{Filters: map[string][]string{"network-interface-id": enis[:1]}}))(t)
	if len(other.Items) != 0 {
		t.Errorf("another account sees %d interfaces", len(other.Items))
	}
}

func TestTwoFamilies(t *testing.T) {
	st := newStage(t, Settings{})
	both := must(st.c.MakeSubnet(SubnetSpec{VPC: st.vpc.ID, CIDR: "10.0.64.0/29", IPv6: "2001:db8::/64"}))(t)
	_, err := st.c.RunInstance(InstanceSpec{Subnet: both.ID, Interfaces: 4})
	st.refused(err, "InsufficientFreeAddressesInSubnet")
	if got := must(st.ec2.DescribeInstances(context.Background(), ec2api.Query{}))(t).Items; len(got) != 0 {
		t.Errorf("an instance without room was run: %+v", got)
	}
	for n, want := range []string{"[10.0.64.4 2001:db8::4]", "[10.0.64.5 2001:db8::5]", "[10.0.64.6 2001:db8::6]"} {
		v := must(st.c.MakeInterface(InterfaceSpec{Subnet: both.ID}))(t)
		if got := fmt.Sprint(v.Addresses); got != want || v.PrimaryAddress != v.Addresses[0] {
			t.Errorf("interface %d has %s, want %s", n, got, want)
		}
	}
	_, err = st.c.MakeInterface(InterfaceSpec{Subnet: both.ID})
	st.refused(err, "InsufficientFreeAddressesInSubnet")
}
