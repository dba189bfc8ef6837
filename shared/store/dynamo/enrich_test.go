package dynamo

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// calls says how many calls of DynamoDB something takes, of which sort.
func (w *world) calls(t *testing.T, what string, want map[string]int, do func() error) {
	t.Helper()
	w.client.reset()
	if err := do(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	w.client.mu.Lock()
	defer w.client.mu.Unlock()
	if fmt.Sprint(w.client.counts) != fmt.Sprint(want) {
		t.Errorf("%s took %v, not %v", what, w.client.counts, want)
	}
}

func parties(n int, at time.Time) (changes []store.Write) {
	for i := range n {
		changes = append(changes, store.Write{Kind: store.KindIncidentParty, ID: fmt.Sprint("party", i), Body: []byte(fmt.Sprintf("%q", noise(i, 2000))), Expires: at.Add(time.Hour)})
	}
	return changes
}

// TestCallsOfCorrelation counts what a pass over one detection costs: two calls to write it, however many documents go with it, and one
// for each hundred documents that it asks for.
func TestCallsOfCorrelation(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	d := detection(1)
	put(t, w.Store, d)
	c := storetest.Context(1, noon)
	enrich := func(revision int64, changes ...store.Write) func() error {
		return func() error {
			_, err := w.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: revision, Context: c}, changes...)
			return err
		}
	}
	w.calls(t, "a context", map[string]int{"BatchGetItem": 1, "PutItem": 1}, enrich(1))
	c.Incident = "i-2"
	w.calls(t, "a context with forty documents", map[string]int{"BatchGetItem": 1, "TransactWriteItems": 1}, enrich(2, parties(store.MaxEnrichWrites, noon)...))
	w.calls(t, "nothing new", map[string]int{"BatchGetItem": 1}, enrich(3))
	w.calls(t, "nothing new but documents", map[string]int{"BatchGetItem": 1, "TransactWriteItems": 1}, enrich(3, parties(3, noon)...))
	w.calls(t, "a document that goes", map[string]int{"BatchGetItem": 1, "TransactWriteItems": 1}, enrich(3, store.Write{Kind: store.KindIncidentParty, ID: "party1"}))
	keys := make([]store.DocumentKey, store.MaxGet)
	for i := range keys {
		keys[i] = store.DocumentKey{Kind: store.KindIncidentParty, ID: fmt.Sprint("party", i)}
	}
	w.calls(t, "a hundred documents", map[string]int{"BatchGetItem": 1}, func() error {
		got, err := w.Documents.GetMany(ctx, keys...)
		if err == nil && len(got) != store.MaxEnrichWrites-1 {
			err = fmt.Errorf("%d documents", len(got))
		}
		return err
	})
	w.calls(t, "a detection and documents beside it", map[string]int{"BatchGetItem": 1}, func() error {
		_, docs, err := w.Detections.GetWith(ctx, d.ID, keys[:store.MaxGet-1]...)
		if err == nil && len(docs) != store.MaxEnrichWrites-1 {
			err = fmt.Errorf("%d documents", len(docs))
		}
		return err
	})
	w.calls(t, "no documents", map[string]int{}, func() error { _, err := w.Documents.GetMany(ctx); return err })
}

// TestContextIsNotInTheIndexes: what every filter and count reads of a detection holds no context.
func TestContextIsNotInTheIndexes(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	d := detection(1)
	put(t, w.Store, d)
	if _, err := w.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: 1, Context: storetest.Context(1, noon)}); err != nil {
		t.Fatal(err)
	}
	tab, err := open(w.o)
	if err != nil {
		t.Fatal(err)
	}
	it, err := tab.get(ctx, DetectionGet, detectionKey(d.ID))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tab.readFacet(it)
	if err != nil || f.Detection.Context != nil || f.Detection.Risk.Score != 20 {
		t.Errorf("the facet has %+v, %v", f.Detection, err)
	}
}

// TestCrashBesideContext is a crash at the transaction: neither the context nor a document nor an event is there, and the second try
// writes all of them once.
func TestCrashBesideContext(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	d := detection(1)
	put(t, w.Store, d)
	enrich := func() error {
		_, err := w.Detections.Enrich(ctx, d.ID, store.Enrichment{IfRevision: 1, Context: storetest.Context(1, noon)}, parties(5, noon)...)
		return err
	}
	w.client.fail = func(call string) error {
		if call == "TransactWriteItems" {
			return errors.New("the process died here")
		}
		return nil
	}
	if err := enrich(); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("enriched, although the process died: %v", err)
	}
	w.client.fail = nil
	check := func(what string, revision int64, documents, events int) {
		t.Helper()
		got, err := w.Detections.Get(ctx, d.ID)
		if err != nil || got.Revision != revision || (got.Context != nil) != (revision > 1) {
			t.Errorf("%s: revision %d, context %v, %v", what, got.Revision, got.Context, err)
		}
		if n := w.rows(t, "K#"+string(store.KindIncidentParty)); n != documents {
			t.Errorf("%s: %d documents", what, n)
		}
		if list, err := w.outbox(t).Pending(ctx, 10); err != nil || len(list) != events {
			t.Errorf("%s: %d events, %v", what, len(list), err)
		}
	}
	check("after the crash", 1, 0, 1)
	if err := enrich(); err != nil {
		t.Fatal(err)
	}
	check("after the second try", 2, 5, 2)
	if err := enrich(); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the same once more, of the state before: %v", err)
	}
	check("after the third", 2, 5, 2)
}
