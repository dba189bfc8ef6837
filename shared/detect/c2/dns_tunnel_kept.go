package c2

import (
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// maxEscaped is longer than any name of DNS whose bytes stand as \x and two digits.
const maxEscaped = 4*maxName + 4

// typeCount is how often one type was asked for.
type typeCount struct {
	name  string
	count int
}

// namesFields is how what a host asked for is kept over a restart. Whoever changes it raises the version of the memory.
func namesFields(key, value *detect.Form, k *asked, n *names) {
	detect.Number(key, &k.client)
	key.Text(&k.domain, maxEscaped)
	value.Distinct(&n.different)
	for _, x := range []*int{&n.queries, &n.data, &n.length, &n.answers, &n.told} {
		detect.Number(value, x)
	}
	value.Float(&n.bits)
	detect.Number(value, &n.start)
	detect.Number(value, &n.last)
	value.Ladder(&n.ladder)
	value.UIDs(&n.uids)
	value.Text(&n.example, maxEscaped)
	value.Head(&n.head)
	var types []typeCount
	for _, name := range slices.Sorted(maps.Keys(n.types)) {
		types = append(types, typeCount{name, n.types[name]})
	}
	detect.Many(value, &types, maxTypes, func(f *detect.Form, t *typeCount) {
		f.Text(&t.name, maxEscaped)
		detect.Number(f, &t.count)
	})
	if len(types) > 0 && n.types == nil {
		n.types = make(map[string]int, len(types))
		for _, t := range types {
			n.types[t.name] = t.count
		}
	}
}
