package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// networkTemplate gives the template of the network.
func networkTemplate(t *testing.T, pairs ...string) template {
	t.Helper()
	return synthesizePart(t, testSettings(t, pairs...), func(s awscdk.Stack, p *place, pipe *pipeline) { newNetwork(s, p, pipe.Key) })
}

// TestNoWayOut: nothing of the network leads to the internet, and nothing of it asks AWS while the template is made.
func TestNoWayOut(t *testing.T) {
	tpl := networkTemplate(t)
	for _, kind := range []string{
		"AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::Route", "AWS::EC2::EgressOnlyInternetGateway",
		"AWS::Lambda::Function", "AWS::EC2::TransitGatewayAttachment",
	} {
		if n := len(tpl.of(kind)); n > 0 {
			t.Errorf("%d of %s", n, kind)
		}
	}
	for id, s := range tpl.of("AWS::EC2::Subnet") {
		if s.Properties["MapPublicIpOnLaunch"] != false {
			t.Errorf("%s gives public addresses", id)
		}
	}
	if strings.Contains(text(tpl.Resources), "0.0.0.0/0") {
		t.Error("something is open to the world")
	}
	if strings.Contains(text(tpl), "dummy") {
		t.Error("the CDK would look up zones")
	}
}

// TestEveryZone: a zone that comes later is not heard, so all are there from the first day, each with a network of its own.
func TestEveryZone(t *testing.T) {
	for region, want := range map[string]int{"eu-central-1": 3, "us-east-1": 3, "us-west-1": 2} {
		tpl := synthesizePart(t, testSettings(t, "regions", region, "cidr", "10.9.0.0/24"), func(s awscdk.Stack, p *place, pipe *pipeline) { newNetwork(s, p, pipe.Key) })
		subnets := tpl.of("AWS::EC2::Subnet")
		if len(subnets) != want {
			t.Errorf("%s has %d subnets, want %d", region, len(subnets), want)
		}
		var nets []netip.Prefix
		zones := map[string]bool{}
		for id, s := range subnets {
			p, err := netip.ParsePrefix(fmt.Sprint(s.Properties["CidrBlock"]))
			if err != nil || p.Bits() != 26 || !netip.MustParsePrefix("10.9.0.0/24").Contains(p.Addr()) {
				t.Errorf("%s of %s is %v: %v", id, region, p, err)
			}
			for _, other := range nets {
				if other.Overlaps(p) {
					t.Errorf("%s of %s overlaps %s", p, region, other)
				}
			}
			nets = append(nets, p)
			zones[text(s.Properties["AvailabilityZone"])+text(s.Properties["AvailabilityZoneId"])] = true
		}
		if len(zones) != want {
			t.Errorf("%s has subnets in %d zones, want %d", region, len(zones), want)
		}
		if region == "us-east-1" && strings.Contains(text(tpl), "use1-az3") {
			t.Error("a subnet is in a zone that has no endpoints")
		}
	}
}

func TestQuarters(t *testing.T) {
	p := netip.MustParsePrefix("10.231.0.0/20")
	for i, want := range []string{"10.231.0.0/22", "10.231.4.0/22", "10.231.8.0/22", "10.231.12.0/22"} {
		if got := quarter(p, i).String(); got != want {
			t.Errorf("quarter %d is %s, want %s", i, got, want)
		}
	}
}

// TestDoors: the endpoints are those that sensors need, and each lets through the calls of sensors alone, for this account.
func TestDoors(t *testing.T) {
	for _, c := range []struct {
		fleet    string
		services []string
	}{
		{"ec2", []string{"autoscaling", "cloudformation", "dynamodb", "kinesis-firehose", "monitoring", "s3"}},
		{"fargate", []string{"dynamodb", "ecr.api", "ecr.dkr", "kinesis-firehose", "logs", "monitoring", "s3"}},
	} {
		tpl := networkTemplate(t, "fleet", c.fleet)
		var services []string
		for id, e := range tpl.of("AWS::EC2::VPCEndpoint") {
			service := strings.TrimPrefix(fmt.Sprint(e.Properties["ServiceName"]), "com.amazonaws.eu-central-1.")
			services = append(services, service)
			gateway := service == "s3" || service == "dynamodb"
			if (e.Properties["VpcEndpointType"] == "Gateway") != gateway || (e.Properties["PrivateDnsEnabled"] == true) == gateway {
				t.Errorf("%s is a %v with private names %v", id, e.Properties["VpcEndpointType"], e.Properties["PrivateDnsEnabled"])
			}
			checkDoor(t, id, e)
		}
		slices.Sort(services)
		if !slices.Equal(services, c.services) {
			t.Errorf("%s has endpoints for %v, want %v", c.fleet, services, c.services)
		}
	}
}

// checkDoor looks for an action or an account that is not bounded.
func checkDoor(t *testing.T, id string, e resource) {
	t.Helper()
	list, _ := dig(e.Properties["PolicyDocument"], "Statement").([]any)
	if len(list) == 0 {
		t.Errorf("%s lets everything through", id)
	}
	for _, s := range list {
		if strings.Contains(text(dig(s, "Action")), "*") {
			t.Errorf("%s lets through %s", id, text(dig(s, "Action")))
		}
		bounded := dig(s, "Condition", "StringEquals", "aws:PrincipalAccount") == "111122223333"
		if !bounded && dig(s, "Resource") != "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*" {
			t.Errorf("%s lets other accounts in: %s", id, text(s))
		}
	}
}

// TestEndpointsLetNobodyIn: until the fleet says who comes in, the group of the endpoints is shut both ways.
func TestEndpointsLetNobodyIn(t *testing.T) {
	g := networkTemplate(t).only(t, "AWS::EC2::SecurityGroup", "EndpointGuard")
	if g.Properties["SecurityGroupIngress"] != nil {
		t.Errorf("lets in %s", text(g.Properties["SecurityGroupIngress"]))
	}
	if got := text(g.Properties["SecurityGroupEgress"]); !strings.Contains(got, "255.255.255.255/32") {
		t.Errorf("lets out %s; without a rule EC2 lets everything out", got)
	}
}

// TestFlowLog: who speaks with whom in the network is written to a log that is encrypted, by a role that can do nothing else.
func TestFlowLog(t *testing.T) {
	tpl := networkTemplate(t, "retention_logs", "90")
	flow := tpl.only(t, "AWS::EC2::FlowLog", "Flows")
	if flow.Properties["TrafficType"] != "ALL" || flow.Properties["ResourceType"] != "VPC" {
		t.Errorf("flow log is of %v of %v", flow.Properties["TrafficType"], flow.Properties["ResourceType"])
	}
	log := tpl.only(t, "AWS::Logs::LogGroup", "FlowLog")
	if log.Properties["KmsKeyId"] == nil || log.Properties["RetentionInDays"] != 90.0 {
		t.Errorf("log has key %v and is kept %v days", log.Properties["KmsKeyId"], log.Properties["RetentionInDays"])
	}
	for id, p := range tpl.of("AWS::IAM::Policy") {
		if got := actionsOf(p); !slices.Equal(got, []string{"logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"}) {
			t.Errorf("%s allows %v", id, got)
		}
	}
}

// actionsOf gives the actions of all statements of a policy, sorted.
func actionsOf(p resource) (actions []string) {
	list, _ := dig(p.Properties["PolicyDocument"], "Statement").([]any)
	for _, s := range list {
		switch a := dig(s, "Action").(type) {
		case string:
			actions = append(actions, a)
		case []any:
			for _, e := range a {
				actions = append(actions, fmt.Sprint(e))
			}
		}
	}
	slices.Sort(actions)
	return actions
}

// TestWayBack: with a transit gateway every source has its route, once the VPC is attached.
func TestWayBack(t *testing.T) {
	tpl := networkTemplate(t, "sources", "10.0.0.0/16,10.1.0.0/16", "transit_gateway", "tgw-0123456789abcdef0")
	if n := len(tpl.of("AWS::EC2::TransitGatewayAttachment")); n != 1 {
		t.Fatalf("%d attachments", n)
	}
	var to []string
	for id, r := range tpl.of("AWS::EC2::Route") {
		to = append(to, fmt.Sprint(r.Properties["DestinationCidrBlock"]))
		if r.Properties["TransitGatewayId"] != "tgw-0123456789abcdef0" || !strings.Contains(text(r.DependsOn), "Attachment") {
			t.Errorf("%s goes to %v, after %v", id, r.Properties["TransitGatewayId"], r.DependsOn)
		}
	}
	slices.Sort(to)
	if !slices.Equal(to, []string{"10.0.0.0/16", "10.1.0.0/16"}) {
		t.Errorf("routes to %v", to)
	}
}

// TestTakenNetwork: in a VPC of somebody else nothing is made.
func TestTakenNetwork(t *testing.T) {
	var n *network
	tpl := synthesizePart(t, testSettings(t, ownVPC()...), func(s awscdk.Stack, p *place, pipe *pipeline) { n = newNetwork(s, p, pipe.Key) })
	for id, r := range tpl.Resources {
		if strings.HasPrefix(r.Type, "AWS::EC2::") {
			t.Errorf("%s, a %s, is made", id, r.Type)
		}
	}
	if *n.VPC.VpcId() != "vpc-0123456789abcdef0" || len(n.SubnetIDs) != 2 || *n.SubnetIDs[1] != "subnet-0123456789abcdef1" || n.Endpoints != nil {
		t.Errorf("took %s with %d subnets", *n.VPC.VpcId(), len(n.SubnetIDs))
	}
	if ids := n.VPC.SelectSubnets(n.Subnets).SubnetIds; len(*ids) != 2 {
		t.Errorf("%d subnets can be selected", len(*ids))
	}
}

// ownVPC gives the settings of a VPC that people have.
func ownVPC() []string {
	return []string{
		"vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
		"zones", "eu-central-1a,eu-central-1b", "cidr", "10.20.0.0/16",
	}
}

// TestNoTagSelects: the tag that says what is mirrored is on nothing of ours, and on nothing that comes of it.
func TestNoTagSelects(t *testing.T) {
	for name, pairs := range kinds() {
		for id, r := range fleetTemplate(t, pairs...).Resources {
			if strings.Contains(text(r.Properties), `"Key":"mirrorwatch"`) {
				t.Errorf("%s: %s would be mirrored", name, id)
			}
		}
	}
}

// TestZonesOfAllRegions: two zones are the least that a fleet can live in.
func TestZonesOfAllRegions(t *testing.T) {
	for _, r := range settings.Regions() {
		if z := zonesOf(r); len(z) < 2 || len(z) > 3 {
			t.Errorf("%s has %d zones", r, len(z))
		}
	}
}
