package trail

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// around is how long before and behind the start of a detection calls are looked at.
const around = time.Hour

// MaxKeys is how many documents Keys names at the most.
const MaxKeys = 36

// Keys names the documents that hold the calls of the hour before a detection and the hour behind.
func Keys(d *events.Detection) []store.DocumentKey {
	keys := make([]store.DocumentKey, 0, MaxKeys)
	for at := d.Start.Add(-around).UTC().Truncate(quarter); !at.After(d.Start.Add(around)); at = at.Add(quarter) {
		for shard := range shards {
			keys = append(keys, store.DocumentKey{Kind: store.KindTrail, ID: shelfID(at, shard)})
		}
	}
	return keys
}

// Index is the calls of some documents, in the order of their times. It may be asked by one goroutine at a time.
type Index struct {
	entries []*entry
	dropped sightings
	own     []string
	parsed  tree // of the document, and later of the parameters, that is looked at
}

// Read reads documents of the index; those of other kinds are passed over. The error names what cannot be read; the rest is in the index.
func Read(docs map[store.DocumentKey]store.Document) (*Index, error) {
	x := &Index{}
	var bad []error
	for _, k := range sortedKeys(docs) {
		s, err := decodeShelf(&x.parsed, docs[k].Body)
		if err != nil {
			bad = append(bad, fmt.Errorf("read %s %s: %w", k.Kind, k.ID, err))
			continue
		}
		x.dropped.merge(s.dropped)
		x.entries = append(x.entries, s.sorted()...)
	}
	slices.SortStableFunc(x.entries, byTime)
	x.entries = slices.CompactFunc(x.entries, func(a, b *entry) bool { return a.UID == b.UID })
	return x, errors.Join(bad...)
}

func sortedKeys(docs map[store.DocumentKey]store.Document) []store.DocumentKey {
	var keys []store.DocumentKey
	for k := range docs {
		if k.Kind == store.KindTrail {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b store.DocumentKey) int { return strings.Compare(a.ID, b.ID) })
	return keys
}

// Through is the time of the newest call; zero where there is none.
func (x *Index) Through() time.Time {
	if len(x.entries) == 0 {
		return time.Time{}
	}
	return x.entries[len(x.entries)-1].TS.Time()
}

// Partial is how many calls are missing because their documents were full: 0 where all are there. Beyond 32 it is within a fifth.
func (x *Index) Partial() int { return x.dropped.count() }

// Len is how many calls there are; those that are alike count once.
func (x *Index) Len() int { return len(x.entries) }

// Own says what is Mirrorwatch's own: roles, by ARN or name, whose calls are as planned, and load balancers and target groups of the sensors,
// by ARN, which nobody else should touch.
func (x *Index) Own(names ...string) { x.own = names }
