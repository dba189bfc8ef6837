package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The ids of documents of store.KindDelivery begin with what they are. What is due comes in the order of when it is.
const (
	DuePrefix  = "due/"  // + when + "/" + key: a Delivery that waits
	seenPrefix = "seen/" // + key: this event and rule have met
	ratePrefix = "rate/" // + rule: when the rule's messages of the last hour went out
	bandPrefix = "band/" // + subject: the risk band that was told last
	dueLayout  = "20060102T150405.000Z"
)

// The reasons for which a rule is told of an event: what NotificationRule.On may hold.
const (
	OnCreated   = "created"
	OnUpdated   = "updated"
	OnEscalated = "escalated"
	OnClosed    = "closed"
	OnCoverage  = "coverage"
	OnHealth    = "health"
	OnMirror    = "mirror"
)

// Reasons lists every reason there is.
func Reasons() []string {
	return []string{OnCreated, OnUpdated, OnEscalated, OnClosed, OnCoverage, OnHealth, OnMirror}
}

// Delivery is an event on its way to a rule's channel.
type Delivery struct {
	Rule     string       `json:"rule"`
	Reason   string       `json:"reason"`
	Event    events.Event `json:"event"`
	Taken    time.Time    `json:"taken"`
	Held     string       `json:"held,omitempty"` // why it goes in a digest: "digest", "quiet hours", "rate limit"
	Attempts int          `json:"attempts,omitempty"`
	Error    string       `json:"error,omitempty"` // of the last attempt
}

// DeadLetter is a delivery that could not be made. Resend puts it back.
type DeadLetter struct {
	Delivery
	Died time.Time `json:"died"`
}

// state is when the messages of a rule went out, or are to go out, within the last hour or later: oldest first.
type state struct {
	Sent []time.Time `json:"sent"`
}

// band is the risk band of a detection that was seen last.
type band struct {
	Band     events.Band `json:"band"`
	Sequence int64       `json:"sequence"`
}

// Publish takes events: it is the service as a bus.Publisher.
func (s *Service) Publish(ctx context.Context, list ...events.Event) error {
	rules, err := s.enabled(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	for i := range list {
		if err := s.take(ctx, rules, list[i]); err != nil {
			return err
		}
	}
	s.nudge()
	return nil
}

// Handle takes one event: when it returns nil, every delivery that the rules ask for is written down. The same event taken again
// makes no other.
func (s *Service) Handle(ctx context.Context, e events.Event) error { return s.Publish(ctx, e) }

func (s *Service) enabled(ctx context.Context) ([]store.Item[store.NotificationRule], error) {
	rules, err := s.rules.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read notification rules: %w", err)
	}
	rules = slices.DeleteFunc(rules, func(r store.Item[store.NotificationRule]) bool { return !r.Value.Enabled })
	return rules[:min(len(rules), MaxRules)], nil
}

func (s *Service) take(ctx context.Context, rules []store.Item[store.NotificationRule], e events.Event) error {
	reasons, now, err := s.reasons(ctx, rules, &e)
	if err != nil {
		return err
	}
	for i := range rules {
		reason := meant(&rules[i].Value, &e, reasons)
		if reason == "" {
			continue
		}
		if err := s.deliver(ctx, rules[i], Delivery{Rule: rules[i].ID, Reason: reason, Event: e}); err != nil {
			return err
		}
	}
	if now == nil {
		return nil
	}
	// The band is remembered after the deliveries: a crash between them brings the event again, and it still is an escalation.
	_, err = s.bands.Put(ctx, *now, store.Condition(now.Revision), nil)
	if errors.Is(err, store.ErrConflict) {
		err = nil // another event of the subject is handled at the same time; that one's band will do
	}
	return err
}

// meant gives the first of the reasons for which a rule is to be told of an event, or "".
func meant(r *store.NotificationRule, e *events.Event, reasons []string) string {
	on := r.On
	if len(on) == 0 {
		on = []string{OnCreated, OnEscalated}
	}
	for _, reason := range reasons {
		if !slices.Contains(on, reason) {
			continue
		}
		if d := e.Detail.Detection; d != nil && (d.HiddenBy != "" || !r.Match.Match(d)) {
			return ""
		}
		return reason
	}
	return ""
}

// reasons says why anybody might be told of an event, the strongest first, and gives the band to remember where that has changed.
func (s *Service) reasons(ctx context.Context, rules []store.Item[store.NotificationRule], e *events.Event) ([]string, *store.Item[band], error) {
	d := &e.Detail
	switch {
	case e.DetailType == events.CoverageChanged && d.Coverage != nil:
		return []string{OnCoverage}, nil, nil
	case e.DetailType == events.SensorUnhealthy && d.Health != nil:
		return []string{OnHealth}, nil, nil
	case e.DetailType == events.MirrorHealth && d.Heard != nil:
		return []string{OnMirror}, nil, nil
	case d.Detection == nil:
		return nil, nil, nil
	case e.DetailType == events.DetectionClosed:
		return []string{OnClosed}, nil, nil
	}
	rose, now, err := s.escalation(ctx, rules, e)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case e.DetailType == events.DetectionCreated:
		return []string{OnCreated}, now, nil
	case rose:
		return []string{OnEscalated, OnUpdated}, now, nil
	}
	return []string{OnUpdated}, now, nil
}

// escalation says whether the risk band of a detection rose over the one seen last. Where none was seen, because no rule asked then,
// what the detection's own activity says counts.
func (s *Service) escalation(ctx context.Context, rules []store.Item[store.NotificationRule], e *events.Event) (bool, *store.Item[band], error) {
	if !slices.ContainsFunc(rules, func(r store.Item[store.NotificationRule]) bool {
		return len(r.Value.On) == 0 || slices.Contains(r.Value.On, OnEscalated)
	}) {
		return false, nil, nil
	}
	have, err := s.bands.Get(ctx, bandPrefix+key(e.Detail.Subject))
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, nil, fmt.Errorf("read risk band: %w", err)
	}
	d := e.Detail.Detection
	if known && e.Detail.Sequence <= have.Value.Sequence {
		return false, nil, nil // late, or again
	}
	before := have.Value.Band
	if known && before == d.Risk.Band {
		return false, nil, nil
	}
	if !known {
		before = bandBefore(d)
		have.Revision = int64(store.New)
	}
	now := store.Item[band]{
		ID: bandPrefix + key(e.Detail.Subject), Revision: have.Revision, Expires: s.Now().Add(letterFor),
		Value: band{Band: d.Risk.Band, Sequence: e.Detail.Sequence},
	}
	return rank(d.Risk.Band) > rank(before), &now, nil
}

// bandBefore is the highest band that the alerts before the newest had.
func bandBefore(d *events.Detection) events.Band {
	before := d.Activity
	if n := len(before); n > 0 && before[n-1].Score == d.Risk.Score {
		before = before[:n-1]
	}
	highest := d.Risk.Band
	for i, a := range before {
		if b := events.BandOf(a.Score); i == 0 || rank(b) > rank(highest) {
			highest = b
		}
	}
	return highest
}

func rank(b events.Band) int {
	return slices.Index([]events.Band{"low", "medium", "high", "critical"}, b)
}

// deliver writes a delivery down, once for an event and a rule, together with its place in the rule's hour.
func (s *Service) deliver(ctx context.Context, rule store.Item[store.NotificationRule], d Delivery) error {
	k := key(d.Event.ID, d.Rule)
	var err error
	if d.Event, err = bus.Fit(d.Event, MaxMessage); err != nil {
		return err
	}
	for range 50 {
		if _, err := s.Documents.Get(ctx, store.KindDelivery, seenPrefix+k); !errors.Is(err, store.ErrNotFound) {
			return err // nil: it is written down already
		}
		d.Taken = s.Now()
		when, hour, err := s.plan(ctx, &rule, &d, d.Taken)
		if err != nil {
			return err
		}
		err = s.writeDown(ctx, k, when, d, hour)
		if err == nil {
			s.count(func(c *Counts) { c.Taken++ })
			return nil
		}
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("write delivery: %w", err)
		}
	}
	return fmt.Errorf("write delivery of event %s to rule %s: %w", d.Event.ID, d.Rule, store.ErrConflict)
}

func (s *Service) writeDown(ctx context.Context, k string, when time.Time, d Delivery, hour *store.Item[state]) error {
	waiting, err := s.deliveries.Change(store.Item[Delivery]{ID: dueID(when, k), Value: d}, store.Always)
	if err != nil {
		return err
	}
	seen := store.Write{Kind: store.KindDelivery, ID: seenPrefix + k, Body: json.RawMessage("{}"), Expires: d.Taken.Add(rememberFor), If: store.New}
	changes := []store.Write{seen, waiting}
	if hour != nil {
		w, err := s.states.Change(*hour, store.Condition(hour.Revision))
		if err != nil {
			return err
		}
		changes = append(changes, w)
	}
	_, err = s.Documents.Write(ctx, changes, nil)
	return err
}

func dueID(when time.Time, key string) string {
	return DuePrefix + when.UTC().Format(dueLayout) + "/" + key
}

// key is an id for what has any length and any bytes.
func key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
