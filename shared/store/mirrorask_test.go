package store_test

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestOneLookForAllWhoWait: who asks while a look is on its way gets that one; after its plan, or when it is lost, the next is asked for.
func TestOneLookForAllWhoWait(t *testing.T) {
	docs, now := planned(t)
	ask := func(by string, wantMine bool, wantBy string) {
		t.Helper()
		got, mine, err := store.AskMirrorLook(t.Context(), docs, store.MirrorAsk{At: *now, By: by})
		if err != nil || mine != wantMine || got.By != wantBy {
			t.Errorf("%s: %+v, mine %v, %v", by, got, mine, err)
		}
	}
	ask("mona", true, "mona")
	*now = now.Add(time.Second)
	ask("victor", false, "mona")
	keptPlan(t, docs, store.MirrorPlan{At: *now, Kind: store.MirrorTeardown})
	ask("victor", false, "mona") // a teardown's plan answers nobody
	keptPlan(t, docs, store.MirrorPlan{At: now.Add(-2 * time.Second), Kind: store.MirrorSweep})
	ask("victor", false, "mona") // nor does one that was begun before
	keptPlan(t, docs, store.MirrorPlan{At: *now, Kind: store.MirrorLook})
	*now = now.Add(time.Second)
	ask("victor", true, "victor")
	*now = now.Add(store.MirrorAskFor + time.Second)
	ask("mona", true, "mona") // that of victor was lost
	for range 2 {
		if err := store.ForgetMirrorAsk(t.Context(), docs); err != nil {
			t.Error(err)
		}
	}
	ask("victor", true, "victor")
}
