package correlate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// task is a detection whose context is to be made again: a source had not said all, or did not answer, or stories that met were too large for one pass. Its id begins with the moment when
// it is due, so that a list of tasks begins with those that are.
type task struct {
	Detection string              `json:"detection"`
	Of        time.Time           `json:"of"`  // the Update of the state that was looked at
	Try       int                 `json:"try"` // how often the context was made again before
	Keys      []store.DocumentKey `json:"keys"`

	id   string
	docs map[store.DocumentKey]store.Document
}

// dueForm writes a moment so that the order of the text is the order of time.
const dueForm = "20060102T150405Z"

// keepTask is how long a task that nobody takes is kept.
const keepTask = 3 * 24 * time.Hour

// tasks gives the changes of tasks that go with a context: the one that is done goes, the next one comes where something is missing still.
func (q *inquiry) tasks(done *task, unfinished bool) ([]store.Write, error) {
	var out []store.Write
	try := 0
	if done != nil {
		out = append(out, store.Write{Kind: store.KindCorrelation, ID: done.id})
		try = done.Try + 1
	}
	stands := done == nil && q.d.Context != nil && !q.d.Context.Of.Before(q.d.Update)
	if try >= len(q.o.Waits) || !unfinished && (stands || !q.unsettled()) {
		return out, nil
	}
	due := q.now.Add(q.o.Waits[try])
	if unfinished {
		due = q.now.Add(time.Second)
	}
	body, err := json.Marshal(task{Detection: q.d.ID, Of: q.d.Update, Try: try, Keys: keysOf(q.d, q.now)})
	if err != nil {
		return nil, fmt.Errorf("encode task: %w", err)
	}
	return append(out, store.Write{
		Kind: store.KindCorrelation, ID: due.Format(dueForm) + "-" + q.d.ID, Body: body, Expires: due.Add(keepTask),
	}), nil
}

// unsettled says whether something may be known later that is not known now. Where nothing of AWS was ever read, nothing is waited for.
func (q *inquiry) unsettled() bool {
	history, _ := inventory.Read(q.docs)
	inventoried := history != nil && !history.Through().IsZero()
	_, flows := progressOf(q.docs, events.SourceFlowLogs)
	_, calls := progressOf(q.docs, events.SourceCloudTrail)
	for _, s := range q.out.Sources {
		switch s.Status {
		case events.SourceWaiting, events.SourceDenied, events.SourceFailed:
			return true
		case events.SourceMissing, events.SourceEmpty, events.SourcePartial:
			late := s.Source == events.SourceInventory || s.Source == events.SourceFlowLogs || s.Source == events.SourceCloudTrail
			if late && (inventoried || flows || calls) && q.now.Sub(q.d.Update) < patience {
				return true
			}
		}
	}
	return false
}

// tasksAtOnce is how many tasks one call of Due takes.
const tasksAtOnce = 200

// Due makes the contexts again whose time has come, and says how many those were. What cannot be done now stays and comes again; the
// errors are told together.
func (c *Correlator) Due(ctx context.Context) (done int, err error) {
	page, err := c.o.Store.Documents.List(ctx, store.KindCorrelation, store.ListQuery{Limit: tasksAtOnce})
	if err != nil {
		return 0, fmt.Errorf("list tasks: %w", err)
	}
	now := c.o.Now().UTC().Format(dueForm)
	var errs []error
	for _, doc := range page.Items {
		if due, _, _ := strings.Cut(doc.ID, "-"); due > now || ctx.Err() != nil {
			break
		}
		if err := c.again(ctx, doc); err != nil {
			errs = append(errs, err)
			continue
		}
		done++
	}
	return done, errors.Join(errs...)
}

// again does one task. One whose detection is gone, or was looked at in a later state since, is over.
func (c *Correlator) again(ctx context.Context, doc store.Document) error {
	t := task{id: doc.ID}
	if err := json.Unmarshal(doc.Body, &t); err != nil {
		c.o.Log.ErrorContext(ctx, "task makes no sense and is dropped", "task", doc.ID, "error", err)
		return c.drop(ctx, doc.ID)
	}
	d, docs, err := c.o.Store.Detections.GetWith(ctx, t.Detection, t.Keys[:min(len(t.Keys), store.MaxGet)]...)
	if errors.Is(err, store.ErrNotFound) {
		return c.drop(ctx, doc.ID)
	}
	if err != nil {
		return fmt.Errorf("read detection %s with its context: %w", t.Detection, err)
	}
	if !d.Update.Equal(t.Of) {
		return c.drop(ctx, doc.ID)
	}
	t.docs = docs
	err = c.look(ctx, d, &t, false)
	if errors.Is(err, store.ErrNotFound) {
		return c.drop(ctx, doc.ID)
	}
	return err
}

func (c *Correlator) drop(ctx context.Context, id string) error {
	_, err := c.o.Store.Documents.Write(ctx, []store.Write{{Kind: store.KindCorrelation, ID: id}}, nil)
	if err != nil {
		return fmt.Errorf("drop task: %w", err)
	}
	return nil
}
