package main

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticloadbalancingv2"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/host"
	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// balancerParts are what mirrored packets come in by.
type balancerParts struct {
	balancer awselasticloadbalancingv2.CfnLoadBalancer
	targets  awselasticloadbalancingv2.CfnTargetGroup
	listener awselasticloadbalancingv2.CfnListener
}

// makeBalancer makes the load balancer with its listener: without one mirroring fails silently. What is set here is what the loop of
// lambdas/mirror keeps set.
func (m *fleetmaker) makeBalancer() {
	m.balancer = awselasticloadbalancingv2.NewCfnLoadBalancer(m.s, jsii.String("Balancer"), &awselasticloadbalancingv2.CfnLoadBalancerProps{
		Type: jsii.String("network"), Scheme: jsii.String("internal"), IpAddressType: jsii.String("ipv4"), Subnets: &m.n.SubnetIDs, // all zones: one that comes later is not heard
		SecurityGroups: &[]*string{m.guard.SecurityGroupId()}, // a balancer that is made without one can never have one
		Tags:           named(groupName(m.p)),
		LoadBalancerAttributes: balancerAttributes([][2]string{
			{"load_balancing.cross_zone.enabled", "true"}, // sources in a zone without a healthy sensor are heard by another zone's
			{"deletion_protection.enabled", "false"},      // it holds no data, and destroying a deployment must need no second step
		}),
	})
	excuse(m.balancer, "AwsSolutions-ELB2", "A network load balancer writes access logs of TLS listeners alone, and this one has UDP only. The flow log of the VPC sees what reaches it.")
	m.makeTargets()
	m.listener = awselasticloadbalancingv2.NewCfnListener(m.s, jsii.String("Listener"), &awselasticloadbalancingv2.CfnListenerProps{
		LoadBalancerArn: m.balancer.AttrLoadBalancerArn(), Protocol: jsii.String("UDP"), Port: jsii.Number(float64(host.PacketPort)),
		DefaultActions: []any{&awselasticloadbalancingv2.CfnListener_ActionProperty{Type: jsii.String("forward"), TargetGroupArn: m.targets.AttrTargetGroupArn()}},
	})
	m.fleet.Balancer, m.fleet.BalancerName = *m.balancer.AttrLoadBalancerArn(), *m.balancer.AttrLoadBalancerFullName()
	m.fleet.TargetGroup, m.fleet.TargetGroupName = *m.targets.AttrTargetGroupArn(), *m.targets.AttrTargetGroupFullName()
}

// makeTargets makes the target group. All packets of an interface must reach one sensor, which is what source_ip does: their outer source is
// the interface. Answers of the VPC's resolver have another port than their questions, and would go elsewhere by the hash of five.
//
// The check is a connection to the side port and not GET /healthz, which fails while packets are dropped: a sensor that is taken away
// because it has too much leaves what it had to others, which then have too much, and the group would replace it together with what it has
// learned. More sensors are what helps, and drops ask for them.
func (m *fleetmaker) makeTargets() {
	kind := "instance"
	if m.p.Fleet == settings.Fargate {
		kind = "ip"
	}
	m.targets = awselasticloadbalancingv2.NewCfnTargetGroup(m.s, jsii.String("Targets"), &awselasticloadbalancingv2.CfnTargetGroupProps{
		VpcId: m.n.VPC.VpcId(), Protocol: jsii.String("UDP"), Port: jsii.Number(float64(host.PacketPort)), TargetType: jsii.String(kind), Tags: named(groupName(m.p)),
		HealthCheckEnabled: jsii.Bool(true), HealthCheckProtocol: jsii.String("TCP"), HealthCheckPort: jsii.String(strconv.Itoa(host.SidePort)), // UDP answers nothing that could be checked
		HealthCheckIntervalSeconds: jsii.Number(10.0), HealthCheckTimeoutSeconds: jsii.Number(5.0), HealthyThresholdCount: jsii.Number(3.0), UnhealthyThresholdCount: jsii.Number(2.0),
		TargetGroupAttributes: targetAttributes([][2]string{
			{"stickiness.enabled", "true"}, {"stickiness.type", "source_ip"},
			// A mirror flow is never idle: without an end it would stay with a sensor that leaves. And while it lasts an interface that goes on
			// has packets at two sensors, so the end is soon; a sensor listens until nothing comes any more.
			{"deregistration_delay.timeout_seconds", "60"}, {"deregistration_delay.connection_termination.enabled", "true"},
		}),
	})
}

func balancerAttributes(list [][2]string) (out []any) {
	for _, a := range list {
		out = append(out, &awselasticloadbalancingv2.CfnLoadBalancer_LoadBalancerAttributeProperty{Key: jsii.String(a[0]), Value: jsii.String(a[1])})
	}
	return out
}

func targetAttributes(list [][2]string) (out []any) {
	for _, a := range list {
		out = append(out, &awselasticloadbalancingv2.CfnTargetGroup_TargetGroupAttributeProperty{Key: jsii.String(a[0]), Value: jsii.String(a[1])})
	}
	return out
}
