package mirror

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Result is what became of a step.
type Result string

// The results.
const (
	Done    Result = "done"
	Failed  Result = "failed"
	Skipped Result = "skipped" // what it needs was not made
	Left    Result = "left"    // for the next pass
)

// Outcome is a step and what became of it.
type Outcome struct {
	Step   plan.Step `json:"step"`
	Result Result    `json:"result"`
	ID     string    `json:"id,omitempty"`     // of what was made
	VNI    uint32    `json:"vni,omitempty"`    // that was leased
	Code   string    `json:"code,omitempty"`   // AWS's
	Reason string    `json:"reason,omitempty"` // why it is not done
	Absent bool      `json:"absent,omitempty"` // what was to go was gone already
}

// verdictOf is what a step's outcome makes of the coverage of its interface.
type verdictOf struct {
	state       events.CoverageState
	reason, fix string
	session     string
	vni         uint32
	sends       string // the end of the reason, where a plan gave its beginning
}

// halt says why an action makes no sense any more in a place during this pass.
type halt struct {
	result Result
	code   string
	reason string
	state  events.CoverageState
	fix    string
}

// maxDenials is after how many refusals of the same action in a place nobody asks again in this pass: one may be about one resource,
// three are the role.
const maxDenials = 3

// outcome judges how a step ended, and notes what that means for its interface and for the steps that follow.
func (p *pass) outcome(pl *place, s *plan.Step, got effect, err error) Outcome {
	o := Outcome{Step: *s, Result: Done, ID: got.id, VNI: got.vni, Absent: got.absent}
	if err != nil {
		o.Result, o.Code, o.Reason = Failed, ec2api.CodeOf(err), err.Error()
	}
	switch {
	case errors.Is(err, errLost) || err != nil && pl.ctx.Err() != nil:
		o.Result, o.Reason = Left, "the pass ended during it: "+err.Error()
	case errors.Is(err, errUnshown):
		o.Result = Left
	case err == nil && s.Makes != "":
		p.made.is(s.Makes, got.id)
	case errors.As(err, new(notMade)):
		o.Result = Skipped
	}
	if s.Makes != "" && err != nil {
		p.made.isNot(s.Makes, ": "+o.Reason)
	}
	if err != nil && (s.Action == plan.CreateRule || s.Action == plan.SetServices) && s.FilterRef != "" {
		p.made.isNot(s.FilterRef, " whole: "+o.Reason) // a session would mirror with half a filter
	}
	p.judge(pl, s, got, &o, err)
	return o
}

// judge says what an outcome means for the coverage of the step's interface.
func (p *pass) judge(pl *place, s *plan.Step, got effect, o *Outcome, err error) {
	if s.Interface == "" || s.Action == plan.Release || s.Action == plan.Bind && err == nil {
		return
	}
	v := verdictOf{}
	switch {
	case o.Result == Left:
		v.state, v.reason = events.CoveragePending, "the pass ended before its session was dealt with: the next one goes on"
		if s.Action != plan.CreateSession {
			return // as it was planned, it still is
		}
	case err == nil && s.Action == plan.CreateSession:
		v = verdictOf{state: events.CoverageMirrored, reason: "session " + got.id + " was made for it", session: got.id, vni: got.vni}
		v.sends = "; session " + got.id + " sends its packets to " + s.Input.CreateSession.Target
	case err == nil:
		return
	default:
		v = p.refused(pl, s, o, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, known := p.reason[s.Interface]; !known || have.state == events.CoverageMirrored {
		p.reason[s.Interface] = v
	}
}

// refused turns AWS's code into a state with what would change it.
func (p *pass) refused(pl *place, s *plan.Step, o *Outcome, err error) verdictOf {
	v := verdictOf{state: events.CoverageError, reason: fmt.Sprintf("%s: %s", verb(s.Action), o.Reason)}
	switch {
	case errors.Is(err, errNoBudget):
		v.state, v.fix = events.CoverageBudget, "raise the budget in the policy, or mirror less"
	case errors.Is(err, errNoQuota):
		v.state, v.fix = events.CoverageQuota, "delete sessions in this account and region, or lower budget.reserve in the policy"
	case ec2api.Is(err, ec2api.CodeSessionsPerInterface):
		v.state, v.fix = events.CoverageSlotsFull, "delete one of the three sessions that others have on it"
	case ec2api.Is(err, ec2api.CodeSessionLimit):
		v.state, v.fix = events.CoverageQuota, "delete sessions in this account and region: AWS allows no more"
		pl.halted[plan.CreateSession] = halt{Skipped, o.Code, "AWS allows no more sessions in this account and region", v.state, v.fix}
	case ec2api.Is(err, ec2api.CodeSourcesPerTarget):
		v.fix = "send to a load balancer: a target that is a network interface takes 10 sources, or 100 on the largest size"
	case ec2api.Is(err, ec2api.CodeInterfaceNotSupported):
		return p.unsupported(pl, s, v)
	case ec2api.Is(err, ec2api.CodeIdempotentParameter):
		v.state, v.reason = events.CoveragePending, "AWS still holds an earlier request for it that differs; a new one is made when that has settled"
	case s.Action == plan.CreateSession && ec2api.IsNotFound(err), ec2api.Is(err, ec2api.CodeSessionNotFound):
		v.state, v.reason = events.CoveragePending, "AWS does not know yet, or no more, what it needs ("+o.Code+"); the next pass looks again"
	case ec2api.IsDenied(err):
		v.fix = "allow " + permission(s.Action) + " to the role of account " + pl.account.ID
		p.denied(pl, s.Action, o, v)
	case ec2api.IsTransient(err):
		v.fix = "nothing: the next pass tries again"
	case errors.Is(err, errNoVNI):
		v.fix = "widen vni in the policy"
	}
	return v
}

// denied counts refusals, and ends an action in a place after a few.
func (p *pass) denied(pl *place, a plan.Action, o *Outcome, v verdictOf) {
	if pl.denials[a]++; pl.denials[a] >= maxDenials {
		pl.halted[a] = halt{Failed, o.Code, fmt.Sprintf("not asked any more: it was denied %d times", maxDenials), v.state, v.fix}
	}
}

// unsupported tells an instance type that cannot be mirrored from an attachment that is still going on or has just ended, and remembers
// the family. AWS's answer to both is the same, and describes lag: only an interface that it refuses twice, far enough apart, speaks for
// its family.
func (p *pass) unsupported(pl *place, s *plan.Step, v verdictOf) verdictOf {
	family, attached := p.familyOf(pl, s.Interface)
	if attached.IsZero() || p.l.o.Now().Sub(attached) < p.policy.Limits.PendingAttach {
		v.state, v.reason = events.CoveragePending, "AWS does not take it yet: its attachment may still be going on"
		return v
	}
	if !p.repeated(pl, s.Interface) {
		v.state, v.reason = events.CoveragePending, "AWS refused it once (NetworkInterfaceNotSupported), as it also does what was detached just now; it is asked again"
		return v
	}
	if family == "" {
		v.state, v.reason, v.fix = events.CoverageUnsupportedENI, plan.HolderReason, plan.HolderFix
		p.learn(pl, s.Interface, s.Interface)
		return v
	}
	v.state, v.reason = events.CoverageUnsupportedType, "AWS does not mirror instances of family "+family+" (NetworkInterfaceNotSupported)"
	v.fix = "use a family that can be mirrored, such as t3, m5, c5, r5 or m6g, or have the host copy its packets itself, in VXLAN to UDP 4789 of the sensors"
	p.learn(pl, family, s.Interface)
	return v
}

// repeated says whether AWS refused this interface before, long enough ago that describes show what has become of it since. The first
// refusal is kept as long as two verdicts hold, so that a family that is asked about again after the first needs one refusal only.
func (p *pass) repeated(pl *place, iface string) bool {
	now := p.l.o.Now().UTC()
	if before, ok := p.world.Verdicts[iface]; ok {
		return !before.Once || now.Sub(before.At) >= max(p.policy.Limits.PendingAttach, time.Minute)
	}
	p.keepVerdict(pl, iface, plan.Verdict{At: now, Interface: iface, Once: true}, 2*p.policy.Limits.RetryVerdict)
	return false
}

// learn remembers for a while that AWS refused a family, or an interface that a service holds.
func (p *pass) learn(pl *place, family, iface string) {
	verdict := plan.Verdict{Family: family, At: p.l.o.Now().UTC(), Interface: iface}
	p.keepVerdict(pl, family, verdict, p.policy.Limits.RetryVerdict)
}

func (p *pass) keepVerdict(pl *place, id string, v plan.Verdict, keep time.Duration) {
	item := store.Item[plan.Verdict]{ID: id, Expires: v.At.Add(keep), Value: v}
	if _, err := p.l.verdicts().Put(pl.ctx, item, store.Always, nil); err != nil {
		p.fail(fmt.Errorf("store verdict on %s: %w", id, err))
	}
}

func (p *pass) familyOf(pl *place, iface string) (family string, attached time.Time) {
	for i := range pl.seen.Interfaces {
		eni := &pl.seen.Interfaces[i]
		if eni.ID == iface && eni.Attachment != nil {
			return plan.Family(pl.seen.Instances[eni.Attachment.Instance].Type), eni.Attachment.AttachTime
		}
	}
	return "", time.Time{}
}

// did counts the sessions that were made and deleted in a place.
func (pl *place) did() (made, gone int) {
	for i := range pl.outcomes {
		o := &pl.outcomes[i]
		switch {
		case o.Result != Done:
		case o.Step.Action == plan.CreateSession:
			made++
		case o.Step.Action == plan.DeleteSession && (pl.wholly() || !o.Absent):
			gone++ // where AWS showed one that was gone, it was counted with all others; else whoever deleted it counted it off
		}
	}
	return made, gone
}

// verb says what a step would have done, for a reason.
func verb(a plan.Action) string { return strings.ReplaceAll(string(a), "_", " ") }

// permission names what a role must be allowed for an action.
func permission(a plan.Action) string {
	switch a {
	case plan.CreateSession:
		return "ec2:CreateTrafficMirrorSession and ec2:CreateTags"
	case plan.ModifySession:
		return "ec2:ModifyTrafficMirrorSession"
	case plan.DeleteSession:
		return "ec2:DeleteTrafficMirrorSession"
	case plan.Tag:
		return "ec2:CreateTags"
	case plan.Untag:
		return "ec2:DeleteTags"
	}
	return "what " + verb(a) + " takes"
}
