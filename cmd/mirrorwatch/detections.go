package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
)

// catalogueOptions are the flags of detections.
type catalogueOptions struct {
	json    bool
	tuning  string
	data    string // folder of a server
	table   string // of DynamoDB, in place of it
	noColor bool
}

func newDetections() *cobra.Command {
	o := catalogueOptions{data: dataFolder()}
	cmd := &cobra.Command{
		Use:   "detections",
		Short: "What can be detected, how each detector judges, what of it may be set, and one that was stored",
		Example: `  mirrorwatch detections list
  mirrorwatch detections show recon.port_scan
  mirrorwatch detections show c2.beacon --tuning tuning.yaml     # with the values that hold then
  mirrorwatch detections list --json | jq -r '.[].type'
  mirrorwatch detections show 9b74c9897bac770ffc029102a200c5de   # one that was stored, with what AWS knows of it'`,
	}
	cmd.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON instead of text")
	cmd.PersistentFlags().StringVar(&o.tuning, "tuning", "", "`FILE` of settings whose values are shown")
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the types of detections", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return showTypes(cmd, o, nil) },
	}, newShow(&o))
	return cmd
}

func newShow(o *catalogueOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use: "show TYPE...|ID...", Short: "Tell all about types of detections, or about detections that were stored", Args: cobra.MinimumNArgs(1),
		Long: `Show tells all about types of detections: what each looks for, what to do about it, and what may be set.

With ids it tells about detections that are stored in the folder of a server on this machine, which may run meanwhile, or in a table of
DynamoDB: who took part, whether it was blocked, what was called just before, what the counters say, and what is not known.`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return typesBut(args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := slices.DeleteFunc(slices.Clone(args), func(s string) bool { return !isDetectionID(s) })
			switch len(ids) {
			case 0:
				return showTypes(cmd, *o, args)
			case len(args):
				return showDetections(cmd, o, ids)
			}
			return usageError{fmt.Errorf("%q is the id of a detection and others are types: show either", ids[0])}
		},
	}
	cmd.Flags().StringVar(&o.data, "data", o.data, "`FOLDER` of the server that stored the detections")
	cmd.Flags().StringVar(&o.table, "table", "", "`NAME` of the DynamoDB table that has them, in place of a folder")
	cmd.Flags().BoolVar(&o.noColor, "no-color", false, "no colours, also on a terminal (as NO_COLOR=1)")
	return cmd
}

func typesBut(args []string) (list []string) {
	for _, s := range detectors.Specs() {
		if !slices.Contains(args, s.Type) {
			list = append(list, s.Type+"\t"+s.Title)
		}
	}
	return list
}

// typeShown is a type of detections as JSON.
type typeShown struct {
	Type       string         `json:"type"`
	Title      string         `json:"title"`
	Text       string         `json:"text"`
	Category   string         `json:"category"`
	Tactics    []string       `json:"tactics"`
	Techniques []string       `json:"techniques"`
	Risk       riskShown      `json:"risk"`
	Reads      []events.Kind  `json:"reads"`
	GuardDuty  string         `json:"guardduty_equivalent,omitempty"`
	Version    int            `json:"version"`
	Enabled    bool           `json:"enabled"`
	Background string         `json:"background"`
	Mitigation []string       `json:"mitigation"`
	Yields     []string       `json:"yields,omitempty"`
	Tunables   []tunableShown `json:"tunables"`
}

type riskShown struct {
	Likelihood events.Level `json:"likelihood"`
	Complexity events.Level `json:"complexity"`
	Impact     events.Level `json:"impact"`
}

type tunableShown struct {
	Name    string `json:"name"`
	Text    string `json:"text"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Allowed string `json:"allowed"`
}

// showTypes prints all types in short, or those that are named in full.
func showTypes(cmd *cobra.Command, o catalogueOptions, wanted []string) error {
	set, err := readSettings(o.tuning, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), "mirrorwatch:", clean(line)) })
	if err != nil {
		return err
	}
	specs := detectors.Specs()
	shown := []typeShown{}
	for i := range specs {
		if wanted == nil || slices.Contains(wanted, specs[i].Type) {
			shown = append(shown, shownType(&specs[i], set.Detectors))
		}
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(specs, func(s detect.Spec) bool { return s.Type == name }) {
			return usageError{fmt.Errorf("%q is no type of detection; 'mirrorwatch detections list' names those there are", name)}
		}
	}
	out := cmd.OutOrStdout()
	switch {
	case o.json:
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(shown)
	case wanted == nil:
		return listTypes(out, shown)
	}
	for i := range shown {
		if err := writeType(out, &shown[i]); err != nil {
			return err
		}
	}
	return nil
}

func shownType(s *detect.Spec, set map[string]map[string]string) typeShown {
	t := typeShown{
		Type: s.Type, Title: s.Title, Text: s.Text, Category: s.Category, Tactics: s.Tactics, Techniques: s.Techniques, Reads: s.Wants,
		Risk: riskShown(s.Risk), GuardDuty: s.GuardDuty, Version: s.Version, Enabled: s.Enabled(set[s.Type]), Tunables: []tunableShown{},
		Background: s.Background, Mitigation: s.Mitigation, Yields: s.Yields,
	}
	for _, one := range s.Tuning.List() {
		t.Tunables = append(t.Tunables, tunableShown{one.Name, one.Text, valueOf(s, &one, set), one.Default, one.Allowed})
	}
	return t
}

func listTypes(w io.Writer, list []typeShown) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TYPE\tTITLE\tATT&CK\tREADS")
	for _, one := range list {
		off := ""
		if !one.Enabled {
			off = " (switched off)"
		}
		fmt.Fprintf(t, "%s\t%s%s\t%s\t%s\n", one.Type, one.Title, off, strings.Join(one.Techniques, " "), kinds(one.Reads))
	}
	return t.Flush()
}

func kinds(list []events.Kind) string {
	var names []string
	for _, k := range list {
		names = append(names, string(k))
	}
	return strings.Join(names, " ")
}

func writeType(w io.Writer, one *typeShown) error {
	fmt.Fprintf(w, "%s: %s (version %d)\n\n%s\n\n", one.Type, one.Title, one.Version, one.Text)
	fmt.Fprintf(w, "ATT&CK   %s (%s)\nrisk     likelihood %s, complexity %s, impact %s, before the instance is known\nreads    %s\n",
		strings.Join(one.Techniques, " "), strings.Join(one.Tactics, " "), one.Risk.Likelihood, one.Risk.Complexity, one.Risk.Impact, kinds(one.Reads))
	if one.GuardDuty != "" {
		fmt.Fprintf(w, "GuardDuty  %s comes nearest\n", one.GuardDuty)
	}
	if len(one.Yields) > 0 {
		fmt.Fprintf(w, "yields   to %s\n", strings.Join(one.Yields, ", "))
	}
	fmt.Fprintf(w, "\n%s\n\nWhat to do:\n", one.Background)
	for i, step := range one.Mitigation {
		fmt.Fprintf(w, "%3d. %s\n", i+1, step)
	}
	if len(one.Tunables) > 0 {
		fmt.Fprintln(w)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range one.Tunables {
		value := v.Value
		if v.Value != v.Default {
			value += " (default " + v.Default + ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s; %s\n", v.Name, short(value), v.Text, v.Allowed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// short keeps a long list from hiding all else; --json has it whole.
func short(value string) string {
	if len(value) <= 60 {
		return value
	}
	return fmt.Sprintf("%s… (%d values)", value[:50], strings.Count(value, ",")+1)
}
