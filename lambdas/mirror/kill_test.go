package mirror

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// death is a process that dies at its nth contact with the world, be it AWS or the store. From then on nothing of it takes effect.
type death struct {
	at      int64 // which contact; 0: never
	after   bool  // the contact takes effect, and its answer is lost
	once    bool  // it only stumbles: after that contact it goes on
	contact atomic.Int64
}

// next says whether a contact takes effect, and whether its answer comes.
func (d *death) next() (effect, answer bool) {
	n := d.contact.Add(1)
	switch {
	case d.at == 0 || n < d.at:
		return true, true
	case n == d.at:
		return d.after, false
	}
	return d.once, d.once
}

// mortal makes the house's cloud and the store of a loop die with it.
func (h *house) mortal(d *death) func(*Options) {
	h.cloud.Hooks(
		func(context.Context, string, string, string) error {
			if effect, answer := d.next(); !effect {
				return errDead
			} else if !answer {
				return nil // After loses the answer
			}
			return nil
		},
		func(context.Context, string, string, string, error) error {
			if n := d.contact.Load(); d.at != 0 && (n == d.at || n > d.at && !d.once) {
				return errDead
			}
			return nil
		})
	return func(o *Options) { o.Store = dying(h.store, d) }
}

// dying is a store that one process reaches no more when it is dead.
func dying(s *store.Store, d *death) *store.Store {
	c := *s
	c.Mirror = dyingMirror{s.Mirror, d}
	c.Documents = dyingDocuments{s.Documents, d}
	c.Audit = dyingAudit{s.Audit, d}
	return &c
}

// reach does something with the store, if the process lives.
func reach[T any](d *death, do func() (T, error)) (T, error) {
	var none T
	effect, answer := d.next()
	if !effect {
		return none, errDead
	}
	out, err := do()
	if !answer {
		return none, errDead
	}
	return out, err
}

func reachErr(d *death, do func() error) error {
	_, err := reach(d, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

type dyingMirror struct {
	store.Mirror
	d *death
}

func (m dyingMirror) Bind(ctx context.Context, b events.Binding) error {
	return reachErr(m.d, func() error { return m.Mirror.Bind(ctx, b) })
}

func (m dyingMirror) Release(ctx context.Context, vni uint32, to time.Time) error {
	return reachErr(m.d, func() error { return m.Mirror.Release(ctx, vni, to) })
}

func (m dyingMirror) BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	return reach(m.d, func() (events.Binding, error) { return m.Mirror.BoundAt(ctx, vni, at) })
}

func (m dyingMirror) Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error) {
	return reach(m.d, func() (store.BindingPage, error) { return m.Mirror.Bound(ctx, q) })
}

func (m dyingMirror) Coverage(ctx context.Context, q store.CoverageQuery) (store.CoveragePage, error) {
	return reach(m.d, func() (store.CoveragePage, error) { return m.Mirror.Coverage(ctx, q) })
}

func (m dyingMirror) PutCoverage(ctx context.Context, list ...events.Coverage) (int, error) {
	return reach(m.d, func() (int, error) { return m.Mirror.PutCoverage(ctx, list...) })
}

func (m dyingMirror) Forget(ctx context.Context, ifaces ...string) error {
	return reachErr(m.d, func() error { return m.Mirror.Forget(ctx, ifaces...) })
}

type dyingDocuments struct {
	store.Documents
	d *death
}

func (m dyingDocuments) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	return reach(m.d, func() (store.Document, error) { return m.Documents.Get(ctx, k, id) })
}

func (m dyingDocuments) Write(ctx context.Context, w []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	return reach(m.d, func() ([]store.Document, error) { return m.Documents.Write(ctx, w, e) })
}

type dyingAudit struct {
	store.Audit
	d *death
}

func (m dyingAudit) Log(ctx context.Context, e store.AuditEntry) error {
	return reachErr(m.d, func() error { return m.Audit.Log(ctx, e) })
}

// story is what a loop is in the middle of when it dies, and how many sessions there are to be in the end.
type story struct {
	name     string
	accounts []string // besides the first
	ready    func(h *house)
	act      func(h *house, l *Loop) (Report, error) // that it dies in, and that is done again
	want     map[string]int
}

func sweeping(_ *house, l *Loop) (Report, error) { return l.Sweep(context.Background()) }

func stories() []story {
	settled := func(h *house) {
		h.sweep(h.loop())
		h.clock.Move(5 * time.Minute)
	}
	return []story{
		{"cold", nil, func(*house) {}, sweeping, map[string]int{firstID: 3}},
		{"two accounts", []string{secondID}, func(*house) {}, sweeping, map[string]int{firstID: 3, secondID: 3}},
		{"tags off, new instances", nil, func(h *house) {
			settled(h)
			h.ok(h.cloud.Tag(h.sessions(firstID)[0].NetworkInterface, map[string]string{"mirrorwatch": "off"}))
			h.instance(firstID, map[string]string{"mirrorwatch": "on"})
			h.clock.Move(time.Minute)
		}, sweeping, map[string]int{firstID: 3}},
		{"VNIs out of range", nil, func(h *house) {
			settled(h)
			h.policy.VNI.From, h.policy.VNI.To = 40, 49
		}, sweeping, map[string]int{firstID: 3}},
		{"drift", nil, func(h *house) {
			settled(h)
			bend(h)
			h.clock.Move(2 * time.Minute)
		}, sweeping, map[string]int{firstID: 3}},
		{"events", nil, func(h *house) {
			settled(h)
			h.newest = h.instance(firstID, map[string]string{"mirrorwatch": "on"})
			h.clock.Move(time.Minute)
		}, func(h *house, l *Loop) (Report, error) {
			return l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: h.newest.ID}})
		}, map[string]int{firstID: 4}},
		{"teardown", []string{secondID}, settled, func(_ *house, l *Loop) (Report, error) { return l.Teardown(context.Background()) },
			map[string]int{firstID: 0, secondID: 0}},
	}
}

// TestKilledAnywhere dies at every contact with AWS and the store, before and after it took effect, and starts again when the lease of
// the dead is over: nothing is doubled, nothing is leaked, and no VNI is twice. In a short test it dies at some of them.
func TestKilledAnywhere(t *testing.T) {
	step := int64(1)
	if testing.Short() {
		step = 6
	}
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			// Ninety seconds: what the dead made is invisible to who comes after, and only the token keeps it from being made again.
			for i, lag := range []time.Duration{0, 90 * time.Second} {
				contacts := killed(t, s, 0, false, lag, 0)
				t.Logf("%d contacts", contacts)
				for n := 1 + int64(i)*step/2; n <= contacts; n += step {
					killed(t, s, n, false, lag, 0)
					killed(t, s, n, true, lag, 0)
				}
			}
		})
	}
}

// TestKilledAndLongGone dies while sessions get other VNIs, and starts again when what it left counts as settled: a VNI that it bound is
// taken up, and must not be given back as one too many in the same pass.
func TestKilledAndLongGone(t *testing.T) {
	for _, s := range stories() {
		if s.name != "VNIs out of range" {
			continue
		}
		contacts := killed(t, s, 0, false, 0, time.Hour)
		for n := int64(1); n <= contacts; n++ {
			killed(t, s, n, false, 0, time.Hour)
			killed(t, s, n, true, 0, time.Hour)
		}
	}
}

// killed tells a story in which the loop dies at one contact, and goes on a rest after the end of the dead one's lease. It gives how many
// contacts there were.
func killed(t *testing.T, s story, at int64, after bool, lag, rest time.Duration) int64 {
	t.Helper()
	name := fmt.Sprintf("%s/%d/%v/%s", s.name, at, after, lag)
	h := build(t, 3, "vni: {from: 10, to: 29}", s.accounts...)
	s.ready(h)
	h.cloud.Tune(func(set *fakeSettings) { set.Lag = lag })
	d := &death{at: at, after: after}
	_, err := s.act(h, h.loop(h.mortal(d), func(o *Options) { o.Holder = "first" }))
	contacts := d.contact.Load()
	h.cloud.Hooks(nil, nil)
	if at == 0 {
		h.ok(err)
	}
	h.clock.Move(leaseTTL + time.Second + rest)
	l := h.loop(func(o *Options) { o.Holder = "second" })
	for range 3 {
		r, err := s.act(h, l)
		h.ok(err)
		if taken := r.Taken(); len(taken) > 0 {
			t.Fatalf("%s: %v are still held", name, taken)
		}
		if _, failed, left := r.Outcomes(); failed+left-unshown(&r) != 0 {
			t.Fatalf("%s: the same was asked in another way: %+v", name, r.Places)
		}
		if rest > 0 {
			h.bound(name)
		}
		h.clock.Move(5 * time.Minute)
	}
	if r, err := s.act(h, l); err != nil || !r.Plan.Empty() {
		t.Errorf("%s: it does not come to rest: %+v, %v", name, r.Plan.Steps, err)
	}
	h.clock.Move(2 * time.Minute)
	h.whole(s.want)
	h.fabric(name, s.want[firstID] > 0, len(s.want))
	if s.want[firstID] > 0 {
		h.straight(name)
	}
	if t.Failed() {
		t.Fatalf("%s failed", name)
	}
	return contacts
}

// bound says that the VNI of every session is bound to its interface, between passes too.
func (h *house) bound(name string) {
	h.t.Helper()
	for _, s := range h.sessions(firstID) {
		b, err := h.store.Mirror.BoundAt(context.Background(), s.VirtualNetworkID, h.clock.Now())
		if err != nil || b.Interface != s.NetworkInterface || b.To != nil {
			h.t.Errorf("%s: VNI %d of %s is bound to %q (%v)", name, s.VirtualNetworkID, s.NetworkInterface, b.Interface, err)
		}
	}
}

// fabric says that there is one target of ours, and one filter an account; or nothing of either.
func (h *house) fabric(name string, there bool, accounts int) {
	h.t.Helper()
	n, want := 0, 0
	if there {
		want = 1 + accounts
	}
	for _, account := range []string{fleetID, firstID, secondID} {
		ec2 := h.cloud.Account(account, region).EC2
		targets, err := ec2.DescribeTrafficMirrorTargets(context.Background(), everyPage)
		h.ok(err)
		filters, err := ec2.DescribeTrafficMirrorFilters(context.Background(), everyPage)
		h.ok(err)
		for _, x := range targets.Items {
			if x.Tags[plan.TagDeployment] == deployment {
				n++
			}
		}
		for _, x := range filters.Items {
			if x.Tags[plan.TagDeployment] == deployment {
				n++
			}
		}
	}
	if n != want {
		h.t.Errorf("%s: %d targets and filters of ours, want %d", name, n, want)
	}
}

// unshown counts the rules that were there already and that AWS did not show yet: it makes none twice, so they need no token that lasts.
func unshown(r *Report) (n int) {
	for _, p := range r.Places {
		for _, o := range p.Left {
			if o.Step.Action == plan.CreateRule && o.Code == ec2api.CodeFilterRuleExists {
				n++
			}
		}
	}
	return n
}
