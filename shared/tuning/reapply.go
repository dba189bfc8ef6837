package tuning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// DefaultLimit is how many detections one Reapply changes when nothing else is said. Each is a write of its own with its audit entry.
const DefaultLimit = 2000

const pageSize = 500

// Options says what Reapply works on.
type Options struct {
	Documents  store.Documents
	Detections store.Detections
	Now        func() time.Time
	Limit      int // the most detections to change; 0: DefaultLimit
}

// Result says what Reapply changed.
type Result struct {
	Hidden   int
	Shown    int
	Complete bool // false where the limit, or the context's end, came first: call it again for the rest
	Why      string
}

// Reapply brings what is stored into line with the rules: it is called when a rule is made, changed, deleted or has expired, and now
// and then, because a detection that grew may have left what a rule means. Doing it twice changes nothing more.
func Reapply(ctx context.Context, o Options) (Result, error) {
	rules, err := Load(ctx, o.Documents)
	if err != nil {
		return Result{}, err
	}
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	w := walk{Options: o, rules: rules, now: o.Now()}
	err = w.run(ctx)
	switch {
	case errors.Is(err, errEnough):
		w.Why = fmt.Sprintf("%d detections were changed; the rest follows in the background", w.Hidden+w.Shown)
		return w.Result, nil
	case ctx.Err() != nil && w.Hidden+w.Shown > 0:
		w.Why = "the time was up; the rest follows in the background"
		return w.Result, nil
	case err != nil:
		return w.Result, fmt.Errorf("apply tuning rules: %w", err)
	}
	w.Complete = true
	return w.Result, nil
}

// errEnough ends a walk at its limit; Reapply turns it into an incomplete result.
var errEnough = errors.New("enough")

type walk struct {
	Options
	Result
	rules *Rules
	now   time.Time
}

// run shows first: a rule that was narrowed, and a new one, may both mean the same detection.
func (w *walk) run(ctx context.Context) error {
	if err := w.each(ctx, store.DetectionFilter{Hidden: store.HiddenOnly}); err != nil {
		return err
	}
	for i := range w.rules.list {
		rule := &w.rules.list[i].Value
		if !rule.Active(w.now) {
			continue
		}
		f := rule.Match
		f.Hidden = store.HiddenExclude
		if err := w.each(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// each walks what a filter means, in the order of storing: hiding one moves none of the others.
func (w *walk) each(ctx context.Context, f store.DetectionFilter) error {
	q := store.DetectionQuery{Filter: f, Sort: store.ByCreated, Limit: pageSize}
	for {
		page, err := w.Detections.Search(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := w.settle(ctx, &page.Items[i]); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

func (w *walk) settle(ctx context.Context, d *events.Detection) error {
	want := w.rules.HiddenBy(d, w.now)
	if want == d.HiddenBy {
		return nil
	}
	if w.Hidden+w.Shown >= w.Limit {
		return errEnough
	}
	by := want
	if by == "" {
		by = d.HiddenBy
	}
	_, err := w.Detections.Update(ctx, d.ID, store.TriageChange{HiddenBy: &want}, store.Actor{Name: "rule:" + by})
	if errors.Is(err, store.ErrNotFound) {
		return nil // purged meanwhile
	}
	if err != nil {
		return err
	}
	if want == "" {
		w.Shown++
	} else {
		w.Hidden++
	}
	return nil
}
