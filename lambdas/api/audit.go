package api

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ListAudit gives a page of the audit log.
func (s *server) ListAudit(ctx context.Context, q gen.ListAuditRequestObject) (gen.ListAuditResponseObject, error) {
	p := q.Params
	page, err := s.Store.Audit.Entries(ctx, store.AuditQuery{
		From: p.From, To: p.To, Actor: p.Actor, Action: p.Action, Target: p.Target, Limit: listQuery(p.Limit, "").Limit, Cursor: p.Cursor,
	})
	return gen.ListAudit200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}
