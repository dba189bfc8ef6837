package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// detections keeps each detection as one item, whole and compressed, with a facet beside it for the indexes.
type detections struct{ *table }

func detectionKey(id string) key { return key{"D#" + id, "D"} }

// Put stores what detectors say: a hundred at most are one transaction. A list that is longer, that holds an id twice or is larger
// than 3 MB is several, so that an error after the first of them comes with the number of those stored.
func (d detections) Put(ctx context.Context, list ...events.Detection) (int, error) {
	for i := range list {
		if err := store.CheckDetection(&list[i]); err != nil {
			return 0, err
		}
	}
	changed := 0
	for len(list) > 0 {
		n := distinct(list)
		stored, err := d.putSome(ctx, list[:n])
		changed += stored
		if err != nil {
			return changed, fmt.Errorf("store detections (%d stored): %w", changed, err)
		}
		list = list[n:]
	}
	return changed, nil
}

// distinct is how many from the beginning go into one transaction: each item once.
func distinct(list []events.Detection) int {
	ids := map[string]bool{}
	for i := range list {
		if i == maxTransact || ids[list[i].ID] {
			return i
		}
		ids[list[i].ID] = true
	}
	return len(list)
}

var errTooMuch = errors.New("too large for one transaction")

func (d detections) putSome(ctx context.Context, list []events.Detection) (changed int, err error) {
	err = again(ctx, "detections", func() error {
		changed, err = d.putOnce(ctx, list)
		return err
	})
	if !errors.Is(err, errTooMuch) {
		return changed, err
	}
	half := len(list) / 2
	first, err := d.putSome(ctx, list[:half])
	if err != nil {
		return first, err
	}
	second, err := d.putSome(ctx, list[half:])
	return first + second, err
}

// putOnce reads what is there, merges, and writes on condition that it is there still.
func (d detections) putOnce(ctx context.Context, list []events.Detection) (int, error) {
	keys := make([]key, len(list))
	for i := range list {
		keys[i] = detectionKey(list[i].ID)
	}
	have, err := d.batch(ctx, DetectionGet, keys, true)
	if err != nil {
		return 0, err
	}
	now := d.now()
	var writes []types.TransactWriteItem
	var marks, hints []key
	size := 0
	for i := range list {
		before, tick, err := detectionOf(have[keys[i]])
		if err != nil {
			return 0, err
		}
		after, changed := store.Merge(before, list[i], now)
		if !changed {
			continue
		}
		if tick == "" {
			tick = d.ticks.next(now)
		}
		it, err := detectionItem(&after, tick, "")
		if err != nil {
			return 0, err
		}
		size += sizeOf(it)
		writes = append(writes, d.putting(it, revision(revisionOf(before))))
		marks, hints = append(marks, daysOf(&after, tick)...), append(hints, newHints(before, &after)...)
	}
	if size > maxTransfer && len(list) > 1 {
		return 0, errTooMuch
	}
	if len(writes) == 0 {
		return 0, nil
	}
	if err := d.prepare(ctx, marks, hints); err != nil {
		return 0, err
	}
	if err := d.transact(ctx, DetectionPut, writes); err != nil {
		return 0, err
	}
	return len(writes), nil
}

func revisionOf(d *events.Detection) int64 {
	if d == nil {
		return 0
	}
	return d.Revision
}

// prepare writes what leads to a detection before the detection: a mark or a hint for nothing harms nobody, one that is missing hides it.
func (d detections) prepare(ctx context.Context, marks, hints []key) error {
	if err := d.mark(ctx, marks...); err != nil {
		return err
	}
	requests := make([]types.WriteRequest, len(hints))
	for i, k := range hints {
		requests[i] = putRequest(k.item())
	}
	return d.write(ctx, DetectionHint, requests)
}

// detectionItem makes the item: by is who made the change, empty where it was a detector.
func detectionItem(d *events.Detection, tick, by string) (item, error) {
	body, err := pack(d)
	if err != nil {
		return nil, err
	}
	if len(body) > maxItem {
		return nil, tooLarge(d, len(body))
	}
	face, err := facetOf(d, tick)
	if err != nil {
		return nil, err
	}
	it := at(detectionKey(d.ID), body)
	it[attrRev], it[attrFace] = number(d.Revision), blob(face)
	if len(face)+len(body) > maxItem {
		return nil, tooLarge(d, len(face)+len(body))
	}
	if by != "" {
		it[attrBy] = text(by)
	}
	s := shard(d.ID)
	it[attrStartDay], it[attrStartKey] = text(bucket(day(d.Start), s)), text(place(stamp(d.Start), d.ID))
	it[attrUpdateDay], it[attrUpdateKey] = text(bucket(day(d.Update), s)), text(place(stamp(d.Update), d.ID))
	it[attrCreatedDay], it[attrCreatedKey] = text(bucket(dayOf(tick), s)), text(place(tick, d.ID))
	it[attrTypeDay] = text(bucket(d.Type, day(d.Start)))
	return it, nil
}

func tooLarge(d *events.Detection, size int) error {
	field := "detection"
	if len(d.Notes) > 0 {
		field = "note"
	}
	return &store.Invalid{Field: field, Value: fmt.Sprintf("%d bytes compressed", size), Allowed: fmt.Sprintf("possible: a detection with all its notes may have %d bytes", maxItem)}
}

// detectionOf reads an item; nil where there is none.
func detectionOf(it item) (*events.Detection, string, error) {
	if it == nil {
		return nil, "", nil
	}
	d := &events.Detection{}
	if err := unpack(it, attrBody, d); err != nil {
		return nil, "", err
	}
	tick, _ := split(textOf(it, attrCreatedKey))
	return d, tick, nil
}

func daysOf(d *events.Detection, tick string) []key {
	start := day(d.Start)
	return []key{{calendarStart, start}, {calendarUpdate, day(d.Update)}, {calendarCreated, dayOf(tick)}, {calendarType(d.Type), start}}
}

// Get gives one as it is now.
func (d detections) Get(ctx context.Context, id string) (events.Detection, error) {
	found, _, err := d.current(ctx, id)
	if err != nil {
		return events.Detection{}, err
	}
	return *found, nil
}

func (d detections) current(ctx context.Context, id string) (*events.Detection, string, error) {
	if store.CheckID("id", id) != nil {
		return nil, "", notFound("detection", id)
	}
	it, err := d.get(ctx, DetectionGet, detectionKey(id))
	if err != nil {
		return nil, "", err
	}
	found, tick, err := detectionOf(it)
	if err == nil && found == nil {
		err = notFound("detection", id)
	}
	return found, tick, err
}

// Update changes the triage and writes the audit entry in one transaction.
func (d detections) Update(ctx context.Context, id string, t store.TriageChange, by store.Actor) (after events.Detection, err error) {
	err = again(ctx, "detection "+id, func() error {
		after, err = d.updateOnce(ctx, id, t, by)
		return err
	})
	return after, err
}

func (d detections) updateOnce(ctx context.Context, id string, t store.TriageChange, by store.Actor) (events.Detection, error) {
	before, tick, err := d.current(ctx, id)
	if err != nil {
		return events.Detection{}, err
	}
	now := d.now()
	after, changed, err := store.ApplyTriage(*before, t, by, now)
	if err != nil || !changed {
		return after, err
	}
	it, err := detectionItem(&after, tick, by.Name)
	if err != nil {
		return *before, err
	}
	entry, err := store.TriageEntry(before, &after, by)
	if err != nil {
		return *before, err
	}
	logged, err := d.entry(ctx, entry, now)
	if err != nil {
		return *before, err
	}
	return after, d.transact(ctx, DetectionTriage, []types.TransactWriteItem{d.putting(it, revision(before.Revision)), logged})
}

// Purge deletes those last updated before a time, oldest first, each with its hints.
func (d detections) Purge(ctx context.Context, before time.Time, limit int) (int, error) {
	days, err := d.days(ctx, calendarUpdate, "", day(before))
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, on := range days {
		for s := range Shards {
			n, err := d.purgeShard(ctx, bucket(on, fmt.Sprint(s)), before, limit-deleted)
			if deleted += n; err != nil || deleted >= limit {
				return deleted, err
			}
		}
	}
	return deleted, nil
}

func (d detections) purgeShard(ctx context.Context, pk string, before time.Time, limit int) (deleted int, err error) {
	for it, err := range d.all(ctx, DetectionsUpdated, span{pk: pk, high: stamp(before)}) {
		if err != nil || deleted >= limit {
			return deleted, err
		}
		_, id := split(textOf(it, attrUpdateKey))
		gone, err := d.purgeOne(ctx, id, before)
		if err != nil {
			return deleted, err
		}
		if gone {
			deleted++
		}
	}
	return deleted, nil
}

// purgeOne deletes a detection and its hints at once. One that was written meanwhile is told again by the index next time.
func (d detections) purgeOne(ctx context.Context, id string, before time.Time) (bool, error) {
	found, _, err := d.current(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !found.Update.Before(before) {
		return false, err
	}
	writes := []types.TransactWriteItem{d.deleting(detectionKey(id), revision(found.Revision))}
	for _, k := range hintsOf(found) {
		// Hints that do not fit stay: they lead nowhere, and whoever follows them sees that.
		if len(writes) < maxTransact {
			writes = append(writes, d.deleting(k, condition{}))
		}
	}
	err = d.transact(ctx, DetectionPurge, writes)
	if raced(err) {
		return false, nil
	}
	return err == nil, err
}
