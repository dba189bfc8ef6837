package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/judgesim/trial"
)

// table prints what came of one seed.
func table(w io.Writer, r *trial.Report, list bool) {
	fmt.Fprintf(w, "\nseed %d: %d days, %d hosts, %.1f million records\n", r.Seed, r.Days, r.Devices, float64(r.Records)/1e6)
	fmt.Fprintf(w, "  %-16s %-12s %-16s %-9s %-8s %-7s %s\n", "deviation", "device", "begins", "visible", "found", "risk", "by")
	for _, c := range append(r.First[:len(r.First):len(r.First)], r.Cases...) {
		visible, found, risk, by := "never", "missed", "", ""
		if c.Visible != 0 {
			visible = "+" + short(c.Visible.Sub(c.Begins))
		}
		if c.FoundAt != 0 {
			found, risk, by = short(c.FoundAt.Sub(c.Visible)), fmt.Sprint(c.Score), c.By
			if c.Late {
				found += " late"
			}
		} else if c.HeardAt != 0 {
			by = "only at low risk, " + short(c.HeardAt.Sub(c.Visible))
		}
		fmt.Fprintf(w, "  %-16s %-12s %-16s %-9s %-8s %-7s %s\n", c.Kind, c.Host, c.Begins.Time().Format("Mon 02 Jan 15:04"), visible, found, risk, by)
	}
	falses(w, r)
	if list {
		for _, a := range r.Alarms {
			verdict := "FALSE"
			if a.True {
				verdict = a.Of
			}
			fmt.Fprintf(w, "  %s day %2d %-16s %3d %-24s %-18s %-12s %s\n", a.At.Time().Format("Mon 02 Jan 15:04"), a.Day, verdict, a.Score, a.Type, a.Metric, a.Who, a.Said)
		}
		for _, c := range r.Changes {
			fmt.Fprintln(w, "  "+c)
		}
	}
}

// falses prints the false alarms of a seed by type.
func falses(w io.Writer, r *trial.Report) {
	types, order := map[string]int{}, []string{}
	right, wrong := 0, 0
	for _, a := range r.Alarms {
		if a.Day < 2 {
			continue
		}
		if a.True {
			right++
			continue
		}
		wrong++
		name := a.Type
		if a.Metric != "" {
			name += " " + a.Metric
		}
		if types[name] == 0 {
			order = append(order, name)
		}
		types[name]++
	}
	fmt.Fprintf(w, "  from the second day on: %d detections of medium risk or above are true, %d false (%.2f a day)", right, wrong, float64(wrong)/float64(r.Days-1))
	for i, name := range order {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(w, "%s%d %s", sep, types[name], name)
	}
	fmt.Fprintln(w)
}

// overall prints what all seeds came to, the judge beside simple thresholds.
func overall(w io.Writer, s *trial.Sum, holds bool, took time.Duration) {
	fmt.Fprintf(w, "\n%d seeds, %d deviations, %d days from the second on\n", s.Seeds, s.Cases, s.Days)
	fmt.Fprintf(w, "  %-18s %-14s %-10s %-10s %-12s %-12s %s\n", "", "found in time", "ever", "precision", "false a day", "median time", "worst time")
	row := func(name string, found, ever, cases, right, wrong int, times []time.Duration) {
		fmt.Fprintf(w, "  %-18s %-14s %-10s %-10.3f %-12.2f %-12s %s\n", name, fmt.Sprintf("%d (%.3f)", found, trial.Share(found, cases)),
			fmt.Sprint(ever), trial.Share(right, right+wrong), float64(wrong)/float64(max(s.Days, 1)), short(trial.Median(times)), short(trial.Longest(times)))
	}
	row("judge", s.Found, s.Ever, s.Cases, s.True, s.False, s.Times)
	for _, o := range s.Simple {
		row(o.Name, o.Found, o.Ever, o.Cases, o.True, o.False, o.Times)
	}
	fmt.Fprintf(w, "  attacks of the first day, without history: %d of %d found; most false detections on one day: %d (seed %d)\n", s.FirstGot, s.First, s.Worst, s.WorstSeed)
	verdict := "the bar is met: all found within the hour in which they became visible, at most one false detection a day"
	if !holds {
		verdict = "the bar is missed: all are to be found within the hour in which they become visible, with at most one false detection a day"
	}
	fmt.Fprintf(w, "  %s (%s)\n", verdict, took.Round(time.Second))
}

// short is a length of time for a table.
func short(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if d < time.Hour {
		return fmt.Sprintf("%s%dm", sign, int(d.Minutes()))
	}
	return fmt.Sprintf("%s%dh%02dm", sign, int(d.Hours()), int(d.Minutes())%60)
}
