package plan

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	homeID   = "111122223333"
	stranger = "999900001111"
	region   = "eu-central-1"
	fleetLB  = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/sensors/1234567890abcdef"
)

// noon is when every test takes place.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const basePolicy = `
version: 1
deployment: main
accounts:
  - {id: "111122223333", regions: [eu-central-1]}
fleet:
  account: "111122223333"
  targets:
    - {region: eu-central-1, load_balancer: "` + fleetLB + `"}
  share: {manage: false}
`

// wanted is a policy: the base and what is added to it.
func wanted(t testing.TB, more string) policy.Policy {
	t.Helper()
	p, err := policy.Parse("test.yaml", []byte(basePolicy+more))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scene is a world with one account, one VPC, a target, and whatever is put in.
type scene struct {
	World
	t    testing.TB
	want policy.Policy
}

// newScene gives a world in which targets and filters are there already.
func newScene(t testing.TB, more string) *scene {
	s := &scene{t: t, want: wanted(t, more)}
	s.At = noon
	s.Bindings, s.Before = map[string]events.Binding{}, map[string]events.Coverage{}
	a := Account{
		ID: homeID, Region: region, Instances: map[string]ec2api.Instance{}, Groups: map[string]ec2api.AutoScalingGroup{},
		Subnets: map[string]ec2api.Subnet{"subnet-1": {ID: "subnet-1", VPC: "vpc-1", AvailabilityZone: region + "a"}},
		Vpcs:    map[string]ec2api.Vpc{"vpc-1": {ID: "vpc-1"}},
		Targets: []ec2api.TrafficMirrorTarget{{ID: "tmt-ours", Owner: homeID, NetworkLoadBalancer: fleetLB, Tags: map[string]string{
			TagDeployment: "main", TagTarget: fleetLB, TagCreated: noon.Format(time.RFC3339), TagName: "mirrorwatch sensors",
		}}},
	}
	for name := range s.want.Profiles {
		a.Filters = append(a.Filters, filterFor(&s.want, name))
	}
	s.Accounts = []Account{a}
	return s
}

func filterFor(want *policy.Policy, name string) ec2api.TrafficMirrorFilter {
	p := want.Profiles[name]
	f := ec2api.TrafficMirrorFilter{ID: "tmf-" + name, Tags: map[string]string{
		TagDeployment: "main", TagProfile: name, TagFilterSpec: FilterSpec(&p), TagName: "mirrorwatch " + name,
	}}
	for _, r := range filterRules(&p) {
		rule := ec2api.TrafficMirrorFilterRule{ID: "tmfr-" + name + ruleName(r), Filter: f.ID, RuleSpec: r}
		if r.Direction == "ingress" {
			f.Ingress = append(f.Ingress, rule)
		} else {
			f.Egress = append(f.Egress, rule)
		}
	}
	if p.DNS {
		f.NetworkServices = []string{amazonDNS}
	}
	return f
}

func (s *scene) account() *Account { return &s.Accounts[0] }

// host puts in an instance i-ID, running, with its interface eni-ID, tagged mirrorwatch=on. Changes are made by the caller.
func (s *scene) host(id string, edit ...func(*ec2api.NetworkInterface, *ec2api.Instance)) *scene {
	a := s.account()
	i := ec2api.Instance{ID: "i-" + id, Type: "m5.large", State: "running", VPC: "vpc-1", Subnet: "subnet-1", Interfaces: []string{"eni-" + id},
		Tags: map[string]string{"Name": "host " + id, "mirrorwatch": "on"}}
	n := ec2api.NetworkInterface{
		ID: "eni-" + id, Owner: homeID, VPC: "vpc-1", Subnet: "subnet-1", AvailabilityZone: region + "a", Type: "interface", Status: "in-use",
		PrimaryAddress: netip.MustParseAddr("10.0.0.7"), Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.7")},
		Attachment: &ec2api.Attachment{Instance: i.ID, InstanceOwner: homeID, Status: "attached", AttachTime: noon.Add(-time.Hour)},
	}
	for _, f := range edit {
		f(&n, &i)
	}
	a.Interfaces = append(a.Interfaces, n)
	if n.Attachment != nil && n.Attachment.Instance == i.ID && i.ID != "" {
		a.Instances[i.ID] = i
	}
	return s
}

// session puts in a session of ours as it should be, with its binding, made an hour ago.
func (s *scene) session(id string, vni uint32, edit ...func(*ec2api.TrafficMirrorSession)) *scene {
	from := noon.Add(-time.Hour)
	t := ec2api.TrafficMirrorSession{
		ID: "tms-" + id, Owner: homeID, NetworkInterface: "eni-" + id, Target: "tmt-ours", Filter: "tmf-default", SessionNumber: 1, VirtualNetworkID: vni,
		Description: "Mirrorwatch, deployment main, profile default",
		Tags:        map[string]string{TagDeployment: "main", TagProfile: "default", TagCreated: from.Format(time.RFC3339), TagName: "mirrorwatch host " + id},
	}
	for _, f := range edit {
		f(&t)
	}
	s.account().Sessions = append(s.account().Sessions, t)
	name := "host " + id
	s.Bindings[t.NetworkInterface] = events.Binding{
		VNI: vni, Account: homeID, Region: region, VPC: "vpc-1", Subnet: "subnet-1", Interface: t.NetworkInterface, Instance: "i-" + id, Name: name,
		Tags: map[string]string{"Name": name, "mirrorwatch": "on"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.7")}, From: from,
	}
	return s
}

// foreign puts in a session of somebody else.
func (s *scene) foreign(id, iface string, number int32, filter string) *scene {
	s.account().Sessions = append(s.account().Sessions, ec2api.TrafficMirrorSession{
		ID: id, Owner: homeID, NetworkInterface: iface, Target: "tmt-theirs", Filter: filter, SessionNumber: number, VirtualNetworkID: 77,
	})
	return s
}

// before says what the pass before stored of an interface.
func (s *scene) before(iface string, state events.CoverageState, since time.Time) *scene {
	s.Before[iface] = events.Coverage{Interface: iface, Account: homeID, Region: region, State: state, Changed: since, Reason: "as before", Fix: "as before"}
	return s
}

func (s *scene) plan() Plan { return Make(s.World, s.want) }

// of is the coverage of one interface.
func (p *Plan) of(t interface{ Fatalf(string, ...any) }, iface string) events.Coverage {
	for _, c := range p.Coverage {
		if c.Interface == iface {
			return c
		}
	}
	t.Fatalf("no coverage of %s", iface)
	return events.Coverage{}
}

// actions lists what is done, as "create_session eni-a".
func actions(steps []Step) []string {
	list := []string{}
	for _, s := range steps {
		name := s.Interface
		if name == "" {
			name = s.Object
		}
		list = append(list, string(s.Action)+" "+name)
	}
	return list
}

// fabricChange makes the changes of a case, if it has any.
func fabricChange(w *World, p *policy.Policy, world func(*World), want func(*policy.Policy)) {
	if world != nil {
		world(w)
	}
	if want != nil {
		want(p)
	}
}
