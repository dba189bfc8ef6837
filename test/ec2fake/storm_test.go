package ec2fake

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// storm does what comes at random to a small world of two accounts that share a target.
type storm struct {
	*stage
	luck      *rand.Rand
	accounts  []ec2api.Account
	asks      []ec2api.CreateTrafficMirrorSession // by account
	instances []string
	did       map[string]int
}

func newStorm(t *testing.T, seed uint64) *storm {
	st := newStage(t, Settings{})
	st.c.Organize(here, there)
	b, ask := st.neighbour(there)
	in := ec2api.CreateResourceShare{Name: "fleet", Resources: []string{st.target.ARN(region1)}, Principals: []string{there}}
	must(st.acc.Sharing.CreateResourceShare(context.Background(), in))(t)
	st.ok(st.c.ShareSubnet(st.subnet.ID, there))
	st.c.Tune(func(s *Settings) {
		s.Lag, s.RandomLag, s.ThrottleShare, s.FailShare = 5*time.Second, true, 0.05, 0.05
		s.UnseenNotFound = seed%2 == 0
	})
	return &storm{stage: st, luck: rand.New(rand.NewPCG(seed, 9)), accounts: []ec2api.Account{st.acc, b}, did: map[string]int{},
		asks: []ec2api.CreateTrafficMirrorSession{st.ask("", 1), ask}}
}

func (s *storm) pick(ids []string) string {
	if len(ids) == 0 {
		return "i-0123456789abcdef0"
	}
	return ids[s.luck.IntN(len(ids))]
}

// anyOf gives an object that is, by the truth and not by a describe.
func anyOf[T any](s *storm, t *table[T]) string {
	var ids []string
	for _, r := range t.all() {
		ids = append(ids, r.id)
	}
	return s.pick(ids)
}

func (s *storm) step() {
	ctx, who, r := context.Background(), s.luck.IntN(2), s.c.regions[region1]
	e, n := s.accounts[who].EC2, int32(1+s.luck.IntN(4))
	actions := []struct {
		name string
		act  func() error
	}{
		{"run", func() error {
			i, err := s.c.RunInstance(InstanceSpec{Account: s.accounts[who].ID, Subnet: s.subnet.ID, Interfaces: 1 + s.luck.IntN(2)})
			s.instances = append(s.instances, i.ID)
			return err
		}},
		{"terminate", func() error { return s.c.TerminateInstance(s.pick(s.instances)) }},
		{"stop", func() error { return s.c.StopInstance(s.pick(s.instances)) }},
		{"start", func() error { return s.c.StartInstance(s.pick(s.instances)) }},
		{"detach", func() error { return s.c.DetachInterface(anyOf(s, r.interfaces)) }},
		{"attach", func() error { return s.c.AttachInterface(anyOf(s, r.interfaces), s.pick(s.instances)) }},
		{"drop interface", func() error { return s.c.DeleteInterface(anyOf(s, r.interfaces)) }},
		{"foreign", func() error { _, err := s.c.ForeignSession(anyOf(s, r.interfaces), ForeignSpec{}); return err }},
		{"drop session", func() error { return s.c.DropSession(anyOf(s, r.sessions)) }},
		{"tag", func() error {
			return e.CreateTags(ctx, []string{anyOf(s, r.sessions)}, map[string]string{"n": fmt.Sprint(n)})
		}},
		{"create", func() error {
			ask := s.asks[who]
			ask.NetworkInterface, ask.SessionNumber = anyOf(s, r.interfaces), n
			_, err := e.CreateTrafficMirrorSession(ctx, ask)
			return err
		}},
		{"modify", func() error {
			_, err := e.ModifyTrafficMirrorSession(ctx, ec2api.ModifyTrafficMirrorSession{ID: anyOf(s, r.sessions), SessionNumber: &n})
			return err
		}},
		{"delete", func() error { return e.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: anyOf(s, r.sessions)}) }},
		{"describe", func() error { _, err := e.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}); return err }},
	}
	a := actions[s.luck.IntN(len(actions))]
	if a.act() == nil {
		s.did[a.name]++
	}
	s.now = s.now.Add(time.Duration(s.luck.IntN(3000)) * time.Millisecond)
}

// TestStorm holds that after any order of things no rule is broken, and that after the lag every describe shows what is.
func TestStorm(t *testing.T) {
	for seed := range uint64(6) {
		s := newStorm(t, seed)
		for range 3000 {
			s.step()
		}
		s.ok(s.c.Check())
		for _, name := range []string{"run", "terminate", "stop", "start", "detach", "attach", "drop interface", "foreign", "drop session", "tag", "create", "modify", "delete"} {
			if s.did[name] == 0 {
				t.Errorf("seed %d never did %s: %v", seed, name, s.did)
			}
		}
		s.c.Tune(func(set *Settings) { set.ThrottleShare, set.FailShare = 0, 0 })
		s.now = s.now.Add(10 * time.Second)
		s.settled(seed)
	}
}

func (s *storm) settled(seed uint64) {
	s.t.Helper()
	r := s.c.regions[region1]
	for _, a := range s.accounts {
		var want, got []string
		for _, row := range r.sessions.all() {
			if row.owner == a.ID || a.ID == here && row.now.Target == s.target.ID {
				want = append(want, fmt.Sprint(row.id, row.now.SessionNumber))
			}
		}
		for _, v := range must(a.EC2.DescribeTrafficMirrorSessions(context.Background(), ec2api.Query{}))(s.t).Items {
			got = append(got, fmt.Sprint(v.ID, v.SessionNumber))
		}
		if !slices.Equal(got, want) {
			s.t.Errorf("seed %d: %s sees %v, there is %v", seed, a.ID, got, want)
		}
	}
	if len(r.sessions.pending) != 0 || len(r.sessions.rows) != len(r.sessions.all()) {
		s.t.Errorf("seed %d: %d changes and %d rows of %d sessions are kept", seed, len(r.sessions.pending), len(r.sessions.rows), len(r.sessions.all()))
	}
}

// TestMany holds that several callers at once break nothing.
func TestMany(t *testing.T) {
	st := newStage(t, Settings{})
	var told atomic.Int64
	st.c.Listen(func(string, string, json.RawMessage) { told.Add(1) })
	var enis []string
	for range 4 {
		enis = append(enis, st.eni())
	}
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for n := range 100 {
				s, err := st.ec2.CreateTrafficMirrorSession(context.Background(), st.ask(enis[n%4], int32(1+(g+n)%5)))
				if err == nil {
					err = st.ec2.DeleteTrafficMirrorSession(context.Background(), ec2api.Delete{ID: s.ID})
				}
				if err != nil && !ec2api.Is(err, ec2api.CodeInvalidParameterValue, ec2api.CodeSessionsPerInterface) {
					t.Error(err)
				}
				if _, err := st.ec2.DescribeTrafficMirrorSessions(context.Background(), ec2api.Query{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := st.sessions(ec2api.Query{}); len(got) != 0 {
		t.Errorf("%d sessions are left", len(got))
	}
	if calls := st.c.Calls()[here+"/"+region1]; int(told.Load()) < calls["CreateTrafficMirrorSession"]+calls["DeleteTrafficMirrorSession"] {
		t.Errorf("%d events of %v", told.Load(), calls)
	}
}
