package storetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// manyDocuments asks for a hundred keys of several kinds: what is there, what is not, what expired, what nobody could store.
func manyDocuments(h *harness) {
	kinds := []store.Kind{store.KindHolding, store.KindTrail, store.KindFlows, store.KindIncident}
	ends := h.clock.Now().Add(time.Minute)
	var keys []store.DocumentKey
	want := map[store.DocumentKey]string{}
	for i := range 90 {
		k := store.DocumentKey{Kind: kinds[i%4], ID: "ip/vpc-1/10.0.0." + strconv.Itoa(i/2)}
		keys = append(keys, k)
		w := store.Write{Kind: k.Kind, ID: k.ID, Body: body(fmt.Sprint(i))}
		switch i % 5 {
		case 0:
			continue // missing
		case 1:
			w.Expires = ends
		case 2:
			w.Expires, want[k] = ends.Add(time.Hour), string(w.Body)
		default:
			want[k] = string(w.Body)
		}
		h.write(w)
	}
	h.clock.Advance(time.Minute) // the very moment at which they expire
	keys = append(keys, keys[2], keys[2], keys[3], keys[0], store.DocumentKey{Kind: store.KindHolding}, store.DocumentKey{Kind: "none", ID: "x"},
		store.DocumentKey{Kind: store.KindHolding, ID: "ä\xff"}, store.DocumentKey{Kind: store.KindHolding, ID: `"],["`},
		store.DocumentKey{Kind: store.KindHolding, ID: strings.Repeat("i", store.MaxID+1)}, keys[89])
	if len(keys) != store.MaxGet {
		h.Fatalf("%d keys test something else", len(keys))
	}
	got, err := h.Documents.GetMany(h.ctx, keys...)
	h.must(err)
	if len(got) != len(want) {
		h.Errorf("%d documents, not %d", len(got), len(want))
	}
	for k, text := range want {
		one, err := h.Documents.Get(h.ctx, k.Kind, k.ID)
		h.must(err)
		h.same(k.ID, got[k], one)
		if string(got[k].Body) != text {
			h.Errorf("%v is %s, not %s", k, got[k].Body, text)
		}
	}
	copy(got[keys[2]].Body, "XXXX")
	again, err := h.Documents.GetMany(h.ctx, keys[2])
	h.must(err)
	if string(again[keys[2]].Body) != want[keys[2]] {
		h.Errorf("after the caller changed what it had got: %s", again[keys[2]].Body)
	}
}

func tooManyDocuments(h *harness) {
	keys := make([]store.DocumentKey, store.MaxGet+1)
	for i := range keys {
		keys[i] = store.DocumentKey{Kind: store.KindHolding, ID: "the same"} // it is what is asked that counts
	}
	_, err := h.Documents.GetMany(h.ctx, keys...)
	h.refused("one key more than there may be", err, store.ErrInvalid)
	for _, few := range [][]store.DocumentKey{nil, {{}}} {
		got, err := h.Documents.GetMany(h.ctx, few...)
		if err != nil || got == nil || len(got) != 0 {
			h.Errorf("%d keys: %v, %v", len(few), got, err)
		}
	}
}

// manyUnderWrites asks while two documents are written together again and again: each comes whole, and none goes back to what it was.
func manyUnderWrites(h *harness) {
	a, b := store.DocumentKey{Kind: store.KindIncident, ID: "a"}, store.DocumentKey{Kind: store.KindIncidentParty, ID: "b"}
	both := func(n int) []store.Write {
		return []store.Write{{Kind: a.Kind, ID: a.ID, Body: body(fmt.Sprint(n))}, {Kind: b.Kind, ID: b.ID, Body: body(fmt.Sprint(n))}}
	}
	h.write(both(0)...)
	var all sync.WaitGroup
	all.Go(func() {
		for n := range 30 {
			if _, err := h.Documents.Write(h.ctx, both(n+1), nil); err != nil {
				h.Error(err)
			}
		}
	})
	last := map[store.DocumentKey]int64{}
	for range 60 {
		got, err := h.Documents.GetMany(h.ctx, b, a)
		h.must(err)
		for _, k := range []store.DocumentKey{a, b} {
			if d := got[k]; d.Revision < max(last[k], 1) || string(d.Body) != string(body(fmt.Sprint(d.Revision-1))) {
				h.Errorf("%s has revision %d after %d, and says %s", k.ID, d.Revision, last[k], d.Body)
			}
			last[k] = got[k].Revision
		}
	}
	all.Wait()
}
