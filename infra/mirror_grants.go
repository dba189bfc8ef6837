package main

import "fmt"

// mirrorGrants is what keeping mirror sessions needs in one account and region. EC2's describes know no resources; what changes
// something may change only objects of mirroring, and delete or modify only sessions that carry this deployment's tag.
func (p *place) mirrorGrants(account string) []grant {
	of := func(kind string) string { return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/*", p.region, account, kind) }
	sessions, filters, rules := of("traffic-mirror-session"), of("traffic-mirror-filter"), of("traffic-mirror-filter-rule")
	target := fmt.Sprintf("arn:aws:ec2:%s:%s:traffic-mirror-target/*", p.region, p.Account) // the fleet's, shared with the others
	own := map[string]any{"StringEquals": map[string]any{"aws:ResourceTag/mirrorwatch:deployment": p.Deployment}}
	const any_ = "ids of objects of mirroring are not known before they are made"
	return []grant{
		{actions: []string{
			"autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
			"ec2:DescribeTrafficMirrorFilters", "ec2:DescribeTrafficMirrorSessions", "ec2:DescribeTrafficMirrorTargets", "ec2:DescribeVpcs",
		}, resources: []string{"*"}, why: "these describes know no resources"},
		{actions: []string{"ec2:CreateTrafficMirrorSession"}, resources: []string{sessions, filters, target, of("network-interface")}, why: any_},
		{actions: []string{"ec2:DeleteTrafficMirrorSession"}, resources: []string{sessions}, conditions: own, why: any_},
		{actions: []string{"ec2:ModifyTrafficMirrorSession"}, resources: []string{sessions}, conditions: own, why: any_},
		{actions: []string{"ec2:ModifyTrafficMirrorSession"}, resources: []string{filters, target}, why: any_},
		{actions: []string{
			"ec2:CreateTrafficMirrorFilter", "ec2:CreateTrafficMirrorFilterRule", "ec2:DeleteTrafficMirrorFilter", "ec2:DeleteTrafficMirrorFilterRule",
			"ec2:ModifyTrafficMirrorFilterNetworkServices", "ec2:ModifyTrafficMirrorFilterRule",
		}, resources: []string{filters, rules}, why: any_},
		{actions: []string{"ec2:CreateTags"}, resources: []string{sessions, filters, rules, target}, conditions: map[string]any{"StringEquals": map[string]any{
			"ec2:CreateAction": []string{"CreateTrafficMirrorSession", "CreateTrafficMirrorFilter", "CreateTrafficMirrorFilterRule", "CreateTrafficMirrorTarget"},
		}}, why: any_},
		{actions: []string{"ec2:CreateTags", "ec2:DeleteTags"}, resources: []string{sessions, filters, rules, target}, conditions: own, why: any_},
	}
}

// fleetGrants is what it needs besides where the sensors are.
func (p *place) fleetGrants(f *fleet) []grant {
	listeners := fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:listener/net/*", p.region, p.Account)
	list := []grant{
		{actions: []string{
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
			"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
		}, resources: []string{"*"}, why: "these describes know no resources"},
		{actions: []string{"elasticloadbalancing:CreateListener", "elasticloadbalancing:ModifyLoadBalancerAttributes"}, resources: []string{f.Balancer}},
		{actions: []string{"elasticloadbalancing:ModifyListener"}, resources: []string{listeners}, why: "a listener that was deleted and made again has another id"},
		{actions: []string{"elasticloadbalancing:ModifyTargetGroupAttributes"}, resources: []string{f.TargetGroup}},
		{actions: []string{"ec2:CreateTrafficMirrorTarget", "ec2:DeleteTrafficMirrorTarget"}, resources: []string{
			fmt.Sprintf("arn:aws:ec2:%s:%s:traffic-mirror-target/*", p.region, p.Account),
		}, why: "ids of targets are not known before they are made"},
	}
	return append(list, p.shareGrants()...)
}

// shareGrants lets the target be shared with other accounts by AWS Resource Access Manager. The loop asks whether a share is there
// also where nobody is to have one: that of an account that was taken out of the settings has to go.
func (p *place) shareGrants() []grant {
	shares := fmt.Sprintf("arn:aws:ram:%s:%s:resource-share/*", p.region, p.Account)
	return []grant{
		{actions: []string{"ram:GetResourceShares", "ram:GetResourceShareAssociations"}, resources: []string{"*"}, why: "these look-ups know no resources"},
		{actions: []string{"ram:CreateResourceShare", "ram:TagResource"}, resources: []string{"*"}, conditions: map[string]any{"StringEquals": map[string]any{
			"aws:RequestTag/mirrorwatch:deployment": p.Deployment,
		}}, why: "a share has no id before it is made"},
		{actions: []string{"ram:AssociateResourceShare", "ram:DeleteResourceShare", "ram:DisassociateResourceShare"}, resources: []string{shares}, conditions: map[string]any{
			"StringEquals": map[string]any{"aws:ResourceTag/mirrorwatch:deployment": p.Deployment},
		}, why: "a share has no id before it is made"},
	}
}
