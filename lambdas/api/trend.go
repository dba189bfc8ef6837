package api

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// hourlySpan is how long a time may be for its trend to come by the hour.
const hourlySpan = 31 * 24 * time.Hour

// GetCoverageTrend gives how much was watched in time.
func (s *server) GetCoverageTrend(ctx context.Context, q gen.GetCoverageTrendRequestObject) (gen.GetCoverageTrendResponseObject, error) {
	p := q.Params
	if err := span(p.From, p.To, store.CoverageTrendFor); err != nil {
		return nil, err
	}
	w, err := shareOf(p)
	if err != nil {
		return nil, err
	}
	t := &trend{docs: store.CoverageTrends(s.Store.Documents), from: p.From.UTC(), to: p.To.UTC(), hourly: p.To.Sub(p.From) <= hourlySpan}
	if err := t.clamp(ctx, s.Now()); err != nil {
		return nil, err
	}
	out := gen.GetCoverageTrend200JSONResponse{Items: []gen.CoveragePoint{}, Step: gen.CoverageHistoryStepDay, Complete: true}
	if t.hourly {
		out.Step = gen.CoverageHistoryStepHour
	}
	untold := 0
	for day := t.from.Truncate(24 * time.Hour); day.Before(t.to); day = day.Add(24 * time.Hour) {
		list, err := t.of(ctx, day)
		if err != nil {
			return nil, err
		}
		for i := range list {
			one, told := w.find(&list[i])
			if one != nil {
				out.Items = append(out.Items, gen.CoveragePoint{At: list[i].At, Share: *one})
			} else if !told {
				untold++
			}
		}
	}
	if untold > 0 {
		out.Complete, out.Why = false, fmt.Sprintf("%s was not among the largest of %d counts, and may have had interfaces then", w.key, untold)
	}
	return out, nil
}

// wanted says which share of a trend is asked for.
type wanted struct {
	key    string
	shares func(t *store.CoverageTrend) ([]store.CoverageShare, store.CoverageRest) // nil: the total
}

func shareOf(p gen.GetCoverageTrendParams) (w wanted, err error) {
	given := 0
	for _, k := range []struct {
		key    string
		shares func(t *store.CoverageTrend) ([]store.CoverageShare, store.CoverageRest)
	}{
		{p.Vpc, func(t *store.CoverageTrend) ([]store.CoverageShare, store.CoverageRest) { return t.VPCs, t.Rest.VPCs }},
		{p.Account, func(t *store.CoverageTrend) ([]store.CoverageShare, store.CoverageRest) {
			return t.Accounts, t.Rest.Accounts
		}},
		{p.Tag, func(t *store.CoverageTrend) ([]store.CoverageShare, store.CoverageRest) { return t.Tags, t.Rest.Tags }},
	} {
		if k.key != "" {
			given++
			w = wanted{k.key, k.shares}
		}
	}
	if given > 1 {
		return w, invalidField("vpc", p.Vpc, "right: give at most one of vpc, account and tag")
	}
	return w, nil
}

// find gives the share. Where it gives none, told says whether that means that there were no interfaces.
func (w *wanted) find(t *store.CoverageTrend) (one *store.CoverageShare, told bool) {
	if w.shares == nil {
		return &t.Total, true
	}
	list, rest := w.shares(t)
	for i := range list {
		if list[i].Key == w.key {
			return &list[i], true
		}
	}
	return nil, rest.Shares == 0
}

// trend reads what was counted in a time.
type trend struct {
	docs     store.Collection[store.CoverageTrend]
	from, to time.Time
	hourly   bool
}

// clamp leaves out the time before the first count that is kept and after now, so that asking for a year of nothing costs nothing.
func (t *trend) clamp(ctx context.Context, now time.Time) error {
	first, _, err := t.docs.List(ctx, store.ListQuery{Limit: 1})
	if err != nil {
		return fmt.Errorf("read coverage trend: %w", err)
	}
	if len(first) == 0 {
		t.to = t.from
		return nil
	}
	if begin := first[0].Value.At.Truncate(time.Hour); t.from.Before(begin) {
		t.from = begin
	}
	if end := now.UTC().Add(time.Hour); t.to.After(end) {
		t.to = end
	}
	return nil
}

// of gives the counts of a day, or only its last. The ids of a day begin with it, and a last one is looked for from the end: most days
// have one of their last hour.
func (t *trend) of(ctx context.Context, day time.Time) ([]store.CoverageTrend, error) {
	parts := []string{"T23", "T2", "T1", "T0"}
	if t.hourly {
		parts = []string{"T"}
	}
	for _, part := range parts {
		items, _, err := t.docs.List(ctx, store.ListQuery{Prefix: day.Format(time.DateOnly) + part, Limit: 24})
		if err != nil {
			return nil, fmt.Errorf("read coverage trend: %w", err)
		}
		var list []store.CoverageTrend
		for _, i := range items {
			if !i.Value.At.Before(t.from) && i.Value.At.Before(t.to) {
				list = append(list, i.Value)
			}
		}
		switch {
		case t.hourly:
			return list, nil
		case len(list) > 0:
			return list[len(list)-1:], nil
		}
	}
	return nil, nil
}
