package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

func newMirrorPolicy(o *mirrorOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "policy",
		Short:   "Check a policy, or print one to begin with",
		Long:    "Policy works on a text alone: it asks AWS nothing, and needs no credentials.",
		Example: "  mirrorwatch mirror policy example > mirror.yaml\n  mirrorwatch mirror policy check mirror.yaml",
		Args:    noArgument("policy"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Tell every mistake of a policy, with its line",
		Long: `Check reads a policy as plan and apply do and tells every mistake at once, each with file, line and what is allowed.

Exit codes: 0 the policy may be used, 1 it has mistakes or could not be read, 2 a mistake on the command line.`,
		Example: "  mirrorwatch mirror policy check mirror.yaml\n  mirrorwatch mirror policy check --render mirror.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("policy check takes one file, but got %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	render := check.Flags().Bool("render", false, "print the policy with everything stated, defaults too")
	check.RunE = func(cmd *cobra.Command, args []string) error { return checkPolicy(cmd, args[0], *render, o.json) }
	cmd.AddCommand(check, &cobra.Command{
		Use: "example", Short: "Print a policy with every key and what it means", Example: "  mirrorwatch mirror policy example > mirror.yaml",
		Args: noArgument("policy example"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(policy.Example())
			return err
		},
	})
	return cmd
}

func checkPolicy(cmd *cobra.Command, file string, render, asJSON bool) error {
	p, err := parsePolicyFile(file)
	if mistakes, ok := err.(policy.Mistakes); ok && asJSON { //nolint:errorlint // Parse gives them bare
		if err := printJSON(cmd.OutOrStdout(), mistakes); err != nil {
			return err
		}
		return exitCode(exitInput)
	}
	switch {
	case err != nil:
		return err
	case render:
		text, err := policy.Render(p)
		if err == nil {
			_, err = cmd.OutOrStdout().Write(text)
		}
		return err
	case asJSON:
		return printJSON(cmd.OutOrStdout(), []policy.Mistake{})
	}
	var places int
	for _, a := range p.Accounts {
		places += len(a.Regions)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: deployment %s, %s, %s with %s, %s, %s\n", clean(file), p.Deployment, "switch "+string(p.Switch),
		count(len(p.Accounts), "account", "accounts"), count(places, "region", "regions"), count(len(p.Profiles), "profile", "profiles"),
		count(len(p.Fleet.Targets), "target", "targets"))
	return nil
}
