package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Item is a document with its body as a Go value.
type Item[T any] struct {
	ID       string
	Revision int64
	Created  time.Time
	Modified time.Time
	Expires  time.Time
	Value    T
}

// Collection is the documents of one kind, typed.
type Collection[T any] struct {
	Kind      Kind
	Documents Documents
}

// Get gives one, or ErrNotFound.
func (c Collection[T]) Get(ctx context.Context, id string) (Item[T], error) {
	d, err := c.Documents.Get(ctx, c.Kind, id)
	if err != nil {
		return Item[T]{}, err
	}
	return c.item(d)
}

// List gives a page, by id.
func (c Collection[T]) List(ctx context.Context, q ListQuery) ([]Item[T], Page, error) {
	p, err := c.Documents.List(ctx, c.Kind, q)
	if err != nil {
		return nil, Page{}, err
	}
	items := make([]Item[T], 0, len(p.Items))
	for _, d := range p.Items {
		i, err := c.item(d)
		if err != nil {
			return nil, Page{}, err
		}
		items = append(items, i)
	}
	return items, p.Page, nil
}

// All walks every page.
func (c Collection[T]) All(ctx context.Context) ([]Item[T], error) {
	var all []Item[T]
	for q := (ListQuery{}); ; {
		items, page, err := c.List(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all, nil
		}
	}
}

// Put writes one, if the condition holds.
func (c Collection[T]) Put(ctx context.Context, i Item[T], cond Condition, entry *AuditEntry) (Item[T], error) {
	w, err := c.Change(i, cond)
	if err != nil {
		return Item[T]{}, err
	}
	docs, err := c.Documents.Write(ctx, []Write{w}, entry)
	if err != nil {
		return Item[T]{}, err
	}
	return c.item(docs[0])
}

// Delete deletes one, if the condition holds.
func (c Collection[T]) Delete(ctx context.Context, id string, cond Condition, entry *AuditEntry) error {
	_, err := c.Documents.Write(ctx, []Write{{Kind: c.Kind, ID: id, If: cond}}, entry)
	return err
}

// Change makes the write that Put would do, for a Write of several documents.
func (c Collection[T]) Change(i Item[T], cond Condition) (Write, error) {
	body, err := json.Marshal(i.Value)
	if err != nil {
		return Write{}, fmt.Errorf("encode %s %s: %w", c.Kind, i.ID, err)
	}
	return Write{Kind: c.Kind, ID: i.ID, Body: body, Expires: i.Expires, If: cond}, nil
}

func (c Collection[T]) item(d Document) (Item[T], error) {
	i := Item[T]{ID: d.ID, Revision: d.Revision, Created: d.Created, Modified: d.Modified, Expires: d.Expires}
	if err := json.Unmarshal(d.Body, &i.Value); err != nil {
		return Item[T]{}, fmt.Errorf("decode %s %s: %w", c.Kind, d.ID, err)
	}
	return i, nil
}
