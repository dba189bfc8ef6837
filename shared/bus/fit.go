package bus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// shortText is what is left of a sentence, and fewest what is left of a list, when an event is too large.
const (
	shortText = 512
	fewest    = 1
)

// Fit gives the event as it is where its detail has at most limit bytes of JSON, and else with the longest members of the detection
// (or of the coverage) cut until it has, and Truncated set: an event that a carrier refuses would be lost. The event that was given is
// not changed. Of lists the newest entries stay.
func Fit(e events.Event, limit int) (events.Event, error) {
	size, err := length(&e.Detail)
	if err != nil || size <= limit {
		return e, err
	}
	e.Detail.Truncated = true
	e.Detail.Changed = e.Detail.Changed[:min(len(e.Detail.Changed), 32)]
	cuts := detailCuts(&e.Detail)
	for size > limit {
		if !cutLongest(cuts) {
			return e, fmt.Errorf("fit event %s: %d bytes of detail with every member cut, %d are allowed", e.ID, size, limit)
		}
		if size, err = length(&e.Detail); err != nil {
			return e, err
		}
	}
	return e, nil
}

// cut is a member that may be made shorter: shorten gives false where nothing more can go.
type cut struct {
	value   func() any
	shorten func() bool
	size    int
}

func cutLongest(cuts []cut) bool {
	for i := range cuts {
		cuts[i].size, _ = length(cuts[i].value())
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return b.size - a.size })
	return slices.ContainsFunc(cuts, func(c cut) bool { return c.shorten() })
}

func detailCuts(d *events.Detail) []cut {
	switch {
	case d.Detection != nil:
		copied := *d.Detection
		d.Detection = &copied
		return detectionCuts(&copied)
	case d.Coverage != nil:
		copied := *d.Coverage
		d.Coverage = &copied
		return []cut{cutMap(&copied.Tags), cutList(&copied.Addresses, 0), cutText(&copied.Reason), cutText(&copied.Fix), cutText(&copied.Name)}
	case d.Health != nil:
		copied := *d.Health
		d.Health = &copied
		return []cut{cutText(&copied.Reason), cutText(&copied.Sensor)}
	case d.Heard != nil:
		copied := *d.Heard
		d.Heard = &copied
		return []cut{cutText(&copied.Reason), cutText(&copied.Name), cutText(&copied.Interface), cutText(&copied.Sensor)}
	}
	return nil
}

func detectionCuts(d *events.Detection) []cut {
	cuts := []cut{
		cutMap(&d.Properties), cutList(&d.Activity, fewest), cutList(&d.Notes, 0), cutList(&d.Participants, fewest),
		cutList(&d.Evidence.UIDs, fewest), cutList(&d.Risk.Terms, fewest), cutText(&d.Description), cutText(&d.Title),
		cutList(&d.Tactics, fewest), cutList(&d.Techniques, fewest), cutTags(&d.Participants), cutContext(&d.Context),
	}
	if len(d.Activity) > 0 {
		d.Activity = slices.Clone(d.Activity)
		cuts = append(cuts, cutText(&d.Activity[len(d.Activity)-1].Description))
	}
	return cuts
}

// cutList halves a list, keeping its end: the newest.
func cutList[T any](list *[]T, keep int) cut {
	return cut{value: func() any { return *list }, shorten: func() bool {
		if len(*list) <= keep {
			return false
		}
		*list = (*list)[len(*list)-max(keep, len(*list)/2):]
		return true
	}}
}

// cutMap drops the longest member of a map.
func cutMap[V any](m *map[string]V) cut {
	return cut{value: func() any { return *m }, shorten: func() bool {
		if len(*m) == 0 {
			return false
		}
		longest, most := "", -1
		for _, k := range slices.Sorted(maps.Keys(*m)) {
			if n, _ := length((*m)[k]); n+len(k) > most {
				longest, most = k, n+len(k)
			}
		}
		*m = maps.Clone(*m)
		delete(*m, longest)
		return true
	}}
}

// cutTags drops the tags of who has the longest.
func cutTags(list *[]events.Participant) cut {
	longest := func() (at, size int) {
		for i := range *list {
			if n, _ := length((*list)[i].Tags); len((*list)[i].Tags) > 0 && n > size {
				at, size = i, n
			}
		}
		return at, size
	}
	tags := func() any {
		if at, size := longest(); size > 0 {
			return (*list)[at].Tags
		}
		return nil
	}
	return cut{value: tags, shorten: func() bool {
		at, size := longest()
		if size == 0 {
			return false
		}
		*list = slices.Clone(*list)
		(*list)[at].Tags = nil
		return true
	}}
}

func cutText(s *string) cut {
	return cut{value: func() any { return *s }, shorten: func() bool {
		if len(*s) <= shortText {
			return false
		}
		*s = Clip(*s, shortText)
		return true
	}}
}

// Clip gives at most limit bytes of s, whole runes, with an ellipsis where something went.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	end := max(0, limit-len(ellipsis))
	for end > 0 && s[end]&0xc0 == 0x80 { // within a rune
		end--
	}
	if limit < len(ellipsis) {
		return s[:end]
	}
	return s[:end] + ellipsis
}

func length(v any) (int, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("encode event: %w", err)
	}
	return len(b), nil
}
