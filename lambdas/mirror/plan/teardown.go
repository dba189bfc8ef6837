package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const hoursPerMonth = 730

// Teardown takes away all that is ours: sessions of every account first, since they are billed, then what they stood on, then the
// bindings of their VNIs. It is asked for by a person, so the bounds on deletions do not hold it. Load balancers, listeners and what
// others own stay. A session that is seen and is ours can always go; what a call that failed may hide something standing on is held.
func Teardown(have World, want policy.Policy) Plan {
	t := &teardown{have: &have, want: &want, users: fabricUsers(&have), gone: map[string]bool{}}
	t.sessions()
	t.filters()
	t.shares()
	t.targets()
	t.bindings()
	t.left()
	return t.plan
}

type teardown struct {
	have  *World
	want  *policy.Policy
	users map[string][]ec2api.TrafficMirrorSession
	gone  map[string]bool // sessions that this plan deletes
	plan  Plan
}

func (t *teardown) step(account, region string, action Action, object, reason string) Step {
	return Step{Planner: "teardown", Action: action, Account: account, Region: region, Object: object, Reason: reason}
}

// take takes a step unless a rail holds it, and says whether it did.
func (t *teardown) take(s Step, rail string) bool {
	if t.want.Switch == policy.Frozen {
		rail = "frozen: the policy's switch lets nothing change"
	}
	if rail != "" {
		t.plan.Held = append(t.plan.Held, Held{Step: s, Rail: rail})
		return false
	}
	t.plan.Steps = append(t.plan.Steps, s)
	return true
}

func (t *teardown) sessions() {
	for _, a := range t.have.Accounts {
		monthly := t.want.Price(a.Region) * hoursPerMonth
		for _, s := range a.Sessions {
			if s.Owner != a.ID || !t.want.Owned(s.Tags) || t.gone[s.ID] {
				continue
			}
			t.plan.Estimate.Sessions++
			t.plan.Estimate.MonthlyUSD += monthly
			step := t.step(a.ID, a.Region, DeleteSession, s.ID, "teardown: the session is ours")
			step.Interface, step.Monthly = s.NetworkInterface, -monthly
			if t.gone[s.ID] = t.take(step, ""); !t.gone[s.ID] {
				t.plan.Estimate.SessionsAfter++
				t.plan.Estimate.MonthlyUSDAfter += monthly
			}
		}
	}
}

func (t *teardown) filters() {
	for i := range t.have.Accounts {
		a := &t.have.Accounts[i]
		for _, f := range a.Filters {
			if t.want.Owned(f.Tags) {
				t.take(t.step(a.ID, a.Region, DeleteFilter, f.ID, "teardown: the filter is ours"), cmp.Or(t.unseen(a), t.usedBy(f.ID)))
			}
		}
	}
}

func (t *teardown) shares() {
	if !t.want.Fleet.Share.Manage {
		return
	}
	for i := range t.have.Accounts {
		a := &t.have.Accounts[i]
		for _, s := range fabricShares(a, t.want) {
			rail := t.anyUnseen(a.Region)
			for _, arn := range s.Resources {
				rail = cmp.Or(rail, t.usedBy(fabricTargetID(arn)))
			}
			t.take(t.step(a.ID, a.Region, DeleteShare, s.ARN, "teardown: the share is ours"), rail)
		}
	}
}

func (t *teardown) targets() {
	for i := range t.have.Accounts {
		a := &t.have.Accounts[i]
		for _, x := range a.Targets {
			if x.Owner == a.ID && t.want.Owned(x.Tags) {
				t.take(t.step(a.ID, a.Region, DeleteTarget, x.ID, "teardown: the target is ours"), cmp.Or(t.anyUnseen(a.Region), t.usedBy(x.ID)))
			}
		}
	}
}

// bindings lets go of the VNIs that no session of ours is seen with; the others are given back by whoever deletes their session, as soon
// as that succeeded. Where an account was not seen whole, or a binding is so young that its session may not be visible yet, a session may
// still be sending.
func (t *teardown) bindings() {
	for _, id := range fabricKeys(t.have.Bindings) {
		b := t.have.Bindings[id]
		a := fabricPlace(t.have, b.Account, b.Region)
		rail := "unseen: nothing was read of " + Place(b.Account, b.Region)
		if a != nil {
			rail = t.unseen(a)
		}
		if a != nil && t.sends(a, id, b.VNI) {
			continue
		}
		if rail == "" && t.have.At.Sub(b.From) < t.want.Limits.Settle {
			rail = "settle: a session with it may have been made a moment ago"
		}
		step := t.step(b.Account, b.Region, Release, "", fmt.Sprintf("teardown: VNI %d is free again", b.VNI))
		step.Interface, step.Name, step.Input.Binding = id, b.Name, &b
		t.take(step, rail)
	}
}

func (t *teardown) sends(a *Account, iface string, vni uint32) bool {
	return slices.ContainsFunc(a.Sessions, func(s ec2api.TrafficMirrorSession) bool {
		return s.Owner == a.ID && s.NetworkInterface == iface && s.VirtualNetworkID == vni && t.want.Owned(s.Tags)
	})
}

// unseen says why what an account holds is not known whole, or "".
func (t *teardown) unseen(a *Account) string {
	switch {
	case t.have.Scope != nil:
		return "scope: only a part of the world was read"
	case len(a.Failures) > 0:
		return "failures in " + Place(a.ID, a.Region) + ": " + strings.Join(a.Failures, "; ")
	}
	return ""
}

// anyUnseen says why not all accounts that may send to a region's targets are known whole, or "".
func (t *teardown) anyUnseen(region string) string {
	for i := range t.have.Accounts {
		if a := &t.have.Accounts[i]; a.Region == region {
			if why := t.unseen(a); why != "" {
				return why
			}
		}
	}
	for _, a := range t.want.Accounts {
		if slices.Contains(a.Regions, region) && fabricPlace(t.have, a.ID, region) == nil {
			return "unseen: nothing was read of " + Place(a.ID, region)
		}
	}
	return ""
}

// usedBy names a session that stays and stands on a filter or target, or gives "".
func (t *teardown) usedBy(id string) string {
	for _, s := range t.users[id] {
		if !t.gone[s.ID] {
			return "in use: session " + s.ID + " of account " + s.Owner + " is not deleted here"
		}
	}
	return ""
}

// left says what nobody takes away.
func (t *teardown) left() {
	var w []string
	for _, target := range t.want.Fleet.Targets {
		switch {
		case target.LoadBalancer != "":
			w = append(w, "load balancer "+fabricShort(target.LoadBalancer)+" in "+target.Region+" stays, and so do its listener and target group")
		case target.ID != "":
			w = append(w, "target "+target.ID+" in "+target.Region+" stays: somebody else keeps it")
		}
	}
	for _, a := range t.have.Accounts {
		if len(a.Failures) > 0 {
			w = append(w, "of "+Place(a.ID, a.Region)+" not everything was seen, so more may be left there: "+strings.Join(a.Failures, "; "))
		}
	}
	for _, a := range t.want.Accounts {
		for _, region := range a.Regions {
			if fabricPlace(t.have, a.ID, region) == nil {
				w = append(w, "of "+Place(a.ID, region)+" nothing was read: what is ours there is left")
			}
		}
	}
	if n := len(t.plan.Held); n > 0 {
		w = append(w, fmt.Sprintf("%d things are held and left: do it again when what holds them is gone", n))
	}
	t.plan.Warnings = fabricBound(w)
}
