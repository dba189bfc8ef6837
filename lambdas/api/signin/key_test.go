package signin

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func (w *world) newKey(owner string, role store.Role) (string, store.Item[store.APIKey]) {
	w.t.Helper()
	text, k, err := w.CreateKey(w.t.Context(), KeyRequest{Name: "ticketing", Owner: owner, Role: role, Packets: true}, boss)
	if err != nil {
		w.t.Fatal(err)
	}
	return text, k
}

func TestKeyIsShownOnceAndKeptHashed(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAdmin)
	text, k := w.newKey("mona", store.RoleAnalyst)
	if len(text) != 3+12+1+43 || !strings.HasPrefix(text, "mw_"+k.ID+"_") || k.Value.Hash != "" {
		t.Fatalf("%q %+v", text, k)
	}
	if all := w.everything(); strings.Contains(all, text[16:]) || !strings.Contains(all, hashSecret(text[16:])) {
		t.Error("the key is stored in clear, or not at all")
	}
	p, err := w.key(text)
	if err != nil || p.Name != "key:"+k.ID || p.Kind != "key" || p.Role != store.RoleAnalyst || !p.Packets || p.CSRF != "" {
		t.Errorf("%+v %v", p, err)
	}
	list, page, err := w.Keys(t.Context(), store.ListQuery{})
	if err != nil || !page.Complete || len(list) != 1 || list[0].Value.Hash != "" || list[0].Value.Owner != "mona" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestBadKeys(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAdmin)
	text, k := w.newKey("mona", store.RoleAnalyst)
	wrong := "mw_" + k.ID + "_" + newSecret()
	for _, header := range []string{
		"", "Bearer", "Bearer ", "Bearer " + text + " ", "Bearer  " + text, "Basic " + text, text, "Bearer " + text[3:], "Bearer " + text + "A",
		"Bearer " + strings.ToUpper(text), "Bearer mw_" + strings.Repeat("a", 12) + "_" + newSecret(), "Bearer " + wrong, "Bearer mw_../../../../_" + text[16:],
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{header}
		_, err := w.Authenticate(r)
		wantErr(t, header, err, ErrUnauthenticated)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Authorization"] = []string{"Bearer " + text, "Bearer " + text}
	_, err := w.Authenticate(r)
	wantErr(t, "two headers", err, ErrUnauthenticated)
	c, _ := w.login("mona")
	r.Header["Authorization"] = []string{"Bearer " + wrong}
	r.AddCookie(c)
	_, err = w.Authenticate(r)
	wantErr(t, "a bad key with a good cookie", err, ErrUnauthenticated)
	for range 100 {
		w.key(wrong) //nolint:errcheck // refused, of course
	}
	if got := w.audited("api_key.use"); len(got) != 5 || got[0] != "key:"+k.ID+" wrong secret" {
		t.Errorf("audit log: %d lines, %q", len(got), got)
	}
}

func TestKeyNeverMayMoreThanItsOwner(t *testing.T) {
	w := newWorld(t)
	w.user("boss2", store.RoleAdmin)
	w.user("mona", store.RoleAdmin)
	text, _ := w.newKey("mona", store.RoleAdmin)
	change := func(c UserChange) {
		if _, err := w.UpdateUser(t.Context(), "mona", c, nil, boss); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := w.key(text); err != nil || p.Role != store.RoleAdmin {
		t.Fatal(p, err)
	}
	change(UserChange{Role: ptr(store.RoleViewer), Packets: ptr(false)})
	if p, err := w.key(text); err != nil || p.Role != store.RoleViewer || p.Packets {
		t.Errorf("after the owner was demoted: %+v %v", p, err)
	}
	change(UserChange{Disabled: ptr(true)})
	_, err := w.key(text)
	wantErr(t, "owner disabled", err, ErrUnauthenticated)
	change(UserChange{Disabled: ptr(false)})
	if _, err := w.key(text); err != nil {
		t.Errorf("owner back: %v", err)
	}
	if err := w.DeleteUser(t.Context(), "mona", nil, boss); err != nil {
		t.Fatal(err)
	}
	_, err = w.key(text)
	wantErr(t, "owner deleted", err, ErrUnauthenticated)
}

func TestKeyOfANamesakeIsDead(t *testing.T) {
	w := newWorld(t)
	w.user("boss2", store.RoleAdmin)
	w.user("mona", store.RoleViewer)
	text, _ := w.newKey("mona", store.RoleViewer)
	w.pass(time.Hour)
	if err := w.users.Delete(t.Context(), "mona", store.Exists, nil); err != nil { // the crash before the keys went
		t.Fatal(err)
	}
	w.user("mona", store.RoleAdmin)
	_, err := w.key(text)
	wantErr(t, "key of who had the name before", err, ErrUnauthenticated)
}

func TestKeyRequests(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAnalyst)
	w.user("idle", store.RoleAdmin)
	w.edit("idle", func(u *store.User) { u.Disabled = true })
	w.edit("mona", func(u *store.User) { u.Packets = false })
	fine := KeyRequest{Name: "k", Owner: "mona", Role: store.RoleAnalyst}
	for field, change := range map[string]func(*KeyRequest){
		"name":       func(q *KeyRequest) { q.Name = "" },
		"owner":      func(q *KeyRequest) { q.Owner = "nobody" },
		"role":       func(q *KeyRequest) { q.Role = store.RoleAdmin },
		"packets":    func(q *KeyRequest) { q.Packets = true },
		"expires_at": func(q *KeyRequest) { q.ExpiresAt = ptr(w.now()) },
	} {
		q := fine
		change(&q)
		_, _, err := w.CreateKey(t.Context(), q, boss)
		invalid(t, field, err, field)
	}
	for _, owner := range []string{"idle", "key:abcdefghijkl", ""} {
		q := fine
		q.Owner = owner
		_, _, err := w.CreateKey(t.Context(), q, boss)
		invalid(t, "owner "+owner, err, "owner")
	}
	for i := range maxKeys {
		id := "k" + itoa(100000+i)
		if _, err := w.keys.Put(t.Context(), store.Item[store.APIKey]{ID: id}, store.New, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := w.CreateKey(t.Context(), fine, boss)
	wantErr(t, "one key too many", err, ErrForbidden)
}

func TestKeyExpiresToTheSecond(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	text, _, err := w.CreateKey(t.Context(), KeyRequest{Name: "k", Owner: "mona", Role: store.RoleViewer, ExpiresAt: ptr(w.now().Add(time.Minute))}, boss)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(59 * time.Second)
	if _, err := w.key(text); err != nil {
		t.Errorf("a second before: %v", err)
	}
	w.pass(time.Second)
	_, err = w.key(text)
	wantErr(t, "though it was good a second ago", err, ErrUnauthenticated)
}

func TestKeysAreRememberedForAMoment(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	text, k := w.newKey("mona", store.RoleViewer)
	other := must(New(w.o)) // another process
	ask := func(l *Local) error {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		_, err := l.Authenticate(r)
		return err
	}
	before := w.store.reads
	for range 600 {
		if err := errors.Join(ask(w.Local), ask(other)); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Millisecond)
	}
	if n := w.store.reads - before; n > 8 {
		t.Errorf("%d reads for 200 requests a second of two processes during three seconds", n)
	}
	w.pass(KeyLife)
	if err := errors.Join(ask(w.Local), ask(other)); err != nil {
		t.Fatal(err)
	}
	if err := w.RevokeKey(t.Context(), k.ID, boss); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "where it was revoked", ask(w.Local), ErrUnauthenticated)
	w.pass(KeyLife)
	wantErr(t, "elsewhere, a moment later", ask(other), ErrUnauthenticated)
	wantErr(t, "again", w.RevokeKey(t.Context(), k.ID, boss), store.ErrNotFound)
	invalid(t, "no id", w.RevokeKey(t.Context(), "*", boss), "key")
}

// TestRevocationWinsAgainstUse is a key that is revoked while it is looked at: it must not be remembered as good after that.
func TestRevocationWinsAgainstUse(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	text, k := w.newKey("mona", store.RoleViewer)
	if _, err := w.key(text); err != nil {
		t.Fatal(err)
	}
	w.pass(KeyLife)
	w.store.pause = func(kind store.Kind) {
		if kind == store.KindUser {
			w.store.pause = nil
			if err := w.RevokeKey(t.Context(), k.ID, boss); err != nil {
				t.Error(err)
			}
		}
	}
	w.key(text) //nolint:errcheck // both answers are right at this moment
	_, err := w.key(text)
	wantErr(t, "after it", err, ErrUnauthenticated)
}

func TestUseOfAKeyIsWrittenToTheHour(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	text, k := w.newKey("mona", store.RoleViewer)
	use := func() {
		t.Helper()
		if _, err := w.key(text); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(17 * time.Minute)
	for range 30 {
		use()
		w.pass(time.Minute)
	}
	got, err := w.keys.Get(t.Context(), k.ID)
	if err != nil || !got.Value.LastUsed.Equal(w.now().Truncate(time.Hour)) || got.Revision != 2 {
		t.Errorf("revision %d, used %v", got.Revision, got.Value.LastUsed)
	}
	w.pass(48 * time.Hour)
	use()
	w.pass(40 * 24 * time.Hour)
	use()
	if lines := w.audited("api_key.use"); !slices.Equal(lines, []string{"key:" + k.ID, "key:" + k.ID}) {
		t.Errorf("audit log: %q: want the first use and the one after a long rest", lines)
	}
}

func TestKeyCacheIsBounded(t *testing.T) {
	c := newKeyCache()
	for i := range 3 * maxFresh {
		c.put([32]byte{byte(i), byte(i >> 8)}, Principal{}, time.Time{}.Add(1), 0)
	}
	if c.table.Len() != maxFresh {
		t.Errorf("%d keys are remembered", c.table.Len())
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c.clear()
			c.put([32]byte{1}, Principal{}, time.Time{}, c.age())
			c.get([32]byte{1}, time.Time{})
		})
	}
	wg.Wait()
}
