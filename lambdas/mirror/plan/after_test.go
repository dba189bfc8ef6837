package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// aftermath applies steps to a world as EC2 and the store would, and refuses what they would refuse.
type aftermath struct {
	w    World
	want *policy.Policy
	at   time.Time
	was  map[string]events.Coverage
	worn map[uint32]bool   // VNIs of sessions when the pass began: what goes in it may still be shown in the next
	made map[string]string // ids by the name under which a step made it
}

// After gives the world after a plan was applied: what is, what is bound, and the coverage as the loop remembers it.
func After(w World, want policy.Policy, p Plan, at time.Time) (World, error) {
	return afterSeen(w, want, p, at, "")
}

// afterSeen is After where the plan was made by a world that was out of date: an error with the code is what the loop takes for done.
func afterSeen(w World, want policy.Policy, p Plan, at time.Time, done string) (World, error) {
	a := &aftermath{w: clone(w), want: &want, at: at, was: w.Before, made: map[string]string{}}
	a.w.Before = map[string]events.Coverage{}
	for _, c := range p.Coverage {
		a.w.Before[c.Interface] = c
	}
	a.worn = map[uint32]bool{}
	for _, x := range w.Accounts {
		for _, s := range x.Sessions {
			a.worn[s.VirtualNetworkID] = true
		}
	}
	for i := range p.Steps {
		if err := a.apply(p.Steps[i]); err != nil && (done == "" || !strings.Contains(err.Error(), done)) {
			return a.w, fmt.Errorf("step %d, %s of %s %s: %w", i, p.Steps[i].Action, p.Steps[i].Object, p.Steps[i].Interface, err)
		}
	}
	a.w.At = at
	showShared(&a.w)
	return a.w, nil
}

// showShared lets the owner of a target see the sessions of other accounts that use it, without their tags.
func showShared(w *World) {
	for i := range w.Accounts {
		x := &w.Accounts[i]
		x.Sessions = slices.DeleteFunc(x.Sessions, func(s ec2api.TrafficMirrorSession) bool { return s.Owner != x.ID })
	}
	for i := range w.Accounts {
		x := &w.Accounts[i]
		for _, t := range x.Targets {
			if t.Owner != x.ID {
				continue
			}
			for _, o := range w.Accounts {
				for _, s := range o.Sessions {
					if s.Target == t.ID && s.Owner == o.ID && o.ID != x.ID {
						s.Tags = nil
						x.Sessions = append(x.Sessions, s)
					}
				}
			}
		}
	}
}

func clone(w World) World {
	var out World
	b, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

func (a *aftermath) account(s Step) *Account {
	i := slices.IndexFunc(a.w.Accounts, func(x Account) bool { return x.ID == s.Account && x.Region == s.Region })
	return &a.w.Accounts[i]
}

func (a *aftermath) apply(s Step) error {
	switch s.Action {
	case CreateTarget:
		return a.createTarget(s)
	case DeleteTarget:
		for i := range a.w.Accounts {
			x := &a.w.Accounts[i]
			if slices.ContainsFunc(x.Sessions, func(t ec2api.TrafficMirrorSession) bool { return t.Target == s.Object && t.Owner == x.ID }) {
				return errors.New(ec2api.CodeTargetInUse)
			}
			x.Targets = slices.DeleteFunc(x.Targets, func(t ec2api.TrafficMirrorTarget) bool { return t.ID == s.Object })
		}
		return nil
	case CreateFilter, DeleteFilter, SetServices, CreateRule, ModifyRule, DeleteRule:
		return a.applyFilter(s)
	case CreateSession, ModifySession, DeleteSession:
		return a.applySession(s)
	case Tag:
		return a.tag(s)
	case Bind:
		a.bind(*s.Input.Binding)
		return nil
	case Release:
		if a.w.Bindings[s.Interface].VNI != s.Input.Binding.VNI {
			return errors.New("released what is not bound")
		}
		delete(a.w.Bindings, s.Interface)
		return nil
	}
	return errors.New("no such action here")
}

func (a *aftermath) createTarget(s Step) error {
	in := s.Input.CreateTarget
	id := "tmt-" + in.ClientToken[:8]
	a.made[s.Makes] = id
	for i := range a.w.Accounts {
		x := &a.w.Accounts[i]
		t := ec2api.TrafficMirrorTarget{ID: id, Owner: s.Account, NetworkLoadBalancer: in.NetworkLoadBalancer, Tags: in.Tags}
		if x.ID != s.Account {
			t.Tags = nil // nobody sees the tags of what is shared
		}
		if x.Region == s.Region {
			x.Targets = append(x.Targets, t)
		}
	}
	return nil
}

func (a *aftermath) applyFilter(s Step) error {
	x := a.account(s)
	if s.Action == CreateFilter {
		id := "tmf-" + s.Input.CreateFilter.ClientToken[:8]
		a.made[s.Makes] = id
		x.Filters = append(x.Filters, ec2api.TrafficMirrorFilter{ID: id, Tags: s.Input.CreateFilter.Tags})
		return nil
	}
	if s.Action == DeleteFilter {
		if slices.ContainsFunc(x.Sessions, func(t ec2api.TrafficMirrorSession) bool { return t.Filter == s.Object }) {
			return errors.New(ec2api.CodeFilterInUse)
		}
		x.Filters = slices.DeleteFunc(x.Filters, func(f ec2api.TrafficMirrorFilter) bool { return f.ID == s.Object })
		return nil
	}
	return a.applyRule(x, s)
}

func (a *aftermath) applyRule(x *Account, s Step) error {
	for i := range x.Filters {
		f := &x.Filters[i]
		switch {
		case s.Action == SetServices && f.ID == cmp.Or(s.Input.SetServices.Filter, a.made[s.FilterRef]):
			f.NetworkServices = s.Input.SetServices.Add
			return nil
		case s.Action == CreateRule && f.ID == cmp.Or(s.Input.CreateRule.Filter, a.made[s.FilterRef]):
			r := ec2api.TrafficMirrorFilterRule{Filter: f.ID, RuleSpec: s.Input.CreateRule.RuleSpec}
			r.ID = fmt.Sprintf("tmfr-%s-%s-%d", f.ID, r.Direction, r.Number)
			if r.Direction == "ingress" {
				f.Ingress = append(f.Ingress, r)
			} else {
				f.Egress = append(f.Egress, r)
			}
			return nil
		}
		for _, rules := range []*[]ec2api.TrafficMirrorFilterRule{&f.Ingress, &f.Egress} {
			for j := range *rules {
				if (*rules)[j].ID != s.Object || s.Object == "" {
					continue
				}
				if s.Action == DeleteRule {
					*rules = slices.Delete(*rules, j, j+1)
				} else {
					(*rules)[j].RuleSpec = s.Input.ModifyRule.To
				}
				return nil
			}
		}
	}
	return errors.New("no such filter or rule")
}

func (a *aftermath) applySession(s Step) error {
	x := a.account(s)
	if s.Action == CreateSession {
		return a.createSession(x, s)
	}
	i := slices.IndexFunc(x.Sessions, func(t ec2api.TrafficMirrorSession) bool { return t.ID == s.Object })
	if i < 0 {
		return errors.New(ec2api.CodeSessionNotFound)
	}
	if s.Action == DeleteSession {
		x.Sessions = slices.Delete(x.Sessions, i, i+1)
		return nil
	}
	t, in := x.Sessions[i], s.Input.ModifySession
	if in.Target != nil {
		t.Target = cmp.Or(*in.Target, a.made[s.TargetRef])
	}
	if in.Filter != nil {
		t.Filter = cmp.Or(*in.Filter, a.made[s.FilterRef])
	}
	if in.SessionNumber != nil {
		t.SessionNumber = *in.SessionNumber
	}
	if in.PacketLength != nil {
		t.PacketLength = *in.PacketLength
	}
	if in.Description != nil {
		t.Description = *in.Description
	}
	if in.VirtualNetworkID != nil {
		if t.VirtualNetworkID = *in.VirtualNetworkID; t.VirtualNetworkID == 0 {
			t.VirtualNetworkID = a.lease(*s.Input.Binding).VNI
		}
	}
	x.Sessions[i] = ec2api.TrafficMirrorSession{}
	if err := a.check(x, t); err != nil {
		return err
	}
	x.Sessions[i] = t
	return nil
}

func (a *aftermath) createSession(x *Account, s Step) error {
	in := *s.Input.CreateSession
	if in.VirtualNetworkID == 0 {
		b := a.lease(*s.Input.Binding)
		in.VirtualNetworkID, in.ClientToken = b.VNI, ClientToken(a.want.Deployment, b.Interface, b.VNI, b.From)
	}
	a.bind(events.Binding{VNI: in.VirtualNetworkID, Interface: s.Interface, Account: s.Account, Region: s.Region, From: s.Input.Binding.From,
		Name: s.Input.Binding.Name, Tags: s.Input.Binding.Tags, Addresses: s.Input.Binding.Addresses, Instance: s.Input.Binding.Instance})
	t := ec2api.TrafficMirrorSession{
		ID: "tms-" + in.ClientToken[:12], Owner: x.ID, NetworkInterface: in.NetworkInterface, Target: cmp.Or(in.Target, a.made[s.TargetRef]),
		Filter: cmp.Or(in.Filter, a.made[s.FilterRef]), SessionNumber: in.SessionNumber, VirtualNetworkID: in.VirtualNetworkID,
		PacketLength: in.PacketLength, Description: in.Description, Tags: in.Tags,
	}
	c := a.w.Before[s.Interface]
	c.Session, c.VNI, c.State = t.ID, t.VirtualNetworkID, events.CoverageMirrored
	if a.was[s.Interface].State != events.CoverageMirrored {
		c.Changed = a.at
	}
	a.w.Before[s.Interface] = c
	if slices.ContainsFunc(x.Sessions, func(o ec2api.TrafficMirrorSession) bool { return o.ID == t.ID }) {
		return nil // the same token: the same session
	}
	if err := a.check(x, t); err != nil {
		return err
	}
	x.Sessions = append(x.Sessions, t)
	return nil
}

// check is what EC2 would refuse.
func (a *aftermath) check(x *Account, t ec2api.TrafficMirrorSession) error {
	on := map[string]int32{}
	for _, y := range a.w.Accounts {
		for _, o := range y.Sessions {
			if o.NetworkInterface == t.NetworkInterface && o.ID != "" && o.Owner == y.ID {
				on[o.ID] = o.SessionNumber
			}
		}
	}
	switch {
	case len(on) > 2:
		return errors.New(ec2api.CodeSessionsPerInterface)
	case slices.Contains(slices.Collect(maps.Values(on)), t.SessionNumber):
		return fmt.Errorf("%s: number %d is taken", ec2api.CodeInvalidParameterValue, t.SessionNumber)
	case t.SessionNumber < 1 || t.SessionNumber > maxNumber || t.VirtualNetworkID < 1 || t.VirtualNetworkID >= 1<<24:
		return errors.New(ec2api.CodeInvalidParameterValue)
	case !slices.ContainsFunc(x.Targets, func(o ec2api.TrafficMirrorTarget) bool { return o.ID == t.Target }):
		return fmt.Errorf("%s: %q", ec2api.CodeTargetNotFound, t.Target)
	case !slices.ContainsFunc(x.Filters, func(o ec2api.TrafficMirrorFilter) bool { return o.ID == t.Filter }):
		return fmt.Errorf("%s: %q", ec2api.CodeFilterNotFound, t.Filter)
	}
	return nil
}

// lease binds the first VNI that neither the store nor a session had in place of the one that the interface had.
func (a *aftermath) lease(b events.Binding) events.Binding {
	delete(a.w.Bindings, b.Interface)
	used := map[uint32]bool{}
	for _, o := range a.w.Bindings {
		used[o.VNI] = true
	}
	maps.Copy(used, a.worn)
	for b.VNI = a.want.VNI.From; used[b.VNI]; b.VNI++ {
	}
	a.bind(b)
	return b
}

func (a *aftermath) bind(b events.Binding) {
	if a.w.Bindings == nil {
		a.w.Bindings = map[string]events.Binding{}
	}
	a.w.Bindings[b.Interface] = b
}

func (a *aftermath) tag(s Step) error {
	x := a.account(s)
	set := func(id string, tags *map[string]string) bool {
		if id != s.Object {
			return false
		}
		*tags = maps.Clone(*tags)
		if *tags == nil {
			*tags = map[string]string{}
		}
		maps.Copy(*tags, s.Input.Tags)
		return true
	}
	for i := range x.Sessions {
		if set(x.Sessions[i].ID, &x.Sessions[i].Tags) {
			return nil
		}
	}
	for i := range x.Filters {
		if set(x.Filters[i].ID, &x.Filters[i].Tags) {
			return nil
		}
	}
	for i := range x.Targets {
		if set(x.Targets[i].ID, &x.Targets[i].Tags) {
			return nil
		}
	}
	return errors.New("no such object")
}
