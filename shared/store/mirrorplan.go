package store

import (
	"context"
	"fmt"
	"time"
)

// MirrorPlan is what a pass of the mirror loop, or a look that changes nothing, came to: for people. It is no memory of the loop's, which
// plans anew from what AWS says each time. Of each kind of pass the last one is kept.
type MirrorPlan struct {
	At      time.Time `json:"at"`                 // when it began to look
	Kind    string    `json:"kind"`               // sweep, look or teardown
	Holder  string    `json:"holder"`             // who made it: a program and where it ran
	AskedBy string    `json:"asked_by,omitempty"` // who wanted it, where somebody did
	Seconds float64   `json:"seconds"`            // that it took

	Places   []MirrorPlace   `json:"places"`   // those that were not seen whole come first
	Steps    []MirrorStep    `json:"steps"`    // those that failed come first, then those that were left
	Held     []MirrorHeld    `json:"held"`     // that a safety rail keeps back
	LeftOut  []MirrorLeftOut `json:"left_out"` // that budget or quota has no room for
	Rogues   []MirrorRogue   `json:"rogues"`   // sessions and targets of others that look like theft
	Warnings []string        `json:"warnings"`
	Estimate MirrorEstimate  `json:"estimate"`

	Counts MirrorCounts `json:"counts"` // of all, told or not
	Rest   MirrorRest   `json:"rest"`   // how many of each list are not told
}

// The kinds of passes whose plans are kept.
const (
	MirrorSweep    = "sweep"
	MirrorLook     = "look" // changes nothing
	MirrorTeardown = "teardown"
)

// MirrorPlace is an account and region that was looked at, or was not.
type MirrorPlace struct {
	Account      string   `json:"account"`
	Region       string   `json:"region"`
	Skipped      string   `json:"skipped,omitempty"`  // why nobody looked
	Failures     []string `json:"failures,omitempty"` // calls that failed
	FailuresRest int      `json:"failures_rest,omitempty"`
}

// The outcomes of a step. A look has none.
const (
	MirrorDone   = "done"
	MirrorFailed = "failed" // or could not be tried, since what it needs failed
	MirrorLeft   = "left"   // for the next pass
)

// What a step does to its object.
const (
	MirrorCreates  = "create"
	MirrorModifies = "modify"
	MirrorDeletes  = "delete"
)

// MirrorStep is one thing to do.
type MirrorStep struct {
	Does        string         `json:"does"`   // create, modify or delete
	Action      string         `json:"action"` // as the loop calls it: create_session
	Account     string         `json:"account"`
	Region      string         `json:"region"`
	Object      string         `json:"object,omitempty"`    // id of what is changed, or was made
	Interface   string         `json:"interface,omitempty"` // that it is for
	Name        string         `json:"name,omitempty"`      // the interface's for people, or that of what is made
	Reason      string         `json:"reason"`
	Changes     []MirrorChange `json:"changes,omitempty"`
	ChangesRest int            `json:"changes_rest,omitempty"`
	MonthlyUSD  float64        `json:"monthly_usd"` // that it adds to the bill; negative: saves
	Outcome     string         `json:"outcome,omitempty"`
	Error       string         `json:"error,omitempty"` // why it is not done
}

// MirrorChange is one field that changes.
type MirrorChange struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// MirrorHeld is a step that is not taken.
type MirrorHeld struct {
	Step MirrorStep `json:"step"`
	Rail string     `json:"rail"` // which holds it, a colon, and why: "deletes: 26 of at most 25 a pass in ..."
}

// MirrorLeftOut is an interface that should be watched and is not.
type MirrorLeftOut struct {
	Interface string `json:"interface"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Name      string `json:"name,omitempty"`
	Priority  int    `json:"priority"`
	Reason    string `json:"reason"`
}

// MirrorRogue is a session or target of somebody else that sends packets to nobody who is known (ATT&CK T1020.001).
type MirrorRogue struct {
	Account   string `json:"account"`
	Region    string `json:"region"`
	Object    string `json:"object"`
	Interface string `json:"interface,omitempty"`
	Instance  string `json:"instance,omitempty"`
	Target    string `json:"target,omitempty"`
	Owner     string `json:"owner,omitempty"` // account of the target
	Reason    string `json:"reason"`
}

// MirrorEstimate is what mirroring costs, in USD a month of 730 hours.
type MirrorEstimate struct {
	Sessions        int     `json:"sessions"`
	SessionsAfter   int     `json:"sessions_after"`
	MonthlyUSD      float64 `json:"monthly_usd"`
	MonthlyUSDAfter float64 `json:"monthly_usd_after"`
}

// MirrorCounts counts steps, whether they are told or not.
type MirrorCounts struct {
	Steps []MirrorCount     `json:"steps"`
	Held  []MirrorHeldCount `json:"held"`
}

// MirrorCount is how many steps have the same action and outcome. The action "others" stands for what there is no room to tell apart.
type MirrorCount struct {
	Does    string `json:"does,omitempty"`
	Action  string `json:"action"`
	Outcome string `json:"outcome,omitempty"`
	Count   int    `json:"count"`
}

// MirrorHeldCount is how many steps with the same action the same kind of rail holds.
type MirrorHeldCount struct {
	Does   string `json:"does,omitempty"`
	Action string `json:"action"`
	Rail   string `json:"rail"` // deletes, frozen, failed or waits
	Count  int    `json:"count"`
}

// MirrorRest counts what is not told.
type MirrorRest struct {
	Places   int `json:"places"`
	Steps    int `json:"steps"`
	Held     int `json:"held"`
	LeftOut  int `json:"left_out"`
	Rogues   int `json:"rogues"`
	Warnings int `json:"warnings"`
}

// MirrorPlanFor is how long a plan is kept: one that somebody made before a weekend is there after it. What is older than a week says
// nothing about what a pass would do today, and where no pass is made any more nobody shall take it for that.
const MirrorPlanFor = 7 * 24 * time.Hour

func mirrorPlans(docs Documents) Collection[MirrorPlan] {
	return Collection[MirrorPlan]{Kind: KindMirrorPlan, Documents: docs}
}

// KeepMirrorPlan keeps a plan in place of the one before of its kind. It counts whole lists itself, and keeps of them what fits into a
// document.
func KeepMirrorPlan(ctx context.Context, docs Documents, p MirrorPlan) error {
	p.At = p.At.Round(0).UTC()
	w, err := mirrorPlans(docs).Change(Item[MirrorPlan]{ID: p.Kind, Expires: p.At.Add(MirrorPlanFor), Value: p.fitted()}, Always)
	if err == nil {
		_, err = docs.Write(ctx, []Write{w}, nil) // not Put, which would read what was written
	}
	if err != nil {
		return fmt.Errorf("keep plan of the %s: %w", p.Kind, err)
	}
	return nil
}

// NewestMirrorPlan gives the plan that was begun last, of one kind or, where it is empty, of any. ErrNotFound where there is none.
func NewestMirrorPlan(ctx context.Context, docs Documents, kind string) (MirrorPlan, error) {
	if kind != "" {
		i, err := mirrorPlans(docs).Get(ctx, kind)
		if err != nil {
			return MirrorPlan{}, fmt.Errorf("read plan of the last %s: %w", kind, err)
		}
		return i.Value, nil
	}
	list, err := mirrorPlans(docs).All(ctx)
	if err != nil {
		return MirrorPlan{}, fmt.Errorf("read plans of mirroring: %w", err)
	}
	var newest MirrorPlan
	for i := range list {
		if list[i].Value.At.After(newest.At) {
			newest = list[i].Value
		}
	}
	if newest.At.IsZero() {
		return newest, fmt.Errorf("read plans of mirroring: %w", ErrNotFound)
	}
	return newest, nil
}
