package signin

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// FirstUser is who the first start makes.
const FirstUser = "admin"

const maxFullName = 128

// UserChange is what to change of a user; nil leaves it.
type UserChange struct {
	FullName *string
	Role     *store.Role
	Packets  *bool
	Disabled *bool
}

// FirstRun makes the user admin where there is no user at all, with a setup password that is given once and kept nowhere.
func (l *Local) FirstRun(ctx context.Context) (password string, created bool, err error) {
	have, _, err := l.users.List(ctx, store.ListQuery{Limit: 1})
	if err != nil {
		return "", false, fmt.Errorf("look for users: %w", err)
	}
	if len(have) > 0 {
		return "", false, nil
	}
	u := store.User{Name: FirstUser, Role: store.RoleAdmin, Packets: true}
	password, _, err = l.CreateUser(ctx, u, store.Actor{Name: "system"})
	if errors.Is(err, store.ErrConflict) {
		return "", false, nil // another process was faster, and has printed its password
	}
	return password, err == nil, err
}

// setupPassword is 125 random bits in groups that can be read aloud and typed: no letter looks like a digit.
func setupPassword() string {
	alphabet := base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789")
	text := alphabet.WithPadding(base32.NoPadding).EncodeToString(random(16))[:25]
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20], text[20:]}, "-")
}

// setSetup makes hash and setup password of a user in place.
func (l *Local) setSetup(ctx context.Context, u *store.User) (password string, err error) {
	leave, err := l.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	password = setupPassword()
	u.PasswordHash, u.MustChange, u.Changed = hashPassword(l.o.Password, password), true, l.o.Now().UTC()
	u.Failures, u.LockedUntil = 0, nil
	return password, nil
}

// CreateUser makes a user with a setup password, which is given once and must be changed at the first log-in. Of u the name, the
// full name, the role and the right to packets count.
func (l *Local) CreateUser(ctx context.Context, u store.User, by store.Actor) (password string, made store.Item[store.User], err error) {
	u = store.User{Name: u.Name, FullName: u.FullName, Role: u.Role, Packets: u.Packets}
	if err := errors.Join(checkName(u.Name), checkUser(u)); err != nil {
		return "", made, err
	}
	if password, err = l.setSetup(ctx, &u); err != nil {
		return "", made, err
	}
	made = store.Item[store.User]{ID: userID(u.Name), Value: u}
	if made, err = l.users.Put(ctx, made, store.New, entry(by, "user.create", made.ID, nil, redactUser(u))); err != nil {
		return "", store.Item[store.User]{}, fmt.Errorf("create user %s: %w", u.Name, err)
	}
	return password, hideUser(made), nil
}

// Users lists users, without their hashes.
func (l *Local) Users(ctx context.Context, q store.ListQuery) ([]store.Item[store.User], store.Page, error) {
	list, page, err := l.users.List(ctx, q)
	for i := range list {
		list[i] = hideUser(list[i])
	}
	return list, page, err
}

// User gives one, without its hash, or ErrNotFound.
func (l *Local) User(ctx context.Context, name string) (store.Item[store.User], error) {
	if err := checkName(name); err != nil {
		return store.Item[store.User]{}, err
	}
	u, err := l.users.Get(ctx, userID(name))
	return hideUser(u), err
}

// UpdateUser changes a user. Whoever is disabled is signed out. ErrConflict where ifRevision is set and is not the stored one, and
// ErrForbidden where no admin would be left.
func (l *Local) UpdateUser(ctx context.Context, name string, c UserChange, ifRevision *int64, by store.Actor) (store.Item[store.User], error) {
	return l.changeUser(ctx, name, ifRevision, "user.update", by, func(u *store.User) error {
		set(&u.FullName, c.FullName)
		set(&u.Role, c.Role)
		set(&u.Packets, c.Packets)
		set(&u.Disabled, c.Disabled)
		return checkUser(*u)
	})
}

// ResetPassword gives a user a new setup password, ends the lock and every session. It is how an admin helps another user, and how
// whoever has the machine itself comes in again.
func (l *Local) ResetPassword(ctx context.Context, name string, by store.Actor) (password string, err error) {
	_, err = l.changeUser(ctx, name, nil, "user.reset", by, func(u *store.User) error {
		password, err = l.setSetup(ctx, u)
		return err
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// changeUser reads, changes and writes a user until nobody else changed it meanwhile, and ends what the change makes invalid.
func (l *Local) changeUser(ctx context.Context, name string, ifRevision *int64, action string, by store.Actor, change func(*store.User) error) (store.Item[store.User], error) {
	u, before, err := l.writeUser(ctx, name, ifRevision, action, by, change)
	if err != nil {
		return store.Item[store.User]{}, fmt.Errorf("change user %s: %w", printable(name, 64), err)
	}
	l.fresh.clear()
	if u.Value.Disabled || !u.Value.Changed.Equal(before.Changed) {
		_, err = l.RevokeSessions(ctx, u.Value.Name, by)
	}
	return hideUser(u), err
}

func (l *Local) writeUser(ctx context.Context, name string, ifRevision *int64, action string, by store.Actor, change func(*store.User) error) (u store.Item[store.User], before store.User, err error) {
	if err := checkName(name); err != nil {
		return u, before, err
	}
	for range 10 {
		if u, err = l.users.Get(ctx, userID(name)); err != nil {
			return u, before, err
		}
		if ifRevision != nil && *ifRevision != u.Revision {
			return u, before, store.ErrConflict
		}
		before = u.Value
		if err = change(&u.Value); err != nil {
			return u, before, err
		}
		e := entry(by, action, u.ID, redactUser(before), redactUser(u.Value))
		u, err = l.putUser(ctx, u, isAdmin(before) && !isAdmin(u.Value), e)
		if !errors.Is(err, store.ErrConflict) || ifRevision != nil {
			return u, before, err
		}
	}
	return u, before, store.ErrUnavailable
}

// putUser writes a user; where an admin goes, another one is written unchanged in the same transaction. So two admins who remove each
// other at the same moment cannot both succeed: each needs the other as it was.
func (l *Local) putUser(ctx context.Context, u store.Item[store.User], adminGoes bool, e *store.AuditEntry) (store.Item[store.User], error) {
	if !adminGoes {
		return l.users.Put(ctx, u, store.Condition(u.Revision), e)
	}
	w, err := l.users.Change(u, store.Condition(u.Revision))
	if err != nil {
		return u, err
	}
	docs, err := l.writeWithAdmin(ctx, u.ID, []store.Write{w}, e)
	if err == nil {
		u.Revision, u.Modified = docs[0].Revision, docs[0].Modified
	}
	return u, err
}

func (l *Local) writeWithAdmin(ctx context.Context, leaving string, changes []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	all, err := l.users.All(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(o store.Item[store.User]) bool { return o.ID != leaving && isAdmin(o.Value) })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s is the last admin", ErrForbidden, leaving)
	}
	witness, err := l.users.Change(all[i], store.Condition(all[i].Revision))
	if err != nil {
		return nil, err
	}
	return l.o.Documents.Write(ctx, append(changes, witness), e)
}

// DeleteUser deletes a user with all sessions and keys. ErrForbidden where no admin would be left.
func (l *Local) DeleteUser(ctx context.Context, name string, ifRevision *int64, by store.Actor) error {
	if err := checkName(name); err != nil {
		return err
	}
	u, err := l.users.Get(ctx, userID(name))
	if err == nil && ifRevision != nil && *ifRevision != u.Revision {
		err = store.ErrConflict
	}
	if err == nil {
		e := entry(by, "user.delete", u.ID, redactUser(u.Value), nil)
		if isAdmin(u.Value) {
			_, err = l.writeWithAdmin(ctx, u.ID, []store.Write{{Kind: store.KindUser, ID: u.ID, If: store.Condition(u.Revision)}}, e)
		} else {
			err = l.users.Delete(ctx, u.ID, store.Condition(u.Revision), e)
		}
	}
	l.fresh.clear()
	if err == nil {
		_, err = l.RevokeSessions(ctx, u.Value.Name, by)
	}
	if err == nil {
		err = l.revokeKeysOf(ctx, u.Value.Name, by)
	}
	if err != nil {
		return fmt.Errorf("delete user %s: %w", name, err)
	}
	return nil
}

func isAdmin(u store.User) bool { return u.Role == store.RoleAdmin && !u.Disabled }

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// checkName keeps names that other actors of the audit log have, and letters that look like others, from being a user's.
func checkName(name string) error {
	ok, _ := regexp.MatchString(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`, name)
	if !ok || userID(name) == "system" || userID(name) == "unknown" {
		return &store.Invalid{Field: "name", Value: printable(name, 80), Allowed: "1 to 64 of A-Z a-z 0-9 . _ @ -, beginning with a letter or digit, and not system or unknown"}
	}
	return nil
}

func checkUser(u store.User) error {
	if rank(u.Role) == 0 {
		return &store.Invalid{Field: "role", Value: printable(string(u.Role), 80), Allowed: "one of viewer, analyst, admin"}
	}
	if len(u.FullName) > maxFullName || printable(u.FullName, maxFullName) != u.FullName {
		return &store.Invalid{Field: "full_name", Value: printable(u.FullName, 80), Allowed: fmt.Sprintf("at most %d bytes of printable text", maxFullName)}
	}
	return nil
}

func hideUser(u store.Item[store.User]) store.Item[store.User] {
	u.Value.PasswordHash = ""
	return u
}

// redactUser is a user as the audit log may have it.
func redactUser(u store.User) json.RawMessage {
	u.PasswordHash = ""
	return redact(u)
}

// redact encodes what holds no secret any more.
func redact(v any) json.RawMessage {
	b, _ := json.Marshal(v) // structs of text, numbers and times always have a JSON form
	return b
}

func entry(by store.Actor, action, target string, before, after json.RawMessage) *store.AuditEntry {
	return &store.AuditEntry{Actor: by.Name, Address: by.Address, Action: action, Target: target, Before: before, After: after}
}
