package incident

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Query asks for a page of incidents. What is empty says nothing; of what is not all must hold; of a list's values any may.
type Query struct {
	From, To    *time.Time // started in [From, To)
	MinScore    int        // 0 to 99
	Bands       []events.Band
	Participant *store.ParticipantFilter // one offender or victim meets it: devices, addresses, instances, host names
	Text        string                   // in the title, the description or the names, whatever the case; at least store.MinText bytes
	Worst       bool                     // worst first, newest among equals; else newest first
	Limit       int                      // 1 to store.MaxPage; 0: store.DefaultPage
	Cursor      string                   `json:"-"`
}

// Page is a page of incidents.
type Page struct {
	store.Page
	Items []events.IncidentSummary
}

// How many documents one question looks at. Newest first, the cursor goes on from there; worst first, what is beyond is told to be missing.
const (
	mostLooked = 2000
	mostSorted = 5000
	lookAt     = 200 // documents at once
	maxRead    = 16  // documents from an old id to where its story went on
)

// cursor is where a page ended.
type cursor struct {
	Query string `json:"q"`           // a hash of it: it must be as it was
	Store string `json:"c,omitempty"` // the store's cursor of the page that the last item stood on
	After string `json:"a"`           // its id
	Score int    `json:"s,omitempty"` // its score
}

// List gives a page of incidents. Unlike Chain it reads a store.
func List(ctx context.Context, docs store.Documents, q Query) (Page, error) {
	at, err := q.check()
	if err != nil {
		return Page{}, err
	}
	if q.Worst {
		return q.worst(ctx, docs, at)
	}
	return q.newest(ctx, docs, at)
}

// check says what makes no sense in a query, and reads its cursor.
func (q *Query) check() (cursor, error) {
	if err := store.CheckLimit(q.Limit, store.MaxPage); err != nil {
		return cursor{}, err
	}
	if q.Limit == 0 {
		q.Limit = store.DefaultPage
	}
	f := store.DetectionFilter{From: q.From, To: q.To, MinScore: q.MinScore, Bands: q.Bands, Text: q.Text, Participant: q.Participant}
	if err := f.Validate(); err != nil {
		return cursor{}, err
	}
	c := cursor{Query: q.hash()}
	if q.Cursor == "" {
		return c, nil
	}
	var given cursor
	b, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || json.Unmarshal(b, &given) != nil || given.Query != c.Query {
		return c, store.BadCursor(q.Cursor)
	}
	return given, nil
}

func (q *Query) hash() string {
	b, err := json.Marshal(q)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (c cursor) text() string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// walk shows documents of incidents from a cursor of the store on, the newest first, with the cursor of the page that each stands on, until
// see says to stop. It gives where to go on; "" is the end.
func (q *Query) walk(ctx context.Context, docs store.Documents, from string, see func(d *store.Document, on string) bool) (next string, err error) {
	list := store.ListQuery{Limit: lookAt, Cursor: from}
	if q.From != nil && q.To != nil && q.From.Before(*q.To) {
		list.Prefix = Prefix(*q.From, *q.To)
	}
	for {
		page, err := docs.List(ctx, store.KindIncident, list)
		if err != nil {
			return "", fmt.Errorf("list incidents: %w", err)
		}
		for i := range page.Items {
			d := &page.Items[i]
			if at, ok := Started(d.ID); ok && q.From != nil && at.Before(q.From.Truncate(time.Second)) {
				return "", nil
			}
			if !see(d, list.Cursor) {
				return page.Next, nil
			}
		}
		if list.Cursor = page.Next; list.Cursor == "" {
			return "", nil
		}
	}
}

func (q *Query) newest(ctx context.Context, docs store.Documents, at cursor) (p Page, err error) {
	p.Page = store.Page{Complete: true, Total: -1}
	looked, last := 0, cursor{Query: at.Query}
	stopped := false
	_, wrong := q.walk(ctx, docs, at.Store, func(d *store.Document, on string) bool {
		if d.ID <= at.After {
			return true
		}
		if len(p.Items) == q.Limit || looked == mostLooked {
			stopped = true
			return false
		}
		looked++
		last.Store, last.After = on, d.ID
		var s events.IncidentSummary
		var ok bool
		if s, ok, err = q.meets(*d); ok {
			p.Items = append(p.Items, s)
		}
		return err == nil
	})
	if err == nil {
		err = wrong
	}
	if stopped {
		p.Next = last.text()
	}
	return p, err
}

func (q *Query) worst(ctx context.Context, docs store.Documents, at cursor) (p Page, err error) {
	p.Page = store.Page{Complete: true, Total: -1}
	var all []events.IncidentSummary
	looked := 0
	_, wrong := q.walk(ctx, docs, "", func(d *store.Document, _ string) bool {
		if looked == mostSorted {
			p.Complete, p.Why = false, fmt.Sprintf("only the newest %d were looked at", mostSorted)
			return false
		}
		looked++
		var s events.IncidentSummary
		var ok bool
		if s, ok, err = q.meets(*d); ok {
			all = append(all, s)
		}
		return err == nil
	})
	if err == nil {
		err = wrong
	}
	if err != nil {
		return Page{}, err
	}
	slices.SortStableFunc(all, func(a, b events.IncidentSummary) int { return b.Score - a.Score }) // they came newest first
	if at.After != "" {
		all = slices.DeleteFunc(all, func(s events.IncidentSummary) bool {
			return s.Score > at.Score || s.Score == at.Score && s.ID <= at.After
		})
	}
	if p.Items = all[:min(len(all), q.Limit)]; len(all) > q.Limit {
		last := &p.Items[q.Limit-1]
		p.Next = cursor{Query: at.Query, After: last.ID, Score: last.Score}.text()
	}
	return p, nil
}

// meets reads the summary of a document, and says whether it is an incident that is asked for.
func (q *Query) meets(doc store.Document) (events.IncidentSummary, bool, error) {
	s, shown, err := Summary(doc)
	if err != nil || !shown {
		return s, false, err
	}
	switch {
	case q.From != nil && s.Start.Before(*q.From), q.To != nil && !s.Start.Before(*q.To), s.Score < q.MinScore:
		return s, false, nil
	case len(q.Bands) > 0 && !slices.Contains(q.Bands, s.Band):
		return s, false, nil
	case q.Text != "" && !hasText(&s, q.Text):
		return s, false, nil
	case q.Participant == nil:
		return s, true, nil
	}
	all := slices.Concat(s.Offenders, s.Victims)
	if len(s.Offenders) == maxShownParties || len(s.Victims) == maxShownParties { // there may be more of them
		_, w, _, err := readSheet(doc)
		if err != nil {
			return s, false, err
		}
		all = append(w.who(false), w.who(true)...)
	}
	return s, slices.ContainsFunc(all, func(p events.IncidentParty) bool { return takesPart(q.Participant, &p) }), nil
}

func hasText(s *events.IncidentSummary, text string) bool {
	text = strings.ToLower(text)
	has := func(in string) bool { return strings.Contains(strings.ToLower(in), text) }
	named := func(p events.IncidentParty) bool {
		return has(p.Name) || has(p.Address) || has(p.Instance) || has(p.Device)
	}
	return has(s.Title) || has(s.Description) || slices.ContainsFunc(s.Offenders, named) || slices.ContainsFunc(s.Victims, named)
}

// takesPart says whether a party meets all of a filter that an incident knows something of.
func takesPart(f *store.ParticipantFilter, p *events.IncidentParty) bool {
	a, err := netip.ParseAddr(p.Address)
	in := func(n netip.Prefix) bool { return err == nil && n.Contains(a) }
	name := strings.ToLower(p.Name)
	below := func(h string) bool {
		h = strings.ToLower(h)
		return name == h || strings.HasSuffix(name, "."+h)
	}
	return (len(f.Devices) == 0 || slices.Contains(f.Devices, p.Device)) && (len(f.Addresses) == 0 || slices.ContainsFunc(f.Addresses, in)) &&
		(len(f.Instances) == 0 || slices.Contains(f.Instances, p.Instance)) && (len(f.Hostnames) == 0 || slices.ContainsFunc(f.Hostnames, below)) &&
		(len(f.Users) == 0 || slices.Contains(f.Users, p.Name))
}

// Get gives an incident whole; that of an old id is the one which it became. ErrNotFound where there is none, or nothing of it has a part in
// any incident any more.
func Get(ctx context.Context, docs store.Documents, id string) (events.Incident, error) {
	at := id
	for range maxRead {
		doc, err := docs.Get(ctx, store.KindIncident, at)
		if err != nil {
			return events.Incident{}, err
		}
		in, shown, err := Read(doc)
		if err != nil || shown {
			return in, err
		}
		if at = in.MergedInto; at == "" {
			break
		}
	}
	return events.Incident{}, fmt.Errorf("incident %s: %w", strconv.Quote(id), store.ErrNotFound)
}
