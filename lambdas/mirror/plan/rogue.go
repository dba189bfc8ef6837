package plan

import (
	"cmp"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// rogues lists the sessions and targets that are not ours and belong to, or send to, an account that nobody named. It only tells of
// them: they are not ours to touch.
func rogues(have *World, want *policy.Policy) []Rogue {
	h := &rogueHunt{have: have, want: want, targets: map[string]ec2api.TrafficMirrorTarget{}, found: map[string]Rogue{}}
	for _, a := range have.Accounts {
		for _, t := range a.Targets {
			h.targets[t.ID] = t
		}
	}
	for i := range have.Accounts {
		a := &have.Accounts[i]
		for _, t := range a.Targets {
			h.target(a, t)
		}
		for _, s := range a.Sessions {
			h.session(a, s)
		}
	}
	h.place(have)
	out := make([]Rogue, 0, len(h.found))
	for _, id := range fabricKeys(h.found) {
		out = append(out, h.found[id])
	}
	slices.SortStableFunc(out, func(a, b Rogue) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return out
}

type rogueHunt struct {
	have    *World
	want    *policy.Policy
	targets map[string]ec2api.TrafficMirrorTarget
	found   map[string]Rogue // by object: several accounts may see one
}

// known says whether somebody named an account: the policy mirrors it, the fleet is in it, or it is trusted.
func (h *rogueHunt) known(account string) bool {
	return account == h.want.Fleet.Account || slices.Contains(h.want.Trusted, account) ||
		slices.ContainsFunc(h.want.Accounts, func(a policy.Account) bool { return a.ID == account })
}

// target finds targets of strangers that are shared with an account of ours: whoever may create sessions there can send away packets.
func (h *rogueHunt) target(a *Account, t ec2api.TrafficMirrorTarget) {
	if h.known(t.Owner) || fabricNamed(h.want, t.ID) {
		return
	}
	h.found[t.ID] = Rogue{
		Account: a.ID, Region: a.Region, Object: t.ID, Target: t.ID, Owner: t.Owner,
		Reason: "account " + t.Owner + ", which the policy does not name, shares this target: packets can be sent to it",
	}
}

func (h *rogueHunt) session(a *Account, s ec2api.TrafficMirrorSession) {
	if s.Owner == a.ID && h.want.Owned(s.Tags) || slices.Contains(h.want.Trusted, s.Owner) || fabricNamed(h.want, s.Target) && h.known(s.Owner) {
		return
	}
	t, seen := h.targets[s.Target]
	r := Rogue{Account: s.Owner, Region: a.Region, Object: s.ID, Interface: s.NetworkInterface, Target: s.Target, Owner: t.Owner}
	switch {
	case !h.known(s.Owner):
		r.Reason = "account " + s.Owner + ", which the policy does not name, sends packets to target " + s.Target + ", which is visible here"
	case !seen && s.Owner == a.ID && h.allSeen(a.Region):
		r.Reason = "it sends packets to target " + s.Target + ", which no account of the policy can see: its owner is unknown"
	case seen && !h.known(t.Owner):
		r.Reason = "it sends packets to target " + s.Target + " of account " + t.Owner + ", which the policy does not name"
	default:
		return
	}
	h.found[s.ID] = r
}

// allSeen says whether the targets of every account that the policy names in a region were read: a target that one account cannot see may
// be another's.
func (h *rogueHunt) allSeen(region string) bool {
	accounts := fabricPrincipals(h.want, region)
	if len(fabricManaged(h.want, region)) > 0 || fabricMirrors(h.want, h.want.Fleet.Account, region) {
		accounts = append(accounts, h.want.Fleet.Account)
	}
	return !slices.ContainsFunc(accounts, func(id string) bool {
		a := fabricPlace(h.have, id, region)
		return a == nil || !fabricRead(a, callTargets)
	})
}

// place says where the interfaces of the sessions that were found are.
func (h *rogueHunt) place(have *World) {
	if len(h.found) == 0 {
		return
	}
	by := map[string][]string{}
	for id, r := range h.found {
		by[r.Interface] = append(by[r.Interface], id)
	}
	for i := range have.Accounts {
		for j := range have.Accounts[i].Interfaces {
			n := &have.Accounts[i].Interfaces[j]
			for _, id := range by[n.ID] {
				r := h.found[id]
				if r.VPC = n.VPC; n.Attachment != nil {
					r.Instance = n.Attachment.Instance
				}
				h.found[id] = r
			}
		}
	}
}
