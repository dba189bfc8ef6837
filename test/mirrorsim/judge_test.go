package mirrorsim

import (
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// A sensor tells sessions apart by nothing but the VNI, so a session whose packets do not arrive is silent only while nobody else sends
// with its VNI.
func TestSilentIsWhoseVNINobodyHears(t *testing.T) {
	noon := time.Date(2126, 11, 25, 12, 0, 0, 0, time.UTC)
	silent, mirrored := events.CoverageSilent, events.CoverageMirrored
	for name, c := range map[string]struct {
		told time.Duration // how long ago; 0: never
		want []events.CoverageState
	}{
		"never heard":                      {0, []events.CoverageState{silent}},
		"heard of another a minute ago":    {time.Minute, []events.CoverageState{mirrored}},
		"heard of another a while ago":     {18 * time.Minute, []events.CoverageState{silent, mirrored}},
		"heard of another before all that": {time.Hour, []events.CoverageState{silent}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sim{told: map[uint32]time.Time{}, town: town{mute: map[string]bool{"eni-a": true}}}
			s.clock.now = noon
			if c.told > 0 {
				s.told[7] = noon.Add(-c.told)
			}
			st := &ec2fake.State{
				Interfaces: []ec2api.NetworkInterface{{ID: "eni-a", Type: "interface", Tags: map[string]string{"mirrorwatch": "on"}, Attachment: &ec2api.Attachment{}}},
				Sessions:   []ec2api.TrafficMirrorSession{{ID: "tms-a", NetworkInterface: "eni-a", SessionNumber: 1, VirtualNetworkID: 7, Tags: map[string]string{tagOurs: deployment}}},
			}
			if got := s.judge(st, &st.Interfaces[0]); !slices.Equal(got.states, c.want) {
				t.Errorf("wanted is %v, want %v", got.states, c.want)
			}
		})
	}
}

// What was learned of a family may end while the world is held still: then AWS is asked twice, and the VNI of the attempt goes back. A
// plan that does anything else is not excused by it.
func TestTryingAFamilyAnewIsNoUnrest(t *testing.T) {
	s := &sim{}
	s.cloud = ec2fake.New(ec2fake.Options{Seed: 1, Now: s.clock.Now})
	vpc, err := s.cloud.MakeVpc(fleet, region, []string{"10.0.0.0/16"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := s.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	enis := map[string]string{}
	for _, kind := range []string{"m8a.large", "m5.large"} {
		i, err := s.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Type: kind, Interfaces: 1})
		if err != nil {
			t.Fatal(err)
		}
		enis[kind] = i.Interfaces[0]
	}
	step := func(a plan.Action, kind string) plan.Step { return plan.Step{Action: a, Interface: enis[kind]} }
	for name, c := range map[string]struct {
		plan    plan.Plan
		refused bool
		want    bool
	}{
		"it is tried":                            {plan.Plan{Steps: []plan.Step{step(plan.CreateSession, "m8a.large")}}, false, true},
		"its VNI goes back":                      {plan.Plan{Steps: []plan.Step{step(plan.Release, "m8a.large")}}, true, true},
		"another gets its room":                  {plan.Plan{Steps: []plan.Step{step(plan.Release, "m8a.large"), step(plan.CreateSession, "m5.large")}}, true, true},
		"another is made without any refusal":    {plan.Plan{Steps: []plan.Step{step(plan.CreateSession, "m5.large")}}, false, false},
		"another's VNI goes back":                {plan.Plan{Steps: []plan.Step{step(plan.Release, "m5.large")}}, true, false},
		"a session goes":                         {plan.Plan{Steps: []plan.Step{step(plan.DeleteSession, "m8a.large")}}, true, false},
		"something is held":                      {plan.Plan{Steps: []plan.Step{step(plan.CreateSession, "m8a.large")}, Held: []plan.Held{{}}}, true, false},
		"an interface that nobody knows is made": {plan.Plan{Steps: []plan.Step{{Action: plan.CreateSession, Interface: "eni-0"}}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.triesAgain(&c.plan, c.refused); got != c.want {
				t.Errorf("tries again is %v, want %v", got, c.want)
			}
		})
	}
}
