package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

func newSensor() *cobra.Command {
	var o options
	var listen, iface, side string
	cmd := &cobra.Command{
		Use:   "sensor (--listen ADDRESS | --interface NAME)",
		Short: "Watch mirrored packets live until interrupted",
		Long: `Sensor receives mirrored packets, as VPC Traffic Mirroring sends them (VXLAN over UDP), or reads those of an
interface, and prints detections as JSON lines until it is interrupted.

The side port serves Prometheus metrics on /metrics, and /healthz, which fails while packets are being dropped or the
queue to the detectors is full.`,
		Example: `  mirrorwatch sensor --listen :4789
  mirrorwatch sensor --listen 10.0.9.9:4789 --workers 4 --logs /var/log/mirrorwatch
  mirrorwatch sensor --interface eth1 --side 127.0.0.1:9478`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("sensor takes no argument, but got %q", args[0])}
			}
			if (listen == "") == (iface == "") {
				return usageError{errors.New("sensor needs either --listen or --interface")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return watch(cmd.Context(), cmd, o, side, func() ([]capture.Source, error) {
				if iface != "" {
					return capture.OpenRing(iface, o.workers)
				}
				return capture.ListenVXLAN(listen, o.workers)
			})
		},
	}
	addPipelineFlags(cmd, &o)
	cmd.Flags().StringVar(&listen, "listen", "", "UDP `ADDRESS` to receive VXLAN on, such as :4789")
	cmd.Flags().StringVar(&iface, "interface", "", "interface `NAME` to read, for a tap or span port")
	cmd.Flags().StringVar(&side, "side", "127.0.0.1:9478", "`ADDRESS` for /metrics and /healthz; empty for none")
	return cmd
}

// watch runs a live engine until ctx is done or the sources end, then lets every conversation end and reports.
func watch(ctx context.Context, cmd *cobra.Command, o options, side string, open func() ([]capture.Source, error)) error {
	if o.workers < 1 {
		return usageError{fmt.Errorf("--workers %d: at least 1", o.workers)}
	}
	out := newJSONLines(cmd.OutOrStdout())
	p, err := newPipeline(o, out.detection)
	if err != nil {
		return err
	}
	p.live = true
	sources, err := open()
	if err != nil {
		return errors.Join(err, p.close())
	}
	begin := time.Now()
	sideDone, err := serveSide(ctx, side, p, nil)
	if err != nil {
		return errors.Join(err, closeAll(sources), p.close())
	}
	stop := context.AfterFunc(ctx, func() { closeAll(sources) }) //nolint:errcheck // a socket that will not close ends with the process
	warnOfBuffer(cmd.ErrOrStderr(), sources)
	fmt.Fprintf(cmd.ErrOrStderr(), "watching with %d workers; interrupt to stop\n", o.workers)
	err = p.engine.Live(sources, func() int64 { return time.Now().UnixNano() })
	if stop() {
		err = errors.Join(err, closeAll(sources))
	}
	p.engine.Finish()
	err = errors.Join(err, p.close(), out.flush(), sideDone())
	fmt.Fprintln(cmd.ErrOrStderr(), p.closing(time.Since(begin)))
	return err
}

func closeAll(sources []capture.Source) error {
	var errs []error
	for _, s := range sources {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// jsonLines prints detections as they are raised and updated, each at once.
type jsonLines struct {
	mu  sync.Mutex
	w   *bufio.Writer
	err error
}

func newJSONLines(w io.Writer) *jsonLines { return &jsonLines{w: bufio.NewWriter(w)} }

func (j *jsonLines) detection(d *events.Detection) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return
	}
	if j.err = json.NewEncoder(j.w).Encode(d); j.err == nil {
		j.err = j.w.Flush()
	}
}

func (j *jsonLines) flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return fmt.Errorf("print detections: %w", j.err)
	}
	return nil
}
