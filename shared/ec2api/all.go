package ec2api

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// The bounds of reading. An account has at most 10,000 sessions, which are ten pages; of network interfaces there may be more.
const (
	PageItems  = 1000 // what All asks for a page: AWS's most
	PageLimit  = 1000 // pages that All reads at the most, so up to a million items
	BatchIDs   = 200  // ids in one call: a filter takes 200 values
	BatchNames = 50   // names in one call that has no filters: Auto Scaling takes 50
)

// Fetch is a describe: EC2.DescribeInstances is one.
type Fetch[T any] func(ctx context.Context, q Query) (Page[T], error)

// All reads every page of what a query asks for: everything or an error, never a part. Where ids are given MaxResults is not sent, as EC2
// refuses both together.
func All[T any](ctx context.Context, fetch Fetch[T], q Query) ([]T, error) {
	switch {
	case len(q.IDs) > 0:
		q.MaxResults = 0
	case q.MaxResults == 0:
		q.MaxResults = PageItems
	}
	var items []T
	seen := map[string]bool{q.NextToken: true} // a token that comes back would go round for ever
	for range PageLimit {
		page, err := fetch(ctx, q)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items, nil
		}
		if seen[page.Next] {
			return nil, fmt.Errorf("read page %d: its token was given before", len(seen))
		}
		seen[page.Next] = true
		q.NextToken = page.Next
	}
	return nil, fmt.Errorf("read pages: there are more than %d", PageLimit)
}

// ByIDs reads those of the ids that there are, in batches. It asks by a filter ("instance-id", "network-interface-id") and not by
// ids: one id that is gone would fail its whole batch with an error that names only some of the missing ones, while a filter just does
// not find it, and may be paged. Where filter is "" the ids go as IDs: for Auto Scaling, whose calls have no such filters and leave out
// names that are not there.
func ByIDs[T any](ctx context.Context, fetch Fetch[T], filter string, ids []string) ([]T, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	size := BatchIDs
	if filter == "" {
		size = BatchNames
	}
	for _, id := range ids {
		if id == "" || filter != "" && strings.ContainsAny(id, `*?\`) { // a pattern would find more than was asked for
			return nil, fmt.Errorf("read by ids: %q is no id; an id is not empty and holds none of * ? \\", id)
		}
	}
	var items []T
	for batch := range slices.Chunk(ids, size) {
		q := Query{IDs: batch}
		if filter != "" {
			q = Query{Filters: map[string][]string{filter: batch}}
		}
		some, err := All(ctx, fetch, q)
		if err != nil {
			return nil, err
		}
		items = append(items, some...)
	}
	return items, nil
}
