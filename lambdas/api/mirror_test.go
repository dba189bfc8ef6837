package api

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// plans keeps a plan of a kind that was begun now.
func (w *world) plans(kind string, steps ...store.MirrorStep) {
	w.t.Helper()
	p := store.MirrorPlan{At: w.now, Kind: kind, Holder: "test", Steps: steps, Places: []store.MirrorPlace{{Account: "111122223333", Region: "eu-central-1", Skipped: "another pass holds it"}}}
	p.Held = []store.MirrorHeld{{Step: store.MirrorStep{Does: store.MirrorDeletes, Action: "delete_session"}, Rail: "frozen: the policy's switch is frozen"}}
	p.LeftOut, p.Rogues = []store.MirrorLeftOut{{Interface: "eni-b", Reason: "no room"}}, []store.MirrorRogue{{Object: "tms-x", Reason: "to nobody that is known"}}
	if err := store.KeepMirrorPlan(w.t.Context(), w.store.Documents, p); err != nil {
		w.t.Fatal(err)
	}
}

// TestMirrorPlan gives the newest plan, or the last of a kind, and says plainly where there is none.
func TestMirrorPlan(t *testing.T) {
	w := newWorld(t)
	if p := decode[gen.Problem](w.ask("viewer", "GET", "/v1/mirror/plan", nil).is(404)); p.Title != "There is no plan" || !strings.Contains(p.Detail, "seven days") {
		t.Errorf("%+v", p)
	}
	w.plans("sweep", store.MirrorStep{
		Does: store.MirrorModifies, Action: "modify_session", Interface: "eni-a", Reason: "another length", Outcome: store.MirrorFailed, Error: "denied",
		Changes: []store.MirrorChange{{Field: "packet_length", From: "128", To: "0"}},
	})
	w.now = w.now.Add(time.Minute)
	w.plans("look")
	if p := decode[store.MirrorPlan](w.ask("viewer", "GET", "/v1/mirror/plan", nil).is(200)); p.Kind != "look" || !p.At.Equal(w.now) || len(p.Held) != 1 || len(p.LeftOut) != 1 || len(p.Rogues) != 1 {
		t.Errorf("%+v", p)
	}
	p := decode[store.MirrorPlan](w.ask("viewer", "GET", "/v1/mirror/plan?kind=sweep", nil).is(200))
	if p.Kind != "sweep" || len(p.Steps) != 1 || p.Steps[0].Error != "denied" || p.Steps[0].Changes[0].To != "0" || p.Counts.Steps[0].Count != 1 {
		t.Errorf("%+v", p)
	}
	w.ask("viewer", "GET", "/v1/mirror/plan?kind=teardown", nil).is(404)
	w.ask("viewer", "GET", "/v1/mirror/plan?kind=event", nil).is(400)
}

// TestMakeMirrorPlan asks the loop once for all who wait, tells it who asked, and writes everybody into the log.
func TestMakeMirrorPlan(t *testing.T) {
	w := newWorld(t)
	w.ask("viewer", "POST", "/v1/mirror/plan", nil).is(403)
	first := decode[store.MirrorAsk](w.ask("analyst", "POST", "/v1/mirror/plan", nil).is(202))
	w.now = w.now.Add(time.Second)
	second := decode[store.MirrorAsk](w.ask("admin", "POST", "/v1/mirror/plan", nil).is(202))
	if len(w.loop.asked) != 1 || first != second || first.By != "the-analyst" || !first.At.Equal(noon) {
		t.Errorf("%+v, then %+v; the loop was asked %+v", first, second, w.loop.asked)
	}
	if l := w.loop.asked[0]; l.By != "the-analyst" || !l.Time.Equal(noon) || l.ID == "" {
		t.Errorf("%+v", l)
	}
	if got := w.audited(); len(got) != 2 || got[0] != "mirror_plan.make" || got[1] != "mirror_plan.make" {
		t.Errorf("the log has %q", got)
	}
	w.plans("look")
	w.loop.fails = errors.New("invoke function: throttled")
	w.ask("analyst", "POST", "/v1/mirror/plan", nil).is(500)
	w.loop.fails = nil
	if ask := decode[store.MirrorAsk](w.ask("admin", "POST", "/v1/mirror/plan", nil).is(202)); ask.By != "the-admin" || len(w.loop.asked) != 3 {
		t.Errorf("after one that could not be asked: %+v, %d", ask, len(w.loop.asked))
	}
}

// TestNoMirrorLoop says what to run instead, and notes nothing.
func TestNoMirrorLoop(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Mirror = nil })
	p := decode[gen.Problem](w.ask("analyst", "POST", "/v1/mirror/plan", nil).is(409))
	if p.Type != "/problems/no-mirror-loop" || !strings.Contains(p.Detail, "mirrorwatch mirror plan --keep") || len(w.audited()) != 0 {
		t.Errorf("%+v, %q", p, w.audited())
	}
}
