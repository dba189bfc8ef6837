package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Enrich writes what correlation knows of one, and documents with it. It is two calls: one that reads all of them, one transaction.
func (d detections) Enrich(ctx context.Context, id string, e store.Enrichment, changes ...store.Write) (after events.Detection, err error) {
	if err := store.CheckEnrichWrites(changes); err != nil {
		return events.Detection{}, err
	}
	if store.CheckID("id", id) != nil {
		return events.Detection{}, notFound("detection", id)
	}
	err = again(ctx, "detection "+id, func() error {
		after, err = d.enrichOnce(ctx, id, e, changes)
		return err
	})
	return after, err
}

func (d detections) enrichOnce(ctx context.Context, id string, e store.Enrichment, changes []store.Write) (events.Detection, error) {
	keys := []key{detectionKey(id)}
	for _, w := range changes {
		keys = append(keys, documentKey(w.Kind, w.ID))
	}
	have, err := d.batch(ctx, DetectionContext, keys, true)
	if err != nil {
		return events.Detection{}, err
	}
	before, tick, err := detectionOf(have[keys[0]])
	if err != nil {
		return events.Detection{}, err
	}
	if before == nil {
		return events.Detection{}, notFound("detection", id)
	}
	now := d.now()
	after, changed, err := store.ApplyContext(*before, e, now)
	if err != nil {
		return events.Detection{}, err
	}
	_, writes, err := documents(d).changes(have, changes, now)
	if err != nil {
		return events.Detection{}, store.Beside(err)
	}
	if changed {
		it, err := detectionItem(&after, tick, store.ActorCorrelate)
		if err != nil {
			return events.Detection{}, err
		}
		writes = append(writes, d.putting(it, revision(before.Revision)))
	} else if len(writes) > 0 {
		// The documents hold for this state of the detection alone.
		writes = append(writes, types.TransactWriteItem{ConditionCheck: d.checking(keys[0], revision(before.Revision))})
	}
	if len(writes) == 0 {
		return after, nil
	}
	return after, d.transact(ctx, DetectionContext, writes)
}

// GetMany gives those that are there and have not expired.
func (d documents) GetMany(ctx context.Context, keys ...store.DocumentKey) (map[store.DocumentKey]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	ask := map[key]store.DocumentKey{}
	for _, k := range keys {
		if store.CheckID("id", k.ID) == nil {
			ask[documentKey(k.Kind, k.ID)] = k
		}
	}
	items, err := d.batch(ctx, DocumentsGet, slices.Collect(maps.Keys(ask)), true)
	if err != nil {
		return nil, err
	}
	found, now := map[store.DocumentKey]store.Document{}, d.now()
	for k, it := range items {
		doc, err := documentOf(ask[k].Kind, it)
		if err != nil {
			return nil, err
		}
		if doc != nil && !expired(doc, now) {
			found[ask[k]] = *doc
		}
	}
	return found, nil
}
