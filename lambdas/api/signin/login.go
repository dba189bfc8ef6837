package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// LoginRequest is a name and a password, and who sends them.
type LoginRequest struct {
	Name, Password string
	Address        string // as Local.Address gives it
	Agent          string // the User-Agent, for the list of sessions
}

// Login gives a new session: its cookie, and who has signed in. Otherwise ErrUnauthenticated, whichever was wrong; ErrLocked after
// too many failures of that name, whether it exists or not; ErrRateLimited after too many attempts of that address.
func (l *Local) Login(ctx context.Context, r LoginRequest) (*http.Cookie, Principal, error) {
	began := l.o.Now()
	cookie, p, err := l.login(ctx, r)
	if errors.Is(err, ErrUnauthenticated) || errors.Is(err, ErrLocked) {
		l.o.Wait(ctx, l.o.FailureFloor-l.o.Now().Sub(began))
	}
	return cookie, p, err
}

func (l *Local) login(ctx context.Context, r LoginRequest) (*http.Cookie, Principal, error) {
	if wait := l.rates.take(r.Address, l.o.Now()); wait > 0 {
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
	if err := l.trim(ctx, u.Value.Name); err != nil {
		return nil, Principal{}, err
	}
	return l.open(ctx, u, r)
}

// attemptID is under what the attempts on a name are counted. Names that nobody can have share one count.
func attemptID(name string) string {
	if checkName(name) != nil {
		return "?"
	}
	return userID(name)
}

// prove finds out whether name and password belong together, and gives the user with the attempt counted: who goes on must set it
// back. The caller holds the name's turn.
func (l *Local) prove(ctx context.Context, r LoginRequest) (store.Item[store.User], error) {
	id := attemptID(r.Name)
	leaveGate, err := l.gate.enter(ctx)
	if err != nil {
		return store.Item[store.User]{}, err
	}
	defer leaveGate()
	u, err := l.claim(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return u, l.proveNobody(ctx, id, r)
	}
	if errors.Is(err, ErrLocked) {
		return u, errors.Join(err, l.refused(ctx, u, r, "locked"))
	}
	if err != nil {
		return u, fmt.Errorf("count log-in: %w", err)
	}
	return l.proveUser(ctx, u, r)
}

// claim counts the attempt as failed before it is judged. So a hundred guesses at once are a hundred counted guesses: the write
// succeeds for one of those who read the same count, and the others read again.
func (l *Local) claim(ctx context.Context, id string) (store.Item[store.User], error) {
	for range 100 {
		u, err := l.users.Get(ctx, id)
		if err != nil {
			return u, err
		}
		now := l.o.Now()
		if until := u.Value.LockedUntil; until != nil && now.Before(*until) {
			return u, &RetryError{Err: ErrLocked, After: until.Sub(now)}
		}
		u.Value.Failures++
		u.Value.LockedUntil = nil
		if d := lockFor(u.Value.Failures); d > 0 {
			until := now.Add(d).UTC()
			u.Value.LockedUntil = &until
		}
		u, err = l.users.Put(ctx, u, store.Condition(u.Revision), nil)
		if !errors.Is(err, store.ErrConflict) {
			return u, err
		}
	}
	return store.Item[store.User]{}, store.ErrUnavailable
}

// proveNobody does for a name that does not exist what is done for one that does.
func (l *Local) proveNobody(ctx context.Context, id string, r LoginRequest) error {
	err := l.ghosts.claim(id, l.o.Now())
	if err == nil {
		l.decoy.verify(r.Password)
		err = ErrUnauthenticated
	}
	return errors.Join(err, l.refused(ctx, store.Item[store.User]{}, r, "no such user"))
}

func (l *Local) proveUser(ctx context.Context, u store.Item[store.User], r LoginRequest) (store.Item[store.User], error) {
	h, err := parsePHC(u.Value.PasswordHash)
	if err != nil {
		return u, fmt.Errorf("read password of %s: %w", u.ID, err)
	}
	why := ""
	switch {
	case !h.verify(r.Password):
		why = "wrong password"
	case u.Value.Disabled:
		why = "disabled"
	case u.Value.MustChange && l.o.Now().Sub(u.Value.Changed) > l.o.SetupLife:
		why = "setup password is too old"
	}
	if why != "" {
		return u, errors.Join(ErrUnauthenticated, l.refused(ctx, u, r, why))
	}
	if h.Argon2 != l.o.Password { // the cost was raised since: only now is the password at hand
		u.Value.PasswordHash = hashPassword(l.o.Password, r.Password)
	}
	return u, nil
}

// refused writes a failure to the audit log, and a second line where it locked. The name is written only where it is a user's:
// people type passwords where the name belongs.
func (l *Local) refused(ctx context.Context, u store.Item[store.User], r LoginRequest, why string) error {
	name := "unknown"
	if u.ID != "" {
		name = u.Value.Name
	}
	e := store.AuditEntry{Actor: name, Address: r.Address, Action: "session.create", Target: u.ID, Outcome: why}
	if err := l.o.Audit.Log(ctx, e); err != nil {
		return fmt.Errorf("log failed log-in: %w", err)
	}
	if why == "locked" || u.Value.LockedUntil == nil {
		return nil
	}
	e.Action, e.Outcome = "user.lock", ""
	e.After = redact(struct {
		Failures int       `json:"failures"`
		Until    time.Time `json:"locked_until"`
	}{u.Value.Failures, *u.Value.LockedUntil})
	if err := l.o.Audit.Log(ctx, e); err != nil {
		return fmt.Errorf("log lock: %w", err)
	}
	return nil
}

// open writes the new session, and sets the user's count back, in one write.
func (l *Local) open(ctx context.Context, u store.Item[store.User], r LoginRequest) (*http.Cookie, Principal, error) {
	now := l.o.Now().UTC()
	proved := u.Value.PasswordHash
	value, s := l.newSession(u.Value.Name, r, now)
	for range 10 {
		u.Value.Failures, u.Value.LockedUntil, u.Value.LastLogin = 0, nil, &now
		err := l.writeLogin(ctx, u, s, r.Address)
		if err == nil {
			return l.cookie(value), l.principal(u.Value, s), nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return nil, Principal{}, fmt.Errorf("open session: %w", err)
		}
		changed := u.Value.Changed
		if u, err = l.user(ctx, u.ID); err != nil {
			return nil, Principal{}, err
		}
		if u.Value.Disabled || !u.Value.Changed.Equal(changed) {
			return nil, Principal{}, ErrUnauthenticated // somebody changed it while the password was judged
		}
		u.Value.PasswordHash = proved
	}
	return nil, Principal{}, fmt.Errorf("open session: %w", store.ErrUnavailable)
}

func (l *Local) writeLogin(ctx context.Context, u store.Item[store.User], s store.Item[store.Session], address string) error {
	user, err := l.users.Change(u, store.Condition(u.Revision))
	if err != nil {
		return err
	}
	session, err := l.sessions.Change(s, store.New)
	if err != nil {
		return err
	}
	entry := store.AuditEntry{Actor: u.Value.Name, Address: address, Action: "session.create", Target: s.ID}
	_, err = l.o.Documents.Write(ctx, []store.Write{user, session}, &entry)
	return err
}
