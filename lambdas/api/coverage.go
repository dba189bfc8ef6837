package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxInterfaces is how many interfaces a summary counts, and maxShares how many VPCs or accounts it tells apart.
const (
	maxInterfaces = 100_000
	maxShares     = 1000
)

// ListCoverage gives a page of interfaces.
func (s *server) ListCoverage(ctx context.Context, q gen.ListCoverageRequestObject) (gen.ListCoverageResponseObject, error) {
	p := q.Params
	page, err := s.Store.Mirror.Coverage(ctx, store.CoverageQuery{
		States: p.State, Account: p.Account, Region: p.Region, VPC: p.Vpc, Limit: cmp.Or(p.Limit, defaultLimit), Cursor: p.Cursor,
	})
	return gen.ListCoverage200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}

// GetCoverageSummary counts interfaces by VPC and account.
func (s *server) GetCoverageSummary(ctx context.Context, _ gen.GetCoverageSummaryRequestObject) (gen.GetCoverageSummaryResponseObject, error) {
	out := gen.GetCoverageSummary200JSONResponse{Complete: true}
	all := shares{}
	vpcs, accounts := shares{}, shares{}
	seen := 0
	for q := (store.CoverageQuery{Limit: store.MaxPage}); ; {
		page, err := s.Store.Mirror.Coverage(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			c := &page.Items[i]
			all.add("", "", c.State)
			vpcs.add(c.VPC, c.Account, c.State)
			accounts.add(c.Account, "", c.State)
		}
		if !page.Complete {
			out.Complete, out.Why = false, page.Why
		}
		seen += len(page.Items)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
		if seen >= maxInterfaces {
			out.Complete, out.Why = false, fmt.Sprintf("only the first %d interfaces are counted", seen)
			break
		}
	}
	out.Total = all.get("", "")
	out.Vpcs, out.Accounts = vpcs.sorted(), accounts.sorted()
	if len(vpcs) > maxShares || len(accounts) > maxShares {
		out.Complete, out.Why = false, fmt.Sprintf("of %d VPCs and %d accounts %d are told apart", len(vpcs), len(accounts), maxShares)
	}
	return out, nil
}

// shares counts states by VPC or account.
type shares map[string]*gen.CoverageShare

func (s shares) add(key, account string, state events.CoverageState) {
	one := s[key]
	if one == nil {
		one = &gen.CoverageShare{Key: key, Account: account, States: map[string]int{}}
		s[key] = one
	}
	one.Interfaces++
	one.States[string(state)]++
	if state != events.CoverageExcluded && state != events.CoverageStopped {
		one.Wanted++
	}
	if state == events.CoverageMirrored {
		one.Mirrored++
	}
}

func (s shares) get(key, account string) gen.CoverageShare {
	one := gen.CoverageShare{Key: key, Account: account, States: map[string]int{}}
	if have := s[key]; have != nil {
		one = *have
	}
	one.Percent = 100
	if one.Wanted > 0 {
		one.Percent = math.Round(1000*float64(one.Mirrored)/float64(one.Wanted)) / 10
	}
	return one
}

// sorted gives the worst first.
func (s shares) sorted() []gen.CoverageShare {
	out := []gen.CoverageShare{}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		out = append(out, s.get(key, ""))
	}
	slices.SortStableFunc(out, func(a, b gen.CoverageShare) int { return cmp.Compare(a.Percent, b.Percent) })
	return out[:min(len(out), maxShares)]
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
