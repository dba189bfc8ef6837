package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	pause    = 10 * time.Second // between two looks: longer than an event's pass waits until it asks for a lease again
	keep     = time.Minute      // of the function's time, for the call of itself and for the answer
	callFor  = 20 * time.Second // that call
	patience = 5 * time.Minute  // that nothing changes although nobody is waited for
	// mostCalls of itself: Lambda takes about 16 in a row for a loop that nobody wants, and ends it without a word to CloudFormation.
	mostCalls = 12
	// allowed is how long CloudFormation waits where the template says nothing else.
	allowed = time.Hour
)

const codeNoParameter = "ParameterNotFound"

// course is how far a removal has come; the function hands it to itself.
type course struct {
	Calls int       `json:"calls"` // of itself
	Since time.Time `json:"since"`
	Clean time.Time `json:"clean,omitzero"` // since when every look has shown nothing of ours
	Stuck time.Time `json:"stuck,omitzero"` // since when the same is left, and nothing was done about it
	Left  uint64    `json:"left,omitempty"` // what that is
}

// removal is one Delete.
type removal struct {
	h     *Handler
	event *event
	log   *slog.Logger

	course course
	until  time.Time // CloudFormation's patience ends
	end    time.Time // this call's work ends; not after until
	last   []string  // what the last look left
}

// run looks and removes until nothing is left. It is not done where another call of the function goes on.
func (r *removal) run(ctx context.Context) (v verdict, done bool) {
	r.begin(ctx)
	for {
		if v, done := r.look(ctx); done {
			return v, true
		}
		switch now := r.h.o.Now(); {
		case !now.Add(pause).Before(r.until):
			return r.failed("CloudFormation waits no longer. This is left: %s. Deleting again goes on where it was", r.what()), true
		case !now.Add(pause).Before(r.end) || r.h.o.Sleep(ctx, pause) != nil:
			return r.handOver(ctx)
		}
	}
}

// begin reads from the event how far it has come, and from the context and CloudFormation how long it may go on.
func (r *removal) begin(ctx context.Context) {
	now := r.h.o.Now()
	if r.event.Course != nil {
		r.course = *r.event.Course
	}
	if r.course.Since.IsZero() || r.course.Since.After(now) {
		r.course.Since = now
	}
	whole := patienceOf(r.event.ResourceProperties)
	r.until = r.course.Since.Add(whole - whole/20) // what is before the first call, and the answer, take their time, too
	r.end = r.until
	if deadline, ok := ctx.Deadline(); ok {
		if mine := deadline.Add(-min(keep, deadline.Sub(now)/4)); mine.Before(r.end) {
			r.end = mine
		}
	}
}

// patienceOf is CloudFormation's, as the template sets it.
func patienceOf(properties map[string]any) time.Duration {
	text := fmt.Sprint(properties["ServiceTimeout"])
	if n, err := strconv.Atoi(text); err == nil && n > 0 && time.Duration(n)*time.Second <= allowed {
		return time.Duration(n) * time.Second
	}
	return allowed
}

// look reads the policy, makes one pass, and judges what it shows.
func (r *removal) look(ctx context.Context) (verdict, bool) {
	ctx, cancel := context.WithDeadline(ctx, r.end)
	defer cancel()
	p, err := r.h.o.Policy(ctx)
	switch {
	case ec2api.Is(err, codeNoParameter):
		return r.withoutPolicy(ctx)
	case errors.As(err, new(policy.Mistakes)):
		return r.failed("the policy has mistakes, so nobody knows what is ours and where: %s. Mend it, then delete again", strings.ReplaceAll(err.Error(), "\n", "; ")), true
	case err != nil:
		return r.judge(nil, because("the policy cannot be read: ", err))
	case p.Switch == policy.Frozen:
		return r.failed("the policy's switch is frozen, so nothing may change. Set it to off, then delete again"), true
	}
	report, err := r.h.o.Teardown(ctx)
	return r.judge(&p, leftOf(&report, err))
}

// withoutPolicy is how a stack goes of which the creation failed: without a policy no pass has ever begun. Only where VNIs are bound there
// was one, which somebody has taken away.
func (r *removal) withoutPolicy(ctx context.Context) (verdict, bool) {
	if r.h.o.Bound != nil {
		n, err := r.h.o.Bound(ctx)
		switch {
		case err != nil:
			return r.judge(nil, because("there is no policy, and whether VNIs are bound cannot be read: ", err))
		case n > 0:
			return r.failed("there is no policy, but %d VNIs are bound: sessions with them may be left. Write the policy again, then delete again", n), true
		}
	}
	return verdict{cfn.StatusSuccess, "there is no policy, so nothing was ever made"}, true
}

// judge ends the removal when nothing was left for as long as AWS may hide what was made, or when waiting changes nothing.
func (r *removal) judge(p *policy.Policy, l leftovers) (verdict, bool) {
	now := r.h.o.Now()
	r.last = l.things
	r.log.Info("looked at what is left", "left", len(l.things), "first", cut(r.what(), 500), "done", l.done, "waits", l.waits)
	if p != nil && len(l.things) == 0 && l.done == 0 {
		if r.course.Stuck = (time.Time{}); r.course.Clean.IsZero() {
			r.course.Clean = now
		}
		if now.Sub(r.course.Clean) < p.Limits.Settle {
			return verdict{}, false
		}
		all := append([]string{fmt.Sprintf("nothing of deployment %s is left in %d accounts and regions", p.Deployment, l.places)}, l.notes...)
		return verdict{cfn.StatusSuccess, strings.Join(all, "; ")}, true
	}
	r.course.Clean = time.Time{}
	if key := l.key(); l.done > 0 || l.waits || key != r.course.Left || r.course.Stuck.IsZero() {
		r.course.Stuck, r.course.Left = now, key
	}
	if now.Sub(r.course.Stuck) < patience {
		return verdict{}, false
	}
	return r.failed("this is left, and nothing has changed about it for %s: %s. Mend that, then delete again", patience, r.what()), true
}

// because is one thing that keeps anybody from looking.
func because(what string, err error) (l leftovers) {
	l.add(what, what+cut(err.Error(), maxWhy))
	return l
}

func (r *removal) failed(format string, args ...any) verdict {
	return verdict{cfn.StatusFailed, fmt.Sprintf(format, args...)}
}

// mostThings are named.
const mostThings = 12

// what names what the last look left.
func (r *removal) what() string {
	list := r.last
	if len(list) == 0 {
		return "nothing that was seen, but the last look was a moment ago"
	}
	more := ""
	if n := len(list) - mostThings; n > 0 {
		list, more = list[:mostThings], fmt.Sprintf("; and %d things more", n)
	}
	return strings.Join(list, "; ") + more
}

// handOver has another call of the function go on.
func (r *removal) handOver(ctx context.Context) (v verdict, done bool) {
	const over = "the function's time is over, and %s. This is left: %s. Deleting again goes on where it was"
	if r.h.o.Again == nil {
		return r.failed(over, "it does not know its own name", r.what()), true
	}
	r.course.Calls++
	if r.course.Calls > mostCalls {
		return r.failed(over, fmt.Sprintf("it has called itself %d times: give it more time", mostCalls), r.what()), true
	}
	next := event{r.event.Event, &r.course}
	body, err := json.Marshal(next)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, callFor)
		defer cancel()
		err = r.h.o.Again(ctx, body)
	}
	if err != nil {
		return r.failed(over, "it cannot call itself: "+err.Error(), r.what()), true
	}
	r.log.InfoContext(ctx, "another call of the function goes on", "calls", r.course.Calls, "left", len(r.last))
	return verdict{}, false
}
