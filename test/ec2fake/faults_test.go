package ec2fake

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestThrottling(t *testing.T) {
	st := newStage(t, Settings{Reads: Bucket{Size: 3, Refill: 1}, Buckets: map[string]Bucket{"DescribeVpcs": {Size: 1, Refill: 0.5}}})
	ctx := context.Background()
	ask := func() error { _, err := st.ec2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{}); return err }
	for range 3 {
		st.ok(ask())
	}
	err := ask()
	st.refused(err, ec2api.CodeRequestLimitExceeded)
	var e *ec2api.Error
	if !errors.As(err, &e) || e.Status != 503 || e.Call != "DescribeTrafficMirrorSessions" || !ec2api.IsThrottle(err) {
		t.Errorf("the error is %+v", e)
	}
	st.eni() // the world is not throttled
	for _, a := range []ec2api.Account{st.c.Account(there, region1), st.c.Account(here, "us-east-1")} {
		_, err := a.EC2.DescribeTrafficMirrorSessions(ctx, ec2api.Query{})
		st.ok(err) // buckets are an account's and a region's own
	}
	st.now = st.now.Add(time.Second)
	st.ok(ask())
	st.refused(ask(), ec2api.CodeRequestLimitExceeded)
	st.now = st.now.Add(time.Hour)
	for range 3 {
		st.ok(ask())
	}
	st.refused(ask(), ec2api.CodeRequestLimitExceeded)
	_, err = st.ec2.DescribeVpcs(ctx, ec2api.Query{})
	st.ok(err)
	_, err = st.ec2.DescribeVpcs(ctx, ec2api.Query{})
	st.refused(err, ec2api.CodeRequestLimitExceeded)
}

// TestChance holds that faults are as many as asked, the same for the same seed, and that some calls fail after they took place.
func TestChance(t *testing.T) {
	run := func() (throttled, before, after int) {
		st := newStage(t, Settings{})
		eni := st.eni()
		st.c.Tune(func(s *Settings) { s.ThrottleShare, s.FailShare = 0.05, 0.02 })
		for range 5000 {
			_, err := st.ec2.CreateTrafficMirrorSession(context.Background(), st.ask(eni, 1))
			took := len(st.c.regions[region1].sessions.rows) > 0
			switch {
			case ec2api.Is(err, ec2api.CodeRequestLimitExceeded):
				throttled++
			case ec2api.Is(err, ec2api.CodeInternal) && took:
				after++
			case ec2api.Is(err, ec2api.CodeInternal):
				before++
			case err != nil:
				t.Fatal(err)
			}
			for id := range st.c.regions[region1].sessions.rows {
				st.ok(st.c.DropSession(id))
			}
		}
		return throttled, before, after
	}
	throttled, before, after := run()
	if throttled < 200 || throttled > 300 || before < 25 || before > 75 || after < 25 || after > 75 {
		t.Errorf("of 5000 calls %d were throttled, %d failed before and %d after", throttled, before, after)
	}
	if a, b, c := run(); a != throttled || b != before || c != after {
		t.Error("the same seed gave other faults")
	}
}

// TestLateFailureAndToken holds that a call that failed after it took place is answered by its token.
func TestLateFailureAndToken(t *testing.T) {
	st := newStage(t, Settings{})
	ask := st.ask(st.eni(), 1)
	ask.ClientToken = "one"
	st.c.Tune(func(s *Settings) { s.FailShare = 1 })
	for len(st.c.regions[region1].sessions.rows) == 0 {
		_, err := st.ec2.CreateTrafficMirrorSession(context.Background(), ask)
		st.refused(err, ec2api.CodeInternal)
	}
	st.c.Tune(func(s *Settings) { s.FailShare = 0 })
	got := must(st.ec2.CreateTrafficMirrorSession(context.Background(), ask))(t)
	if all := st.sessions(ec2api.Query{}); len(all) != 1 || all[0].ID != got.ID {
		t.Errorf("sessions are %+v, the token gave %s", all, got.ID)
	}
}

func TestHooksAndCounts(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	before := st.c.Calls()[here+"/"+region1]["CreateTrafficMirrorSession"]
	killed := errors.New("killed")
	st.c.Hooks(func(_ context.Context, account, region, call string) error {
		if account+region+call != here+region1+"CreateTrafficMirrorSession" {
			t.Errorf("asked for %s %s %s", account, region, call)
		}
		return killed
	}, nil)
	if _, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 1)); !errors.Is(err, killed) || len(st.c.regions[region1].sessions.rows) != 0 {
		t.Errorf("killed before: %v", err)
	}
	st.c.Hooks(nil, func(_ context.Context, _, _, _ string, outcome error) error {
		if outcome != nil {
			t.Error(outcome)
		}
		return killed
	})
	if s, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 1)); !errors.Is(err, killed) || s.ID != "" || len(st.c.regions[region1].sessions.rows) != 1 {
		t.Errorf("killed after: %+v, %v", s, err)
	}
	st.c.Hooks(nil, nil)
	if got := st.c.Calls()[here+"/"+region1]["CreateTrafficMirrorSession"]; got != before+2 {
		t.Errorf("%d calls, want %d", got, before+2)
	}
	total := st.c.Total()
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := st.ec2.DescribeVpcs(ended, ec2api.Query{}); !errors.Is(err, context.Canceled) || st.c.Total() != total {
		t.Errorf("a call whose context is over: %v, counted %d after %d", err, st.c.Total(), total)
	}
}
