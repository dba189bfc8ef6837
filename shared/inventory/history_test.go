package inventory

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestKeys: offenders come first, what tells most comes first, and there are never more than one call reads.
func TestKeys(t *testing.T) {
	d := &events.Detection{Participants: []events.Participant{
		{Role: "victim", VPC: "vpc-1", Address: addr("10.0.0.2"), Interface: "eni-2"},
		{Role: "offender", Address: addr("10.0.0.1")}, {Role: "offender", Address: addr("203.0.113.1"), External: true}, {Role: "victim", Instance: "i-3"},
		{Role: "victim", Address: addr("2001:db8::1"), VPC: "a b"},
	}}
	want := "seen ip/-/10.0.0.1 pub/203.0.113.1 eni/eni-2 i/i-3 ip/-/203.0.113.1 ip/vpc-1/10.0.0.2 nat/vpc-1"
	var ids []string
	for _, k := range Keys(d) {
		ids = append(ids, k.ID)
	}
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("keys are %s, want %s", got, want)
	}
	for n := range 500 {
		d.Participants = append(d.Participants, events.Participant{Role: "offender", VPC: fmt.Sprint("vpc-", n), Address: addr(fmt.Sprintf("52.0.%d.%d", n/256, n%256)), Interface: fmt.Sprint("eni-", n), Instance: "i-1"})
	}
	keys := Keys(d)
	if len(keys) != MaxKeys {
		t.Errorf("%d keys", len(keys))
	}
	if err := store.CheckKeys(keys); err != nil {
		t.Error(err)
	}
}

// TestDamagedDocuments: what cannot be read is named, the rest is used, and the next observation mends it.
func TestDamagedDocuments(t *testing.T) {
	w := newWorld(t)
	a := held(1, noon().Add(-time.Hour), "10.0.0.5")
	w.all(a)
	for _, id := range []string{"i/i-1", "eni/eni-1", "seen", indexKey(account, region, shardOf("eni-1")).ID} {
		_, err := w.docs.Documents.Write(t.Context(), []store.Write{{Kind: store.KindHolding, ID: id, Body: json.RawMessage(`["damaged"]`)}}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	d := &events.Detection{Start: noon(), Participants: []events.Participant{{VPC: "vpc-1", Address: addr("10.0.0.5"), Interface: "eni-1", Instance: "i-1"}}}
	docs, err := w.docs.GetMany(t.Context(), Keys(d)...)
	if err != nil {
		t.Fatal(err)
	}
	docs[store.DocumentKey{Kind: store.KindTrail, ID: "i/i-1"}] = store.Document{Body: json.RawMessage("7")}
	h, err := Read(docs)
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), "inventory document i/i-1:") || !strings.Contains(err.Error(), "document seen:") {
		t.Errorf("%v", err)
	}
	if v, ok := h.Of(&d.Participants[0], noon()); !ok || v.Name != "web-1" {
		t.Errorf("by its address it is %+v", v)
	}
	w.now = w.now.Add(time.Minute)
	w.all(a)
	if _, err := Read(must(w.docs.GetMany(t.Context(), Keys(d)...))(t)); err != nil {
		t.Errorf("after the next look: %v", err)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestThrough: it is known until when a place was seen whole.
func TestThrough(t *testing.T) {
	w := newWorld(t)
	d := &events.Detection{Start: noon()}
	if h := w.history(d); !h.Through().IsZero() || !h.ThroughOf(account, region).IsZero() {
		t.Errorf("of nothing it is known through %s", h.Through())
	}
	w.keep(Observation{Interfaces: []string{"eni-1"}, Seen: []events.Holding{held(1, noon(), "10.0.0.5")}})
	if h := w.history(d); !h.ThroughOf(account, region).IsZero() {
		t.Errorf("a look in part is through %s", h.ThroughOf(account, region))
	}
	w.all(held(1, noon(), "10.0.0.5"))
	first := w.now
	w.now = first.Add(markEvery - time.Second)
	w.all(held(1, noon(), "10.0.0.5"))
	if h := w.history(d); !h.Through().Equal(first) || !h.ThroughOf(account, region).Equal(first) {
		t.Errorf("it is known through %s, want %s", h.Through(), first)
	}
	w.now = first.Add(markEvery)
	w.all(held(1, noon(), "10.0.0.5"))
	if h := w.history(d); !h.ThroughOf(account, region).Equal(w.now) {
		t.Errorf("it is known through %s, want %s", h.Through(), w.now)
	}
}

// TestLimits reaches those that only a very large estate does.
func TestLimits(t *testing.T) {
	k := &keeper{want: map[string]string{"eni-new": "d"}}
	full := map[string]string{}
	for n := range maxShard {
		full[fmt.Sprint("eni-", n)] = "d"
	}
	if k.update(full, []string{"eni-new"}, true) || k.left != 1 || len(full) != maxShard {
		t.Errorf("a full shard took one more: %d left, %d held", k.left, len(full))
	}
	if body, err := json.Marshal(index{full}); err != nil || len(body) > store.MaxBody/2 {
		t.Errorf("a full shard has %d bytes, %v", len(body), err)
	}
	m := &Memory{}
	for n := range MaxRemembered/maxShard + 5 {
		m.learn("a", n, full, noon())
	}
	if m.held != MaxRemembered || len(m.recall("a", noon())) != MaxRemembered/maxShard {
		t.Errorf("%d interfaces are remembered", m.held)
	}
	m.learn("a", 0, nil, noon())
	if m.held != MaxRemembered-maxShard {
		t.Errorf("%d interfaces are remembered after %d were forgotten", m.held, maxShard)
	}
	for n := range maxPlaces + 5 {
		m.marked(fmt.Sprint(n), noon())
	}
	if len(m.places) > maxPlaces {
		t.Errorf("%d places are remembered", len(m.places))
	}
	all := marks{Places: map[string]time.Time{}}
	for n := range maxPlaces + 5 {
		all.Places[fmt.Sprint(n)] = noon().Add(time.Duration(n) * time.Second)
	}
	if all.trim(); len(all.Places) != maxPlaces || !all.Places["4"].IsZero() || all.Places["5"].IsZero() {
		t.Errorf("%d places are marked", len(all.Places))
	}
	w := newWorld(t)
	var gateways []events.Holding
	for n := range 2 * MaxGateways {
		g := held(n, noon(), fmt.Sprint("10.0.9.", n))
		g.Instance, g.Requester = "", RequesterNAT
		gateways = append(gateways, g)
	}
	w.all(gateways...)
	if p, err := read(must(w.docs.Get(t.Context(), store.KindHolding, "nat/vpc-1"))(t)); err != nil || len(p.Versions) != MaxGateways {
		t.Errorf("%d gateways are kept, %v", len(p.Versions), err)
	}
	many := strings.Repeat(`{"instance":"i-1"}`+"\n", 30)
	if list, err := readFile(strings.NewReader(many), "x", MaxFile, 20); err == nil || len(list) != 1 || !strings.Contains(err.Error(), "more than 20 holdings") {
		t.Errorf("of too many holdings %d are read, %v", len(list), err)
	}
	if _, err := readFile(strings.NewReader(many), "x", 100, 20); err == nil || !strings.Contains(err.Error(), "larger than 100 bytes") {
		t.Errorf("of too many bytes: %v", err)
	}
	large := held(1, noon(), "10.0.0.1")
	for n := range 200 {
		large.Addresses = append(large.Addresses, netip.AddrFrom4([4]byte{10, 1, 0, byte(n)}))
		large.Groups = append(large.Groups, fmt.Sprint("sg-", n))
	}
	if b := bounded(large); len(b.Addresses) != maxAddresses || len(b.Groups) != maxGroups || b.Addresses[0] != addr("10.0.0.1") {
		t.Errorf("a large one has %d addresses and %d groups", len(b.Addresses), len(b.Groups))
	}
}
