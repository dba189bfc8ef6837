package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// coverageOptions say which interfaces are told of, and how.
type coverageOptions struct {
	states                []string
	account, region, vpc  string
	summary, stored, wide bool
	tags                  []string
}

func newMirrorCoverage(o *mirrorOptions) *cobra.Command {
	var c coverageOptions
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "Say of every network interface whether its traffic is watched, and why not",
		Long: `Coverage looks at every account and region of the policy and prints the state of each network interface, why it is in it, and what would
change it. With --stored it prints what the last pass wrote down, and asks AWS nothing.

States: ` + strings.Join(stateNames(), ", ") + `.

Percentages are of what should be watched: what is excluded or stopped, and kinds of interfaces that AWS never mirrors, are in none.`,
		Example: `  mirrorwatch mirror coverage
  mirrorwatch mirror coverage --state silent,shadowed,error --account 111122223333
  mirrorwatch mirror coverage --summary --tag team
  mirrorwatch mirror coverage --stored --json | jq -r '.[] | select(.state == "silent").interface'`,
		Args: o.args(func(cmd *cobra.Command, args []string) error {
			for _, s := range c.states {
				if !slices.Contains(stateNames(), s) {
					return usageError{fmt.Errorf("--state %q: want any of %s", s, strings.Join(stateNames(), ", "))}
				}
			}
			if len(c.tags) > store.MaxCoverageTags {
				return usageError{fmt.Errorf("--tag: %d keys; at most %d", len(c.tags), store.MaxCoverageTags)}
			}
			return noArgument("coverage")(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, _ []string) error { return coverage(cmd, o, &c) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&c.states, "state", nil, "only these `STATES`")
	f.StringVar(&c.account, "account", "", "only the account with this `ID`")
	f.StringVar(&c.region, "region", "", "only this `REGION`")
	f.StringVar(&c.vpc, "vpc", "", "only the VPC with this `ID`")
	f.BoolVar(&c.summary, "summary", false, "count by VPC, account and tag")
	f.StringSliceVar(&c.tags, "tag", nil, "`KEYS` of tags to count by in the summary (default the policy's tag)")
	f.BoolVar(&c.stored, "stored", false, "what the last pass stored, without asking AWS")
	f.BoolVar(&c.wide, "all", false, "show every row of long tables, not the first 50")
	cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(stateNames(), cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	return cmd
}

func stateNames() []string {
	var list []string
	for _, s := range events.CoverageStates() {
		list = append(list, string(s))
	}
	return list
}

// coverage gets the interfaces from AWS or from the store, and prints those that were asked for.
func coverage(cmd *cobra.Command, o *mirrorOptions, c *coverageOptions) error {
	if c.stored {
		list, err := o.storedCoverage(cmd)
		if err != nil {
			return err
		}
		return c.print(cmd, o, list, "mirrorwatch")
	}
	return mirrored(cmd, o, reads, func(ctx context.Context, m *mirroring) error {
		p, _, err := m.loop.Plan(ctx, nil)
		m.bar.finish()
		if err != nil && p.Coverage == nil {
			return err
		}
		return errors.Join(c.print(cmd, o, p.Coverage, m.policy.Select.Tag), err)
	})
}

// storedCoverage reads what the last pass wrote down.
func (o *mirrorOptions) storedCoverage(cmd *cobra.Command) (list []events.Coverage, err error) {
	ctx := cmd.Context()
	m := &mirroring{o: o}
	if o.table != "" {
		if err := m.configure(ctx); err != nil {
			return nil, err
		}
	}
	s, err := o.openStore(ctx, m.config, reads, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for q := (store.CoverageQuery{}); ; {
		page, err := s.Mirror.Coverage(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("read coverage: %w", err)
		}
		list = append(list, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return list, nil
		}
	}
}

func (c *coverageOptions) wants(i *events.Coverage) bool {
	return (len(c.states) == 0 || slices.Contains(c.states, string(i.State))) && (c.account == "" || i.Account == c.account) &&
		(c.region == "" || i.Region == c.region) && (c.vpc == "" || i.VPC == c.vpc)
}

// print prints what was asked for. Where nobody named tags, the policy's is counted by.
func (c *coverageOptions) print(cmd *cobra.Command, o *mirrorOptions, list []events.Coverage, tag string) error {
	list = slices.DeleteFunc(slices.Clone(list), func(i events.Coverage) bool { return !c.wants(&i) })
	tags := c.tags
	if len(tags) == 0 {
		tags = []string{tag}
	}
	trend := store.ShareCoverage(list, time.Now(), tags)
	v := newView(cmd, o, c.wide)
	switch {
	case o.json && c.summary:
		return printJSON(cmd.OutOrStdout(), trend)
	case o.json && list == nil:
		return printJSON(cmd.OutOrStdout(), []events.Coverage{})
	case o.json:
		return printJSON(cmd.OutOrStdout(), list)
	case c.summary:
		v.shares(&trend)
	default:
		v.interfaces(list)
		v.space()
		v.say("%s. %s", count(len(list), "interface", "interfaces"), watched(&trend.Total))
	}
	return nil
}

// interfaces is a row an interface.
func (v *view) interfaces(list []events.Coverage) {
	var rows [][]cell
	for i := range list {
		c := &list[i]
		why := c.Reason
		if c.Fix != "" {
			why += "; to change it: " + c.Fix
		}
		rows = append(rows, []cell{
			{string(c.State), stateColour(c.State)}, plain(c.Interface), plain(c.Name), plain(c.Instance), plain(c.Account + "/" + c.Region),
			plain(c.VPC), plain(vniOf(c.VNI)), plain(lastSeen(c.LastSeen)), plain(why),
		})
	}
	if len(rows) > 0 {
		v.table([]string{"STATE", "INTERFACE", "NAME", "INSTANCE", "ACCOUNT/REGION", "VPC", "VNI", "LAST PACKET", "WHY"}, rows)
	}
}

func vniOf(vni uint32) string {
	if vni == 0 {
		return "-"
	}
	return fmt.Sprint(vni)
}

func lastSeen(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format(time.DateTime)
}

func stateColour(s events.CoverageState) text.Colors {
	switch s {
	case events.CoverageMirrored:
		return good()
	case events.CoverageExcluded, events.CoverageStopped, events.CoverageUnsupportedENI:
		return faint()
	case events.CoverageError, events.CoverageSilent, events.CoverageShadowed:
		return bad()
	}
	return amend()
}

// shares is the summary: how much is watched in all, and by VPC, account and tag, worst first.
func (v *view) shares(t *store.CoverageTrend) {
	rows := [][]cell{shareRow("all", &t.Total)}
	for _, part := range []struct {
		what string
		list []store.CoverageShare
	}{{"vpc", t.VPCs}, {"account", t.Accounts}, {"tag", t.Tags}} {
		for i := range part.list {
			rows = append(rows, shareRow(part.what, &part.list[i]))
		}
	}
	v.table([]string{"OF", "WHICH", "ACCOUNT", "MIRRORED", "WANTED", "INTERFACES", "PERCENT", "STATES"}, rows)
	for what, rest := range map[string]store.CoverageRest{"VPCs": t.Rest.VPCs, "accounts": t.Rest.Accounts, "tags": t.Rest.Tags} {
		if rest.Shares > 0 {
			v.say("%d smaller %s with %s are not told apart.", rest.Shares, what, count(rest.Interfaces, "interface", "interfaces"))
		}
	}
}

func shareRow(what string, s *store.CoverageShare) []cell {
	var states []string
	for _, name := range events.CoverageStates() {
		if n := s.States[name]; n > 0 {
			states = append(states, fmt.Sprintf("%d %s", n, name))
		}
	}
	colour := bad()
	switch {
	case s.Percent == 100:
		colour = good()
	case s.Percent >= 90:
		colour = amend()
	}
	key := s.Key
	if what != "all" && key == "" {
		key = "(none)"
	}
	return []cell{plain(what), plain(key), plain(s.Account), plain(fmt.Sprint(s.Mirrored)), plain(fmt.Sprint(s.Wanted)), plain(fmt.Sprint(s.Interfaces)),
		{percent(s.Percent), colour}, plain(strings.Join(states, ", "))}
}
