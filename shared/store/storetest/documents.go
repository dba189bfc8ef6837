package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunDocuments holds a store's Documents against the contract.
func RunDocuments(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"life of a document":      lifeOfADocument,
		"conditions":              conditions,
		"all or nothing":          writesAllOrNothing,
		"expiry":                  expiry,
		"listing":                 listing,
		"limits":                  documentLimits,
		"kinds are apart":         kindsAreApart,
		"audit of writes":         auditOfWrites,
		"one write wins":          oneWriteWins,
		"documents by value":      documentsByValue,
		"cancelled documents":     documentsCancelled,
		"typed":                   typedCollection,
		"deleted and made again":  deletedAndMadeAgain,
		"listing while it writes": listingUnderWrites,
		"many at once":            manyDocuments,
		"many, cut off":           tooManyDocuments,
		"many under writes":       manyUnderWrites,
	})
}

func body(s string) json.RawMessage { return json.RawMessage(fmt.Sprintf(`{"text":%q}`, s)) }

func (h *harness) write(w ...store.Write) []store.Document {
	h.Helper()
	docs, err := h.Documents.Write(h.ctx, w, nil)
	h.must(err)
	return docs
}

func lifeOfADocument(h *harness) {
	_, err := h.Documents.Get(h.ctx, store.KindView, "v1")
	h.refused("what is not there", err, store.ErrNotFound)
	made := h.clock.Now()
	docs := h.write(store.Write{Kind: store.KindView, ID: "v1", Body: body("one")})
	want := store.Document{Kind: store.KindView, ID: "v1", Revision: 1, Created: made, Modified: made, Body: body("one")}
	h.same("what write gives", docs, []store.Document{want})
	changed := h.clock.Advance(time.Minute)
	h.write(store.Write{Kind: store.KindView, ID: "v1", Body: body("two"), Expires: changed.Add(time.Hour)})
	want.Revision, want.Modified, want.Body, want.Expires = 2, changed, body("two"), changed.Add(time.Hour)
	got, err := h.Documents.Get(h.ctx, store.KindView, "v1")
	h.must(err)
	h.same("what is stored", got, want)
	docs = h.write(store.Write{Kind: store.KindView, ID: "v1"})
	h.same("of a deleted one", docs, []store.Document{{Kind: store.KindView, ID: "v1"}})
	_, err = h.Documents.Get(h.ctx, store.KindView, "v1")
	h.refused("what was deleted", err, store.ErrNotFound)
	h.write(store.Write{Kind: store.KindView, ID: "v1"}) // deleting what is not there, whatever there is, does no harm
}

func conditions(h *harness) {
	w := store.Write{Kind: store.KindUser, ID: "u", Body: body("x")}
	attempt := func(what string, c store.Condition, want error) {
		h.Helper()
		w.If = c
		if _, err := h.Documents.Write(h.ctx, []store.Write{w}, nil); !errors.Is(err, want) {
			h.Errorf("%s: %v, not %v", what, err, want)
		}
	}
	attempt("exists, of nothing", store.Exists, store.ErrNotFound)
	attempt("a revision, of nothing", 1, store.ErrNotFound)
	attempt("new, of nothing", store.New, nil)
	attempt("new, of something", store.New, store.ErrConflict)
	attempt("another revision", 2, store.ErrConflict)
	attempt("the revision", 1, nil)
	attempt("the revision before", 1, store.ErrConflict)
	attempt("exists", store.Exists, nil)
	attempt("always", store.Always, nil)
	d, err := h.Documents.Get(h.ctx, store.KindUser, "u")
	h.must(err)
	if d.Revision != 4 {
		h.Errorf("revision %d", d.Revision)
	}
	w.Body = nil
	attempt("deleting another revision", 3, store.ErrConflict)
	attempt("deleting the revision", 4, nil)
	attempt("deleting what was deleted, if it exists", store.Exists, store.ErrNotFound)
}

func writesAllOrNothing(h *harness) {
	h.write(store.Write{Kind: store.KindUser, ID: "there", Body: body("before")})
	for name, last := range map[string]store.Write{
		"conflict":  {Kind: store.KindUser, ID: "there", Body: body("after"), If: store.New},
		"not found": {Kind: store.KindUser, ID: "missing", Body: body("after"), If: store.Exists},
	} {
		_, err := h.Documents.Write(h.ctx, []store.Write{
			{Kind: store.KindSession, ID: "s", Body: body("x")}, {Kind: store.KindUser, ID: "other", Body: body("x")}, last,
		}, &store.AuditEntry{Actor: "ada", Action: "user.update", Target: "all"})
		if err == nil {
			h.Fatal(name, "was written")
		}
	}
	for _, k := range []struct {
		kind store.Kind
		id   string
	}{{store.KindSession, "s"}, {store.KindUser, "other"}, {store.KindUser, "missing"}} {
		_, err := h.Documents.Get(h.ctx, k.kind, k.id)
		h.refused(k.id, err, store.ErrNotFound)
	}
	if n := len(h.audit("all")); n != 0 {
		h.Errorf("%d audit entries of what was not written", n)
	}
	_, err := h.Documents.Write(h.ctx, []store.Write{
		{Kind: store.KindUser, ID: "twice", Body: body("x")}, {Kind: store.KindUser, ID: "twice", Body: body("y")},
	}, nil)
	h.refused("the same document twice", err, store.ErrInvalid)
}

func expiry(h *harness) {
	ends := h.clock.Now().Add(time.Minute)
	h.write(store.Write{Kind: store.KindSession, ID: "s", Body: body("x"), Expires: ends})
	h.clock.Advance(time.Minute - 1)
	if _, err := h.Documents.Get(h.ctx, store.KindSession, "s"); err != nil {
		h.Errorf("just before it expires: %v", err)
	}
	h.clock.Advance(2)
	_, err := h.Documents.Get(h.ctx, store.KindSession, "s")
	h.refused("after it expired", err, store.ErrNotFound)
	p, err := h.Documents.List(h.ctx, store.KindSession, store.ListQuery{})
	h.must(err)
	if len(p.Items) != 0 {
		h.Errorf("%d in the list", len(p.Items))
	}
	_, err = h.Documents.Write(h.ctx, []store.Write{{Kind: store.KindSession, ID: "s", Body: body("y"), If: store.Exists}}, nil)
	h.refused("exists, of an expired one", err, store.ErrNotFound)
	docs := h.write(store.Write{Kind: store.KindSession, ID: "s", Body: body("z"), If: store.New})
	if docs[0].Revision != 1 || !docs[0].Created.Equal(h.clock.Now()) || !docs[0].Expires.IsZero() {
		h.Errorf("made again: %+v", docs[0])
	}
}

func listing(h *harness) {
	for i := range 45 {
		h.write(store.Write{Kind: store.KindDelivery, ID: fmt.Sprintf("a/%02d", i), Body: body(fmt.Sprint(i))})
	}
	for _, id := range []string{"A", "a", "a.", "a0", "b/1", "~", "a/", "a%", "a_"} {
		h.write(store.Write{Kind: store.KindDelivery, ID: id, Body: body(id)})
	}
	for _, c := range []struct {
		prefix      string
		limit, want int
		first, last string
	}{{"a/", 10, 46, "a/", "a/44"}, {"", 7, 54, "A", "~"}, {"b", 1, 1, "b/1", "b/1"}, {"a%", 5, 1, "a%", "a%"}, {"zz", 5, 0, "", ""}, {"", 0, 54, "A", "~"}} {
		ids := h.list(store.KindDelivery, store.ListQuery{Prefix: c.prefix, Limit: c.limit}, nil)
		if len(ids) != c.want || c.want > 0 && (ids[0] != c.first || ids[len(ids)-1] != c.last) {
			h.Errorf("prefix %q: %d of %d: %q", c.prefix, len(ids), c.want, ids)
		}
	}
	_, err := h.Documents.List(h.ctx, store.KindDelivery, store.ListQuery{Limit: store.MaxPage + 1})
	h.refused("limit", err, store.ErrInvalid)
	_, err = h.Documents.List(h.ctx, store.KindDelivery, store.ListQuery{Cursor: "%"})
	h.refused("cursor", err, store.ErrInvalid)
}

// list gives the ids of all pages, which must be in order.
func (h *harness) list(k store.Kind, q store.ListQuery, between func()) (ids []string) {
	h.Helper()
	for {
		p, err := h.Documents.List(h.ctx, k, q)
		h.must(err)
		for _, d := range p.Items {
			if len(ids) > 0 && d.ID <= ids[len(ids)-1] {
				h.Errorf("%q after %q", d.ID, ids[len(ids)-1])
			}
			ids = append(ids, d.ID)
		}
		if q.Limit > 0 && len(p.Items) > q.Limit || !p.Complete {
			h.Errorf("%d items, complete %v", len(p.Items), p.Complete)
		}
		if q.Cursor = p.Next; p.Next == "" {
			return ids
		}
		if between != nil {
			between()
		}
	}
}

func listingUnderWrites(h *harness) {
	for i := range 30 {
		h.write(store.Write{Kind: store.KindView, ID: fmt.Sprintf("k%02d", i), Body: body("x")})
	}
	n := 0
	ids := h.list(store.KindView, store.ListQuery{Limit: 4}, func() {
		n++
		h.write(store.Write{Kind: store.KindView, ID: fmt.Sprintf("a%02d", n), Body: body("new")}, store.Write{Kind: store.KindView, ID: fmt.Sprintf("k%02d", n), Body: body("y")})
	})
	if len(ids) != 30 {
		h.Errorf("%d of 30: %q", len(ids), ids)
	}
}

func documentLimits(h *harness) {
	longest := strings.Repeat("i", store.MaxID)
	largest := json.RawMessage(`"` + strings.Repeat("x", store.MaxBody-2) + `"`)
	h.write(store.Write{Kind: store.KindView, ID: longest, Body: largest})
	got, err := h.Documents.Get(h.ctx, store.KindView, longest)
	h.must(err)
	if string(got.Body) != string(largest) {
		h.Errorf("a body of %d bytes came back with %d", len(largest), len(got.Body))
	}
	for name, w := range map[string]store.Write{
		"no id": {Kind: store.KindView, Body: body("x")}, "long id": {Kind: store.KindView, ID: longest + "i", Body: body("x")},
		"id beyond ASCII": {Kind: store.KindView, ID: "ä", Body: body("x")}, "line end in id": {Kind: store.KindView, ID: "a\n", Body: body("x")},
		"large body":      {Kind: store.KindView, ID: "x", Body: json.RawMessage(`"` + strings.Repeat("x", store.MaxBody-1) + `"`)},
		"body is no JSON": {Kind: store.KindView, ID: "x", Body: json.RawMessage(`{`)},
	} {
		_, err := h.Documents.Write(h.ctx, []store.Write{w}, nil)
		h.refused(name, err, store.ErrInvalid)
	}
	var many []store.Write
	for i := range store.MaxWrites + 1 {
		many = append(many, store.Write{Kind: store.KindView, ID: fmt.Sprint("m", i), Body: body("x")})
	}
	_, err = h.Documents.Write(h.ctx, many, nil)
	h.refused("many writes", err, store.ErrInvalid)
	if docs := h.write(many[:store.MaxWrites]...); len(docs) != store.MaxWrites || docs[3].ID != "m3" {
		h.Errorf("%d documents", len(docs))
	}
}

func kindsAreApart(h *harness) {
	h.write(store.Write{Kind: store.KindUser, ID: "x", Body: body("user")}, store.Write{Kind: store.KindAPIKey, ID: "x", Body: body("key")})
	h.write(store.Write{Kind: store.KindUser, ID: "x"})
	got, err := h.Documents.Get(h.ctx, store.KindAPIKey, "x")
	h.must(err)
	h.same("the other kind's", got.Body, body("key"))
}

func auditOfWrites(h *harness) {
	if h.Audit == nil {
		h.Skip("the store keeps no audit log")
	}
	w := []store.Write{{Kind: store.KindUser, ID: "u", Body: body("x")}}
	_, err := h.Documents.Write(h.ctx, w, &store.AuditEntry{Actor: "ada", Action: "user.create", Target: "u", After: body("x"), ID: "mine"})
	h.must(err)
	h.write(w...)
	list := h.audit("u")
	if len(list) != 1 || list[0].Action != "user.create" || !list[0].Time.Equal(h.clock.Now()) || list[0].ID == "" || list[0].ID == "mine" || string(list[0].After) != string(body("x")) {
		h.Errorf("%+v", list)
	}
}

func oneWriteWins(h *harness) {
	for round := range 10 {
		var won atomic.Int32
		var all sync.WaitGroup
		condition := store.Condition(round)
		if round == 0 {
			condition = store.New
		}
		for i := range 8 {
			all.Go(func() {
				w := store.Write{Kind: store.KindParameter, ID: "p", Body: body(fmt.Sprint(i)), If: condition}
				_, err := h.Documents.Write(h.ctx, []store.Write{w}, nil)
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					h.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			h.Fatalf("round %d: %d won", round, won.Load())
		}
	}
}

func documentsByValue(h *harness) {
	mine := body("mine")
	h.write(store.Write{Kind: store.KindView, ID: "v", Body: mine})
	copy(mine, "XXXX")
	got, err := h.Documents.Get(h.ctx, store.KindView, "v")
	h.must(err)
	copy(got.Body, "YYYY")
	got, err = h.Documents.Get(h.ctx, store.KindView, "v")
	h.must(err)
	h.same("after both were changed", got.Body, body("mine"))
}

func documentsCancelled(h *harness) {
	h.write(store.Write{Kind: store.KindView, ID: "v", Body: body("x")})
	h.cancelled("get", func(ctx context.Context) error { _, err := h.Documents.Get(ctx, store.KindView, "v"); return err })
	h.cancelled("get many", func(ctx context.Context) error {
		_, err := h.Documents.GetMany(ctx, store.DocumentKey{Kind: store.KindView, ID: "v"})
		return err
	})
	h.cancelled("list", func(ctx context.Context) error {
		_, err := h.Documents.List(ctx, store.KindView, store.ListQuery{})
		return err
	})
	h.cancelled("write", func(ctx context.Context) error {
		_, err := h.Documents.Write(ctx, []store.Write{{Kind: store.KindView, ID: "v", Body: body("y")}}, nil)
		return err
	})
}

func typedCollection(h *harness) {
	views := store.Collection[store.View]{Kind: store.KindView, Documents: h.Documents}
	for i := range 5 {
		_, err := views.Put(h.ctx, store.Item[store.View]{ID: fmt.Sprint(i), Value: store.View{Name: fmt.Sprint("view ", i), Owner: "ada"}}, store.New, nil)
		h.must(err)
	}
	all, err := views.All(h.ctx)
	h.must(err)
	if len(all) != 5 || all[4].Value.Name != "view 4" || all[4].Revision != 1 {
		h.Errorf("%+v", all)
	}
	h.must(views.Delete(h.ctx, "2", 1, nil))
	_, err = views.Get(h.ctx, "2")
	h.refused("the deleted one", err, store.ErrNotFound)
}

func deletedAndMadeAgain(h *harness) {
	h.write(store.Write{Kind: store.KindView, ID: "v", Body: body("x")})
	h.write(store.Write{Kind: store.KindView, ID: "v", Body: body("y")})
	h.write(store.Write{Kind: store.KindView, ID: "v"})
	if docs := h.write(store.Write{Kind: store.KindView, ID: "v", Body: body("z"), If: store.New}); docs[0].Revision != 1 {
		h.Errorf("revision %d", docs[0].Revision)
	}
}
