package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// joined is what correlate prints as JSON.
type joined struct {
	Incidents  []events.Incident  `json:"incidents"`
	Detections []events.Detection `json:"detections"` // oldest first
	Read       []ingest.Report    `json:"read"`
}

// tell prints what came of it all.
func (j *joining) tell(cmd *cobra.Command) error {
	out, err := j.collect(cmd.Context())
	if err != nil {
		return err
	}
	if j.o.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	v := newView(cmd, &mirrorOptions{}, true)
	v.incidents(out)
	v.read(out.Read)
	return nil
}

// collect reads back what is stored.
func (j *joining) collect(ctx context.Context) (joined, error) {
	out := joined{Incidents: []events.Incident{}, Detections: []events.Detection{}, Read: j.reports}
	q := store.DetectionQuery{Sort: store.ByOldest, Limit: store.MaxPage}
	for {
		page, err := j.store.Detections.Search(ctx, q)
		if err != nil {
			return out, fmt.Errorf("list detections: %w", err)
		}
		out.Detections = append(out.Detections, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	l := store.ListQuery{Limit: store.MaxPage}
	for {
		page, err := j.store.Documents.List(ctx, store.KindIncident, l)
		if err != nil {
			return out, fmt.Errorf("list incidents: %w", err)
		}
		for _, doc := range page.Items {
			in, shown, err := incident.Read(doc)
			if err != nil {
				return out, fmt.Errorf("read incident %s: %w", doc.ID, err)
			}
			if shown {
				out.Incidents = append(out.Incidents, in)
			}
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			return out, nil
		}
	}
}

// incidents prints the stories with the context of their detections, and then in short what belongs to none.
func (v *view) incidents(all joined) {
	byID := map[string]*events.Detection{}
	for i := range all.Detections {
		byID[all.Detections[i].ID] = &all.Detections[i]
	}
	if len(all.Incidents) == 0 {
		v.say("No incidents.")
	}
	for i := range all.Incidents {
		in := &all.Incidents[i]
		v.tell(bandColour(in.Band), "%d %s  %s", in.Score, in.Band, in.Title)
		v.tell(faint(), "   %s, %s to %s UTC", in.ID, clock(in.Start), clock(in.Update))
		v.say("   %s", in.Description)
		for _, m := range in.Members {
			if d := byID[m.ID]; d != nil {
				v.joined(d)
				delete(byID, m.ID)
			}
		}
		v.space()
	}
	var rest []*events.Detection
	for i := range all.Detections {
		if d := byID[all.Detections[i].ID]; d != nil {
			rest = append(rest, d)
		}
	}
	if len(rest) > 0 {
		v.say("Detections of low risk, in no incident:")
		writeTable(v.w, rest)
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// joined prints a detection with its context, indented below its incident.
func (v *view) joined(d *events.Detection) {
	v.tell(bandColour(d.Risk.Band), "   - %s %s (%d): %s", clock(d.Start), d.Type, d.Risk.Score, d.Description)
	c := d.Context
	if c == nil {
		return
	}
	for i := range c.Who {
		if line := whoLine(d, i); line != "" {
			v.say("       %s", line)
		}
	}
	if c.Flows != nil && c.Flows.Sentence != "" {
		v.say("       flow logs: %s", c.Flows.Sentence)
	}
	for _, call := range c.Calls[:min(len(c.Calls), mostCalls)] {
		v.say("       %s %s by %s from %s: %s", clock(call.Time), call.Name, call.Principal, call.Address, call.Summary)
		v.tell(faint(), "           %s", call.Reason)
	}
	for _, n := range c.Counters {
		if n.Unusual {
			v.say("       CloudWatch: %s", n.Sentence)
		}
	}
	for _, t := range c.Adjustments {
		v.say("       risk %+d: %s", t.Points, t.Reason)
	}
	for _, s := range c.Sources {
		if s.Status != events.SourceComplete && s.Status != events.SourceMissing {
			v.tell(faint(), "       %s %s: %s", s.Source, s.Status, s.Why)
		}
	}
}

// mostCalls is how many calls are shown of a detection; --json has all.
const mostCalls = 3

// whoLine says who a participant was; "" where nothing is known beyond the address.
func whoLine(d *events.Detection, i int) string {
	w := &d.Context.Who[i]
	var parts []string
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("%s", w.Name)
	add("%s", w.Instance)
	add("role %s", w.Role)
	add("in %s", w.VPC)
	add("groups %s", strings.Join(w.Groups, " "))
	add("AWS %s", strings.TrimSpace(w.Service+" "+w.Network))
	add("%s", w.ASName)
	add("%s", w.Country)
	if len(parts) == 0 || i >= len(d.Participants) {
		return ""
	}
	return fmt.Sprintf("%s %s: %s", d.Participants[i].Role, w.Address, strings.Join(parts, ", "))
}

// read says what was read, in a line.
func (v *view) read(list []ingest.Report) {
	records, skipped, known := int64(0), int64(0), 0
	for _, r := range list {
		records, skipped = records+r.Records, skipped+r.Skipped
		if r.Known {
			known++
		}
	}
	line := fmt.Sprintf("%d files of AWS, %d records", len(list), records)
	if skipped > 0 {
		line += fmt.Sprintf(", %d of them made no sense or are missing", skipped)
	}
	if known > 0 {
		line += fmt.Sprintf("; %d files had been read before", known)
	}
	v.tell(faint(), "%s", line)
}
