package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// FirstUser is who the first start makes.
const FirstUser = "admin"

const maxFullName = 128

// ErrLastAdmin says that a change would leave nobody who may administer. It is an ErrForbidden too.
var ErrLastAdmin = fmt.Errorf("%w: this is the last admin who is not disabled", ErrForbidden)

// NewUser is a user to be made.
type NewUser struct {
	Name, FullName string
	Role           store.Role
	Packets        bool
	Password       string // a first one, which must be changed; where empty one is made up
}

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
	n := NewUser{Name: FirstUser, Role: store.RoleAdmin, Packets: true}
	password, _, err = l.CreateUser(ctx, n, store.Actor{Name: "system"})
	if errors.Is(err, store.ErrConflict) {
		return "", false, nil // another process was faster, and has printed its password
	}
	return password, err == nil, err
}

// setSetup gives a user a first password in place: the one that an admin chose, or one made up.
func (l *Local) setSetup(ctx context.Context, u *store.User, chosen string) (password string, err error) {
	if password = chosen; password == "" {
		password = setupPassword()
	} else if err := CheckPassword(u.Name, password); err != nil {
		return "", err
	}
	leave, err := l.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	u.PasswordHash, u.MustChange, u.Changed = hashPassword(l.o.Password, password), true, l.o.Now().UTC()
	u.Failures, u.LockedUntil = 0, nil
	return password, nil
}

// CreateUser makes a user and gives the first password, which must be changed at the first log-in and is shown nowhere else.
func (l *Local) CreateUser(ctx context.Context, n NewUser, by store.Actor) (password string, made store.Item[store.User], err error) {
	u := store.User{Name: n.Name, FullName: n.FullName, Role: n.Role, Packets: n.Packets}
	if err := checkName(u.Name); err != nil {
		return "", made, err
	}
	if err := checkUser(u); err != nil {
		return "", made, err
	}
	if password, err = l.setSetup(ctx, &u, n.Password); err != nil {
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
// ErrLastAdmin where no admin would be left.
func (l *Local) UpdateUser(ctx context.Context, name string, c UserChange, ifRevision *int64, by store.Actor) (store.Item[store.User], error) {
	return l.changeUser(ctx, userEdit{name: name, ifRevision: ifRevision, action: "user.update", by: by, change: func(u *store.User) error {
		set(&u.FullName, c.FullName)
		set(&u.Role, c.Role)
		set(&u.Packets, c.Packets)
		set(&u.Disabled, c.Disabled)
		return checkUser(*u)
	}})
}

// SetPassword gives a user a first password that an admin chose, ends the lock and every session.
func (l *Local) SetPassword(ctx context.Context, name, password string, by store.Actor) error {
	if password == "" { // an empty one would be made up, and nobody would hear of it
		return CheckPassword(name, password)
	}
	_, err := l.setPassword(ctx, name, password, by)
	return err
}

// ResetPassword is SetPassword with a password made up, which it gives: the way back in for whoever has the machine itself.
func (l *Local) ResetPassword(ctx context.Context, name string, by store.Actor) (password string, err error) {
	return l.setPassword(ctx, name, "", by)
}

func (l *Local) setPassword(ctx context.Context, name, chosen string, by store.Actor) (password string, err error) {
	_, err = l.changeUser(ctx, userEdit{name: name, action: "user.password", by: by, change: func(u *store.User) (err error) {
		password, err = l.setSetup(ctx, u, chosen)
		return err
	}})
	if err != nil {
		return "", err
	}
	return password, nil
}

// userEdit is a change of a user by somebody.
type userEdit struct {
	name       string
	ifRevision *int64
	action     string
	by         store.Actor
	change     func(*store.User) error
}

// changeUser writes a change, and ends what it makes invalid.
func (l *Local) changeUser(ctx context.Context, e userEdit) (store.Item[store.User], error) {
	if err := checkName(e.name); err != nil {
		return store.Item[store.User]{}, err
	}
	u, before, err := l.writeUser(ctx, e)
	if err != nil {
		return store.Item[store.User]{}, fmt.Errorf("change user %s: %w", e.name, err)
	}
	l.fresh.clear()
	if u.Value.Disabled || u.Value.PasswordHash != before.PasswordHash {
		_, err = l.RevokeSessions(ctx, u.Value.Name, e.by)
	}
	return hideUser(u), err
}

// writeUser reads, changes and writes a user until nobody else changed it meanwhile: log-ins do, and should not get in the way.
func (l *Local) writeUser(ctx context.Context, e userEdit) (u store.Item[store.User], before store.User, err error) {
	for range 10 {
		if u, err = l.users.Get(ctx, userID(e.name)); err != nil {
			return u, before, err
		}
		if e.ifRevision != nil && *e.ifRevision != u.Revision {
			return u, before, store.ErrConflict
		}
		before = u.Value
		if err = e.change(&u.Value); err != nil {
			return u, before, err
		}
		line := entry(e.by, e.action, u.ID, redactUser(before), redactUser(u.Value))
		u, err = l.putUser(ctx, u, isAdmin(before) && !isAdmin(u.Value), line)
		if !errors.Is(err, store.ErrConflict) || e.ifRevision != nil {
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
		return nil, ErrLastAdmin
	}
	witness, err := l.users.Change(all[i], store.Condition(all[i].Revision))
	if err != nil {
		return nil, err
	}
	docs, err := l.o.Documents.Write(ctx, append(changes, witness), e)
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrConflict // one of the two went meanwhile; whoever reads again sees which
	}
	return docs, err
}

// DeleteUser deletes a user with all sessions and keys. ErrLastAdmin where no admin would be left.
func (l *Local) DeleteUser(ctx context.Context, name string, ifRevision *int64, by store.Actor) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := store.ErrConflict
	for range 10 {
		if err = l.deleteOnce(ctx, name, ifRevision, by); !errors.Is(err, store.ErrConflict) || ifRevision != nil {
			break
		}
	}
	l.fresh.clear()
	if err == nil {
		_, err = l.RevokeSessions(ctx, name, by)
	}
	if err == nil {
		err = l.revokeKeysOf(ctx, name, by)
	}
	if err != nil {
		return fmt.Errorf("delete user %s: %w", name, err)
	}
	return nil
}

func (l *Local) deleteOnce(ctx context.Context, name string, ifRevision *int64, by store.Actor) error {
	u, err := l.users.Get(ctx, userID(name))
	if err != nil {
		return err
	}
	if ifRevision != nil && *ifRevision != u.Revision {
		return store.ErrConflict
	}
	e := entry(by, "user.delete", u.ID, redactUser(u.Value), nil)
	if !isAdmin(u.Value) {
		return l.users.Delete(ctx, u.ID, store.Condition(u.Revision), e)
	}
	_, err = l.writeWithAdmin(ctx, u.ID, []store.Write{{Kind: store.KindUser, ID: u.ID, If: store.Condition(u.Revision)}}, e)
	return err
}
