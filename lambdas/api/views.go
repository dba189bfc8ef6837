package api

import (
	"context"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxViews is how many views there may be of one owner, so that nobody fills the store with them.
const maxViews = 200

// ListViews gives the views that the caller may see. A page may have fewer than were asked for: others' are left out of it.
func (s *server) ListViews(ctx context.Context, q gen.ListViewsRequestObject) (gen.ListViewsResponseObject, error) {
	items, page, err := s.views.List(ctx, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListViews200JSONResponse{Items: []gen.ViewItem{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, i := range items {
		if sees(who(ctx), i.Value) {
			out.Items = append(out.Items, viewItem(i))
		}
	}
	return out, nil
}

func sees(p signin.Principal, v store.View) bool { return v.Shared || owns(p, v) }

// owns says whether somebody may change a view.
func owns(p signin.Principal, v store.View) bool { return v.Owner == p.Name || p.May(store.RoleAdmin) }

func viewItem(i store.Item[store.View]) gen.ViewItem {
	return gen.ViewItem{Id: i.ID, Revision: i.Revision, Created: i.Created, Modified: i.Modified, View: i.Value}
}

// CreateView saves a view.
func (s *server) CreateView(ctx context.Context, q gen.CreateViewRequestObject) (gen.CreateViewResponseObject, error) {
	owner := who(ctx).Name
	v, err := newView(*q.Body, owner)
	if err != nil {
		return nil, err
	}
	all, err := s.views.All(ctx)
	if err != nil {
		return nil, err
	}
	own := 0
	for _, i := range all {
		if i.Value.Owner == owner {
			own++
		}
	}
	if own >= maxViews {
		return nil, invalidField("name", v.Name, fmt.Sprintf("possible: %s has %d views, as many as may be; delete some first", owner, own))
	}
	i := store.Item[store.View]{ID: newDocumentID(), Value: v}
	if i, err = s.views.Put(ctx, i, store.New, s.entry(ctx, "view.create", i.ID, nil, v)); err != nil {
		return nil, err
	}
	head := gen.CreateView201ResponseHeaders{ETag: etag(i.Revision), Location: "/v1/views/" + i.ID}
	return gen.CreateView201JSONResponse{Body: viewItem(i), Headers: head}, nil
}

func newView(in gen.NewView, owner string) (store.View, error) {
	return store.View{Name: in.Name, Filter: in.Filter, Sort: in.Sort, Group: in.Group, Last: in.Last, Shared: in.Shared, Owner: owner}, in.Filter.Validate()
}

// view gives one that the caller may see; what they may not see is not there.
func (s *server) view(ctx context.Context, id string) (store.Item[store.View], error) {
	i, err := s.views.Get(ctx, id)
	if err == nil && !sees(who(ctx), i.Value) {
		err = fmt.Errorf("view %s: %w", id, store.ErrNotFound)
	}
	return i, err
}

// ownView gives one that the caller may change.
func (s *server) ownView(ctx context.Context, id string) (store.Item[store.View], error) {
	i, err := s.view(ctx, id)
	if err == nil && !owns(who(ctx), i.Value) {
		err = fmt.Errorf("%w: the view is %s's", signin.ErrForbidden, i.Value.Owner)
	}
	return i, err
}

// GetView gives one.
func (s *server) GetView(ctx context.Context, q gen.GetViewRequestObject) (gen.GetViewResponseObject, error) {
	i, err := s.view(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetView200JSONResponse{Body: viewItem(i), Headers: gen.GetView200ResponseHeaders{ETag: etag(i.Revision)}}, nil
}

// PutView changes one.
func (s *server) PutView(ctx context.Context, q gen.PutViewRequestObject) (gen.PutViewResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	i, err := s.ownView(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	before := i.Value
	if i.Value, err = newView(*q.Body, before.Owner); err != nil {
		return nil, err
	}
	i, err = s.views.Put(ctx, i, condition(want), s.entry(ctx, "view.update", i.ID, before, i.Value))
	return gen.PutView200JSONResponse{Body: viewItem(i), Headers: gen.PutView200ResponseHeaders{ETag: etag(i.Revision)}}, err
}

// DeleteView deletes one.
func (s *server) DeleteView(ctx context.Context, q gen.DeleteViewRequestObject) (gen.DeleteViewResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	i, err := s.ownView(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.DeleteView204Response{}, s.views.Delete(ctx, i.ID, condition(want), s.entry(ctx, "view.delete", i.ID, i.Value, nil))
}
