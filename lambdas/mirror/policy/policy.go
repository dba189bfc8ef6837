// Package policy is what people want mirrored: accounts, which interfaces, how, and how much it may cost. What comes in is a YAML text;
// what goes out is a Policy in which everything is stated (defaults are filled in), or every mistake at once with its file and line and
// what is allowed. It never asks AWS anything, and a Policy that it gave needs no further checks.
package policy

import (
	"net/netip"
	"time"
)

// Policy is a whole policy. The YAML key of each field is its name in lower case with underscores.
type Policy struct {
	Version    int    // 1
	Deployment string // names what is ours in tags: 1 to 32 of a-z, 0-9 and '-'
	Switch     Switch // default on
	Accounts   []Account
	Fleet      Fleet
	Select     Select
	Profiles   map[string]Profile // at least "default"
	Exclude    []Exclusion
	Budget     Budget
	Limits     Limits
	Prices     Prices
	VNI        VNIRange `yaml:"vni"`
	Trusted    []string // accounts besides those above whose sessions and targets are no cause for alarm
}

// Switch says how far the control plane may go.
type Switch string

// The positions of the switch.
const (
	On     Switch = "on"
	Frozen Switch = "frozen" // look and report; change nothing
	Off    Switch = "off"    // the kill switch: remove every session of ours at once
)

// Account is an account whose interfaces are mirrored.
type Account struct {
	ID      string // twelve digits
	Name    string
	Role    string // ARN of the role to take on there; empty: the caller's own credentials
	Regions []string
	Budget  int   // sessions at most in this account; 0: no bound but the policy's
	Calls   Calls // a region's budget of API calls
}

// Calls is how many API calls a second may be made; AWS throttles each account, region and action on its own.
type Calls struct {
	Read  float64 // default 15
	Write float64 // default 4
}

// Fleet is where packets go: the sensors.
type Fleet struct {
	Account string // that owns load balancers and targets
	Role    string
	Targets []Target
	// Sensors are never mirrored: what a mirror makes would be mirrored again. Any of these names one.
	Sensors Sensors
	Share   Share
}

// Target is one mirror target. Exactly one of ID, LoadBalancer and Endpoint is given.
type Target struct {
	Region       string
	Zones        []string // interfaces in these zones prefer it (traffic between zones costs); empty: all
	ID           string   // tmt-...: somebody else keeps it
	LoadBalancer string   // ARN of a Network Load Balancer; the target is made and kept
	TargetGroup  string   // ARN: where its UDP 4789 listener must forward to; empty: the listener is not looked after
	Endpoint     string   // id of a Gateway Load Balancer endpoint
}

// Name is the target's name in plans and tags.
func (t Target) Name() string {
	for _, s := range []string{t.ID, t.LoadBalancer, t.Endpoint} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Sensors says which interfaces belong to sensors. Interfaces of mirror targets and of the load balancers are known anyway.
type Sensors struct {
	Tags              map[string]string // on instance or interface, all of them
	SecurityGroups    []string
	AutoScalingGroups []string
}

// Share is how targets reach the other accounts: AWS RAM.
type Share struct {
	Name     string // of the resource share; default "mirrorwatch-" and the deployment
	External bool   // accounts outside the organization, who must accept an invitation
	Manage   bool   // default true; false: somebody else shares the targets
}

// Select says which interfaces are mirrored. The tag on the interface wins over that on the instance, then the Auto Scaling group, the
// subnet, the VPC; then the rules, then the default.
type Select struct {
	Tag     string // default "mirrorwatch": its value is on, off or a profile's name
	Rules   []SelectRule
	Default string // off (default), on, or a profile
}

// SelectRule chooses by what an interface is: all that is given must fit, and of one thing any of the values. Rules are a set, not a
// sequence: two that one interface could fit must have the same Profile or different priorities, of which the higher wins.
type SelectRule struct {
	Name     string // default "rule 1", "rule 2", ... by order
	Match    Match
	Profile  string // on, off or a profile
	Priority int
	Line     int `yaml:"-"`
}

// Match is a conjunction. Tags are those of the interface and its instance (the interface's win).
type Match struct {
	Accounts, Regions, VPCs, Subnets []string
	InstanceTypes                    []string            // with '*' at the end: "m5.*"
	Tags                             map[string][]string // key to any of the values; an empty list: the key is there
}

// Exclusion takes interfaces out whatever their tags say.
type Exclusion struct {
	Match  Match
	Reason string
	Line   int `yaml:"-"`
}

// Profile is how an interface is mirrored.
type Profile struct {
	Rules         []Rule // the filter: what they make must not be more than ten (Expand); default: everything
	DNS           bool   // mirror queries to the VPC's resolver (amazon-dns); default true
	PacketLength  int32  // bytes a packet; 0: whole packets. 1 to 8500
	SessionNumber Number
	Priority      int // where budget or quota do not suffice for all, higher comes first; default 0
}

// Number is which session number to take: where two sessions of an interface want a packet, the lower number gets it.
type Number struct {
	Place  Place // default before
	Number int32 // 1 to 32766; default 1. The number with "exact"; else where to begin to look
}

// Place is a session's place among those of others.
type Place string

// The places.
const (
	Before Place = "before" // below every number of others, if there is room
	After  Place = "after"  // above every number of others
	Exact  Place = "exact"  // this number or none
)

// Rule is one filter rule, for one or both directions, of which source and destination are the packet's. Numbers are given by order,
// 10 apart.
type Rule struct {
	Action           string       // accept, reject
	Direction        string       // ingress, egress, both (default)
	Protocol         string       // tcp, udp, icmp, icmpv6, a number, or all (default)
	Source           netip.Prefix // of one family with Destination. Neither: both families, and the rule counts twice (but icmp and icmpv6 have one)
	Destination      netip.Prefix
	SourcePorts      Ports
	DestinationPorts Ports
	Description      string
	Line             int `yaml:"-"`
}

// Ports is a range of ports: "443" or "1000-2000"; zero is every port.
type Ports struct{ From, To int32 }

// Budget stops growth; what is mirrored already stays.
type Budget struct {
	Sessions int     // 0: no bound
	USDMonth float64 `yaml:"usd_month"` // of session hours; 0: no bound
	Reserve  int     // sessions of AWS's quota left to others, an account and region; default 100
	Tags     []TagBudget
}

// TagBudget bounds the sessions of interfaces with a tag.
type TagBudget struct {
	Key      string
	Value    string `yaml:",always"` // an empty value is one
	Sessions int
}

// Limits are safety rails.
type Limits struct {
	Deletes        int           // at most so many sessions a pass, an account and region; default 25
	DeletePercent  int           // and at most so many of ours in a hundred, but five always; default 10
	Grace          time.Duration // how long a stopped, detached or unsupported source keeps its session; default 15m
	Settle         time.Duration // how long what was made may be invisible to describes; default 2m
	Silent         time.Duration // traffic at the source but none at the sensors for so long is silence; default 15m
	SessionQuota   int           // AWS's sessions an account and region; default 10000
	RetryVerdict   time.Duration // how long NetworkInterfaceNotSupported is believed of an instance family; default 24h
	PendingAttach  time.Duration // how long it is blamed on an attachment that is still going on; default 5m
	SessionsPerENI int           `yaml:"-"` // AWS's quota: 3
}

// Prices are what AWS asks. They are an estimate's only source: AWS bills by region.
type Prices struct {
	SessionHour float64            // USD an interface and hour; default 0.015 (us-east-1)
	Regions     map[string]float64 // where it differs
}

// VNIRange is which VXLAN network identifiers may be given out.
type VNIRange struct{ From, To uint32 } // default 1 to 16777215
