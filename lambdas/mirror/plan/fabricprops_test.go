package plan

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"pgregory.net/rapid"
)

const fabricAway = "us-east-1"

// fabricMaybe is true in about one of n.
func fabricMaybe(t *rapid.T, n int, label string) bool {
	return rapid.IntRange(1, n).Draw(t, label) == 1
}

func fabricAnyPolicy(t *rapid.T) *policy.Policy {
	p := fabricPolicy()
	p.Fleet.Share.Manage, p.Fleet.Share.External = !fabricMaybe(t, 5, "unmanaged"), fabricMaybe(t, 3, "external")
	p.Select.Default = rapid.SampledFrom([]string{"on", "off", "web"}).Draw(t, "default")
	if fabricMaybe(t, 3, "member gone") {
		p.Accounts = p.Accounts[:1]
	}
	if fabricMaybe(t, 2, "two regions") {
		for i := range p.Accounts {
			p.Accounts[i].Regions = []string{fabricHome, fabricAway}
		}
		p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricAway, LoadBalancer: "arn:aws:x:us-east-1:1:loadbalancer/net/b/1"})
	}
	if fabricMaybe(t, 3, "endpoint") {
		p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, Endpoint: "vpce-1"})
	}
	if fabricMaybe(t, 4, "another's target") {
		p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-1"})
	}
	web := policy.Profile{DNS: fabricMaybe(t, 2, "dns")}
	for i := range rapid.IntRange(0, 4).Draw(t, "rules") {
		n := netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/16", i))
		r := policy.Rule{Action: rapid.SampledFrom([]string{"accept", "reject"}).Draw(t, "action"), Direction: "egress"}
		if fabricMaybe(t, 2, "blocks") {
			r.Source, r.Destination = n, n
		}
		web.Rules = append(web.Rules, r)
	}
	p.Profiles["web"] = web
	return p
}

func fabricAnyWorld(t *rapid.T, p *policy.Policy) *World {
	w := &World{At: fabricNoon, Bindings: map[string]events.Binding{}}
	for _, id := range []string{fabricFleetID, fabricMemberID, fabricAlienID} {
		for _, region := range []string{fabricHome, fabricAway} {
			if fabricMaybe(t, 6, "not seen") {
				continue
			}
			a := Account{ID: id, Region: region}
			if fabricMaybe(t, 8, "failed") {
				call := rapid.SampledFrom([]string{"DescribeVpcs", "DescribeTrafficMirrorTargets", "GetResourceShares", "AssumeRole", "DescribeListeners"}).Draw(t, "call")
				a.Failures = []string{call + ": InternalError"}
			}
			fabricAnyTargets(t, &a)
			fabricAnyFilters(t, p, &a)
			fabricAnySessions(t, &a)
			if id == fabricFleetID {
				fabricAnyShares(t, &a)
				if region == fabricHome {
					a.Balancers = fabricBare().Accounts[0].Balancers
				}
			} else if fabricMaybe(t, 2, "invited") {
				a.Invitations = []ec2api.Invitation{{ARN: "arn:i", ShareName: "mirrorwatch-prod", Sender: fabricFleetID}, {ARN: "arn:j", ShareName: "mirrorwatch-prod", Sender: fabricAlienID}}
			}
			w.Accounts = append(w.Accounts, a)
		}
	}
	return w
}

// fabricAnyOwner gives tags of ours, of another deployment, or of nobody.
func fabricAnyOwner(t *rapid.T) map[string]string {
	return map[string]string{TagDeployment: rapid.SampledFrom([]string{"prod", "prod", "test", ""}).Draw(t, "deployment"), TagName: "x"}
}

func fabricAnyTargets(t *rapid.T, a *Account) {
	for i := range rapid.IntRange(0, 4).Draw(t, "targets") {
		x := ec2api.TrafficMirrorTarget{ID: fmt.Sprintf("tmt-%d", i), Owner: rapid.SampledFrom([]string{a.ID, fabricAlienID}).Draw(t, "owner"), Tags: fabricAnyOwner(t)}
		switch rapid.IntRange(0, 2).Draw(t, "points to") {
		case 0:
			x.NetworkLoadBalancer = fabricSensorLB
		case 1:
			x.GatewayLoadBalancerEndpoint = "vpce-1"
		case 2:
			x.NetworkInterface = "eni-sensor"
		}
		a.Targets = append(a.Targets, x)
	}
}

func fabricAnyFilters(t *rapid.T, p *policy.Policy, a *Account) {
	for i := range rapid.IntRange(0, 4).Draw(t, "filters") {
		f := fabricMadeFilter(fmt.Sprintf("tmf-%d", i), p, rapid.SampledFrom([]string{"default", "web"}).Draw(t, "profile"))
		f.Tags[TagDeployment] = fabricAnyOwner(t)[TagDeployment]
		if fabricMaybe(t, 4, "before") {
			f.Tags[TagFilterSpec] = "before"
		}
		if fabricMaybe(t, 3, "no services") {
			f.NetworkServices = nil
		}
		keep := rapid.IntRange(0, 3).Draw(t, "keep")
		f.Ingress = f.Ingress[:min(keep, len(f.Ingress))]
		for j := range f.Egress {
			if fabricMaybe(t, 3, "differs") {
				f.Egress[j].Protocol = 17
			}
		}
		for n := range rapid.IntRange(0, 10-len(f.Ingress)-len(f.Egress)).Draw(t, "extra") {
			f.Ingress = append(f.Ingress, ec2api.TrafficMirrorFilterRule{
				ID: fmt.Sprintf("tmfr-x%d", n), RuleSpec: ec2api.RuleSpec{Direction: "ingress", Number: int32(1001 + n), Action: "reject"},
			})
		}
		for j := range f.Ingress {
			f.Ingress[j].ID = fmt.Sprintf("%s-%s-%d", f.Ingress[j].ID, f.ID, j) // AWS's ids are unique
		}
		for j := range f.Egress {
			f.Egress[j].ID += "-" + f.ID
		}
		a.Filters = append(a.Filters, f)
	}
}

func fabricAnySessions(t *rapid.T, a *Account) {
	for i := range rapid.IntRange(0, 4).Draw(t, "sessions") {
		s := ec2api.TrafficMirrorSession{
			ID: fmt.Sprintf("tms-%s-%s-%d", a.ID, a.Region, i), Owner: rapid.SampledFrom([]string{a.ID, a.ID, fabricAlienID}).Draw(t, "owner"), Tags: fabricAnyOwner(t),
			Target: fmt.Sprintf("tmt-%d", rapid.IntRange(0, 5).Draw(t, "target")), Filter: fmt.Sprintf("tmf-%d", rapid.IntRange(0, 5).Draw(t, "filter")),
		}
		s.Tags[TagProfile] = rapid.SampledFrom([]string{"default", "web", "gone"}).Draw(t, "profile")
		a.Sessions = append(a.Sessions, s)
	}
}

func fabricAnyShares(t *rapid.T, a *Account) {
	for i := range rapid.IntRange(0, 2).Draw(t, "shares") {
		s := ec2api.ResourceShare{
			ARN: fmt.Sprintf("arn:s-%d", i), Name: rapid.SampledFrom([]string{"mirrorwatch-prod", "other"}).Draw(t, "name"),
			Owner: rapid.SampledFrom([]string{a.ID, a.ID, fabricAlienID}).Draw(t, "owner"), Status: "ACTIVE", Tags: fabricAnyOwner(t),
		}
		for j := range 4 {
			if fabricMaybe(t, 2, "holds") {
				s.Resources = append(s.Resources, ec2api.TrafficMirrorTarget{ID: fmt.Sprintf("tmt-%d", j), Owner: a.ID}.ARN(a.Region))
			}
		}
		s.Principals = rapid.SampledFrom([][]string{nil, {fabricMemberID}, {fabricAlienID}, {fabricAlienID, fabricMemberID}}).Draw(t, "principals")
		a.Shares = append(a.Shares, s)
	}
}

// fabricForeign is everything in a world that is not ours, to compare before and after.
func fabricForeign(w *World, p *policy.Policy) []any {
	var out []any
	for i := range w.Accounts {
		a := &w.Accounts[i]
		for _, x := range a.Targets {
			if x.Owner != a.ID || !p.Owned(x.Tags) {
				out = append(out, x)
			}
		}
		for _, x := range a.Filters {
			if !p.Owned(x.Tags) {
				out = append(out, x)
			}
		}
		for _, x := range a.Sessions {
			if x.Owner != a.ID || !p.Owned(x.Tags) {
				out = append(out, x)
			}
		}
		for _, x := range a.Shares {
			if x.Owner != p.Fleet.Account || a.ID != p.Fleet.Account || x.Name != p.Fleet.Share.Name || !p.Owned(x.Tags) {
				out = append(out, x)
			}
		}
	}
	return out
}

// TestFabricConverges: whatever there is, one pass makes it as it should be, as far as it could be seen, a second finds nothing to do,
// and what is not ours, or in use, is as it was. The applier refuses what AWS would: a deletion of what is in use, an eleventh rule.
func TestFabricConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := fabricAnyPolicy(t)
		before := fabricCloneWorld(fabricAnyWorld(t, p))
		steps := fabricAll(before, p)
		if a, b := fabricAsJSON(t, steps), fabricAsJSON(t, fabricAll(fabricCloneWorld(before), p)); a != b {
			t.Fatalf("one world gives two plans:\n%s\n%s", a, b)
		}
		after := fabricApply(t, before, steps)
		if again := fabricAll(after, p); len(again) > 0 {
			t.Fatalf("after\n%v\nthere is still\n%v", fabricLines(steps), fabricLines(again))
		}
		if a, b := fabricForeign(before, p), fabricForeign(after, p); !reflect.DeepEqual(a, b) {
			t.Fatalf("what is not ours changed by %v\nfrom %v\nto %v", fabricLines(steps), a, b)
		}
		fabricCheckWanted(t, after, p)
	})
}

// fabricCheckWanted holds a world that was seen whole against what the policy says, without asking the planners.
func fabricCheckWanted(t *rapid.T, w *World, p *policy.Policy) {
	for _, target := range p.Fleet.Targets {
		a := fabricPlace(w, fabricFleetID, target.Region)
		if a == nil || target.ID != "" || len(a.Failures) > 0 {
			continue
		}
		ours := func(x ec2api.TrafficMirrorTarget) bool {
			return x.Owner == fabricFleetID && x.Tags[TagDeployment] == "prod" && x.Tags[TagTarget] == target.Name() && x.NetworkInterface == "" &&
				x.NetworkLoadBalancer+x.GatewayLoadBalancerEndpoint == target.Name()
		}
		if !slices.ContainsFunc(a.Targets, ours) {
			t.Fatalf("no target for %s: %+v", target.Name(), a.Targets)
		}
	}
	for i := range w.Accounts {
		a := &w.Accounts[i]
		if p.Select.Default == "off" || a.ID == fabricAlienID || len(a.Failures) > 0 || !fabricMirrors(p, a.ID, a.Region) {
			continue
		}
		name := map[string]string{"on": "default", "web": "web"}[p.Select.Default]
		id, ok := FindFilter(a.Filters, p, name)
		j := slices.IndexFunc(a.Filters, func(f ec2api.TrafficMirrorFilter) bool { return f.ID == id })
		profile := p.Profiles[name]
		if !ok || len(a.Filters[j].Ingress)+len(a.Filters[j].Egress) != len(profile.Expand()) || (len(a.Filters[j].NetworkServices) == 1) != profile.DNS {
			t.Fatalf("filter of %s in %s is not as the profile: %+v", name, a.ID, a.Filters)
		}
	}
}

// TestTeardownTakesOnlyOurs: what is left after it is foreign, held, or in accounts that were not seen whole.
func TestTeardownTakesOnlyOurs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := fabricAnyPolicy(t)
		before := fabricCloneWorld(fabricAnyWorld(t, p))
		for i := range rapid.IntRange(0, 3).Draw(t, "bindings") {
			id := fmt.Sprintf("eni-%d", i)
			before.Bindings[id] = events.Binding{VNI: uint32(i + 1), Interface: id, Account: fabricFleetID, Region: fabricHome}
		}
		got := Teardown(*before, *p)
		after := fabricApply(t, before, fabricFleetOnly(t, before, got.Steps))
		if a, b := fabricForeign(before, p), fabricForeign(after, p); !reflect.DeepEqual(a, b) {
			t.Fatalf("what is not ours changed by %v\nfrom %v\nto %v", fabricLines(got.Steps), a, b)
		}
		again := Teardown(*after, *p)
		if len(again.Steps) > 0 || len(again.Held) != len(got.Held) {
			t.Fatalf("after\n%v\nthere is still\n%v, held %v", fabricLines(got.Steps), fabricLines(again.Steps), again.Held)
		}
		left := 0
		for i := range after.Accounts {
			left += fabricOwnedIn(&after.Accounts[i], p)
		}
		if held := len(again.Held) - len(after.Bindings); left > held {
			t.Fatalf("%d things of ours are left and %d are held", left, held)
		}
	})
}

// fabricFleetOnly fails where a step is about an account that was not seen.
func fabricFleetOnly(t *rapid.T, w *World, steps []Step) []Step {
	for _, s := range steps {
		if fabricPlace(w, s.Account, s.Region) == nil {
			t.Fatalf("%v is about what nobody saw", fabricLines([]Step{s}))
		}
	}
	return steps
}

func fabricOwnedIn(a *Account, p *policy.Policy) int {
	n := 0
	for _, s := range a.Sessions {
		if s.Owner == a.ID && p.Owned(s.Tags) {
			n++
		}
	}
	for _, f := range a.Filters {
		if p.Owned(f.Tags) {
			n++
		}
	}
	for _, x := range a.Targets {
		if x.Owner == a.ID && p.Owned(x.Tags) {
			n++
		}
	}
	return n
}

func fabricAsJSON(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
