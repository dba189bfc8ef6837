package bus

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// FitContext gives a context with at most limit bytes of JSON: what is least missed goes first. That of the caller is not changed. An
// error says that it is too large with all cut that may be.
func FitContext(c events.Context, limit int) (events.Context, error) {
	size, err := length(&c)
	if err != nil || size <= limit {
		return c, err
	}
	c = ownContext(c)
	for size > limit {
		if !shortenContext(&c) {
			return c, fmt.Errorf("fit context: %d bytes with every member cut, %d are allowed", size, limit)
		}
		if size, err = length(&c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// cutContext cuts the context of a detection, in the same order.
func cutContext(at **events.Context) cut {
	owned := false
	return cut{value: func() any { return *at }, shorten: func() bool {
		if *at == nil {
			return false
		}
		if !owned {
			copied := ownContext(**at)
			*at, owned = &copied, true
		}
		return shortenContext(*at)
	}}
}

// ownContext gives a copy whose lists may be cut and whose texts may be clipped.
func ownContext(c events.Context) events.Context {
	c.Sources, c.Who, c.Calls = slices.Clone(c.Sources), slices.Clone(c.Who), slices.Clone(c.Calls)
	c.Counters, c.Adjustments = slices.Clone(c.Counters), slices.Clone(c.Adjustments)
	if c.Flows != nil {
		flows := *c.Flows
		c.Flows = &flows
	}
	if c.Feed != nil {
		feed := *c.Feed
		c.Feed = &feed
	}
	return c
}

// shortenContext makes the next cut: counters that are as usual, calls but for the first, tags, and so on down to who the first
// participants are and what adjusts the risk, which stay. It gives false where nothing more can go.
func shortenContext(c *events.Context) bool {
	for _, step := range []func(*events.Context) bool{
		dropUsual,
		func(c *events.Context) bool { return first(&c.Calls, 3) },
		dropTags,
		func(c *events.Context) bool { return first(&c.Counters, 3) },
		dropBulk,
		func(c *events.Context) bool { return first(&c.Who, 4) },
		func(c *events.Context) bool { return clipAll(c, 256) },
		func(c *events.Context) bool {
			calls, counters, who := first(&c.Calls, 1), first(&c.Counters, 0), first(&c.Who, 2)
			return calls || counters || who
		},
		func(c *events.Context) bool { return clipAll(c, 64) },
	} {
		if step(c) {
			return true
		}
	}
	return false
}

// first keeps the first of a list: the most relevant.
func first[T any](list *[]T, most int) bool {
	if len(*list) <= most {
		return false
	}
	*list = (*list)[:most]
	return true
}

func dropUsual(c *events.Context) bool {
	before := len(c.Counters)
	c.Counters = slices.DeleteFunc(c.Counters, func(n events.CounterNews) bool { return !n.Unusual })
	return len(c.Counters) < before
}

func dropTags(c *events.Context) (dropped bool) {
	for i := range c.Who {
		dropped = dropped || len(c.Who[i].Tags) > 0
		c.Who[i].Tags = nil
	}
	return dropped
}

// dropBulk shortens the lists within the lists.
func dropBulk(c *events.Context) (dropped bool) {
	for i := range c.Who {
		groups, public, private := first(&c.Who[i].Groups, 4), first(&c.Who[i].PublicAddresses, 2), first(&c.Who[i].Addresses, 2)
		dropped = dropped || groups || public || private
	}
	for i := range c.Calls {
		dropped = first(&c.Calls[i].Resources, 4) || dropped
	}
	if c.Flows != nil {
		dropped = first(&c.Flows.Ports, 8) || dropped
	}
	return dropped
}

// clipAll clips every text that has no length of its own.
func clipAll(c *events.Context, most int) (clipped bool) {
	for _, s := range textsOf(c) {
		if len(*s) > most {
			*s, clipped = Clip(*s, most), true
		}
	}
	return clipped
}

func textsOf(c *events.Context) (list []*string) {
	for i := range c.Sources {
		list = append(list, &c.Sources[i].Why)
	}
	for i := range c.Who {
		w := &c.Who[i]
		list = append(list, &w.Name, &w.Description, &w.Profile, &w.Role, &w.AutoScaling, &w.Task, &w.Requester, &w.ASName, &w.Service)
	}
	for i := range c.Calls {
		l := &c.Calls[i]
		list = append(list, &l.Summary, &l.Reason, &l.Principal, &l.Address, &l.Name, &l.Service, &l.Error)
		l.Resources = slices.Clone(l.Resources) // those of the caller stay as they are
		for k := range l.Resources {
			list = append(list, &l.Resources[k])
		}
	}
	for i := range c.Counters {
		list = append(list, &c.Counters[i].Sentence)
	}
	for i := range c.Adjustments {
		list = append(list, &c.Adjustments[i].Reason)
	}
	if c.Flows != nil {
		list = append(list, &c.Flows.Sentence)
	}
	if c.Feed != nil {
		list = append(list, &c.Feed.Sentence)
	}
	return list
}
