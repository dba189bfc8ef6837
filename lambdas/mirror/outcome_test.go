package mirror

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// run makes an instance of a type that is to be mirrored.
func (h *house) run(instanceType string) ec2api.Instance {
	h.t.Helper()
	i, err := h.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: h.subnets[firstID], Type: instanceType, Tags: map[string]string{"mirrorwatch": "on"}})
	h.ok(err)
	return i
}

// TestLearnedFamily asks AWS twice about a family that no list names, and believes it for a day; what was attached just now it does not
// blame on the family. When the day is over one refusal is enough.
func TestLearnedFamily(t *testing.T) {
	h := build(t, 0, "")
	h.cloud.Tune(func(s *fakeSettings) { s.Unsupported = append(s.Unsupported, "m9z") })
	l := h.loop()
	i := h.run("m9z.large")
	h.clock.Move(time.Minute)
	h.sweep(l)
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoveragePending || c.VNI != 0 {
		t.Errorf("just attached: %+v", c)
	}
	h.clock.Move(10 * time.Minute)
	h.sweep(l)
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoveragePending || !strings.Contains(c.Reason, "once") {
		t.Errorf("refused once: %+v", c)
	}
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoverageUnsupportedType || !strings.Contains(c.Reason, "m9z") || c.Fix == "" {
		t.Errorf("refused: %+v", c)
	}
	verdict, err := l.verdicts().Get(context.Background(), "m9z")
	if err != nil || verdict.Value.Supported || verdict.Value.Interface != i.Interfaces[0] {
		t.Errorf("verdict %+v, %v", verdict, err)
	}
	h.clock.Move(10 * time.Minute)
	if n := h.calls(func() { h.sweep(l) })["CreateTrafficMirrorSession"]; n != 0 {
		t.Errorf("asked %d times of a family that is known", n)
	}
	h.whole(map[string]int{firstID: 0})
	h.clock.Move(24 * time.Hour)
	if n := h.calls(func() { h.sweep(l) })["CreateTrafficMirrorSession"]; n != 1 {
		t.Errorf("asked %d times when the verdict was old", n)
	}
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoverageUnsupportedType {
		t.Errorf("refused again after a day: %+v", c)
	}
}

// TestRefusedWhileDetached: describes lag, so AWS may refuse what is shown as attached and is not. Nothing is learned of its family: the
// next instance of it is mirrored.
func TestRefusedWhileDetached(t *testing.T) {
	h := build(t, 0, "")
	l := h.loop()
	i := h.run("m9z.large")
	h.clock.Move(time.Hour)
	h.cloud.Tune(func(s *fakeSettings) { s.Lag = time.Minute })
	h.ok(h.cloud.DetachInterface(i.Interfaces[0]))
	if n := h.calls(func() { h.sweep(l) })["CreateTrafficMirrorSession"]; n != 1 {
		t.Fatalf("asked %d times: describes were to show it still", n)
	}
	h.clock.Move(6 * time.Minute)
	other := h.run("m9z.large")
	h.clock.Move(6 * time.Minute)
	h.sweep(l)
	if c := h.coverage()[other.Interfaces[0]]; c.State != events.CoverageMirrored {
		t.Errorf("another of its family: %+v", c)
	}
}

// TestRefusals: AWS's code decides what is said of an interface, and whether AWS is asked on.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name  string
		make  func(h *house)
		calls int // to make a session
		want  map[events.CoverageState]int
		fix   string
	}{
		{"slots", func(h *house) {
			h.cloud.Tune(func(s *fakeSettings) { s.InterfaceSlots = 1 })
			_, err := h.cloud.ForeignSession(h.run("m5.large").Interfaces[0], fakeForeign)
			h.ok(err)
		}, 7, map[events.CoverageState]int{events.CoverageMirrored: 6, events.CoverageSlotsFull: 1}, "three sessions"},
		{"quota", func(h *house) { h.cloud.Tune(func(s *fakeSettings) { s.SessionQuota = 2 }) },
			3, map[events.CoverageState]int{events.CoverageMirrored: 2, events.CoverageQuota: 4}, "AWS allows no more"},
		{"denied", func(h *house) { h.cloud.Deny(firstID, "CreateTrafficMirrorSession") },
			3, map[events.CoverageState]int{events.CoverageError: 6}, "ec2:CreateTrafficMirrorSession"},
		{"filter", func(h *house) { h.cloud.Deny(firstID, "CreateTrafficMirrorFilterRule") },
			0, map[events.CoverageState]int{events.CoverageError: 6}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t, 6, "")
			c.make(h)
			h.clock.Move(time.Hour)
			calls := h.calls(func() { h.sweep(h.loop()) })
			if got := states(h.coverage()); !maps.Equal(got, c.want) {
				t.Errorf("coverage %v, want %v", got, c.want)
			}
			if n := calls["CreateTrafficMirrorSession"]; n != c.calls {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
			for _, row := range h.coverage() {
				if row.State != events.CoverageMirrored && (row.Reason == "" || !strings.Contains(row.Fix, c.fix) || row.Session != "") {
					t.Errorf("row %+v", row)
				}
			}
		})
	}
}

// between is a store in which something happens right after the first reading of usage.
type between struct {
	store.Documents
	do func()
}

func (b *between) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	d, err := b.Documents.Get(ctx, k, id)
	if k == store.KindMirrorUsage && b.do != nil {
		do := b.do
		b.do = nil
		do()
	}
	return d, err
}

// TestBudgetOfAllTogether: a pass that planned before another took the last of the budget's room is refused it when it asks.
func TestBudgetOfAllTogether(t *testing.T) {
	h := build(t, 2, "budget: {sessions: 5}", secondID)
	h.sweep(h.loop())
	h.clock.Move(5 * time.Minute)
	a, b := h.instance(firstID, map[string]string{"mirrorwatch": "on"}), h.instance(secondID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	handle := func(l *Loop, account string, i ec2api.Instance) Report {
		r, err := l.Handle(context.Background(), []trigger.Key{{Account: account, Region: region, Kind: trigger.Instance, ID: i.ID}})
		h.ok(err)
		return r
	}
	l := h.loop(func(o *Options) {
		s := *o.Store
		s.Documents = &between{s.Documents, func() { handle(h.loop(), firstID, a) }}
		o.Store = &s
	})
	r := handle(l, secondID, b)
	if n := len(h.sessions(firstID)) + len(h.sessions(secondID)); n != 5 || len(r.Plan.Steps) != 1 {
		t.Errorf("%d sessions with a budget of 5; planned %d steps", n, len(r.Plan.Steps))
	}
	if c := h.coverage()[b.Interfaces[0]]; c.State != events.CoverageBudget || c.Fix == "" {
		t.Errorf("the one too many: %+v", c)
	}
	used, err := l.usage(context.Background())
	h.ok(err)
	if want := map[string]int{plan.Place(firstID, region): 3, plan.Place(secondID, region): 2}; !maps.Equal(used.Value.Places, want) {
		t.Errorf("usage %v, want %v", used.Value.Places, want)
	}
}

// TestQuotaOfAnEvent: an event sees only its own interface's sessions, and yet leaves to others what the policy reserves for them.
func TestQuotaOfAnEvent(t *testing.T) {
	h := build(t, 2, "budget: {reserve: 1}\nlimits: {session_quota: 5}")
	l := h.loop()
	for range 2 {
		_, err := h.cloud.ForeignSession(h.instance(firstID, nil).Interfaces[0], fakeForeign)
		h.ok(err)
	}
	h.sweep(l)
	i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	_, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
	h.ok(err)
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoverageQuota || c.Fix == "" {
		t.Errorf("coverage %+v", c)
	}
	if n := len(h.sessions(firstID)); n != 2 {
		t.Errorf("%d sessions of ours, with 2 of others and a quota of 5 of which 1 is reserved", n)
	}
}

// TestVNITaken asks for the next where somebody has it, and says so where none is left.
func TestVNITaken(t *testing.T) {
	h := build(t, 0, "vni: {from: 10, to: 12}")
	l := h.loop()
	h.sweep(l)
	for _, vni := range []uint32{10, 12} {
		h.ok(h.store.Mirror.Bind(context.Background(), events.Binding{VNI: vni, Interface: "eni-0aa", Account: "999999999999", Region: region, From: h.clock.Now()}))
	}
	handle := func() events.Coverage {
		i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
		h.clock.Move(time.Minute)
		_, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
		h.ok(err)
		return h.coverage()[i.Interfaces[0]]
	}
	if c := handle(); c.VNI != 11 || c.State != events.CoverageMirrored {
		t.Errorf("the free one: %+v", c)
	}
	if c := handle(); c.State != events.CoverageError || !strings.Contains(c.Fix, "widen vni") {
		t.Errorf("none is free: %+v", c)
	}
}

// TestRogue raises one detection of a session that sends to an unknown account, once, and ends it when it is gone.
// It is told to the store of a single box: what memory takes, others must take, too.
func TestRogue(t *testing.T) {
	h := build(t, 1, "")
	h.onDisk()
	evil := "999988887777"
	lb, err := h.cloud.MakeBalancer(ec2fake.BalancerSpec{Account: evil, Region: region, Name: "loot", Subnets: []string{h.network(evil)}})
	h.ok(err)
	ctx, their := context.Background(), h.cloud.Account(evil, region)
	target, err := their.EC2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{NetworkLoadBalancer: lb.Balancer.ARN})
	h.ok(err)
	_, err = their.Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{
		Name: "gift", Resources: []string{target.ARN(region)}, Principals: []string{firstID}, External: true})
	h.ok(err)
	offers, err := h.cloud.Account(firstID, region).Sharing.GetResourceShareInvitations(ctx)
	h.ok(err)
	h.ok(h.cloud.Account(firstID, region).Sharing.AcceptResourceShareInvitation(ctx, offers[0].ARN))
	victim := h.instance(firstID, nil).Interfaces[0]
	rogue, err := h.cloud.ForeignSession(victim, ec2fake.ForeignSpec{Target: target.ID})
	h.ok(err)
	l := h.loop()
	search := func() []events.Detection {
		p, err := h.store.Detections.Search(ctx, store.DetectionQuery{})
		h.ok(err)
		return p.Items
	}
	for range 2 {
		h.sweep(l)
		h.clock.Move(5 * time.Minute)
	}
	list := search()
	i := slices.IndexFunc(list, func(d events.Detection) bool { return d.Properties["object"] == rogue.ID })
	if i < 0 {
		t.Fatalf("no detection of %s: %+v", rogue.ID, list)
	}
	d := list[i]
	sum := 0
	for _, term := range d.Risk.Terms {
		sum += term.Points
	}
	if d.Type != rogueType || d.Revision != 1 || d.End != nil || sum != d.Risk.Score || d.Risk.Band != events.BandOf(sum) || d.Techniques[0] != "T1020.001" {
		t.Errorf("detection %+v", d)
	}
	if who := d.Participants[1]; who.Interface != victim || who.Account != firstID || !who.Address.IsValid() {
		t.Errorf("victim %+v", who)
	}
	h.ok(h.cloud.DropSession(rogue.ID))
	h.sweep(l)
	again, err := h.store.Detections.Get(ctx, d.ID)
	if err != nil || again.End == nil || !again.Start.Equal(d.Start) {
		t.Errorf("when it is gone: %+v, %v", again, err)
	}
}

// TestRoom is how many more sessions the budgets allow, whichever of them is the tightest.
func TestRoom(t *testing.T) {
	for _, c := range []struct {
		name   string
		budget policy.Budget
		own    int // of the account
		places map[string]int
		want   int
	}{
		{"none", policy.Budget{}, 0, map[string]int{"111122223333/eu-central-1": 5000}, math.MaxInt32},
		{"sessions", policy.Budget{Sessions: 10}, 0, map[string]int{"111122223333/eu-central-1": 4, "444455556666/us-east-1": 3}, 3},
		{"over", policy.Budget{Sessions: 10}, 0, map[string]int{"444455556666/us-east-1": 12}, 0},
		{"account", policy.Budget{Sessions: 100}, 5, map[string]int{"111122223333/eu-central-1": 2, "111122223333/us-east-1": 2, "444455556666/us-east-1": 9}, 1},
		{"money", policy.Budget{USDMonth: 10 * 730 * 0.02}, 0, map[string]int{"111122223333/us-east-1": 4, "111122223333/eu-central-1": 5}, 3},
	} {
		p := &pass{policy: &policy.Policy{Budget: c.budget, Prices: policy.Prices{SessionHour: 0.01, Regions: map[string]float64{"eu-central-1": 0.02}}}}
		if got, _ := p.room(&Usage{Places: c.places}, &place{site: site{account: policy.Account{ID: firstID, Budget: c.own}, region: region}}); got != c.want {
			t.Errorf("%s: room for %d, want %d", c.name, got, c.want)
		}
	}
}
