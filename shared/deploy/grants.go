package deploy

// TagDeployment is the tag by which mirroring knows what is its own: its value is the deployment in the policy.
const TagDeployment = "mirrorwatch:deployment"

// Grant is calls that a role must be allowed, on what, and on which condition. A call that AWS judges by several things at once is in
// several grants, one for each of these things.
type Grant struct {
	For       string   // what they are for, as the name of a statement
	Actions   []string // "ec2:CreateTrafficMirrorSession"
	Resources []string // "*", or service and resource of an ARN: "ec2:traffic-mirror-session/*"
	Key       string   // of the condition, StringEquals; empty: there is none
	Values    []string
}

// MirrorGrants are those of lambdas/mirror in each account whose interfaces are mirrored. Where accounts outside the organization are
// shared with, MirrorInvitations come to them.
func MirrorGrants(deployment string) []Grant {
	ours := []string{deployment}
	const made, had = "aws:RequestTag/" + TagDeployment, "aws:ResourceTag/" + TagDeployment
	const sessions, filters, rules = "ec2:traffic-mirror-session/*", "ec2:traffic-mirror-filter/*", "ec2:traffic-mirror-filter-rule/*"
	return []Grant{
		{"Look", []string{
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeInstances", "ec2:DescribeInstanceTypes", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
			"ec2:DescribeTrafficMirrorSessions", "ec2:DescribeTrafficMirrorTargets", "ec2:DescribeTrafficMirrorFilters",
			"autoscaling:DescribeAutoScalingGroups",
		}, []string{"*"}, "", nil},
		{"MakeSessions", []string{"ec2:CreateTrafficMirrorSession"}, []string{sessions}, made, ours},
		{"MirrorInterfaces", []string{"ec2:CreateTrafficMirrorSession"}, []string{"ec2:network-interface/*"}, "", nil},
		{"SendToTargets", []string{"ec2:CreateTrafficMirrorSession", "ec2:ModifyTrafficMirrorSession"}, []string{"ec2:traffic-mirror-target/*"}, "", nil},
		{"KeepSessions", []string{"ec2:ModifyTrafficMirrorSession", "ec2:DeleteTrafficMirrorSession"}, []string{sessions}, had, ours},
		{"MakeFilters", []string{"ec2:CreateTrafficMirrorFilter"}, []string{filters}, made, ours},
		{"KeepFilters", []string{
			"ec2:CreateTrafficMirrorSession", "ec2:ModifyTrafficMirrorSession", "ec2:DeleteTrafficMirrorFilter", "ec2:ModifyTrafficMirrorFilterNetworkServices",
			"ec2:CreateTrafficMirrorFilterRule", "ec2:ModifyTrafficMirrorFilterRule", "ec2:DeleteTrafficMirrorFilterRule",
		}, []string{filters}, had, ours},
		{"KeepRules", []string{"ec2:CreateTrafficMirrorFilterRule", "ec2:ModifyTrafficMirrorFilterRule", "ec2:DeleteTrafficMirrorFilterRule"}, []string{rules}, "", nil},
		{"TagWhatIsMade", []string{"ec2:CreateTags"}, []string{sessions, filters}, "ec2:CreateAction", []string{"CreateTrafficMirrorSession", "CreateTrafficMirrorFilter"}},
		{"KeepTags", []string{"ec2:CreateTags", "ec2:DeleteTags"}, []string{sessions, filters}, had, ours},
	}
}

// MirrorInvitations are those in an account outside the fleet's organization, where the policy says share.external.
func MirrorInvitations() []Grant {
	return []Grant{{"Invitations", []string{"ram:GetResourceShareInvitations", "ram:AcceptResourceShareInvitation"}, []string{"*"}, "", nil}}
}

// MirrorFleetGrants are those of lambdas/mirror in the fleet's account, besides MirrorGrants where interfaces of it are mirrored as well. The
// ARNs of load balancer, listener and target group can be narrower where they are known.
func MirrorFleetGrants(deployment string) []Grant {
	ours := []string{deployment}
	const made, had = "aws:RequestTag/" + TagDeployment, "aws:ResourceTag/" + TagDeployment
	const targets = "ec2:traffic-mirror-target/*"
	return []Grant{
		{"LookAtFleet", []string{
			"ec2:DescribeTrafficMirrorSessions", "ec2:DescribeTrafficMirrorTargets",
			"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeListeners",
			"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetHealth",
			"ram:GetResourceShares", "ram:GetResourceShareAssociations",
		}, []string{"*"}, "", nil},
		{"MakeTargets", []string{"ec2:CreateTrafficMirrorTarget"}, []string{targets}, made, ours},
		{"KeepTargets", []string{"ec2:DeleteTrafficMirrorTarget"}, []string{targets}, had, ours},
		{"TagTargets", []string{"ec2:CreateTags"}, []string{targets}, "ec2:CreateAction", []string{"CreateTrafficMirrorTarget"}},
		{"KeepTargetTags", []string{"ec2:CreateTags"}, []string{targets}, had, ours},
		{"KeepBalancers", []string{"elasticloadbalancing:CreateListener", "elasticloadbalancing:ModifyLoadBalancerAttributes"},
			[]string{"elasticloadbalancing:loadbalancer/net/*"}, "", nil},
		{"KeepListeners", []string{"elasticloadbalancing:ModifyListener"}, []string{"elasticloadbalancing:listener/net/*"}, "", nil},
		{"KeepTargetGroups", []string{"elasticloadbalancing:ModifyTargetGroupAttributes"}, []string{"elasticloadbalancing:targetgroup/*"}, "", nil},
		{"MakeShares", []string{"ram:CreateResourceShare", "ram:TagResource"}, []string{"*"}, made, ours},
		{"KeepShares", []string{"ram:AssociateResourceShare", "ram:DisassociateResourceShare", "ram:DeleteResourceShare"},
			[]string{"ram:resource-share/*"}, had, ours},
	}
}
