package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// memory keeps documents and the audit log as their contract says, in a map, on the tests' clock.
type memory struct {
	store.Documents // what nobody here asks for

	mu    sync.Mutex
	now   func() time.Time
	docs  map[store.Kind]map[string]store.Document
	log   []store.AuditEntry
	reads int
	fail  error            // what every write gives, where it is set
	pause func(store.Kind) // called between a reading and its answer
}

func (m *memory) find(k store.Kind, id string) (store.Document, bool) {
	d, ok := m.docs[k][id]
	if ok && !d.Expires.IsZero() && !m.now().Before(d.Expires) {
		return store.Document{}, false
	}
	return d, ok
}

func (m *memory) Get(_ context.Context, k store.Kind, id string) (store.Document, error) {
	m.mu.Lock()
	m.reads++
	d, ok := m.find(k, id)
	m.mu.Unlock()
	if m.pause != nil {
		m.pause(k)
	}
	if !ok {
		return store.Document{}, store.ErrNotFound
	}
	return d, nil
}

func (m *memory) List(_ context.Context, k store.Kind, q store.ListQuery) (store.DocumentPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := store.DocumentPage{Page: store.Page{Complete: true}}
	for id := range m.docs[k] {
		if d, ok := m.find(k, id); ok && strings.HasPrefix(id, q.Prefix) && id > q.Cursor {
			p.Items = append(p.Items, d)
		}
	}
	slices.SortFunc(p.Items, func(a, b store.Document) int { return strings.Compare(a.ID, b.ID) })
	limit := q.Limit
	if limit == 0 {
		limit = 7 // so that walks have several pages
	}
	if len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = p.Items[limit-1].ID
	}
	return p, nil
}

func (m *memory) Write(_ context.Context, changes []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	if len(changes) > store.MaxWrites {
		return nil, errors.New("too many writes")
	}
	for _, w := range changes {
		d, ok := m.find(w.Kind, w.ID)
		switch {
		case w.If == store.New && ok:
			return nil, store.ErrConflict
		case (w.If > 0 || w.If == store.Exists) && !ok:
			return nil, store.ErrNotFound
		case w.If > 0 && int64(w.If) != d.Revision:
			return nil, store.ErrConflict
		}
	}
	var out []store.Document
	for _, w := range changes {
		out = append(out, m.apply(w))
	}
	if e != nil {
		m.append(*e)
	}
	return out, nil
}

func (m *memory) apply(w store.Write) store.Document {
	d, ok := m.find(w.Kind, w.ID)
	if w.Body == nil {
		delete(m.docs[w.Kind], w.ID)
		return store.Document{Kind: w.Kind, ID: w.ID}
	}
	if !ok {
		d = store.Document{Kind: w.Kind, ID: w.ID, Created: m.now()}
	}
	d.Revision, d.Modified, d.Body, d.Expires = d.Revision+1, m.now(), bytes.Clone(w.Body), w.Expires
	if m.docs[w.Kind] == nil {
		m.docs[w.Kind] = map[string]store.Document{}
	}
	m.docs[w.Kind][w.ID] = d
	return d
}

func (m *memory) append(e store.AuditEntry) {
	e.Time = m.now()
	m.log = append(m.log, e)
}

func (m *memory) Log(_ context.Context, e store.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.append(e)
	return nil
}

func (m *memory) Entries(context.Context, store.AuditQuery) (store.AuditPage, error) {
	return store.AuditPage{Items: m.lines()}, nil
}
func (m *memory) Purge(context.Context, time.Time) (int, error) { return 0, nil }

func (m *memory) lines() []store.AuditEntry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.log)
}

// world is a sign-in on a clock that stands still until it is moved.
type world struct {
	*Local
	t     *testing.T
	store *memory
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
	o     Options
}

const (
	good = "a rather long sentence"
	home = "192.0.2.7"
)

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// newWorld makes one with cheap hashes; change, where given, sets other options.
func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	w.store = &memory{now: w.now, docs: map[store.Kind]map[string]store.Document{}}
	w.o = Options{
		Documents: w.store, Audit: w.store, Now: w.now, Password: Argon2{Memory: 64, Time: 1, Threads: 1},
		LoginBurst: 1000, Hashes: 50,
		Wait: func(_ context.Context, d time.Duration) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.slept = append(w.slept, d)
		},
	}
	for _, c := range change {
		c(&w.o)
	}
	w.Local = must(New(w.o))
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var boss = store.Actor{Name: "boss", Address: "192.0.2.1"}

// user makes a user who has set the password good already.
func (w *world) user(name string, role store.Role) {
	w.t.Helper()
	_, _, err := w.CreateUser(w.t.Context(), NewUser{Name: name, Role: role, Packets: true}, boss)
	if err == nil {
		w.edit(name, func(u *store.User) {
			u.PasswordHash, u.MustChange = hashPassword(w.o.Password, good), false
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// edit changes a user behind the back of the sign-in.
func (w *world) edit(name string, change func(*store.User)) {
	w.t.Helper()
	u := w.get(name)
	change(&u.Value)
	if _, err := w.users.Put(w.t.Context(), u, store.Always, nil); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(name string) store.Item[store.User] {
	w.t.Helper()
	u, err := w.users.Get(w.t.Context(), userID(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) try(name, password string) (*http.Cookie, Principal, error) {
	return w.Login(context.Background(), LoginRequest{Name: name, Password: password, Address: home, Agent: "browser"})
}

func (w *world) login(name string) (*http.Cookie, Principal) {
	w.t.Helper()
	c, p, err := w.try(name, good)
	if err != nil {
		w.t.Fatalf("log in %s: %v", name, err)
	}
	return c, p
}

// with asks with a cookie.
func (w *world) with(c *http.Cookie) (Principal, error) {
	r := httptest.NewRequest("GET", "/v1/me", nil)
	r.AddCookie(c)
	return w.Authenticate(r)
}

// key asks with a key.
func (w *world) key(text string) (Principal, error) {
	r := httptest.NewRequest("POST", "/v1/detections/search", nil)
	r.Header.Set("Authorization", "Bearer "+text)
	return w.Authenticate(r)
}

// audited gives the lines of an action, as "actor outcome".
func (w *world) audited(action string) []string {
	var list []string
	for _, e := range w.store.lines() {
		if e.Action == action {
			list = append(list, strings.TrimSpace(e.Actor+" "+e.Outcome))
		}
	}
	return list
}

// everything is all that is stored, as text: to look for what must not be there.
func (w *world) everything() string {
	b := must(json.Marshal(w.store.lines()))
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for _, kind := range w.store.docs {
		for id, d := range kind {
			b = append(append(b, id...), d.Body...)
		}
	}
	return string(b)
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func invalid(t *testing.T, what string, err error, field string) {
	t.Helper()
	var i *store.Invalid
	if !errors.As(err, &i) || i.Field != field {
		t.Errorf("%s: got %v, want an Invalid %s", what, err, field)
	}
}

func ptr[T any](v T) *T { return &v }
