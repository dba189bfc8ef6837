package plan

import (
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// vxlanPort is where mirrored packets arrive: AWS gives no choice.
const vxlanPort = 4789

// ListenerPlanner looks after the load balancers before the sensors: without a listener for UDP 4789 mirroring fails silently. It
// touches only load balancers and target groups that the policy names, and of a listener that is there only where it forwards to.
type ListenerPlanner struct{}

// Name is the planner's name in steps.
func (ListenerPlanner) Name() string { return "listener" }

// groupAttributes keep all packets of one interface on one sensor, which device state and the pairs of DNS need, and let go of a
// sensor that leaves: a busy mirror flow never goes idle by itself.
func groupAttributes() map[string]string {
	return map[string]string{
		"stickiness.enabled": "true", "stickiness.type": "source_ip",
		"deregistration_delay.connection_termination.enabled": "true",
	}
}

// balancerAttributes let sources in a zone without a healthy sensor be heard by another zone's. It costs traffic between zones.
func balancerAttributes() map[string]string {
	return map[string]string{"load_balancing.cross_zone.enabled": "true"}
}

// Plan mends what a load balancer lacks. It needs the whole world: an event reads no load balancers.
func (p ListenerPlanner) Plan(have *World, want *policy.Policy) []Step {
	if have.Scope != nil || want.Switch == policy.Off {
		return nil
	}
	var steps []Step
	for _, region := range fabricRegions(want) {
		a := fabricPlace(have, want.Fleet.Account, region)
		if a == nil {
			continue
		}
		for _, t := range fabricManaged(want, region) {
			if b := fabricBalancer(a, t.LoadBalancer); b != nil && t.TargetGroup != "" {
				steps = append(steps, p.keep(a, b, t)...)
			}
		}
	}
	return steps
}

func (p ListenerPlanner) keep(a *Account, b *Balancer, t policy.Target) []Step {
	var steps []Step
	step := Step{Planner: p.Name(), Account: a.ID, Region: a.Region, Object: b.ARN, Name: fabricShort(b.ARN)}
	group := fabricGroup(b, t.TargetGroup)
	if fabricListens(b) == nil && fabricCanListen(b, group) && fabricRead(a, "DescribeLoadBalancers", "DescribeListeners") {
		s := step
		s.Action, s.Reason = CreateListener, "there is no listener for UDP 4789: mirrored packets are dropped without a word"
		s.Input.CreateListener = &ec2api.Listener{LoadBalancer: b.ARN, Protocol: "UDP", Port: vxlanPort, TargetGroup: t.TargetGroup}
		steps = append(steps, s)
	}
	if l := fabricListens(b); fabricAstray(l, t) && group != nil && fabricCanListen(b, group) {
		s := step
		s.Action, s.Object, s.Reason = ModifyListener, l.ARN, "the listener for UDP 4789 forwards to where no sensor hears it"
		s.Changes = []Change{{Field: "target group", From: l.TargetGroup, To: t.TargetGroup}}
		changed := *l
		changed.TargetGroup = t.TargetGroup
		s.Input.ModifyListener = &changed
		steps = append(steps, s)
	}
	if group != nil && fabricRead(a, "DescribeTargetGroups", "DescribeTargetGroupAttributes") {
		s := step
		s.Action, s.Object, s.Name = SetGroup, group.ARN, group.Name
		s.Reason = "all packets of an interface must reach one sensor, and another when it leaves"
		steps = append(steps, fabricAttributes(s, group.Attributes, groupAttributes())...)
	}
	if fabricRead(a, "DescribeLoadBalancers", "DescribeLoadBalancerAttributes") {
		s := step
		s.Action, s.Reason = SetBalancer, "without cross-zone a zone with no healthy sensor is not heard"
		steps = append(steps, fabricAttributes(s, b.Attributes, balancerAttributes())...)
	}
	return steps
}

// fabricAttributes sets the attributes that differ. Attributes that were not read say nothing.
func fabricAttributes(s Step, have, want map[string]string) []Step {
	set := map[string]string{}
	for _, k := range fabricKeys(want) {
		if have[k] != want[k] {
			set[k] = want[k]
			s.Changes = append(s.Changes, Change{Field: k, From: have[k], To: want[k]})
		}
	}
	if len(have) == 0 || len(set) == 0 {
		return nil
	}
	s.Input.Attributes = set
	return []Step{s}
}

func fabricBalancer(a *Account, arn string) *Balancer {
	for i := range a.Balancers {
		if arn != "" && a.Balancers[i].ARN == arn {
			return &a.Balancers[i]
		}
	}
	return nil
}

func fabricGroup(b *Balancer, arn string) *TargetGroup {
	for i := range b.TargetGroups {
		if arn != "" && b.TargetGroups[i].ARN == arn {
			return &b.TargetGroups[i]
		}
	}
	return nil
}

// fabricListens is the listener at the port, whatever its protocol: a second one cannot be made beside it.
func fabricListens(b *Balancer) *ec2api.Listener {
	for i := range b.Listeners {
		if b.Listeners[i].Port == vxlanPort {
			return &b.Listeners[i]
		}
	}
	return nil
}

// fabricCanListen says whether AWS would take the listener: what it would refuse every time is a warning instead.
func fabricCanListen(b *Balancer, group *TargetGroup) bool {
	return b.State != "failed" && (group == nil || fabricIsUDP(group.Protocol))
}

// fabricAstray says whether a listener takes mirrored packets and hands them to one target group, which the policy does not name. One
// that divides them among several is somebody's intent, and only told of.
func fabricAstray(l *ec2api.Listener, t policy.Target) bool {
	return l != nil && l.Protocol == "UDP" && l.TargetGroup != "" && l.TargetGroup != t.TargetGroup
}

func fabricIsUDP(protocol string) bool { return protocol == "UDP" || protocol == "TCP_UDP" }
