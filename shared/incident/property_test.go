package incident

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// versions draws a detection as it becomes: with more participants, other scores, closed and opened again.
func versions(t *rapid.T, n, hosts, minutes int) []events.Detection {
	host := func(label string) string {
		i := rapid.IntRange(0, hosts-1).Draw(t, label)
		if i%3 == 2 {
			return fmt.Sprintf("198.51.100.%d", i+1)
		}
		return fmt.Sprintf("10.0.0.%d", i+1)
	}
	kind := rapid.SampledFrom([]string{"recon", "access", "c2", "lateral", "exfil", "impact", "hygiene"}).Draw(t, "kind")
	score := rapid.SampledFrom([]int{10, 20, 40, 65, 90}).Draw(t, "score")
	d := by(n, kind, score, time.Duration(rapid.IntRange(0, minutes).Draw(t, "minute"))*time.Minute, host("who"), host("whom"))
	list := []events.Detection{d}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		d.Participants = slices.Clone(d.Participants)
		d.Revision++
		switch rapid.IntRange(0, 5).Draw(t, "change") {
		case 0:
			for range rapid.IntRange(1, 12).Draw(t, "victims") {
				d.Participants = append(d.Participants, participant("victim", host("victim")))
			}
		case 1:
			d.Participants = append(d.Participants, participant("offender", host("offender")))
		case 2:
			d.Update = d.Update.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "later")) * time.Minute)
		case 3:
			d.Status, d.Resolution = events.StatusClosed, events.ResolutionFalsePositive
		case 4:
			d.Status, d.Resolution = events.StatusOpen, events.ResolutionNone
			d.Risk.Score = rapid.SampledFrom([]int{15, 45, 70}).Draw(t, "other score")
		case 5:
			d.Start = d.Start.Add(-time.Minute)
		}
		list = append(list, d)
	}
	return list
}

// expected works the partition out from the whole set at once.
func expected(final []events.Detection) [][]string {
	byKey := map[string][]brief{}
	w := &work{members: map[string]*member{}, links: map[madeLink]bool{}}
	for i := range final {
		d := &final[i]
		filed := filings(d)
		b := briefOf(d, filed)
		if b.Out {
			continue
		}
		m := memberOf(d, nil)
		w.members[d.ID] = &m
		for _, f := range filed {
			b.Role = f.role
			byKey[f.key] = append(byKey[f.key], b)
		}
	}
	for key, list := range byKey {
		slices.SortFunc(list, func(a, b brief) int { return byStart(&a, &b) })
		for _, l := range linksOf(key, list) {
			w.links[madeLink{l, key}] = true
		}
	}
	var out [][]string
	for _, p := range w.split() {
		if !p.shown() {
			continue
		}
		var ids []string
		for i := range p.Members {
			ids = append(ids, p.Members[i].ID)
		}
		out = append(out, ids)
	}
	return out
}

// TestOrderDoesNotMatter: whatever order detections and their changes come in, late and again, the incidents are the same in the end,
// and they are what the rules make of the whole set at once.
func TestOrderDoesNotMatter(t *testing.T) {
	most := 40
	if testing.Short() {
		most = 10
	}
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SampledFrom([]int{3, 6, 12, 40}).Draw(t, "hosts")
		minutes := rapid.SampledFrom([]int{60, 60 * 24, 60 * 24 * 14}).Draw(t, "minutes")
		var inputs, final []events.Detection
		for n := range rapid.IntRange(1, most).Draw(t, "detections") {
			list := versions(t, n+1, hosts, minutes)
			inputs = append(inputs, list...)
			final = append(final, list[len(list)-1])
		}
		one, other := newShelf(t), newShelf(t)
		other.impatient = true
		for _, d := range inputs {
			one.take(d)
			if r, err := one.look(d); one.latest[d.ID] == d.Revision && (err != nil || len(r.Changes) > 0) {
				t.Fatalf("redelivered: %v, %d changes", err, len(r.Changes))
			}
		}
		shuffled := rapid.Permutation(append(slices.Clone(inputs), inputs[:rapid.IntRange(0, len(inputs)).Draw(t, "again")]...)).Draw(t, "order")
		for _, d := range shuffled {
			other.take(d)
		}
		a, b := one.incidents(), other.incidents()
		if x, y := printed(t, a), printed(t, b); x != y {
			t.Fatalf("in order:\n%v\nshuffled:\n%v", membersOf(a), membersOf(b))
		}
		want := expected(final)
		got := slices.Collect(maps.Values(membersOf(a)))
		order := func(x, y []string) int { return slices.Compare(x, y) }
		slices.SortFunc(want, order)
		slices.SortFunc(got, order)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
		for k := range other.docs {
			if k.Kind == store.KindIncident && other.follow(k.ID) == "a circle" {
				t.Fatalf("%s leads in a circle", k.ID)
			}
		}
		quiet(t, one, final, a)
	})
}

// quiet fails where what is known already changes anything when it comes again, but for where parties' documents look for old incidents.
func quiet(t *rapid.T, s *shelf, final []events.Detection, was map[string]events.Incident) {
	t.Helper()
	for range 4 {
		before := s.writes
		for _, d := range final {
			s.take(d)
		}
		if x, y := printed(t, s.incidents()), printed(t, was); x != y {
			t.Fatalf("after the same again:\n%s\nwas\n%s", x, y)
		}
		if s.writes == before {
			return
		}
	}
	t.Fatalf("what is known is written again and again")
}
