package main

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// network is where sensors live.
type network struct {
	VPC       awsec2.IVpc
	Subnets   *awsec2.SubnetSelection
	SubnetIDs []*string
	Endpoints *string // id of the security group of the endpoints, which lets nobody in yet; nil in a VPC of somebody else
}

// newNetwork makes a VPC that has no way to the internet and none from it, or takes the one that the settings name. It asks AWS nothing:
// templates are the same for whoever makes them, with or without an account.
//
// It is made of CloudFormation's own resources. The CDK's construct would look up the region's zones, and would restrict the default
// security group by a function and a role of its own; nothing of ours is in that group.
func newNetwork(s awscdk.Stack, p *place, key awskms.IKey) *network {
	if p.VPC != "" {
		return takeNetwork(s, p)
	}
	m := &netmaker{s: s, p: p}
	m.vpc = awsec2.NewCfnVPC(s, jsii.String("VPC"), &awsec2.CfnVPCProps{
		CidrBlock: jsii.String(p.CIDR.String()), EnableDnsSupport: jsii.Bool(true), EnableDnsHostnames: jsii.Bool(true), // private names of endpoints want both
		Tags: named(p.Name()),
	})
	m.table = awsec2.NewCfnRouteTable(s, jsii.String("Routes"), &awsec2.CfnRouteTableProps{VpcId: m.vpc.AttrVpcId(), Tags: named(p.Name())})
	m.makeSubnets()
	m.makeEndpoints()
	m.makeRoutes()
	m.makeFlowLog(key)
	n := &network{SubnetIDs: m.subnets, Endpoints: m.guard.AttrGroupId()}
	n.use(s, p, m.vpc.AttrVpcId(), m.zones)
	awscdk.NewCfnOutput(s, jsii.String("NetworkId"), &awscdk.CfnOutputProps{Value: m.vpc.AttrVpcId(), Description: jsii.String("VPC of the sensors, to peer with or to attach")})
	return n
}

// takeNetwork takes the VPC that the settings name, as it is.
func takeNetwork(s awscdk.Stack, p *place) *network {
	n := &network{SubnetIDs: *jsii.Strings(p.Settings.Subnets...)}
	n.use(s, p, jsii.String(p.VPC), *jsii.Strings(p.Zones...))
	awscdk.NewCfnOutput(s, jsii.String("NetworkId"), &awscdk.CfnOutputProps{Value: jsii.String(p.VPC), Description: jsii.String("VPC of the sensors, which is not ours")})
	return n
}

// use makes the construct that the CDK knows a VPC by.
func (n *network) use(s awscdk.Stack, p *place, vpc *string, zones []*string) {
	n.VPC = awsec2.Vpc_FromVpcAttributes(s, jsii.String("Network"), &awsec2.VpcAttributes{
		VpcId: vpc, AvailabilityZones: &zones, IsolatedSubnetIds: &n.SubnetIDs, VpcCidrBlock: jsii.String(p.CIDR.String()),
	})
	awscdk.Annotations_Of(n.VPC).AcknowledgeWarning(jsii.String("@aws-cdk/aws-ec2:noSubnetRouteTableId"), jsii.String("no route is made by this construct"))
	n.Subnets = &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}
}

// netmaker holds what the parts of a new network hand on.
type netmaker struct {
	s       awscdk.Stack
	p       *place
	vpc     awsec2.CfnVPC
	table   awsec2.CfnRouteTable
	subnets []*string
	zones   []*string
	guard   awsec2.CfnSecurityGroup // of endpoints
}

// makeSubnets makes a private subnet a zone, in all zones from the first day: a zone that is added to a balancer later is not heard by the
// mirror sessions that are there.
func (m *netmaker) makeSubnets() {
	for i, z := range zonesOf(m.p.region) {
		id := fmt.Sprintf("Subnet%d", i+1)
		props := &awsec2.CfnSubnetProps{
			VpcId: m.vpc.AttrVpcId(), CidrBlock: jsii.String(quarter(m.p.CIDR, i).String()), MapPublicIpOnLaunch: jsii.Bool(false), Tags: named(fmt.Sprintf("%s-%d", m.p.Name(), i+1)),
		}
		if z.id != "" {
			props.AvailabilityZoneId = jsii.String(z.id)
		} else {
			props.AvailabilityZone = awscdk.Fn_Select(jsii.Number(float64(z.index)), awscdk.Fn_GetAzs(nil))
		}
		subnet := awsec2.NewCfnSubnet(m.s, jsii.String(id), props)
		awsec2.NewCfnSubnetRouteTableAssociation(m.s, jsii.String(id+"Routes"), &awsec2.CfnSubnetRouteTableAssociationProps{
			RouteTableId: m.table.AttrRouteTableId(), SubnetId: subnet.AttrSubnetId(),
		})
		m.subnets = append(m.subnets, subnet.AttrSubnetId())
		m.zones = append(m.zones, subnet.AttrAvailabilityZone())
	}
}

// zone is one of a region: by its id, or by its place among those that the account sees.
type zone struct {
	id    string
	index int
}

// zonesOf gives the zones of a region, three where it has them. A name such as us-east-1a means another zone in each account in the old
// regions, where also some zones have neither endpoints nor current instances: there zones are named by their id, which means the same in
// all accounts. Everywhere else every account sees the same three.
func zonesOf(region string) []zone {
	ids := map[string][]zone{
		"us-east-1":      {{id: "use1-az1"}, {id: "use1-az2"}, {id: "use1-az4"}},
		"us-west-1":      {{id: "usw1-az1"}, {id: "usw1-az3"}}, // the third is for accounts that had it long ago
		"us-west-2":      {{id: "usw2-az1"}, {id: "usw2-az2"}, {id: "usw2-az3"}},
		"ca-central-1":   {{id: "cac1-az1"}, {id: "cac1-az2"}, {id: "cac1-az4"}},
		"ap-northeast-1": {{id: "apne1-az1"}, {id: "apne1-az2"}, {id: "apne1-az4"}},
	}
	if z, ok := ids[region]; ok {
		return z
	}
	return []zone{{index: 0}, {index: 1}, {index: 2}}
}

// quarter gives the i-th quarter of a network. The fourth stays free, for a zone that comes to the region.
func quarter(p netip.Prefix, i int) netip.Prefix {
	bits := p.Bits() + 2
	a := p.Masked().Addr().As4()
	first := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	first += uint32(i) << (32 - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(first >> 24), byte(first >> 16), byte(first >> 8), byte(first)}), bits)
}

// makeRoutes leads back to the networks of the sources. Mirrored packets need no answer, but what tests a path does, and so do messages of
// ICMP.
func (m *netmaker) makeRoutes() {
	if m.p.TransitGateway == "" {
		return
	}
	attachment := awsec2.NewCfnTransitGatewayAttachment(m.s, jsii.String("Attachment"), &awsec2.CfnTransitGatewayAttachmentProps{
		TransitGatewayId: jsii.String(m.p.TransitGateway), VpcId: m.vpc.AttrVpcId(), SubnetIds: &m.subnets, Tags: named(m.p.Name()),
	})
	for i, source := range m.p.Sources {
		route := awsec2.NewCfnRoute(m.s, jsii.String(fmt.Sprintf("Back%d", i+1)), &awsec2.CfnRouteProps{
			RouteTableId: m.table.AttrRouteTableId(), DestinationCidrBlock: jsii.String(source.String()), TransitGatewayId: jsii.String(m.p.TransitGateway),
		})
		route.AddDependency(attachment) // EC2 refuses a route to a gateway that the VPC is not attached to
	}
}

// named gives the tag that consoles show as a name. No tag of ours may have the key mirrorwatch: that one says what is mirrored.
func named(name string) *[]*awscdk.CfnTag {
	return &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(name)}}
}
