package incident

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ledger is a party's document as it was read, and as it becomes.
type ledger struct {
	key      string
	revision int64 // 0: it is not there
	was      []byte
	card
	should []link // links that its detections should have
}

func readLedger(key string, docs map[store.DocumentKey]store.Document) (*ledger, error) {
	l := &ledger{key: key}
	doc, ok := docs[partyKey(key)]
	if !ok || doc.Revision == 0 {
		return l, nil
	}
	var err error
	l.revision = doc.Revision
	if l.card, err = readCard(doc); err != nil {
		return nil, err
	}
	l.was, err = json.Marshal(l.card)
	return l, err
}

// reset undoes what this pass changed.
func (l *ledger) reset() error {
	l.card, l.should = card{}, nil
	if l.was == nil {
		return nil
	}
	return json.Unmarshal(l.was, &l.card)
}

// find gives what is filed of a detection; nil where nothing is.
func (l *ledger) find(id string) *brief {
	for i := range l.Briefs {
		if l.Briefs[i].ID == id {
			return &l.Briefs[i]
		}
	}
	return nil
}

// file files a detection, or files it anew. The oldest leave where there are too many.
func (l *ledger) file(b brief) {
	if old := l.find(b.ID); old != nil {
		b.Incident = old.Incident
		if old.sameBut(&b) {
			return
		}
		l.drop(b.ID)
	} else if b.Out {
		return // what never had a part need not be known
	}
	at, _ := slices.BinarySearchFunc(l.Briefs, b, func(x, y brief) int { return byStart(&x, &y) })
	l.Briefs = slices.Insert(l.Briefs, at, b)
	if n := len(l.Briefs) - maxBriefs; n > 0 {
		l.Briefs = slices.Delete(l.Briefs, 0, n)
	}
}

func (l *ledger) drop(id string) {
	l.Briefs = slices.DeleteFunc(l.Briefs, func(b brief) bool { return b.ID == id })
}

// settle works out which links there should be, and forgets those whose detections are not filed here any more, but for one detection
// that was taken out on purpose: its links are to go.
func (l *ledger) settle(but string) {
	l.should = linksOf(l.key, l.Briefs)
	filed := map[string]bool{but: true}
	for i := range l.Briefs {
		filed[l.Briefs[i].ID] = true
	}
	l.Links = slices.DeleteFunc(l.Links, func(k link) bool { return !filed[k.From] || !filed[k.To] })
}

// differing gives the links that are to be made, and those that are to go.
func (l *ledger) differing() (make, undo []link) {
	for _, k := range l.should {
		if _, has := slices.BinarySearchFunc(l.Links, k, compareLinks); !has {
			make = append(make, k)
		}
	}
	for _, k := range l.Links {
		if _, has := slices.BinarySearchFunc(l.should, k, compareLinks); !has {
			undo = append(undo, k)
		}
	}
	return make, undo
}

// note marks a link as made.
func (l *ledger) note(k link) {
	if at, has := slices.BinarySearchFunc(l.Links, k, compareLinks); !has {
		l.Links = slices.Insert(l.Links, at, k)
	}
}

// strike marks a link as undone.
func (l *ledger) strike(k link) {
	if at, has := slices.BinarySearchFunc(l.Links, k, compareLinks); has {
		l.Links = slices.Delete(l.Links, at, at+1)
	}
}

// change gives the write of the document; none where it is as it was.
func (l *ledger) change(now time.Time) ([]store.Write, error) {
	body, err := json.Marshal(l.card)
	if err != nil {
		return nil, fmt.Errorf("encode party %s: %w", l.key, err)
	}
	if string(body) == string(l.was) || l.revision == 0 && len(l.Briefs) == 0 && len(l.Wants) == 0 {
		return nil, nil
	}
	last := now
	for i := range l.Briefs {
		last = later(last, time.Unix(0, l.Briefs[i].Update).UTC())
	}
	return []store.Write{write(partyKey(l.key), body, l.revision, last.Add(keepParty))}, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
