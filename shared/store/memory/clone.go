package memory

import (
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// What came in went through copied, so that what is kept is as every store would keep it. Going out it only has to be kept apart from
// what is stored, and these do that without writing and reading it as text: ten thousand rows are read every few minutes.

func cloneCoverage(c events.Coverage) events.Coverage {
	c.Tags, c.Addresses = maps.Clone(c.Tags), slices.Clone(c.Addresses)
	c.Changed, c.LastSeen = c.Changed.Round(0), cloneTime(c.LastSeen)
	return c
}

func cloneBinding(b events.Binding) events.Binding {
	b.Tags, b.Addresses = maps.Clone(b.Tags), slices.Clone(b.Addresses)
	b.From, b.To = b.From.Round(0), cloneTime(b.To)
	return b
}

// cloneTime is a time of its own, without the reading of a monotonic clock, which no store keeps.
func cloneTime(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	c := t.Round(0)
	return &c
}

func cloneBindings(list []events.Binding) []events.Binding {
	list = slices.Clone(list)
	for i := range list {
		list[i] = cloneBinding(list[i])
	}
	return list
}
