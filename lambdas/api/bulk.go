package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxBulk is how many detections one request may change.
const maxBulk = 200

// BulkDetections changes the triage of many, and may make a tuning rule besides. The rule comes first: where it cannot be made, nothing
// is closed.
func (s *server) BulkDetections(ctx context.Context, q gen.BulkDetectionsRequestObject) (gen.BulkDetectionsResponseObject, error) {
	if q.Body.Change.Revision != nil {
		return nil, invalidField("change.revision", fmt.Sprint(*q.Body.Change.Revision), "given: each detection has its own")
	}
	ids, err := s.bulkIDs(ctx, q.Body)
	if err != nil {
		return nil, err
	}
	out := gen.BulkDetections200JSONResponse{Items: []gen.BulkItem{}}
	if q.Body.Rule != nil {
		made, err := s.makeRule(ctx, *q.Body.Rule)
		if err != nil {
			return nil, err
		}
		out.Rule = &made
	}
	for _, id := range ids {
		item := s.bulkOne(ctx, id, q.Body.Change)
		if item.Result == gen.BulkItemResultChanged {
			out.Changed++
		}
		out.Items = append(out.Items, item)
	}
	if out.Complete = out.Changed == len(ids); !out.Complete {
		out.Why = fmt.Sprintf("%d of %d were not changed", len(ids)-out.Changed, len(ids))
	}
	return out, nil
}

// bulkIDs gives the detections that are meant, each once.
func (s *server) bulkIDs(ctx context.Context, b *gen.BulkRequest) ([]string, error) {
	switch {
	case (len(b.Ids) > 0) == (b.Filter != nil):
		return nil, invalidField("ids", fmt.Sprint(len(b.Ids), " values"), "right: give either ids or a filter")
	case b.Filter == nil:
		return unique(b.Ids), nil
	case b.Expected == nil:
		return nil, invalidField("expected", "", "given: how many the filter is believed to match")
	}
	q := store.DetectionQuery{Filter: *b.Filter, Sort: store.ByCreated, Limit: maxBulk, Count: true}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	page, err := s.Store.Detections.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	if page.Next != "" || len(page.Items) != *b.Expected {
		found := fmt.Sprint(len(page.Items))
		if page.Next != "" {
			found = fmt.Sprintf("more than %d", maxBulk)
		}
		return nil, problem(http.StatusConflict, "unexpected-count", "The filter matches another number of detections",
			fmt.Sprintf("%d were expected, and it matches %s; nothing was changed", *b.Expected, found))
	}
	var ids []string
	for i := range page.Items {
		ids = append(ids, page.Items[i].ID)
	}
	return ids, nil
}

func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var out []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (s *server) bulkOne(ctx context.Context, id string, c gen.TriageChange) gen.BulkItem {
	d, err := s.Store.Detections.Update(ctx, id, triage(c, nil), s.actor(ctx))
	var bad *store.Invalid
	switch {
	case err == nil:
		return gen.BulkItem{Id: id, Result: gen.BulkItemResultChanged, Revision: d.Revision}
	case errors.Is(err, store.ErrNotFound):
		return gen.BulkItem{Id: id, Result: gen.BulkItemResultNotFound}
	case errors.Is(err, store.ErrConflict):
		return gen.BulkItem{Id: id, Result: gen.BulkItemResultConflict}
	case errors.As(err, &bad):
		return gen.BulkItem{Id: id, Result: gen.BulkItemResultInvalid, Detail: cut(bad.Error(), 512)}
	}
	s.Log.Error("bulk change failed", "id", callOf(ctx).id, "detection", id, "error", err)
	return gen.BulkItem{Id: id, Result: gen.BulkItemResultFailed, Detail: "the log has it under the request's id"}
}
