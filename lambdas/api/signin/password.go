package signin

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// PasswordChange is a user's own change of password.
type PasswordChange struct {
	Principal Principal // who asks, by a session
	Old, New  string
	Address   string
	Agent     string
}

// ChangePassword sets a new password, for whoever knows the old one. Every session ends; the one who asked gets a new one, whose
// cookie it gives. Wrong old passwords count as failed log-ins do.
func (l *Local) ChangePassword(ctx context.Context, c PasswordChange) (*http.Cookie, Principal, error) {
	if c.Principal.Kind != "user" || c.Principal.Session == "" {
		return nil, Principal{}, fmt.Errorf("%w: only a user who signed in with a password has one to change", ErrForbidden)
	}
	if err := CheckPassword(c.Principal.Name, c.New); err != nil {
		return nil, Principal{}, err
	}
	if c.New == c.Old {
		return nil, Principal{}, &store.Invalid{Field: "password", Value: "(hidden)", Allowed: "other than the old one"}
	}
	r := LoginRequest{Name: c.Principal.Name, Password: c.Old, Address: c.Address, Agent: c.Agent}
	if wait := l.rates.take(c.Address, l.o.Now()); wait > 0 {
		return nil, Principal{}, &RetryError{Err: ErrRateLimited, After: wait}
	}
	leave, err := l.turns.take(ctx, attemptID(r.Name))
	if err != nil {
		return nil, Principal{}, err
	}
	defer leave()
	u, err := l.prove(ctx, r)
	if err != nil {
		return nil, Principal{}, err
	}
	return l.replacePassword(ctx, u, r, c)
}

// replacePassword ends the other sessions, and then writes the password with a new session for the one who asked. A session that was
// opened with the old password in between is dead with that write: it is older than the password.
func (l *Local) replacePassword(ctx context.Context, u store.Item[store.User], r LoginRequest, c PasswordChange) (*http.Cookie, Principal, error) {
	leave, err := l.gate.enter(ctx)
	if err != nil {
		return nil, Principal{}, err
	}
	hash := hashPassword(l.o.Password, c.New)
	leave()
	by := c.Principal.Actor(c.Address)
	if err := l.endOthers(ctx, u.Value.Name, c.Principal.Session, by); err != nil {
		return nil, Principal{}, err
	}
	now := l.o.Now().UTC()
	before := redactUser(u.Value)
	u.Value.PasswordHash, u.Value.MustChange, u.Value.Changed = hash, false, now
	u.Value.Failures, u.Value.LockedUntil = 0, nil
	value, s := l.newSession(u.Value.Name, r, now)
	user, err1 := l.users.Change(u, store.Condition(u.Revision))
	session, err2 := l.sessions.Change(s, store.New)
	if err := errors.Join(err1, err2); err != nil {
		return nil, Principal{}, err
	}
	changes := []store.Write{user, session, {Kind: store.KindSession, ID: c.Principal.Session}}
	if _, err := l.o.Documents.Write(ctx, changes, entry(by, "user.password", u.ID, before, redactUser(u.Value))); err != nil {
		return nil, Principal{}, fmt.Errorf("change password: %w", err)
	}
	return l.cookie(value), l.principal(u.Value, s), nil
}

// endOthers ends every session of a user but one.
func (l *Local) endOthers(ctx context.Context, user, keep string, by store.Actor) error {
	list, err := l.Sessions(ctx, user)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.ID == keep {
			continue
		}
		if err := l.RevokeSession(ctx, s.ID, by); err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}

// setupPassword is 125 random bits in groups that can be read aloud and typed: no letter looks like a digit.
func setupPassword() string {
	alphabet := base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789")
	text := alphabet.WithPadding(base32.NoPadding).EncodeToString(random(16))[:25]
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20], text[20:]}, "-")
}
