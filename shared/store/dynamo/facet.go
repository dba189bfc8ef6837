package dynamo

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// facet is what a filter and a count look at: the detection without what only its reader wants to see.
type facet struct {
	Tick      string           `json:"t"`           // when it was stored first
	Notes     bool             `json:"n,omitempty"` // it has notes, which are not here: a search for text must read the whole
	Detection events.Detection `json:"d"`
}

func facetOf(d *events.Detection, tick string) ([]byte, error) {
	f := facet{Tick: tick, Notes: len(d.Notes) > 0, Detection: *d}
	f.Detection.Notes, f.Detection.Properties, f.Detection.Activity, f.Detection.Evidence = nil, nil, nil, events.Evidence{}
	f.Detection.Risk.Terms, f.Detection.Context = nil, nil
	return pack(&f)
}

func (t *table) readFacet(it item) (*facet, error) {
	f := &facet{}
	b, ok := it[attrFace].(*types.AttributeValueMemberB)
	if !ok {
		return nil, fmt.Errorf("read facet: no attribute %s", attrFace)
	}
	plain, err := t.readers.expand(b.Value)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, f); err != nil {
		return nil, fmt.Errorf("decode facet: %w", err)
	}
	return f, nil
}

// hints lead from who took part to the detection: items of the table that are nothing but a key. They are written before the detection
// and deleted only with it, so that none is ever missing; one for a start or a participant that was corrected leads to a detection
// that does not match, and is passed over.

func addressHints(address string) string { return "P#a#" + address }

func deviceHints(device string) string { return "P#d#" + device }

func hintsOf(d *events.Detection) []key {
	sk := place(stamp(d.Start), d.ID)
	known := map[key]bool{}
	var keys []key
	add := func(pk string) {
		if k := (key{pk, sk}); !known[k] {
			known[k] = true
			keys = append(keys, k)
		}
	}
	for i := range d.Participants {
		p := &d.Participants[i]
		if p.Address.IsValid() {
			add(addressHints(p.Address.Unmap().String()))
		}
		if p.Device != "" {
			add(deviceHints(p.Device))
		}
	}
	return keys
}

// newHints are those of after that before has not.
func newHints(before, after *events.Detection) []key {
	keys := hintsOf(after)
	if before == nil {
		return keys
	}
	known := map[key]bool{}
	for _, k := range hintsOf(before) {
		known[k] = true
	}
	var fresh []key
	for _, k := range keys {
		if !known[k] {
			fresh = append(fresh, k)
		}
	}
	return fresh
}
