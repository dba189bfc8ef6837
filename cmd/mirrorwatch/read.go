package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

func newRead() *cobra.Command {
	var o options
	var asJSON bool
	var profile string
	cmd := &cobra.Command{
		Use:   "read [flags] FILE...",
		Short: "Analyse capture files and print the detections",
		Long: `Read analyses capture files (pcap or pcapng, gzip or not; "-" is standard input) and prints the detections it found.

Several files are one capture in parts when each begins after the one before it ended; a file that begins earlier
starts a new count of time. The table goes to standard output, the closing line and errors to standard error.`,
		Example: `  mirrorwatch read capture.pcap
  mirrorwatch read --logs out/ monday.pcap tuesday.pcap.gz     # Zeek-style logs: out/conn.log, out/dns.log, ...
  mirrorwatch read --json capture.pcapng | jq .type
  tcpdump -w - -i eth0 | mirrorwatch read --local 192.0.2.0/24 -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("read needs at least one capture file, or - for standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return profiled(profile, func() error { return read(cmd, o, asJSON, args) })
		},
	}
	addPipelineFlags(cmd, &o)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print detections as JSON lines instead of a table")
	cmd.Flags().StringVar(&o.state, "state", "", "go on from what was learned in `DIR`, and keep there what is learned (default none: each reading begins anew)")
	cmd.Flags().StringVar(&profile, "profile", "", "write a CPU profile to `FILE`, for go tool pprof")
	return cmd
}

func addPipelineFlags(cmd *cobra.Command, o *options) {
	f := cmd.Flags()
	f.StringVar(&o.logs, "logs", "", "write records as JSON lines to `DIR`/conn.log, dns.log, ...")
	f.StringSliceVar(&o.local, "local", nil, "local `CIDR` networks, comma separated (default RFC 1918, link local and unique local)")
	f.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "how many `N` workers share the conversations")
	f.IntVar(&o.maxFlows, "max-flows", 0, "conversations kept at once (default 524288)")
	addIntelFlags(f, o)
	f.StringVar(&o.tuning, "tuning", "", "`FILE` of settings: parameters of the site, tunables of detectors (see 'mirrorwatch tuning --help')")
	o.complain = func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), "mirrorwatch:", clean(line)) }
	f.StringVar(&o.sensor, "sensor-name", "", "`NAME` to put on every record")
}

// read runs the files through one pipeline and reports, whatever became of them.
func read(cmd *cobra.Command, o options, asJSON bool, files []string) error {
	if o.workers < 1 {
		return usageError{fmt.Errorf("--workers %d: at least 1", o.workers)}
	}
	p, err := newPipeline(o, nil)
	if err != nil {
		return err
	}
	begin := time.Now()
	var failed []error
	for _, name := range files {
		if err := p.readFile(name); err != nil {
			failed = append(failed, err)
		}
	}
	p.engine.Finish()
	if err := errors.Join(p.close(), p.settle(true)); err != nil {
		failed = append(failed, err)
	}
	if err := printDetections(cmd.OutOrStdout(), p.judge.Detections(), asJSON); err != nil {
		failed = append(failed, fmt.Errorf("print detections: %w", err))
	}
	fmt.Fprintln(cmd.ErrOrStderr(), p.closing(time.Since(begin)))
	return errors.Join(failed...)
}

// readFile runs one capture through the engine, with a progress bar where somebody watches.
func (p *pipeline) readFile(name string) error {
	src, err := capture.OpenFile(name)
	if err != nil {
		return err
	}
	bar := newProgress(name, src)
	err = p.engine.Read(bar)
	bar.finish()
	return errors.Join(err, src.Close())
}

func printDetections(w io.Writer, list []*events.Detection, asJSON bool) error {
	out := bufio.NewWriter(w)
	if asJSON {
		enc := json.NewEncoder(out)
		for _, d := range list {
			if err := enc.Encode(d); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	writeTable(out, list)
	return out.Flush()
}

// closing is the line that every reading ends with.
func (p *pipeline) closing(took time.Duration) string {
	s := p.engine.Stats()
	j := p.judge.Stats()
	line := fmt.Sprintf("%d packets, %s, %d flows, %d records, %d detections, %d drops, %.2f s",
		s.Packets, size(s.Bytes), s.Flows, s.Records, j.Detections, s.Drops(), took.Seconds())
	if s.DuplicatePackets > 0 {
		line += fmt.Sprintf("; %d packets were mirrored twice and counted once", s.DuplicatePackets)
	}
	if why := s.DropReasons(); why != "" {
		line += "; dropped: " + why
	}
	for _, f := range p.judge.Failed() {
		line += fmt.Sprintf("; %s failed and was switched off: %s", f.Type, clean(f.Reason))
	}
	return line
}

// size writes bytes with a unit that a person can read.
func size(n uint64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// isTerminal says whether a person watches f.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
