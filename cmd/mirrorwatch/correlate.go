package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// correlateOptions are the flags of correlate.
type correlateOptions struct {
	options
	awsLogs
	data string // folder of a store of serve's; "" has none
	json bool
	all  bool // detections that are in no incident are shown in full, too
}

func newCorrelate() *cobra.Command {
	var o correlateOptions
	cmd := &cobra.Command{
		Use:   "correlate [flags] [CAPTURE...]",
		Short: "Join what the packets showed with Flow Logs, CloudTrail and the inventory, and tell the incidents",
		Long: `Correlate reads AWS's logs as AWS writes them, runs the detectors over the captures that are named and over the logs
themselves, and joins the three: who a participant was, what was called just before, what was blocked where no mirror sees it. Detections
that belong together are told as one incident.

With --data it also joins the detections that are stored in that folder of 'mirrorwatch serve' (which must be stopped meanwhile), and keeps
what it finds there. Logs that were read before are not read again. Without it everything is forgotten at the end.`,
		Example: `  mirrorwatch correlate --flow-logs flows/ --cloudtrail trail/ --inventory instances.json capture.pcap
  mirrorwatch correlate --flow-logs flows/ --cloudtrail trail/            # what the logs alone show
  aws ec2 describe-network-interfaces > eni.json
  mirrorwatch correlate --cloudtrail trail/ --inventory eni.json --data ~/.local/state/mirrorwatch
  mirrorwatch correlate --flow-logs flows/ --json capture.pcap | jq '.incidents[].title'`,
		Args: func(_ *cobra.Command, args []string) error {
			if !o.any() && len(args) == 0 && o.data == "" {
				return usageError{errors.New("correlate needs something to join: --flow-logs, --cloudtrail, --inventory, --data, or captures")}
			}
			if o.workers < 1 {
				return usageError{fmt.Errorf("--workers %d: at least 1", o.workers)}
			}
			return o.check()
		},
		RunE: func(cmd *cobra.Command, args []string) error { return correlateAll(cmd, &o, args) },
	}
	addPipelineFlags(cmd, &o.options)
	o.addFlags(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "`FOLDER` of 'mirrorwatch serve' whose detections are joined, and that what is found goes to")
	f.BoolVar(&o.json, "json", false, "print one JSON object: incidents, detections and what was read")
	f.BoolVar(&o.all, "all", false, "show the context of every detection, also of those of low risk")
	for _, dir := range []string{"flow-logs", "cloudtrail", "data"} {
		_ = cmd.MarkFlagDirname(dir) // the flag is there
	}
	return cmd
}
