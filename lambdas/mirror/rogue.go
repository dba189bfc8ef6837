package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// rogueType is the detection of a session or target that sends packets to an account that nobody named.
const (
	rogueType    = "exfil.traffic_duplication"
	rogueTitle   = "Traffic mirrored to an unknown account"
	rogueVersion = 1
	mostActivity = 100 // alerts that a detection remembers of one that comes and goes
)

// tellRogues raises a detection for each rogue, once, and ends those that are gone from places that were seen whole.
func (p *pass) tellRogues(ctx context.Context) error {
	live := map[string]bool{}
	var list []events.Detection
	for i := range p.plan.Rogues {
		d := p.detection(&p.plan.Rogues[i])
		live[d.ID] = true
		have, err := p.l.o.Store.Detections.Get(ctx, d.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return fmt.Errorf("read detection %s: %w", d.ID, err)
		case have.End == nil && have.Description == d.Description:
			continue // told already
		default:
			d.Start, d.Evidence.Start = have.Start, have.Start
			d.Activity = append(slices.Clone(have.Activity[max(0, len(have.Activity)-mostActivity+1):]), d.Activity...)
		}
		list = append(list, d)
	}
	ended, err := p.ended(ctx, live)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(append(list, ended...), batch) {
		if _, err := p.l.o.Store.Detections.Put(ctx, some...); err != nil {
			return fmt.Errorf("store detections of foreign mirrors: %w", err)
		}
	}
	return nil
}

// ended gives the detections whose rogue is gone.
func (p *pass) ended(ctx context.Context, live map[string]bool) (list []events.Detection, err error) {
	q := store.DetectionQuery{Filter: store.DetectionFilter{Types: []string{rogueType}, Hidden: store.HiddenInclude}}
	err = walk(func(cursor string) ([]events.Detection, string, error) {
		q.Cursor = cursor
		page, err := p.l.o.Store.Detections.Search(ctx, q)
		return page.Items, page.Next, err
	}, func(d events.Detection) {
		account, _ := d.Properties["account"].(string)
		region, _ := d.Properties["region"].(string)
		object, _ := d.Properties["object"].(string)
		if d.End != nil || live[d.ID] || !p.isGone(account, region, object) {
			return
		}
		end := p.at
		d.End, d.Update, d.Evidence.End = &end, end, end
		list = append(list, d)
	})
	if err != nil {
		return nil, fmt.Errorf("search detections of foreign mirrors: %w", err)
	}
	return list, nil
}

// isGone says whether an object that was a rogue's is none any more: its own account does not show it, or the whole region was seen. Of
// an account that the policy does not name only the others can tell.
func (p *pass) isGone(account, region, object string) bool {
	if pl := p.placeOf(account, region); pl != nil && len(pl.seen.Failures) == 0 && pl.want == nil && !pl.shows(object) {
		return true
	}
	for _, s := range sitesOf(p.policy) {
		if pl := p.placeOf(s.account.ID, s.region); s.region == region && (pl == nil || !pl.wholly()) {
			return false
		}
	}
	return p.kind == KindSweep
}

// shows says whether a place shows a session or target.
func (pl *place) shows(object string) bool {
	return slices.ContainsFunc(pl.seen.Sessions, func(s ec2api.TrafficMirrorSession) bool { return s.ID == object }) ||
		slices.ContainsFunc(pl.seen.Targets, func(t ec2api.TrafficMirrorTarget) bool { return t.ID == object })
}

// detection is a rogue as a detection. Its id is made of what it is about, so that every pass raises the same one.
func (p *pass) detection(r *plan.Rogue) events.Detection {
	sum := sha256.Sum256([]byte(rogueType + "\x00" + r.Account + "\x00" + r.Region + "\x00" + r.Object))
	d := events.Detection{
		ID: hex.EncodeToString(sum[:16]), Type: rogueType, Title: rogueTitle, Category: "exfil", Description: r.Reason, Confidence: 0.8,
		Triage: events.Triage{Status: events.StatusOpen}, Start: p.at, Update: p.at, Evidence: events.Evidence{Start: p.at, End: p.at},
		Tactics: []string{"TA0010"}, Techniques: []string{"T1020.001"}, DetectorVersion: rogueVersion,
		Risk: rogueRisk(r, p.strangerOf(r)), Participants: p.participants(r),
		Properties: map[string]any{"account": r.Account, "region": r.Region, "object": r.Object, "target": r.Target, "target_owner": r.Owner},
	}
	d.Activity = []events.Activity{{Time: p.at, Description: d.Description, Score: d.Risk.Score}}
	return d
}

// strangerOf is the account of a rogue that nobody named: that of the target, or of who sends to one of ours.
func (p *pass) strangerOf(r *plan.Rogue) string {
	for _, id := range []string{r.Owner, r.Account} {
		_, named := p.policy.Account(id)
		if id != "" && id != p.policy.Fleet.Account && !named && !slices.Contains(p.policy.Trusted, id) {
			return id
		}
	}
	return ""
}

// rogueRisk sums the points that shared/detect gives a type of medium likelihood, high complexity and high impact, and what is known of
// this one: a session carries packets now, a target alone only waits for one.
func rogueRisk(r *plan.Rogue, stranger string) events.Risk {
	terms := []events.Term{
		{Name: "likelihood", Points: 10, Reason: "medium for the type"},
		{Name: "complexity", Points: 15, Reason: "high for the attacker"},
		{Name: "impact", Points: 35, Reason: "high for the business"},
		{Name: "confidence", Points: 6, Reason: "80 %"},
	}
	if r.Interface != "" {
		terms = append(terms, events.Term{Name: "live_session", Points: 10, Reason: "packets of " + r.Interface + " leave now"})
	} else {
		terms = append(terms, events.Term{Name: "no_session", Points: -10, Reason: "no session of it was seen"})
	}
	if stranger != "" {
		terms = append(terms, events.Term{Name: "known_foreign_account", Points: 5, Reason: "account " + stranger + " is neither ours nor trusted"})
	}
	score := 0
	for _, t := range terms {
		score += t.Points
	}
	return events.Risk{Score: score, Band: events.BandOf(score), Likelihood: events.Medium, Complexity: events.High, Impact: events.High, Terms: terms}
}

// participants are who takes the packets and whose they are.
func (p *pass) participants(r *plan.Rogue) []events.Participant {
	list := []events.Participant{{Role: "offender", External: true, Account: r.Owner, Hostname: r.Target}}
	if r.Interface == "" {
		return append(list, events.Participant{Role: "victim", Account: r.Account, VPC: r.VPC})
	}
	return append(list, events.Participant{
		Role: "victim", Account: r.Account, VPC: r.VPC, Interface: r.Interface, Instance: r.Instance, Device: r.Interface, Address: p.addressOf(r),
	})
}

func (p *pass) addressOf(r *plan.Rogue) netip.Addr {
	if pl := p.placeOf(r.Account, r.Region); pl != nil {
		for i := range pl.seen.Interfaces {
			if pl.seen.Interfaces[i].ID == r.Interface {
				return pl.seen.Interfaces[i].PrimaryAddress
			}
		}
	}
	return netip.Addr{}
}
