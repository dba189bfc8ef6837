package api

import (
	"context"
	"net/http"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// errNoAccounts is the answer where an identity provider keeps users and sessions.
func errNoAccounts() error {
	return notKept("Users, sessions and keys", "an identity provider keeps them")
}

// signedIn is an answer that sets a cookie: the generated code has none for that.
type signedIn struct {
	me     gen.Me
	cookie *http.Cookie
}

// VisitCreateSessionResponse writes it.
func (r signedIn) VisitCreateSessionResponse(w http.ResponseWriter) error {
	http.SetCookie(w, r.cookie)
	return gen.CreateSession200JSONResponse(r.me).VisitCreateSessionResponse(w)
}

// VisitChangePasswordResponse writes it.
func (r signedIn) VisitChangePasswordResponse(w http.ResponseWriter) error {
	return r.VisitCreateSessionResponse(w)
}

// VisitDeleteSessionResponse writes it: the cookie is one that clears.
func (r signedIn) VisitDeleteSessionResponse(w http.ResponseWriter) error {
	http.SetCookie(w, r.cookie)
	return gen.DeleteSession204Response{}.VisitDeleteSessionResponse(w)
}

func (s *server) me(p signin.Principal) gen.Me {
	return gen.Me{
		Name: p.Name, Kind: gen.MeKind(p.Kind), Role: p.Role, Packets: p.Packets, MustChange: p.MustChange, CsrfToken: p.CSRF,
		Rights: list(s.table.rights(p)),
	}
}

// GetSignIn says how people sign in. A stranger must know, and learns nothing that the provider's own pages do not show.
func (s *server) GetSignIn(context.Context, gen.GetSignInRequestObject) (gen.GetSignInResponseObject, error) {
	p := s.SignIn
	if p == nil {
		return gen.GetSignIn200JSONResponse{Kind: gen.SignInKindLocal}, nil
	}
	return gen.GetSignIn200JSONResponse{Kind: gen.SignInKindCognito, Domain: p.Domain, ClientId: p.Client, Scopes: p.Scopes}, nil
}

// CreateSession signs in.
func (s *server) CreateSession(ctx context.Context, q gen.CreateSessionRequestObject) (gen.CreateSessionResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	cookie, p, err := s.Accounts.Login(ctx, signin.LoginRequest{
		Name: q.Body.Name, Password: q.Body.Password, Address: s.address(ctx), Agent: callOf(ctx).request.UserAgent(),
	})
	if err != nil {
		return nil, err
	}
	return signedIn{s.me(p), cookie}, nil
}

// DeleteSession signs out.
func (s *server) DeleteSession(ctx context.Context, _ gen.DeleteSessionRequestObject) (gen.DeleteSessionResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	cookie, err := s.Accounts.Logout(ctx, who(ctx), s.address(ctx))
	if err != nil {
		return nil, err
	}
	return signedIn{cookie: cookie}, nil
}

// GetMe says who asks.
func (s *server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	return gen.GetMe200JSONResponse(s.me(who(ctx))), nil
}

// ChangePassword changes the caller's own.
func (s *server) ChangePassword(ctx context.Context, q gen.ChangePasswordRequestObject) (gen.ChangePasswordResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	cookie, p, err := s.Accounts.ChangePassword(ctx, signin.PasswordChange{
		Principal: who(ctx), Old: q.Body.Current, New: q.Body.New, Address: s.address(ctx), Agent: callOf(ctx).request.UserAgent(),
	})
	if err != nil {
		return nil, err
	}
	return signedIn{s.me(p), cookie}, nil
}

// ListMySessions gives the caller's own sessions.
func (s *server) ListMySessions(ctx context.Context, _ gen.ListMySessionsRequestObject) (gen.ListMySessionsResponseObject, error) {
	l, err := s.sessions(ctx, who(ctx).Name)
	return gen.ListMySessions200JSONResponse(l), err
}

func (s *server) sessions(ctx context.Context, user string) (gen.SessionList, error) {
	out := gen.SessionList{Items: []gen.Session{}, Complete: true}
	if s.Accounts == nil {
		return out, errNoAccounts()
	}
	all, err := s.Accounts.Sessions(ctx, user)
	for _, i := range all[:min(len(all), store.MaxPage)] {
		out.Items = append(out.Items, gen.Session{
			Id: i.ID, Created: i.Value.Created, Seen: i.Value.Seen, Expires: timeOrNil(i.Expires), Address: i.Value.Address, Agent: i.Value.Agent,
			Current: i.ID == who(ctx).Session,
		})
	}
	if out.Complete = len(all) <= store.MaxPage; !out.Complete {
		out.Why = "the newest of them"
	}
	return out, err
}

// RevokeMySession ends one of the caller's own.
func (s *server) RevokeMySession(ctx context.Context, q gen.RevokeMySessionRequestObject) (gen.RevokeMySessionResponseObject, error) {
	if s.Accounts == nil {
		return nil, errNoAccounts()
	}
	own, err := s.Accounts.Sessions(ctx, who(ctx).Name)
	if err != nil {
		return nil, err
	}
	for _, i := range own {
		if i.ID == q.Id {
			return gen.RevokeMySession204Response{}, s.Accounts.RevokeSession(ctx, q.Id, s.actor(ctx))
		}
	}
	return nil, store.ErrNotFound
}
