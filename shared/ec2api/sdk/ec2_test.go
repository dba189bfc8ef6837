package sdk

import (
	"context"
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestDescribes(t *testing.T) { run(t, "2016-11-15", describes()) }

// describes are the calls of EC2 that are not about mirrors.
func describes() []exchange {
	return []exchange{
		{
			name: "DescribeInstances",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeInstances(ctx, ec2api.Query{
					Filters:    map[string][]string{"vpc-id": {"vpc-1"}, "instance-state-name": {"running", "stopped"}, "tag:mirrorwatch": {"*"}},
					MaxResults: 1000, NextToken: "after 1",
				})
			},
			form: `
				Filter.1.Name=instance-state-name
				Filter.1.Value.1=running
				Filter.1.Value.2=stopped
				Filter.2.Name=tag:mirrorwatch
				Filter.2.Value.1=*
				Filter.3.Name=vpc-id
				Filter.3.Value.1=vpc-1
				MaxResults=1000
				NextToken=after 1`,
			answer: ec2XML("DescribeInstances", `
				<reservationSet>
				  <item><reservationId>r-1</reservationId><ownerId>111122223333</ownerId><groupSet/><instancesSet>
				    <item><instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>
				      <instanceType>m5.large</instanceType><launchTime>2026-11-20T10:00:00.000Z</launchTime>
				      <subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><privateIpAddress>10.0.0.5</privateIpAddress><ipAddress>203.0.113.9</ipAddress>
				      <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/web</arn><id>AIPAEXAMPLE</id></iamInstanceProfile>
				      <tagSet><item><key>Name</key><value>web &amp; more</value></item><item><key>aws:autoscaling:groupName</key><value>web</value></item></tagSet>
				      <networkInterfaceSet>
				        <item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId></item>
				        <item><networkInterfaceId>eni-2</networkInterfaceId></item>
				      </networkInterfaceSet></item>
				    <item><instanceId>i-2</instanceId><instanceState><code>48</code><name>terminated</name></instanceState><instanceType>t3.micro</instanceType></item>
				  </instancesSet></item>
				  <item><reservationId>r-2</reservationId><instancesSet><item><instanceId>i-3</instanceId></item></instancesSet></item>
				</reservationSet><nextToken>after 2</nextToken>`),
			want: ec2api.Page[ec2api.Instance]{Next: "after 2", Items: []ec2api.Instance{
				{ID: "i-1", Type: "m5.large", State: "running", VPC: "vpc-1", Subnet: "subnet-1", LaunchTime: at("2026-11-20T10:00:00Z"),
					Profile: "arn:aws:iam::111122223333:instance-profile/web", Private: netip.MustParseAddr("10.0.0.5"), Public: netip.MustParseAddr("203.0.113.9"),
					Interfaces: []string{"eni-1", "eni-2"}, Tags: map[string]string{"Name": "web & more", "aws:autoscaling:groupName": "web"}},
				{ID: "i-2", Type: "t3.micro", State: "terminated"},
				{ID: "i-3"},
			}},
		},
		{
			name: "DescribeInstances/by ids, and none found",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeInstances(ctx, ec2api.Query{IDs: []string{"i-2", "i-1"}})
			},
			form:   "InstanceId.1=i-2\nInstanceId.2=i-1",
			answer: ec2XML("DescribeInstances", `<reservationSet/>`),
			want:   ec2api.Page[ec2api.Instance]{},
		},
		{
			name: "DescribeInstanceTypes/a page has a hundred at the most",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeInstanceTypes(ctx, ec2api.Query{Filters: map[string][]string{"instance-type": {"m9.*"}}, MaxResults: 1000})
			},
			form: "Filter.1.Name=instance-type\nFilter.1.Value.1=m9.*\nMaxResults=100",
			answer: ec2XML("DescribeInstanceTypes", `<instanceTypeSet>
				<item><instanceType>m9.large</instanceType><bareMetal>false</bareMetal><hypervisor>nitro</hypervisor></item>
				<item><instanceType>m9.metal</instanceType><bareMetal>true</bareMetal></item>
				<item><instanceType>m1.small</instanceType><bareMetal>false</bareMetal><hypervisor>xen</hypervisor></item>
			</instanceTypeSet><nextToken>t</nextToken>`),
			want: ec2api.Page[ec2api.InstanceType]{Next: "t", Items: []ec2api.InstanceType{
				{Name: "m9.large", Hypervisor: "nitro"}, {Name: "m9.metal", BareMetal: true}, {Name: "m1.small", Hypervisor: "xen"},
			}},
		},
		{
			name: "DescribeInstanceTypes/by names",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeInstanceTypes(ctx, ec2api.Query{IDs: []string{"m5.large", "c5.large"}})
			},
			form:   "InstanceType.1=m5.large\nInstanceType.2=c5.large",
			answer: ec2XML("DescribeInstanceTypes", `<instanceTypeSet/>`),
			want:   ec2api.Page[ec2api.InstanceType]{},
		},
		interfaces(),
		{
			name: "DescribeNetworkInterfaces/by ids",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeNetworkInterfaces(ctx, ec2api.Query{IDs: []string{"eni-1"}, NextToken: "n"})
			},
			form:   "NetworkInterfaceId.1=eni-1\nNextToken=n",
			answer: ec2XML("DescribeNetworkInterfaces", `<networkInterfaceSet><item/></networkInterfaceSet>`),
			want:   only(ec2api.NetworkInterface{}),
		},
		{
			name: "DescribeSubnets",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeSubnets(ctx, ec2api.Query{IDs: []string{"subnet-1"}, Filters: map[string][]string{"vpc-id": {"vpc-1"}}, MaxResults: 5, NextToken: "n"})
			},
			form: "SubnetId.1=subnet-1\nFilter.1.Name=vpc-id\nFilter.1.Value.1=vpc-1\nMaxResults=5\nNextToken=n",
			answer: ec2XML("DescribeSubnets", `<subnetSet>
				<item><subnetId>subnet-1</subnetId><subnetArn>arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1</subnetArn><state>available</state>
				  <ownerId>111122223333</ownerId><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/24</cidrBlock><availabilityZone>eu-west-1a</availabilityZone>
				  <ipv6Native>false</ipv6Native><tagSet><item><key>mirrorwatch</key><value>on</value></item></tagSet></item>
				<item><subnetId>subnet-6</subnetId><ipv6Native>true</ipv6Native><tagSet/></item>
			</subnetSet>`),
			want: only(
				ec2api.Subnet{ID: "subnet-1", VPC: "vpc-1", Owner: self, AvailabilityZone: "eu-west-1a", CIDR: "10.0.0.0/24", Tags: map[string]string{"mirrorwatch": "on"}},
				ec2api.Subnet{ID: "subnet-6", IPv6Native: true},
			),
		},
		{
			name: "DescribeVpcs",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.EC2.DescribeVpcs(ctx, ec2api.Query{IDs: []string{"vpc-1"}, Filters: map[string][]string{"state": {"available"}}, MaxResults: 1000, NextToken: "n"})
			},
			form: "VpcId.1=vpc-1\nFilter.1.Name=state\nFilter.1.Value.1=available\nMaxResults=1000\nNextToken=n",
			answer: ec2XML("DescribeVpcs", `<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>111122223333</ownerId><state>available</state><cidrBlock>10.0.0.0/16</cidrBlock>
				<cidrBlockAssociationSet>
				  <item><cidrBlock>10.0.0.0/16</cidrBlock><associationId>a-1</associationId><cidrBlockState><state>associated</state></cidrBlockState></item>
				  <item><cidrBlock>10.1.0.0/16</cidrBlock><associationId>a-2</associationId><cidrBlockState><state>associating</state></cidrBlockState></item>
				  <item><cidrBlock>10.2.0.0/16</cidrBlock><associationId>a-3</associationId><cidrBlockState><state>disassociated</state></cidrBlockState></item>
				</cidrBlockAssociationSet>
				<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:1::/56</ipv6CidrBlock><associationId>a-4</associationId>
				  <ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>
				<tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet>`),
			want: only(ec2api.Vpc{ID: "vpc-1", Owner: self, CIDRs: []string{"10.0.0.0/16", "10.1.0.0/16", "2001:db8:1::/56"}, Tags: map[string]string{"Name": "main"}}),
		},
		{
			name: "CreateTags",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.CreateTags(ctx, []string{"tms-1", "tms-2"}, map[string]string{"b": "2", "a": "", "c=d": "x&y z"}))
			},
			form: `
				ResourceId.1=tms-1
				ResourceId.2=tms-2
				Tag.1.Key=a
				Tag.1.Value=
				Tag.2.Key=b
				Tag.2.Value=2
				Tag.3.Key=c=d
				Tag.3.Value=x&y z`,
			answer: ec2XML("CreateTags", `<return>true</return>`),
		},
		{
			name: "DeleteTags/whatever their values are",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.EC2.DeleteTags(ctx, []string{"tms-1"}, []string{"b", "a"}))
			},
			form:   "ResourceId.1=tms-1\nTag.1.Key=b\nTag.2.Key=a",
			answer: ec2XML("DeleteTags", `<return>true</return>`),
		},
	}
}

func interfaces() exchange {
	return exchange{
		name: "DescribeNetworkInterfaces",
		ask: func(ctx context.Context, a ec2api.Account) (any, error) {
			return a.EC2.DescribeNetworkInterfaces(ctx, ec2api.Query{Filters: map[string][]string{"network-interface-id": {"eni-1", "eni-2"}}, MaxResults: 1000})
		},
		form: "Filter.1.Name=network-interface-id\nFilter.1.Value.1=eni-1\nFilter.1.Value.2=eni-2\nMaxResults=1000",
		answer: ec2XML("DescribeNetworkInterfaces", `<networkInterfaceSet>
			<item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>eu-west-1a</availabilityZone>
			  <description>Primary network interface</description><ownerId>111122223333</ownerId><requesterId>AIDAEXAMPLE</requesterId><requesterManaged>true</requesterManaged>
			  <status>in-use</status><macAddress>0a:1b:2c:3d:4e:5f</macAddress><privateIpAddress>10.0.0.5</privateIpAddress><interfaceType>interface</interfaceType>
			  <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item><item><groupId>sg-2</groupId><groupName>all</groupName></item></groupSet>
			  <attachment><attachmentId>eni-attach-1</attachmentId><instanceId>i-1</instanceId><instanceOwnerId>111122223333</instanceOwnerId><deviceIndex>1</deviceIndex>
			    <status>attached</status><attachTime>2026-11-20T10:00:01.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></attachment>
			  <association><publicIp>203.0.113.9</publicIp><publicDnsName>ec2-203-0-113-9.example</publicDnsName><ipOwnerId>amazon</ipOwnerId></association>
			  <tagSet><item><key>mirrorwatch</key><value>on</value></item></tagSet>
			  <privateIpAddressesSet>
			    <item><privateIpAddress>10.0.0.6</privateIpAddress><primary>false</primary>
			      <association><publicIp>198.51.100.6</publicIp><ipOwnerId>111122223333</ipOwnerId><allocationId>eipalloc-1</allocationId></association></item>
			    <item><privateIpAddress>10.0.0.5</privateIpAddress><primary>true</primary>
			      <association><publicIp>203.0.113.9</publicIp><ipOwnerId>amazon</ipOwnerId></association></item>
			    <item><privateIpAddress>10.0.0.7</privateIpAddress><primary>false</primary><association><publicIp>no address</publicIp></association></item>
			  </privateIpAddressesSet>
			  <ipv6AddressesSet><item><ipv6Address>2001:db8::2</ipv6Address></item><item><ipv6Address>2001:db8::1</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet>
			</item>
			<item><networkInterfaceId>eni-2</networkInterfaceId><status>available</status><interfaceType>lambda</interfaceType><privateIpAddress>no address</privateIpAddress>
			  <ipv6AddressesSet><item><ipv6Address>2001:db8::9</ipv6Address></item></ipv6AddressesSet></item>
			<item><networkInterfaceId>eni-3</networkInterfaceId><attachment><instanceOwnerId>amazon-elb</instanceOwnerId><status>attached</status></attachment></item>
		</networkInterfaceSet>`),
		want: only(
			ec2api.NetworkInterface{
				ID: "eni-1", Owner: self, VPC: "vpc-1", Subnet: "subnet-1", AvailabilityZone: "eu-west-1a", Type: "interface", Status: "in-use",
				Description: "Primary network interface", Requester: "AIDAEXAMPLE", RequesterManaged: true, MAC: "0a:1b:2c:3d:4e:5f",
				PrimaryAddress: netip.MustParseAddr("10.0.0.5"),
				Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.6"),
					netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")},
				PublicAddresses: []netip.Addr{netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("198.51.100.6")},
				Groups:          []string{"sg-1", "sg-2"},
				Attachment:      &ec2api.Attachment{Instance: "i-1", InstanceOwner: self, DeviceIndex: 1, Status: "attached", AttachTime: at("2026-11-20T10:00:01Z")},
				Tags:            map[string]string{"mirrorwatch": "on"},
			},
			ec2api.NetworkInterface{ID: "eni-2", Status: "available", Type: "lambda",
				PrimaryAddress: netip.MustParseAddr("2001:db8::9"), Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::9")}},
			ec2api.NetworkInterface{ID: "eni-3", Attachment: &ec2api.Attachment{InstanceOwner: "amazon-elb", Status: "attached"}},
		),
	}
}
