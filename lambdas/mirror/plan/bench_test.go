package plan

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// estate is 10,000 interfaces of running instances in 20 VPCs of 3 accounts, all wanted.
func estate(t testing.TB) (World, policy.Policy) {
	want, err := policy.Parse("estate.yaml", []byte(`
version: 1
deployment: main
accounts:
  - {id: "111122223333", regions: [eu-central-1]}
  - {id: "444455556666", regions: [eu-central-1]}
  - {id: "777788889999", regions: [eu-central-1]}
fleet:
  account: "111122223333"
  targets: [{region: eu-central-1, load_balancer: "`+fleetLB+`"}]
  share: {manage: false}
select: {rules: [{name: web, match: {tags: {tier: [web]}}, profile: on}]}
exclude: [{match: {tags: {secret: []}}, reason: secret}]
`))
	if err != nil {
		t.Fatal(err)
	}
	w := World{At: noon, Bindings: map[string]events.Binding{}, Before: map[string]events.Coverage{}, Heard: map[uint32]events.Heard{}}
	for i := range want.Accounts {
		w.Accounts = append(w.Accounts, estateAccount(&want, i))
	}
	return w, want
}

func estateAccount(want *policy.Policy, i int) Account {
	a := Account{ID: want.Accounts[i].ID, Region: region, Instances: map[string]ec2api.Instance{}, Subnets: map[string]ec2api.Subnet{}, Vpcs: map[string]ec2api.Vpc{}}
	t := ec2api.TrafficMirrorTarget{ID: "tmt-ours", Owner: homeID, NetworkLoadBalancer: fleetLB}
	if a.ID == homeID {
		t.Tags = map[string]string{TagDeployment: "main", TagTarget: fleetLB, TagName: "mirrorwatch sensors"}
	}
	a.Targets, a.Filters = []ec2api.TrafficMirrorTarget{t}, []ec2api.TrafficMirrorFilter{filterFor(want, "default")}
	for j := i; j < 10_000; j += 3 {
		id, vpc := fmt.Sprintf("%017x", j), fmt.Sprintf("vpc-%d-%d", i, j%7)
		a.Vpcs[vpc], a.Subnets["subnet-"+vpc] = ec2api.Vpc{ID: vpc}, ec2api.Subnet{ID: "subnet-" + vpc, VPC: vpc}
		ip := netip.AddrFrom4([4]byte{10, byte(j >> 16), byte(j >> 8), byte(j)})
		a.Instances["i-"+id] = ec2api.Instance{ID: "i-" + id, Type: "m5.large", State: "running", VPC: vpc, Tags: map[string]string{
			"Name": "web " + id, "tier": "web", "team": "shop", "env": "production",
		}}
		a.Interfaces = append(a.Interfaces, ec2api.NetworkInterface{
			ID: "eni-" + id, Owner: a.ID, VPC: vpc, Subnet: "subnet-" + vpc, AvailabilityZone: region + "a", Type: "interface", Status: "in-use",
			PrimaryAddress: ip, Addresses: []netip.Addr{ip}, Groups: []string{"sg-1"}, Tags: map[string]string{"owner": "web"},
			Attachment: &ec2api.Attachment{Instance: "i-" + id, InstanceOwner: a.ID, Status: "attached"},
		})
	}
	return a
}

// BenchmarkPlanCold plans a session for each of 10,000 interfaces.
func BenchmarkPlanCold(b *testing.B) {
	w, want := estate(b)
	b.ReportAllocs()
	for b.Loop() {
		if p := Make(w, want); len(p.Steps) != 10_000 {
			b.Fatalf("%d steps", len(p.Steps))
		}
	}
}

// BenchmarkPlanWarm plans where everything is as it should be.
func BenchmarkPlanWarm(b *testing.B) {
	w, want := estate(b)
	w, err := After(w, want, Make(w, want), noon.Add(5*time.Minute))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if p := Make(w, want); !p.Empty() {
			b.Fatalf("%d steps", len(p.Steps))
		}
	}
}
