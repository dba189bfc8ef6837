package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// devices keeps each device as one item: what the model knows in one attribute, what people say in another, so that neither writer
// ever overwrites the other.
type devices struct{ *table }

func deviceKey(id string) key { return key{"V#" + shard(id), id} }

// saidKey marks a device that people say something of: a few among thousands, which sensors read again and again.
func saidKey(id string) key { return key{"VO#" + shard(id), id} }

// Put stores what the device model knows, each device in a write of its own.
func (d devices) Put(ctx context.Context, list ...events.Device) error {
	for i := range list {
		if err := store.CheckID("id", list[i].ID); err != nil {
			return err
		}
	}
	for i := range list {
		if err := d.put(ctx, &list[i]); err != nil {
			return fmt.Errorf("store devices (%d of %d stored): %w", i, len(list), err)
		}
	}
	return nil
}

func (d devices) put(ctx context.Context, v *events.Device) error {
	known := *v
	known.Overrides, known.Revision = events.DeviceOverrides{}, 0
	known.FirstSeen, known.LastSeen = known.FirstSeen.Round(0).UTC(), known.LastSeen.Round(0).UTC()
	body, err := pack(&known)
	if err != nil {
		return err
	}
	if len(body) > maxItem {
		return &store.Invalid{Field: "device", Value: v.ID, Allowed: fmt.Sprintf("one that fits into %d bytes compressed", maxItem)}
	}
	_, err = d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &d.name, Key: deviceKey(v.ID).item(), UpdateExpression: aws.String("SET body = :b, last_seen = :l"),
		ExpressionAttributeValues: item{":b": blob(body), ":l": text(stamp(v.LastSeen))},
	})
	return answer(DevicePut, err)
}

func deviceOf(it item) (events.Device, error) {
	d := events.Device{}
	if err := unpack(it, attrBody, &d); err != nil {
		return d, err
	}
	if it[attrOverrides] != nil {
		if err := unpack(it, attrOverrides, &d.Overrides); err != nil {
			return d, err
		}
		d.Revision = numberOf(it, attrRev)
	}
	return d, nil
}

// Get gives one as it is now.
func (d devices) Get(ctx context.Context, id string) (events.Device, error) {
	if store.CheckID("id", id) != nil {
		return events.Device{}, notFound("device", id)
	}
	it, err := d.get(ctx, DeviceGet, deviceKey(id))
	if err != nil {
		return events.Device{}, err
	}
	if it == nil {
		return events.Device{}, notFound("device", id)
	}
	return deviceOf(it)
}

// Search gives a page, by id.
func (d devices) Search(ctx context.Context, q store.DeviceQuery) (store.DevicePage, error) {
	page := store.DevicePage{Items: []events.Device{}}
	rest := q
	rest.Limit, rest.Cursor = 0, ""
	var err error
	prefix := "V#"
	if q.Said {
		prefix = "VO#"
	}
	page.Page, err = d.list(ctx, DeviceList, prefix, listing{q.Limit, q.Cursor, hashOf(rest)}, func(it item) (bool, error) {
		if q.Said { // the mark says no more than that
			var err error
			if it, err = d.get(ctx, DeviceGet, deviceKey(textOf(it, attrSK))); err != nil || it == nil {
				return false, err
			}
		}
		v, err := deviceOf(it)
		if err != nil || !matchDevice(&q, &v) {
			return false, err
		}
		page.Items = append(page.Items, v)
		return true, nil
	})
	return page, err
}

// Override sets what people say of a device and writes the audit entry in one transaction.
func (d devices) Override(ctx context.Context, id string, o events.DeviceOverrides, ifRevision *int64, by store.Actor) (after events.Device, err error) {
	err = again(ctx, "device "+id, func() error {
		after, err = d.override(ctx, id, o, ifRevision, by)
		return err
	})
	return after, err
}

func (d devices) override(ctx context.Context, id string, o events.DeviceOverrides, ifRevision *int64, by store.Actor) (events.Device, error) {
	before, err := d.Get(ctx, id)
	if err != nil {
		return before, err
	}
	after, changed, err := store.ApplyOverrides(before, o, ifRevision)
	if err != nil || !changed {
		return after, err
	}
	packed, err := pack(after.Overrides)
	if err != nil {
		return before, err
	}
	entry, err := store.OverridesEntry(&before, &after, by)
	if err != nil {
		return before, err
	}
	logged, err := d.entry(ctx, entry, d.now())
	if err != nil {
		return before, err
	}
	set := &types.Update{
		TableName: &d.name, Key: deviceKey(id).item(), UpdateExpression: aws.String("SET overrides = :o, rev = :next"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(rev)"),
		ExpressionAttributeValues: item{":o": blob(packed), ":next": number(after.Revision)},
	}
	if before.Revision > 0 {
		set.ConditionExpression = aws.String("rev = :rev")
		set.ExpressionAttributeValues[":rev"] = number(before.Revision)
	}
	mark := types.TransactWriteItem{Put: &types.Put{TableName: &d.name, Item: saidKey(id).item()}}
	if after.Overrides == (events.DeviceOverrides{}) {
		mark = types.TransactWriteItem{Delete: &types.Delete{TableName: &d.name, Key: saidKey(id).item()}}
	}
	return after, d.transact(ctx, DeviceOverride, []types.TransactWriteItem{{Update: set}, logged, mark})
}

// Purge deletes samples before one time, and devices last seen before another that nobody said anything of.
func (d devices) Purge(ctx context.Context, samples, devices time.Time) (int, error) {
	deleted, err := d.purgeSamples(ctx, samples)
	if err != nil {
		return deleted, err
	}
	limit := stamp(devices)
	for it, err := range d.sharded(ctx, DeviceList, "V#", "") {
		if err != nil {
			return deleted, err
		}
		if it[attrOverrides] != nil && said(it) || textOf(it, attrLast) >= limit {
			continue
		}
		// Seen again, or spoken of, meanwhile: it stays.
		c := condition{"last_seen = :last AND attribute_not_exists(rev)", item{":last": it[attrLast]}}
		if rev := it[attrRev]; rev != nil {
			c = condition{"last_seen = :last AND rev = :rev", item{":last": it[attrLast], ":rev": rev}}
		}
		err := d.delete(ctx, DevicePurge, keyOf(it), c)
		switch {
		case raced(err):
		case err != nil:
			return deleted, err
		default:
			deleted++
		}
	}
	return deleted, nil
}

// said says whether people say anything of a device still.
func said(it item) bool {
	o := events.DeviceOverrides{}
	return unpack(it, attrOverrides, &o) != nil || o != events.DeviceOverrides{}
}

func (d devices) purgeSamples(ctx context.Context, before time.Time) (int, error) {
	days, err := d.days(ctx, calendarSamples, "", day(before))
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, on := range days {
		for it, err := range d.all(ctx, CalendarRead, span{pk: calendarSampled(on), consistent: true}) {
			if err != nil {
				return deleted, err
			}
			n, err := d.clear(ctx, SamplePurge, span{pk: samplesOf(textOf(it, attrSK), on), high: justBefore(before), consistent: true, keysOnly: true})
			if deleted += n; err != nil {
				return deleted, err
			}
			expected := span{pk: expectationsOf(textOf(it, attrSK), on), high: justBefore(before.Truncate(time.Hour)), consistent: true, keysOnly: true}
			if _, err := d.clear(ctx, SamplePurge, expected); err != nil {
				return deleted, err
			}
			if on < day(before) {
				if err := d.unmark(ctx, keyOf(it)); err != nil {
					return deleted, err
				}
			}
		}
	}
	return deleted, nil
}

// justBefore is the bound of what is before a moment: times are whole nanoseconds.
func justBefore(t time.Time) string { return stamp(t.Add(-1)) }

func (t *table) unmark(ctx context.Context, k key) error {
	if err := t.write(ctx, SamplePurge, []types.WriteRequest{deleteRequest(k)}); err != nil {
		return err
	}
	t.seen.forget(k)
	return nil
}
