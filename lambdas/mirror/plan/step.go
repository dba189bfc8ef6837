package plan

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Planner looks after one kind of thing. Plan is pure.
type Planner interface {
	Name() string
	Plan(have *World, want *policy.Policy) []Step
}

// Action is what a step does.
type Action string

// The actions. Each has one input type in Step.
const (
	CreateTarget      Action = "create_target"
	DeleteTarget      Action = "delete_target"
	CreateShare       Action = "create_share"
	AssociateShare    Action = "associate_share"
	DisassociateShare Action = "disassociate_share"
	DeleteShare       Action = "delete_share"
	AcceptShare       Action = "accept_share"
	CreateListener    Action = "create_listener"
	ModifyListener    Action = "modify_listener"
	SetGroup          Action = "set_target_group_attributes"
	SetBalancer       Action = "set_load_balancer_attributes"
	CreateFilter      Action = "create_filter"
	DeleteFilter      Action = "delete_filter"
	SetServices       Action = "set_network_services"
	CreateRule        Action = "create_rule"
	ModifyRule        Action = "modify_rule"
	DeleteRule        Action = "delete_rule"
	CreateSession     Action = "create_session"
	ModifySession     Action = "modify_session"
	DeleteSession     Action = "delete_session"
	Tag               Action = "tag"
	Untag             Action = "untag"
	Bind              Action = "bind_vni"    // in the store: a session of ours has a VNI that no binding names
	Release           Action = "release_vni" // in the store: a binding has outlived its session
)

// Does is what an action does to its object.
type Does string

// What actions do.
const (
	Creates  Does = "create"
	Modifies Does = "modify"
	Deletes  Does = "delete"
)

// Does says what an action does to its object. What is shared or bound is made, what is given back goes.
func (a Action) Does() Does {
	switch a {
	case CreateTarget, CreateShare, AssociateShare, AcceptShare, CreateListener, CreateFilter, CreateRule, CreateSession, Bind:
		return Creates
	case DeleteTarget, DisassociateShare, DeleteShare, DeleteFilter, DeleteRule, DeleteSession, Release:
		return Deletes
	}
	return Modifies
}

// Step is one thing to do, as data: it can be printed, compared and stored. Ids of what an earlier step makes are not known yet: then
// the Ref fields say whose id is to be put in.
type Step struct {
	Planner   string `json:"planner"`
	Action    Action `json:"action"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Object    string `json:"object,omitempty"`    // id of what is changed; empty for what is made
	Makes     string `json:"makes,omitempty"`     // the name by which later steps refer to what this one makes: "filter/default"
	Interface string `json:"interface,omitempty"` // that it is for
	Name      string `json:"name,omitempty"`      // the interface's name for people
	Reason    string `json:"reason"`              // one sentence

	Changes []Change `json:"changes,omitempty"`
	Monthly float64  `json:"monthly_usd"` // what it adds to the bill; negative: saves

	TargetRef string `json:"target_ref,omitempty"` // put the id of what was made under this name into the input's Target
	FilterRef string `json:"filter_ref,omitempty"`
	Input     Input  `json:"input"`
}

// Change is one field that changes.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// Input is what exactly is asked of AWS or the store: one field is set, as the Action says.
type Input struct {
	CreateTarget   *ec2api.CreateTrafficMirrorTarget     `json:"create_target,omitempty"`
	CreateShare    *ec2api.CreateResourceShare           `json:"create_share,omitempty"`
	Associate      *Association                          `json:"associate,omitempty"` // also to disassociate
	CreateListener *ec2api.Listener                      `json:"create_listener,omitempty"`
	ModifyListener *ec2api.Listener                      `json:"modify_listener,omitempty"` // to forward to its TargetGroup
	Attributes     map[string]string                     `json:"attributes,omitempty"`
	CreateFilter   *ec2api.CreateTrafficMirrorFilter     `json:"create_filter,omitempty"`
	SetServices    *ec2api.ModifyNetworkServices         `json:"set_services,omitempty"`
	CreateRule     *ec2api.CreateTrafficMirrorFilterRule `json:"create_rule,omitempty"`
	ModifyRule     *ec2api.ModifyTrafficMirrorFilterRule `json:"modify_rule,omitempty"`
	CreateSession  *ec2api.CreateTrafficMirrorSession    `json:"create_session,omitempty"` // VirtualNetworkID 0: the lease gives one; ClientToken: the lease gives it
	ModifySession  *ec2api.ModifyTrafficMirrorSession    `json:"modify_session,omitempty"` // VirtualNetworkID 0: the lease gives one
	Tags           map[string]string                     `json:"tags,omitempty"`           // to set on Object
	Keys           []string                              `json:"keys,omitempty"`           // to take from Object
	Binding        *events.Binding                       `json:"binding,omitempty"`        // of CreateSession (To be bound: VNI 0 where none is held), Bind and Release
}

// Association is of a resource share. TargetRef and Step.Object as elsewhere.
type Association struct {
	Resources, Principals []string
}

// Plan is what is to be done, and how everything stands.
type Plan struct {
	Steps    []Step            `json:"steps"`
	Held     []Held            `json:"held,omitempty"` // steps that a safety rail keeps back
	Coverage []events.Coverage `json:"coverage"`       // every interface of the world, by id
	LeftOut  []LeftOut         `json:"left_out,omitempty"`
	Rogues   []Rogue           `json:"rogues,omitempty"`
	Warnings []string          `json:"warnings,omitempty"` // what people should know and no step mends
	Estimate Estimate          `json:"estimate"`

	// Lost are the places, as Place names them, of whose sessions more than half were not seen: that is taken for a bad answer.
	Lost map[string]bool `json:"-"`
}

// Empty says whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// Held is a step that is not taken, and which rail holds it.
type Held struct {
	Step Step   `json:"step"`
	Rail string `json:"rail"` // "deletes: 26 of at most 25 a pass"
}

// LeftOut is an interface that should be mirrored and is not, for budget or quota.
type LeftOut struct {
	Interface string `json:"interface"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Name      string `json:"name,omitempty"`
	Priority  int    `json:"priority"`
	Reason    string `json:"reason"`
}

// Rogue is a session or target that is not ours and sends packets to an account that nobody named: mirroring is a way to carry data
// away (ATT&CK T1020.001).
type Rogue struct {
	Account   string `json:"account"`
	Region    string `json:"region"`
	Object    string `json:"object"` // tms-... or tmt-...
	Interface string `json:"interface,omitempty"`
	VPC       string `json:"vpc,omitempty"`
	Instance  string `json:"instance,omitempty"`
	Target    string `json:"target,omitempty"`
	Owner     string `json:"owner,omitempty"` // of the target, where known
	Reason    string `json:"reason"`
}

// Estimate is what mirroring costs, in USD a month of 730 hours, by the policy's prices.
type Estimate struct {
	Sessions        int     `json:"sessions"` // of ours now
	SessionsAfter   int     `json:"sessions_after"`
	MonthlyUSD      float64 `json:"monthly_usd"`
	MonthlyUSDAfter float64 `json:"monthly_usd_after"`
}
