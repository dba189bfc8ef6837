package tally

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	tries     = 12      // of one write, where others write the same documents
	together  = 4       // of these with as many documents as go into one write; then each alone
	batchSize = 2 << 20 // bytes of documents in one write
)

// Keep writes down what was counted of an object, and makes the counter empty. Each document remembers which objects it holds, so that an
// object that comes again changes nothing, whether the first time was finished or broke off in the middle. Where it fails the counter
// stays as it is, and Keep may be called again. A document that cannot be read is begun anew.
func (c *Counter) Keep(ctx context.Context, docs store.Documents, object string) error {
	sum := sha256.Sum256([]byte(object))
	name := hex.EncodeToString(sum[:8])
	hours := c.hours()
	keys := slices.SortedFunc(maps.Keys(hours), func(a, b hourKey) int {
		if a.hour != b.hour {
			return int(min(max(a.hour-b.hour, -1), 1))
		}
		return a.addr.Compare(b.addr)
	})
	for part := range slices.Chunk(keys, store.MaxGet) {
		k := keeper{docs: docs, object: name, hours: hours, until: c.until}
		if err := k.keep(ctx, part); err != nil {
			return fmt.Errorf("keep flows of %q: %w", object, err)
		}
	}
	c.reset()
	return nil
}

// hours gives what was counted by document. What was in doubt is decided now, by what the whole object says.
func (c *Counter) hours() map[hourKey]*hour {
	hours := map[hourKey]*hour{}
	at := func(k hourKey, last int64) *hour {
		h := hours[k]
		if h == nil {
			h = newHour()
			hours[k] = h
		}
		h.through = max(h.through, last, c.through[k])
		return h
	}
	for p, n := range c.sums {
		at(p.hourKey, n.last).at(p.peer).add(p.entryKey, n)
	}
	for k, l := range c.left {
		at(k, 0).left = l
	}
	met := c.meetings()
	for d, n := range c.unsure {
		own, other := met[meeting{d.iface, d.addr}], met[meeting{d.iface, d.peer}]
		let := n
		if own == other { // what was rejected counts at either end, and so must be told of one: of the tried one, where most rejections are
			let.denied, let.deniedPkts, let.deniedBy = 0, 0, 0
		}
		if own > other || own == other && let.packets+let.backPackets > 0 {
			at(d.hourKey, n.last).at(d.peer).add(d.entryKey, let)
		}
		if other >= own && d.peer != d.addr { // equal: either may be it, so both are told
			mine := d.entryKey
			mine.mine = true
			at(hourKey{d.peer, d.hour}, n.last).at(d.addr).add(mine, n)
		}
	}
	return hours
}

// meeting is an address that an interface had to do with.
type meeting struct {
	iface string
	addr  netip.Addr
}

// meetings counts in how many of the doubtful conversations of an interface an address was: its own is in all of them.
func (c *Counter) meetings() map[meeting]uint64 {
	met := map[meeting]uint64{}
	for d, n := range c.unsure {
		records := n.tries + n.denied + 1
		met[meeting{d.iface, d.addr}] += records
		met[meeting{d.iface, d.peer}] += records
	}
	return met
}

// keeper writes the documents of one object.
type keeper struct {
	docs   store.Documents
	object string
	hours  map[hourKey]*hour
	until  time.Time
}

// keep writes at most as many documents as one reading gives.
func (k *keeper) keep(ctx context.Context, keys []hourKey) error {
	for try := range tries {
		size := store.MaxWrites
		if try >= together {
			size = 1
		}
		changes, err := k.changes(ctx, keys)
		if err != nil {
			return err
		}
		if keys, err = k.write(ctx, changes, size); err != nil || len(keys) == 0 {
			return err
		}
	}
	return fmt.Errorf("write %s: others wrote it %d times meanwhile: %w", keys[0].id(), tries, store.ErrConflict)
}

// change is a document that is to be written.
type change struct {
	key   hourKey
	write store.Write
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}

// changes reads documents as they are now, and gives those that do not hold the object yet, with it.
func (k *keeper) changes(ctx context.Context, keys []hourKey) ([]change, error) {
	names := make([]store.DocumentKey, len(keys))
	for i, key := range keys {
		names[i] = store.DocumentKey{Kind: store.KindFlows, ID: key.id()}
	}
	have, err := k.docs.GetMany(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("read flows: %w", err)
	}
	var list []change
	for i, key := range keys {
		h, w := newHour(), store.Write{Kind: store.KindFlows, ID: names[i].ID, Expires: later(key.expires(), k.until), If: store.New}
		if d, has := have[names[i]]; has {
			w.If, w.Expires = store.Condition(d.Revision), later(w.Expires, d.Expires)
			if old, err := decode(d.Body); err == nil {
				h = old
			}
		}
		if !h.merge(k.hours[key], k.object) {
			continue
		}
		if w.Body, err = h.encode(); err != nil {
			return nil, err
		}
		list = append(list, change{key, w})
	}
	return list, nil
}

// write makes the changes, so many at a time, and gives those that somebody else was faster with.
func (k *keeper) write(ctx context.Context, list []change, size int) (again []hourKey, err error) {
	for len(list) > 0 {
		n, total := 0, 0
		var writes []store.Write
		for n < min(size, len(list)) && (n == 0 || total+len(list[n].write.Body) <= batchSize) {
			total += len(list[n].write.Body)
			writes = append(writes, list[n].write)
			n++
		}
		_, err := k.docs.Write(ctx, writes, nil)
		switch {
		case errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound):
			for _, c := range list[:n] {
				again = append(again, c.key)
			}
		case err != nil:
			return nil, fmt.Errorf("write flows: %w", err)
		}
		list = list[n:]
	}
	return again, nil
}
