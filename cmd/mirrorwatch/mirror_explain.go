package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

func newMirrorExplain(o *mirrorOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain ENI",
		Short: "Say why one interface is mirrored or not, with everything that was looked at",
		Long: `Explain looks at one network interface, or at each of an instance's, in the accounts and regions of the policy, and tells which tag, rule or
default decided, whether its instance type can be mirrored, every session on it, the session number and why that, target, filter, VNI, the
state of coverage with what would change it, and the steps that a pass would take. It changes nothing.`,
		Example: "  mirrorwatch mirror explain eni-0a1b2c3d4e5f67890\n  mirrorwatch mirror explain i-0a1b2c3d4e5f67890\n  mirrorwatch mirror explain --json eni-0a1b2c3d4e5f67890 | jq .coverage.fix",
		Args: o.args(func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("explain takes the id of one interface or instance, but got %d", len(args))}
			}
			_, err := kindOfID(args[0])
			return err
		}),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return o.completeInterface(cmd, begun), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return mirrored(cmd, o, reads, func(ctx context.Context, m *mirroring) error { return m.explain(ctx, cmd, args[0]) })
		},
	}
	return cmd
}

// mostCompletions is how many interfaces a shell is offered.
const mostCompletions = 200

// completeInterface gives the interfaces that the last pass stored, with their names and states.
func (o *mirrorOptions) completeInterface(cmd *cobra.Command, begun string) []string {
	list, err := o.storedCoverage(cmd)
	if err != nil || o.check(cmd) != nil {
		return nil // a shell that completes has nowhere to show an error
	}
	var out []string
	for i := range list {
		if c := &list[i]; strings.HasPrefix(c.Interface, begun) && len(out) < mostCompletions {
			out = append(out, cobra.CompletionWithDesc(clean(c.Interface), clean(strings.TrimSpace(c.Name+" "+string(c.State)))))
		}
	}
	return out
}

// awsID is what ids of AWS look like: hexadecimal, eight digits of old and seventeen now.
const awsID = `-[0-9a-f]{8,17}$`

func kindOfID(id string) (trigger.Kind, error) {
	switch {
	case regexp.MustCompile(`^eni` + awsID).MatchString(id):
		return trigger.Interface, nil
	case regexp.MustCompile(`^i` + awsID).MatchString(id):
		return trigger.Instance, nil
	}
	return "", usageError{fmt.Errorf("%q: want the id of an interface or instance, such as eni-0a1b2c3d4e5f67890", id)}
}

// explain looks for the interface or instance in every account and region: nothing else says where it is.
func (m *mirroring) explain(ctx context.Context, cmd *cobra.Command, id string) error {
	kind, err := kindOfID(id)
	if err != nil {
		return err
	}
	var keys []trigger.Key
	for _, a := range m.policy.Accounts {
		for _, region := range a.Regions {
			keys = append(keys, trigger.Key{Account: a.ID, Region: region, Kind: kind, ID: id})
		}
	}
	_, world, err := m.loop.Plan(ctx, keys)
	m.bar.finish()
	if err != nil && len(world.Accounts) == 0 {
		return err
	}
	found := 0
	for _, eni := range interfacesOf(&world, kind, id) {
		e := plan.Explain(&world, &m.policy, eni)
		if !e.Found {
			continue
		}
		if m.o.json {
			err = errors.Join(err, printJSON(cmd.OutOrStdout(), &e))
		} else {
			newView(cmd, m.o, true).explanation(&e, found > 0)
		}
		found++
	}
	if found == 0 {
		err = errors.Join(err, fmt.Errorf("%s is in none of the %s of the policy", id, count(len(keys), "account and region", "accounts and regions")))
	}
	return err
}

// interfacesOf gives the interface itself, or those of the instance.
func interfacesOf(w *plan.World, kind trigger.Kind, id string) []string {
	if kind == trigger.Interface {
		return []string{id}
	}
	var list []string
	for i := range w.Accounts {
		for j := range w.Accounts[i].Interfaces {
			eni := &w.Accounts[i].Interfaces[j]
			if eni.Attachment != nil && eni.Attachment.Instance == id {
				list = append(list, eni.ID)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
