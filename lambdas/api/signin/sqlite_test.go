package signin

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// onDisk opens the store of a folder, with a sign-in of real cost on it.
func onDisk(tb testing.TB, folder string) (*Local, *store.Store) {
	tb.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Options{Folder: folder, Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	l, err := New(Options{Documents: s.Documents, Audit: s.Audit, Now: time.Now, LoginBurst: 1 << 20, FailureFloor: time.Millisecond})
	if err != nil {
		tb.Fatal(err)
	}
	return l, s
}

// TestOnSQLite goes the whole way on the store and the clock that serve uses: first start, new password, key, lock, restart.
func TestOnSQLite(t *testing.T) {
	folder := t.TempDir()
	l, s := onDisk(t, folder)
	setup, created, err := l.FirstRun(t.Context())
	if err != nil || !created {
		t.Fatal(created, err)
	}
	_, p, err := l.Login(t.Context(), LoginRequest{Name: "admin", Password: setup, Address: home})
	if err != nil || !p.MustChange {
		t.Fatal(p, err)
	}
	cookie, p, err := l.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: setup, New: good, Address: home})
	if err != nil || p.MustChange {
		t.Fatal(p, err)
	}
	key, _, err := l.CreateKey(t.Context(), KeyRequest{Name: "k", Owner: "admin", Role: store.RoleViewer}, p.Actor(home))
	if err != nil {
		t.Fatal(err)
	}
	if n := guesses(l, "admin", 50); n != 5 {
		t.Errorf("%d of 50 guesses at once were judged", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, s = onDisk(t, folder)
	defer s.Close()
	if _, created, err := l.FirstRun(t.Context()); created || err != nil {
		t.Errorf("another first run: %v", err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	if p, err := l.Authenticate(r); err != nil || p.Name != "admin" {
		t.Errorf("session after a restart: %+v %v", p, err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if p, err := l.Authenticate(r); err != nil || p.Role != store.RoleViewer {
		t.Errorf("key after a restart: %+v %v", p, err)
	}
	_, _, err = l.Login(t.Context(), LoginRequest{Name: "admin", Password: good, Address: home})
	wantErr(t, "lock after a restart", err, ErrLocked)
	page, err := s.Audit.Entries(t.Context(), store.AuditQuery{Action: "session.create"})
	if err != nil || len(page.Items) != 1+50+1 {
		t.Errorf("%d lines about log-ins, %v", len(page.Items), err)
	}
}

// guesses tries so many wrong passwords at once and tells how many were judged.
func guesses(l *Local, name string, n int) int {
	var judged atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, _, err := l.Login(context.Background(), LoginRequest{Name: name, Password: "guess", Address: home})
			if errors.Is(err, ErrUnauthenticated) {
				judged.Add(1)
			}
		})
	}
	wg.Wait()
	return int(judged.Load())
}

func BenchmarkLogin(b *testing.B) {
	l, s := onDisk(b, b.TempDir())
	defer s.Close()
	password, _, _ := l.FirstRun(b.Context())
	for b.Loop() {
		if _, _, err := l.Login(b.Context(), LoginRequest{Name: "admin", Password: password, Address: home}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticate is what each request of the API pays: with a cookie two reads, with a key hardly ever one.
func BenchmarkAuthenticate(b *testing.B) {
	l, s := onDisk(b, b.TempDir())
	defer s.Close()
	password, _, _ := l.FirstRun(b.Context())
	cookie, p, err := l.Login(b.Context(), LoginRequest{Name: "admin", Password: password, Address: home})
	if err != nil {
		b.Fatal(err)
	}
	key, _, err := l.CreateKey(b.Context(), KeyRequest{Name: "k", Owner: "admin", Role: store.RoleViewer}, p.Actor(home))
	if err != nil {
		b.Fatal(err)
	}
	withCookie, withKey := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("GET", "/", nil)
	withCookie.AddCookie(cookie)
	withKey.Header.Set("Authorization", "Bearer "+key)
	for _, c := range []struct {
		name string
		with func() (Principal, error)
	}{
		{"cookie", func() (Principal, error) { return l.Authenticate(withCookie) }},
		{"key", func() (Principal, error) { return l.Authenticate(withKey) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.with(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
