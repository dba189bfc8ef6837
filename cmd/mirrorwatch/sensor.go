package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
)

// sensorOptions are the flags of sensor.
type sensorOptions struct {
	options
	listen, iface string
	side          string // address for /metrics and /healthz
	table         string // of DynamoDB; "" and no environment: nothing is stored
	stream, spool string // of Firehose, and the folder in which records wait for it

	clock func() time.Time                    // of the packets
	wrap  func(capture.Source) capture.Source // how a test tells packets their time; nil otherwise
	times fleet.Times                         // of an end that the group asks for; zero: the usual ones
}

// open opens what the packets come from.
func (o *sensorOptions) open() (sources []capture.Source, err error) {
	if o.iface != "" {
		return capture.OpenRing(o.iface, o.workers)
	}
	sources, err = capture.ListenVXLAN(o.listen, o.workers)
	if o.wrap != nil {
		for i := range sources {
			sources[i] = o.wrap(sources[i])
		}
	}
	return sources, err
}

func newSensor() *cobra.Command {
	o := sensorOptions{clock: time.Now}
	cmd := &cobra.Command{
		Use:   "sensor (--listen ADDRESS | --interface NAME)",
		Short: "Watch mirrored packets live until interrupted",
		Long: `Sensor receives mirrored packets, as VPC Traffic Mirroring sends them (VXLAN over UDP), or reads those of an
interface, and prints detections as JSON lines until it is interrupted.

With --table, or MIRRORWATCH_TABLE in the environment, it is a sensor of a fleet: detections, devices, what they did by the
minute, what is heard of each mirror and how the sensor fares go into that DynamoDB table, and the names of interfaces
(instance, VPC, account, tags) and the tuning rules come from it. AWS is found as its SDKs find it: environment, shared files,
the instance's role.

With --records, or MIRRORWATCH_RECORDS in the environment, records go to that Firehose stream, on their way to the archive. While
Firehose does not take them they wait in --spool, at most 2 GiB, and go first after the next start; when that is full the oldest
are lost, counted and told. Without --records they stay in --logs.

With --state what was learned of devices, and what is being watched, is kept in a folder and read at the next start: a sensor
that was killed goes on from its last minute. systemd names such a folder in $STATE_DIRECTORY.

With MIRRORWATCH_DEPLOYMENT in the environment it tells CloudWatch once a minute how it fares; with MIRRORWATCH_LIFECYCLE_HOOK and
MIRRORWATCH_GROUP it ends when its Auto Scaling group wants the instance to, and tells the group when everything is stored.

The side port serves Prometheus metrics on /metrics, and /healthz, which fails while packets are being dropped, the
queue to the detectors is full, nothing can be stored, or the group takes the sensor away. A detector that failed is switched off
alone: /healthz stays green and names it.`,
		Example: `  mirrorwatch sensor --listen :4789
  mirrorwatch sensor --listen 10.0.9.9:4789 --workers 4 --logs /var/log/mirrorwatch
  mirrorwatch sensor --interface eth1 --side 127.0.0.1:9478
  mirrorwatch sensor --listen :4789 --state /var/lib/mirrorwatch/learned
  mirrorwatch sensor --listen :4789 --table mirrorwatch --sensor-name sensor-a
  mirrorwatch sensor --listen :4789 --table mirrorwatch --records mirrorwatch-main-records --spool /var/lib/mirrorwatch/spool`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("sensor takes no argument, but got %q", args[0])}
			}
			if (o.listen == "") == (o.iface == "") {
				return usageError{errors.New("sensor needs either --listen or --interface")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return watch(cmd.Context(), cmd, o) },
	}
	addPipelineFlags(cmd, &o.options)
	cmd.Flags().StringVar(&o.listen, "listen", "", "UDP `ADDRESS` to receive VXLAN on, such as :4789")
	cmd.Flags().StringVar(&o.iface, "interface", "", "interface `NAME` to read, for a tap or span port")
	cmd.Flags().StringVar(&o.side, "side", "127.0.0.1:9478", "`ADDRESS` for /metrics and /healthz; empty for none")
	cmd.Flags().StringVar(&o.state, "state", stateFolder(), "go on from what was learned in `DIR`, and keep there what is learned (default $STATE_DIRECTORY/learned; none: learn anew)")
	cmd.Flags().StringVar(&o.table, "table", "", "DynamoDB table `NAME` to store in (default $MIRRORWATCH_TABLE; none: store nothing)")
	addRecordFlags(cmd.Flags(), &o)
	return cmd
}

// watching is a sensor at work.
type watching struct {
	cmd     *cobra.Command
	out     *jsonLines
	keep    *keeper // nil where nothing is stored
	p       *pipeline
	sources []capture.Source
	ends    []func() error // what is to be ended, in this order
	ending  atomic.Bool    // the group asked for the end
}

// watch runs a live engine until ctx is done or the sources end, then lets every conversation end and reports.
func watch(ctx context.Context, cmd *cobra.Command, o sensorOptions) error {
	if o.workers < 1 {
		return usageError{fmt.Errorf("--workers %d: at least 1", o.workers)}
	}
	w := &watching{cmd: cmd, out: newJSONLines(cmd.OutOrStdout())}
	begin, process := time.Now(), ctx
	ctx, end := context.WithCancel(ctx)
	defer end()
	err := w.start(ctx, o)
	if err == nil {
		err = w.join(ctx, process, end, o.times)
	}
	if err != nil {
		return errors.Join(err, closeAll(w.sources), w.end())
	}
	stop := context.AfterFunc(ctx, func() { closeAll(w.sources) }) //nolint:errcheck // a socket that will not close ends with the process
	warnOfBuffer(cmd.ErrOrStderr(), w.sources)
	fmt.Fprintf(cmd.ErrOrStderr(), "watching with %d workers; interrupt to stop\n", o.workers)
	err = w.p.engine.Live(w.sources, func() int64 { return o.clock().UnixNano() })
	if stop() {
		err = errors.Join(err, closeAll(w.sources))
	}
	w.p.engine.Finish()
	err = errors.Join(err, w.end(), w.out.flush())
	fmt.Fprintln(cmd.ErrOrStderr(), w.p.closing(time.Since(begin)))
	return err
}

// start opens everything from the store outward. What was opened is in w, also when it fails.
func (w *watching) start(ctx context.Context, o sensorOptions) (err error) {
	if o.records, err = openRecords(ctx, &o, w.cmd.ErrOrStderr()); err != nil {
		return err
	}
	w.ends = append(w.ends, w.closeRecords(o.records))
	if w.keep, err = openFleet(ctx, o.table, o.sensor, w.cmd.ErrOrStderr()); err != nil {
		return err
	}
	o.live = true
	var collectors []prometheus.Collector
	var trouble func() string
	if w.keep == nil {
		w.p, err = newPipeline(o.options, w.out.detection)
	} else {
		collectors, trouble = []prometheus.Collector{keptDoors{w.keep}}, w.keep.trouble
		w.ends = append(w.ends, w.keep.close)
		w.p, err = w.keep.pipeline(ctx, o.options, w.out.detection)
	}
	if err != nil {
		return err
	}
	w.p.live = true
	if w.p.learn != nil {
		collectors = append(collectors, stateDoors{w.p.learn})
	}
	if w.p.lists != nil {
		collectors = append(collectors, w.p.lists)
	}
	stored := func() error { return nil }
	if w.keep != nil {
		stored = w.keep.close
	}
	w.ends = []func() error{w.p.close, w.settled(stored), w.closeRecords(o.records)}
	if o.records != nil {
		collectors = append(collectors, recordDoors{o.records})
	}
	if w.p.lists != nil {
		w.ends = append(w.ends, w.p.lists.follow(ctx))
	}
	if w.sources, err = o.open(); err != nil {
		return err
	}
	side, err := serveSide(ctx, o.side, w.p, w.unwell(trouble), collectors...)
	if err != nil {
		return err
	}
	if w.keep != nil {
		w.ends[1] = w.settled(w.keep.follow(ctx, w.p))
	}
	w.ends = append(w.ends, side)
	return nil
}

// settled ends the store, and then what was learned: that counts only where everything which was found is stored.
func (w *watching) settled(stored func() error) func() error {
	return func() error {
		err := stored()
		return errors.Join(err, w.p.settle(err == nil))
	}
}

func (w *watching) end() error {
	var errs []error
	for _, f := range w.ends {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
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
