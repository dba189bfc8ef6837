package api

import (
	"context"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tuning"
)

// ListTuningRules gives a page of rules.
func (s *server) ListTuningRules(ctx context.Context, q gen.ListTuningRulesRequestObject) (gen.ListTuningRulesResponseObject, error) {
	items, page, err := s.rules.List(ctx, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListTuningRules200JSONResponse{Items: []gen.TuningRuleItem{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, i := range items {
		out.Items = append(out.Items, s.ruleItem(i))
	}
	return out, nil
}

func listQuery(limit int, cursor string) store.ListQuery {
	if limit == 0 {
		limit = defaultLimit
	}
	return store.ListQuery{Limit: limit, Cursor: cursor}
}

func (s *server) ruleItem(i store.Item[store.TuningRule]) gen.TuningRuleItem {
	return gen.TuningRuleItem{Id: i.ID, Revision: i.Revision, Created: i.Created, Modified: i.Modified, Active: i.Value.Active(s.Now()), Rule: i.Value}
}

// CreateTuningRule makes a rule, and hides what it means.
func (s *server) CreateTuningRule(ctx context.Context, q gen.CreateTuningRuleRequestObject) (gen.CreateTuningRuleResponseObject, error) {
	item, err := s.makeRule(ctx, *q.Body)
	if err != nil {
		return nil, err
	}
	head := gen.CreateTuningRule201ResponseHeaders{ETag: etag(item.Revision), Location: "/v1/tuning/rules/" + item.Id}
	return gen.CreateTuningRule201JSONResponse{Body: item, Headers: head}, nil
}

func (s *server) makeRule(ctx context.Context, rule store.TuningRule) (gen.TuningRuleItem, error) {
	if err := s.checkRule(&rule); err != nil {
		return gen.TuningRuleItem{}, err
	}
	rule.CreatedBy = who(ctx).Name
	i := store.Item[store.TuningRule]{ID: newDocumentID(), Value: rule}
	i, err := s.rules.Put(ctx, i, store.New, s.entry(ctx, "tuning_rule.create", i.ID, nil, rule))
	if err != nil {
		return gen.TuningRuleItem{}, err
	}
	return s.applied(ctx, i)
}

// checkRule refuses a rule that would hide everything, or that hides nothing any more.
func (s *server) checkRule(r *store.TuningRule) error {
	r.Match.Hidden = store.HiddenExclude
	if err := r.Match.Validate(); err != nil {
		return err
	}
	if isEverything(r.Match) {
		return invalidField("match", "{}", "a filter with at least one member: an empty one would hide every detection")
	}
	if r.Expires != nil && r.Enabled && !s.Now().Before(*r.Expires) {
		return invalidField("expires", r.Expires.Format(time.RFC3339), "in the future")
	}
	return nil
}

// isEverything says whether a filter leaves nothing out.
func isEverything(f store.DetectionFilter) bool {
	f.Hidden = store.HiddenExclude
	b := encode(f)
	return string(b) == "{}"
}

// applied applies the rules to what is stored and says what that changed.
func (s *server) applied(ctx context.Context, i store.Item[store.TuningRule]) (gen.TuningRuleItem, error) {
	item := s.ruleItem(i)
	a, err := s.reapply(ctx)
	item.Applied = a
	return item, err
}

func (s *server) reapply(ctx context.Context) (*gen.Applied, error) {
	r, err := tuning.Reapply(ctx, tuning.Options{Documents: s.Store.Documents, Detections: s.Store.Detections, Now: s.Now})
	if err != nil {
		return nil, err
	}
	return &gen.Applied{Hidden: r.Hidden, Shown: r.Shown, Complete: r.Complete, Why: r.Why}, nil
}

// GetTuningRule gives one.
func (s *server) GetTuningRule(ctx context.Context, q gen.GetTuningRuleRequestObject) (gen.GetTuningRuleResponseObject, error) {
	i, err := s.rules.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetTuningRule200JSONResponse{Body: s.ruleItem(i), Headers: gen.GetTuningRule200ResponseHeaders{ETag: etag(i.Revision)}}, nil
}

// PutTuningRule changes one.
func (s *server) PutTuningRule(ctx context.Context, q gen.PutTuningRuleRequestObject) (gen.PutTuningRuleResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	if err := s.checkRule(q.Body); err != nil {
		return nil, err
	}
	i, err := s.rules.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	before := i.Value
	i.Value = *q.Body
	i.Value.CreatedBy = before.CreatedBy
	i, err = s.rules.Put(ctx, i, condition(want), s.entry(ctx, "tuning_rule.update", i.ID, before, i.Value))
	if err != nil {
		return nil, err
	}
	item, err := s.applied(ctx, i)
	return gen.PutTuningRule200JSONResponse{Body: item, Headers: gen.PutTuningRule200ResponseHeaders{ETag: etag(i.Revision)}}, err
}

// DeleteTuningRule deletes one, and shows what it hid.
func (s *server) DeleteTuningRule(ctx context.Context, q gen.DeleteTuningRuleRequestObject) (gen.DeleteTuningRuleResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	i, err := s.rules.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	if err := s.rules.Delete(ctx, i.ID, condition(want), s.entry(ctx, "tuning_rule.delete", i.ID, i.Value, nil)); err != nil {
		return nil, err
	}
	a, err := s.reapply(ctx)
	if err != nil {
		return nil, err
	}
	return gen.DeleteTuningRule200JSONResponse(*a), nil
}

// previewed is how many detections a preview shows.
const previewed = 50

// PreviewTuningRule says what a rule would hide that is not hidden yet.
func (s *server) PreviewTuningRule(ctx context.Context, q gen.PreviewTuningRuleRequestObject) (gen.PreviewTuningRuleResponseObject, error) {
	f := q.Body.Match
	f.Hidden = store.HiddenExclude
	query := store.DetectionQuery{Filter: f, Limit: previewed, Count: true}
	if err := query.Validate(); err != nil {
		return nil, err
	}
	page, err := s.Store.Detections.Search(ctx, query)
	if err != nil {
		return nil, err
	}
	groups, err := s.Store.Detections.Groups(ctx, f, store.GroupQuery{By: store.GroupType})
	if err != nil {
		return nil, err
	}
	out := gen.PreviewTuningRule200JSONResponse{Items: list(page.Items), ByType: list(groups.Items), Complete: page.Complete && groups.Complete, Why: page.Why}
	if out.Why == "" {
		out.Why = groups.Why
	}
	out.Total = max(page.Total, 0)
	if page.Total < 0 {
		for _, g := range groups.Items {
			out.Total += g.Count
		}
	}
	return out, nil
}
