package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// many are 45 incidents of one detection each, and one detection that joins them all: its offenders were victims before.
func many() (list []events.Detection, joins events.Detection) {
	joins = by(1000, "lateral", 60, 5*time.Hour, "", "10.9.9.9")
	for host := range 15 {
		who := fmt.Sprintf("10.0.1.%d", host+1)
		joins.Participants = append(joins.Participants, participant("offender", who))
		for n := range 3 {
			list = append(list, by(host*3+n+1, "access", 40, time.Duration(host*3+n)*time.Minute, fmt.Sprintf("203.0.113.%d", host*3+n+1), who))
		}
	}
	return list, joins
}

// TestManyJoinAndFallApart: more incidents than one pass may read or write become one, and fall apart again, step by step and in any order.
func TestManyJoinAndFallApart(t *testing.T) {
	for _, impatient := range []bool{false, true} {
		s := newShelf(t)
		s.impatient = impatient
		list, joins := many()
		for _, d := range list {
			s.take(d)
		}
		apart := s.incidents()
		if len(apart) != 45 {
			t.Fatalf("%d incidents before", len(apart))
		}
		id := s.take(joins)
		joined := s.incidents()
		if len(joined) != 1 || len(joined[id].Members) != 46 || id != ID(list[0].Start, list[0].ID) {
			t.Fatalf("%d incidents, %v", len(joined), membersOf(joined))
		}
		for old := range apart {
			if at := s.follow(old); at != id {
				t.Errorf("%s leads to %s", old, at)
			}
		}
		if in, _, _ := Read(s.docs[incidentKey(id)]); len(in.Aliases) != 44 {
			t.Errorf("%d aliases", len(in.Aliases))
		}
		joins.Revision, joins.Status, joins.Resolution = 2, events.StatusClosed, events.ResolutionFalsePositive
		if at := s.take(joins); at != "" {
			t.Errorf("what was closed as false is in %s", at)
		}
		if x, y := printed(t, s.incidents()), printed(t, apart); x != y {
			t.Fatalf("apart again: %d\n%v\nwas\n%v", len(s.incidents()), membersOf(s.incidents()), membersOf(apart))
		}
		joins.Revision, joins.Status, joins.Resolution = 3, events.StatusOpen, events.ResolutionNone
		s.take(joins)
		if x, y := printed(t, s.incidents()), printed(t, joined); x != y {
			t.Fatalf("joined again: %d\n%v\nwas\n%v", len(s.incidents()), membersOf(s.incidents()), membersOf(joined))
		}
	}
}

// TestUnfinishedIsHealed: where nobody goes on with what a pass left, the passes of other detections of the same devices do.
func TestUnfinishedIsHealed(t *testing.T) {
	s := newShelf(t)
	list, joins := many()
	for _, d := range append(list, joins) {
		r, err := s.look(d)
		if err == nil {
			err = s.write(r.Changes)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.ID == joins.ID && (!r.Unfinished || len(s.incidents()) == 1) {
			t.Fatal("one pass did it all: the test has lost its object")
		}
	}
	for n := range 45 { // news of each of its devices
		d := by(2000+n, "exfil", 50, 6*time.Hour+time.Duration(n)*time.Minute, fmt.Sprintf("10.0.1.%d", n%15+1), "10.9.9.9")
		r, err := s.look(d)
		if err == nil {
			err = s.write(r.Changes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if list := s.incidents(); len(list) != 1 {
		t.Errorf("%d incidents: %v", len(list), membersOf(list))
	}
}

// TestHubs: a name server that everybody misuses, and a gateway that everybody goes through, glue nothing together, in any order.
func TestHubs(t *testing.T) {
	var list []events.Detection
	for n := range 40 { // each client tunnels through the name server, and then floods it
		client := fmt.Sprintf("10.0.2.%d", n+1)
		list = append(list, by(2*n+1, "c2", 50, time.Duration(n)*10*time.Minute, client, "10.0.0.2"))
		list = append(list, by(2*n+2, "impact", 50, time.Duration(n)*10*time.Minute+time.Minute, client, "10.0.0.2"))
	}
	var want string
	for seed := range uint64(4) {
		s := newShelf(t)
		r := rand.New(rand.NewPCG(seed, 1))
		for _, i := range r.Perm(len(list)) {
			s.take(list[i])
		}
		got := membersOf(s.incidents())
		for id, members := range got {
			if len(members) != 2 {
				t.Fatalf("seed %d: %s has %v", seed, id, members)
			}
		}
		if want == "" {
			want = fmt.Sprint(got)
		}
		if fmt.Sprint(got) != want {
			t.Fatalf("seed %d: another partition", seed)
		}
	}
	s := newShelf(t)
	for n := range 60 {
		s.take(by(n+1, "access", 50, time.Duration(n)*10*time.Minute, "10.0.0.1", fmt.Sprintf("10.0.3.%d", n+1)))
	}
	if got := s.incidents(); len(got) != 60 {
		t.Errorf("a gateway's detections make %d incidents of 60", len(got))
	}
}

// TestOldestLeaveQuietly: a device of more than 64 detections keeps the incidents that it had.
func TestOldestLeaveQuietly(t *testing.T) {
	s := newShelf(t)
	for n := range 100 {
		s.take(by(n+1, "access", 50, time.Duration(n)*20*time.Hour, "203.0.113.9", "10.0.0.7"))
	}
	got := s.incidents()
	if len(got) != 1 {
		t.Fatalf("%d incidents: %v", len(got), membersOf(got))
	}
	c, err := readCard(s.docs[partyKey("address/203.0.113.9")])
	if err != nil || len(c.Briefs) != maxBriefs {
		t.Errorf("%d briefs, %v", len(c.Briefs), err)
	}
}

// full gives a shelf with an incident that lacks few detections of its limit, all with much noise; next makes one more.
func full(t *testing.T, lacks int) (s *shelf, next func() events.Detection) {
	s = newShelf(t)
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) string {
		b := make([]rune, n)
		for i := range b {
			b[i] = rune(r.IntN(0x3000) + 0x20)
		}
		return string(b)
	}
	n := 0
	next = func() events.Detection {
		d := by(n+1, "access", 30+n%60, time.Duration(n)*20*time.Hour, "203.0.113.9")
		n++
		d.ID, d.Description = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()), noise(1000)
		for i := range 20 {
			p := participant("victim", fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), i))
			p.Hostname = noise(100)
			d.Participants = append(d.Participants, p)
		}
		return d
	}
	const key = "address/203.0.113.9"
	k := &knot{index: map[string]int{}, went: map[string]string{}}
	l := &ledger{key: key}
	for range maxWoven - lacks {
		d := next()
		k.Members = append(k.Members, memberOf(&d, nil))
		k.id = ID(k.Members[0].Start, k.Members[0].ID)
		b := briefOf(&d, []filing{{key, offender}})
		b.Role, b.Incident = offender, k.id
		l.file(b)
		if n := len(k.Members); n > 1 {
			k.Links = append(k.Links, madeLink{link{k.Members[n-2].ID, d.ID, sameOffender}, key})
		}
	}
	k.Members[0].Written = true
	for i := range l.Briefs {
		l.Briefs[i].Incident = k.id
	}
	l.Links = linksOf(key, l.Briefs)
	k.Summary, k.Shown = k.weave.summary(k.id), true
	a, err := k.change(noon)
	if err == nil {
		err = s.write(a)
	}
	if a, err2 := l.change(noon); err == nil {
		err = errors.Join(err2, s.write(a))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, next
}

// TestMostMembers: an incident names the worst 200, counts the rest, stops growing at its limit, and fits into a document whatever is in it.
func TestMostMembers(t *testing.T) {
	s, next := full(t, 5)
	for range 8 {
		s.take(next())
	}
	for _, doc := range s.docs {
		if len(doc.Body) > 200<<10 {
			t.Errorf("%s has %d bytes", doc.ID, len(doc.Body))
		}
	}
	list := s.incidents()
	var first events.Incident
	for _, in := range list {
		if len(in.Members) > len(first.Members) {
			first = in
		}
	}
	if len(list) != 2 || len(first.Members) != events.MaxMembers || first.Left != maxWoven-events.MaxMembers {
		t.Errorf("%d incidents; %d members, %d left", len(list), len(first.Members), first.Left)
	}
	if !slices.IsSortedFunc(first.Members, func(a, b events.IncidentMember) int { return a.Start.Compare(b.Start) }) {
		t.Error("members are not by start")
	}
	if len(first.Victims) > 32 || len(first.Links) > maxShownLinks || len(first.Timeline) > events.MaxMembers+maxShownCalls {
		t.Errorf("%d victims, %d links, %d entries", len(first.Victims), len(first.Links), len(first.Timeline))
	}
	if b, _ := json.Marshal(first); len(b) > 1<<20 {
		t.Errorf("as JSON it has %d bytes", len(b))
	}
}

// BenchmarkFull is a pass over a detection that joins an incident of 499, of its own time.
func BenchmarkFull(b *testing.B) {
	t := &testing.T{}
	s, next := full(t, 1)
	d := next()
	b.ResetTimer()
	for b.Loop() {
		if r, err := s.look(d); err != nil || len(r.Changes) == 0 {
			b.Fatalf("%v, %d changes", err, len(r.Changes))
		}
	}
}

// BenchmarkUsual is a pass over a detection that joins one of three.
func BenchmarkUsual(b *testing.B) {
	s := newShelf(b)
	for n := range 3 {
		s.take(by(n+1, "access", 50, time.Duration(n)*time.Minute, "203.0.113.9", "10.0.0.7"))
	}
	d := by(9, "c2", 50, time.Hour, "203.0.113.9", "10.0.0.7")
	b.ResetTimer()
	for b.Loop() {
		if r, err := s.look(d); err != nil || len(r.Changes) == 0 {
			b.Fatalf("%v, %d changes", err, len(r.Changes))
		}
	}
}

// TestTwoAtOnce: of two passes that read the same the second is refused, and does well when it looks again.
func TestTwoAtOnce(t *testing.T) {
	s := newShelf(t)
	one, other := by(1, "access", 50, 0, "203.0.113.9", "10.0.0.7"), by(2, "c2", 50, time.Minute, "203.0.113.9", "10.0.0.7")
	a, err := s.look(one)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.look(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(a.Changes); err != nil {
		t.Fatal(err)
	}
	if err := s.write(b.Changes); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("the second was let through: %v", err)
	}
	s.take(other)
	if list := s.incidents(); len(list) != 1 {
		t.Errorf("%d incidents", len(list))
	}
}

// TestDocumentsThatMakeNoSense are told of, and bring nothing down.
func TestDocumentsThatMakeNoSense(t *testing.T) {
	s := newShelf(t)
	d := by(1, "access", 50, 0, "203.0.113.9", "10.0.0.7")
	id := s.take(d)
	good := s.docs[incidentKey(id)]
	for _, body := range []string{``, `null`, `[]`, `{"woven":"AAAA"}`, `{"woven":3}`, `{"summary":[]}`, `{"woven":"` + strings.Repeat("H4sI", 100) + `"}`} {
		doc := good
		doc.Body = json.RawMessage(body)
		s.docs[incidentKey(id)] = doc
		if _, err := s.look(d); err == nil && body != "null" {
			t.Errorf("%q was taken", body)
		}
		if _, _, err := Read(doc); err == nil && body != "null" {
			t.Errorf("%q was read", body)
		}
	}
	s.docs[incidentKey(id)] = good
	party := s.docs[partyKey("address/203.0.113.9")]
	party.Body = json.RawMessage(`{"briefs":{}}`)
	s.docs[partyKey("address/203.0.113.9")] = party
	if _, err := s.look(d); err == nil || !strings.Contains(err.Error(), "203.0.113.9") {
		t.Errorf("a broken party: %v", err)
	}
	raw, err := pack([]byte(`{"members":[],"links":[[0,1,0,0]]}`))
	if err != nil {
		t.Fatal(err)
	}
	doc := good
	doc.Body, _ = json.Marshal(sheet{Woven: raw})
	if _, _, err := Read(doc); err == nil {
		t.Error("a link that points at nothing was read")
	}
	if raw, err = pack(make([]byte, maxUnpacked+1)); err != nil {
		t.Fatal(err)
	}
	doc.Body, _ = json.Marshal(sheet{Woven: raw})
	if _, _, err := Read(doc); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a bomb was unfolded: %v", err)
	}
}

// TestUnaskedIsNeeded: what nobody asked for is never taken for what is not there.
func TestUnaskedIsNeeded(t *testing.T) {
	s := newShelf(t)
	d := by(1, "access", 50, 0, "203.0.113.9", "10.0.0.7")
	id := s.take(d)
	d.Revision, d.Risk.Score = 2, 70
	docs := map[store.DocumentKey]store.Document{}
	need := func(want ...store.DocumentKey) {
		t.Helper()
		r, err := Chain(&d, nil, docs, noon)
		if err != nil || !r.Unfinished || !slices.Equal(r.Need, want) {
			t.Fatalf("%+v, %v; want %v", r, err, want)
		}
		for _, w := range r.Changes {
			if w.Kind == store.KindIncident {
				t.Errorf("%s is written unread", w.ID)
			}
		}
		s.read(docs, r.Need)
	}
	need(Keys(&d)...)
	need(incidentKey(id))
	r, err := Chain(&d, nil, docs, noon)
	if err != nil || r.Unfinished || r.Incident != id {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := s.write(r.Changes); err != nil {
		t.Fatal(err)
	}
	if list := s.incidents(); len(list) != 1 || list[id].Members[0].Score != 70 {
		t.Errorf("%+v", list)
	}
}
