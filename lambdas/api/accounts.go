package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func user(i store.Item[store.User]) gen.User {
	u := i.Value
	return gen.User{
		Name: u.Name, FullName: u.FullName, Role: u.Role, Packets: u.Packets, Disabled: u.Disabled, MustChange: u.MustChange,
		PasswordChanged: u.Changed, Failures: u.Failures, LockedUntil: u.LockedUntil, LastLogin: u.LastLogin, Revision: i.Revision,
	}
}

// ListUsers gives a page of users.
func (s *server) ListUsers(ctx context.Context, q gen.ListUsersRequestObject) (gen.ListUsersResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	items, page, err := s.Accounts.Users(ctx, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListUsers200JSONResponse{Items: []gen.User{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, i := range items {
		out.Items = append(out.Items, user(i))
	}
	return out, nil
}

// CreateUser makes a user.
func (s *server) CreateUser(ctx context.Context, q gen.CreateUserRequestObject) (gen.CreateUserResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	b := q.Body
	password, made, err := s.Accounts.CreateUser(ctx, signin.NewUser{
		Name: b.Name, FullName: b.FullName, Role: b.Role, Packets: b.Packets, Password: b.Password,
	}, s.actor(ctx))
	if err != nil {
		return nil, err
	}
	head := gen.CreateUser201ResponseHeaders{ETag: etag(made.Revision), Location: "/v1/users/" + url.PathEscape(made.Value.Name)}
	return gen.CreateUser201JSONResponse{Body: gen.CreatedUser{Password: password, User: user(made)}, Headers: head}, nil
}

// GetUser gives one.
func (s *server) GetUser(ctx context.Context, q gen.GetUserRequestObject) (gen.GetUserResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	i, err := s.Accounts.User(ctx, q.Name)
	if err != nil {
		return nil, err
	}
	return gen.GetUser200JSONResponse{Body: user(i), Headers: gen.GetUser200ResponseHeaders{ETag: etag(i.Revision)}}, nil
}

// UpdateUser changes one.
func (s *server) UpdateUser(ctx context.Context, q gen.UpdateUserRequestObject) (gen.UpdateUserResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	b := q.Body
	want, err := expected(q.Params.IfMatch, b.Revision)
	if err != nil {
		return nil, err
	}
	c := signin.UserChange{FullName: b.FullName, Role: b.Role, Packets: b.Packets, Disabled: b.Disabled}
	i, err := s.Accounts.UpdateUser(ctx, q.Name, c, pointer(want), s.actor(ctx))
	if err != nil {
		return nil, lastAdmin(err)
	}
	return gen.UpdateUser200JSONResponse{Body: user(i), Headers: gen.UpdateUser200ResponseHeaders{ETag: etag(i.Revision)}}, nil
}

// lastAdmin makes a conflict of what is no question of the caller's rights: some administrator must stay.
func lastAdmin(err error) error {
	if errors.Is(err, signin.ErrLastAdmin) {
		return problem(http.StatusConflict, "last-admin", "Some administrator must stay", err.Error())
	}
	return err
}

// DeleteUser deletes one.
func (s *server) DeleteUser(ctx context.Context, q gen.DeleteUserRequestObject) (gen.DeleteUserResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	want, err := expected(q.Params.IfMatch, nil)
	if err != nil {
		return nil, err
	}
	return gen.DeleteUser204Response{}, lastAdmin(s.Accounts.DeleteUser(ctx, q.Name, pointer(want), s.actor(ctx)))
}

// SetUserPassword gives one a first password that is chosen.
func (s *server) SetUserPassword(ctx context.Context, q gen.SetUserPasswordRequestObject) (gen.SetUserPasswordResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	return gen.SetUserPassword204Response{}, s.Accounts.SetPassword(ctx, q.Name, q.Body.Password, s.actor(ctx))
}

// ResetUserPassword gives one a first password that is made up.
func (s *server) ResetUserPassword(ctx context.Context, q gen.ResetUserPasswordRequestObject) (gen.ResetUserPasswordResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	password, err := s.Accounts.ResetPassword(ctx, q.Name, s.actor(ctx))
	return gen.ResetUserPassword200JSONResponse{Password: password}, err
}

// ListUserSessions gives a user's sessions.
func (s *server) ListUserSessions(ctx context.Context, q gen.ListUserSessionsRequestObject) (gen.ListUserSessionsResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	if _, err := s.Accounts.User(ctx, q.Name); err != nil {
		return nil, err
	}
	l, err := s.sessions(ctx, q.Name)
	return gen.ListUserSessions200JSONResponse(l), err
}

// RevokeUserSessions ends all of a user's sessions.
func (s *server) RevokeUserSessions(ctx context.Context, q gen.RevokeUserSessionsRequestObject) (gen.RevokeUserSessionsResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	if _, err := s.Accounts.User(ctx, q.Name); err != nil {
		return nil, err
	}
	_, err := s.Accounts.RevokeSessions(ctx, q.Name, s.actor(ctx))
	return gen.RevokeUserSessions204Response{}, err
}

func apiKey(i store.Item[store.APIKey]) gen.APIKey {
	k := i.Value
	return gen.APIKey{
		Id: i.ID, Name: k.Name, Role: k.Role, Packets: k.Packets, Owner: k.Owner, Created: i.Created, LastUsed: k.LastUsed, ExpiresAt: k.ExpiresAt,
	}
}

// ListAPIKeys gives a page of keys, without their secrets.
func (s *server) ListAPIKeys(ctx context.Context, q gen.ListAPIKeysRequestObject) (gen.ListAPIKeysResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	items, page, err := s.Accounts.Keys(ctx, listQuery(q.Params.Limit, q.Params.Cursor))
	if err != nil {
		return nil, err
	}
	out := gen.ListAPIKeys200JSONResponse{Items: []gen.APIKey{}, Complete: page.Complete, Why: page.Why, Next: page.Next}
	for _, i := range items {
		out.Items = append(out.Items, apiKey(i))
	}
	return out, nil
}

// CreateAPIKey makes a key, and shows it this once.
func (s *server) CreateAPIKey(ctx context.Context, q gen.CreateAPIKeyRequestObject) (gen.CreateAPIKeyResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	b := q.Body
	owner := b.Owner
	if owner == "" {
		owner = who(ctx).Name
	}
	text, made, err := s.Accounts.CreateKey(ctx, signin.KeyRequest{Name: b.Name, Owner: owner, Role: b.Role, Packets: b.Packets, ExpiresAt: b.ExpiresAt}, s.actor(ctx))
	if err != nil {
		return nil, err
	}
	head := gen.CreateAPIKey201ResponseHeaders{Location: "/v1/api-keys/" + url.PathEscape(made.ID)}
	return gen.CreateAPIKey201JSONResponse{Body: gen.CreatedAPIKey{Key: text, Item: apiKey(made)}, Headers: head}, nil
}

// RevokeAPIKey revokes a key.
func (s *server) RevokeAPIKey(ctx context.Context, q gen.RevokeAPIKeyRequestObject) (gen.RevokeAPIKeyResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	return gen.RevokeAPIKey204Response{}, s.Accounts.RevokeKey(ctx, q.Id, s.actor(ctx))
}
