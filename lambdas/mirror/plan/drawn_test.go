package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"pgregory.net/rapid"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const second = "444455556666"

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
