package plan

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TargetPlanner keeps a mirror target for each load balancer and endpoint of the fleet. A target cannot be modified: what differs but
// for its tags stays as it is.
type TargetPlanner struct{}

// Name is the planner's name in steps.
func (TargetPlanner) Name() string { return "target" }

// Plan makes the targets that are missing and mends their tags.
func (p TargetPlanner) Plan(have *World, want *policy.Policy) []Step {
	if want.Switch == policy.Off {
		return nil // the kill switch takes sessions away: nothing needs a target now
	}
	var steps []Step
	for _, region := range fabricRegions(want) {
		a := fabricPlace(have, want.Fleet.Account, region)
		if a == nil || !fabricLooked(have, a) || !fabricRead(a, "DescribeTrafficMirrorTargets") {
			continue
		}
		for _, t := range fabricManaged(want, region) {
			steps = append(steps, p.keep(have, want, a, t)...)
		}
	}
	return steps
}

func (p TargetPlanner) keep(have *World, want *policy.Policy, a *Account, t policy.Target) []Step {
	step := Step{Planner: p.Name(), Account: a.ID, Region: a.Region, Name: t.Name()}
	tags := map[string]string{TagTarget: t.Name(), TagName: "mirrorwatch " + fabricShort(t.Name())}
	if old, ok := fabricKept(a, want, t); ok {
		step.Object, step.Reason = old.ID, "the tags of target "+old.ID+" are not those that it was made with"
		return fabricTagStep(step, old.Tags, tags)
	}
	began := fabricBegan(have.At)
	tags[TagDeployment], tags[TagCreated] = want.Deployment, began
	step.Action, step.Makes = CreateTarget, TargetName(a.Region, t.Name())
	step.Reason = "no mirror target of ours points to " + fabricShort(t.Name()) + " yet"
	step.Input.CreateTarget = &ec2api.CreateTrafficMirrorTarget{
		NetworkLoadBalancer: t.LoadBalancer, GatewayLoadBalancerEndpoint: t.Endpoint,
		Description: "Mirrorwatch sensors of deployment " + want.Deployment, Tags: tags,
		ClientToken: fabricToken("target", want.Deployment, a.Region, t.Name(), began),
	}
	return []Step{step}
}

// fabricKept is the target of ours that points where t does. Of several the one with the lowest id is kept, whoever looks.
func fabricKept(a *Account, want *policy.Policy, t policy.Target) (kept ec2api.TrafficMirrorTarget, ok bool) {
	for _, have := range a.Targets {
		if have.Owner != a.ID || !want.Owned(have.Tags) ||
			have.NetworkLoadBalancer != t.LoadBalancer || have.GatewayLoadBalancerEndpoint != t.Endpoint || have.NetworkInterface != "" {
			continue
		}
		if !ok || have.ID < kept.ID {
			kept, ok = have, true
		}
	}
	return kept, ok
}

// fabricShort is what people call a thing of which the ARN is known: "sensors" of ".../net/sensors/50dc6c495c0c9188".
func fabricShort(arn string) string {
	parts := strings.Split(arn, "/")
	if !strings.HasPrefix(arn, "arn:") || len(parts) < 2 {
		return arn
	}
	return parts[max(1, len(parts)-2)]
}
