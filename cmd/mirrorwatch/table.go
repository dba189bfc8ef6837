package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// writeTable prints detections for a person, the riskiest first within each start.
func writeTable(w io.Writer, list []*events.Detection) {
	if len(list) == 0 {
		fmt.Fprintln(w, "No detections.")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RISK\tTYPE\tOFFENDER\tVICTIM\tSTART (UTC)\tWHAT")
	for _, d := range list {
		fmt.Fprintf(t, "%d %s\t%s\t%s\t%s\t%s\t%s\n", d.Risk.Score, d.Risk.Band, d.Type,
			side(d, "offender"), side(d, "victim"), d.Start.UTC().Format("2006-01-02 15:04:05"), clean(d.Description))
	}
	t.Flush() //nolint:errcheck // the writer below keeps its error for its own Flush
}

// side names the participants of one role: the first, and how many more.
func side(d *events.Detection, role string) string {
	first, more := "-", 0
	for _, p := range d.Participants {
		switch {
		case p.Role != role:
		case first == "-":
			first = p.Address.String()
		default:
			more++
		}
	}
	if more > 0 {
		return fmt.Sprintf("%s +%d", first, more)
	}
	return first
}

// clean keeps text from the wire from steering the terminal: control characters and invisible ones become '?'.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '?'
		}
		return r
	}, s)
}
