package trail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	maxTries   = 8       // of a document that others write at the same time
	mostAtOnce = 3 << 20 // bytes of the documents of one transaction: DynamoDB takes 4 MB
)

// Keep puts the calls that are worth it into the index and says how many were new to it. To keep a call twice changes nothing, and the
// order in which calls come does not matter. A document goes three days after its quarter of an hour.
func Keep(ctx context.Context, docs store.Documents, calls []events.CloudTrail) (kept int, err error) {
	return KeepUntil(ctx, docs, calls, time.Time{})
}

// KeepUntil is Keep for calls of long ago, whose documents stay at least until a time: files that are read again.
func KeepUntil(ctx context.Context, docs store.Documents, calls []events.CloudTrail, until time.Time) (kept int, err error) {
	k := keeper{docs: docs, until: until, news: map[string][]*entry{}}
	for i := range calls {
		if e, ok := newEntry(&calls[i]); ok {
			k.news[e.shelfID()] = append(k.news[e.shelfID()], e)
		}
	}
	ids := slices.Sorted(maps.Keys(k.news))
	for part := range slices.Chunk(ids, store.MaxWrites) {
		n, err := k.keep(ctx, part)
		kept += n
		if err != nil {
			return kept, fmt.Errorf("keep calls: %w", err)
		}
	}
	return kept, nil
}

// keeper writes into documents.
type keeper struct {
	docs   store.Documents
	until  time.Time
	news   map[string][]*entry // by document
	parsed tree
}

// keep brings documents up to date together. Where somebody else was faster it goes on one by one, because a transaction fails whole.
func (k *keeper) keep(ctx context.Context, ids []string) (kept int, err error) {
	kept, err = k.once(ctx, ids)
	for try := 1; meanwhile(err) && try < maxTries && len(ids) == 1; try++ {
		kept, err = k.once(ctx, ids)
	}
	if !meanwhile(err) || len(ids) == 1 {
		return kept, err
	}
	for i := range ids {
		n, err := k.keep(ctx, ids[i:i+1])
		kept += n
		if err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// meanwhile says whether somebody else wrote, or the document expired, between reading and writing.
func meanwhile(err error) bool {
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound)
}

// once reads the documents and writes those that change.
func (k *keeper) once(ctx context.Context, ids []string) (kept int, err error) {
	keys := make([]store.DocumentKey, len(ids))
	for i, id := range ids {
		keys[i] = store.DocumentKey{Kind: store.KindTrail, ID: id}
	}
	have, err := k.docs.GetMany(ctx, keys...)
	if err != nil {
		return 0, err
	}
	var changes []store.Write
	size, fresh := 0, 0
	flush := func() error {
		if len(changes) == 0 {
			return nil
		}
		if _, err := k.docs.Write(ctx, changes, nil); err != nil {
			return err
		}
		kept += fresh
		changes, size, fresh = nil, 0, 0
		return nil
	}
	for _, key := range keys {
		old, there := have[key]
		w, n := k.change(key, old, there)
		if n == 0 {
			continue
		}
		if size+len(w.Body) > mostAtOnce {
			if err := flush(); err != nil {
				return kept, err
			}
		}
		changes, size, fresh = append(changes, w), size+len(w.Body), fresh+n
	}
	return kept, flush()
}

// change says what is written to a document, and how many calls are new in it. One that cannot be read is made anew: what it held comes
// again with the files.
func (k *keeper) change(key store.DocumentKey, old store.Document, there bool) (w store.Write, fresh int) {
	s := newShelf()
	w = store.Write{Kind: key.Kind, ID: key.ID, If: store.New}
	if there {
		w.If = store.Condition(old.Revision)
		if read, err := decodeShelf(&k.parsed, old.Body); err == nil {
			s = read
		}
	}
	for _, e := range k.news[key.ID] {
		if s.add(e) {
			fresh++
		}
	}
	if fresh == 0 {
		return w, 0
	}
	w.Body, w.Expires = s.encode(), k.expiry(key.ID, old)
	if there && string(w.Body) == string(old.Body) {
		return w, 0 // there was no room for any of them, and that is known
	}
	return w, fresh
}

func (k *keeper) expiry(id string, old store.Document) time.Time {
	at, err := time.Parse(idForm, id[:len(idForm)])
	if err != nil {
		at = k.until
	}
	expires := at.Add(keptFor)
	for _, later := range [...]time.Time{k.until, old.Expires} {
		if later.After(expires) {
			expires = later
		}
	}
	return expires.UTC()
}
