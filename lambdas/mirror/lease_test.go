package mirror

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestTaken leaves a place alone that another loop holds, says who, and deals with the others.
func TestTaken(t *testing.T) {
	h := build(t, 2, "", secondID)
	h.sweep(h.loop()) // the target is there
	h.clock.Move(5 * time.Minute)
	fresh := map[string]string{"mirrorwatch": "on"}
	h.instance(firstID, fresh)
	h.instance(secondID, fresh)
	other := h.loop(func(o *Options) { o.Holder = "somebody else" })
	held, _, err := other.acquire(context.Background(), plan.Place(firstID, region))
	h.ok(err)
	l := h.loop()
	r := h.sweep(l)
	if got := r.Taken(); len(got) != 1 || got[0] != plan.Place(firstID, region) {
		t.Errorf("taken: %v", got)
	}
	if !strings.Contains(r.Places[1].Skipped, "somebody else") {
		t.Errorf("skipped: %q", r.Places[1].Skipped)
	}
	h.whole(map[string]int{firstID: 2, secondID: 3})
	h.ok(held.release(context.Background()))
	h.sweep(l)
	h.whole(map[string]int{firstID: 3, secondID: 3})
}

// TestLeaseOutlivesTheDead: the place of a loop that died is free when its lease is over, and not before.
func TestLeaseOutlivesTheDead(t *testing.T) {
	h := build(t, 1, "")
	l := h.loop()
	_, _, err := l.acquire(context.Background(), "a/b")
	h.ok(err)
	h.clock.Move(leaseTTL - time.Second)
	if _, _, err := l.acquire(context.Background(), "a/b"); !errors.Is(err, errTaken) {
		t.Errorf("before its end: %v", err)
	}
	h.clock.Move(time.Second)
	held, _, err := l.acquire(context.Background(), "a/b")
	h.ok(err)
	h.ok(held.release(context.Background()))
	if _, _, err = l.acquire(context.Background(), "a/b"); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

// slow moves the clock at each call that makes a session, and does something besides.
func (h *house) slow(d time.Duration, besides func(n int)) {
	n := 0
	h.cloud.Hooks(func(_ context.Context, _, _, call string) error {
		if call == "CreateTrafficMirrorSession" {
			n++
			h.clock.Move(d)
			if besides != nil {
				besides(n)
			}
		}
		return nil
	}, nil)
}

// TestLeaseIsRenewed in a pass that takes longer than a lease lasts: nobody else gets in.
func TestLeaseIsRenewed(t *testing.T) {
	h := build(t, 8, "")
	other := h.loop(func(o *Options) { o.Holder = "other" })
	h.slow(25*time.Second, func(int) {
		if _, _, err := other.acquire(context.Background(), plan.Place(firstID, region)); !errors.Is(err, errTaken) {
			t.Errorf("another loop got in: %v", err)
		}
	})
	_, err := h.loop().Sweep(context.Background())
	if err != nil && !strings.HasPrefix(err.Error(), plan.Place(fleetID, region)) {
		t.Error(err) // the fleet's place is not called meanwhile: in the background its lease is renewed by the wall clock
	}
	h.whole(map[string]int{firstID: 8})
}

// TestLeaseIsLost in the middle: by time, or to somebody who took it. The pass stops, and writes nothing down there any more.
func TestLeaseIsLost(t *testing.T) {
	for name, lose := range map[string]func(h *house){
		"by time": func(h *house) { h.clock.Move(leaseTTL) },
		"to another": func(h *house) {
			ahead := h.loop(func(o *Options) { o.Now = func() time.Time { return h.clock.Now().Add(leaseTTL) } }) // its clock is
			_, _, err := ahead.acquire(context.Background(), plan.Place(firstID, region))
			h.ok(err)
			h.clock.Move(renewAfter)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, 5, "")
			h.slow(0, func(n int) {
				if n == 2 {
					lose(h)
				}
			})
			r, err := h.loop().Sweep(context.Background())
			if !errors.Is(err, errLost) {
				t.Errorf("error %v", err)
			}
			if _, failed, left := r.Outcomes(); left != 3 || failed != 0 {
				t.Errorf("%d failed, %d left of 5: %+v", failed, left, r.Places)
			}
			if n := len(h.sessions(firstID)); n != 2 {
				t.Errorf("%d sessions", n)
			}
			if n := len(h.coverage()); n != 0 {
				t.Errorf("%d rows were written", n)
			}
			h.cloud.Hooks(nil, nil)
			h.clock.Move(2*leaseTTL + time.Second)
			h.sweep(h.loop())
			h.whole(map[string]int{firstID: 5})
		})
	}
}

// TestDeadline stops ten seconds early, says what is left, and the next pass goes on.
func TestDeadline(t *testing.T) {
	h := build(t, 6, "")
	h.slow(5*time.Second, nil)
	ctx, cancel := context.WithDeadline(context.Background(), h.clock.Now().Add(24*time.Second))
	defer cancel()
	r, err := h.loop().Sweep(ctx)
	h.ok(err)
	if _, failed, left := r.Outcomes(); failed != 0 || left != 3 {
		t.Errorf("%d failed, %d left", failed, left)
	}
	if got := states(h.coverage()); got[events.CoverageMirrored] != 3 || got[events.CoveragePending] != 3 {
		t.Errorf("coverage %v", got)
	}
	h.sweep(h.loop())
	h.whole(map[string]int{firstID: 6})
}

// TestOneAccountFails, the others do not wait and do not suffer; the one that failed is left as it is.
func TestOneAccountFails(t *testing.T) {
	h := build(t, 3, "", secondID)
	l := h.loop()
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	for _, a := range []string{firstID, secondID} {
		h.ok(h.cloud.Tag(h.sessions(a)[0].NetworkInterface, map[string]string{"mirrorwatch": "off"}))
		h.instance(a, map[string]string{"mirrorwatch": "on"})
		h.instance(a, map[string]string{"mirrorwatch": "on"})
	}
	h.clock.Move(time.Minute)
	h.cloud.Deny(secondID, "DescribeInstances", "DescribeNetworkInterfaces")
	r, err := l.Sweep(context.Background())
	if err == nil || !strings.Contains(err.Error(), secondID) || strings.Contains(err.Error(), firstID) {
		t.Errorf("error %v", err)
	}
	if n := len(h.sessions(secondID)); n != 3 {
		t.Errorf("%d sessions where the describes failed", n)
	}
	if n := len(h.sessions(firstID)); n != 4 {
		t.Errorf("%d sessions in the account that can be seen", n)
	}
	if f := r.Places[2].Failures; len(f) != 2 || f[0] != "DescribeNetworkInterfaces: UnauthorizedOperation" {
		t.Errorf("failures %v", f)
	}
	h.cloud.Allow(secondID, "DescribeInstances", "DescribeNetworkInterfaces")
	h.sweep(l)
	h.whole(map[string]int{firstID: 4, secondID: 4})
}

// TestNoPolicy changes nothing.
func TestNoPolicy(t *testing.T) {
	h := build(t, 1, "")
	l := h.loop()
	h.sweep(l)
	l.o.Policy = func(context.Context) (p policyType, err error) { return p, errors.New("parameter is gone") }
	calls := h.calls(func() {
		if _, err := l.Sweep(context.Background()); err == nil || !strings.Contains(err.Error(), "parameter is gone") {
			t.Errorf("error %v", err)
		}
		if _, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Sweep}}); err == nil {
			t.Error("no error of an event")
		}
	})
	if len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

// TestLag asks for the same sessions again while AWS does not show them, and gets the same.
func TestLag(t *testing.T) {
	h := build(t, 4, "")
	h.cloud.Tune(func(s *fakeSettings) { s.Lag = 5 * time.Second })
	h.clock.Move(time.Minute)
	l := h.loop()
	h.sweep(l)
	h.clock.Move(time.Second)
	r := h.sweep(l)
	if _, failed, left := r.Outcomes(); failed+left != 0 {
		t.Errorf("while they are invisible: %+v", r.Places)
	}
	h.clock.Move(time.Minute)
	h.sweep(l)
	h.clock.Move(time.Minute)
	if r := h.sweep(l); !r.Plan.Empty() {
		t.Errorf("%+v", r.Plan.Steps)
	}
	h.whole(map[string]int{firstID: 4})
	h.fabric("lag", true, 1)
}

// TestLeaseInTheBackground is renewed while a single call takes longer than a lease lasts.
func TestLeaseInTheBackground(t *testing.T) {
	h := build(t, 1, "")
	l := h.loop()
	l.beat = time.Millisecond
	leases := store.Collection[Lease]{Kind: store.KindMirrorLease, Documents: h.store.Documents}
	until := func(account string) time.Time {
		have, err := leases.Get(context.Background(), plan.Place(account, region))
		h.ok(err)
		return have.Value.Until
	}
	h.slow(0, func(int) {
		for range 4 {
			first, fleet := until(firstID), until(fleetID)
			h.clock.Move(renewAfter)
			for range 5000 {
				if until(firstID).After(first) && until(fleetID).After(fleet) {
					break
				}
				time.Sleep(time.Millisecond)
			}
		}
	})
	h.sweep(l)
	h.whole(map[string]int{firstID: 1})
}

// TestOneAccountHangs: who does not answer is given up after a while, and the others were not kept waiting for more than that.
func TestOneAccountHangs(t *testing.T) {
	h := build(t, 2, "", secondID)
	l := h.loop(func(o *Options) {
		open := o.Open
		o.Open = func(ctx context.Context, a policyAccount, region string) (ec2api.Account, error) {
			if a.ID == secondID {
				<-ctx.Done()
				return ec2api.Account{}, ctx.Err()
			}
			return open(ctx, a, region)
		}
	})
	l.lookFor = 20 * time.Millisecond
	_, err := l.Sweep(context.Background())
	if err == nil || !strings.Contains(err.Error(), secondID) {
		t.Errorf("error %v", err)
	}
	h.whole(map[string]int{firstID: 2, secondID: 0})
}

// TestNobodyFree asks AWS nothing where others hold every lease.
func TestNobodyFree(t *testing.T) {
	h := build(t, 1, "")
	other := h.loop(func(o *Options) { o.Holder = "other" })
	for _, a := range []string{fleetID, firstID} {
		_, _, err := other.acquire(context.Background(), plan.Place(a, region))
		h.ok(err)
	}
	if calls := h.calls(func() {
		if r := h.sweep(h.loop()); len(r.Taken()) != 2 {
			t.Errorf("taken %v", r.Taken())
		}
	}); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

// TestEventWaitsForSweep: an event that comes in the middle of a sweep is dealt with when that is over, if it is over soon.
func TestEventWaitsForSweep(t *testing.T) {
	for name, c := range map[string]struct {
		over    time.Duration
		skipped bool
	}{"over soon": {10 * time.Second, false}, "not over soon": {leaseTTL - time.Second, true}} {
		t.Run(name, func(t *testing.T) {
			h := build(t, 1, "")
			i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
			held, _, err := h.loop().acquire(context.Background(), plan.Place(firstID, region))
			h.ok(err)
			began := h.clock.Now()
			told := 0
			l := h.loop(func(o *Options) {
				o.Patience = 30 * time.Second
				o.Observe = func(Metrics) { told++ }
				o.Sleep = func(ctx context.Context, d time.Duration) error {
					h.clock.Move(d)
					if h.clock.Now().Sub(began) >= c.over {
						h.ok(held.release(ctx))
					}
					return nil
				}
			})
			r, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
			if err != nil || len(r.Taken()) != 0 != c.skipped || told != 1 {
				t.Errorf("taken %v, %v, metrics told %d times", r.Taken(), err, told)
			}
			if waited := h.clock.Now().Sub(began); waited > 30*time.Second {
				t.Errorf("waited %v", waited)
			}
		})
	}
}

// TestStoodStill: a pass that stands still at its last look, as a function that is frozen does, while another makes a session, writes down
// nothing of what it believed before.
func TestStoodStill(t *testing.T) {
	h := build(t, 1, "", secondID)
	l, other := h.loop(func(o *Options) { o.Workers = 1 }), h.loop(func(o *Options) { o.Holder = "other" })
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	h.instance(secondID, map[string]string{"mirrorwatch": "on"})
	looked := 0
	h.cloud.Hooks(nil, func(_ context.Context, account, _, call string, _ error) error {
		if account != secondID || call != "DescribeTrafficMirrorTargets" {
			return nil
		}
		if looked++; looked == 1 {
			h.clock.Move(4 * leaseTTL)
			h.instance(firstID, map[string]string{"mirrorwatch": "on"})
			h.sweep(other)
		}
		return nil
	})
	if _, err := l.Sweep(context.Background()); !errors.Is(err, errLost) {
		t.Errorf("it says %v", err)
	}
	used, err := l.usage(context.Background())
	h.ok(err)
	for _, account := range []string{firstID, secondID} {
		if n := used.Value.Places[plan.Place(account, region)]; n != 2 || len(h.sessions(account)) != 2 {
			t.Errorf("%d of %d sessions of %s are counted", n, len(h.sessions(account)), account)
		}
	}
}
