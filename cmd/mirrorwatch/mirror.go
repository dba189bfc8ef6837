package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The environment that stands in for flags of mirror.
const (
	envPolicy = "MIRRORWATCH_MIRROR_POLICY"
	envTable  = "MIRRORWATCH_TABLE"
)

// policyFile is where the policy is looked for when nobody says where.
const policyFile = "mirror.yaml"

// mirrorOptions are the flags that every command of mirror has.
type mirrorOptions struct {
	policy  string // a file, or "ssm:" and the name of a parameter
	data    string // folder of the store
	table   string // or its DynamoDB table
	json    bool
	noColor bool
}

func newMirror() *cobra.Command {
	var o mirrorOptions
	cmd := &cobra.Command{
		Use:   "mirror",
		Short: "Keep VPC Traffic Mirroring sessions as tags and a policy ask",
		Long: `Mirror looks at the accounts and regions that a policy names, and makes, mends and removes mirror sessions, filters and
targets until they are as the policy asks. What is not its own, by the tag mirrorwatch:deployment, it never touches.

The policy is a YAML file or a parameter of Systems Manager; 'mirrorwatch mirror policy example' prints one with every key.
Which VNI is whose, and how every interface stood, is kept in the folder of a server on this machine (--data) or in a DynamoDB
table (--table). While a server holds the folder, what only reads (plan, coverage, explain) works beside it; apply and teardown do not.

AWS is asked with the credentials of the environment, as the AWS CLI finds them (AWS_PROFILE, AWS_ACCESS_KEY_ID, ...), and from there by
the role that the policy names for each account. Regions are the policy's; AWS_REGION is that of an ssm: policy and of the table.

Exit codes: 0 done, 1 something failed, 2 a mistake on the command line. Only 'mirror plan' differs: 0 nothing to do, 1 something failed or
a mistake on the command line, 2 there is something to do.`,
		Example: `  mirrorwatch mirror policy example > mirror.yaml
  mirrorwatch mirror plan
  mirrorwatch mirror apply --yes --table mirrorwatch --policy ssm:/mirrorwatch/policy
  mirrorwatch mirror coverage --state silent,shadowed
  mirrorwatch mirror explain eni-0a1b2c3d4e5f67890`,
		Args: noArgument("mirror"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.policy, "policy", fromEnv(envPolicy, policyFile), "`FILE` of the policy, or ssm:NAME of a parameter (env "+envPolicy+")")
	f.StringVar(&o.data, "data", "", "`FOLDER` of the store (default "+dataFolder()+", as serve's)")
	f.StringVar(&o.table, "table", os.Getenv(envTable), "`NAME` of the DynamoDB table that is the store instead (env "+envTable+")")
	f.BoolVar(&o.json, "json", false, "print JSON instead of tables")
	f.BoolVar(&o.noColor, "no-color", false, "no colours, also on a terminal (as NO_COLOR=1)")
	cmd.MarkPersistentFlagFilename("policy", "yaml", "yml") //nolint:errcheck // the flag is there
	cmd.MarkPersistentFlagDirname("data")                   //nolint:errcheck // the flag is there
	cmd.AddCommand(newMirrorPlan(&o), newMirrorApply(&o), newMirrorCoverage(&o), newMirrorExplain(&o), newMirrorTeardown(&o),
		newMirrorSelftest(&o), newMirrorPolicy(&o))
	return cmd
}

func fromEnv(name, standard string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return standard
}

// check refuses flags that make no sense together.
func (o *mirrorOptions) check(cmd *cobra.Command) error {
	data, table := cmd.Flags().Changed("data"), cmd.Flags().Changed("table")
	switch {
	case data && table:
		return errors.New("--data and --table are two places for the same thing: give one of them")
	case data && o.data == "":
		return errors.New("--data is empty: want a folder")
	case strings.TrimSpace(o.policy) == "" || o.policy == "ssm:":
		return fmt.Errorf("--policy %q: want a file, or ssm: and the name of a parameter", o.policy)
	}
	if data {
		o.table = "" // what was said on this line counts more than the environment
	}
	return nil
}

// noArgument refuses arguments.
func noArgument(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("%s takes no argument, but got %q", name, args[0])}
		}
		return nil
	}
}

// args checks the flags, too, before anything is begun.
func (o *mirrorOptions) args(of cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := o.check(cmd); err != nil {
			return usageError{err}
		}
		return of(cmd, args)
	}
}
