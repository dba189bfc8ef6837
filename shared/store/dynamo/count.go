package dynamo

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Histogram counts facets by their start. Only days within its bounds are read.
func (d detections) Histogram(ctx context.Context, f store.DetectionFilter, h store.HistogramQuery) (store.Histogram, error) {
	if err := h.Validate(); err != nil {
		return store.Histogram{}, err
	}
	if err := f.Validate(); err != nil {
		return store.Histogram{}, err
	}
	out := store.Histogram{Step: h.Step(), Buckets: make([]store.Bucket, h.Buckets)}
	for i := range out.Buckets {
		out.Buckets[i].Start = h.From.UTC().Add(time.Duration(i) * out.Step)
	}
	bounded := within(f, h.From, h.To)
	spent, err := d.each(ctx, &bounded, byStart(&bounded, false), d.asOf(), func(one *events.Detection) {
		i := int(one.Start.Sub(h.From) / out.Step)
		if i < 0 || i >= len(out.Buckets) {
			return
		}
		b := &out.Buckets[i]
		if b.Bands == nil {
			b.Bands = map[events.Band]int{}
		}
		b.Count++
		b.Bands[one.Risk.Band]++
	})
	out.Complete = spent == nil
	if spent != nil {
		out.Why = "the newest detections are counted: " + spent.why()
	}
	return out, err
}

// within narrows a filter to a span.
func within(f store.DetectionFilter, from, to time.Time) store.DetectionFilter {
	if f.From == nil || f.From.Before(from) {
		f.From = &from
	}
	if f.To == nil || f.To.After(to) {
		f.To = &to
	}
	return f
}

// group is a group while it is counted.
type group struct {
	store.Group
	offenders, victims map[string]bool
}

// Groups counts facets by a field.
func (d detections) Groups(ctx context.Context, f store.DetectionFilter, g store.GroupQuery) (store.Groups, error) {
	if err := g.Validate(&f); err != nil {
		return store.Groups{}, err
	}
	if g.Limit == 0 {
		g.Limit = store.MaxGroups
	}
	groups := map[string]*group{}
	step := g.Step(&f)
	spent, err := d.each(ctx, &f, byStart(&f, false), d.asOf(), func(one *events.Detection) {
		for _, k := range g.By.Keys(one) {
			if groups[k] == nil {
				groups[k] = &group{Group: store.Group{Key: k}, offenders: map[string]bool{}, victims: map[string]bool{}}
				if g.Buckets > 0 {
					groups[k].Bars = make([]int, g.Buckets)
				}
			}
			groups[k].add(one, g.By, f.From, step)
		}
	})
	if err != nil {
		return store.Groups{}, err
	}
	return summary(groups, g.Limit, spent), nil
}

func (g *group) add(d *events.Detection, by store.GroupBy, from *time.Time, step time.Duration) {
	g.Count++
	if d.Status == events.StatusOpen {
		g.Open++
	}
	g.MaxScore = max(g.MaxScore, d.Risk.Score)
	if label := by.Label(d, g.Key); label != "" && (d.Update.After(g.Latest) || d.Update.Equal(g.Latest) && label > g.Label) {
		g.Label = label
	}
	if d.Update.After(g.Latest) {
		g.Latest = d.Update
	}
	for i := range d.Participants {
		p := &d.Participants[i]
		switch {
		case p.Device == "":
		case p.Role == "offender":
			g.offenders[p.Device] = true
		case p.Role == "victim":
			g.victims[p.Device] = true
		}
	}
	if step > 0 {
		if i := int(d.Start.Sub(*from) / step); i >= 0 && i < len(g.Bars) {
			g.Bars[i]++
		}
	}
}

// summary gives the largest groups, by key among equals.
func summary(groups map[string]*group, limit int, spent *budget) store.Groups {
	out := store.Groups{Complete: true, Total: len(groups), Items: []store.Group{}}
	for _, g := range groups {
		g.Offenders, g.Victims = len(g.offenders), len(g.victims)
		if g.Label == "" {
			g.Label = g.Key
		}
		out.Items = append(out.Items, g.Group)
	}
	slices.SortFunc(out.Items, func(a, b store.Group) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Key, b.Key))
	})
	if len(out.Items) > limit {
		out.Complete, out.Why = false, "there are more groups than were asked for"
		out.Items = out.Items[:limit]
	}
	if spent != nil {
		out.Complete, out.Why = false, "the newest detections are counted: "+spent.why()
	}
	return out
}
