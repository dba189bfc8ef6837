package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// noon is when every test begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fataler is what testing.T and rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// shelf keeps documents as a store does, and fails on what a store would refuse.
type shelf struct {
	t         fataler
	docs      map[store.DocumentKey]store.Document
	passes    int
	writes    int
	impatient bool             // reads what a pass needs at once
	latest    map[string]int64 // revisions that the store of detections has
}

func newShelf(t fataler) *shelf {
	return &shelf{t: t, docs: map[store.DocumentKey]store.Document{}, latest: map[string]int64{}}
}

func (s *shelf) read(into map[store.DocumentKey]store.Document, keys []store.DocumentKey) {
	s.t.Helper()
	if err := store.CheckKeys(keys); err != nil {
		s.t.Fatalf("%v", err)
	}
	for _, k := range keys {
		if d, ok := s.docs[k]; ok {
			into[k] = d
		}
	}
	Asked(into, keys)
}

// look is one pass that reads and works out, and does not write.
func (s *shelf) look(d events.Detection, calls ...events.ContextCall) (Result, error) {
	s.t.Helper()
	docs := map[store.DocumentKey]store.Document{}
	keys := Keys(&d)
	if len(keys) > MaxParties {
		s.t.Fatalf("%d parties", len(keys))
	}
	s.read(docs, keys)
	more, err := More(&d, docs)
	if err != nil {
		return Result{}, err
	}
	if len(more) > MaxMore {
		s.t.Fatalf("More names %d", len(more))
	}
	s.read(docs, more)
	r, err := Chain(&d, calls, docs, noon)
	for n := 0; err == nil && s.impatient && len(r.Need) > 0; n++ {
		if n > 50 {
			s.t.Fatalf("needs ever more: %v", r.Need)
		}
		for _, k := range r.Need {
			if docs[k] = s.docs[k]; docs[k].Revision == 0 {
				docs[k] = store.Document{Kind: k.Kind, ID: k.ID}
			}
		}
		r, err = Chain(&d, calls, docs, noon)
	}
	return r, err
}

// write does what a store does with changes.
func (s *shelf) write(changes []store.Write) error {
	s.t.Helper()
	if len(changes) > MaxChanges {
		s.t.Fatalf("%d changes", len(changes))
	}
	if err := store.CheckEnrichWrites(changes); err != nil {
		s.t.Fatalf("%v", err)
	}
	for _, w := range changes {
		have := s.docs[store.DocumentKey{Kind: w.Kind, ID: w.ID}]
		if w.If == store.New && have.Revision != 0 || w.If > 0 && have.Revision != int64(w.If) {
			return fmt.Errorf("%s: %w", w.ID, store.ErrConflict)
		}
		if w.If != store.New && w.If <= 0 {
			s.t.Fatalf("%s is written without a condition", w.ID)
		}
	}
	for _, w := range changes {
		k := store.DocumentKey{Kind: w.Kind, ID: w.ID}
		s.docs[k] = store.Document{Kind: w.Kind, ID: w.ID, Revision: s.docs[k].Revision + 1, Body: w.Body, Expires: w.Expires}
		s.writes++
	}
	return nil
}

// take makes passes over a detection until there is no more to do.
func (s *shelf) take(d events.Detection, calls ...events.ContextCall) string {
	s.t.Helper()
	if s.latest[d.ID] > d.Revision {
		return "" // the store would refuse the context
	}
	s.latest[d.ID] = d.Revision
	for n := 0; ; n++ {
		s.passes++
		r, err := s.look(d, calls...)
		if errors.Is(err, store.ErrConflict) {
			return ""
		}
		if err == nil {
			err = s.write(r.Changes)
		}
		if err != nil {
			s.t.Fatalf("%v", err)
		}
		if !r.Unfinished {
			return r.Incident
		}
		if n > 200 {
			s.t.Fatalf("%s is never finished: %v", d.ID, r.Need)
		}
	}
}

// incidents gives what is shown, whole, without what depends on how it came about.
func (s *shelf) incidents() map[string]events.Incident {
	s.t.Helper()
	out := map[string]events.Incident{}
	for k, doc := range s.docs {
		if k.Kind != store.KindIncident {
			continue
		}
		in, shown, err := Read(doc)
		if err != nil {
			s.t.Fatalf("%v", err)
		}
		brief, listed, err := Summary(doc)
		if err != nil || listed != shown || shown && (brief.Title != in.Title || brief.ID != in.ID || brief.Detections != len(in.Members)+in.Left) {
			s.t.Fatalf("summary %+v (%v) of %+v (%v): %v", brief, listed, in, shown, err)
		}
		if shown {
			in.Aliases, in.Revision = nil, 0
			out[in.ID] = in
		}
	}
	return out
}

// follow gives where the story of an old id went on.
func (s *shelf) follow(id string) string {
	for range 32 {
		in, shown, err := Read(s.docs[incidentKey(id)])
		if err != nil {
			s.t.Fatalf("%v", err)
		}
		if shown || in.MergedInto == "" {
			return id
		}
		id = in.MergedInto
	}
	return "a circle"
}

func printed(t fataler, v any) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b)
}

// membersOf lists the members of each incident.
func membersOf(list map[string]events.Incident) map[string][]string {
	out := map[string][]string{}
	for id, in := range list {
		for _, m := range in.Members {
			out[id] = append(out[id], m.ID)
		}
	}
	return out
}

// by makes a detection: its number, its kind ("access", "recon", ...), its score, how long after noon, who against whom. Addresses of
// 10.0.0.0/8 are inside.
func by(n int, kind string, score int, after time.Duration, who string, whom ...string) events.Detection {
	start := noon.Add(after)
	end := start.Add(time.Minute)
	d := events.Detection{
		ID: fmt.Sprintf("%032x", n), Type: kind + ".test", Title: titles[kind], Category: kind, Description: fmt.Sprintf("Number %d was seen.", n),
		Risk: events.Risk{Score: score, Band: events.BandOf(score)}, Triage: events.Triage{Status: events.StatusOpen, Revision: 1},
		Start: start, Update: end, End: &end, Tactics: []string{tactics[kind]}, Techniques: []string{"T1000"},
	}
	if who != "" {
		d.Participants = append(d.Participants, participant("offender", who))
	}
	for _, w := range whom {
		d.Participants = append(d.Participants, participant("victim", w))
	}
	return d
}

var titles = map[string]string{"recon": "Port scan", "access": "SSH brute force", "c2": "Beaconing", "lateral": "Remote execution", "exfil": "Outbound volume", "impact": "Flood", "hygiene": "Weak cipher"}
var tactics = map[string]string{"recon": "TA0043", "access": "TA0006", "c2": "TA0011", "lateral": "TA0008", "exfil": "TA0010", "impact": "TA0040"}

func participant(role, who string) events.Participant {
	a := netip.MustParseAddr(who)
	p := events.Participant{Role: role, Address: a, External: !a.IsPrivate()}
	if p.Device = who; !p.External {
		p.Device = "vpc-1/" + who
	}
	return p
}

var _ fataler = (*testing.T)(nil)
