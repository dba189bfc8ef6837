package store

import (
	"context"
	"fmt"
	"time"
)

// Intel is what a sensor holds traffic against: which lists of threat intelligence it read, and what came of them.
type Intel struct {
	Sensor     string      `json:"sensor"`
	Said       time.Time   `json:"said"`           // when the sensor said so last
	Read       *time.Time  `json:"read,omitempty"` // when it read its lists last; nil where it has none
	Indicators int         `json:"indicators"`
	Bytes      int64       `json:"bytes"` // of memory
	Lists      []IntelList `json:"lists"`
	Left       int         `json:"left"` // lists beyond MaxIntelLists
}

// IntelList is what came of one list.
type IntelList struct {
	Name       string         `json:"name"`   // the file
	Format     string         `json:"format"` // csv, list, zeek, stix; empty where there was nothing
	Indicators int            `json:"indicators"`
	Kinds      map[string]int `json:"kinds,omitempty"`
	Unused     int            `json:"unused"` // proper ones that traffic is not held against
	Bad        int            `json:"bad"`    // lines and objects that made no sense
	Complaints []string       `json:"complaints,omitempty"`
	Broken     bool           `json:"broken"`
}

// Limits of what is kept of a sensor's lists: with all of them full it is below MaxBody, whatever stands in the files.
const (
	MaxIntelLists      = 40
	MaxIntelComplaints = 3
	maxIntelName       = 256 // characters, of which JSON may make six bytes each
	maxIntelComplaint  = 160
)

// IntelSaidEvery is how often a sensor says what it has though nothing changed. One that says nothing for SensorFor is forgotten.
const IntelSaidEvery = time.Hour

func intels(docs Documents) Collection[Intel] {
	return Collection[Intel]{Kind: KindIntel, Documents: docs}
}

// KeepIntel keeps which lists a sensor has. What is beyond the limits is counted, and left out.
func KeepIntel(ctx context.Context, docs Documents, in Intel, now time.Time) error {
	in.Said = now
	if more := len(in.Lists) - MaxIntelLists; more > 0 {
		in.Lists, in.Left = in.Lists[:MaxIntelLists], in.Left+more
	}
	kept := make([]IntelList, 0, len(in.Lists))
	for _, l := range in.Lists {
		l.Name = firstRunes(l.Name, maxIntelName)
		complaints := make([]string, 0, min(len(l.Complaints), MaxIntelComplaints))
		for _, c := range l.Complaints[:min(len(l.Complaints), MaxIntelComplaints)] {
			complaints = append(complaints, firstRunes(c, maxIntelComplaint))
		}
		l.Complaints = complaints
		kept = append(kept, l)
	}
	in.Lists = kept
	if _, err := intels(docs).Put(ctx, Item[Intel]{ID: in.Sensor, Value: in, Expires: now.Add(SensorFor)}, Always, nil); err != nil {
		return fmt.Errorf("keep lists of sensor %s: %w", in.Sensor, err)
	}
	return nil
}

// firstRunes cuts a text to so many characters at most.
func firstRunes(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i]
		}
	}
	return s
}

// Intels gives which lists sensors have, by name of the sensor, and whether these are all.
func Intels(ctx context.Context, docs Documents) ([]Intel, bool, error) {
	items, page, err := intels(docs).List(ctx, ListQuery{Limit: MaxPage})
	if err != nil {
		return nil, false, fmt.Errorf("read lists of sensors: %w", err)
	}
	out := make([]Intel, 0, len(items))
	for _, i := range items {
		i.Value.Lists = append([]IntelList{}, i.Value.Lists...)
		out = append(out, i.Value)
	}
	return out, page.Complete && page.Next == "", nil
}
