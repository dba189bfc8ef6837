package incident_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/incident/incidenttest"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// attack is one of many: each attacker on a host of its own, an hour after the other.
func attack(n, score int) events.Detection {
	start := noon.Add(time.Duration(n) * time.Hour)
	return events.Detection{
		ID: fmt.Sprintf("%032x", n+1), Type: "access.ssh_brute_force", Title: "SSH brute force", Category: "access", Description: fmt.Sprintf("%d tries.", n),
		Risk: events.Risk{Score: score, Band: events.BandOf(score)}, Triage: events.Triage{Status: events.StatusOpen}, Start: start, Update: start.Add(time.Minute),
		Participants: []events.Participant{
			{Role: "offender", Address: netip.AddrFrom4([4]byte{203, 0, byte(n / 200), byte(n % 200)}), External: true},
			{Role: "victim", Address: netip.AddrFrom4([4]byte{10, 0, byte(n / 200), byte(n % 200)}), Hostname: fmt.Sprintf("web-%d", n), Device: fmt.Sprintf("vpc-1/10.0.%d.%d", n/200, n%200)},
		},
	}
}

// filled is a store of incidents of one detection each; the scores go up and down.
func filled(t *testing.T, s *store.Store, n int) {
	t.Helper()
	var ids []string
	for i := range n {
		d := attack(i, 20+i*7%80)
		if _, err := s.Detections.Put(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	if _, err := incidenttest.Chain(t.Context(), s, noon, ids...); err != nil {
		t.Fatal(err)
	}
}

// all walks every page.
func all(t *testing.T, s *store.Store, q incident.Query) (list []events.IncidentSummary) {
	t.Helper()
	for pages := 0; ; pages++ {
		p, err := incident.List(t.Context(), s.Documents, q)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, p.Items...); p.Next == "" {
			return list
		}
		if q.Cursor = p.Next; pages > 1000 {
			t.Fatal("pages without end")
		}
	}
}

// TestList walks through pages of both orders, of two stores, by all that can be asked for.
func TestList(t *testing.T) {
	lite, err := sqlite.Open(t.Context(), sqlite.Options{Folder: t.TempDir(), Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	for name, s := range map[string]*store.Store{"memory": memory.New(memory.Options{Now: func() time.Time { return noon }}), "sqlite": lite} {
		const n = 60
		filled(t, s, n)
		low := 0
		for i := range n {
			if 20+i*7%80 < 30 {
				low++
			}
		}
		for _, limit := range []int{1, 7, 1000} {
			newest := all(t, s, incident.Query{Limit: limit})
			if len(newest) != n-low {
				t.Errorf("%s: %d incidents by %d, want %d", name, len(newest), limit, n-low)
			}
			for i := 1; i < len(newest); i++ {
				if newest[i].Start.After(newest[i-1].Start) {
					t.Errorf("%s: %s comes after %s", name, newest[i].Start, newest[i-1].Start)
				}
			}
			worst := all(t, s, incident.Query{Limit: limit, Worst: true})
			for i := 1; i < len(worst); i++ {
				if worst[i].Score > worst[i-1].Score || worst[i].Score == worst[i-1].Score && worst[i].ID < worst[i-1].ID {
					t.Errorf("%s: %d after %d", name, worst[i].Score, worst[i-1].Score)
				}
			}
			if len(worst) != len(newest) {
				t.Errorf("%s: %d worst and %d newest", name, len(worst), len(newest))
			}
		}
		asks(t, s)
	}
}

func asks(t *testing.T, s *store.Store) {
	t.Helper()
	at := func(h int) *time.Time { v := noon.Add(time.Duration(h) * time.Hour); return &v }
	for _, one := range []struct {
		what string
		q    incident.Query
		want int
	}{
		{"from and to", incident.Query{From: at(2), To: at(5)}, 3},
		{"to", incident.Query{To: at(4)}, 2}, // the first two are low
		{"score", incident.Query{MinScore: 97}, 3},
		{"band", incident.Query{Bands: []events.Band{"critical"}, From: at(0), To: at(11)}, 2},
		{"address", incident.Query{Participant: &store.ParticipantFilter{Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.0.8/31")}}}, 2},
		{"device", incident.Query{Participant: &store.ParticipantFilter{Devices: []string{"vpc-1/10.0.0.9"}}}, 1},
		{"host", incident.Query{Participant: &store.ParticipantFilter{Hostnames: []string{"WEB-9"}}}, 1},
		{"text", incident.Query{Text: "Web-5"}, 10}, // web-5 and web-50 to web-59, of which one is low
		{"nothing", incident.Query{Text: "no such thing"}, 0},
		{"instance", incident.Query{Participant: &store.ParticipantFilter{Instances: []string{"i-1"}}}, 0},
	} {
		if got := all(t, s, one.q); len(got) != one.want {
			t.Errorf("%s: %d incidents, want %d", one.what, len(got), one.want)
		}
		one.q.Worst, one.q.Limit = true, 2
		if got := all(t, s, one.q); len(got) != one.want {
			t.Errorf("%s, worst first: %d incidents, want %d", one.what, len(got), one.want)
		}
	}
	p, err := incident.List(t.Context(), s.Documents, incident.Query{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []incident.Query{{Limit: 2, Cursor: p.Next, MinScore: 5}, {Cursor: "x"}, {Limit: -1}, {MinScore: 100}, {Bands: []events.Band{"odd"}}, {Text: "x"}} {
		if _, err := incident.List(t.Context(), s.Documents, q); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestGet: an old id gives what it became, and what is over or was none is not found.
func TestGet(t *testing.T) {
	s := memory.New(memory.Options{Now: func() time.Time { return noon }})
	ctx := context.Background()
	a, b, c, low := attack(0, 50), attack(1, 60), attack(2, 70), attack(3, 10)
	c.Participants = []events.Participant{a.Participants[1], b.Participants[1]}
	c.Participants[0].Role, c.Participants[1].Role = "offender", "offender"
	if _, err := s.Detections.Put(ctx, a, b, c, low); err != nil {
		t.Fatal(err)
	}
	first, err := incidenttest.Chain(ctx, s, noon, a.ID, b.ID, low.ID)
	if err != nil || first[a.ID] == first[b.ID] || first[low.ID] != "" {
		t.Fatalf("%v, %v", first, err)
	}
	then, err := incidenttest.Chain(ctx, s, noon, c.ID)
	if err != nil || then[c.ID] != first[a.ID] {
		t.Fatalf("%v, %v", then, err)
	}
	in, err := incident.Get(ctx, s.Documents, first[b.ID])
	if err != nil || in.ID != first[a.ID] || len(in.Members) != 3 || len(in.Aliases) != 1 || in.Aliases[0] != first[b.ID] {
		t.Errorf("%+v, %v", in, err)
	}
	for _, id := range []string{incident.ID(low.Start, low.ID), "none"} {
		if _, err := incident.Get(ctx, s.Documents, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	closed, benign := events.StatusClosed, events.ResolutionBenign
	for _, id := range []string{a.ID, b.ID, c.ID} {
		if _, err := s.Detections.Update(ctx, id, store.TriageChange{Status: &closed, Resolution: &benign}, store.Actor{Name: "mona"}); err != nil {
			t.Fatal(err)
		}
		if _, err := incidenttest.Chain(ctx, s, noon, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range first {
		if _, err := incident.Get(ctx, s.Documents, id); id != "" && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if got := all(t, s, incident.Query{}); len(got) != 0 {
		t.Errorf("what is closed as benign is an incident: %+v", got)
	}
}
