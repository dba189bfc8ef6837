package api

import (
	"context"
	"errors"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ListNotificationRules gives a page of rules, without their secrets.
func (s *server) ListNotificationRules(ctx context.Context, q gen.ListNotificationRulesRequestObject) (gen.ListNotificationRulesResponseObject, error) {
	items, page, err := s.notifications.List(ctx, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListNotificationRules200JSONResponse{Items: []gen.NotificationRuleItem{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, i := range items {
		out.Items = append(out.Items, notificationItem(i))
	}
	return out, nil
}

func notificationItem(i store.Item[store.NotificationRule]) gen.NotificationRuleItem {
	return gen.NotificationRuleItem{
		Id: i.ID, Revision: i.Revision, Created: i.Created, Modified: i.Modified, Rule: redacted(i.Value), HasSecret: i.Value.Channel.Secret != "",
	}
}

// redacted is a rule as it may be read: no secret, and of headers only the names. A webhook's address may be a secret too, but who
// may read rules must be able to tell them apart.
func redacted(r store.NotificationRule) store.NotificationRule {
	r.Channel.Secret = ""
	if r.Channel.Headers != nil {
		names := make(map[string]string, len(r.Channel.Headers))
		for name := range r.Channel.Headers {
			names[name] = ""
		}
		r.Channel.Headers = names
	}
	return r
}

// CreateNotificationRule makes a rule.
func (s *server) CreateNotificationRule(ctx context.Context, q gen.CreateNotificationRuleRequestObject) (gen.CreateNotificationRuleResponseObject, error) {
	r := *q.Body
	if err := notify.Check(r); err != nil {
		return nil, err
	}
	r.CreatedBy = who(ctx).Name
	i := store.Item[store.NotificationRule]{ID: newDocumentID(), Value: r}
	i, err := s.notifications.Put(ctx, i, store.New, s.entry(ctx, "notification_rule.create", i.ID, nil, redacted(r)))
	if err != nil {
		return nil, err
	}
	head := gen.CreateNotificationRule201ResponseHeaders{ETag: etag(i.Revision), Location: "/v1/notifications/rules/" + i.ID}
	return gen.CreateNotificationRule201JSONResponse{Body: notificationItem(i), Headers: head}, nil
}

// GetNotificationRule gives one.
func (s *server) GetNotificationRule(ctx context.Context, q gen.GetNotificationRuleRequestObject) (gen.GetNotificationRuleResponseObject, error) {
	i, err := s.notifications.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetNotificationRule200JSONResponse{Body: notificationItem(i), Headers: gen.GetNotificationRule200ResponseHeaders{ETag: etag(i.Revision)}}, nil
}

// PutNotificationRule changes one.
func (s *server) PutNotificationRule(ctx context.Context, q gen.PutNotificationRuleRequestObject) (gen.PutNotificationRuleResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	i, err := s.notifications.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	before, after := i.Value, *q.Body
	keepSecrets(&after.Channel, before.Channel)
	if err := notify.Check(after); err != nil {
		return nil, err
	}
	after.CreatedBy = before.CreatedBy
	i.Value = after
	i, err = s.notifications.Put(ctx, i, condition(want), s.entry(ctx, "notification_rule.update", i.ID, redacted(before), redacted(after)))
	return gen.PutNotificationRule200JSONResponse{Body: notificationItem(i), Headers: gen.PutNotificationRule200ResponseHeaders{ETag: etag(i.Revision)}}, err
}

// keepSecrets leaves secrets that were not sent again as they are. They stay with the address that they were given for: whoever could
// point a rule elsewhere and keep its secret could have it sent to themselves.
func keepSecrets(c *store.Channel, before store.Channel) {
	if c.Type != before.Type || c.URL != before.URL || c.Address != before.Address || c.Topic != before.Topic {
		return
	}
	if c.Secret == "" {
		c.Secret = before.Secret
	}
	for name, value := range c.Headers {
		if value == "" && before.Headers[name] != "" {
			c.Headers[name] = before.Headers[name]
		}
	}
}

// DeleteNotificationRule deletes one.
func (s *server) DeleteNotificationRule(ctx context.Context, q gen.DeleteNotificationRuleRequestObject) (gen.DeleteNotificationRuleResponseObject, error) {
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	i, err := s.notifications.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	e := s.entry(ctx, "notification_rule.delete", i.ID, redacted(i.Value), nil)
	return gen.DeleteNotificationRule204Response{}, s.notifications.Delete(ctx, i.ID, condition(want), e)
}

// TestNotificationRule sends a sample.
func (s *server) TestNotificationRule(ctx context.Context, q gen.TestNotificationRuleRequestObject) (gen.TestNotificationRuleResponseObject, error) {
	i, err := s.notifications.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	r, err := s.sent(ctx, "notification_rule.test", q.Id, func() error { return s.Notifier.Test(ctx, i.Value) })
	return gen.TestNotificationRule200JSONResponse(r), err
}

// sent sends and says how that went: that the far end refused is an answer, not a failure of ours.
func (s *server) sent(ctx context.Context, action, id string, send func() error) (gen.SendResult, error) {
	if s.Notifier == nil {
		return gen.SendResult{}, notKept("Notifications", "nothing can be sent from here")
	}
	err := send()
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return gen.SendResult{}, err
	}
	out := gen.SendResult{Ok: err == nil}
	if err != nil {
		out.Detail = cut(err.Error(), 512)
	}
	return out, s.log(ctx, action, id, out)
}

// ListDeadLetters gives notifications that could not be delivered.
func (s *server) ListDeadLetters(ctx context.Context, q gen.ListDeadLettersRequestObject) (gen.ListDeadLettersResponseObject, error) {
	page, err := s.Store.Documents.List(ctx, store.KindDeadLetter, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListDeadLetters200JSONResponse{Items: []gen.DeadLetter{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, d := range page.Items {
		out.Items = append(out.Items, gen.DeadLetter{Id: d.ID, Created: d.Created, Letter: d.Body})
	}
	return out, nil
}

// DeleteDeadLetter forgets one.
func (s *server) DeleteDeadLetter(ctx context.Context, q gen.DeleteDeadLetterRequestObject) (gen.DeleteDeadLetterResponseObject, error) {
	gone := store.Write{Kind: store.KindDeadLetter, ID: q.Id, If: store.Exists}
	_, err := s.Store.Documents.Write(ctx, []store.Write{gone}, s.entry(ctx, "dead_letter.delete", q.Id, nil, nil))
	return gen.DeleteDeadLetter204Response{}, err
}

// ResendDeadLetter puts one on its way again.
func (s *server) ResendDeadLetter(ctx context.Context, q gen.ResendDeadLetterRequestObject) (gen.ResendDeadLetterResponseObject, error) {
	r, err := s.sent(ctx, "dead_letter.resend", q.Id, func() error { return s.Notifier.Resend(ctx, q.Id) })
	return gen.ResendDeadLetter200JSONResponse(r), err
}
