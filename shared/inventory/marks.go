package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	markEvery = 15 * time.Minute // where nothing else changes
	maxPlaces = 1000             // accounts and regions; of more, those that were not seen for longest are forgotten
)

// marks is the body of the document that says until when each account and region was seen whole.
type marks struct {
	Places map[string]time.Time `json:"places"`
}

func readMarks(d store.Document) (marks, error) {
	var m marks
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return marks{}, fmt.Errorf("read inventory document %s: %w", d.ID, err)
	}
	return m, nil
}

// mark notes that the place was seen whole, if that is news: something changed, or the last time is a while ago.
func (k *keeper) mark(ctx context.Context, doc store.Document, read bool) error {
	if !read {
		return nil
	}
	for try := 0; ; try++ {
		var m marks
		if doc.Revision > 0 {
			m, _ = readMarks(doc) // what cannot be read is written anew
		}
		was, known := m.Places[k.place()]
		if known && (k.changed == 0 && k.At.Sub(was) < markEvery || !was.Before(k.At)) {
			k.Memory.marked(k.place(), was)
			return nil
		}
		err := k.writeMarks(ctx, doc, m)
		if err == nil {
			k.Memory.marked(k.place(), k.At)
			return nil
		}
		if try == tries || !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		found, err := k.docs.GetMany(ctx, key(ofMarks))
		if err != nil {
			return err
		}
		doc = found[key(ofMarks)]
	}
}

func (k *keeper) writeMarks(ctx context.Context, doc store.Document, m marks) error {
	if m.Places == nil {
		m.Places = map[string]time.Time{}
	}
	m.Places[k.place()] = k.At
	m.trim()
	body, err := json.Marshal(&m)
	if err != nil {
		return fmt.Errorf("encode inventory document %s: %w", ofMarks, err)
	}
	w := store.Write{Kind: store.KindHolding, ID: ofMarks, Body: body, If: store.New}
	if doc.Revision > 0 {
		w.If = store.Condition(doc.Revision)
	}
	if _, err = k.docs.Write(ctx, []store.Write{w}, nil); err == nil {
		k.changed++
	}
	return err
}

func (m *marks) trim() {
	if len(m.Places) <= maxPlaces {
		return
	}
	names := make([]string, 0, len(m.Places))
	for name := range m.Places {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := m.Places[a].Compare(m.Places[b]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, name := range names[:len(names)-maxPlaces] {
		delete(m.Places, name)
	}
}
