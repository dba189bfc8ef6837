package sdk

import (
	"context"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestMirrors(t *testing.T) { run(t, "2016-11-15", mirrors()) }

func to[T any](v T) *T { return &v }

const sessionXML = `<trafficMirrorSessionId>tms-1</trafficMirrorSessionId><trafficMirrorTargetId>tmt-1</trafficMirrorTargetId>
	<trafficMirrorFilterId>tmf-1</trafficMirrorFilterId><networkInterfaceId>eni-1</networkInterfaceId><ownerId>111122223333</ownerId>
	<packetLength>128</packetLength><sessionNumber>32766</sessionNumber><virtualNetworkId>16777215</virtualNetworkId>
	<description>of web</description><tagSet><item><key>Name</key><value>mirrorwatch web</value></item></tagSet>`

var aSession = ec2api.TrafficMirrorSession{
	ID: "tms-1", Owner: self, NetworkInterface: "eni-1", Target: "tmt-1", Filter: "tmf-1", SessionNumber: 32766, VirtualNetworkID: 16777215,
	PacketLength: 128, Description: "of web", Tags: map[string]string{"Name": "mirrorwatch web"},
}

const ruleXML = `<trafficMirrorFilterRuleId>tmfr-1</trafficMirrorFilterRuleId><trafficMirrorFilterId>tmf-1</trafficMirrorFilterId>
	<trafficDirection>ingress</trafficDirection><ruleNumber>20</ruleNumber><ruleAction>accept</ruleAction><protocol>6</protocol>
	<destinationPortRange><fromPort>80</fromPort><toPort>443</toPort></destinationPortRange><sourcePortRange><fromPort>1024</fromPort><toPort>65535</toPort></sourcePortRange>
	<destinationCidrBlock>10.0.0.0/8</destinationCidrBlock><sourceCidrBlock>0.0.0.0/0</sourceCidrBlock><description>web</description>`

var aRule = ec2api.TrafficMirrorFilterRule{ID: "tmfr-1", Filter: "tmf-1", RuleSpec: aSpec}

var aSpec = ec2api.RuleSpec{
	Direction: "ingress", Number: 20, Action: "accept", Protocol: 6, SourcePorts: ec2api.PortRange{From: 1024, To: 65535},
	DestinationPorts: ec2api.PortRange{From: 80, To: 443}, SourceCIDR: "0.0.0.0/0", DestinationCIDR: "10.0.0.0/8", Description: "web",
}

// openSpec is a rule that leaves open what can be.
var openSpec = ec2api.RuleSpec{Direction: "egress", Number: 10, Action: "reject", SourceCIDR: "::/0", DestinationCIDR: "::/0"}

func mirrors() []exchange {
	return append(append(sessions(), targets()...), ruled()...)
}

func sessions() []exchange {
	return []exchange{
		{
			name: "DescribeTrafficMirrorSessions",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{MaxResults: 1000, NextToken: "n",
					Filters: map[string][]string{"network-interface-id": {"eni-1"}, "owner-id": {self}}})
			},
			form: "Filter.1.Name=network-interface-id\nFilter.1.Value.1=eni-1\nFilter.2.Name=owner-id\nFilter.2.Value.1=111122223333\nMaxResults=1000\nNextToken=n",
			answer: ec2XML("DescribeTrafficMirrorSessions", `<trafficMirrorSessionSet><item>`+sessionXML+`</item>
				<item><trafficMirrorSessionId>tms-2</trafficMirrorSessionId><sessionNumber>1</sessionNumber><virtualNetworkId>7</virtualNetworkId></item>
				</trafficMirrorSessionSet><nextToken>m</nextToken>`),
			want: ec2api.Page[ec2api.TrafficMirrorSession]{Next: "m", Items: []ec2api.TrafficMirrorSession{
				aSession, {ID: "tms-2", SessionNumber: 1, VirtualNetworkID: 7},
			}},
		},
		{
			name: "DescribeTrafficMirrorSessions/by ids",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{IDs: []string{"tms-1"}})
			},
			form:   "TrafficMirrorSessionId.1=tms-1",
			answer: ec2XML("DescribeTrafficMirrorSessions", `<trafficMirrorSessionSet/>`),
			want:   ec2api.Page[ec2api.TrafficMirrorSession]{},
		},
		{
			name: "CreateTrafficMirrorSession",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorSession(ctx, ec2api.CreateTrafficMirrorSession{
					NetworkInterface: "eni-1", Target: "tmt-1", Filter: "tmf-1", SessionNumber: 32766, VirtualNetworkID: 16777215, PacketLength: 128,
					Description: "of web", Tags: map[string]string{"mirrorwatch:deployment": "prod", "Name": "mirrorwatch web"}, ClientToken: "0123abcd", DryRun: true,
				})
			},
			form: `
				NetworkInterfaceId=eni-1
				TrafficMirrorTargetId=tmt-1
				TrafficMirrorFilterId=tmf-1
				SessionNumber=32766
				VirtualNetworkId=16777215
				PacketLength=128
				Description=of web
				TagSpecification.1.ResourceType=traffic-mirror-session
				TagSpecification.1.Tag.1.Key=Name
				TagSpecification.1.Tag.1.Value=mirrorwatch web
				TagSpecification.1.Tag.2.Key=mirrorwatch:deployment
				TagSpecification.1.Tag.2.Value=prod
				ClientToken=0123abcd
				DryRun=true`,
			answer: ec2XML("CreateTrafficMirrorSession", `<clientToken>0123abcd</clientToken><trafficMirrorSession>`+sessionXML+`</trafficMirrorSession>`),
			want:   aSession,
		},
		{
			name: "CreateTrafficMirrorSession/with the least",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorSession(ctx, ec2api.CreateTrafficMirrorSession{NetworkInterface: "eni-1", Target: "tmt-1", Filter: "tmf-1", SessionNumber: 1})
			},
			form:   "NetworkInterfaceId=eni-1\nTrafficMirrorTargetId=tmt-1\nTrafficMirrorFilterId=tmf-1\nSessionNumber=1",
			answer: ec2XML("CreateTrafficMirrorSession", `<trafficMirrorSession><trafficMirrorSessionId>tms-9</trafficMirrorSessionId></trafficMirrorSession>`),
			want:   ec2api.TrafficMirrorSession{ID: "tms-9"},
		},
		{
			name: "ModifyTrafficMirrorSession/every field",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: "tms-1", Target: to("tmt-1"), Filter: to("tmf-1"),
					SessionNumber: to(int32(32766)), VirtualNetworkID: to(uint32(16777215)), PacketLength: to(int32(128)), Description: to("of web"), DryRun: true})
			},
			form: `
				TrafficMirrorSessionId=tms-1
				TrafficMirrorTargetId=tmt-1
				TrafficMirrorFilterId=tmf-1
				SessionNumber=32766
				VirtualNetworkId=16777215
				PacketLength=128
				Description=of web
				DryRun=true`,
			answer: ec2XML("ModifyTrafficMirrorSession", `<trafficMirrorSession>`+sessionXML+`</trafficMirrorSession>`),
			want:   aSession,
		},
		{
			name: "ModifyTrafficMirrorSession/whole packets and no description",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: "tms-1", PacketLength: to(int32(0)), Description: to("")})
			},
			form:   "TrafficMirrorSessionId=tms-1\nRemoveField.1=packet-length\nRemoveField.2=description",
			answer: ec2XML("ModifyTrafficMirrorSession", `<trafficMirrorSession>`+sessionXML+`</trafficMirrorSession>`),
			want:   aSession,
		},
		{
			name: "DeleteTrafficMirrorSession",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: "tms-1", DryRun: true}))
			},
			form:   "TrafficMirrorSessionId=tms-1\nDryRun=true",
			answer: ec2XML("DeleteTrafficMirrorSession", `<trafficMirrorSessionId>tms-1</trafficMirrorSessionId>`),
		},
	}
}

func targets() []exchange {
	const nlb = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/fleet/0123456789abcdef"
	return []exchange{
		{
			name: "DescribeTrafficMirrorTargets",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeTrafficMirrorTargets(ctx, ec2api.Query{IDs: []string{"tmt-1"}, Filters: map[string][]string{"owner-id": {self}}, MaxResults: 5, NextToken: "n"})
			},
			form: "TrafficMirrorTargetId.1=tmt-1\nFilter.1.Name=owner-id\nFilter.1.Value.1=111122223333\nMaxResults=5\nNextToken=n",
			answer: ec2XML("DescribeTrafficMirrorTargets", `<trafficMirrorTargetSet>
				<item><trafficMirrorTargetId>tmt-1</trafficMirrorTargetId><networkLoadBalancerArn>`+nlb+`</networkLoadBalancerArn><type>network-load-balancer</type>
				  <description>fleet</description><ownerId>111122223333</ownerId><tagSet><item><key>k</key><value>v</value></item></tagSet></item>
				<item><trafficMirrorTargetId>tmt-2</trafficMirrorTargetId><networkInterfaceId>eni-9</networkInterfaceId><type>network-interface</type></item>
				<item><trafficMirrorTargetId>tmt-3</trafficMirrorTargetId><gatewayLoadBalancerEndpointId>vpce-1</gatewayLoadBalancerEndpointId>
				  <type>gateway-load-balancer-endpoint</type></item></trafficMirrorTargetSet>`),
			want: only(
				ec2api.TrafficMirrorTarget{ID: "tmt-1", Owner: self, Type: "network-load-balancer", NetworkLoadBalancer: nlb, Description: "fleet", Tags: map[string]string{"k": "v"}},
				ec2api.TrafficMirrorTarget{ID: "tmt-2", Type: "network-interface", NetworkInterface: "eni-9"},
				ec2api.TrafficMirrorTarget{ID: "tmt-3", Type: "gateway-load-balancer-endpoint", GatewayLoadBalancerEndpoint: "vpce-1"},
			),
		},
		{
			name: "CreateTrafficMirrorTarget",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: nlb, Description: "fleet",
					Tags: map[string]string{"k": "v"}, ClientToken: "token", DryRun: true})
			},
			form: `NetworkLoadBalancerArn=` + nlb + `
				Description=fleet
				TagSpecification.1.ResourceType=traffic-mirror-target
				TagSpecification.1.Tag.1.Key=k
				TagSpecification.1.Tag.1.Value=v
				ClientToken=token
				DryRun=true`,
			answer: ec2XML("CreateTrafficMirrorTarget", `<clientToken>token</clientToken><trafficMirrorTarget><trafficMirrorTargetId>tmt-1</trafficMirrorTargetId>
				<networkLoadBalancerArn>`+nlb+`</networkLoadBalancerArn><type>network-load-balancer</type><ownerId>111122223333</ownerId></trafficMirrorTarget>`),
			want: ec2api.TrafficMirrorTarget{ID: "tmt-1", Owner: self, Type: "network-load-balancer", NetworkLoadBalancer: nlb},
		},
		{
			name: "CreateTrafficMirrorTarget/of the other kinds",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkInterface: "eni-9", GatewayLoadBalancerEndpoint: "vpce-1"})
			},
			form:   "NetworkInterfaceId=eni-9\nGatewayLoadBalancerEndpointId=vpce-1",
			answer: ec2XML("CreateTrafficMirrorTarget", `<trafficMirrorTarget><trafficMirrorTargetId>tmt-1</trafficMirrorTargetId></trafficMirrorTarget>`),
			want:   ec2api.TrafficMirrorTarget{ID: "tmt-1"},
		},
		{
			name: "DeleteTrafficMirrorTarget",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: "tmt-1", DryRun: true}))
			},
			form:   "TrafficMirrorTargetId=tmt-1\nDryRun=true",
			answer: ec2XML("DeleteTrafficMirrorTarget", `<trafficMirrorTargetId>tmt-1</trafficMirrorTargetId>`),
		},
	}
}

func ruled() []exchange {
	return []exchange{
		{
			name: "DescribeTrafficMirrorFilters/rules by number",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeTrafficMirrorFilters(ctx, ec2api.Query{IDs: []string{"tmf-1"}, Filters: map[string][]string{"description": {"x"}}, MaxResults: 9, NextToken: "n"})
			},
			form: "TrafficMirrorFilterId.1=tmf-1\nFilter.1.Name=description\nFilter.1.Value.1=x\nMaxResults=9\nNextToken=n",
			answer: ec2XML("DescribeTrafficMirrorFilters", `<trafficMirrorFilterSet><item><trafficMirrorFilterId>tmf-1</trafficMirrorFilterId><description>all</description>
				<ingressFilterRuleSet><item>`+ruleXML+`</item><item><trafficMirrorFilterRuleId>tmfr-0</trafficMirrorFilterRuleId><ruleNumber>3</ruleNumber></item></ingressFilterRuleSet>
				<egressFilterRuleSet><item><trafficMirrorFilterRuleId>tmfr-2</trafficMirrorFilterRuleId><trafficDirection>egress</trafficDirection><ruleNumber>10</ruleNumber>
				  <ruleAction>reject</ruleAction><destinationCidrBlock>::/0</destinationCidrBlock><sourceCidrBlock>::/0</sourceCidrBlock>
				  <tagSet><item><key>k</key><value>v</value></item></tagSet></item></egressFilterRuleSet>
				<networkServiceSet><item>amazon-dns</item></networkServiceSet><tagSet><item><key>k</key><value>v</value></item></tagSet></item>
				<item><trafficMirrorFilterId>tmf-2</trafficMirrorFilterId><ingressFilterRuleSet/><egressFilterRuleSet/><networkServiceSet/></item></trafficMirrorFilterSet>`),
			want: only(
				ec2api.TrafficMirrorFilter{ID: "tmf-1", Description: "all", NetworkServices: []string{"amazon-dns"}, Tags: map[string]string{"k": "v"},
					Ingress: []ec2api.TrafficMirrorFilterRule{{ID: "tmfr-0", RuleSpec: ec2api.RuleSpec{Number: 3}}, aRule},
					Egress:  []ec2api.TrafficMirrorFilterRule{{ID: "tmfr-2", RuleSpec: openSpec, Tags: map[string]string{"k": "v"}}}},
				ec2api.TrafficMirrorFilter{ID: "tmf-2"},
			),
		},
		{
			name: "CreateTrafficMirrorFilter",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{Description: "all", Tags: map[string]string{"k": "v"}, ClientToken: "token", DryRun: true})
			},
			form: `
				Description=all
				TagSpecification.1.ResourceType=traffic-mirror-filter
				TagSpecification.1.Tag.1.Key=k
				TagSpecification.1.Tag.1.Value=v
				ClientToken=token
				DryRun=true`,
			answer: ec2XML("CreateTrafficMirrorFilter", `<clientToken>token</clientToken><trafficMirrorFilter><trafficMirrorFilterId>tmf-1</trafficMirrorFilterId>
				<description>all</description><tagSet><item><key>k</key><value>v</value></item></tagSet></trafficMirrorFilter>`),
			want: ec2api.TrafficMirrorFilter{ID: "tmf-1", Description: "all", Tags: map[string]string{"k": "v"}},
		},
		{
			name: "DeleteTrafficMirrorFilter",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: "tmf-1"}))
			},
			form:   "TrafficMirrorFilterId=tmf-1",
			answer: ec2XML("DeleteTrafficMirrorFilter", `<trafficMirrorFilterId>tmf-1</trafficMirrorFilterId>`),
		},
		{
			name: "ModifyTrafficMirrorFilterNetworkServices",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: "tmf-1", Add: []string{"amazon-dns"}, Remove: []string{"other"}, DryRun: true})
			},
			form: "TrafficMirrorFilterId=tmf-1\nAddNetworkService.1=amazon-dns\nRemoveNetworkService.1=other\nDryRun=true",
			answer: ec2XML("ModifyTrafficMirrorFilterNetworkServices", `<trafficMirrorFilter><trafficMirrorFilterId>tmf-1</trafficMirrorFilterId>
				<networkServiceSet><item>amazon-dns</item></networkServiceSet></trafficMirrorFilter>`),
			want: ec2api.TrafficMirrorFilter{ID: "tmf-1", NetworkServices: []string{"amazon-dns"}},
		},
		{
			name: "CreateTrafficMirrorFilterRule",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: "tmf-1", RuleSpec: aSpec, ClientToken: "token", DryRun: true})
			},
			form: `
				TrafficMirrorFilterId=tmf-1
				TrafficDirection=ingress
				RuleNumber=20
				RuleAction=accept
				Protocol=6
				SourcePortRange.FromPort=1024
				SourcePortRange.ToPort=65535
				DestinationPortRange.FromPort=80
				DestinationPortRange.ToPort=443
				SourceCidrBlock=0.0.0.0/0
				DestinationCidrBlock=10.0.0.0/8
				Description=web
				ClientToken=token
				DryRun=true`,
			answer: ec2XML("CreateTrafficMirrorFilterRule", `<clientToken>token</clientToken><trafficMirrorFilterRule>`+ruleXML+`</trafficMirrorFilterRule>`),
			want:   aRule,
		},
		{
			name: "CreateTrafficMirrorFilterRule/every protocol and port",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: "tmf-1", RuleSpec: openSpec})
			},
			form:   "TrafficMirrorFilterId=tmf-1\nTrafficDirection=egress\nRuleNumber=10\nRuleAction=reject\nSourceCidrBlock=::/0\nDestinationCidrBlock=::/0",
			answer: ec2XML("CreateTrafficMirrorFilterRule", `<trafficMirrorFilterRule>`+ruleXML+`</trafficMirrorFilterRule>`),
			want:   aRule,
		},
		{
			name: "ModifyTrafficMirrorFilterRule/everything is set",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: "tmfr-1", Was: openSpec, To: aSpec, DryRun: true})
			},
			form: `
				TrafficMirrorFilterRuleId=tmfr-1
				TrafficDirection=ingress
				RuleNumber=20
				RuleAction=accept
				Protocol=6
				SourcePortRange.FromPort=1024
				SourcePortRange.ToPort=65535
				DestinationPortRange.FromPort=80
				DestinationPortRange.ToPort=443
				SourceCidrBlock=0.0.0.0/0
				DestinationCidrBlock=10.0.0.0/8
				Description=web
				DryRun=true`,
			answer: ec2XML("ModifyTrafficMirrorFilterRule", `<trafficMirrorFilterRule>`+ruleXML+`</trafficMirrorFilterRule>`),
			want:   aRule,
		},
		{
			name: "ModifyTrafficMirrorFilterRule/everything is opened",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: "tmfr-1", Was: aSpec, To: openSpec})
			},
			form: `
				TrafficMirrorFilterRuleId=tmfr-1
				TrafficDirection=egress
				RuleNumber=10
				RuleAction=reject
				SourceCidrBlock=::/0
				DestinationCidrBlock=::/0
				RemoveField.1=destination-port-range
				RemoveField.2=source-port-range
				RemoveField.3=protocol
				RemoveField.4=description`,
			answer: ec2XML("ModifyTrafficMirrorFilterRule", `<trafficMirrorFilterRule>`+ruleXML+`</trafficMirrorFilterRule>`),
			want:   aRule,
		},
		{
			name: "ModifyTrafficMirrorFilterRule/what stays is not sent",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				next := aSpec
				next.DestinationPorts.To = 8443
				return a.EC2.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: "tmfr-1", Was: aSpec, To: next})
			},
			form:   "TrafficMirrorFilterRuleId=tmfr-1\nDestinationPortRange.FromPort=80\nDestinationPortRange.ToPort=8443",
			answer: ec2XML("ModifyTrafficMirrorFilterRule", `<trafficMirrorFilterRule>`+ruleXML+`</trafficMirrorFilterRule>`),
			want:   aRule,
		},
		{
			name: "DeleteTrafficMirrorFilterRule",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: "tmfr-1", DryRun: true}))
			},
			form:   "TrafficMirrorFilterRuleId=tmfr-1\nDryRun=true",
			answer: ec2XML("DeleteTrafficMirrorFilterRule", `<trafficMirrorFilterRuleId>tmfr-1</trafficMirrorFilterRuleId>`),
		},
	}
}
