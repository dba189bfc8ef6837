package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// documents is a store of documents as simple as can be, with the conditions and bounds of the contract.
type documents struct {
	store.Documents // what nobody here asks for

	mu    sync.Mutex
	now   func() time.Time
	all   map[string]store.Document
	fail  error // the next Write fails with it
	calls int
}

func newDocuments(now func() time.Time) *documents {
	return &documents{now: now, all: map[string]store.Document{}}
}

func (d *documents) get(k store.Kind, id string) (store.Document, bool) {
	doc, ok := d.all[string(k)+"\x00"+id]
	return doc, ok && (doc.Expires.IsZero() || d.now().Before(doc.Expires))
}

func (d *documents) Get(_ context.Context, k store.Kind, id string) (store.Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.get(k, id); ok {
		return doc, nil
	}
	return store.Document{}, store.ErrNotFound
}

func (d *documents) List(_ context.Context, k store.Kind, q store.ListQuery) (store.DocumentPage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var p store.DocumentPage
	for key := range d.all {
		id, ok := strings.CutPrefix(key, string(k)+"\x00")
		if doc, there := d.get(k, id); ok && there && strings.HasPrefix(id, q.Prefix) && id > q.Cursor {
			p.Items = append(p.Items, doc)
		}
	}
	slices.SortFunc(p.Items, func(a, b store.Document) int { return strings.Compare(a.ID, b.ID) })
	limit := q.Limit
	if limit == 0 {
		limit = store.MaxPage
	}
	if p.Complete = true; len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = p.Items[limit-1].ID
	}
	return p, nil
}

func (d *documents) Write(_ context.Context, changes []store.Write, _ *store.AuditEntry) ([]store.Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if err := d.fail; err != nil {
		d.fail = nil
		return nil, err
	}
	if len(changes) > store.MaxWrites {
		return nil, errors.New("too many changes")
	}
	seen := map[string]bool{}
	for _, c := range changes {
		have, there := d.get(c.Kind, c.ID)
		switch {
		case seen[string(c.Kind)+c.ID]:
			return nil, errors.New("two changes of one document") // as DynamoDB has it
		case len(c.ID) == 0 || len(c.ID) > store.MaxID || len(c.Body) > store.MaxBody:
			return nil, &store.Invalid{Field: "id", Value: c.ID}
		case c.If > 0 && !there:
			return nil, store.ErrNotFound
		case c.If > 0 && have.Revision != int64(c.If), c.If == store.New && there, c.If == store.Exists && !there:
			return nil, store.ErrConflict
		}
		seen[string(c.Kind)+c.ID] = true
	}
	var out []store.Document
	for _, c := range changes {
		key := string(c.Kind) + "\x00" + c.ID
		if c.Body == nil {
			delete(d.all, key)
			out = append(out, store.Document{Kind: c.Kind, ID: c.ID})
			continue
		}
		have, _ := d.get(c.Kind, c.ID)
		doc := store.Document{Kind: c.Kind, ID: c.ID, Revision: have.Revision + 1, Body: slices.Clone(c.Body), Expires: c.Expires}
		d.all[key] = doc
		out = append(out, doc)
	}
	return out, nil
}

func (d *documents) ids(k store.Kind, prefix string) (list []string) {
	p, _ := d.List(context.Background(), k, store.ListQuery{Prefix: prefix})
	for _, i := range p.Items {
		list = append(list, i.ID)
	}
	return list
}

// clock is a time that the test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// recorder is a channel that writes down what it sends, and fails as it is told.
type recorder struct {
	mu   sync.Mutex
	fail []error // of the next sends, in order
	got  []Message
	each func()
}

func (r *recorder) Send(_ context.Context, _ store.Channel, m Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.each != nil {
		r.each()
	}
	if len(r.fail) > 0 {
		err := r.fail[0]
		r.fail = r.fail[1:]
		if err != nil {
			return err
		}
	}
	r.got = append(r.got, m)
	return nil
}

func (r *recorder) sent() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.got {
		list = append(list, fmt.Sprintf("%s %s %d", m.Rule, m.Reason, m.Count))
	}
	return list
}

// house is a service with all that it needs.
type house struct {
	*Service
	docs  *documents
	clock *clock
	out   *recorder
}

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) // a Monday

func newHouse(t *testing.T, rules ...store.NotificationRule) *house {
	t.Helper()
	h := &house{clock: &clock{at: start}, out: &recorder{}}
	h.docs = newDocuments(h.clock.now)
	for _, r := range rules {
		r.Enabled = true
		if r.Channel.Type == "" {
			r.Channel = store.Channel{Type: TypeWebhook, URL: "https://example.com/hook"}
		}
		if err := Check(r); err != nil {
			t.Fatal(err)
		}
		h.put(t, r)
	}
	h.restart()
	return h
}

func (h *house) put(t *testing.T, r store.NotificationRule) {
	t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.docs.Write(context.Background(), []store.Write{{Kind: store.KindNotificationRule, ID: r.Name, Body: body}}, nil); err != nil {
		t.Fatal(err)
	}
}

// restart is what is there after a crash: the documents, and nothing else.
func (h *house) restart() {
	h.Service = New(Options{
		Documents: h.docs, Channels: map[string]Channel{TypeWebhook: h.out}, Now: h.clock.now, Jitter: func() float64 { return 0 },
		MinDelay: 10 * time.Second, MaxDelay: time.Hour, Attempts: 4,
	})
}

// flush lets time pass, and sends.
func (h *house) flush(t *testing.T, d time.Duration) {
	t.Helper()
	h.clock.pass(d)
	if _, err := h.Flush(context.Background(), h.clock.now()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) handle(t *testing.T, list ...events.Event) {
	t.Helper()
	for _, e := range list {
		if err := h.Handle(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// wants fails unless exactly these messages were sent since the last time, in any order of rules.
func (h *house) wants(t *testing.T, want ...string) {
	t.Helper()
	got := h.out.sent()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("at %s sent %q, want %q", h.clock.now().Format("Mon 15:04:05"), got, want)
	}
	h.out.mu.Lock()
	h.out.got = nil
	h.out.mu.Unlock()
}

// detected is an event of a detection with a score.
func detected(id string, seq int64, typ events.DetailType, score int) events.Event {
	d := &events.Detection{
		ID: id, Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: "Many ports.",
		Risk: events.Risk{Score: score, Band: events.BandOf(score)}, Triage: events.Triage{Status: events.StatusOpen, Revision: seq},
		Start: start, Update: start, Participants: []events.Participant{{Role: "offender", Address: netip.MustParseAddr("10.20.1.66")}},
		Activity: []events.Activity{{Time: start, Score: score}},
	}
	return events.Event{
		ID: fmt.Sprintf("%s-%d", id, seq), DetailType: typ, Source: events.Source, Time: start, Resources: []string{id},
		Detail: events.Detail{Version: 1, Subject: id, Sequence: seq, Detection: d},
	}
}
