package incident

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// knot is an incident's document as it was read.
type knot struct {
	id       string
	revision int64 // 0: it is not there yet
	was      []byte
	sheet
	weave
	index map[string]int    // of its members
	went  map[string]string // where detections went that it had
}

func readKnot(doc store.Document) (*knot, error) {
	k := &knot{id: doc.ID, revision: doc.Revision, index: map[string]int{}, went: map[string]string{}}
	var raw []byte
	var err error
	if k.sheet, k.weave, raw, err = readSheet(doc); err != nil {
		return nil, err
	}
	if k.was, err = k.sheet.print(raw); err != nil {
		return nil, err
	}
	for i := range k.Members {
		k.index[k.Members[i].ID] = i
	}
	for to, ids := range k.Forward {
		for _, id := range ids {
			k.went[id] = to
		}
	}
	return k, nil
}

// print gives all of a document as bytes to compare: compressed ones need not be equal where what they say is.
func (s sheet) print(raw []byte) ([]byte, error) {
	s.Woven = raw
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode incident: %w", err)
	}
	return b, nil
}

func (k *knot) has(id string) bool {
	_, ok := k.index[id]
	return ok
}

// forward says where a detection went that it had; "" where it had none such, or has forgotten it.
func (k *knot) forward(id string) string { return k.went[id] }

// become makes the document that follows: what has gone is led on.
func (k *knot) become(next *weave, id string, left map[string]string) {
	for i := range k.Members {
		if to := left[k.Members[i].ID]; to != "" && to != k.id {
			k.went[k.Members[i].ID] = to
		}
	}
	for i := range next.Members {
		delete(k.went, next.Members[i].ID)
	}
	k.Forward = nil
	ids := slices.Sorted(maps.Keys(k.went))
	for _, one := range ids[:min(len(ids), maxForward)] {
		if k.Forward == nil {
			k.Forward = map[string][]string{}
		}
		k.Forward[k.went[one]] = append(k.Forward[k.went[one]], one)
	}
	k.weave = *next
	k.id = id
}

// change gives the write of the document; none where it is as it was.
func (k *knot) change(now time.Time) ([]store.Write, error) {
	var raw, packed []byte
	var err error
	if len(k.Members) > 0 {
		if raw, packed, err = k.packed(); err != nil {
			return nil, err
		}
	}
	print, err := k.sheet.print(raw)
	if err != nil || string(print) == string(k.was) {
		return nil, err
	}
	k.Woven = packed
	body, err := json.Marshal(&k.sheet)
	if err != nil {
		return nil, fmt.Errorf("encode incident %s: %w", k.id, err)
	}
	keep := keepIncident
	if !k.Shown && k.MergedInto == "" {
		keep = keepParty
	}
	return []store.Write{write(incidentKey(k.id), body, k.revision, later(now, k.Summary.Update).Add(keep))}, nil
}

// packed gives the members and links as JSON and compressed. What takes too much room loses what can be spared, for all members alike.
func (k *knot) packed() (raw, packed []byte, err error) {
	for _, spare := range []struct{ parties, text int }{{MaxParties, maxText}, {4, 120}, {2, 0}} {
		if spare.parties < MaxParties {
			for i := range k.Members {
				k.Members[i].shrink(spare.parties, spare.text)
			}
		}
		if raw, err = k.weave.marshal(); err != nil {
			return nil, nil, err
		}
		if packed, err = pack(raw); err != nil || len(packed) <= maxPacked {
			return raw, packed, err
		}
	}
	return raw, packed, nil
}
