package signin

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestCookieAttributes(t *testing.T) {
	for _, tls := range []bool{false, true} {
		w := newWorld(t, func(o *Options) { o.TLS = tls })
		w.user("mona", store.RoleViewer)
		c, _ := w.login("mona")
		name := map[bool]string{false: "mirrorwatch", true: "__Host-mirrorwatch"}[tls]
		if c.Name != name || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure != tls || c.Domain != "" || len(c.Value) != 43 {
			t.Errorf("tls %v: %s", tls, c)
		}
		if d := w.Cleared(); d.Name != name || d.MaxAge >= 0 || d.Path != "/" || d.Secure != tls {
			t.Errorf("tls %v, cleared: %s", tls, d)
		}
		if err := c.Valid(); err != nil {
			t.Error(err)
		}
	}
}

func TestSessionIsNewAtEachLoginAndStoredAsHash(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAnalyst)
	seen := map[string]bool{}
	for range 20 {
		c, p := w.login("mona")
		if seen[c.Value] || seen[p.CSRF] || p.Session != hashSecret(c.Value) {
			t.Fatalf("%+v", p)
		}
		seen[c.Value], seen[p.CSRF] = true, true
		if strings.Contains(w.everything(), c.Value) {
			t.Fatal("the cookie is stored in clear")
		}
	}
}

func TestSessionTimes(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	idle, _ := w.login("mona")
	w.pass(29*time.Minute + 59*time.Second)
	if _, err := w.with(idle); err != nil {
		t.Fatalf("just within the idle time: %v", err)
	}
	w.pass(30 * time.Minute)
	_, err := w.with(idle)
	wantErr(t, "idle for 30 minutes", err, ErrUnauthenticated)

	busy, _ := w.login("mona")
	for range 12*3 - 1 {
		w.pass(20 * time.Minute)
		if _, err := w.with(busy); err != nil {
			t.Fatalf("a session in use: %v", err)
		}
	}
	w.pass(20 * time.Minute)
	_, err = w.with(busy)
	wantErr(t, "after 12 hours of use", err, ErrUnauthenticated)
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, p := w.login("mona")
	for range 119 {
		w.pass(time.Second)
		if _, err := w.with(c); err != nil {
			t.Fatal(err)
		}
	}
	if d, _ := w.store.Get(t.Context(), store.KindSession, p.Session); d.Revision != 2 {
		t.Errorf("%d writes in two minutes, want one when it began and one after a minute", d.Revision)
	}
}

func TestLogoutAndRevocation(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	w.user("otto", store.RoleViewer)
	a, pa := w.login("mona")
	b, pb := w.login("mona")
	c, _ := w.login("mona")
	other, _ := w.login("otto")
	if cleared, err := w.Logout(t.Context(), pa, home); err != nil || cleared.MaxAge >= 0 {
		t.Fatal(cleared, err)
	}
	_, err := w.with(a)
	wantErr(t, "after the log-out", err, ErrUnauthenticated)
	if err := w.RevokeSession(t.Context(), pb.Session, boss); err != nil {
		t.Fatal(err)
	}
	_, err = w.with(b)
	wantErr(t, "revoked", err, ErrUnauthenticated)
	if n, err := w.RevokeSessions(t.Context(), "MONA", boss); n != 1 || err != nil {
		t.Errorf("%d were ended, %v", n, err)
	}
	_, err = w.with(c)
	wantErr(t, "all revoked", err, ErrUnauthenticated)
	if _, err := w.with(other); err != nil {
		t.Errorf("somebody else's session: %v", err)
	}
	wantErr(t, "again", w.RevokeSession(t.Context(), pb.Session, boss), store.ErrNotFound)
	invalid(t, "no id", w.RevokeSession(t.Context(), "../x", boss), "session")
	if got := append(w.audited("session.delete"), w.audited("session.revoke")...); !slices.Equal(got, []string{"mona", "boss", "boss"}) {
		t.Errorf("audit log: %q", got)
	}
	_, err = w.Logout(t.Context(), Principal{Kind: "key"}, home)
	wantErr(t, "log-out with a key", err, ErrForbidden)
}

// TestLogoutWinsAgainstUse is a request that looks while the session ends: writing that it was seen must not bring it back.
func TestLogoutWinsAgainstUse(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, p := w.login("mona")
	w.pass(2 * time.Minute)
	w.store.pause = func(k store.Kind) {
		if k == store.KindUser { // between the reading of the session and its writing
			w.store.pause = nil
			if _, err := w.Logout(t.Context(), p, home); err != nil {
				t.Error(err)
			}
		}
	}
	_, err := w.with(c)
	wantErr(t, "ended while it was looked at", err, ErrUnauthenticated)
	if list, _ := w.Sessions(t.Context(), "mona"); len(list) != 0 {
		t.Errorf("%d sessions are back", len(list))
	}
}

func TestRoleTakenAwayIsGoneWithTheNextRequest(t *testing.T) {
	w := newWorld(t)
	w.user("root2", store.RoleAdmin)
	w.user("mona", store.RoleAdmin)
	c, _ := w.login("mona")
	if _, err := w.UpdateUser(t.Context(), "mona", UserChange{Role: ptr(store.RoleViewer), Packets: ptr(false)}, nil, boss); err != nil {
		t.Fatal(err)
	}
	if p, err := w.with(c); err != nil || p.Role != store.RoleViewer || p.Packets {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := w.UpdateUser(t.Context(), "mona", UserChange{Disabled: ptr(true)}, nil, boss); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UpdateUser(t.Context(), "mona", UserChange{Disabled: ptr(false)}, nil, boss); err != nil {
		t.Fatal(err)
	}
	_, err := w.with(c)
	wantErr(t, "after being disabled and back", err, ErrUnauthenticated)
}

func TestSessionsOfAUserAreBounded(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	first, _ := w.login("mona")
	for range maxSessions {
		w.pass(time.Second)
		w.login("mona")
	}
	list, err := w.Sessions(t.Context(), "mona")
	if err != nil || len(list) != maxSessions || list[0].Value.CSRF != "" || list[0].Value.Agent != "browser" {
		t.Errorf("%d sessions, %v, first %+v", len(list), err, list[0].Value)
	}
	_, err = w.with(first)
	wantErr(t, "the oldest", err, ErrUnauthenticated)
}

func TestForgedCookies(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, p := w.login("mona")
	for _, value := range []string{"", "x", p.Session, c.Value + "A", c.Value[:42], newSecret(), strings.Repeat("A", 5000)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "mirrorwatch="+value)
		_, err := w.Authenticate(r)
		wantErr(t, "cookie "+value[:min(len(value), 50)], err, ErrUnauthenticated)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "mirrorwatch="+newSecret()+"; mirrorwatch="+c.Value)
	_, err := w.Authenticate(r)
	wantErr(t, "two cookies", err, ErrUnauthenticated)
	r.Header.Set("Cookie", "__Host-mirrorwatch="+c.Value)
	_, err = w.Authenticate(r)
	wantErr(t, "the other name", err, ErrUnauthenticated)
	_, err = w.Authenticate(httptest.NewRequest("GET", "/", nil))
	wantErr(t, "nothing", err, ErrUnauthenticated)
}

func TestCrossSiteRequests(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAdmin)
	c, p := w.login("mona")
	_, stranger := w.login("mona")
	cases := []struct {
		name, method, token, site, origin string
		want                              error
	}{
		{"reading needs nothing", "GET", "", "cross-site", "https://evil.example", nil},
		{"our page", "POST", p.CSRF, "same-origin", "http://localhost:8080", nil},
		{"a program with a cookie", "PATCH", p.CSRF, "", "", nil},
		{"no token", "POST", "", "same-origin", "", ErrForbidden},
		{"another session's token", "POST", stranger.CSRF, "same-origin", "", ErrForbidden},
		{"cut token", "DELETE", p.CSRF[:42], "same-origin", "", ErrForbidden},
		{"another site", "POST", p.CSRF, "cross-site", "https://evil.example", ErrForbidden},
		{"a sibling of the site", "PUT", p.CSRF, "same-site", "http://other.localhost:8080", ErrForbidden},
		{"an old browser elsewhere", "POST", p.CSRF, "", "https://evil.example", ErrForbidden},
		{"a sandboxed page", "POST", p.CSRF, "", "null", ErrForbidden},
		{"an unknown method", "PROPFIND", "", "", "", ErrForbidden},
	}
	for _, k := range cases {
		r := httptest.NewRequest(k.method, "http://localhost:8080/v1/users", nil)
		r.AddCookie(c)
		for name, value := range map[string]string{HeaderCSRF: k.token, "Sec-Fetch-Site": k.site, "Origin": k.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		_, err := w.Authenticate(r)
		wantErr(t, k.name, err, k.want)
	}
	err := checkCrossSite(httptest.NewRequest("POST", "/", nil), Principal{Kind: "user"})
	wantErr(t, "a session that has no token", err, ErrForbidden)
}

func FuzzAuthenticate(f *testing.F) {
	w := newWorld(&testing.T{})
	f.Add("mirrorwatch="+newSecret(), "Bearer mw_abcdefghijkl_"+newSecret())
	f.Add("mirrorwatch=; mirrorwatch", "")
	f.Add("", "bearer mw_")
	f.Fuzz(func(t *testing.T, cookie, authorization string) {
		r := httptest.NewRequest("POST", "/", nil)
		if cookie != "" {
			r.Header["Cookie"] = []string{cookie}
		}
		if authorization != "" {
			r.Header["Authorization"] = []string{authorization}
			if id, secret, ok := parseKey(authorization); ok && !strings.HasSuffix(authorization, " mw_"+id+"_"+secret) {
				t.Errorf("%q was read as %q and %q", authorization, id, secret)
			}
		}
		_, err := w.Authenticate(r)
		wantErr(t, "in an empty store", err, ErrUnauthenticated)
	})
}
