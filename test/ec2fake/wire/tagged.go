package wire

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// resource is a thing with its tags.
type resource struct {
	id   string
	tags map[string]string
}

// tagsOf makes the reader of one kind's tags. It asks nothing where nothing of the kind is wanted.
func tagsOf[T any](kind, prefix string, ask func(ec2api.EC2, context.Context, ec2api.Query) (ec2api.Page[T], error), parts func(T) []resource) func(*call, func(prefix string) bool) ([]tagged, error) {
	return func(c *call, wanted func(prefix string) bool) ([]tagged, error) {
		if !wanted(prefix) {
			return nil, nil
		}
		all, err := every(c.ctx, func(ctx context.Context, q ec2api.Query) (ec2api.Page[T], error) { return ask(c.account.EC2, ctx, q) }, ec2api.Query{})
		if err != nil {
			return nil, err
		}
		var out []tagged
		for _, item := range all {
			for _, r := range parts(item) {
				for _, key := range slices.Sorted(maps.Keys(r.tags)) {
					out = append(out, tagged{r.id, kindOf(r.id, kind), key, r.tags[key]})
				}
			}
		}
		return out, nil
	}
}

// kindOf tells a filter's rules from the filter.
func kindOf(id, kind string) string {
	if strings.HasPrefix(id, "tmfr-") {
		return "traffic-mirror-filter-rule"
	}
	return kind
}

// wildcard says whether a value fits a pattern of EC2: '*' is any run of characters, '?' is one, '\' makes the next one plain. It is
// linear in the product of the lengths, whatever the pattern.
func wildcard(pattern, value string) bool {
	p, v := []rune(pattern), []rune(value)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(v) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i+1 < len(p) && p[i] == '\\' && p[i+1] == v[j]:
			i, j = i+2, j+1
		case i < len(p) && p[i] != '\\' && (p[i] == '?' || p[i] == v[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
