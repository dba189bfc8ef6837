package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestCreateAndUpdate succeed at once, touch nothing, and keep the name that the resource has, whatever it is.
func TestCreateAndUpdate(t *testing.T) {
	w := build(t)
	w.pass = func(context.Context, int) (mirror.Report, error) {
		t.Fatal("a pass was made")
		return mirror.Report{}, nil
	}
	made := w.whole(w.event(cfn.RequestCreate))
	w.says(made, cfn.StatusSuccess)
	if made.PhysicalResourceID != "mirrorwatch-teardown-Teardown" {
		t.Errorf("it is named %q", made.PhysicalResourceID)
	}
	for _, id := range []string{made.PhysicalResourceID, "a name of a version before"} {
		w.answers = nil
		e := w.event(cfn.RequestUpdate)
		e.PhysicalResourceID, e.LogicalResourceID = id, "Teardown"
		if got := w.whole(e); got.Status != cfn.StatusSuccess || got.PhysicalResourceID != id {
			t.Errorf("%s is named %q after an update: CloudFormation would delete it", id, got.PhysicalResourceID)
		}
	}
	w.answers = nil
	w.says(w.whole(w.event("Replace")), cfn.StatusFailed, `"Replace"`)
}

// TestDelete goes on until every look of two minutes has shown nothing, and waits for a pass that is under way.
func TestDelete(t *testing.T) {
	w := build(t)
	began := w.now()
	w.pass = func(_ context.Context, n int) (mirror.Report, error) {
		switch n {
		case 1:
			return report(did(3), func(r *mirror.Report) { r.Places[1].Skipped = "another pass holds it: sweep, until 12:01" }), nil
		case 2, 4: // it made a session while we thought that nothing was left
			return report(did(1)), nil
		}
		return report(), nil
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusSuccess, "nothing of deployment main is left in 2 accounts and regions")
	if took := w.now().Sub(began); w.passes != 17 || took != 160*time.Second {
		t.Errorf("%d passes in %s", w.passes, took)
	}
}

// TestAnotherPass is waited for, however long it takes.
func TestAnotherPass(t *testing.T) {
	w := build(t)
	w.pass = func(_ context.Context, n int) (mirror.Report, error) {
		if n < 90 {
			return report(func(r *mirror.Report) { r.Places[0].Skipped = "another pass holds it: sweep" }), nil
		}
		return report(), nil
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusSuccess)
	if len(w.calls) != 1 || w.passes < 90 {
		t.Errorf("%d calls of itself, %d passes", len(w.calls), w.passes)
	}
}

// TestTimeRunsOut has the function call itself twice, each time a minute before its end, and answer once.
func TestTimeRunsOut(t *testing.T) {
	w := build(t)
	began := w.now()
	w.pass = func(ctx context.Context, n int) (mirror.Report, error) {
		if end, _ := ctx.Deadline(); !end.Equal(began.Add(time.Duration(len(w.calls))*14*time.Minute + 14*time.Minute)) {
			t.Errorf("pass %d must end at %s", n, end)
		}
		if n > 2 {
			return report(), nil
		}
		end, _ := ctx.Deadline()
		w.rest(end.Sub(w.now()))
		return report(did(2000), func(r *mirror.Report) {
			r.Places[0].Left = []mirror.Outcome{{Step: session("tms-8"), Reason: "the time of the pass is up"}, {Step: session("tms-9"), Reason: "the time of the pass is up"}}
		}), nil
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusSuccess)
	if len(w.calls) != 2 || !strings.Contains(w.log.String(), `first="delete session tms-8 and 1 more in 111122223333/eu-central-1: the time of the pass is up"`) {
		t.Errorf("%d calls of itself\n%s", len(w.calls), w.log.String())
	}
	var last struct{ MirrorwatchTeardown course }
	if err := json.Unmarshal(w.calls[1], &last); err != nil || last.MirrorwatchTeardown.Calls != 2 || !last.MirrorwatchTeardown.Since.Equal(began) {
		t.Errorf("%v, %+v", err, last)
	}
}

// TestHourEnds answers before CloudFormation gives up, with what is left and where.
func TestHourEnds(t *testing.T) {
	for _, c := range []struct {
		timeout any
		after   time.Duration
	}{{nil, 57 * time.Minute}, {"1200", 19 * time.Minute}, {600.0, 9*time.Minute + 30*time.Second}, {"7200", 57 * time.Minute}, {"-1", 57 * time.Minute}} {
		w := build(t)
		began := w.now()
		w.pass = func(ctx context.Context, _ int) (mirror.Report, error) {
			w.rest(90 * time.Second)
			return report(did(1), func(r *mirror.Report) {
				r.Places[0].Left = []mirror.Outcome{{Step: session("tms-9"), Reason: "the time of the pass is up"}}
			}), nil
		}
		e := w.event(cfn.RequestDelete)
		if c.timeout != nil {
			e.ResourceProperties["ServiceTimeout"] = c.timeout
		}
		w.says(w.whole(e), cfn.StatusFailed, "waits no longer", "tms-9 in 111122223333/eu-central-1")
		if took := w.now().Sub(began); took > c.after+90*time.Second || took < c.after-90*time.Second {
			t.Errorf("ServiceTimeout %v: answered after %s, want %s", c.timeout, took, c.after)
		}
	}
}

// TestCannotCallItself says so, with what is left.
func TestCannotCallItself(t *testing.T) {
	busy := func(ctx context.Context, _ int) (mirror.Report, error) { return report(did(1)), nil }
	w := build(t)
	w.pass, w.deaf = busy, true
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusFailed, "cannot call itself: AccessDeniedException", "Deleting again goes on")
	w = build(t)
	w.pass, w.h.o.Again = busy, nil
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusFailed, "does not know its own name")
	w = build(t)
	w.pass, w.limit = busy, time.Minute // Lambda would end a row of calls that is longer
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusFailed, "called itself 12 times")
}

// TestWhatKeepsUs answers with a reason, soon, where waiting changes nothing.
func TestWhatKeepsUs(t *testing.T) {
	held := func(s plan.Step, rail string) func(*mirror.Report) {
		return func(r *mirror.Report) { r.Plan.Held = append(r.Plan.Held, plan.Held{Step: s, Rail: rail}) }
	}
	target := plan.Step{Action: plan.DeleteTarget, Account: account, Region: region, Object: "tmt-1"}
	for _, c := range []struct {
		name   string
		report mirror.Report
		err    error
		words  []string
	}{
		{"account unreachable", report(func(r *mirror.Report) { r.Places[1].Failures = []string{"Open: AccessDenied"} }, held(target, "unseen: nothing was read of x")),
			errors.New("look at x: Open: AccessDenied"), []string{second + "/" + region + " was not seen whole: Open: AccessDenied", "delete target tmt-1"}},
		{"sessions of others", report(held(target, "in use: session tms-9 of account 777788889999 is not deleted here")), nil,
			[]string{"delete target tmt-1 in " + account + "/" + region + ": in use: session tms-9 of account 777788889999"}},
		{"denied", report(func(r *mirror.Report) {
			for i := range 40 { // AWS's words differ each time
				o := mirror.Outcome{Step: session(fmt.Sprint("tms-", i)), Code: ec2api.CodeUnauthorized, Reason: "UnauthorizedOperation: " + time.Now().String() + strings.Repeat("x", 2000)}
				r.Places[0].Failed = append(r.Places[0].Failed, o)
			}
		}), nil, []string{"delete session tms-0 and 39 more in " + account + "/" + region + ": UnauthorizedOperation"}},
		{"store", report(), errors.New("store coverage: broken"), []string{"store coverage: broken"}},
		{"store, before a lease", report(func(r *mirror.Report) { r.Places[0].Skipped = "read lease of x: broken" }), errors.New("read lease of x: broken"),
			[]string{account + "/" + region + ": read lease of x: broken"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t)
			began := w.now()
			w.pass = func(context.Context, int) (mirror.Report, error) { return c.report, c.err }
			w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusFailed, append(c.words, "nothing has changed about it for 5m")...)
			if took := w.now().Sub(began); took != patience {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestYoungBinding is waited for: AWS may not show yet what was made with it.
func TestYoungBinding(t *testing.T) {
	w := build(t)
	w.pass = func(_ context.Context, n int) (mirror.Report, error) {
		if n > 40 { // longer than patience
			return report(), nil
		}
		step := plan.Step{Action: plan.Release, Account: account, Region: region, Interface: "eni-1"}
		return report(func(r *mirror.Report) {
			r.Plan.Held = []plan.Held{{Step: step, Rail: "settle: a session with it may have been made"}}
		}), nil
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusSuccess)
}

// TestPlaceThatNobodyNames holds nothing up, and is told.
func TestPlaceThatNobodyNames(t *testing.T) {
	w := build(t)
	w.pass = func(context.Context, int) (mirror.Report, error) {
		step := plan.Step{Action: plan.Release, Account: "999900001111", Region: region, Interface: "eni-1"}
		return report(func(r *mirror.Report) {
			r.Plan.Held = []plan.Held{{Step: step, Rail: "unseen: nothing was read"}, {Step: step, Rail: "unseen: nothing was read"}}
		}), nil
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusSuccess, "release vni eni-1 and 1 more in 999900001111/eu-central-1", "does not name the place any more")
}

// TestPolicies that let nobody know, or nothing change.
func TestPolicies(t *testing.T) {
	gone := &ec2api.Error{Call: "GetParameter", Code: "ParameterNotFound", Status: 400}
	_, mistakes := policy.Parse("ssm:/policy", []byte("version: 1\ndeploiment: main\n"))
	for _, c := range []struct {
		name   string
		change func(w *world)
		status cfn.StatusType
		words  []string
		after  time.Duration
	}{
		{"none", func(w *world) { w.wrong = fmt.Errorf("read: %w", gone) }, cfn.StatusSuccess, []string{"no policy, so nothing was ever made"}, 0},
		{"taken away", func(w *world) { w.wrong, w.bound = gone, 7 }, cfn.StatusFailed, []string{"7 VNIs are bound", "Write the policy again"}, 0},
		{"mistakes", func(w *world) { w.wrong = mistakes }, cfn.StatusFailed, []string{"ssm:/policy:2: ", "Mend it"}, 0},
		{"frozen", func(w *world) { w.policy.Switch = policy.Frozen }, cfn.StatusFailed, []string{"frozen", "Set it to off"}, 0},
		{"unreadable", func(w *world) { w.wrong = &ec2api.Error{Call: "GetParameter", Code: "AccessDeniedException"} }, cfn.StatusFailed, []string{"policy cannot be read", "AccessDenied"}, patience},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t)
			began := w.now()
			w.pass = func(context.Context, int) (mirror.Report, error) { t.Error("a pass was made"); return report(), nil }
			c.change(w)
			w.says(w.whole(w.event(cfn.RequestDelete)), c.status, c.words...)
			if took := w.now().Sub(began); took != c.after {
				t.Errorf("it took %s, want %s", took, c.after)
			}
		})
	}
}

// TestPanic is answered, once, and tells no secret.
func TestPanic(t *testing.T) {
	w := build(t)
	w.pass = func(context.Context, int) (mirror.Report, error) {
		panic("cannot use " + w.event(cfn.RequestDelete).ResponseURL)
	}
	w.says(w.whole(w.event(cfn.RequestDelete)), cfn.StatusFailed, "the program failed: cannot use (the address of the answer)")
	if !strings.Contains(w.log.String(), "removal.go") {
		t.Errorf("the log does not say where:\n%s", w.log.String())
	}
}
