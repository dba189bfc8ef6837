package functions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
	"github.com/mirrorwatch/mirrorwatch/test/lambdahost"
)

// TestMirror is the function as Lambda runs it, from its first sweep to a policy that makes no sense.
func TestMirror(t *testing.T) {
	e := newEstate(t)
	h := e.host(time.Minute)
	var watched []string
	steps := []struct {
		name string
		do   func(e *estate)
	}{
		{"cold sweep", func(e *estate) { watched = e.coldSweep(h) }},
		{"nothing to do", func(e *estate) { e.nothingToDo(h, watched) }},
		{"attach", func(e *estate) { watched = append(watched, e.attach(h)...) }},
		{"batch", func(e *estate) { watched = e.mixed(h, watched) }},
		{"killed before a session is made", func(e *estate) { watched = e.killed(h, watched, false) }},
		{"killed when a session was made", func(e *estate) { watched = e.killed(h, watched, true) }},
		{"policy with mistakes", func(e *estate) { e.mistaken(watched) }},
		{"no environment", func(e *estate) { e.noEnvironment() }},
	}
	for _, s := range steps {
		passed := t.Run(s.name, func(t *testing.T) {
			e.t = t
			s.do(e)
		})
		if e.t = t; !passed {
			t.Fatalf("what comes after %q stands on it", s.name)
		}
	}
}

// coldSweep starts the function with the schedule's event. It gives the interfaces that are mirrored then.
func (e *estate) coldSweep(h *lambdahost.Host) []string {
	before, began := e.stage.Cloud.Total(), time.Now()
	out, err := h.Invoke(context.Background(), e.schedule())
	if err != nil || string(out) != "null" {
		e.t.Fatalf("answer %s, %v\n%s", out, err, h.Logs())
	}
	calls := e.stage.Cloud.Calls()[plan.Place(stage.Account, stage.Region)]
	// The wire reads back what these have set, since AWS answers with it.
	asked := e.stage.Cloud.Total() - before - calls["ModifyLoadBalancerAttributes"] - calls["ModifyTargetGroupAttributes"]
	e.t.Logf("from the start of the process to the answer of the first sweep: %s", time.Since(began).Round(time.Millisecond))
	var want []string
	for _, i := range slices.Concat(e.stage.Plain, e.stage.Workers) {
		want = append(want, i.Interfaces...)
	}
	have := e.sessions()
	for _, eni := range want {
		if _, ok := have[eni]; !ok {
			e.t.Errorf("%s is tagged, and has no session\n%s", eni, h.Logs())
		}
	}
	if len(have) != len(want)+3 { // the database's two interfaces, by the tag of its subnet, and the other account's instance
		e.t.Errorf("%d sessions, want %d", len(have), len(want)+3)
	}
	all := slices.Collect(maps.Keys(have))
	e.holds("after the first sweep", all)
	lines := metricLines(e.t, h.Logs())
	line := lines.of(map[string]string{"Deployment": "main", "Account": stage.Account, "Region": stage.Region})
	if got := line["CoverageMirrored"]; got != float64(len(want)+2) {
		e.t.Errorf("CoverageMirrored %v, want %d", got, len(want)+2)
	}
	if got := line["Sessions"]; got != float64(len(want)+2) {
		e.t.Errorf("Sessions %v, want %d", got, len(want)+2)
	}
	if got := lines.of(map[string]string{"Deployment": "main"})["Calls"]; got != float64(asked) {
		e.t.Errorf("Calls %v, and EC2 and its neighbours were asked %d times: %v\n%s", got, asked, e.stage.Cloud.Calls(), h.Logs())
	}
	return all
}

// nothingToDo sweeps again, warm: only reads.
func (e *estate) nothingToDo(h *lambdahost.Host, watched []string) {
	before, began := e.stage.Cloud.Calls(), time.Now()
	if _, err := h.Invoke(context.Background(), e.schedule()); err != nil {
		e.t.Fatalf("%v\n%s", err, h.Logs())
	}
	e.t.Logf("a sweep that finds nothing to do, warm: %s", time.Since(began).Round(100*time.Microsecond))
	after := e.stage.Cloud.Calls()
	if place := plan.Place(stage.Other, stage.Region); after[place]["DescribeInstances"] == before[place]["DescribeInstances"] {
		e.t.Error("nobody looked at the other account")
	}
	for place, calls := range after {
		for call, n := range calls {
			if n > before[place][call] && !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
				e.t.Errorf("%s: %s although nothing was to be done", place, call)
			}
		}
	}
	e.holds("after a sweep with nothing to do", watched)
	if h.Starts() != 1 {
		e.t.Errorf("%d processes: it was warm", h.Starts())
	}
}

// attach has an instance run, and hands over the one event about it. What it costs does not depend on the account's size.
func (e *estate) attach(h *lambdahost.Host) []string {
	e.heard()
	eni := e.run(1)
	raw := e.about("AWS API Call via CloudTrail", "RunInstances")
	before, began := e.stage.Cloud.Total(), time.Now()
	failed := e.again(h, map[string]string{"run": string(raw)})
	took, calls := time.Since(began), e.stage.Cloud.Total()-before
	e.t.Logf("an instance is attached, warm: %s, %d API calls", took.Round(100*time.Microsecond), calls)
	if len(failed) > 0 || calls > 10 {
		e.t.Errorf("comes again: %v; %d API calls, at most 10 are allowed\n%s", failed, calls, h.Logs())
	}
	if _, ok := e.sessions()[eni[0]]; !ok {
		e.t.Errorf("%s has no session\n%s", eni[0], h.Logs())
	}
	return eni
}

// mixed is a batch of which some messages must come again: the one that nobody can read, and the one whose place somebody else holds.
func (e *estate) mixed(h *lambdahost.Host, watched []string) []string {
	cloud := e.stage.Cloud
	e.heard()
	tagged := e.run(1)
	bodies := map[string]string{"1-run": string(e.about("AWS API Call via CloudTrail", "RunInstances"))}
	gone := e.stage.Plain[3]
	e.ok(cloud.Untag(gone.ID, "mirrorwatch"))
	bodies["2-untagged"] = string(e.about("Tag Change on Resource", gone.ID))
	bodies["3-poison"] = `{"id": "` + "\x00"
	page, err := cloud.Account(stage.Other, stage.Region).EC2.DescribeInstances(context.Background(), ec2api.Query{})
	e.ok(err)
	lonely := page.Items[0]
	e.ok(cloud.Untag(lonely.ID, "mirrorwatch"))
	bodies["4-leased"] = string(e.about("Tag Change on Resource", lonely.ID))
	e.lease(stage.Other, time.Now().Add(time.Minute))
	if failed, want := e.again(h, bodies), []string{"3-poison", "4-leased"}; !slices.Equal(failed, want) {
		e.t.Errorf("come again: %v, want %v\n%s", failed, want, h.Logs())
	}
	watched = append(without(watched, gone.Interfaces), tagged...)
	e.holds("after the batch", watched)
	e.lease(stage.Other, time.Now())
	if failed := e.again(h, map[string]string{"4-leased": bodies["4-leased"]}); len(failed) > 0 {
		e.t.Errorf("the place is free, and the event comes again: %v\n%s", failed, h.Logs())
	}
	watched = without(watched, lonely.Interfaces)
	e.holds("after the event came again", watched)
	return watched
}

// killed ends the process with SIGKILL in the middle of a sweep. The next one waits until the lease is over, and makes no session twice.
func (e *estate) killed(h *lambdahost.Host, watched []string, made bool) []string {
	watched = append(watched, e.run(6)...)
	before, starts := len(e.sessions()), h.Starts()
	e.killAt(4, made)
	_, err := h.Invoke(context.Background(), e.schedule())
	var crash *lambdahost.Crash
	if !errors.As(err, &crash) || crash.State != "signal: killed" {
		e.t.Fatalf("killed: %v\n%s", err, h.Logs())
	}
	e.stage.Cloud.Hooks(nil, nil)
	half := len(e.sessions()) - before
	if half < 3 || half > 5 {
		e.t.Errorf("%d sessions were made of 6: that is not the middle", half)
	}
	if _, err := h.Invoke(context.Background(), e.schedule()); err != nil {
		e.t.Fatalf("started again: %v\n%s", err, h.Logs())
	}
	if n := len(e.sessions()) - before; n != half {
		e.t.Errorf("%d sessions, although the lease of the dead process holds: %d were there", n, half)
	}
	if taken := `"taken":["` + plan.Place(stage.Account, stage.Region); !strings.Contains(h.Logs(), taken) {
		e.t.Errorf("the log does not say %s:\n%s", taken, h.Logs())
	}
	for _, account := range []string{stage.Account, stage.Other} {
		e.lease(account, time.Now()) // a minute passes
	}
	if _, err := h.Invoke(context.Background(), e.schedule()); err != nil {
		e.t.Fatalf("a minute later: %v\n%s", err, h.Logs())
	}
	e.holds("after it was killed and started again", watched)
	if h.Starts() != starts+1 {
		e.t.Errorf("%d processes more, want one", h.Starts()-starts)
	}
	return watched
}

// mistaken is a policy with two mistakes: it is refused with both lines, and nothing is asked of EC2.
func (e *estate) mistaken(watched []string) {
	e.write("profiles:\n  default: {session_number: {number: 40000}}\nvni: {from: 0, to: 99}\n")
	before := e.stage.Cloud.Total()
	h := e.host(time.Minute)
	began := time.Now()
	_, err := h.Invoke(context.Background(), e.schedule())
	e.t.Logf("from the start of the process to an answer that needs the policy only: %s", time.Since(began).Round(time.Millisecond))
	var failure *lambdahost.FunctionError
	if !errors.As(err, &failure) {
		e.t.Fatalf("%v\n%s", err, h.Logs())
	}
	for _, want := range []string{"ssm:" + parameter + ":11: ", "40000", "32766", "ssm:" + parameter + ":12: "} {
		if !strings.Contains(failure.Message, want) {
			e.t.Errorf("%q lacks %q", failure.Message, want)
		}
	}
	e.heard()
	e.run(1)
	raw := string(e.about("AWS API Call via CloudTrail", "RunInstances"))
	if failed := e.again(h, map[string]string{"a": raw}); !slices.Equal(failed, []string{"a"}) {
		e.t.Errorf("come again: %v; without a policy all must", failed)
	}
	if !strings.Contains(h.Logs(), "ssm:"+parameter+":11: ") {
		e.t.Errorf("the log says nothing of the policy's line:\n%s", h.Logs())
	}
	if n := e.stage.Cloud.Total() - before; n != 0 {
		e.t.Errorf("%d calls without a policy", n)
	}
	e.holds("with a policy that is refused", watched)
}

func without(list, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(gone, s) })
}

// noEnvironment names what is missing, in one line, and ends.
func (e *estate) noEnvironment() {
	h, err := lambdahost.New(lambdahost.Options{Bootstrap: e.bootstrap, Name: "mirror"})
	e.ok(err)
	defer h.Close() //nolint:errcheck // it has ended by itself
	_, err = h.Invoke(context.Background(), []byte("{}"))
	said := fmt.Sprint(err, h.Logs())
	if err == nil || !strings.Contains(said, deploy.Policy+" is missing; "+deploy.Table+" is missing") {
		e.t.Errorf("%v, want the variables named\n%s", err, h.Logs())
	}
}
