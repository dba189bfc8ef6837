// Command mirrorwatch is the one program that people and the fleet run: it reads captures, listens for mirrored packets, and
// prints, writes and serves what it finds. It only wires: every decision is in the packages it calls.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, as the help text promises them.
const (
	exitDone  = 0
	exitInput = 1 // an input could not be read, or an output not written
	exitUsage = 2 // the command line makes no sense
)

// usageError is a mistake on the command line.
type usageError struct{ error }

// planUsage is a mistake on the command line of mirror plan, where exit code 2 means that there is something to do.
type planUsage struct{ error }

// exitCode ends the program without a further word: what there was to say is said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// gcPercent lets the heap grow to five times what is live before the collector runs: most of what a sensor allocates is records
// that die young, and its tables are bounded anyway (docs/decisions/0003-collector.md).
const gcPercent = 400

// memoryLimit is where the collector stops letting the heap grow so freely. A flood that fills the table of conversations stays
// below it (docs/decisions/0004-flood.md).
const memoryLimit = 1 << 30

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who interrupts a second time does not want to wait
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and gives its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if code, ok := err.(exitCode); ok { //nolint:errorlint // beside another error there is something to say
		return int(code)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, "mirrorwatch:", clean(strings.TrimSuffix(line, "\n")))
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(stderr, "Try 'mirrorwatch --help'.")
		return exitUsage
	}
	if errors.As(err, new(planUsage)) {
		fmt.Fprintln(stderr, "Try 'mirrorwatch mirror plan --help'.")
	}
	return exitInput
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "mirrorwatch",
		Short: "Network detection and response for AWS VPC Traffic Mirroring",
		Long: `Mirrorwatch reads packets as VPC Traffic Mirroring copies them, keeps account of every conversation,
and raises detections when a device does what an intruder would.

Exit codes: 0 done, 1 an input could not be read or something failed, 2 a mistake on the command line
(of 'mirror plan': there is something to do).`,
		Example: `  mirrorwatch read capture.pcap
  mirrorwatch read --json --logs out/ monday.pcapng.gz
  mirrorwatch sensor --listen :4789
  mirrorwatch mirror plan --policy mirror.yaml`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newRead(), newDemo(), newSensor(), newServe(), newState(), newMirror(), newDetections(), newCorrelate(), newIncidents(), newTuning(), newIntel(), newUsers(), newVersion())
	return root
}
