package dynamo

import (
	"context"
	"iter"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// listing is what a list by id is asked for.
type listing struct {
	limit  int
	cursor string
	query  string // hash of the rest
}

// sharded walks what lies under a prefix and the shards, in the order of sort keys, from one on.
func (t *table) sharded(ctx context.Context, p Pattern, prefix, low string) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		type head struct {
			next func() (item, error, bool)
			it   item
		}
		var heads []head
		for s := range Shards {
			next, stop := iter.Pull2(t.all(ctx, p, span{pk: prefix + strconv.Itoa(s), low: low, consistent: true}))
			defer stop()
			it, err, more := next()
			if err != nil {
				yield(nil, err)
				return
			}
			if more {
				heads = append(heads, head{next, it})
			}
		}
		for len(heads) > 0 {
			least := 0
			for i := range heads {
				if textOf(heads[i].it, attrSK) < textOf(heads[least].it, attrSK) {
					least = i
				}
			}
			if !yield(heads[least].it, nil) {
				return
			}
			it, err, more := heads[least].next()
			if err != nil {
				yield(nil, err)
				return
			}
			if heads[least].it = it; !more {
				heads = append(heads[:least], heads[least+1:]...)
			}
		}
	}
}

// list gives a page of what lies in shards. take keeps an item, or says that it is not meant.
func (t *table) list(ctx context.Context, p Pattern, prefix string, l listing, take func(item) (bool, error)) (store.Page, error) {
	if err := store.CheckLimit(l.limit, store.MaxPage); err != nil {
		return store.Page{}, err
	}
	if l.limit == 0 {
		l.limit = store.DefaultPage
	}
	c, err := readCursor(l.cursor, l.query)
	if err != nil {
		return store.Page{}, err
	}
	page := store.Page{Complete: true, Total: -1}
	taken, b, begin := 0, t.fresh(), c.ID
	for it, err := range t.sharded(ctx, p, prefix, begin) {
		if err != nil {
			return store.Page{}, err
		}
		id := textOf(it, attrSK)
		if id == begin {
			continue
		}
		if taken == l.limit {
			page.Next = c.String()
			break
		}
		if b.read > 0 && b.spent() {
			page.Complete, page.Why, page.Next = false, b.why(), c.String()
			break
		}
		b.read++
		kept, err := take(it)
		if err != nil {
			return store.Page{}, err
		}
		if c.ID = id; kept {
			taken++
		}
	}
	return page, nil
}
