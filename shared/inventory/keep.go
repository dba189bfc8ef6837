package inventory

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

// Observation is what somebody saw of an account and region.
type Observation struct {
	Account, Region string
	// Complete says that everything of the account and region is among Seen: whoever was there and is not any more has gone.
	Complete bool
	// Interfaces and Instances are what a look that is not complete was for: one that is not among Seen has gone. Of the instances,
	// every interface is among Seen.
	Interfaces, Instances []string
	// Seen are the holdings, of an instance its first interface first. From is since when an interface has been attached, where that is
	// known; To is not read. Holdings that name nothing at all are left out.
	Seen []events.Holding
	At   time.Time
	// Memory spares the reads of what was written lately; nil: everything is read.
	Memory *Memory

	always bool // one without From has been so always
}

// changesAtOnce is how many interfaces are dealt with together: their documents are read in a few calls, and a crash loses no more.
const changesAtOnce = 50

// tries is how often a change is made again when somebody else was faster.
const tries = 4

// keeper keeps one observation.
type keeper struct {
	Observation
	docs       store.Documents
	seen       map[string]events.Holding // by holder
	want       map[string]string         // digests by holder
	byInstance map[string][]string       // holders, in the order of Seen
	looked     map[string]bool           // holders that a look in part was for
	byShard    [shards][]string          // those of want and looked
	whole      map[string]bool           // instances of which everything is known
	changed    int
	left       int // interfaces for which there is no room
}

// Keep writes what of an observation is news, and says how many documents that changed. What was written before an error stays, and the
// next observation goes on from there: documents are written before the digests by which the next one tells what is news.
func Keep(ctx context.Context, docs store.Documents, o Observation) (changed int, err error) {
	o.At = o.At.Round(0).UTC()
	k := &keeper{Observation: o, docs: docs}
	k.sort()
	if err := k.instancesOf(ctx); err != nil {
		return 0, fmt.Errorf("read instances of inventory: %w", err)
	}
	k.spread()
	if err := k.keep(ctx); err != nil {
		return k.changed, fmt.Errorf("keep inventory of %s/%s: %w", o.Account, o.Region, err)
	}
	if k.left > 0 {
		return k.changed, fmt.Errorf("keep inventory of %s/%s: %d interfaces are left out: there is room for about %d", o.Account, o.Region, k.left, shards*maxShard)
	}
	return k.changed, nil
}

// sort puts what was seen in order: one holding a holder, with a digest of what is to be written.
func (k *keeper) sort() {
	k.seen, k.want, k.byInstance = map[string]events.Holding{}, make(map[string]string, len(k.Seen)), map[string][]string{}
	k.looked, k.whole = map[string]bool{}, map[string]bool{}
	for i := range k.Seen {
		h := bounded(k.Seen[i])
		holder := holderOf(&h)
		if !storable(key(ofInterface, holder)) || holder == "" {
			continue
		}
		if h.Account == "" {
			h.Account = k.Account
		}
		if h.Region == "" {
			h.Region = k.Region
		}
		if h.From != nil && h.From.After(k.At) {
			h.From = nil // a clock that is ahead
		}
		h.To = nil
		if _, twice := k.seen[holder]; !twice && h.Instance != "" {
			k.byInstance[h.Instance] = append(k.byInstance[h.Instance], holder)
		}
		k.seen[holder], k.want[holder] = h, digest(&h, holder, k.At)
	}
	for _, id := range k.Interfaces {
		k.looked[id] = true
	}
	for _, id := range k.Instances {
		k.whole[id] = true
	}
}

// instancesOf reads which interfaces the instances had that the observation is about: one of them may be no more.
func (k *keeper) instancesOf(ctx context.Context) error {
	if k.Complete || len(k.Instances) == 0 {
		return nil
	}
	var keys []store.DocumentKey
	for _, id := range distinct(k.Instances, len(k.Instances)) {
		if at := key(ofInstance, id); storable(at) {
			keys = append(keys, at)
		}
	}
	found, err := getAll(ctx, k.docs, keys)
	if err != nil {
		return err
	}
	for _, d := range found {
		p, _ := read(d) // what cannot be read is written anew
		for _, id := range p.Interfaces {
			k.looked[id] = true
		}
	}
	return nil
}

// news lists the holders of a shard whose digests are not those that were written, and those that have gone. Of what an event tells is
// gone nothing may have been indexed: a crash came first.
func (k *keeper) news(have map[string]string, shard int) []string {
	var list []string
	for _, holder := range k.byShard[shard] {
		if d, seen := k.want[holder]; !seen || have[holder] != d {
			list = append(list, holder)
		}
	}
	if k.Complete {
		for holder := range have {
			if _, seen := k.want[holder]; !seen && !k.looked[holder] {
				list = append(list, holder)
			}
		}
	}
	slices.Sort(list)
	return list
}

// spread sorts what the observation is about into the shards of the index.
func (k *keeper) spread() {
	add := func(holder string) {
		shard := shardOf(holder)
		k.byShard[shard] = append(k.byShard[shard], holder)
	}
	for holder := range k.want {
		add(holder)
	}
	for holder := range k.looked {
		if _, seen := k.want[holder]; !seen && storable(key(ofInterface, holder)) {
			add(holder)
		}
	}
}

// settle writes some holders' documents, again where somebody else was faster.
func (k *keeper) settle(ctx context.Context, holders []string) (err error) {
	for range tries {
		err = k.settleOnce(ctx, holders)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return err
}

func (k *keeper) settleOnce(ctx context.Context, holders []string) error {
	d := &desk{k: k, pages: map[store.DocumentKey]*sheet{}}
	var mains []store.DocumentKey
	for _, holder := range holders {
		mains = append(mains, key(ofInterface, holder))
	}
	if err := d.fetch(ctx, mains); err != nil {
		return err
	}
	var others []store.DocumentKey
	for _, holder := range holders {
		others = append(others, d.touched(holder)...)
	}
	if err := d.fetch(ctx, others); err != nil {
		return err
	}
	instances := map[string]bool{}
	for _, holder := range holders {
		d.move(holder, instances)
	}
	for _, id := range slices.Sorted(maps.Keys(instances)) {
		d.instance(id)
	}
	return d.write(ctx)
}

// getAll reads documents, however many.
func getAll(ctx context.Context, docs store.Documents, keys []store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	all := make(map[store.DocumentKey]store.Document, len(keys))
	for some := range slices.Chunk(keys, store.MaxGet) {
		found, err := docs.GetMany(ctx, some...)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, found)
	}
	return all, nil
}
