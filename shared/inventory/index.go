package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The index of an account and region says what was last written of each of its interfaces. With it a sweep reads 64 documents, in one
// call, however many interfaces there are.
const (
	shards   = 64
	maxShard = 5000 // holders in one: about 200 KB
)

// index is the body of one of its documents: digests by holder.
type index struct {
	Holders map[string]string `json:"holders"`
}

func indexKey(account, region string, shard int) store.DocumentKey {
	return key(ofMarks, "/", cut(account, maxText/4), "/", cut(region, maxText/4), fmt.Sprintf("/%02x", shard))
}

func shardOf(holder string) int { return int(hashOf(holder) % shards) }

func hashOf(holder string) uint32 {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(holder)) // it does not fail
	return sum.Sum32()
}

// month is how often what stays the same is written again, so that it does not go: each interface at an hour of its own.
const month = 30 * 24

// digest is what is to be written of a holder, in eleven characters.
func digest(h *events.Holding, holder string, at time.Time) string {
	sum := sha256.New()
	_ = json.NewEncoder(sum).Encode(h) // of texts, addresses and times: it does not fail
	var round [8]byte
	binary.BigEndian.PutUint64(round[:], uint64((at.Unix()/3600+int64(hashOf(holder)%month))/month))
	sum.Write(round[:])
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:8])
}

func readIndex(d store.Document) (index, error) {
	var x index
	if err := json.Unmarshal(d.Body, &x); err != nil {
		return index{}, fmt.Errorf("read inventory document %s: %w", d.ID, err)
	}
	return x, nil
}

// keep compares what was seen with the index, and deals with what differs, shard by shard.
func (k *keeper) keep(ctx context.Context) error {
	list := k.shards()
	var keys []store.DocumentKey
	for _, shard := range list {
		keys = append(keys, indexKey(k.Account, k.Region, shard))
	}
	if k.Complete && (len(keys) > 0 || k.Memory.markDue(k.place(), k.At)) {
		keys = append(keys, key(ofMarks))
	}
	found, err := getAll(ctx, k.docs, keys)
	if err != nil {
		return err
	}
	for _, shard := range list {
		doc := found[indexKey(k.Account, k.Region, shard)]
		have, err := k.shard(ctx, shard, doc)
		if err != nil {
			return err
		}
		k.Memory.learn(k.place(), shard, have, k.At)
	}
	if k.Complete && k.left == 0 {
		return k.mark(ctx, found[key(ofMarks)], len(keys) > 0)
	}
	return nil
}

func (k *keeper) place() string { return k.Account + "/" + k.Region }

// shards are those that must be looked at: of a part of the place those of what was looked for, and never what the memory knows to be as
// it was seen.
func (k *keeper) shards() []int {
	about := map[int]bool{}
	for shard := range shards {
		about[shard] = k.Complete || len(k.byShard[shard]) > 0
	}
	known := k.Memory.recall(k.place(), k.At)
	maps.DeleteFunc(about, func(shard int, is bool) bool {
		return !is || known != nil && known[shard] != nil && len(k.news(known[shard], shard)) == 0
	})
	return slices.Sorted(maps.Keys(about))
}

// shard deals with what differs in one shard, and writes its part of the index. It gives the digests that hold now.
func (k *keeper) shard(ctx context.Context, shard int, doc store.Document) (map[string]string, error) {
	var x index
	if doc.Revision > 0 {
		x, _ = readIndex(doc) // what cannot be read is written anew
	}
	news := k.news(x.Holders, shard)
	for some := range slices.Chunk(news, changesAtOnce) {
		if err := k.settle(ctx, some); err != nil {
			return nil, err
		}
	}
	for try := 0; ; try++ {
		if x.Holders == nil {
			x.Holders = map[string]string{}
		}
		if !k.update(x.Holders, news, try == 0) {
			return x.Holders, nil
		}
		err := k.writeIndex(ctx, shard, doc, x)
		if err == nil || try == tries || !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return x.Holders, err
		}
		found, err := k.docs.GetMany(ctx, indexKey(k.Account, k.Region, shard))
		if err != nil {
			return nil, err
		}
		doc, x = found[indexKey(k.Account, k.Region, shard)], index{}
		if doc.Revision > 0 {
			x, _ = readIndex(doc)
		}
	}
}

// update puts the digests of what was dealt with into the index, as far as there is room. It says whether that changes it.
func (k *keeper) update(holders map[string]string, news []string, count bool) (changed bool) {
	for _, holder := range news {
		d, seen := k.want[holder]
		was, known := holders[holder]
		switch {
		case !seen:
			delete(holders, holder)
			changed = changed || known
		case !known && len(holders) >= maxShard:
			if count {
				k.left++
			}
		case was != d:
			holders[holder], changed = d, true
		}
	}
	return changed
}

func (k *keeper) writeIndex(ctx context.Context, shard int, doc store.Document, x index) error {
	at := indexKey(k.Account, k.Region, shard)
	w := store.Write{Kind: at.Kind, ID: at.ID, If: store.New, Expires: k.At.Add(Remember)}
	if doc.Revision > 0 {
		w.If = store.Condition(doc.Revision)
	}
	if len(x.Holders) > 0 || doc.Revision == 0 {
		body, err := json.Marshal(&x)
		if err != nil {
			return fmt.Errorf("encode inventory document %s: %w", at.ID, err)
		}
		w.Body = body
	}
	_, err := k.docs.Write(ctx, []store.Write{w}, nil)
	if err == nil {
		k.changed++
	}
	return err
}
