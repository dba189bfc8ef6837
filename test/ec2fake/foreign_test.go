package ec2fake

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestForeign holds that the digest is of what lacks the tag, and that Touched names who changed such a thing.
func TestForeign(t *testing.T) {
	const tag, ours = "mirrorwatch:deployment", "d1"
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	theirs := must(st.c.ForeignSession(eni, ForeignSpec{}))(t)
	me := st.c.AccountAs(here, region1, "arn:aws:iam::"+here+":role/mirrorwatch").EC2
	was := st.c.Foreign(tag, ours)
	ask := st.ask(eni, 2)
	ask.Tags = map[string]string{tag: ours}
	mine := must(me.CreateTrafficMirrorSession(ctx, ask))(t)
	n := int32(3)
	must(me.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: mine.ID, SessionNumber: &n}))(t)
	if st.c.Foreign(tag, ours) != was || len(st.c.Touched("role/mirrorwatch", tag, ours)) != 0 {
		t.Error("what is ours was taken for foreign")
	}
	n = 4
	without := st.c.Foreign(tag, ours, theirs.ID)
	must(me.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: theirs.ID, SessionNumber: &n}))(t)
	if st.c.Foreign(tag, ours) == was {
		t.Error("a change of a foreign session is not seen")
	}
	if st.c.Foreign(tag, ours, theirs.ID) != without {
		t.Error("what was to be left out was not")
	}
	now := st.c.Foreign(tag, ours)
	st.ok(me.CreateTags(ctx, []string{eni}, map[string]string{"x": "y"}))
	if st.c.Foreign(tag, ours) == now {
		t.Error("a tag on a foreign interface is not seen")
	}
	if got := st.c.Touched("role/mirrorwatch", tag, ours); !slices.Equal(got, []string{"ModifyTrafficMirrorSession " + theirs.ID, "CreateTags " + eni}) {
		t.Errorf("touched is %v", got)
	}
	now = st.c.Foreign(tag, ours)
	st.ok(st.c.DetachInterface(eni))
	if st.c.Foreign(tag, ours) == now {
		t.Error("a detached interface is not seen")
	}
}

// TestCheckFinds holds that Check does find what is wrong.
func TestCheckFinds(t *testing.T) {
	finds := func(want string, harm func(st *stage, s ec2api.TrafficMirrorSession)) {
		t.Run(want, func(t *testing.T) {
			inner := build(t, Settings{})
			s := inner.session(inner.eni(), 1)
			inner.ok(inner.c.Check())
			harm(inner, s)
			if err := inner.c.Check(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Check gave %v", err)
			}
		})
	}
	change := func(st *stage, s ec2api.TrafficMirrorSession) { st.c.putSession(st.c.regions[region1], s) }
	finds("two sessions with number 1", func(st *stage, s ec2api.TrafficMirrorSession) {
		s.ID = st.c.newID(sessionNoun())
		change(st, s)
		st.ok(st.c.DropSession(s.ID)) // also when it was so for a moment only
	})
	finds("has 4 sessions", func(st *stage, s ec2api.TrafficMirrorSession) {
		for s.SessionNumber = 2; s.SessionNumber < 5; s.SessionNumber++ {
			s.ID = st.c.newID(sessionNoun())
			change(st, s)
			st.c.watchQuota(st.c.regions[region1], &s)
		}
	})
	finds("out of its range", func(st *stage, s ec2api.TrafficMirrorSession) { s.PacketLength = 9000; change(st, s) })
	finds("which is not there", func(st *stage, s ec2api.TrafficMirrorSession) { s.NetworkInterface = "eni-00000000"; change(st, s) })
	finds("not its own", func(st *stage, s ec2api.TrafficMirrorSession) { s.Filter = "tmf-00000000"; change(st, s) })
	finds("sends to", func(st *stage, s ec2api.TrafficMirrorSession) { s.Target = "tmt-00000000"; change(st, s) })
	finds("somebody wrote", func(st *stage, s ec2api.TrafficMirrorSession) {
		seen := must(st.ec2.DescribeNetworkInterfaces(context.Background(), ec2api.Query{IDs: []string{s.NetworkInterface}}))(st.t).Items[0]
		seen.Addresses[0] = seen.Addresses[0].Next()
	})
	finds("is source and target", func(st *stage, s ec2api.TrafficMirrorSession) {
		v := ec2api.TrafficMirrorTarget{ID: st.c.newID(targetNoun()), Owner: here, NetworkInterface: s.NetworkInterface}
		store(st.c, st.c.regions[region1].targets, v.ID, here, &v)
	})
}

func TestSameSeed(t *testing.T) {
	run := func(seed uint64) string {
		c := New(Options{Now: func() time.Time { return time.Unix(0, 0) }, Seed: seed})
		vpc := must(c.MakeVpc(here, region1, []string{"10.0.0.0/16"}, nil))(t)
		subnet := must(c.MakeSubnet(SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/24"}))(t)
		i := must(c.RunInstance(InstanceSpec{Subnet: subnet.ID}))(t)
		return must(c.ForeignSession(i.Interfaces[0], ForeignSpec{}))(t).ID + c.Foreign("a", "b")
	}
	if first, again, other := run(1), run(1), run(2); first != again || first == other {
		t.Error("ids do not follow the seed")
	}
}
