package main

import (
	"cmp"
	"context"
	"errors"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// exitChanges is what mirror plan ends with when there is something to do.
const exitChanges = exitCode(2)

func newMirrorPlan(o *mirrorOptions) *cobra.Command {
	var all, keep bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what apply would do, and change nothing",
		Long: `Plan looks at every account and region of the policy and prints what a pass would make (+), change (~) and delete (-), each step with its
reason, what safety rails hold back, what budget or quota left out, sessions of others that look like theft, and what it all costs.
It changes nothing in AWS, and nothing in the store unless --keep is given: then the plan is kept for a week, and the console shows it
until there is a newer one. So people can see what a policy would do before anybody applies it. A server that holds the folder has to be
stopped for that; a table can be written at any time.

Exit codes, as those of 'terraform plan -detailed-exitcode': 0 there is nothing to do; 1 something failed, or the command line makes no
sense; 2 there is something to do. What is only held back or left out is nothing to do.`,
		Example: `  mirrorwatch mirror plan
  mirrorwatch mirror plan --policy policies/prod.yaml --all
  mirrorwatch mirror plan --policy policies/next.yaml --table mirrorwatch --keep
  mirrorwatch mirror plan --json | jq '.steps[] | select(.action == "delete_session")'
  mirrorwatch mirror plan > plan.txt; case $? in 0) echo up to date;; 2) cat plan.txt;; *) exit 1;; esac`,
		Args: func(cmd *cobra.Command, args []string) error {
			var usage usageError
			if err := o.args(noArgument("plan"))(cmd, args); errors.As(err, &usage) {
				return planUsage(usage)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return mirrored(cmd, o, access(keep), func(ctx context.Context, m *mirroring) error { return m.plan(ctx, cmd, all, keep) })
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return planUsage{err} })
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the plan in the store, so that the console shows it")
	cmd.Flags().BoolVar(&all, "all", false, "show every row of long tables, not the first 50")
	return cmd
}

// plan prints what a pass would do. What could not be seen is an error beside what could, and so is a plan that could not be kept.
func (m *mirroring) plan(ctx context.Context, cmd *cobra.Command, all, keep bool) error {
	p, err := m.look(ctx, keep)
	m.bar.finish()
	if err != nil && p.Coverage == nil && p.Empty() {
		return err
	}
	if m.o.json {
		err = errors.Join(err, printJSON(cmd.OutOrStdout(), &p))
	} else {
		newView(cmd, m.o, all).plan(&p)
	}
	if err == nil && !p.Empty() {
		return exitChanges
	}
	return err
}

func (m *mirroring) look(ctx context.Context, keep bool) (plan.Plan, error) {
	if !keep {
		p, _, err := m.loop.Plan(ctx, nil)
		return p, err
	}
	p, _, err := m.loop.Look(ctx, mirror.Wanted{By: "mirrorwatch mirror plan --keep, by the policy " + m.o.policy})
	return p, err
}

// kindOf is what a step does to its object: make, change or delete.
func kindOf(a plan.Action) (sign string, kind int) {
	switch a.Does() {
	case plan.Deletes:
		return "-", 2
	case plan.Creates:
		return "+", 0
	}
	return "~", 1
}

// subject names what a step is about: the interface or object with its name, or the name of what is made.
func subject(s *plan.Step) string {
	id := cmp.Or(s.Interface, s.Object)
	if strings.HasPrefix(id, "arn:") { // account and region stand above the table
		id = id[strings.LastIndexByte(id, ':')+1:]
	}
	if s.Interface != "" && s.Object != "" {
		id += " " + s.Object
	}
	name := cmp.Or(s.Name, path.Base(s.Makes))
	if _, balancer, is := strings.Cut(name, ":loadbalancer/"); is {
		name = balancer
	}
	switch {
	case id == "":
		return name
	case s.Name == "" || s.Name == id:
		return id
	}
	return id + " (" + name + ")"
}

func words(a plan.Action) string { return strings.ReplaceAll(string(a), "_", " ") }
