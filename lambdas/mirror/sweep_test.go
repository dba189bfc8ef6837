package mirror

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// TestColdSweep converges in one pass, and the next one changes nothing and asks no more than what is there.
func TestColdSweep(t *testing.T) {
	h := build(t, 7, "", secondID)
	l := h.loop()
	var r Report
	calls := h.calls(func() { r = h.sweep(l) })
	h.whole(map[string]int{firstID: 7, secondID: 7})
	if got := states(h.coverage()); got[events.CoverageMirrored] != 14 {
		t.Errorf("coverage after the first sweep: %v", got)
	}
	if done, failed, left := r.Outcomes(); failed+left != 0 || done != changes(calls) {
		t.Errorf("%d done, %d failed, %d left with %d calls that change", done, failed, left, changes(calls))
	}
	if calls["CreateTrafficMirrorSession"] != 14 {
		t.Errorf("%d calls for 14 sessions", calls["CreateTrafficMirrorSession"])
	}
	before := h.coverage()
	h.clock.Move(5 * time.Minute)
	calls = h.calls(func() { r = h.sweep(l) })
	if after := h.coverage(); !reflect.DeepEqual(after, before) {
		t.Errorf("rows that are news to the second sweep: %+v\nbefore %+v", after, before)
	}
	if changes(calls) != 0 || !r.Plan.Empty() || len(r.Plan.Held) != 0 {
		t.Errorf("the second sweep: %v\n%+v", calls, r.Plan.Steps)
	}
	if n := total(calls); n > 2*8+2+9 {
		t.Errorf("%d describes: %v", n, calls)
	}
	if got := states(h.coverage()); got[events.CoverageMirrored] != 14 {
		t.Errorf("coverage after the second sweep: %v", got)
	}
}

// TestEventAttach mirrors a new instance within ten calls.
func TestEventAttach(t *testing.T) {
	h := build(t, 30, "")
	l := h.loop()
	h.sweep(l)
	i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	var r Report
	calls := h.calls(func() {
		var err error
		r, err = l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
		h.ok(err)
	})
	if n := total(calls); n > 10 || changes(calls) != 1 {
		t.Errorf("%d calls: %v\n%+v", n, calls, r.Plan.Steps)
	}
	h.whole(map[string]int{firstID: 31})
	if c := h.coverage()[i.Interfaces[0]]; c.State != events.CoverageMirrored || c.Session == "" || c.VNI == 0 {
		t.Errorf("coverage %+v", c)
	}
	h.clock.Move(5 * time.Minute)
	if r := h.sweep(l); !r.Plan.Empty() {
		t.Errorf("the sweep after it: %+v", r.Plan.Steps)
	}
}

// TestTagOffByEvent deletes the session at once and gives its VNI back.
func TestTagOffByEvent(t *testing.T) {
	h := build(t, 3, "")
	l := h.loop()
	h.sweep(l)
	s := h.sessions(firstID)[0]
	h.clock.Move(time.Minute)
	h.ok(h.cloud.Tag(s.NetworkInterface, map[string]string{"mirrorwatch": "off"}))
	_, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Interface, ID: s.NetworkInterface}})
	h.ok(err)
	h.whole(map[string]int{firstID: 2})
	if c := h.coverage()[s.NetworkInterface]; c.State != events.CoverageExcluded {
		t.Errorf("coverage %+v", c)
	}
}

// TestLooking changes nothing anywhere: no call, no lease, no row.
func TestLooking(t *testing.T) {
	h := build(t, 3, "")
	l := h.loop()
	var p plan.Plan
	calls := h.calls(func() {
		var err error
		p, _, err = l.Plan(context.Background(), nil)
		h.ok(err)
	})
	if changes(calls) != 0 || p.Empty() {
		t.Errorf("%v, %d steps", calls, len(p.Steps))
	}
	if len(h.coverage()) != 0 {
		t.Error("coverage was stored")
	}
	docs, err := l.usages().All(context.Background())
	if err != nil || len(docs) != 0 {
		t.Errorf("usage %v, %v", docs, err)
	}
	entries, err := h.store.Audit.Entries(context.Background(), auditAll)
	if err != nil || len(entries.Items) != 0 {
		t.Errorf("audit %v, %v", entries.Items, err)
	}
}

// TestTeardown removes all that is ours and nothing else.
func TestTeardown(t *testing.T) {
	h := build(t, 4, "", secondID)
	l := h.loop()
	foreign := h.instance(firstID, nil)
	_, err := h.cloud.ForeignSession(foreign.Interfaces[0], fakeForeign)
	h.ok(err)
	before := h.cloud.Foreign(plan.TagDeployment, deployment)
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	r, err := l.Teardown(context.Background())
	h.ok(err)
	h.whole(map[string]int{firstID: 0, secondID: 0})
	if after := h.cloud.Foreign(plan.TagDeployment, deployment); after != before {
		t.Error("something foreign was touched")
	}
	for _, a := range []string{fleetID, firstID, secondID} {
		ec2 := h.cloud.Account(a, region).EC2
		targets, err := ec2.DescribeTrafficMirrorTargets(context.Background(), everyPage)
		h.ok(err)
		filters, err := ec2.DescribeTrafficMirrorFilters(context.Background(), everyPage)
		h.ok(err)
		for _, x := range targets.Items {
			if x.Tags[plan.TagDeployment] != "" {
				t.Errorf("target %s is left in %s", x.ID, a)
			}
		}
		for _, x := range filters.Items {
			if x.Tags[plan.TagDeployment] != "" {
				t.Errorf("filter %s is left in %s", x.ID, a)
			}
		}
	}
	if got := states(h.coverage()); got[events.CoverageMirrored] != 0 {
		t.Errorf("coverage %v", got)
	}
	if len(r.Plan.Held) != 0 {
		t.Errorf("held: %+v", r.Plan.Held)
	}
}

// TestAudit writes one entry a change, with what was asked.
func TestAudit(t *testing.T) {
	h := build(t, 2, "")
	l := h.loop()
	var r Report
	calls := h.calls(func() { r = h.sweep(l) })
	p, err := h.store.Audit.Entries(context.Background(), auditAll)
	h.ok(err)
	done, _, _ := r.Outcomes()
	if len(p.Items) != done || done != changes(calls) {
		t.Errorf("%d entries for %d steps and %d calls", len(p.Items), done, changes(calls))
	}
	sessions := 0
	for _, e := range p.Items {
		if e.Actor != "system" || e.Outcome != "" || e.Target == "" {
			t.Errorf("entry %+v", e)
		}
		if e.Action == "mirror.create_session" {
			sessions++
			if !strings.HasPrefix(e.Target, "tms-") || !strings.Contains(string(e.After), `"VirtualNetworkID"`) || !strings.Contains(string(e.After), firstID) {
				t.Errorf("entry %s: %s", e.Target, e.After)
			}
		}
	}
	if sessions != 2 {
		t.Errorf("%d sessions in the audit log", sessions)
	}
}

// TestPlaceKey sweeps one account and region and leaves the others alone; keys of one interface there are part of it.
func TestPlaceKey(t *testing.T) {
	h := build(t, 2, "", secondID)
	l := h.loop()
	h.sweep(l)
	for _, a := range []string{firstID, secondID} {
		h.instance(a, map[string]string{"mirrorwatch": "on"})
	}
	h.clock.Move(5 * time.Minute)
	before := total(h.cloud.Calls()[plan.Place(secondID, region)])
	_, err := l.Handle(context.Background(), []trigger.Key{
		{Account: firstID, Region: region, Kind: trigger.Sweep}, {Account: firstID, Region: region, Kind: trigger.Interface, ID: h.sessions(firstID)[0].NetworkInterface},
		{Account: "999999999999", Region: region, Kind: trigger.Instance, ID: "i-0aa"}, {Account: firstID, Region: "us-east-1", Kind: trigger.Sweep},
	})
	h.ok(err)
	if n := total(h.cloud.Calls()[plan.Place(secondID, region)]) - before; n != 0 {
		t.Errorf("%d calls in the other account", n)
	}
	if a, b := len(h.sessions(firstID)), len(h.sessions(secondID)); a != 3 || b != 2 {
		t.Errorf("%d and %d sessions", a, b)
	}
	if calls := h.calls(func() {
		_, err := l.Handle(context.Background(), []trigger.Key{{Account: "999999999999", Region: region, Kind: trigger.Instance, ID: "i-0aa"}})
		h.ok(err)
	}); len(calls) != 0 {
		t.Errorf("an account that the policy does not name cost %v", calls)
	}
}

// TestMixedKeys are two passes: one about an interface, and one about a place.
func TestMixedKeys(t *testing.T) {
	h := build(t, 2, "", secondID)
	l := h.loop()
	h.sweep(l)
	i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.instance(secondID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(5 * time.Minute)
	r, err := l.Handle(context.Background(), []trigger.Key{
		{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}, {Account: secondID, Region: region, Kind: trigger.Sweep},
	})
	h.ok(err)
	h.whole(map[string]int{firstID: 3, secondID: 3})
	if done, _, _ := r.Outcomes(); len(r.Places) != 2 || done != 2 {
		t.Errorf("report %+v", r.Places)
	}
}

// TestGone forgets the rows of interfaces that are no more, and not where an account could not be seen.
func TestGone(t *testing.T) {
	h := build(t, 3, "", secondID)
	l := h.loop()
	h.sweep(l)
	for _, a := range []string{firstID, secondID} {
		page, err := h.cloud.Account(a, region).EC2.DescribeInstances(context.Background(), everyPage)
		h.ok(err)
		h.ok(h.cloud.TerminateInstance(page.Items[0].ID))
	}
	h.clock.Move(5 * time.Minute)
	h.cloud.Deny(secondID, "DescribeVpcs")
	if _, err := l.Sweep(context.Background()); err == nil {
		t.Error("no error of the account that cannot be seen")
	}
	n := map[string]int{}
	for _, c := range h.coverage() {
		n[c.Account]++
	}
	if n[firstID] != 2 || n[secondID] != 3 {
		t.Errorf("rows by account: %v", n)
	}
}

// TestOnDisk is a house on the store of a single box: a cold sweep, one with nothing to do, an event, and everything gone.
func TestOnDisk(t *testing.T) {
	h := build(t, 4, "", secondID)
	h.onDisk()
	l := h.loop()
	h.sweep(l)
	h.whole(map[string]int{firstID: 4, secondID: 4})
	h.clock.Move(5 * time.Minute)
	if r := h.sweep(l); !r.Plan.Empty() {
		t.Errorf("the second sweep: %+v", r.Plan.Steps)
	}
	i := h.instance(secondID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	_, err := l.Handle(context.Background(), []trigger.Key{{Account: secondID, Region: region, Kind: trigger.Instance, ID: i.ID}})
	h.ok(err)
	h.whole(map[string]int{firstID: 4, secondID: 5})
	_, err = l.Teardown(context.Background())
	h.ok(err)
	h.whole(map[string]int{firstID: 0, secondID: 0})
}

// TestProgress: who waits sees every account and region, and every step, once.
func TestProgress(t *testing.T) {
	h := build(t, 3, "", secondID)
	var told []Progress
	r := h.sweep(h.loop(func(o *Options) { o.Further = func(p Progress) { told = append(told, p) } }))
	last := told[len(told)-1]
	if last.Looked != 3 || last.Places != 3 || last.Steps != len(r.Plan.Steps) || last.Taken != last.Steps || last.Steps == 0 {
		t.Errorf("the last word was %+v, of %d steps", last, len(r.Plan.Steps))
	}
	for i := 1; i < len(told); i++ {
		if told[i].Looked < told[i-1].Looked || told[i].Taken < told[i-1].Taken {
			t.Errorf("after %+v came %+v", told[i-1], told[i])
		}
	}
}
