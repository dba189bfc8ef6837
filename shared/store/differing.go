package store

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Differing names the members of two states of a detection that differ, in JSON's names and sorted, but for the store's own, which
// differ always.
func Differing(a, b *events.Detection) []string {
	var names []string
	for _, m := range []struct {
		name string
		same bool
	}{ // in the order of their names
		{"activity", sameList(a.Activity, b.Activity)},
		{"assignee", a.Assignee == b.Assignee},
		{"category", a.Category == b.Category},
		{"confidence", a.Confidence == b.Confidence},
		{"context", sameContext(a.Context, b.Context)},
		{"description", a.Description == b.Description},
		{"detector_version", a.DetectorVersion == b.DetectorVersion},
		{"end", same(a.End, b.End)},
		{"evidence", same(&a.Evidence, &b.Evidence)},
		{"guardduty_equivalent", a.GuardDutyEquivalent == b.GuardDutyEquivalent},
		{"hidden_by", a.HiddenBy == b.HiddenBy},
		{"id", a.ID == b.ID},
		{"notes", sameList(a.Notes, b.Notes)},
		{"participants", sameList(a.Participants, b.Participants)},
		{"properties", sameProperties(a.Properties, b.Properties)},
		{"resolution", a.Resolution == b.Resolution},
		{"risk", sameRisk(a.Risk, b.Risk)},
		{"sensor", a.Sensor == b.Sensor},
		{"start", same(&a.Start, &b.Start)},
		{"status", a.Status == b.Status},
		{"tactics", sameList(a.Tactics, b.Tactics)},
		{"techniques", sameList(a.Techniques, b.Techniques)},
		{"title", a.Title == b.Title},
		{"type", a.Type == b.Type},
		{"update", same(&a.Update, &b.Update)},
		{"vni", a.VNI == b.VNI},
	} {
		if !m.same {
			names = append(names, m.name)
		}
	}
	return names
}

// same compares as JSON does because that is what was stored: a property that was an int comes back as a float64, and an empty list as
// none. What is equal already need not be encoded to see it, and most of a detection is, most of the time.
func same[T any](a, b T) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, err := json.Marshal(a)
	if err != nil {
		return false // CheckDetection let no such detection in; should one come all the same, it differs from every other
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

func sameList[T any](a, b []T) bool {
	return len(a) == 0 && len(b) == 0 || len(a) == len(b) && same(a, b)
}

func sameProperties(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if other, there := b[name]; !there || !same(value, other) {
			return false
		}
	}
	return true
}

func sameRisk(a, b events.Risk) bool {
	terms := sameList(a.Terms, b.Terms)
	a.Terms, b.Terms = nil, nil
	return terms && reflect.DeepEqual(a, b)
}
