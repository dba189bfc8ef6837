package mirrorsim

import (
	"context"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// A session that loses our tag is somebody else's. A pass that AWS showed the tag a moment before cannot know, and every other must.
func TestWhoMayStillChangeASessionThatLostItsTag(t *testing.T) {
	for name, c := range map[string]struct {
		own   bool          // it was ours before
		since time.Duration // from the beginning of the pass to when it was somebody else's
		gone  bool          // the pass deletes it, else it changes it
		want  bool          // the pass is blamed
	}{
		"lost in the middle of the pass":            {true, time.Second, false, false},
		"lost so late that AWS did not tell":        {true, -lag, false, false},
		"lost so late, and deleted":                 {true, -lag, true, false},
		"lost so early that AWS told":               {true, -lag - time.Second, false, true},
		"lost so early, and deleted":                {true, -lag - time.Second, true, true},
		"never ours, and made a moment ago":         {false, -time.Second, false, true},
		"never ours, made a moment ago and deleted": {false, -time.Second, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, x := sessionAlone(t, c.own)
			p := &process{s: s, began: s.clock.Now(), deletes: map[string]int{}, had: map[string]int{}}
			s.theirs[x.ID] = p.began.Add(c.since)
			if c.own {
				s.town.lost[x.ID] = p.began.Add(c.since)
			}
			p.before = s.picture(p)
			n := int32(9)
			if c.gone {
				if err := s.cloud.DropSession(x.ID); err != nil {
					t.Fatal(err)
				}
			} else if _, err := s.admin(x.Owner).EC2.ModifyTrafficMirrorSession(context.Background(), ec2api.ModifyTrafficMirrorSession{ID: x.ID, SessionNumber: &n}); err != nil {
				t.Fatal(err)
			}
			if s.hold(p, "a call"); s.failed() != c.want {
				t.Errorf("blamed is %v (%s), want %v", s.failed(), s.res.Failure, c.want)
			}
		})
	}
}

// sessionAlone makes a world of one instance and one session, which is not ours any more or never was.
func sessionAlone(t *testing.T, own bool) (*sim, ec2api.TrafficMirrorSession) {
	t.Helper()
	s := &sim{touched: map[string]time.Time{}, theirs: map[string]time.Time{}, town: town{lost: map[string]time.Time{}}}
	s.clock.now = time.Date(2126, 11, 25, 12, 0, 0, 0, time.UTC)
	s.o.Log = 10
	s.cloud = ec2fake.New(ec2fake.Options{Seed: 1, Now: s.clock.Now})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	vpc, err := s.cloud.MakeVpc(fleet, region, []string{"10.0.0.0/16"}, nil)
	must(err)
	subnet, err := s.cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/24"})
	must(err)
	i, err := s.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Type: "m5.large", Interfaces: 1})
	must(err)
	spec := ec2fake.ForeignSpec{}
	if own {
		spec.Tags = map[string]string{tagOurs: deployment}
	}
	x, err := s.cloud.ForeignSession(i.Interfaces[0], spec)
	must(err)
	if own {
		must(s.cloud.Untag(x.ID, tagOurs))
	}
	return s, x
}
