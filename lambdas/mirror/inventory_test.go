package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// watched is documents of which those of the inventory are counted, and may fail.
type watched struct {
	store.Documents
	reads, writes int
	fail          error
}

func (w *watched) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	w.reads++
	if w.fail != nil {
		return nil, w.fail
	}
	return w.Documents.GetMany(ctx, keys...)
}

func (w *watched) Write(ctx context.Context, changes []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	if changes[0].Kind == store.KindHolding {
		w.writes++
	}
	return w.Documents.Write(ctx, changes, entry)
}

// watch has the house's documents counted.
func (h *house) watch() *watched {
	w := &watched{Documents: h.store.Documents}
	h.store.Documents = w
	return w
}

// heldBy says which instance a participant was at a time, with its name.
func (h *house) heldBy(p events.Participant, at time.Time) (string, events.Holding) {
	h.t.Helper()
	d := &events.Detection{Start: at, Participants: []events.Participant{p}}
	docs, err := h.store.Documents.GetMany(context.Background(), inventory.Keys(d)...)
	h.ok(err)
	known, err := inventory.Read(docs)
	h.ok(err)
	v, _ := known.Of(&p, at)
	return v.Instance, v
}

// event is a pass about one instance.
func (h *house) event(l *Loop, instance string) {
	h.t.Helper()
	_, err := l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: instance}})
	h.ok(err)
}

// TestWhoHeldTheAddress: tagged, stopped, terminated, and its address with another minutes later: the history tells who it was when.
func TestWhoHeldTheAddress(t *testing.T) {
	h := build(t, 3, "")
	l := h.loop()
	public := netip.MustParseAddr("203.0.113.7")
	first, err := h.cloud.RunInstance(ec2fake.InstanceSpec{
		Subnet: h.subnets[firstID], Type: "m5.large", Tags: map[string]string{"Name": "before"}, Profile: "arn:aws:iam::111122223333:instance-profile/web",
	})
	h.ok(err)
	h.ok(h.cloud.AssociateAddress(public, first.Interfaces[0]))
	began := h.clock.Now()
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	p := events.Participant{VPC: first.VPC, Address: first.Private}
	id, v := h.heldBy(p, began.Add(time.Minute))
	if id != first.ID || v.Name != "before" || v.Profile != first.Profile || v.InstanceType != "m5.large" || v.Account != firstID || v.Region != region {
		t.Errorf("an interface that is not mirrored was of %q: %+v", id, v)
	}
	h.ok(h.cloud.Account(firstID, region).EC2.CreateTags(t.Context(), []string{first.ID}, map[string]string{"Name": "after"}))
	tagged := h.clock.Now()
	h.event(l, first.ID)
	h.clock.Move(time.Minute)
	h.ok(h.cloud.StopInstance(first.ID))
	h.ok(h.cloud.DisassociateAddress(public))
	h.event(l, first.ID)
	stopped := h.clock.Now()
	h.clock.Move(10 * time.Minute)
	h.ok(h.cloud.TerminateInstance(first.ID))
	h.event(l, first.ID)
	gone := h.clock.Now()
	h.clock.Move(2 * time.Minute)
	second, err := h.cloud.RunInstance(ec2fake.InstanceSpec{Subnet: h.subnets[firstID], Type: "c5.large", Address: first.Private})
	h.ok(err)
	used := h.clock.Now()
	h.clock.Move(time.Minute)
	h.sweep(l)
	for _, c := range []struct {
		at         time.Time
		want, name string
	}{
		{tagged.Add(-time.Minute), first.ID, "before"}, {tagged, first.ID, "after"}, {stopped.Add(time.Minute), first.ID, "after"},
		{gone, "", ""}, {used.Add(-time.Second), "", ""}, {used, second.ID, ""}, {h.clock.Now(), second.ID, ""},
	} {
		for _, p := range []events.Participant{p, {Interface: first.Interfaces[0], Address: first.Private, VPC: first.VPC}} {
			if id, v := h.heldBy(p, c.at); id != c.want || v.Name != c.name {
				if p.Interface == "" || c.want == first.ID {
					t.Errorf("at %s %s was of %q (%q), want %q (%q)", c.at.Format(time.TimeOnly), p.Address, id, v.Name, c.want, c.name)
				}
			}
		}
	}
	for at, want := range map[time.Time]string{stopped.Add(-time.Second): first.ID, stopped: ""} {
		if id, _ := h.heldBy(events.Participant{Address: public}, at); id != want {
			t.Errorf("at %s %s was of %q, want %q", at.Format(time.TimeOnly), public, id, want)
		}
	}
}

// TestWhoIsThereCostsLittle: a pass that sees nothing new writes nothing and reads next to nothing, and an event stays within its calls.
func TestWhoIsThereCostsLittle(t *testing.T) {
	h := build(t, 300, "")
	w := h.watch()
	l := h.loop()
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	h.sweep(l) // the VNIs and sessions are there now
	for _, c := range []struct {
		who   string
		loop  *Loop
		reads int
	}{{"the same function", l, 0}, {"a new one", h.loop(), 1}} {
		h.clock.Move(time.Minute)
		w.reads, w.writes = 0, 0
		if h.sweep(c.loop); w.reads != c.reads || w.writes != 0 {
			t.Errorf("%s: %d reads and %d writes, want %d and none", c.who, w.reads, w.writes, c.reads)
		}
	}
	fresh := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	h.clock.Move(time.Minute)
	w.reads, w.writes = 0, 0
	calls := h.calls(func() { h.event(l, fresh.ID) })
	if n := total(calls); n > 10 || w.reads > 4 || w.writes > 3 {
		t.Errorf("an event costs %d calls of EC2 (%v), %d reads and %d writes", n, calls, w.reads, w.writes)
	}
	w.reads, w.writes = 0, 0
	if h.event(l, fresh.ID); w.reads > 1 || w.writes != 0 {
		t.Errorf("the same event again costs %d reads and %d writes", w.reads, w.writes)
	}
}

// TestInventoryStopsNothing: a pass whose inventory cannot be written, or that saw too little, is a pass all the same.
func TestInventoryStopsNothing(t *testing.T) {
	h := build(t, 12, "")
	w := h.watch()
	var log strings.Builder
	l := h.loop(func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	w.fail = errors.New("no store today")
	h.sweep(l)
	h.whole(map[string]int{firstID: 12})
	if !strings.Contains(log.String(), "no store today") || !strings.Contains(log.String(), firstID+"/"+region) {
		t.Errorf("the log says %q", log.String())
	}
	w.fail = nil
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	all, err := h.store.Documents.List(t.Context(), store.KindHolding, store.ListQuery{Prefix: "eni/"})
	h.ok(err)
	if len(all.Items) != 12 {
		t.Errorf("%d interfaces are known, want 12", len(all.Items))
	}
	for _, call := range []string{"DescribeInstances", "DescribeNetworkInterfaces"} {
		h.cloud.Deny(firstID, call)
		h.clock.Move(5 * time.Minute)
		w.writes = 0
		if _, err := l.Sweep(t.Context()); err == nil || w.writes != 0 {
			t.Errorf("without %s: %v, and %d writes of the inventory", call, err, w.writes)
		}
		h.cloud.Allow(firstID, call)
	}
	if id, _ := h.heldBy(events.Participant{Interface: fmt.Sprint(all.Items[0].ID[len("eni/"):])}, h.clock.Now()); id == "" {
		t.Error("what could not be seen was taken for gone")
	}
}
