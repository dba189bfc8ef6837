package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

type teardownOptions struct{ yes, dryRun, all bool }

func newMirrorTeardown(o *mirrorOptions) *cobra.Command {
	var t teardownOptions
	cmd := &cobra.Command{
		Use:   "teardown",
		Short: "Remove everything that this deployment has made",
		Long: `Teardown lists every session, filter, target and share that is tagged as this deployment's, asks for the deployment's name, and removes them,
sessions first since they are billed. No bound on deletions holds it. Load balancers, their listeners, and what others made stay.

The function in Lambda would make everything again: take it away, or set "switch: off" in the policy, first.

Exit codes: 0 all is gone, 1 something failed or was left, 2 a mistake on the command line.`,
		Example: `  mirrorwatch mirror teardown --dry-run
  mirrorwatch mirror teardown
  mirrorwatch mirror teardown --yes --table mirrorwatch`,
		Args: o.args(noArgument("teardown")),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a := writes
			if t.dryRun {
				a = reads
			}
			return mirrored(cmd, o, a, func(ctx context.Context, m *mirroring) error { return m.teardown(ctx, cmd, t) })
		},
	}
	cmd.Flags().BoolVarP(&t.yes, "yes", "y", false, "do not ask for the deployment's name")
	cmd.Flags().BoolVar(&t.dryRun, "dry-run", false, "list what would go, and change nothing")
	cmd.Flags().BoolVar(&t.all, "all", false, "show every row of long tables, not the first 50")
	return cmd
}

func (m *mirroring) teardown(ctx context.Context, cmd *cobra.Command, t teardownOptions) error {
	if t.dryRun || !t.yes || !m.o.json {
		if agreed, err := m.doomed(ctx, cmd, t); err != nil || !agreed {
			return err
		}
	}
	r, err := m.loop.Teardown(ctx)
	m.bar.finish()
	return m.outcome(cmd, t.all, &r, err)
}

// doomed lists what goes, and asks for the deployment's name.
func (m *mirroring) doomed(ctx context.Context, cmd *cobra.Command, t teardownOptions) (bool, error) {
	_, world, err := m.loop.Plan(ctx, nil)
	m.bar.finish()
	if err != nil && len(world.Accounts) == 0 {
		return false, err
	}
	p := plan.Teardown(world, m.policy)
	if t.dryRun && m.o.json {
		return false, errors.Join(err, printJSON(cmd.OutOrStdout(), &p))
	}
	v := newView(cmd, m.o, t.all)
	if m.o.json {
		v.w = cmd.ErrOrStderr() // standard output is the report's
	}
	v.steps(p.Steps)
	v.held(p.Held)
	v.warnings(p.Warnings)
	v.verdict(&p)
	switch {
	case t.dryRun:
		return false, err
	case t.yes:
		return true, nil
	case p.Empty() && err == nil:
		return false, nil
	case !onTerminal(cmd.InOrStdin()):
		return false, errors.New("nobody can be asked here, for standard input is no terminal: give --yes to remove all this")
	}
	name, err := ask(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), fmt.Sprintf("type the deployment's name (%s) to remove all this: ", m.policy.Deployment))
	if err == nil && name != m.policy.Deployment {
		err = fmt.Errorf("%q is not the deployment's name: nothing was removed", name)
	}
	return err == nil, err
}
