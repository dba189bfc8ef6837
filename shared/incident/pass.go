package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// pass is one look at a detection.
type pass struct {
	d       *events.Detection
	self    brief
	ledgers []*ledger // in the order of Keys, and then those that it is not filed under any more
	filed   int       // of them it is filed under
	at      map[string][]string
	knots   map[string]*knot    // incidents that were read, or were asked for and are not there (nil)
	wants   []string            // incidents that should have been read
	unread  []store.DocumentKey // parties that were not asked for
	absent  bool                // an earlier pass took the detection out of everything
}

// begin reads the documents, and files the detection.
func begin(d *events.Detection, docs map[store.DocumentKey]store.Document) (*pass, error) {
	p, err := file(d, docs)
	if err != nil {
		return nil, err
	}
	p.knots = map[string]*knot{}
	for k, doc := range docs {
		if k.Kind != store.KindIncident {
			continue
		}
		p.knots[k.ID] = nil
		if doc.Revision != 0 {
			if p.knots[k.ID], err = readKnot(doc); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// More names the documents that are to be read after those of Keys: incidents, and parties that an earlier form of the detection had.
func More(d *events.Detection, docs map[store.DocumentKey]store.Document) ([]store.DocumentKey, error) {
	p, err := file(d, docs)
	if err != nil {
		return nil, err
	}
	return p.more(), nil
}

// file files the detection in the documents of its parties.
func file(d *events.Detection, docs map[store.DocumentKey]store.Document) (*pass, error) {
	filed := filings(d)
	p := &pass{d: d, self: briefOf(d, filed), filed: len(filed), at: map[string][]string{}}
	var old []string
	for _, f := range filed {
		l, err := readLedger(f.key, docs)
		if err != nil {
			return nil, err
		}
		p.adopt(l, docs)
		if have := l.find(d.ID); have != nil {
			if have.Revision > d.Revision {
				return nil, fmt.Errorf("detection %s is filed with revision %d, not %d: %w", d.ID, have.Revision, d.Revision, store.ErrConflict)
			}
			old, p.absent = append(old, have.Keys...), p.absent || have.Out
		}
	}
	slices.Sort(old)
	old = slices.DeleteFunc(slices.Compact(old), func(k string) bool { return slices.Contains(p.self.Keys, k) })
	for _, key := range old[:min(len(old), maxOld)] {
		l, err := readLedger(key, docs)
		if err != nil {
			return nil, err
		}
		p.adopt(l, docs)
		l.drop(d.ID)
		l.settle(d.ID)
	}
	for i, f := range filed {
		b := p.self
		b.Role = f.role
		// What is not cleared in this pass is remembered for the next one.
		b.Keys = append(slices.Clone(b.Keys), old[min(len(old), maxOld):]...)
		p.ledgers[i].file(b)
		p.ledgers[i].settle(d.ID)
	}
	return p, nil
}

// adopt takes a party's document in. One that nobody asked for must not be taken for one that is not there.
func (p *pass) adopt(l *ledger, docs map[store.DocumentKey]store.Document) {
	p.ledgers = append(p.ledgers, l)
	p.remember(l)
	if _, asked := docs[partyKey(l.key)]; !asked {
		p.unread = append(p.unread, partyKey(l.key))
	}
}

// Asked marks those of keys that are not among docs as not there, with an empty document for each. Keys of other kinds are left alone.
func Asked(docs map[store.DocumentKey]store.Document, keys []store.DocumentKey) {
	for _, k := range keys {
		if _, has := docs[k]; !has && (k.Kind == store.KindIncident || k.Kind == store.KindIncidentParty) {
			docs[k] = store.Document{Kind: k.Kind, ID: k.ID}
		}
	}
}

// remember keeps what a party's document says of where detections are. Several may say different things, of which the latest is not known.
func (p *pass) remember(l *ledger) {
	for i := range l.Briefs {
		b := &l.Briefs[i]
		if b.Incident != "" && !slices.Contains(p.at[b.ID], b.Incident) {
			p.at[b.ID] = append(p.at[b.ID], b.Incident)
		}
	}
}

// places are where a detection may be.
func (p *pass) places(id string) []string {
	switch {
	case id != p.d.ID:
		return p.at[id]
	case p.absent:
		return nil
	}
	list := slices.Clone(p.at[id])
	if p.d.Context != nil && p.d.Context.Incident != "" {
		list = append(list, p.d.Context.Incident)
	}
	return append(list, ID(p.d.Start, p.d.ID))
}

// more names what to read: the detection's own incident first, then what an earlier pass wanted, then the ends of links that change.
func (p *pass) more() []store.DocumentKey {
	var list []store.DocumentKey
	add := func(ids ...string) {
		for _, id := range ids {
			if k := incidentKey(id); len(list) < MaxMore && id != "" && !slices.Contains(list, k) {
				list = append(list, k)
			}
		}
	}
	for _, l := range p.ledgers[p.filed:] {
		list = append(list, partyKey(l.key))
	}
	add(p.places(p.d.ID)...)
	add(ID(p.d.Start, p.d.ID))
	for _, l := range p.ledgers {
		add(l.Wants...)
	}
	for _, l := range p.ledgers {
		make, undo := l.differing()
		for _, k := range slices.Concat(make, undo) {
			add(p.places(k.From)...)
			add(p.places(k.To)...)
		}
	}
	return list
}

// find follows a detection from what the parties say to the incident that has it. Missing are documents on the way that were not read.
// Nil and none missing: it is nowhere.
func (p *pass) find(id string) (found *knot, missing []string) {
	for _, at := range p.places(id) {
		for range maxHops {
			k, asked := p.knots[at]
			if !asked {
				missing = append(missing, at)
			}
			if k == nil {
				break
			}
			if k.has(id) {
				return k, nil
			}
			if at = k.forward(id); at == "" {
				break
			}
		}
	}
	return nil, missing
}

// sought is find for whom it matters: what is missing is wanted, and ready is false then.
func (p *pass) sought(id string) (found *knot, ready bool) {
	found, missing := p.find(id)
	p.want(missing...)
	return found, len(missing) == 0
}

func (p *pass) want(ids ...string) {
	for _, id := range ids {
		if len(p.wants) < maxWants && !slices.Contains(p.wants, id) {
			p.wants = append(p.wants, id)
		}
	}
}

// needs is what comes of a pass that has not all that it needs: the detection stays where it was.
func (p *pass) needs() Result {
	r := Result{Unfinished: true, Need: p.unread}
	if p.d.Context != nil {
		r.Incident = p.d.Context.Incident
	}
	for _, id := range p.wants {
		r.Need = append(r.Need, incidentKey(id))
	}
	return r
}

// hint gives a pass that could not go on: nothing changes but what the parties' documents say of where to read on.
func (p *pass) hint(now time.Time) (r Result, err error) {
	r = p.needs()
	for i, l := range p.ledgers {
		if err := l.reset(); err != nil {
			return r, err
		}
		p.point(l, nil)
		if i == 0 && p.filed > 0 {
			for _, id := range p.wants {
				if l.Wants = append(l.Wants, id); len(l.Wants) > maxWants {
					l.Wants = l.Wants[1:]
				}
			}
		}
		changes, err := l.change(now)
		if err != nil {
			return r, err
		}
		r.Changes = append(r.Changes, changes...)
	}
	slices.SortFunc(r.Changes, compareKeys)
	return r, nil
}

// compareKeys puts documents into the order in which they are written.
func compareKeys(a, b store.Write) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}
