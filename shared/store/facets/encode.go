package facets

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// version stands first in every encoded facet. Another one is refused, and whoever keeps them makes them anew from the detections.
const version = 1

// Roles as they are encoded; what a participant did otherwise does not matter to any filter.
const (
	roleOther byte = iota
	roleOffender
	roleVictim
)

// never stands for a time that is not there.
const never = math.MinInt64

// Encode gives what an index needs of a detection, in a compact form. created is its place in the order of storing: it grows with each
// detection that is new, and stays when one is stored again.
func Encode(d *events.Detection, created int64) []byte {
	b := make([]byte, 0, 512)
	b = append(b, version)
	b = appendText(b, d.ID)
	b = binary.AppendVarint(b, created)
	b = binary.AppendVarint(b, nanos(d.Start))
	b = binary.AppendVarint(b, nanos(d.Update))
	b = binary.AppendVarint(b, optional(d.Modified))
	b = append(b, flag(d.End == nil))
	b = binary.AppendVarint(b, int64(min(max(d.Risk.Score, math.MinInt32), math.MaxInt32)))
	b = appendText(b, nature(d))
	b = appendText(b, triage(d))
	b = appendText(b, place(d))
	b = binary.AppendUvarint(b, uint64(len(d.Participants)))
	for i := range d.Participants {
		p := &d.Participants[i]
		b = append(b, roleOf(p.Role))
		b = binary.AppendUvarint(b, uint64(p.Port))
		b = appendText(b, profile(p))
	}
	b = appendText(b, strings.ToLower(d.Description))
	return appendText(b, notes(d))
}

// nanos holds a time as an int64; what that cannot hold is earlier or later than all else.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64+1)):
		return math.MinInt64 + 1
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

func optional(t *time.Time) int64 {
	if t == nil {
		return never
	}
	return nanos(*t)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func roleOf(s string) byte {
	switch s {
	case "offender":
		return roleOffender
	case "victim":
		return roleVictim
	}
	return roleOther
}

func notes(d *events.Detection) string {
	var b strings.Builder
	for i := range d.Notes {
		b.WriteString("\n" + d.Notes[i].Text)
	}
	return strings.ToLower(b.String())
}

// What many detections share is encoded apart, so that the index keeps one copy of it: what kind of thing a detection is, how it stands
// in triage, where it was seen, and who took part.

func nature(d *events.Detection) string {
	b := appendTexts(nil, d.Type, d.Title, d.Category, string(d.Risk.Band))
	b = appendTexts(binary.AppendUvarint(b, uint64(len(d.Tactics))), d.Tactics...)
	return string(appendTexts(binary.AppendUvarint(b, uint64(len(d.Techniques))), d.Techniques...))
}

func triage(d *events.Detection) string {
	return string(appendTexts(nil, string(d.Status), string(d.Resolution), d.Assignee, d.HiddenBy))
}

func place(d *events.Detection) string {
	return string(binary.AppendUvarint(appendText(nil, d.Sensor), uint64(d.VNI)))
}

func profile(p *events.Participant) string {
	b := append(make([]byte, 0, 128), flag(p.External))
	b = appendText(b, string(p.Address.AsSlice()))
	b = appendTexts(b, p.Address.Zone(), p.Device, p.Hostname, p.Interface, p.Instance, p.VPC, p.Account, p.User)
	b = binary.AppendUvarint(b, uint64(len(p.Tags)))
	keys := make([]string, 0, len(p.Tags))
	for k := range p.Tags {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b = appendTexts(b, k, p.Tags[k])
	}
	return string(b)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list ...string) []byte {
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}
