// Package c2 holds the detectors of command and control: a host inside that takes orders from elsewhere. What comes in is records;
// what goes out is findings that name the host that is led and, where it shows, who leads it. It never needs to read what they say.
package c2

import (
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

func keep(list []string, uid string) []string {
	if len(list) < maxUIDs {
		list = append(list, uid)
	}
	return list
}

// note puts an entry of a table on the list of what is to be saved. Where nobody saves, or too seldom, the list would grow with all that ever
// left the table: then it begins anew, with what is there. What left meanwhile stays on disk until it is loaded and has to leave again.
func note[K comparable, V any](changes *bounded.Changes[K], table *bounded.Table[K, V], k K, most int) {
	if changes.Len() >= most {
		*changes = bounded.Changes[K]{}
		for live := range table.All {
			changes.Note(live)
		}
	}
	changes.Note(k)
}

// tally writes a count with its noun: "1 handshake", "2 handshakes".
func tally(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// soFar is what there is of a conversation since it began: a record of packets says it, and one of flow logs only of its own window.
func soFar(c *events.Conn) events.SoFar {
	if c.Source == events.FlowLog && c.SoFar.Start != 0 {
		return c.SoFar
	}
	return events.SoFar{Start: c.TS, OrigBytes: c.OrigBytes, RespBytes: c.RespBytes}
}
