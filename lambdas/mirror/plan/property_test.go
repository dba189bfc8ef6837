package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const second = "444455556666"

// anyPolicy draws a policy with small numbers, so that every bound is met.
func anyPolicy(t *rapid.T) policy.Policy {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	n := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	text := fmt.Sprintf(`
version: 1
deployment: main
accounts:
  - {id: "%s", regions: [%s], budget: %d}
  - {id: "%s", regions: [%s]}
fleet:
  account: "%s"
  targets: [{region: %s, load_balancer: "%s"}]
  share: {manage: false}
  sensors: {tags: {role: sensor}, security_groups: [sg-0123456789abcdef0]}
select:
  default: %s
  rules: [{name: web, match: {tags: {tier: [web]}}, profile: %s}]
profiles:
  default: {session_number: {place: %s, number: %d}, priority: %d}
  deep: {session_number: {place: %s}, packet_length: %d, priority: 3, dns: %s, rules: [{action: accept, protocol: tcp}]}
exclude: [{match: {tags: {secret: []}}, reason: secret}]
budget: {sessions: %d, usd_month: %d, reserve: %d, tags: [{key: tier, value: web, sessions: %d}]}
limits: {deletes: %d, delete_percent: %d, session_quota: %d}
`, homeID, region, n("account budget", 0, 9), second, region, homeID, region, fleetLB,
		pick("default", "on", "off", "deep"), pick("rule", "on", "off", "deep"),
		pick("place", "before", "after", "exact"), n("number", 1, 4), n("priority", 0, 5),
		pick("deep place", "before", "after"), n("length", 1, 200), pick("dns", "true", "false"),
		n("sessions", 0, 12), n("usd", 0, 120), n("reserve", 0, 3), n("tag sessions", 1, 5), n("deletes", 1, 9), n("percent", 1, 50), n("quota", 6, 30))
	p, err := policy.Parse("drawn.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return p
}

// drawn draws a world.
type drawn struct {
	t *rapid.T
	w World
}

func anyWorld(t *rapid.T) World {
	d := &drawn{t: t, w: World{At: noon, Bindings: map[string]events.Binding{}, Before: map[string]events.Coverage{}}}
	for i, id := range []string{homeID, second} {
		d.w.Accounts = append(d.w.Accounts, d.account(i, id))
	}
	showShared(&d.w)
	return d.w
}

func (d *drawn) is(name string) bool { return rapid.Bool().Draw(d.t, name) }

func (d *drawn) one(name string, of ...string) string { return rapid.SampledFrom(of).Draw(d.t, name) }

func (d *drawn) account(i int, id string) Account {
	a := Account{
		ID: id, Region: region, Instances: map[string]ec2api.Instance{}, Groups: map[string]ec2api.AutoScalingGroup{},
		Subnets: map[string]ec2api.Subnet{"subnet-1": {ID: "subnet-1", Tags: d.tags("subnet")}, "subnet-6": {ID: "subnet-6", IPv6Native: true}},
		Vpcs:    map[string]ec2api.Vpc{"vpc-1": {ID: "vpc-1", Tags: d.tags("vpc")}},
		Targets: []ec2api.TrafficMirrorTarget{
			{ID: "tmt-theirs", Owner: homeID, NetworkInterface: "eni-0-1", Tags: map[string]string{TagDeployment: "other"}},
		},
		Filters: []ec2api.TrafficMirrorFilter{theirs("tmf-theirs", "10.0.0.0/8")},
	}
	for j := range rapid.IntRange(0, 10).Draw(d.t, "interfaces") {
		d.host(&a, fmt.Sprintf("%d-%d", i, j))
	}
	return a
}

func (d *drawn) tags(who string) map[string]string {
	tags := map[string]string{"Name": who}
	if v := d.one(who+" tag", "", "", "on", "off", "deep", "ON ", "wrong"); v != "" {
		tags["mirrorwatch"] = v
	}
	switch d.one(who+" more", "", "", "", "web", "web", "role", "secret") {
	case "web":
		tags["tier"] = "web"
	case "role":
		tags["role"] = "sensor"
	case "secret":
		tags["secret"] = "1"
	}
	return tags
}

func (d *drawn) host(a *Account, id string) {
	i := ec2api.Instance{
		ID: "i-" + id, Type: d.one("type", "m5.large", "m5.large", "c5.large", "m6i.large", "m9x.large", "t2.micro", "m5.metal"),
		State: d.one("state", "running", "running", "running", "running", "stopped", "pending"), Tags: d.tags("instance"),
	}
	n := ec2api.NetworkInterface{
		ID: "eni-" + id, Owner: a.ID, VPC: "vpc-1", Subnet: d.one("subnet", "subnet-1", "subnet-1", "subnet-1", "subnet-6"), AvailabilityZone: region + "a",
		Type: d.one("interface type", "interface", "interface", "interface", "interface", "lambda"), Status: "in-use",
		PrimaryAddress: netip.MustParseAddr("10.0.0.9"), Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.4"), netip.MustParseAddr("fd00::1")},
		Groups: []string{d.one("group", "sg-1", "sg-1", "sg-1", "sg-0123456789abcdef0")},
	}
	switch d.one("attachment", "instance", "instance", "instance", "instance", "instance", "none", "service", "unseen") {
	case "instance":
		a.Instances[i.ID] = i
		n.Attachment = &ec2api.Attachment{Instance: i.ID, InstanceOwner: a.ID, Status: "attached"}
	case "service":
		n.Attachment, n.Tags = &ec2api.Attachment{InstanceOwner: "amazon-elb", Status: "attached"}, d.tags("interface")
	case "unseen":
		n.Attachment = &ec2api.Attachment{Instance: i.ID, InstanceOwner: a.ID, Status: "attached"}
	}
	if d.is("tagged itself") {
		n.Tags = d.tags("interface")
	}
	a.Interfaces = append(a.Interfaces, n)
	d.sessions(a, n)
}

// sessions draws up to three on an interface, of ours and of others, as they should be or not.
func (d *drawn) sessions(a *Account, n ec2api.NetworkInterface) {
	numbers := rapid.Permutation([]int32{1, 2, 3, 4, maxNumber}).Draw(d.t, "numbers")
	for k := range rapid.IntRange(0, 3).Draw(d.t, "sessions") {
		s := ec2api.TrafficMirrorSession{
			ID: fmt.Sprintf("tms-%s-%d", n.ID, k), Owner: a.ID, NetworkInterface: n.ID, Target: "tmt-theirs",
			Filter: d.one("filter", "tmf-theirs", "tmf-unseen"), SessionNumber: numbers[k],
			VirtualNetworkID: uint32(rapid.IntRange(1, 12).Draw(d.t, "vni")),
		}
		if d.is("ours") {
			s.Tags, s.Filter = map[string]string{TagDeployment: "main", "theirs": "too"}, "tmf-theirs"
			if d.is("made") {
				s.Tags[TagCreated] = noon.Add(-time.Hour).Format(time.RFC3339)
			}
		}
		a.Sessions = append(a.Sessions, s)
	}
	if d.is("bound") {
		vni := uint32(rapid.IntRange(1, 12).Draw(d.t, "bound vni"))
		for _, b := range d.w.Bindings {
			if b.VNI == vni {
				return // the store never lets two have one
			}
		}
		age := time.Duration(rapid.IntRange(0, 60).Draw(d.t, "age")) * time.Minute
		d.w.Bindings[n.ID] = events.Binding{VNI: vni, Account: a.ID, Region: a.Region, Interface: n.ID, From: noon.Add(-age)}
	}
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestConverges applies plans until there is nothing left to do; on the way no bound is passed and nothing foreign is touched.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		const passes = 30 // a bound of one deletion a pass, of at most twenty interfaces, and the grace time
		for pass := range passes {
			p := Make(w, want)
			checkSafe(t, &w, &want, &p)
			next, err := After(w, want, p, w.At.Add(6*time.Minute))
			if err != nil {
				t.Fatalf("pass %d: %v", pass, err)
			}
			checkBounds(t, &w, &next, &want)
			checkForeign(t, &w, &next)
			if p.Empty() && len(p.Held) == 0 && pass > 4 {
				checkSettled(t, &w, &want, &p)
				return
			}
			w = next
		}
		p := Make(w, want)
		t.Fatalf("after %d passes there is still something to do: %s %s", passes, encoded(p.Steps), encoded(p.Held))
	})
}

// checkSafe holds what must be true of every plan.
func checkSafe(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	for _, s := range p.Steps {
		if s.Reason == "" || s.Planner == "" || s.Account == "" {
			t.Fatalf("a step without reason, planner or account: %s", encoded(s))
		}
		if s.Object != "" && !oursIn(w, want, s.Object) {
			t.Fatalf("%s names %s, which is not ours", s.Action, s.Object)
		}
		if s.Action == CreateSession {
			checkCreate(t, w, p, s)
		}
	}
	checkDeletes(t, w, want, p)
	checkCoverage(t, w, p)
}

func oursIn(w *World, want *policy.Policy, id string) bool {
	for _, a := range w.Accounts {
		for _, x := range a.Sessions {
			if x.ID == id && x.Owner == a.ID {
				return want.Owned(x.Tags)
			}
		}
		for _, x := range a.Targets {
			if x.ID == id {
				return want.Owned(x.Tags)
			}
		}
		for _, x := range a.Filters {
			if x.ID == id {
				return want.Owned(x.Tags)
			}
			for _, r := range slices.Concat(x.Ingress, x.Egress) {
				if r.ID == id {
					return want.Owned(x.Tags)
				}
			}
		}
	}
	return false
}

// checkCreate says again, in other words than the planner's, what must never be mirrored.
func checkCreate(t *rapid.T, w *World, p *Plan, s Step) {
	for _, a := range w.Accounts {
		for _, n := range a.Interfaces {
			if n.ID != s.Interface {
				continue
			}
			tags := []map[string]string{n.Tags}
			if n.Attachment == nil {
				t.Fatalf("%s is not attached", n.ID)
			}
			if i, ok := a.Instances[n.Attachment.Instance]; ok {
				tags = append(tags, i.Tags)
				if i.State != "running" || denied(Family(i.Type)) || strings.HasSuffix(i.Type, ".metal") {
					t.Fatalf("%s cannot be mirrored: %s %s", n.ID, i.State, i.Type)
				}
			}
			for _, m := range tags {
				if m["role"] == "sensor" || m["secret"] != "" {
					t.Fatalf("%s is a sensor or excluded", n.ID)
				}
			}
			if n.ID == "eni-0-1" || slices.Contains(n.Groups, "sg-0123456789abcdef0") || n.Type != "interface" || n.Subnet == "subnet-6" {
				t.Fatalf("%s must never be mirrored", n.ID)
			}
			if c := p.of(t, n.ID); c.State != events.CoveragePending {
				t.Fatalf("%s gets a session and is %s", n.ID, c.State)
			}
			return
		}
	}
	t.Fatalf("%s is not in the world", s.Interface)
}

func checkDeletes(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	for _, a := range w.Accounts {
		ours, gone := 0, 0
		ours = oursOf(&a, want)
		for _, s := range p.Steps {
			if s.Action == DeleteSession && s.Account == a.ID {
				gone++
			}
		}
		if most := min(want.Limits.Deletes, max(5, ours*want.Limits.DeletePercent/100)); gone > most {
			t.Fatalf("%d of %d sessions go, and at most %d may", gone, ours, most)
		}
		if len(a.Failures) > 0 && gone > 0 {
			t.Fatalf("sessions go, although %v", a.Failures)
		}
	}
}

// checkCoverage: every interface once, in a state there is, with its reason, and with a fix where something is wrong.
func checkCoverage(t *rapid.T, w *World, p *Plan) {
	seen := map[string]bool{}
	for _, c := range p.Coverage {
		if seen[c.Interface] {
			t.Fatalf("%s has two states", c.Interface)
		}
		seen[c.Interface] = true
		fine := c.State == events.CoverageMirrored || c.State == events.CoveragePending || c.State == events.CoverageExcluded
		if !slices.Contains(events.CoverageStates(), c.State) || c.Reason == "" || !fine && c.Fix == "" {
			t.Fatalf("%s is %q because %q, fix %q", c.Interface, c.State, c.Reason, c.Fix)
		}
	}
	for _, a := range w.Accounts {
		for _, n := range a.Interfaces {
			if !seen[n.ID] {
				t.Fatalf("%s has no state", n.ID)
			}
		}
	}
}

// checkBounds: what grew is within quota and budget. What was above already may stay.
func checkBounds(t *rapid.T, was, is *World, want *policy.Policy) {
	before, after := 0, 0
	for i := range is.Accounts {
		b, a := &was.Accounts[i], &is.Accounts[i]
		if n := ownedBy(a); n > ownedBy(b) && n > want.Limits.SessionQuota-want.Budget.Reserve {
			t.Fatalf("account %s has %d sessions of %d less %d", a.ID, n, want.Limits.SessionQuota, want.Budget.Reserve)
		}
		ours := oursOf(a, want)
		if bound := want.Accounts[i].Budget; bound > 0 && ours > oursOf(b, want) && ours > bound {
			t.Fatalf("account %s has %d sessions of ours and a budget of %d", a.ID, ours, bound)
		}
		before, after = before+oursOf(b, want), after+ours
	}
	if bound := want.Budget.Sessions; bound > 0 && after > before && after > bound {
		t.Fatalf("%d sessions of ours and a budget of %d", after, bound)
	}
	if bound := want.Budget.USDMonth; bound > 0 && after > before && float64(after)*0.015*730 > bound+0.01 {
		t.Fatalf("%d sessions of ours and a budget of %.2f USD", after, bound)
	}
}

func ownedBy(a *Account) int {
	n := 0
	for _, x := range a.Sessions {
		if x.Owner == a.ID {
			n++
		}
	}
	return n
}

// checkSettled: where nothing is left to do every session of ours is alone on its interface, has a VNI of its own that the binding
// names, and sends to where the policy says what the policy says.
func checkSettled(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	vnis, on := map[uint32]bool{}, map[string]bool{}
	for _, a := range w.Accounts {
		for _, s := range a.Sessions {
			if !want.Owned(s.Tags) || s.Owner != a.ID {
				continue
			}
			c := p.of(t, s.NetworkInterface)
			if c.State != events.CoverageMirrored && c.State != events.CoverageShadowed {
				continue // nobody has said what is to become of it
			}
			if vnis[s.VirtualNetworkID] || on[s.NetworkInterface] {
				t.Fatalf("%s shares its VNI or its interface: %s %q", s.ID, c.State, c.Reason)
			}
			vnis[s.VirtualNetworkID], on[s.NetworkInterface] = true, true
			filter, _ := FindFilter(a.Filters, want, s.Tags[TagProfile])
			if w.Bindings[s.NetworkInterface].VNI != s.VirtualNetworkID || s.Filter != filter || s.Target == "tmt-theirs" {
				t.Fatalf("%s is not as it should be: %s, binding %s", s.ID, encoded(s), encoded(w.Bindings[s.NetworkInterface]))
			}
		}
	}
	for _, c := range p.Coverage {
		if strings.Contains(c.Reason, "is made in this pass") || c.State == events.CoverageMirrored && c.Session == "" {
			t.Fatalf("%s: %s, %q, and nothing is left to do", c.Interface, c.State, c.Reason)
		}
	}
}

func oursOf(a *Account, want *policy.Policy) int {
	n := 0
	for _, x := range a.Sessions {
		if want.Owned(x.Tags) {
			n++
		}
	}
	return n
}

// checkForeign: what is not ours is as it was.
func checkForeign(t *rapid.T, was, is *World) {
	foreign := func(w *World) []byte {
		var list []any
		for _, a := range w.Accounts {
			for _, x := range a.Sessions {
				if x.Tags[TagDeployment] != "main" && x.Owner == a.ID {
					list = append(list, x)
				}
			}
			for _, x := range a.Filters {
				if x.Tags[TagDeployment] != "main" {
					list = append(list, x)
				}
			}
		}
		return encoded(list)
	}
	if a, b := foreign(was), foreign(is); !bytes.Equal(a, b) {
		t.Fatalf("what is not ours changed:\n%s\n%s", a, b)
	}
}

// TestSameForSame: a plan does not depend on the order of anything.
func TestSameForSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		w.Heard = map[uint32]events.Heard{1: {VNI: 1, LastSeen: noon}, 2: {VNI: 2, LastSeen: noon.Add(-time.Hour)}}
		given := encoded(w)
		first := encoded(Make(w, want))
		if !bytes.Equal(given, encoded(w)) {
			t.Fatal("planning changed the world")
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range 3 {
			w = clone(w)
			shuffle(r, &w)
			if again := encoded(Make(w, want)); !bytes.Equal(first, again) {
				t.Fatalf("another order gives another plan:\n%s\n%s", first, again)
			}
		}
	})
}

func shuffle(r *rand.Rand, w *World) {
	mix(r, w.Accounts)
	for i := range w.Accounts {
		a := &w.Accounts[i]
		mix(r, a.Interfaces)
		mix(r, a.Sessions)
		mix(r, a.Targets)
		mix(r, a.Filters)
		mix(r, a.Failures)
		for j := range a.Interfaces {
			mix(r, a.Interfaces[j].Groups)
			mix(r, a.Interfaces[j].Addresses)
		}
		for j := range a.Filters {
			mix(r, a.Filters[j].Ingress)
			mix(r, a.Filters[j].Egress)
		}
	}
}

func mix[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// TestScopeTouchesNothingElse: a pass about a few interfaces has steps for sessions and bindings of no other.
func TestScopeTouchesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		w.Scope = rapid.SliceOfN(rapid.SampledFrom([]string{"eni-0-0", "eni-0-1", "eni-0-2", "eni-1-0", "eni-none"}), 0, 3).Draw(t, "scope")
		w.Usage = map[string]int{Place(homeID, region): rapid.IntRange(0, 12).Draw(t, "usage")}
		p := Make(w, want)
		for _, s := range p.Steps {
			if (s.Planner == "session" || s.Planner == "binding") && !slices.Contains(w.Scope, s.Interface) {
				t.Fatalf("%s of %s, and the pass is about %v", s.Action, s.Interface, w.Scope)
			}
		}
		for _, c := range p.Coverage {
			if !slices.Contains(w.Scope, c.Interface) {
				t.Fatalf("coverage of %s, and the pass is about %v", c.Interface, w.Scope)
			}
		}
		checkDeletes(t, &w, &want, &p)
	})
}

// TestFailStatic: where anything could not be read nothing is taken away, and with a frozen switch nothing is done at all.
func TestFailStatic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		call := rapid.SampledFrom([]string{callInterfaces, callInstances, callSubnets, callVpcs, callGroups, callSessions, callTargets, callFilters, "AssumeRole"}).Draw(t, "call")
		a := &w.Accounts[rapid.IntRange(0, 1).Draw(t, "account")]
		forget(a, call)
		a.Failures = []string{call + ": RequestLimitExceeded"}
		p := Make(w, want)
		checkSafe(t, &w, &want, &p)
		for _, s := range p.Steps {
			if s.Account == a.ID && takesAway(s.Action) {
				t.Fatalf("%s of %s, although %v", s.Action, s.Object, a.Failures)
			}
			if s.Account == a.ID && s.Action == CreateSession && (call == callSessions || call == "AssumeRole") {
				t.Fatalf("a session is made, although %v", a.Failures)
			}
		}
		want.Switch = policy.Frozen
		if p := Make(w, want); !p.Empty() {
			t.Fatalf("frozen, and there are steps: %s", encoded(p.Steps))
		}
	})
}

// forget takes out what a failed call did not tell.
func forget(a *Account, call string) {
	switch call {
	case callInterfaces:
		a.Interfaces = nil
	case callInstances:
		clear(a.Instances)
	case callSubnets:
		clear(a.Subnets)
	case callVpcs:
		clear(a.Vpcs)
	case callGroups:
		clear(a.Groups)
	case callSessions:
		a.Sessions = nil
	case callTargets:
		a.Targets = nil
	case callFilters:
		a.Filters = nil
	}
}
