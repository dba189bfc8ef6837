package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
)

// local is a world in which signin.Local says who asks, and the setup password of its first user.
func local(t *testing.T) (w *world, password string) {
	var l *signin.Local
	w = newWorld(t, func(o *Options) {
		var err error
		l, err = signin.New(signin.Options{
			Documents: o.Store.Documents, Audit: o.Store.Audit, Now: o.Now, Wait: func(context.Context, time.Duration) {},
			Password: signin.Argon2{Memory: 8 << 10, Time: 1, Threads: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		o.Authenticator, o.Accounts, o.Address = l, l, l.Address
	})
	w.local = l
	password, created, err := l.FirstRun(context.Background())
	if err != nil || !created {
		t.Fatal(err)
	}
	return w, password
}

func TestFirstSignInToSignOut(t *testing.T) {
	w, password := local(t)
	w.ask("", "GET", "/v1/me", nil).is(401)
	w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": "wrong wrong wrong"}).is(401)
	g := w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": password}).is(200)
	me := decode[gen.Me](g)
	cookie := g.header.Get("Set-Cookie")
	if !me.MustChange || me.CsrfToken == "" || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Fatalf("%+v, cookie %s", me, cookie)
	}
	session := strings.SplitN(cookie, ";", 2)[0]
	w.ask("", "GET", "/v1/detections", nil, "Cookie", session).is(403)
	change := map[string]any{"current": password, "new": "a quite long pass phrase"}
	w.ask("", "PUT", "/v1/me/password", change, "Cookie", session).is(403) // without the token
	w.ask("", "PUT", "/v1/me/password", map[string]any{"current": password, "new": "short"}, "Cookie", session, "X-CSRF-Token", me.CsrfToken).names("new", "(hidden)", "12 to 256")
	g = w.ask("", "PUT", "/v1/me/password", change, "Cookie", session, "X-CSRF-Token", me.CsrfToken).is(200)
	w.ask("", "GET", "/v1/me", nil, "Cookie", session).is(401)
	session = strings.SplitN(g.header.Get("Set-Cookie"), ";", 2)[0]
	me = decode[gen.Me](w.ask("", "GET", "/v1/me", nil, "Cookie", session).is(200))
	if me.MustChange || me.Role != "admin" || !me.Packets || me.Kind != "user" {
		t.Errorf("%+v", me)
	}
	w.ask("", "GET", "/v1/detections", nil, "Cookie", session).is(200)
	l := decode[gen.SessionList](w.ask("", "GET", "/v1/me/sessions", nil, "Cookie", session).is(200))
	if len(l.Items) != 1 || !l.Items[0].Current {
		t.Errorf("%+v", l)
	}
	g = w.ask("", "DELETE", "/v1/session", nil, "Cookie", session, "X-CSRF-Token", me.CsrfToken).is(204)
	if !strings.Contains(g.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("cookie %q", g.header.Get("Set-Cookie"))
	}
	w.ask("", "GET", "/v1/me", nil, "Cookie", session).is(401)
}

func TestLockedAndLimitedSayWhen(t *testing.T) {
	w, _ := local(t)
	for range 5 {
		w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": "wrong wrong wrong"}).is(401)
	}
	g := w.ask("", "POST", "/v1/session", map[string]any{"name": "admin", "password": "wrong wrong wrong"}).is(http.StatusTooManyRequests)
	if p := decode[gen.Problem](g); p.Type != "/problems/locked" || g.header.Get("Retry-After") != "30" {
		t.Errorf("%+v, Retry-After %q", p, g.header.Get("Retry-After"))
	}
	for range 20 {
		g = w.ask("", "POST", "/v1/session", map[string]any{"name": "nobody", "password": "wrong wrong wrong"})
	}
	if p := decode[gen.Problem](g.is(http.StatusTooManyRequests)); p.Type != "/problems/too-many" || g.header.Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
}

func TestUsersAndKeys(t *testing.T) {
	w := newWorld(t)
	if _, _, err := w.local.FirstRun(context.Background()); err != nil {
		t.Fatal(err)
	}
	g := w.ask("admin", "POST", "/v1/users", map[string]any{"name": "mona", "role": "analyst"}).is(201)
	made := decode[gen.CreatedUser](g)
	if made.Password == "" || !made.User.MustChange || g.header.Get("Location") != "/v1/users/mona" {
		t.Errorf("%+v", made)
	}
	w.ask("admin", "POST", "/v1/users", map[string]any{"name": "MONA", "role": "viewer"}).is(409)
	w.ask("admin", "POST", "/v1/users", map[string]any{"name": "system", "role": "viewer"}).names("name", "system", "not system")
	w.ask("admin", "POST", "/v1/users", map[string]any{"name": "x", "role": "root"}).names("role", "root", "viewer, analyst, admin")
	w.ask("admin", "POST", "/v1/users", map[string]any{"name": "lisa", "role": "viewer", "password": "password1234"}).names("password", "(hidden)", "")
	tag := g.header.Get("ETag")
	w.ask("admin", "PATCH", "/v1/users/mona", map[string]any{"packets": true}).is(428)
	u := decode[gen.User](w.ask("admin", "PATCH", "/v1/users/mona", map[string]any{"packets": true, "role": "viewer"}, "If-Match", tag).is(200))
	if !u.Packets || u.Role != "viewer" {
		t.Errorf("%+v", u)
	}
	w.ask("admin", "PATCH", "/v1/users/mona", map[string]any{"packets": false}, "If-Match", tag).is(412)
	if p := decode[gen.Problem](w.ask("admin", "PATCH", "/v1/users/admin", map[string]any{"disabled": true}, "If-Match", "*").is(409)); p.Type != "/problems/last-admin" {
		t.Errorf("%+v", p)
	}
	w.ask("admin", "DELETE", "/v1/users/admin", nil, "If-Match", "*").is(409)
	if g := w.ask("admin", "GET", "/v1/users/mona", nil).is(200); strings.Contains(string(g.body), "argon2") || strings.Contains(string(g.body), "hash") {
		t.Errorf("a hash is read back: %s", g.body)
	}
	if p := decode[gen.SetupPassword](w.ask("admin", "POST", "/v1/users/mona/password", nil).is(200)); p.Password == "" || p.Password == made.Password {
		t.Errorf("%+v", p)
	}
	w.ask("admin", "PUT", "/v1/users/mona/password", map[string]any{"password": "a pass phrase that is chosen"}).is(204)
	w.ask("", "POST", "/v1/session", map[string]any{"name": "mona", "password": "a pass phrase that is chosen"}).is(200)
	if l := decode[gen.SessionList](w.ask("admin", "GET", "/v1/users/mona/sessions", nil).is(200)); len(l.Items) != 1 {
		t.Errorf("%+v", l)
	}
	w.ask("admin", "DELETE", "/v1/users/mona/sessions", nil).is(204)
	w.ask("admin", "GET", "/v1/users/nobody/sessions", nil).is(404)

	k := decode[gen.CreatedAPIKey](w.ask("admin", "POST", "/v1/api-keys", map[string]any{"name": "ticketing", "role": "viewer", "owner": "mona"}).is(201))
	if !strings.HasPrefix(k.Key, "mw_") || k.Item.Owner != "mona" {
		t.Errorf("%+v", k)
	}
	w.ask("admin", "POST", "/v1/api-keys", map[string]any{"name": "too much", "role": "admin", "owner": "mona"}).names("role", "admin", "owner's")
	g = w.ask("admin", "GET", "/v1/api-keys", nil).is(200)
	if l := decode[gen.APIKeyList](g); len(l.Items) != 1 || strings.Contains(string(g.body), strings.SplitN(k.Key, "_", 3)[2]) {
		t.Errorf("%s", g.body)
	}
	w.ask("admin", "DELETE", "/v1/api-keys/"+k.Item.Id, nil).is(204)
	w.ask("admin", "DELETE", "/v1/api-keys/"+k.Item.Id, nil).is(404)
	w.ask("admin", "DELETE", "/v1/users/mona", nil, "If-Match", "*").is(204)
	if l := decode[gen.UserList](w.ask("admin", "GET", "/v1/users", nil).is(200)); len(l.Items) != 1 || !l.Complete {
		t.Errorf("%+v", l)
	}
}

func TestWhereAnIdentityProviderKeepsUsers(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Accounts, o.SignIn = nil, &Pages{Domain: "https://pages.example.com", Client: "console", Scopes: []string{"openid"}}
	})
	want := gen.SignIn{Kind: gen.SignInKindCognito, Domain: "https://pages.example.com", ClientId: "console", Scopes: []string{"openid"}}
	if got := decode[gen.SignIn](w.ask("", "GET", "/v1/sign-in", nil).is(200)); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	for _, r := range [][2]string{{"GET", "/v1/users"}, {"GET", "/v1/api-keys"}, {"GET", "/v1/me/sessions"}, {"DELETE", "/v1/session"}, {"GET", "/v1/users/mona"}, {"GET", "/v1/users/mona/sessions"}} {
		if p := decode[gen.Problem](w.ask("admin", r[0], r[1], nil).is(404)); p.Type != "/problems/not-kept" {
			t.Errorf("%v: %+v", r, p)
		}
	}
	w.ask("", "POST", "/v1/session", map[string]any{"name": "a", "password": "b"}).is(404)
}

// TestSignInIsHere: where users are kept here a page is told to ask for a password, and of nothing else.
func TestSignInIsHere(t *testing.T) {
	if g := newWorld(t).ask("", "GET", "/v1/sign-in", nil).is(200); strings.TrimSpace(string(g.body)) != `{"kind":"local"}` {
		t.Errorf("%s", g.body)
	}
}
