// Package plan decides what is to be done for traffic to be mirrored as a policy asks. What comes in is a World (what is) and a Policy
// (what is wanted); what goes out is a Plan: ordered steps, each with its reason, the state of coverage of every interface, what it
// costs, and what was left out and why. It never asks or changes anything: the same world and policy give the same plan, byte for
// byte, for a dry run, for CI, for an event and for the sweep.
package plan

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// World is what is.
type World struct {
	At       time.Time
	Scope    []string // ids of the interfaces that the world is about; nil: everything
	Accounts []Account
	Bindings map[string]events.Binding  // that last, by interface
	Heard    map[uint32]events.Heard    // by VNI, summed over the sensors; nil: no sensor has ever reported
	HeardAt  time.Time                  // when Heard was read; zero: now
	Before   map[string]events.Coverage // as stored by the pass before, by interface
	Verdicts map[string]Verdict         // what was learned of instance families, by family
	Usage    map[string]int             // sessions of ours by Place, as last counted: for accounts that Accounts does not hold whole
	Traffic  map[string]bool            // whether an interface has traffic of its own, where that is known: nobody asks CloudWatch, so the loop leaves it nil
}

// Account is what was seen of one account and region.
type Account struct {
	ID, Region    string
	Failures      []string // calls that failed, as "DescribeInstances: RequestLimitExceeded": nothing is removed where there is one
	Interfaces    []ec2api.NetworkInterface
	Instances     map[string]ec2api.Instance
	Subnets       map[string]ec2api.Subnet
	Vpcs          map[string]ec2api.Vpc
	Groups        map[string]ec2api.AutoScalingGroup // by name
	InstanceTypes map[string]ec2api.InstanceType     // of families that no list names
	Sessions      []ec2api.TrafficMirrorSession      // of every owner that this account sees
	Targets       []ec2api.TrafficMirrorTarget       // its own and those shared with it
	Filters       []ec2api.TrafficMirrorFilter
	Balancers     []Balancer // of the fleet's targets; only where this is the fleet's account and the world is whole
	Shares        []ec2api.ResourceShare
	Invitations   []ec2api.Invitation
}

// Place names an account and region: the key of Usage and of everything kept an account and region.
func Place(account, region string) string { return account + "/" + region }

// Balancer is a Network Load Balancer of the fleet with what can go wrong silently.
type Balancer struct {
	ec2api.LoadBalancer
	Attributes   map[string]string
	Listeners    []ec2api.Listener
	TargetGroups []TargetGroup
}

// TargetGroup is a target group with its attributes and the health of its targets.
type TargetGroup struct {
	ec2api.TargetGroup
	Attributes map[string]string
	Health     map[string]string
}

// Verdict is what AWS answered when an interface of an instance family was to be mirrored.
type Verdict struct {
	Family    string // of an interface that a service holds its own id
	Supported bool
	At        time.Time
	Interface string // that it was learned from
	Once      bool   // a first refusal, kept by its interface: it decides nothing until AWS repeats it
}
