package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// SharePlanner keeps one share of AWS RAM a region: it lets the other accounts of the policy send to the fleet's targets. Ours is the
// share that the fleet's account owns under the policy's name with our tag: one of that name that somebody else made is theirs.
type SharePlanner struct{}

// Name is the planner's name in steps.
func (SharePlanner) Name() string { return "share" }

// ShareName is how steps refer to the share of a region that is only being made: as Step.Object, in whose place its ARN is put. A
// TargetRef in a share's step puts the ARN of the target that was made among the step's Resources.
func ShareName(region string) string { return "share/" + region }

// Plan makes and keeps the shares, and accepts them in accounts outside the organization. It needs the whole world: an event reads no shares.
func (p SharePlanner) Plan(have *World, want *policy.Policy) []Step {
	if have.Scope != nil || want.Switch == policy.Off || !want.Fleet.Share.Manage {
		return nil
	}
	var steps []Step
	users := fabricUsers(have)
	for _, region := range fabricRegions(want) {
		a := fabricPlace(have, want.Fleet.Account, region)
		principals := fabricPrincipals(want, region)
		if a == nil || len(principals) == 0 || !fabricRead(a, "GetResourceShares", "DescribeTrafficMirrorTargets") {
			continue
		}
		known, made := fabricShared(a, want)
		if share := fabricShare(a, want); share == nil {
			steps = append(steps, p.create(have, want, a, known, made, principals)...)
		} else {
			steps = append(steps, p.associate(a, share, known, made, principals)...)
			steps = append(steps, p.disassociate(a, want, share, known, principals, users)...)
		}
	}
	return append(steps, p.accept(have, want)...)
}

func (p SharePlanner) create(have *World, want *policy.Policy, a *Account, known, made, principals []string) []Step {
	if len(known)+len(made) == 0 {
		return nil
	}
	name, began := fabricShareName(want), fabricBegan(have.At)
	words := slices.Concat([]string{"share", want.Deployment, a.Region, name, began}, known, made, principals)
	step := p.step(a, CreateShare, "", "accounts "+strings.Join(principals, ", ")+" are to send to the fleet's targets, and no share named "+name+" lets them")
	step.Makes = ShareName(a.Region)
	step.Input.CreateShare = &ec2api.CreateResourceShare{
		Name: name, Resources: known, Principals: principals, External: want.Fleet.Share.External,
		Tags: map[string]string{TagDeployment: want.Deployment, TagCreated: began}, ClientToken: fabricToken(words...),
	}
	if len(made) == 0 {
		return []Step{step}
	}
	step.TargetRef = made[0]
	return append([]Step{step}, p.associateMade(a, ShareName(a.Region), made[1:])...)
}

func (p SharePlanner) associateMade(a *Account, share string, made []string) []Step {
	var steps []Step
	for _, ref := range made {
		step := p.step(a, AssociateShare, share, "a target that is being made is to be shared")
		step.TargetRef, step.Input.Associate = ref, &Association{}
		steps = append(steps, step)
	}
	return steps
}

func (p SharePlanner) associate(a *Account, share *ec2api.ResourceShare, known, made, principals []string) []Step {
	var steps []Step
	add := Association{Resources: fabricMinus(known, share.Resources), Principals: fabricMinus(principals, share.Principals)}
	if len(add.Resources)+len(add.Principals) > 0 {
		step := p.step(a, AssociateShare, share.ARN, "the share lacks "+strings.Join(slices.Concat(add.Resources, add.Principals), ", "))
		step.Input.Associate = &add
		steps = append(steps, step)
	}
	return append(steps, p.associateMade(a, share.ARN, made)...)
}

// disassociate takes away who and what no policy names. A target waits until no session uses it: unsharing stops sessions without a
// word. An account that was taken out of the policy does not: it must not go on sending to the fleet.
func (p SharePlanner) disassociate(
	a *Account, want *policy.Policy, share *ec2api.ResourceShare, known, principals []string, users map[string][]ec2api.TrafficMirrorSession,
) []Step {
	if len(a.Failures) > 0 {
		return nil
	}
	del := Association{Principals: fabricMinus(share.Principals, principals)}
	for _, arn := range fabricMinus(share.Resources, known) {
		if id := fabricTargetID(arn); len(users[id]) == 0 && !fabricNamed(want, id) {
			del.Resources = append(del.Resources, arn)
		}
	}
	if len(del.Resources)+len(del.Principals) == 0 {
		return nil
	}
	reason := "the policy does not name " + strings.Join(slices.Concat(del.Resources, del.Principals), ", ")
	if n := fabricSessionsOf(a, del.Principals); n > 0 {
		reason += "; " + strconv.Itoa(n) + " sessions of theirs stop, and are billed there until they are deleted"
	}
	step := p.step(a, DisassociateShare, share.ARN, reason)
	step.Input.Associate = &del
	return []Step{step}
}

func (p SharePlanner) accept(have *World, want *policy.Policy) []Step {
	var steps []Step
	for i := range have.Accounts {
		a := &have.Accounts[i]
		if a.ID == want.Fleet.Account || !fabricMirrors(want, a.ID, a.Region) || !fabricRead(a, "GetResourceShareInvitations") {
			continue
		}
		for _, inv := range a.Invitations {
			if inv.ShareName == fabricShareName(want) && inv.Sender == want.Fleet.Account {
				steps = append(steps, p.step(a, AcceptShare, inv.ARN, "the fleet's account "+inv.Sender+" offers its targets"))
			}
		}
	}
	return steps
}

func (p SharePlanner) step(a *Account, action Action, object, reason string) Step {
	return Step{Planner: p.Name(), Action: action, Account: a.ID, Region: a.Region, Object: object, Reason: reason}
}

func fabricShareName(want *policy.Policy) string {
	if want.Fleet.Share.Name != "" {
		return want.Fleet.Share.Name
	}
	return "mirrorwatch-" + want.Deployment
}

// fabricShares lists the shares of ours, by name and tag, that an account has and that are not on their way out.
func fabricShares(a *Account, want *policy.Policy) []ec2api.ResourceShare {
	var out []ec2api.ResourceShare
	for _, s := range a.Shares {
		gone := s.Status == "FAILED" || s.Status == "DELETING" || s.Status == "DELETED"
		if a.ID == want.Fleet.Account && s.Owner == a.ID && s.Name == fabricShareName(want) && want.Owned(s.Tags) && !gone {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(x, y ec2api.ResourceShare) int { return strings.Compare(x.ARN, y.ARN) })
	return out
}

func fabricShare(a *Account, want *policy.Policy) *ec2api.ResourceShare {
	if all := fabricShares(a, want); len(all) > 0 {
		return &all[0]
	}
	return nil
}

// fabricPrincipals lists the accounts besides the fleet's that the policy mirrors in a region.
func fabricPrincipals(want *policy.Policy, region string) []string {
	var out []string
	for _, a := range want.Accounts {
		if a.ID != want.Fleet.Account && slices.Contains(a.Regions, region) {
			out = append(out, a.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fabricShared gives the ARNs of the managed targets that there are, and the names of those that this plan makes.
func fabricShared(a *Account, want *policy.Policy) (known, made []string) {
	for _, t := range fabricManaged(want, a.Region) {
		if kept, ok := fabricKept(a, want, t); ok {
			known = append(known, kept.ARN(a.Region))
		} else {
			made = append(made, TargetName(a.Region, t.Name()))
		}
	}
	slices.Sort(known)
	return known, made
}

func fabricNamed(want *policy.Policy, id string) bool {
	return slices.ContainsFunc(want.Fleet.Targets, func(t policy.Target) bool { return t.ID == id && id != "" })
}

func fabricTargetID(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func fabricSessionsOf(a *Account, owners []string) int {
	n := 0
	for _, s := range a.Sessions {
		if slices.Contains(owners, s.Owner) {
			n++
		}
	}
	return n
}

func fabricMinus(a, b []string) []string {
	var out []string
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}
