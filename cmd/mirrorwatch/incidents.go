package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// incidentOptions are the flags of incidents.
type incidentOptions struct {
	mirrorOptions // of which only the store's and the output's are set

	from, to  string
	minScore  int
	bands     []string
	devices   []string
	addresses []string
	text      string
	sort      string
	limit     int
}

func newIncidents() *cobra.Command {
	o := &incidentOptions{}
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "Detections that belong together, as stories",
		Long: `Incidents reads what is stored: in the folder of a server on this machine, also while it runs (--data), or in a DynamoDB table (--table), with
the credentials of the environment, as the AWS CLI finds them.`,
		Example: `  mirrorwatch incidents list
  mirrorwatch incidents list --sort worst --band high,critical --from 24h
  mirrorwatch incidents list --address 10.20.0.0/16 --json | jq -r '.[].title'
  mirrorwatch incidents show 98227547199-4f0a1ac1c6e873c8805fe2fc56c7aac7`,
		Args: noArgument("incidents"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.data, "data", "", "`FOLDER` of the store (default "+dataFolder()+", as serve's)")
	f.StringVar(&o.table, "table", os.Getenv(envTable), "`NAME` of the DynamoDB table that is the store instead (env "+envTable+")")
	f.BoolVar(&o.json, "json", false, "print JSON instead of text")
	f.BoolVar(&o.noColor, "no-color", false, "no colours, also on a terminal (as NO_COLOR=1)")
	cmd.MarkPersistentFlagDirname("data") //nolint:errcheck // the flag is there
	cmd.AddCommand(o.newList(), o.newShow())
	return cmd
}

// Orders of a list.
const (
	newestFirst = "newest"
	worstFirst  = "worst"
)

func (o *incidentOptions) newList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List incidents", Args: noArgument("list"),
		Example: `  mirrorwatch incidents list --min-score 60 --limit 10
  mirrorwatch incidents list --device vpc-0a1b2c3d/10.0.0.7 --to 2026-03-01T00:00:00Z
  mirrorwatch incidents list --text web-1`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q, err := o.query(time.Now())
			if err != nil {
				return err
			}
			return o.stored(cmd, func(ctx context.Context, s *store.Store) error { return o.list(cmd, s, q) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "started at or after this `TIME`: RFC 3339, or how long ago (24h)")
	f.StringVar(&o.to, "to", "", "started before this `TIME`")
	f.IntVar(&o.minScore, "min-score", 0, "with at least this `SCORE`, 1 to 99")
	f.StringSliceVar(&o.bands, "band", nil, "only these `BANDS`: low, medium, high, critical")
	f.StringSliceVar(&o.devices, "device", nil, "in which any of these `DEVICES` takes part, by id")
	f.StringSliceVar(&o.addresses, "address", nil, "in which any of these `ADDRESSES` or networks takes part")
	f.StringVar(&o.text, "text", "", "with this `TEXT` in title, description or names")
	f.StringVar(&o.sort, "sort", newestFirst, "`ORDER`: newest or worst first")
	f.IntVar(&o.limit, "limit", store.DefaultPage, "the most that are listed, 1 to 1000: a `NUMBER`")
	cmd.RegisterFlagCompletionFunc("band", cobra.FixedCompletions([]string{"low", "medium", "high", "critical"}, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{newestFirst, worstFirst}, cobra.ShellCompDirectiveNoFileComp))             //nolint:errcheck // the flag is there
	return cmd
}

func (o *incidentOptions) newShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID...", Short: "Tell incidents whole: the story, its detections, why they belong together, the timeline",
		Example: "  mirrorwatch incidents show 98227547199-4f0a1ac1c6e873c8805fe2fc56c7aac7",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("incidents show takes the id of an incident; 'mirrorwatch incidents list' has them")}
			}
			return nil
		},
		ValidArgsFunction: o.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.stored(cmd, func(ctx context.Context, s *store.Store) error { return o.show(cmd, s, args) })
		},
	}
}

// query reads the flags of list.
func (o *incidentOptions) query(now time.Time) (q incident.Query, err error) {
	q = incident.Query{MinScore: o.minScore, Text: o.text, Limit: o.limit, Worst: o.sort == worstFirst}
	if o.sort != newestFirst && o.sort != worstFirst {
		return q, usageError{fmt.Errorf("--sort %q: want newest or worst", o.sort)}
	}
	if o.limit < 1 || o.limit > store.MaxPage {
		return q, usageError{fmt.Errorf("--limit %d: want 1 to %d", o.limit, store.MaxPage)}
	}
	for name, to := range map[string]**time.Time{"from": &q.From, "to": &q.To} {
		text := map[string]string{"from": o.from, "to": o.to}[name]
		if text == "" {
			continue
		}
		at, err := agoOrTime(text, now)
		if err != nil {
			return q, usageError{fmt.Errorf("--%s %q: want a time such as 2026-03-01T00:00:00Z, or how long ago, such as 24h", name, text)}
		}
		*to = &at
	}
	for _, b := range o.bands {
		q.Bands = append(q.Bands, events.Band(b))
	}
	var networks []netip.Prefix
	for _, a := range o.addresses {
		n, ok := store.Network(a)
		if !ok {
			return q, usageError{fmt.Errorf("--address %q: want an address, or a network in CIDR form", a)}
		}
		networks = append(networks, n)
	}
	if len(o.devices)+len(networks) > 0 {
		q.Participant = &store.ParticipantFilter{Devices: o.devices, Addresses: networks}
	}
	return q, nil
}

// agoOrTime reads a time, or how long ago one was.
func agoOrTime(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Parse(time.RFC3339, text)
}

// stored opens the store for as long as f reads it.
func (o *incidentOptions) stored(cmd *cobra.Command, f func(ctx context.Context, s *store.Store) error) (err error) {
	ctx := cmd.Context()
	var conf aws.Config
	if o.table != "" {
		m := &mirroring{o: &o.mirrorOptions}
		if err := m.configure(ctx); err != nil {
			return err
		}
		conf = m.config
	}
	s, err := o.openStore(ctx, conf, reads, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	err = f(ctx, s)
	if errors.Is(err, store.ErrInvalid) {
		return usageError{err}
	}
	return err
}

// list prints incidents: as many as were asked for, on however many pages they stand.
func (o *incidentOptions) list(cmd *cobra.Command, s *store.Store, q incident.Query) error {
	found := []events.IncidentSummary{}
	for {
		page, err := incident.List(cmd.Context(), s.Documents, q)
		if err != nil {
			return err
		}
		found = append(found, page.Items...)
		if !page.Complete {
			fmt.Fprintln(cmd.ErrOrStderr(), "mirrorwatch: not all are listed:", clean(page.Why))
		}
		q.Limit = o.limit - len(found)
		if q.Cursor = page.Next; q.Cursor == "" || q.Limit <= 0 {
			return o.printList(cmd, found, q.Cursor != "")
		}
	}
}

// complete offers the newest incidents.
func (o *incidentOptions) complete(cmd *cobra.Command, args []string, _ string) (ids []string, d cobra.ShellCompDirective) {
	err := o.stored(cmd, func(ctx context.Context, s *store.Store) error {
		page, err := incident.List(ctx, s.Documents, incident.Query{Limit: 50})
		for _, i := range page.Items {
			if !slices.Contains(args, i.ID) {
				ids = append(ids, i.ID+"\t"+strings.ReplaceAll(clean(i.Title), "\t", " "))
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
