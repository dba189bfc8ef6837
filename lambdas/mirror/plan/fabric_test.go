package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	fabricFleetID  = "111111111111"
	fabricMemberID = "222222222222"
	fabricAlienID  = "999999999999"
	fabricHome     = "eu-west-1"
	fabricSensorLB = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/sensors/50dc6c495c0c9188"
	fabricSensorTG = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/sensors/73e2d6bc24d8a067"
)

var fabricNoon = time.Date(2026, 11, 25, 12, 3, 0, 0, time.UTC)

// fabricPolicy mirrors the fleet's account and a member, with one load balancer.
func fabricPolicy() *policy.Policy {
	return &policy.Policy{
		Version: 1, Deployment: "prod", Switch: policy.On,
		Accounts: []policy.Account{{ID: fabricFleetID, Regions: []string{fabricHome}}, {ID: fabricMemberID, Regions: []string{fabricHome}}},
		Fleet: policy.Fleet{
			Account: fabricFleetID, Targets: []policy.Target{{Region: fabricHome, LoadBalancer: fabricSensorLB, TargetGroup: fabricSensorTG}},
			Share: policy.Share{Name: "mirrorwatch-prod", Manage: true},
		},
		Select:   policy.Select{Tag: "mirrorwatch", Default: "on"},
		Profiles: map[string]policy.Profile{"default": {DNS: true, Rules: []policy.Rule{{Action: "accept", Direction: "both", Protocol: "all"}}}},
		Trusted:  []string{"333333333333"},
		Prices:   policy.Prices{SessionHour: 0.015},
	}
}

// fabricBare is a world in which nothing of ours is yet.
func fabricBare() *World {
	return &World{At: fabricNoon, Accounts: []Account{
		{ID: fabricFleetID, Region: fabricHome, Balancers: []Balancer{{
			LoadBalancer: ec2api.LoadBalancer{ARN: fabricSensorLB, Name: "sensors", Type: "network", State: "active", AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}},
			Attributes:   map[string]string{"load_balancing.cross_zone.enabled": "false"},
			TargetGroups: []TargetGroup{{
				TargetGroup: ec2api.TargetGroup{ARN: fabricSensorTG, Name: "sensors", Protocol: "UDP", Port: 4789},
				Attributes:  map[string]string{"stickiness.enabled": "false", "stickiness.type": "source_ip", "deregistration_delay.connection_termination.enabled": "true"},
				Health:      map[string]string{"i-sensor": "healthy"},
			}},
		}}},
		{ID: fabricMemberID, Region: fabricHome},
	}}
}

// fabricSettled is the bare world after everything that these planners want was made.
func fabricSettled(t *testing.T, want *policy.Policy) *World {
	t.Helper()
	w := fabricBare()
	return fabricApply(t, w, fabricAll(w, want))
}

// fabricAll plans as a pass does, but for sessions.
func fabricAll(have *World, want *policy.Policy) []Step {
	var steps []Step
	for _, p := range append(fabricBefore(nil), fabricAfter(nil)...) {
		steps = append(steps, p.Plan(have, want)...)
	}
	return steps
}

// fabricLines are steps as a table reads them: who, what, on what.
func fabricLines(steps []Step) []string {
	out := []string{}
	for _, s := range steps {
		line := fmt.Sprintf("%s %s %s%s", s.Account[:3], s.Action, s.Object, s.Makes)
		for _, ref := range []string{s.TargetRef, s.FilterRef} {
			if ref != "" {
				line += " <- " + ref
			}
		}
		switch {
		case s.Input.CreateRule != nil:
			line += fmt.Sprintf(" %s %d %s", s.Input.CreateRule.Direction, s.Input.CreateRule.Number, s.Input.CreateRule.SourceCIDR)
		case s.Input.SetServices != nil:
			line += fmt.Sprintf(" +%v -%v", s.Input.SetServices.Add, s.Input.SetServices.Remove)
		case s.Input.Associate != nil:
			line += fmt.Sprintf(" %v %v", s.Input.Associate.Resources, s.Input.Associate.Principals)
		case s.Input.Attributes != nil || s.Input.Tags != nil || s.Input.ModifyRule != nil:
			line += fmt.Sprintf(" %v", s.Changes)
		}
		out = append(out, strings.NewReplacer(fabricSensorLB, "LB", fabricSensorTG, "TG").Replace(strings.TrimSpace(line)))
	}
	return out
}

// fabricSame fails where steps are not those of a table.
func fabricSame(t *testing.T, got []Step, want ...string) {
	t.Helper()
	for _, s := range got {
		if s.Reason == "" || s.Planner == "" || s.Region == "" {
			t.Errorf("%s of %q in %q gives the reason %q: a step says who plans it, where and why", s.Action, s.Planner, s.Region, s.Reason)
		}
	}
	if g := fabricLines(got); !slices.Equal(g, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(g, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func fabricCloneWorld(w *World) *World {
	var out World
	b, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err)
	}
	return &out
}

type fabricFailer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// fabricApply gives the world after steps, as strict as AWS where these planners could go wrong.
func fabricApply(t fabricFailer, before *World, steps []Step) *World {
	t.Helper()
	w := fabricCloneWorld(before)
	x := &fabricApplier{fabricFailer: t, w: w, made: map[string]string{}, tokens: map[string]string{}}
	for _, s := range steps {
		if x.a = fabricPlace(w, s.Account, s.Region); x.a == nil {
			t.Fatalf("%s in %s/%s, which is not in the world", s.Action, s.Account, s.Region)
		}
		x.n++
		x.step(s)
	}
	return w
}

type fabricApplier struct {
	fabricFailer
	w            *World
	a            *Account
	n            int
	made, tokens map[string]string
}

func (x *fabricApplier) id(kind string) string { return fmt.Sprintf("%s-made%04d", kind, x.n) }

func (x *fabricApplier) once(token string) {
	if token == "" || x.tokens[token] != "" {
		x.Fatalf("token %q is empty or was used in this pass by another request", token)
	}
	x.tokens[token] = token
}

func (x *fabricApplier) step(s Step) {
	x.Helper()
	switch s.Action {
	case CreateTarget:
		in := s.Input.CreateTarget
		x.once(in.ClientToken)
		t := ec2api.TrafficMirrorTarget{ID: x.id("tmt"), Owner: x.a.ID, NetworkLoadBalancer: in.NetworkLoadBalancer, GatewayLoadBalancerEndpoint: in.GatewayLoadBalancerEndpoint, Tags: in.Tags}
		x.a.Targets, x.made[s.Makes] = append(x.a.Targets, t), t.ID
	case DeleteTarget:
		x.unused(s.Object)
		x.a.Targets = fabricRemove(x, x.a.Targets, s.Object, func(t ec2api.TrafficMirrorTarget) string { return t.ID })
	case CreateShare, AssociateShare, DisassociateShare, DeleteShare, AcceptShare:
		x.share(s)
	case CreateListener, SetGroup, SetBalancer:
		x.balancer(s)
	case CreateFilter:
		x.once(s.Input.CreateFilter.ClientToken)
		f := ec2api.TrafficMirrorFilter{ID: x.id("tmf"), Tags: s.Input.CreateFilter.Tags}
		x.a.Filters, x.made[s.Makes] = append(x.a.Filters, f), f.ID
	case DeleteFilter:
		x.unused(s.Object)
		x.a.Filters = fabricRemove(x, x.a.Filters, s.Object, func(f ec2api.TrafficMirrorFilter) string { return f.ID })
	case SetServices, CreateRule, ModifyRule, DeleteRule:
		x.rule(s)
	case Tag:
		x.tag(s)
	case DeleteSession:
		for i := range x.w.Accounts { // the owner of its target saw it, too
			a := &x.w.Accounts[i]
			for _, gone := range a.Sessions { // whoever deletes a session gives back its VNI
				if b := x.w.Bindings[gone.NetworkInterface]; gone.ID == s.Object && b.VNI == gone.VirtualNetworkID {
					delete(x.w.Bindings, gone.NetworkInterface)
				}
			}
			a.Sessions = slices.DeleteFunc(a.Sessions, func(f ec2api.TrafficMirrorSession) bool { return f.ID == s.Object && f.Owner == s.Account })
		}
	case Release:
		delete(x.w.Bindings, s.Interface)
	default:
		x.Fatalf("a planner of the fabric has nothing to do with %s", s.Action)
	}
}

func (x *fabricApplier) unused(id string) {
	x.Helper()
	for _, s := range append(fabricUsers(x.w)[id], ec2api.TrafficMirrorSession{}) {
		if s.ID != "" {
			x.Fatalf("%s is in use by %s", id, s.ID)
		}
	}
}

func fabricRemove[T any](x *fabricApplier, list []T, id string, of func(T) string) []T {
	x.Helper()
	out := slices.DeleteFunc(slices.Clone(list), func(v T) bool { return of(v) == id })
	if len(out) != len(list)-1 {
		x.Fatalf("%s is not there to be deleted", id)
	}
	return out
}

func (x *fabricApplier) tag(s Step) {
	x.Helper()
	for i := range x.a.Targets {
		if t := &x.a.Targets[i]; t.ID == s.Object {
			fabricMerge(&t.Tags, s.Input.Tags)
			return
		}
	}
	for i := range x.a.Filters {
		if f := &x.a.Filters[i]; f.ID == s.Object {
			fabricMerge(&f.Tags, s.Input.Tags)
			return
		}
	}
	x.Fatalf("%s is not there to be tagged", s.Object)
}

func fabricMerge(into *map[string]string, set map[string]string) {
	if *into == nil {
		*into = map[string]string{}
	}
	for k, v := range set {
		(*into)[k] = v
	}
}

func (x *fabricApplier) share(s Step) {
	x.Helper()
	var made []string
	if s.TargetRef != "" {
		made = []string{ec2api.TrafficMirrorTarget{ID: x.made[s.TargetRef], Owner: x.a.ID}.ARN(x.a.Region)}
	}
	if s.Action == CreateShare {
		in := s.Input.CreateShare
		x.once(in.ClientToken)
		share := ec2api.ResourceShare{ARN: "arn:" + x.id("share"), Name: in.Name, Owner: x.a.ID, Status: "ACTIVE", Resources: append(slices.Clone(in.Resources), made...), Principals: in.Principals, External: in.External, Tags: in.Tags}
		x.a.Shares, x.made[s.Makes] = append(x.a.Shares, share), share.ARN
		return
	}
	if s.Action == AcceptShare {
		x.a.Invitations = fabricRemove(x, x.a.Invitations, s.Object, func(i ec2api.Invitation) string { return i.ARN })
		return
	}
	i := slices.IndexFunc(x.a.Shares, func(r ec2api.ResourceShare) bool { return r.ARN == s.Object || r.ARN == x.made[s.Object] })
	if i < 0 {
		x.Fatalf("share %s is not there", s.Object)
	}
	share := &x.a.Shares[i]
	switch s.Action {
	case AssociateShare:
		share.Resources = slices.Concat(share.Resources, s.Input.Associate.Resources, made)
		share.Principals = slices.Concat(share.Principals, s.Input.Associate.Principals)
	case DisassociateShare:
		share.Resources, share.Principals = fabricMinus(share.Resources, s.Input.Associate.Resources), fabricMinus(share.Principals, s.Input.Associate.Principals)
	case DeleteShare:
		x.a.Shares = slices.Delete(x.a.Shares, i, i+1)
	}
}

func (x *fabricApplier) balancer(s Step) {
	x.Helper()
	for i := range x.a.Balancers {
		b := &x.a.Balancers[i]
		switch {
		case s.Action == CreateListener && b.ARN == s.Object:
			if fabricListens(b) != nil {
				x.Fatalf("there is a listener already")
			}
			b.Listeners = append(b.Listeners, *s.Input.CreateListener)
		case s.Action == SetBalancer && b.ARN == s.Object:
			fabricMerge(&b.Attributes, s.Input.Attributes)
		case s.Action == SetGroup:
			fabricMerge(&fabricGroup(b, s.Object).Attributes, s.Input.Attributes)
		}
	}
}

func (x *fabricApplier) rule(s Step) {
	x.Helper()
	f := x.filter(s)
	rules := &f.Ingress
	switch s.Action {
	case SetServices:
		f.NetworkServices = append(fabricMinus(f.NetworkServices, s.Input.SetServices.Remove), s.Input.SetServices.Add...)
	case CreateRule:
		in := s.Input.CreateRule
		x.once(in.ClientToken)
		if in.Direction == "egress" {
			rules = &f.Egress
		}
		if len(f.Ingress)+len(f.Egress) >= 10 || slices.ContainsFunc(*rules, func(r ec2api.TrafficMirrorFilterRule) bool { return r.Number == in.Number }) {
			x.Fatalf("rule %s of %s: full, or there already", ruleName(in.RuleSpec), f.ID)
		}
		*rules = append(*rules, ec2api.TrafficMirrorFilterRule{ID: x.id("tmfr"), Filter: f.ID, RuleSpec: in.RuleSpec})
	case ModifyRule:
		for _, list := range [][]ec2api.TrafficMirrorFilterRule{f.Ingress, f.Egress} {
			for i := range list {
				if list[i].ID == s.Object && reflect.DeepEqual(list[i].RuleSpec, s.Input.ModifyRule.Was) {
					list[i].RuleSpec = s.Input.ModifyRule.To
				}
			}
		}
	case DeleteRule:
		gone := func(r ec2api.TrafficMirrorFilterRule) bool { return r.ID == s.Object }
		f.Ingress, f.Egress = slices.DeleteFunc(f.Ingress, gone), slices.DeleteFunc(f.Egress, gone)
	}
}

// filter finds the filter that a step is about, by its id, what made it, or its rule.
func (x *fabricApplier) filter(s Step) *ec2api.TrafficMirrorFilter {
	x.Helper()
	for i := range x.a.Filters {
		f := &x.a.Filters[i]
		has := func(r ec2api.TrafficMirrorFilterRule) bool { return r.ID == s.Object }
		if s.FilterRef != "" && f.ID == x.made[s.FilterRef] || s.FilterRef == "" && f.ID == s.Object ||
			slices.ContainsFunc(f.Ingress, has) || slices.ContainsFunc(f.Egress, has) {
			return f
		}
	}
	x.Fatalf("%s: no filter %s%s", s.Action, s.Object, s.FilterRef)
	return nil
}
