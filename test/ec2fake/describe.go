package ec2fake

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// kind says how one sort of object is described.
type kind[T any] struct {
	noun    noun
	filters map[string]func(v *T) []string // by AWS's name of the filter
	tags    func(v *T) map[string]string   // nil: no filters by tag, as AWS documents none
	narrow  map[string]byte                // filters that are a key too
	sees    func(r *row[T], v *T) bool     // whether the caller sees it; nil: all that is listed for the caller
	mask    func(r *row[T], out *T)        // takes off what the caller does not see of it; may be nil
}

// describe gives a page, by id, of what a caller sees.
func describe[T any](h *handle, t *table[T], k kind[T], start key, q ec2api.Query) (ec2api.Page[T], error) {
	if err := checkQuery(q, k); err != nil {
		return ec2api.Page[T]{}, err
	}
	now := h.c.now()
	t.settle(now)
	if len(q.IDs) > 0 {
		return named(h, t, k, q, start)
	}
	after, err := h.c.openToken(h, k.noun.label, q)
	if err != nil {
		return ec2api.Page[T]{}, err
	}
	return list(h, k, q, t.narrowest(start, k.narrow, q.Filters), after, start, t), nil
}

// list fills a page from rows that may fit.
func list[T any](h *handle, k kind[T], q ec2api.Query, rows []*row[T], after string, start key, t *table[T]) ec2api.Page[T] {
	size, now := int(q.MaxResults), h.c.now()
	if size == 0 {
		size = h.c.set.PageSize
	}
	at, _ := slices.BinarySearchFunc(rows, after+"\x00", byID[T])
	page := ec2api.Page[T]{Items: make([]T, 0, min(size, len(rows)-at))}
	for _, r := range rows[at:] {
		v := r.shown(now)
		if v == nil || len(q.Filters) > 0 && !(k.fits(v, q.Filters) && slices.Contains(r.keys, start)) {
			continue
		}
		if k.sees != nil && !k.sees(r, v) {
			continue
		}
		if len(page.Items) == size {
			page.Next = h.c.closeToken(h, k.noun.label, q, after)
			break
		}
		k.add(&page, r, v)
		after = r.id
	}
	return page
}

// add puts an object on a page as the caller sees it.
func (k *kind[T]) add(page *ec2api.Page[T], r *row[T], v *T) {
	page.Items = append(page.Items, *v)
	if k.mask != nil {
		k.mask(r, &page.Items[len(page.Items)-1])
	}
}

// named gives the objects of ids, in the order of their ids; one that is not there fails the whole call, as in EC2.
func named[T any](h *handle, t *table[T], k kind[T], q ec2api.Query, start key) (ec2api.Page[T], error) {
	var page ec2api.Page[T]
	ids := slices.Compact(slices.Sorted(slices.Values(q.IDs)))
	for _, id := range ids {
		r := t.rows[id]
		var v *T
		if r != nil && slices.Contains(r.keys, start) {
			v = r.shown(h.c.now())
		}
		if v == nil || k.sees != nil && !k.sees(r, v) {
			return ec2api.Page[T]{}, k.noun.notFound(id)
		}
		if k.fits(v, q.Filters) {
			k.add(&page, r, v)
		}
	}
	return page, nil
}

// narrowest gives the shortest list that holds all that may fit: a filter by plain values that are keys, or ids, needs no search.
func (t *table[T]) narrowest(start key, by map[string]byte, filters map[string][]string) []*row[T] {
	rows := t.lists[start]
	for name, values := range filters {
		k, ok := by[name]
		if !ok || slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, `*?\`) }) {
			continue
		}
		if l := t.under(k, values); len(l) < len(rows) {
			rows = l
		}
	}
	return rows
}

// under gives what is listed under any of some values, by id.
func (t *table[T]) under(by byte, values []string) []*row[T] {
	if len(values) == 1 && by != ofID {
		return t.lists[key{by, values[0]}]
	}
	var rows []*row[T]
	for _, v := range values {
		if by != ofID {
			rows = append(rows, t.lists[key{by, v}]...)
		} else if r := t.rows[v]; r != nil {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *row[T]) int { return strings.Compare(a.id, b.id) })
	return slices.Compact(rows)
}

const maxFilterValues = 200

func checkQuery[T any](q ec2api.Query, k kind[T]) error {
	switch {
	case len(q.IDs) > 0 && q.MaxResults != 0:
		return refuse(ec2api.CodeInvalidParameterConflict, "The parameter %sIds cannot be used with the parameter maxResults", k.noun.label)
	case len(q.IDs) > 0 && q.NextToken != "":
		return refuse(ec2api.CodeInvalidParameterConflict, "The parameter %sIds cannot be used with the parameter nextToken", k.noun.label)
	case len(q.IDs) > 1000:
		return invalid(len(q.IDs), k.noun.label+"Ids", "At most 1000 ids are allowed.")
	case q.MaxResults != 0 && (q.MaxResults < 5 || q.MaxResults > 1000):
		return invalid(q.MaxResults, "maxResults", "Expecting a value between 5 and 1000.")
	}
	for _, id := range q.IDs {
		if err := k.noun.check(id); err != nil {
			return err
		}
	}
	return k.checkFilters(q.Filters)
}

func (k *kind[T]) checkFilters(filters map[string][]string) error {
	values := 0
	for name, v := range filters {
		_, known := k.filters[name]
		if !known && !(k.tags != nil && (name == "tag-key" || strings.HasPrefix(name, "tag:") && len(name) > 4)) {
			return refuse(ec2api.CodeInvalidParameterValue, "The filter '%s' is invalid", name)
		}
		if len(v) == 0 {
			return refuse(ec2api.CodeInvalidParameterValue, "The filter '%s' has no value", name)
		}
		values += len(v)
	}
	if values > maxFilterValues {
		return refuse(codeFilterLimit, "The maximum number of filter values is %d, and %d were given", maxFilterValues, values)
	}
	return nil
}

// fits says whether an object has one of the values of every filter.
func (k *kind[T]) fits(v *T, filters map[string][]string) bool {
	for name, wanted := range filters {
		if !fitsAny(k.valuesOf(v, name), wanted) {
			return false
		}
	}
	return true
}

func (k *kind[T]) valuesOf(v *T, name string) []string {
	if get := k.filters[name]; get != nil {
		return get(v)
	}
	tags := k.tags(v)
	if name == "tag-key" {
		names := make([]string, 0, len(tags))
		for n := range tags {
			names = append(names, n)
		}
		return names
	}
	if value, has := tags[strings.TrimPrefix(name, "tag:")]; has {
		return []string{value}
	}
	return nil
}

func fitsAny(have, wanted []string) bool {
	for _, h := range have {
		for _, w := range wanted {
			if like(w, h) {
				return true
			}
		}
	}
	return false
}

// like says whether text is as a filter's value asks: '*' is any characters, '?' is one, '\' takes the next as it is.
func like(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == '\\' && p+1 < len(pattern) && pattern[p+1] == text[t]:
			p, t = p+2, t+1
		case p < len(pattern) && pattern[p] != '\\' && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// closeToken makes the token of the next page: it holds where to go on, and what was asked, so that it fits no other question.
func (c *Cloud) closeToken(h *handle, label string, q ec2api.Query, last string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%016x%s", questionSum(h, label, q, last), last))
}

func (c *Cloud) openToken(h *handle, label string, q ec2api.Query) (after string, err error) {
	if q.NextToken == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.NextToken)
	if err == nil && len(raw) > 16 {
		after = string(raw[16:])
		if string(raw[:16]) == fmt.Sprintf("%016x", questionSum(h, label, q, after)) {
			return after, nil
		}
	}
	return "", refuse(ec2api.CodeInvalidPaginationToken, "The specified pagination token is not valid or is expired.")
}

func questionSum(h *handle, label string, q ec2api.Query, last string) uint64 {
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%s|%s|%s|%v|%s", h.account, h.region.name, label, q.Filters, last)
	return sum.Sum64()
}
