package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// kept is the plan that is kept of a kind of pass.
func (h *house) kept(kind string) store.MirrorPlan {
	h.t.Helper()
	p, err := store.NewestMirrorPlan(context.Background(), h.store.Documents, kind)
	h.ok(err)
	return p
}

// noted is everything that the store holds but plans, as text.
func (h *house) noted() string {
	h.t.Helper()
	ctx := context.Background()
	entries, err := h.store.Audit.Entries(ctx, auditAll)
	h.ok(err)
	bound, err := h.store.Mirror.Bound(ctx, store.ListQuery{})
	h.ok(err)
	found, err := h.store.Detections.Search(ctx, store.DetectionQuery{})
	h.ok(err)
	text := fmt.Sprint(entries.Items, bound.Items, found.Items, h.coverage())
	for _, k := range []store.Kind{store.KindMirrorLease, store.KindMirrorUsage, store.KindMirrorVerdict, store.KindCoverageTrend, store.KindHolding} {
		page, err := h.store.Documents.List(ctx, k, store.ListQuery{})
		h.ok(err)
		text += fmt.Sprint(k, page.Items)
	}
	return text
}

// wanted is the event of the API that asks for a look.
func wanted(t *testing.T, id, by string, at time.Time) json.RawMessage {
	t.Helper()
	raw, err := events.Look{ID: id, By: by, Time: at}.Event()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestALookThatIsAskedFor: an event in, a plan kept, and nothing changed anywhere else. Whoever asked before it began has the answer, too.
func TestALookThatIsAskedFor(t *testing.T) {
	h := build(t, 3, "")
	f := h.handler()
	before, asked := h.noted(), h.clock.Now()
	h.clock.Move(time.Second)
	look := func(id string, at time.Time) map[string]int {
		return h.calls(func() {
			out, err := f.Handle(context.Background(), wanted(t, id, "mona", at))
			if h.ok(err); out != nil {
				t.Errorf("answer %v", out)
			}
		})
	}
	if calls := look("1", asked); changes(calls) != 0 || total(calls) == 0 {
		t.Errorf("calls %v", calls)
	}
	if after := h.noted(); after != before {
		t.Errorf("the store held\n%s\nand holds\n%s", before, after)
	}
	p := h.kept("")
	if p.Kind != KindLook || p.AskedBy != "mona" || p.Holder != "test" || !p.At.Equal(h.clock.Now()) || len(p.Places) != 2 || p.Estimate.SessionsAfter != 3 {
		t.Errorf("plan %+v", p)
	}
	if n := sessionsIn(p.Steps, ""); n != 3 {
		t.Errorf("%d sessions to be made, want 3: %+v", n, p.Counts.Steps)
	}
	h.clock.Move(time.Second)
	if calls := look("2", asked.Add(time.Second)); len(calls) != 0 {
		t.Errorf("it was answered already, and cost %v", calls)
	}
	if calls := look("3", h.clock.Now()); total(calls) == 0 || !h.kept("").At.Equal(h.clock.Now()) {
		t.Errorf("what was asked for later got an old answer: %v", calls)
	}
}

// sessionsIn counts the sessions that are to be made, by what became of it.
func sessionsIn(list []store.MirrorStep, outcome string) (n int) {
	for _, s := range list {
		if s.Action == string(plan.CreateSession) && s.Outcome == outcome && s.Does == store.MirrorCreates && s.Interface != "" && s.Reason != "" {
			n++
		}
	}
	return n
}

// TestALookInTheQueue is nobody's: only who may call the function asks for one.
func TestALookInTheQueue(t *testing.T) {
	h := build(t, 1, "")
	f := h.handler()
	calls := h.calls(func() {
		if again := answer(t, f, messages(string(wanted(t, "1", "mona", h.clock.Now())))); len(again) != 0 {
			t.Errorf("again %v", again)
		}
	})
	if _, err := store.NewestMirrorPlan(context.Background(), h.store.Documents, ""); len(calls) != 0 || !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v, %v", calls, err)
	}
}

// TestALookAtWhatCannotBeSeen says so in its plan, and one without a policy has failed.
func TestALookAtWhatCannotBeSeen(t *testing.T) {
	h := build(t, 2, "", secondID)
	f := h.handler()
	h.cloud.Deny(secondID, "DescribeVpcs")
	_, err := f.Handle(context.Background(), wanted(t, "1", "mona", h.clock.Now()))
	h.ok(err)
	if p := h.kept(KindLook); p.Places[0].Account != secondID || !strings.Contains(fmt.Sprint(p.Places[0].Failures), "DescribeVpcs") {
		t.Errorf("places %+v", p.Places)
	}
	f, err = NewHandler(HandlerOptions{Loop: h.loop(func(o *Options) {
		o.Policy = func(context.Context) (policyType, error) { return policyType{}, errors.New("line 3 makes no sense") }
	})})
	h.ok(err)
	if _, err := f.Handle(context.Background(), wanted(t, "2", "mona", h.clock.Now().Add(time.Second))); err == nil || !strings.Contains(err.Error(), "line 3 makes no sense") {
		t.Errorf("%v", err)
	}
}

// TestSweepsAndTeardownsAreKept with what became of each step; a pass about an event is not.
func TestSweepsAndTeardownsAreKept(t *testing.T) {
	h := build(t, 3, "", secondID)
	l := h.loop()
	h.cloud.Deny(secondID, "CreateTrafficMirrorSession")
	_, err := l.Sweep(context.Background())
	h.ok(err)
	p := h.kept("")
	if p.Kind != KindSweep || sessionsIn(p.Steps, store.MirrorDone) != 3 || sessionsIn(p.Steps, store.MirrorFailed) != 3 || p.AskedBy != "" {
		t.Errorf("%s: %+v", p.Kind, p.Counts)
	}
	if s := p.Steps[0]; s.Outcome != store.MirrorFailed || s.Account != secondID || s.Error == "" {
		t.Errorf("first is %+v", s)
	}
	made := slices.IndexFunc(p.Steps, func(s store.MirrorStep) bool { return s.Action == "create_session" && s.Outcome == store.MirrorDone })
	if !strings.HasPrefix(p.Steps[made].Object, "tms-") || p.Steps[made].MonthlyUSD <= 0 {
		t.Errorf("what was made is %+v", p.Steps[made])
	}
	h.clock.Move(time.Minute)
	i := h.instance(firstID, map[string]string{"mirrorwatch": "on"})
	_, err = l.Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: i.ID}})
	h.ok(err)
	if now := h.kept(""); !now.At.Equal(p.At) {
		t.Errorf("a pass about one instance was kept: %+v", now)
	}
	h.clock.Move(time.Minute)
	_, err = l.Teardown(context.Background())
	h.ok(err)
	if p := h.kept(""); p.Kind != KindTeardown || len(p.Steps) == 0 || p.Steps[0].Does != store.MirrorDeletes || p.Steps[0].Outcome != store.MirrorDone {
		t.Errorf("%s: %+v", p.Kind, p.Counts)
	}
}

// TestHeldStepsAreKept with their rail.
func TestHeldStepsAreKept(t *testing.T) {
	h := build(t, 12, "limits: {deletes: 10, delete_percent: 50}")
	l := h.loop()
	h.sweep(l)
	for _, s := range h.sessions(firstID) {
		h.ok(h.cloud.Tag(s.NetworkInterface, map[string]string{"mirrorwatch": "off"}))
	}
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	p := h.kept("")
	if want := "[{delete delete_session deletes 6}]"; fmt.Sprint(p.Counts.Held) != want || len(p.Held) != 6 || !strings.HasPrefix(p.Held[0].Rail, "deletes: 7 of at most 6 a pass in ") {
		t.Errorf("%v, %+v", p.Counts.Held, p.Held)
	}
}

// forgetful cannot keep plans.
type forgetful struct{ store.Documents }

func (f forgetful) Write(ctx context.Context, list []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	if list[0].Kind == store.KindMirrorPlan {
		return nil, store.ErrUnavailable
	}
	return f.Documents.Write(ctx, list, e)
}

// TestAPlanThatCannotBeKept is told, and everything else is done all the same.
func TestAPlanThatCannotBeKept(t *testing.T) {
	h := build(t, 2, "")
	whole := *h.store
	h.store.Documents = forgetful{whole.Documents}
	r, err := h.loop().Sweep(context.Background())
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "keep plan of the sweep") {
		t.Errorf("%v", err)
	}
	if done, failed, left := r.Outcomes(); done == 0 || failed+left > 0 {
		t.Errorf("%d done, %d failed, %d left", done, failed, left)
	}
	h.whole(map[string]int{firstID: 2})
	if got := states(h.coverage()); got[events.CoverageMirrored] != 2 {
		t.Errorf("coverage %v", got)
	}
}
