package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// printList prints incidents in short; more says that there are others.
func (o *incidentOptions) printList(cmd *cobra.Command, list []events.IncidentSummary, more bool) error {
	if o.json {
		return printJSON(cmd.OutOrStdout(), list)
	}
	v := newView(cmd, &o.mirrorOptions, true)
	if len(list) == 0 {
		v.say("No incidents.")
		return nil
	}
	var rows [][]cell
	for i := range list {
		in := &list[i]
		rows = append(rows, []cell{
			{strconv.Itoa(in.Score) + " " + string(in.Band), bandColour(in.Band)}, plain(moment(in.Start)), plain(lasts(in.Update, in.End)),
			plain(strconv.Itoa(in.Detections)), plain(in.ID), plain(in.Title),
		})
	}
	v.table([]string{"SCORE", "START", "LAST SEEN", "DETECTIONS", "ID", "WHAT"}, rows)
	if more {
		v.space()
		v.tell(faint(), "There are more: --limit, --from and --to say which.")
	}
	return nil
}

func lasts(update time.Time, end *time.Time) string {
	if end == nil {
		return moment(update) + ", goes on"
	}
	return moment(update)
}

// show prints incidents whole.
func (o *incidentOptions) show(cmd *cobra.Command, s *store.Store, ids []string) error {
	list := []events.Incident{}
	for _, id := range ids {
		in, err := incident.Get(cmd.Context(), s.Documents, id)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no incident %q; 'mirrorwatch incidents list' names those there are", id)
		}
		if err != nil {
			return err
		}
		list = append(list, in)
	}
	if o.json {
		return printJSON(cmd.OutOrStdout(), list)
	}
	v := newView(cmd, &o.mirrorOptions, true)
	for i := range list {
		if i > 0 {
			v.space()
		}
		v.incident(&list[i], ids[i])
	}
	return nil
}

// incident prints one; asked is the id that it was asked by.
func (v *view) incident(in *events.Incident, asked string) {
	v.tell(bold(), "%s", in.Title)
	v.tell(bandColour(in.Band), "%d %s", in.Score, in.Band)
	v.say("%s", in.Reason)
	if asked != in.ID {
		v.tell(amend(), "%s became %s.", asked, in.ID)
	}
	v.space()
	v.say("%s", in.Description)
	v.space()
	v.parties("OFFENDER", in.Offenders)
	v.parties("VICTIM", in.Victims)
	var rows [][]cell
	for _, e := range in.Timeline {
		colour := text.Colors(nil)
		if e.Kind != "detection" {
			colour = faint()
		}
		rows = append(rows, []cell{plain(moment(e.Time)), {e.Kind, colour}, plain(cmp.Or(e.Technique, e.Tactic)), plain(e.Ref), plain(e.Text)})
	}
	v.table([]string{"TIME", "WHAT", "ATT&CK", "ID", "TEXT"}, rows)
	if in.Left > 0 {
		v.tell(faint(), "%s more, of less risk, are not named.", count(in.Left, "detection", "detections"))
	}
	if len(in.Links) > 0 {
		v.space()
		v.say("Why they belong together:")
	}
	for _, l := range in.Links {
		v.say("  %s", l.Reason)
	}
}

func (v *view) parties(role string, list []events.IncidentParty) {
	if len(list) == 0 {
		return
	}
	var rows [][]cell
	for i := range list {
		p := &list[i]
		where := "inside"
		if p.External {
			where = "outside"
		}
		rows = append(rows, row(cmp.Or(p.Name, p.Instance, p.Address, p.Device), cmp.Or(p.Address, "-"), cmp.Or(p.Instance, "-"), where, strconv.Itoa(p.Count)))
	}
	v.table([]string{role, "ADDRESS", "INSTANCE", "WHERE", "DETECTIONS"}, rows)
	v.space()
}
