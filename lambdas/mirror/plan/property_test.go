package plan

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// anyPolicy draws a policy with small numbers, so that every bound is met.
// drawn draws a world.
// sessions draws up to three on an interface, of ours and of others, as they should be or not.
// TestConverges applies plans until there is nothing left to do; on the way no bound is passed and nothing foreign is touched.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		const passes = 30 // a bound of one deletion a pass, of at most twenty interfaces, and the grace time
		for pass := range passes {
			p := Make(w, want)
			checkSafe(t, &w, &want, &p)
			next, err := After(w, want, p, w.At.Add(6*time.Minute))
			if err != nil {
				t.Fatalf("pass %d: %v", pass, err)
			}
			checkBounds(t, &w, &next, &want)
			checkForeign(t, &w, &next)
			if p.Empty() && len(p.Held) == 0 && pass > 4 {
				checkSettled(t, &w, &want, &p)
				return
			}
			w = next
		}
		p := Make(w, want)
		t.Fatalf("after %d passes there is still something to do: %s %s", passes, encoded(p.Steps), encoded(p.Held))
	})
}

// checkSafe holds what must be true of every plan.
// checkCreate says again, in other words than the planner's, what must never be mirrored.
// checkCoverage: every interface once, in a state there is, with its reason, and with a fix where something is wrong.
// checkBounds: what grew is within quota and budget. What was above already may stay.
// checkSettled: where nothing is left to do every session of ours is alone on its interface, has a VNI of its own that the binding
// names, and sends to where the policy says what the policy says.
// checkForeign: what is not ours is as it was.
// TestSameForSame: a plan does not depend on the order of anything.
func TestSameForSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		w.Heard = map[uint32]events.Heard{1: {VNI: 1, LastSeen: noon}, 2: {VNI: 2, LastSeen: noon.Add(-time.Hour)}}
		given := encoded(w)
		first := encoded(Make(w, want))
		if !bytes.Equal(given, encoded(w)) {
			t.Fatal("planning changed the world")
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range 3 {
			w = clone(w)
			shuffle(r, &w)
			if again := encoded(Make(w, want)); !bytes.Equal(first, again) {
				t.Fatalf("another order gives another plan:\n%s\n%s", first, again)
			}
		}
	})
}

// TestScopeTouchesNothingElse: a pass about a few interfaces has steps for sessions and bindings of no other.
func TestScopeTouchesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		w.Scope = rapid.SliceOfN(rapid.SampledFrom([]string{"eni-0-0", "eni-0-1", "eni-0-2", "eni-1-0", "eni-none"}), 0, 3).Draw(t, "scope")
		w.Usage = map[string]int{Place(homeID, region): rapid.IntRange(0, 12).Draw(t, "usage")}
		p := Make(w, want)
		for _, s := range p.Steps {
			if (s.Planner == "session" || s.Planner == "binding") && !slices.Contains(w.Scope, s.Interface) {
				t.Fatalf("%s of %s, and the pass is about %v", s.Action, s.Interface, w.Scope)
			}
		}
		for _, c := range p.Coverage {
			if !slices.Contains(w.Scope, c.Interface) {
				t.Fatalf("coverage of %s, and the pass is about %v", c.Interface, w.Scope)
			}
		}
		checkDeletes(t, &w, &want, &p)
	})
}

// TestFailStatic: where anything could not be read nothing is taken away, and with a frozen switch nothing is done at all.
func TestFailStatic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		call := rapid.SampledFrom([]string{callInterfaces, callInstances, callSubnets, callVpcs, callGroups, callSessions, callTargets, callFilters, "AssumeRole"}).Draw(t, "call")
		a := &w.Accounts[rapid.IntRange(0, 1).Draw(t, "account")]
		forget(a, call)
		a.Failures = []string{call + ": RequestLimitExceeded"}
		p := Make(w, want)
		checkSafe(t, &w, &want, &p)
		for _, s := range p.Steps {
			if s.Account == a.ID && takesAway(s.Action) {
				t.Fatalf("%s of %s, although %v", s.Action, s.Object, a.Failures)
			}
			if s.Account == a.ID && s.Action == CreateSession && (call == callSessions || call == "AssumeRole") {
				t.Fatalf("a session is made, although %v", a.Failures)
			}
		}
		want.Switch = policy.Frozen
		if p := Make(w, want); !p.Empty() {
			t.Fatalf("frozen, and there are steps: %s", encoded(p.Steps))
		}
	})
}

// forget takes out what a failed call did not tell.

// TestLag: sessions are seen as they were a minute ago. No interface ever gets a second session of ours for it.
func TestLag(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, w := anyPolicy(t), anyWorld(t)
		old := clone(w)
		for pass := range 12 {
			seen := clone(w)
			for i := range seen.Accounts {
				seen.Accounts[i].Sessions = old.Accounts[i].Sessions
			}
			p := Make(seen, want)
			next, err := afterSeen(w, want, p, w.At.Add(time.Minute), ec2api.CodeSessionNotFound)
			if err != nil {
				t.Fatalf("pass %d: %v", pass, err)
			}
			had := oursOn(&w, &want)
			for iface, n := range oursOn(&next, &want) {
				if n > max(had[iface], 1) {
					t.Fatalf("pass %d: %s had %d sessions of ours and has %d", pass, iface, had[iface], n)
				}
			}
			checkForeign(t, &w, &next)
			old, w = w, next
		}
	})
}

func oursOn(w *World, want *policy.Policy) map[string]int {
	n := map[string]int{}
	for _, a := range w.Accounts {
		for _, s := range a.Sessions {
			if s.Owner == a.ID && want.Owned(s.Tags) {
				n[s.NetworkInterface]++
			}
		}
	}
	return n
}
