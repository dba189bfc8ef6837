// Package tuning says which rule hides a detection, and brings what is stored into line with the rules. What comes in is the tuning
// rules that people made, and detections; what goes out is the same detections with the id of the rule that hides them, or without.
// It never deletes a detection, never changes anything else of one, and never makes a rule.
package tuning

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Rules is every tuning rule there was when they were loaded, in the order of their ids. It is a value that nobody changes.
type Rules struct {
	list []store.Item[store.TuningRule]
}

// NewRules makes rules of what a store holds.
func NewRules(items ...store.Item[store.TuningRule]) *Rules {
	return &Rules{list: items}
}

// Load reads every rule.
func Load(ctx context.Context, docs store.Documents) (*Rules, error) {
	items, err := store.Collection[store.TuningRule]{Kind: store.KindTuningRule, Documents: docs}.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load tuning rules: %w", err)
	}
	return NewRules(items...), nil
}

// HiddenBy gives the id of the rule that hides a detection, or "". The rule that hides it already goes before the others, so that a
// detection that two rules mean does not pass from one to the other.
func (r *Rules) HiddenBy(d *events.Detection, now time.Time) string {
	first := ""
	for i := range r.list {
		item := &r.list[i]
		if !item.Value.Active(now) || !Matches(&item.Value.Match, d) {
			continue
		}
		if item.ID == d.HiddenBy {
			return item.ID
		}
		if first == "" {
			first = item.ID
		}
	}
	return first
}

// Apply hides what the rules mean among detections that are about to be stored. Those hidden already stay as they are.
func (r *Rules) Apply(list []events.Detection, now time.Time) {
	for i := range list {
		if d := &list[i]; d.HiddenBy == "" {
			d.HiddenBy = r.HiddenBy(d, now)
		}
	}
}

// NextExpiry gives the next moment at which a rule stops hiding by itself; false where none will.
func (r *Rules) NextExpiry(now time.Time) (time.Time, bool) {
	var next time.Time
	for i := range r.list {
		rule := &r.list[i].Value
		if rule.Active(now) && rule.Expires != nil && (next.IsZero() || rule.Expires.Before(next)) {
			next = *rule.Expires
		}
	}
	return next, !next.IsZero()
}

// Matches says whether a rule's filter means a detection, hidden or not.
func Matches(f *store.DetectionFilter, d *events.Detection) bool {
	all := *f
	all.Hidden = store.HiddenInclude
	return all.Match(d)
}
