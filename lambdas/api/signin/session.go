package signin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The cookie's names: browsers keep __Host- from other hosts and from plain HTTP, but only take it over TLS.
const (
	cookieSecure = "__Host-mirrorwatch"
	cookiePlain  = "mirrorwatch"
)

const (
	secretSize  = 32                               // 256 bits, of a cookie, a token and a key
	secretText  = 43                               // the same as base64
	seenEvery   = time.Minute                      // how often a session's use is written
	maxSessions = 20                               // of one user; the oldest goes
	maxAgent    = 256                              // bytes of a User-Agent that are kept
	sessionIDs  = sha256.Size * 2                  // letters of a session's id
	notOneOfUs  = "an id of a session, 64 letters" // for a person
)

func (l *Local) cookieName() string {
	if l.o.TLS {
		return cookieSecure
	}
	return cookiePlain
}

// cookie carries a session for as long as the browser runs and the session lasts.
func (l *Local) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: l.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: l.o.TLS, SameSite: http.SameSiteStrictMode,
		MaxAge: int(l.o.Absolute / time.Second),
	}
}

// Cleared is the cookie that makes a browser forget its session.
func (l *Local) Cleared() *http.Cookie {
	c := l.cookie("")
	c.MaxAge = -1
	return c
}

// cookieValue gives the one session cookie of a request. Two of them mean that somebody planted one: neither is believed.
func cookieValue(r *http.Request, name string) (string, bool) {
	c := r.CookiesNamed(name)
	if len(c) != 1 || !isSecret(c[0].Value) {
		return "", false
	}
	return c[0].Value, true
}

func newSecret() string { return base64.RawURLEncoding.EncodeToString(random(secretSize)) }

func isSecret(s string) bool {
	if len(s) != secretText {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == secretSize
}

func hashSecret(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// newSession makes a session and the cookie's value, of which only the hash is in the session.
func (l *Local) newSession(user string, r LoginRequest, now time.Time) (string, store.Item[store.Session]) {
	value := newSecret()
	s := store.Session{User: user, Created: now, Seen: now, Address: r.Address, Agent: printable(r.Agent, maxAgent), CSRF: newSecret()}
	return value, store.Item[store.Session]{ID: hashSecret(value), Expires: l.ends(s), Value: s}
}

// ends is when a session ends if nobody uses it again.
func (l *Local) ends(s store.Session) time.Time {
	idle, absolute := s.Seen.Add(l.o.Idle), s.Created.Add(l.o.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

func (l *Local) principal(u store.User, s store.Item[store.Session]) Principal {
	return Principal{
		Name: u.Name, Kind: "user", Role: u.Role, Packets: u.Packets, MustChange: u.MustChange,
		Session: s.ID, CSRF: s.Value.CSRF,
	}
}

// bySession tells whose a cookie is. The user is read each time: a role taken away is gone with the next request.
func (l *Local) bySession(ctx context.Context, value string) (Principal, error) {
	s, err := l.sessions.Get(ctx, hashSecret(value))
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("read session: %w", err)
	}
	now := l.o.Now().UTC()
	if !now.Before(l.ends(s.Value)) {
		return Principal{}, ErrUnauthenticated
	}
	u, err := l.user(ctx, s.Value.User)
	if err != nil {
		return Principal{}, err
	}
	// A session from before the password was set is one that the change should have ended.
	if u.Value.Disabled || s.Value.Created.Before(u.Value.Changed) {
		return Principal{}, ErrUnauthenticated
	}
	return l.principal(u.Value, s), l.see(ctx, s, now)
}

// see writes that a session is used. A store that can only be read still lets people look: the session then ends by its idle time.
func (l *Local) see(ctx context.Context, s store.Item[store.Session], now time.Time) error {
	if now.Sub(s.Value.Seen) < seenEvery {
		return nil
	}
	s.Value.Seen = now
	s.Expires = l.ends(s.Value)
	_, err := l.sessions.Put(ctx, s, store.Condition(s.Revision), nil)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrUnauthenticated // ended while we looked
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrUnavailable):
		return nil
	}
	return fmt.Errorf("write session: %w", err)
}

// Logout ends the session of p and gives the cookie that clears the browser's.
func (l *Local) Logout(ctx context.Context, p Principal, address string) (*http.Cookie, error) {
	if p.Session == "" {
		return nil, fmt.Errorf("%w: only a session can be ended, and this request came without one", ErrForbidden)
	}
	if err := l.endSession(ctx, p.Session, "session.delete", p.Actor(address)); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return l.Cleared(), nil
}

// RevokeSession ends one session.
func (l *Local) RevokeSession(ctx context.Context, id string, by store.Actor) error {
	if len(id) != sessionIDs || strings.Trim(id, "0123456789abcdef") != "" {
		return &store.Invalid{Field: "session", Value: printable(id, 80), Allowed: notOneOfUs}
	}
	return l.endSession(ctx, id, "session.revoke", by)
}

func (l *Local) endSession(ctx context.Context, id, action string, by store.Actor) error {
	if err := l.sessions.Delete(ctx, id, store.Exists, entry(by, action, id, nil, nil)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// RevokeSessions ends every session of a user and tells how many there were.
func (l *Local) RevokeSessions(ctx context.Context, user string, by store.Actor) (int, error) {
	list, err := l.Sessions(ctx, user)
	if err != nil {
		return 0, err
	}
	for i, s := range list {
		if err := l.RevokeSession(ctx, s.ID, by); err != nil && !errors.Is(err, store.ErrNotFound) {
			return i, err
		}
	}
	return len(list), nil
}

// Sessions lists those of a user that last, or of all where user is empty, newest first. Their tokens are left out.
func (l *Local) Sessions(ctx context.Context, user string) ([]store.Item[store.Session], error) {
	all, err := l.sessions.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now := l.o.Now()
	all = slices.DeleteFunc(all, func(s store.Item[store.Session]) bool {
		return user != "" && userID(s.Value.User) != userID(user) || !now.Before(l.ends(s.Value))
	})
	for i := range all {
		all[i].Value.CSRF = ""
	}
	slices.SortFunc(all, func(a, b store.Item[store.Session]) int {
		return cmp.Or(b.Value.Created.Compare(a.Value.Created), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// trim makes room for one more session of a user: the oldest beyond the limit end.
func (l *Local) trim(ctx context.Context, user string) error {
	list, err := l.Sessions(ctx, user)
	if err != nil {
		return err
	}
	for _, s := range list[min(len(list), maxSessions-1):] {
		if err := l.RevokeSession(ctx, s.ID, store.Actor{Name: "system"}); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// printable cuts a text to n bytes and leaves out what could harm a terminal or a log.
func printable(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
