package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// planned is a folder that keeps plans, and a clock.
func planned(t *testing.T) (store.Documents, *time.Time) {
	t.Helper()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Documents, &now
}

// keptPlan keeps a plan and gives what is read of it.
func keptPlan(t *testing.T, docs store.Documents, p store.MirrorPlan) store.MirrorPlan {
	t.Helper()
	if err := store.KeepMirrorPlan(t.Context(), docs, p); err != nil {
		t.Fatal(err)
	}
	got, err := store.NewestMirrorPlan(t.Context(), docs, p.Kind)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// fullPlan has n of everything, and the same text everywhere.
func fullPlan(at time.Time, n int, text string) store.MirrorPlan {
	p := store.MirrorPlan{At: at, Kind: "sweep", Holder: text, AskedBy: text}
	for i := range n {
		changes := make([]store.MirrorChange, 30)
		for j := range changes {
			changes[j] = store.MirrorChange{Field: text, From: text, To: text}
		}
		s := store.MirrorStep{
			Does: text, Action: fmt.Sprint(i%200, text), Account: text, Region: text, Object: text, Interface: text, Name: text, Reason: text, Changes: changes,
			Outcome: []string{store.MirrorDone, store.MirrorFailed, store.MirrorLeft, text}[i%4], Error: text,
		}
		p.Steps = append(p.Steps, s)
		p.Held = append(p.Held, store.MirrorHeld{Step: s, Rail: fmt.Sprint(i%200, text, ":", text)})
		p.Places = append(p.Places, store.MirrorPlace{Account: text, Region: text, Skipped: text, Failures: []string{text, text, text, text, text, text, text}})
		p.LeftOut = append(p.LeftOut, store.MirrorLeftOut{Interface: text, Account: text, Region: text, Name: text, Reason: text})
		p.Rogues = append(p.Rogues, store.MirrorRogue{Account: text, Region: text, Object: text, Interface: text, Instance: text, Target: text, Owner: text, Reason: text})
		p.Warnings = append(p.Warnings, text)
	}
	return p
}

// TestAPlanAlwaysFits whatever stands in names, and however much there is; what is not told is counted, and of each list there is something.
func TestAPlanAlwaysFits(t *testing.T) {
	docs, now := planned(t)
	for _, c := range []struct {
		name string
		n    int
		text string
	}{
		{"many", 20_000, "eni-0a1b2c3d4e5f67890"}, {"long", 50, strings.Repeat("x", 100_000)}, {"controls", 3000, strings.Repeat("\x01", 2000)},
		{"markup", 3000, strings.Repeat("<", 2000)}, {"not UTF-8", 3000, strings.Repeat("\xff", 2000)}, {"four bytes", 3000, strings.Repeat("\U0001F600", 2000)}, {"quotes", 3000, strings.Repeat(`"\`, 2000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := keptPlan(t, docs, fullPlan(*now, c.n, c.text))
			b, err := json.Marshal(got)
			if err != nil || len(b) > store.MaxBody {
				t.Fatalf("%d bytes, %v", len(b), err)
			}
			for _, l := range []struct {
				list             string
				told, rest, most int
			}{
				{"places", len(got.Places), got.Rest.Places, store.MaxMirrorPlaces}, {"steps", len(got.Steps), got.Rest.Steps, store.MaxMirrorSteps},
				{"held", len(got.Held), got.Rest.Held, store.MaxMirrorHeld}, {"left out", len(got.LeftOut), got.Rest.LeftOut, store.MaxMirrorLeftOut},
				{"rogues", len(got.Rogues), got.Rest.Rogues, store.MaxMirrorRogues}, {"warnings", len(got.Warnings), got.Rest.Warnings, store.MaxMirrorWarnings},
			} {
				if l.told+l.rest != c.n || l.told > l.most {
					t.Errorf("%s: %d are told and %d are not, of %d", l.list, l.told, l.rest, c.n)
				}
			}
			if len(got.Places) == 0 || len(got.Steps) == 0 || got.Steps[0].Outcome != store.MirrorFailed {
				t.Errorf("%d places, %d steps", len(got.Places), len(got.Steps))
			}
			steps, held := 0, 0
			for _, n := range got.Counts.Steps {
				steps += n.Count
			}
			for _, n := range got.Counts.Held {
				held += n.Count
			}
			if steps != c.n || held != c.n || len(got.Counts.Steps) > store.MaxMirrorCounts || len(got.Counts.Held) > store.MaxMirrorCounts {
				t.Errorf("%d steps in %d counts, %d held in %d", steps, len(got.Counts.Steps), held, len(got.Counts.Held))
			}
		})
	}
}

// TestAPlanTellsTheWorstFirst and counts by action and outcome, and by kind of rail.
func TestAPlanTellsTheWorstFirst(t *testing.T) {
	docs, now := planned(t)
	p := store.MirrorPlan{At: *now, Kind: "sweep", Holder: "test", Seconds: 1.5, Places: []store.MirrorPlace{{Account: "1"}, {Account: "2", Skipped: "another pass holds it"}}}
	step := func(n int, does, action, outcome string) {
		for range n {
			p.Steps = append(p.Steps, store.MirrorStep{Does: does, Action: action, Outcome: outcome, Object: fmt.Sprint(len(p.Steps))})
		}
	}
	step(2000, store.MirrorCreates, "create_session", store.MirrorDone)
	step(3, store.MirrorDeletes, "delete_session", store.MirrorLeft)
	step(2, store.MirrorCreates, "create_session", store.MirrorFailed)
	p.Held = []store.MirrorHeld{
		{Step: store.MirrorStep{Does: store.MirrorDeletes, Action: "delete_session"}, Rail: "deletes: 26 of at most 25 a pass in a/b"},
		{Step: store.MirrorStep{Does: store.MirrorDeletes, Action: "delete_session"}, Rail: "deletes: 27 of at most 25 a pass in a/b"},
		{Step: store.MirrorStep{Does: store.MirrorDeletes, Action: "delete_session"}, Rail: "failed: nothing is removed here"},
	}
	got := keptPlan(t, docs, p)
	if len(got.Steps) != store.MaxMirrorSteps || got.Rest.Steps != 1005 || got.Rest.Held != 0 {
		t.Errorf("%d steps, rest %+v", len(got.Steps), got.Rest)
	}
	order := ""
	for _, s := range got.Steps[:7] {
		order += s.Outcome + s.Object + " "
	}
	if order != "failed2003 failed2004 left2000 left2001 left2002 done0 done1 " {
		t.Error(order)
	}
	if got.Places[0].Account != "2" || len(got.Places) != 2 {
		t.Errorf("places %+v", got.Places)
	}
	if want := "[{create create_session done 2000} {create create_session failed 2} {delete delete_session left 3}]"; fmt.Sprint(got.Counts.Steps) != want {
		t.Errorf("%v, want %s", got.Counts.Steps, want)
	}
	if want := "[{delete delete_session deletes 2} {delete delete_session failed 1}]"; fmt.Sprint(got.Counts.Held) != want {
		t.Errorf("%v, want %s", got.Counts.Held, want)
	}
}

// TestTheNewestPlan is that which was begun last; of each kind there is one, none outlives a week, and empty lists are lists.
func TestTheNewestPlan(t *testing.T) {
	docs, now := planned(t)
	if _, err := store.NewestMirrorPlan(t.Context(), docs, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	for i, kind := range []string{"look", "sweep", "look", "teardown", "sweep"} {
		*now = now.Add(time.Minute)
		keptPlan(t, docs, store.MirrorPlan{At: *now, Kind: kind, Holder: fmt.Sprint(i)})
	}
	for kind, want := range map[string]string{"": "4", "look": "2", "teardown": "3"} {
		got, err := store.NewestMirrorPlan(t.Context(), docs, kind)
		if err != nil || got.Holder != want {
			t.Errorf("newest %q: %s, %v, want %s", kind, got.Holder, err, want)
		}
	}
	got, err := store.NewestMirrorPlan(t.Context(), docs, "")
	if b, _ := json.Marshal(got); err != nil || strings.Contains(string(b), "null") {
		t.Errorf("%s, %v", b, err)
	}
	*now = now.Add(store.MirrorPlanFor + time.Second)
	if _, err := store.NewestMirrorPlan(t.Context(), docs, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after a week: %v", err)
	}
}
