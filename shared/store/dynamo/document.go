package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// documents keeps each document as one item, all of a kind in one partition, in the order of their ids.
type documents struct{ *table }

func documentKey(k store.Kind, id string) key { return key{"K#" + string(k), id} }

// document is the body of an item; what DynamoDB must see lies beside it.
type document struct {
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	Expires  time.Time `json:"expires"`
	Body     []byte    `json:"body"`
}

func documentItem(d *store.Document) (item, error) {
	body, err := pack(document{d.Created, d.Modified, d.Expires, d.Body})
	if err != nil {
		return nil, err
	}
	if len(body) > maxItem {
		return nil, tooLong(d.Body)
	}
	it := at(documentKey(d.Kind, d.ID), body)
	it[attrRev] = number(d.Revision)
	if !d.Expires.IsZero() {
		// A second later than it expires: DynamoDB knows no fractions, and a document is there until its moment.
		it[attrTTL] = seconds(d.Expires.Add(time.Second))
	}
	return it, nil
}

func tooLong(body []byte) error {
	return &store.Invalid{Field: "body", Value: fmt.Sprintf("%d bytes", len(body)), Allowed: fmt.Sprintf("at most %d bytes", store.MaxBody)}
}

func documentOf(k store.Kind, it item) (*store.Document, error) {
	if it == nil {
		return nil, nil
	}
	b := document{}
	if err := unpack(it, attrBody, &b); err != nil {
		return nil, err
	}
	return &store.Document{
		Kind: k, ID: textOf(it, attrSK), Revision: numberOf(it, attrRev), Created: b.Created, Modified: b.Modified, Expires: b.Expires, Body: b.Body,
	}, nil
}

func expired(d *store.Document, now time.Time) bool {
	return !d.Expires.IsZero() && !now.Before(d.Expires)
}

// Get gives one, unless it has expired.
func (d documents) Get(ctx context.Context, k store.Kind, id string) (store.Document, error) {
	if store.CheckID("id", id) != nil {
		return store.Document{}, notFound(string(k), id)
	}
	it, err := d.get(ctx, DocumentGet, documentKey(k, id))
	if err != nil {
		return store.Document{}, err
	}
	found, err := documentOf(k, it)
	if err != nil {
		return store.Document{}, err
	}
	if found == nil || expired(found, d.now()) {
		return store.Document{}, notFound(string(k), id)
	}
	return *found, nil
}

// List gives a page, by id.
func (d documents) List(ctx context.Context, k store.Kind, q store.ListQuery) (store.DocumentPage, error) {
	if err := store.CheckLimit(q.Limit, store.MaxPage); err != nil {
		return store.DocumentPage{}, err
	}
	if q.Limit == 0 {
		q.Limit = store.MaxPage
	}
	c, err := readCursor(q.Cursor, hashOf(k, q.Prefix))
	if err != nil {
		return store.DocumentPage{}, err
	}
	s := span{pk: "K#" + string(k), consistent: true, limit: int32(q.Limit + 1)}
	if q.Prefix != "" {
		s.low, s.high = beginning(q.Prefix)
	}
	s.low = max(s.low, c.ID)
	page := store.DocumentPage{Page: store.Page{Complete: true, Total: -1}, Items: []store.Document{}}
	b, now := d.fresh(), d.now()
	for it, err := range d.all(ctx, DocumentList, s) {
		if err != nil {
			return store.DocumentPage{}, err
		}
		if textOf(it, attrSK) == c.ID {
			continue
		}
		if len(page.Items) == q.Limit || b.spent() {
			if b.spent() {
				page.Complete, page.Why = false, b.why()
			}
			page.Next = c.String()
			break
		}
		b.read++
		found, err := documentOf(k, it)
		if err != nil {
			return store.DocumentPage{}, err
		}
		if c.ID = found.ID; !expired(found, now) {
			page.Items = append(page.Items, *found)
		}
	}
	return page, nil
}

// Write makes all of the changes and the entry in one transaction, or none.
func (d documents) Write(ctx context.Context, changes []store.Write, entry *store.AuditEntry) (docs []store.Document, err error) {
	if err := store.CheckWrites(changes); err != nil {
		return nil, err
	}
	err = again(ctx, "documents", func() error {
		docs, err = d.writeOnce(ctx, changes, entry)
		return err
	})
	return docs, err
}

func (d documents) writeOnce(ctx context.Context, changes []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	keys := make([]key, len(changes))
	for i, w := range changes {
		keys[i] = documentKey(w.Kind, w.ID)
	}
	have, err := d.batch(ctx, DocumentGet, keys, true)
	if err != nil {
		return nil, err
	}
	now := d.now()
	docs, writes, err := d.changes(have, changes, now)
	if err != nil {
		return nil, err
	}
	if entry != nil {
		logged, err := d.entry(ctx, *entry, now)
		if err != nil {
			return nil, err
		}
		writes = append(writes, logged)
	}
	if len(writes) == 0 {
		return docs, nil
	}
	return docs, d.transact(ctx, DocumentWrite, writes)
}

// changes gives the documents as they will be, and what is to be written for it: all in one transaction.
func (d documents) changes(have map[key]item, changes []store.Write, now time.Time) ([]store.Document, []types.TransactWriteItem, error) {
	docs := make([]store.Document, len(changes))
	var writes []types.TransactWriteItem
	size := 0
	for i, w := range changes {
		k := documentKey(w.Kind, w.ID)
		it, after, err := d.change(have[k], w, now)
		if err != nil {
			return nil, nil, err
		}
		docs[i] = after
		// What there is, expired or not, must be there still.
		still := revision(numberOf(have[k], attrRev))
		switch {
		case it != nil:
			size += sizeOf(it)
			writes = append(writes, d.putting(it, still))
		case have[k] != nil:
			writes = append(writes, d.deleting(k, still))
		}
	}
	if size > maxTransfer {
		return nil, nil, &store.Invalid{Field: "changes", Value: fmt.Sprintf("%d bytes", size), Allowed: fmt.Sprintf("at most %d bytes compressed together", maxTransfer)}
	}
	return docs, writes, nil
}

// change makes the item that a write leaves; nil where it deletes.
func (d documents) change(have item, w store.Write, now time.Time) (item, store.Document, error) {
	gone := store.Document{Kind: w.Kind, ID: w.ID}
	before, err := documentOf(w.Kind, have)
	if err != nil {
		return nil, gone, err
	}
	if before != nil && expired(before, now) {
		before = nil
	}
	after, err := store.ApplyWrite(before, w, now)
	if err != nil || after == nil {
		return nil, gone, err
	}
	it, err := documentItem(after)
	return it, *after, err
}
