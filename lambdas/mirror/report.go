package mirror

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// Progress is how far a pass has come, for people who wait for it.
type Progress struct {
	Places, Looked int // accounts and regions, and those that were looked at
	Steps, Taken   int // both 0 until there is a plan; Taken counts those that failed or were left, too
}

// further tells whoever waits how far the pass has come.
func (p *pass) further(change func(*Progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.far)
	p.l.o.Further(p.far)
}

// Report is what a pass saw, decided and did.
type Report struct {
	Kind    string        `json:"kind"`
	At      time.Time     `json:"at"`
	Places  []PlaceReport `json:"places"`
	Plan    plan.Plan     `json:"plan"`
	Metrics Metrics       `json:"metrics"`
}

// PlaceReport is what was done in one account and region.
type PlaceReport struct {
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Skipped  string    `json:"skipped,omitempty"`  // why nobody looked: another pass holds the lease
	Failures []string  `json:"failures,omitempty"` // calls that failed
	Done     []Outcome `json:"done,omitempty"`
	Failed   []Outcome `json:"failed,omitempty"` // and those that were skipped because of them
	Left     []Outcome `json:"left,omitempty"`   // for the next pass
}

// Taken lists the places that another pass held.
func (r *Report) Taken() []string {
	var list []string
	for _, p := range r.Places {
		if p.Skipped != "" {
			list = append(list, plan.Place(p.Account, p.Region))
		}
	}
	return list
}

// Outcomes counts the steps by what became of them.
func (r *Report) Outcomes() (done, failed, left int) {
	for i := range r.Places {
		done, failed, left = done+len(r.Places[i].Done), failed+len(r.Places[i].Failed), left+len(r.Places[i].Left)
	}
	return done, failed, left
}

func (p *pass) report() Report {
	r := Report{Kind: p.kind, At: p.at, Plan: p.plan, Metrics: p.metrics()}
	for _, pl := range p.places {
		one := PlaceReport{Account: pl.account.ID, Region: pl.region, Skipped: pl.skipped, Failures: pl.seen.Failures}
		for _, o := range pl.outcomes {
			switch o.Result {
			case Done:
				one.Done = append(one.Done, o)
			case Left:
				one.Left = append(one.Left, o)
			default:
				one.Failed = append(one.Failed, o)
			}
		}
		r.Places = append(r.Places, one)
	}
	return r
}
