package api

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxInterfaces is how many interfaces a summary counts.
const maxInterfaces = 100_000

// ListCoverage gives a page of interfaces.
func (s *server) ListCoverage(ctx context.Context, q gen.ListCoverageRequestObject) (gen.ListCoverageResponseObject, error) {
	p := q.Params
	page, err := s.Store.Mirror.Coverage(ctx, store.CoverageQuery{
		States: p.State, Account: p.Account, Region: p.Region, VPC: p.Vpc, Limit: cmp.Or(p.Limit, defaultLimit), Cursor: p.Cursor,
	})
	return gen.ListCoverage200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}

// GetCoverageSummary counts interfaces by VPC, account and tag.
func (s *server) GetCoverageSummary(ctx context.Context, _ gen.GetCoverageSummaryRequestObject) (gen.GetCoverageSummaryResponseObject, error) {
	tags, err := store.ParameterValues(ctx, s.Store.Documents, store.CoverageTags)
	if err != nil {
		return nil, err
	}
	out := gen.GetCoverageSummary200JSONResponse{Complete: true}
	count, seen := store.NewCoverageCount(tags), 0
	for q := (store.CoverageQuery{Limit: store.MaxPage}); ; {
		page, err := s.Store.Mirror.Coverage(ctx, q)
		if err != nil {
			return nil, err
		}
		count.Add(page.Items...)
		seen += len(page.Items)
		if q.Cursor = page.Next; q.Cursor == "" {
			if !page.Complete {
				out.Complete, out.Why = false, page.Why
			}
			break
		}
		if seen >= maxInterfaces {
			out.Complete, out.Why = false, fmt.Sprintf("only the first %d interfaces are counted", seen)
			break
		}
	}
	t := count.Trend(s.Now())
	out.Total, out.Vpcs, out.Accounts, out.Tags, out.Rest = t.Total, t.VPCs, t.Accounts, t.Tags, t.Rest
	if r := t.Rest; out.Complete && r != (store.CoverageRests{}) {
		out.Complete, out.Why = false, fmt.Sprintf("%d VPCs, %d accounts and %d values of tags, those with the fewest interfaces, are not told apart",
			r.VPCs.Shares, r.Accounts.Shares, r.Tags.Shares)
	}
	return out, nil
}

// maxBindings is how many bindings an answer has.
const maxBindings = 1000

// ListBindings gives who filled a network identifier when.
func (s *server) ListBindings(ctx context.Context, q gen.ListBindingsRequestObject) (gen.ListBindingsResponseObject, error) {
	p := q.Params
	if (p.Vni != 0) == (p.Interface != "") {
		return nil, invalidField("vni", fmt.Sprint(p.Vni), "right: give either vni or interface")
	}
	if p.At != nil {
		if p.Vni == 0 {
			return nil, invalidField("at", p.At.String(), "possible without vni")
		}
		b, err := s.Store.Mirror.BoundAt(ctx, p.Vni, *p.At)
		if err != nil {
			return nil, err
		}
		return gen.ListBindings200JSONResponse{Items: []events.Binding{b}, Complete: true}, nil
	}
	all, err := s.Store.Mirror.Bindings(ctx, p.Vni, p.Interface)
	if err != nil {
		return nil, err
	}
	out := gen.ListBindings200JSONResponse{Items: list(all[:min(len(all), maxBindings)]), Complete: len(all) <= maxBindings}
	if !out.Complete {
		out.Why = fmt.Sprintf("the newest %d of %d", maxBindings, len(all))
	}
	return out, nil
}

// ListObservationPoints gives a page of what sensors have heard under each network identifier.
func (s *server) ListObservationPoints(ctx context.Context, q gen.ListObservationPointsRequestObject) (gen.ListObservationPointsResponseObject, error) {
	page, err := s.Store.Mirror.Heard(ctx, store.ListQuery{Limit: cmp.Or(q.Params.Limit, defaultLimit), Cursor: q.Params.Cursor})
	return gen.ListObservationPoints200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}
