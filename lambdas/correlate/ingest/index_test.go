package ingest

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/trail"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// calls gives how many calls the index has about noon that concern the one who made them.
func (d *desk) calls() int {
	d.t.Helper()
	about := events.Detection{Start: noon, Update: noon.Add(time.Minute), Evidence: events.Evidence{Start: noon, End: noon.Add(time.Minute)}, Participants: []events.Participant{
		{Role: "offender", Address: addr("203.0.113.50"), External: true},
	}}
	docs, err := d.docs.GetMany(d.t.Context(), trail.Keys(&about)...)
	if err != nil {
		d.t.Fatal(err)
	}
	index, err := trail.Read(docs)
	if err != nil {
		d.t.Fatal(err)
	}
	list, _ := index.Rank(&about, []events.Identity{{Address: addr("203.0.113.50")}})
	return len(list)
}
