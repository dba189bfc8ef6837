package signin

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestCreateUser(t *testing.T) {
	w := newWorld(t)
	password, u, err := w.CreateUser(t.Context(), NewUser{Name: "Mona", FullName: "Mona Lisa", Role: store.RoleAnalyst}, boss)
	if err != nil || u.ID != "mona" || u.Value.PasswordHash != "" || !u.Value.MustChange {
		t.Fatalf("%+v %v", u, err)
	}
	if _, p, err := w.try("mona", password); err != nil || !p.MustChange || p.Role != store.RoleAnalyst {
		t.Errorf("%+v %v", p, err)
	}
	_, _, err = w.CreateUser(t.Context(), NewUser{Name: "MONA", Role: store.RoleViewer}, boss)
	wantErr(t, "the name in other letters", err, store.ErrConflict)
	if given, _, err := w.CreateUser(t.Context(), NewUser{Name: "otto", Role: store.RoleViewer, Password: good}, boss); err != nil || given != good {
		t.Errorf("%q %v", given, err)
	}
	_, _, err = w.CreateUser(t.Context(), NewUser{Name: "weak", Role: store.RoleViewer, Password: "password1234"}, boss)
	invalid(t, "a weak first password", err, "password")
	for _, name := range []string{"", " ", "a b", "key:abc", "system", "System", "unknown", "-a", "é", "a\n", strings.Repeat("a", 65), "rule:1", "a/b"} {
		_, _, err := w.CreateUser(t.Context(), NewUser{Name: name, Role: store.RoleViewer}, boss)
		invalid(t, "name "+name, err, "name")
	}
	_, _, err = w.CreateUser(t.Context(), NewUser{Name: "x", Role: "king"}, boss)
	invalid(t, "role", err, "role")
	_, _, err = w.CreateUser(t.Context(), NewUser{Name: "x", Role: store.RoleViewer, FullName: "a\x1b[31m"}, boss)
	invalid(t, "full name", err, "full_name")
}

func TestUsersAreListedWithoutHashes(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.user("user"+itoa(10+i), store.RoleViewer)
	}
	n := 0
	for q := (store.ListQuery{}); ; {
		list, page, err := w.Users(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list {
			n++
			if u.Value.PasswordHash != "" {
				t.Error("a hash is listed")
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if u, err := w.User(t.Context(), "USER10"); n != 20 || err != nil || u.Value.PasswordHash != "" {
		t.Errorf("%d users, %v", n, err)
	}
	_, err := w.User(t.Context(), "nobody")
	wantErr(t, "nobody", err, store.ErrNotFound)
}

func TestEveryChangeOfAUserIsAudited(t *testing.T) {
	w := newWorld(t)
	w.user("root2", store.RoleAdmin)
	w.user("mona", store.RoleViewer)
	u := w.get("mona")
	changed, err := w.UpdateUser(t.Context(), "mona", UserChange{Role: ptr(store.RoleAnalyst), FullName: ptr("Mona")}, &u.Revision, boss)
	if err != nil || changed.Value.Role != store.RoleAnalyst || changed.Revision != u.Revision+1 || changed.Value.PasswordHash != "" {
		t.Fatalf("%+v %v", changed, err)
	}
	_, err = w.UpdateUser(t.Context(), "mona", UserChange{}, &u.Revision, boss)
	wantErr(t, "an old revision", err, store.ErrConflict)
	wantErr(t, "deleting an old revision", w.DeleteUser(t.Context(), "mona", &u.Revision, boss), store.ErrConflict)
	if err := w.SetPassword(t.Context(), "mona", "given by an admin", boss); err != nil {
		t.Fatal(err)
	}
	if _, p, err := w.try("mona", "given by an admin"); err != nil || !p.MustChange {
		t.Errorf("%+v %v", p, err)
	}
	invalid(t, "an empty password", w.SetPassword(t.Context(), "mona", "", boss), "password")
	if err := w.DeleteUser(t.Context(), "mona", nil, boss); err != nil {
		t.Fatal(err)
	}
	_, err = w.ResetPassword(t.Context(), "mona", boss)
	wantErr(t, "reset of nobody", err, store.ErrNotFound)
	want := map[string][2]string{
		"user.update":   {`"role":"viewer"`, `"role":"analyst"`},
		"user.password": {`"role":"analyst"`, `"must_change":true`},
		"user.delete":   {`"must_change":true`, ``},
	}
	for _, e := range w.store.lines() {
		part, ok := want[e.Action]
		if !ok {
			continue
		}
		delete(want, e.Action)
		if e.Actor != "boss" || e.Address != boss.Address || e.Target != "mona" || !bytes.Contains(e.Before, []byte(part[0])) || !bytes.Contains(e.After, []byte(part[1])) {
			t.Errorf("%+v", e)
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the audit log: %v", want)
	}
}

func TestResetEndsLockAndSessions(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, _ := w.login("mona")
	for range 5 {
		w.try("mona", "wrong") //nolint:errcheck // refused, of course
	}
	password, err := w.ResetPassword(t.Context(), "Mona", store.Actor{Name: "system"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.with(c)
	wantErr(t, "the session before", err, ErrUnauthenticated)
	if _, p, err := w.try("mona", password); err != nil || !p.MustChange {
		t.Errorf("%+v %v", p, err)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	w := newWorld(t)
	w.user("only", store.RoleAdmin)
	w.user("mona", store.RoleAnalyst)
	w.user("idle", store.RoleAdmin)
	if _, err := w.UpdateUser(t.Context(), "idle", UserChange{Disabled: ptr(true)}, nil, boss); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"demoted":  second(w.UpdateUser(t.Context(), "only", UserChange{Role: ptr(store.RoleAnalyst)}, nil, boss)),
		"disabled": second(w.UpdateUser(t.Context(), "only", UserChange{Disabled: ptr(true)}, nil, boss)),
		"deleted":  w.DeleteUser(t.Context(), "only", nil, boss),
	} {
		wantErr(t, name, err, ErrLastAdmin)
		wantErr(t, name, err, ErrForbidden)
	}
	if !isAdmin(w.get("only").Value) {
		t.Error("gone nevertheless")
	}
	if err := w.DeleteUser(t.Context(), "idle", nil, boss); err != nil {
		t.Errorf("an admin who is disabled counts for nothing, but could not go: %v", err)
	}
	if _, err := w.UpdateUser(t.Context(), "mona", UserChange{Role: ptr(store.RoleAdmin)}, nil, boss); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteUser(t.Context(), "only", nil, boss); err != nil {
		t.Errorf("with another admin: %v", err)
	}
}

// TestAdminsWhoRemoveEachOther does it at the same moment: one admin stays whatever the order.
func TestAdminsWhoRemoveEachOther(t *testing.T) {
	for range 50 {
		w := newWorld(t)
		names := []string{"ann", "bob", "cat"}
		for _, n := range names {
			w.user(n, store.RoleAdmin)
		}
		var wg sync.WaitGroup
		for i, n := range names {
			wg.Go(func() {
				l, err := must(New(w.o)), error(nil)
				if i == 0 {
					err = l.DeleteUser(context.Background(), n, nil, boss)
				} else {
					_, err = l.UpdateUser(context.Background(), n, UserChange{Disabled: ptr(i == 1), Role: ptr([]store.Role{"", store.RoleAdmin, store.RoleViewer}[i])}, nil, boss)
				}
				if err != nil && !errors.Is(err, ErrLastAdmin) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, _ := w.users.All(t.Context())
		if !slices.ContainsFunc(all, func(u store.Item[store.User]) bool { return isAdmin(u.Value) }) {
			t.Fatal("no admin is left")
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestMay(t *testing.T) {
	for i, have := range store.Roles() {
		for j, want := range store.Roles() {
			if got := (Principal{Role: have}).May(want); got != (i >= j) {
				t.Errorf("%s may %s: %v", have, want, got)
			}
		}
		if (Principal{}).May(have) || (Principal{Role: have}).May("") || (Principal{Role: "king"}).May(have) {
			t.Errorf("no role may as %s", have)
		}
	}
	p := Principal{Name: "mona"}
	if got, ok := From(With(t.Context(), p)); !ok || got != p {
		t.Error("the context loses who asks")
	}
	if _, ok := From(t.Context()); ok {
		t.Error("somebody asks in an empty context")
	}
}
