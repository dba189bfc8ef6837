// Package ec2api is the part of AWS that mirroring needs, as Go interfaces and AWS's own nouns: one method is one API call, one page of
// a describe is one call. (Only the short lists without pages, of load balancers and of shares, may take more where AWS cuts them.) What comes in is requests; what goes out is what AWS answered, or an *Error with AWS's code. sdk implements
// the interfaces with AWS's client (slow to compile, so it is behind this package), test/ec2fake with a strict imitation. Pace holds
// calls to a budget and repeats those that were throttled; All reads every page. It never decides what should be.
package ec2api

import "context"

// EC2 is the EC2 of one account and region.
type EC2 interface {
	DescribeInstances(ctx context.Context, q Query) (Page[Instance], error)
	DescribeInstanceTypes(ctx context.Context, q Query) (Page[InstanceType], error)
	DescribeNetworkInterfaces(ctx context.Context, q Query) (Page[NetworkInterface], error)
	DescribeSubnets(ctx context.Context, q Query) (Page[Subnet], error)
	DescribeVpcs(ctx context.Context, q Query) (Page[Vpc], error)
	CreateTags(ctx context.Context, ids []string, tags map[string]string) error
	DeleteTags(ctx context.Context, ids []string, keys []string) error

	DescribeTrafficMirrorSessions(ctx context.Context, q Query) (Page[TrafficMirrorSession], error)
	CreateTrafficMirrorSession(ctx context.Context, in CreateTrafficMirrorSession) (TrafficMirrorSession, error)
	ModifyTrafficMirrorSession(ctx context.Context, in ModifyTrafficMirrorSession) (TrafficMirrorSession, error)
	DeleteTrafficMirrorSession(ctx context.Context, in Delete) error

	DescribeTrafficMirrorTargets(ctx context.Context, q Query) (Page[TrafficMirrorTarget], error)
	CreateTrafficMirrorTarget(ctx context.Context, in CreateTrafficMirrorTarget) (TrafficMirrorTarget, error)
	DeleteTrafficMirrorTarget(ctx context.Context, in Delete) error

	// DescribeTrafficMirrorFilters gives filters with their rules and network services.
	DescribeTrafficMirrorFilters(ctx context.Context, q Query) (Page[TrafficMirrorFilter], error)
	CreateTrafficMirrorFilter(ctx context.Context, in CreateTrafficMirrorFilter) (TrafficMirrorFilter, error)
	DeleteTrafficMirrorFilter(ctx context.Context, in Delete) error
	ModifyTrafficMirrorFilterNetworkServices(ctx context.Context, in ModifyNetworkServices) (TrafficMirrorFilter, error)
	CreateTrafficMirrorFilterRule(ctx context.Context, in CreateTrafficMirrorFilterRule) (TrafficMirrorFilterRule, error)
	ModifyTrafficMirrorFilterRule(ctx context.Context, in ModifyTrafficMirrorFilterRule) (TrafficMirrorFilterRule, error)
	DeleteTrafficMirrorFilterRule(ctx context.Context, in Delete) error
}

// LoadBalancing is Elastic Load Balancing v2 of one account and region.
type LoadBalancing interface {
	DescribeLoadBalancers(ctx context.Context, arns []string) ([]LoadBalancer, error)
	DescribeLoadBalancerAttributes(ctx context.Context, arn string) (map[string]string, error)
	ModifyLoadBalancerAttributes(ctx context.Context, arn string, set map[string]string) error
	DescribeListeners(ctx context.Context, loadBalancer string) ([]Listener, error)
	CreateListener(ctx context.Context, in Listener) (Listener, error) // ARN is AWS's to give
	// ModifyListener has a listener (in.ARN) forward to another target group; of in, nothing else is changed.
	ModifyListener(ctx context.Context, in Listener) (Listener, error)
	// DescribeTargetGroups gives those of a load balancer, or by ARN.
	DescribeTargetGroups(ctx context.Context, loadBalancer string, arns []string) ([]TargetGroup, error)
	DescribeTargetGroupAttributes(ctx context.Context, arn string) (map[string]string, error)
	ModifyTargetGroupAttributes(ctx context.Context, arn string, set map[string]string) error
	// DescribeTargetHealth gives the state of each target, by target id (instance, IP address).
	DescribeTargetHealth(ctx context.Context, targetGroup string) (map[string]string, error)
}

// AutoScaling is EC2 Auto Scaling of one account and region.
type AutoScaling interface {
	// DescribeAutoScalingGroups takes names as IDs; filters are not used.
	DescribeAutoScalingGroups(ctx context.Context, q Query) (Page[AutoScalingGroup], error)
}

// Sharing is AWS Resource Access Manager of one account and region.
type Sharing interface {
	// GetResourceShares gives the shares of a name that this account owns (owner "SELF") or that others share with it ("OTHER-ACCOUNTS").
	// AWS tells what is in a share, and with whom it is shared, to its owner only. For an owner's shares that takes two calls more.
	GetResourceShares(ctx context.Context, owner, name string) ([]ResourceShare, error)
	CreateResourceShare(ctx context.Context, in CreateResourceShare) (ResourceShare, error)
	AssociateResourceShare(ctx context.Context, share string, resources, principals []string) error
	DisassociateResourceShare(ctx context.Context, share string, resources, principals []string) error
	DeleteResourceShare(ctx context.Context, share string) error
	// GetResourceShareInvitations gives those that wait for an answer.
	GetResourceShareInvitations(ctx context.Context) ([]Invitation, error)
	AcceptResourceShareInvitation(ctx context.Context, invitation string) error
}

// Account is what one account and region is asked through.
type Account struct {
	ID, Region    string
	EC2           EC2
	LoadBalancing LoadBalancing
	AutoScaling   AutoScaling
	Sharing       Sharing
}

// Query asks for a page. IDs and Filters are AWS's own; a value of a filter may hold '*' and '?'.
type Query struct {
	IDs        []string
	Filters    map[string][]string
	MaxResults int32 // 5 to 1000, and a call that allows fewer is asked for as many as it allows; 0: AWS decides, and All asks for 1000
	NextToken  string
}

// Page is one page; Next is empty on the last.
type Page[T any] struct {
	Items []T
	Next  string
}

// Delete names what is to go. DryRun asks only whether it would be allowed.
type Delete struct {
	ID     string
	DryRun bool
}
