package correlate

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/counters"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

// How far behind AWS's logs may be. Flow logs come five to ten minutes late and CloudTrail about five, both best effort; what is not there a
// day later will not come.
const (
	disorder = 15 * time.Minute // objects overtake one another by so much: a source that is further has said all
	patience = 24 * time.Hour
)

func sourceKeys() []store.DocumentKey {
	return []store.DocumentKey{ingest.SourceKey(events.SourceFlowLogs), ingest.SourceKey(events.SourceCloudTrail)}
}

// progressOf says how far a source has been read; false where it never was.
func progressOf(docs map[store.DocumentKey]store.Document, s events.ContextSource) (ingest.Progress, bool) {
	doc, there := docs[ingest.SourceKey(s)]
	if !there {
		return ingest.Progress{}, false
	}
	var p ingest.Progress
	if json.Unmarshal(doc.Body, &p) != nil {
		return ingest.Progress{}, true
	}
	return p, true
}

func state(s events.ContextSource, status events.SourceStatus, why string, args ...any) events.SourceState {
	out := events.SourceState{Source: s, Status: status}
	if why != "" {
		out.Why = fmt.Sprintf(why, args...)
	}
	return out
}

// who fills in who the participants were, and says how the inventory fared.
func (q *inquiry) who() events.SourceState {
	q.out.Who = nil
	history, err := inventory.Read(q.docs)
	ever := history != nil && !history.Through().IsZero()
	local, known := 0, 0
	for i := range q.d.Participants[:min(len(q.d.Participants), events.MaxIdentities)] {
		p := &q.d.Participants[i]
		id := events.Identity{Address: p.Address}
		if history != nil {
			held, ok := history.Of(p, q.d.Start)
			if ok {
				id.Holding = held
				known++
			}
		}
		if !p.External {
			local++
		}
		q.out.Who = append(q.out.Who, id)
	}
	switch n := len(q.d.Participants); {
	case err != nil:
		return state(events.SourceInventory, events.SourcePartial, "some of what was stored cannot be read: %v", err)
	case !ever && known == 0:
		return state(events.SourceInventory, events.SourceMissing, "no inventory was ever read")
	case known == 0:
		return state(events.SourceInventory, events.SourceEmpty, "it knows none of the participants at that time")
	case known < local:
		return state(events.SourceInventory, events.SourcePartial, "%d of %d local participants are not in it", local-known, local)
	case n > events.MaxIdentities:
		return state(events.SourceInventory, events.SourcePartial, "the first %d of %d participants were looked up", events.MaxIdentities, n)
	}
	return state(events.SourceInventory, events.SourceComplete, "")
}

// places fills in where the addresses are.
func (q *inquiry) places() events.SourceState {
	if q.o.Places == nil {
		return state(events.SourcePlaces, events.SourceMissing, "no address ranges and no ASN or country database are set up")
	}
	found := false
	for i := range q.out.Who {
		w := &q.out.Who[i]
		p := q.o.Places.Of(w.Address)
		w.Service, w.Network, w.ASN, w.ASName, w.Country = p.Service, p.Network, p.ASN, p.ASName, p.Country
		found = found || p.Service != "" || p.ASN != 0 || p.Country != ""
	}
	switch missing := q.o.Places.Missing(); {
	case len(missing) > 0:
		return state(events.SourcePlaces, events.SourcePartial, "not set up: %s", strings.Join(missing, ", "))
	case !found:
		return state(events.SourcePlaces, events.SourceEmpty, "none of the addresses is in any range or database")
	}
	return state(events.SourcePlaces, events.SourceComplete, "")
}

// trail ranks the calls of AWS APIs around the beginning.
func (q *inquiry) trail() (events.SourceState, []events.Term) {
	p, ever := progressOf(q.docs, events.SourceCloudTrail)
	index, err := trail.Read(q.docs)
	var terms []events.Term
	if index != nil {
		index.Own(q.o.OwnRoles...)
		q.out.Calls, terms = index.Rank(q.d, q.out.Who)
		q.out.Calls = q.out.Calls[:min(len(q.out.Calls), events.MaxContextCalls)]
	}
	s := q.arrived(events.SourceCloudTrail, ever, p.Through, q.d.Start, len(q.out.Calls) > 0, "no trail was ever read")
	switch {
	case s.Status == events.SourceWaiting || s.Status == events.SourceMissing:
	case err != nil:
		s.Status, s.Why = events.SourcePartial, fmt.Sprintf("some of what was stored cannot be read: %v", err)
	case index != nil && index.Partial() > 0:
		s.Status, s.Why = events.SourcePartial, fmt.Sprintf("%d calls of that hour were left out for want of room, the least relevant first", index.Partial())
	}
	return s, terms
}

// arrived says whether a log that comes late has said all of a moment.
func (q *inquiry) arrived(s events.ContextSource, ever bool, through, until time.Time, found bool, never string) events.SourceState {
	out := events.SourceState{Source: s}
	if !through.IsZero() {
		through = through.UTC()
		out.Through = &through
	}
	behind := through.Before(until.Add(disorder))
	switch {
	case !ever:
		out.Status, out.Why = events.SourceMissing, never
	case behind && q.now.Sub(until) < patience && q.now.Sub(q.d.Update) < patience:
		out.Status, out.Why = events.SourceWaiting, fmt.Sprintf("read until %s; what it says of %s is still to come", through.Format(time.RFC3339), until.UTC().Format(time.RFC3339))
	case found && behind:
		out.Status, out.Why = events.SourcePartial, fmt.Sprintf("it ends at %s: more did not come within a day", through.Format(time.RFC3339))
	case found:
		out.Status = events.SourceComplete
	case behind:
		out.Status, out.Why = events.SourceEmpty, fmt.Sprintf("it ends at %s: nothing came of the time of the detection", through.Format(time.RFC3339))
	default:
		out.Status, out.Why = events.SourceEmpty, "it says nothing of the participants at that time"
	}
	return out
}

// flows says what was tried between the participants, and how much of it the sensors saw.
func (q *inquiry) flows(ctx context.Context) (events.SourceState, []events.Term) {
	p, ever := progressOf(q.docs, events.SourceFlowLogs)
	sum, through, err := tally.Summary(q.d, q.docs)
	q.out.Flows = sum
	until := q.d.Evidence.End
	if through.Before(p.Through) {
		through = p.Through
	}
	s := q.arrived(events.SourceFlowLogs, ever, through, until, sum != nil, "no flow log was ever read")
	if s.Status != events.SourceWaiting && err != nil {
		s.Status, s.Why = events.SourcePartial, fmt.Sprintf("some of what was stored cannot be read: %v", err)
	}
	if sum == nil {
		return s, nil
	}
	q.loss(ctx, sum)
	if sum.Accepted.Records == 0 && sum.Rejected.Records > 0 && s.Status == events.SourceComplete && q.d.Sensor != flowSensor {
		return s, []events.Term{{
			Name: events.AdjustmentPrefix + "blocked", Points: -15, Reason: fmt.Sprintf("all %d tries that flow logs know were rejected", sum.Rejected.Records),
		}}
	}
	return s, nil
}

// flowSensor is the sensor of detections that flow logs alone show.
const flowSensor = "flowlog"

// counters asks CloudWatch for the machines that took part.
func (q *inquiry) counters(ctx context.Context) (events.SourceState, []events.Term) {
	if q.o.Metrics == nil {
		return state(events.SourceCloudWatch, events.SourceMissing, "CloudWatch is not asked here"), nil
	}
	if have := stateOf(q.d.Context, events.SourceCloudWatch); settled(have) && q.d.Context.Of.Equal(q.d.Update) {
		q.out.Counters, q.out.Feed = q.d.Context.Counters, q.d.Context.Feed
		return *have, termsOf(q.d.Context, "counters_unusual")
	}
	query := counters.New(counters.Options{
		Detection: q.d, Who: q.out.Who, Now: q.now, Account: q.o.Account, Region: q.o.Region, CrossAccount: q.o.CrossAccount,
	})
	if len(query.Machines) == 0 {
		return counters.State(query, counters.Answer{}, nil), nil
	}
	if q.calls >= mostReads {
		return state(events.SourceCloudWatch, events.SourceWaiting, "it is asked in the next pass: this one had many documents to read"), nil
	}
	q.calls++
	answer, err := q.o.Metrics.Ask(ctx, query)
	s := counters.State(query, answer, err)
	if err != nil {
		return s, nil
	}
	var terms []events.Term
	q.out.Counters, q.out.Feed, terms = counters.Compare(query, answer)
	if over := query.To().Add(reported); q.now.Before(over) {
		s.Status, s.Why = events.SourceWaiting, "the hour was not over when CloudWatch was asked"
	}
	return s, terms
}

// reported is how long after an hour its metrics are all there: basic monitoring tells every five minutes.
const reported = 6 * time.Minute

// settled says whether a source need not be asked again for the same state of a detection.
func settled(s *events.SourceState) bool {
	return s != nil && (s.Status == events.SourceComplete || s.Status == events.SourcePartial)
}

// stateOf gives how a source fared in an earlier context; nil where it was not asked.
func stateOf(c *events.Context, s events.ContextSource) *events.SourceState {
	if c == nil {
		return nil
	}
	for i := range c.Sources {
		if c.Sources[i].Source == s {
			return &c.Sources[i]
		}
	}
	return nil
}

// termsOf gives the adjustment of a name in an earlier context.
func termsOf(c *events.Context, name string) []events.Term {
	for _, t := range c.Adjustments {
		if t.Name == events.AdjustmentPrefix+name {
			return []events.Term{t}
		}
	}
	return nil
}
