package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	options
	awsLogs
	data      string   // folder of the store
	address   string   // of API and console
	listen    string   // UDP address for VXLAN
	iface     string   // or the interface that is read
	side      string   // address for /metrics and /healthz
	cert, key string   // TLS
	names     []string // host names that the API answers to besides loopback's
	proxies   []string // whose X-Forwarded-For is believed
	hurry     bool     // look for AWS's logs often, and wait for what is late for seconds: for tests
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run sensor, detectors, store, API and console in one process until interrupted",
		Long: `Serve watches mirrored packets as sensor does, keeps detections, records, devices and their history in one folder, and
answers on one address: the API under /v1, and the console. Detections that belong together are told as one incident; where
folders of AWS's logs are given, it reads what is new in them every quarter of a minute and joins it with the detections. It may
be killed at any moment; what was stored is there when it starts again, and events that were not handed on yet go out then.

On its first start it makes the user admin and prints a password, once. Forgotten passwords are set anew with
'mirrorwatch users reset NAME' on this machine, while serve is stopped.`,
		Example: `  mirrorwatch serve
  mirrorwatch serve --listen :4789 --data /var/lib/mirrorwatch
  mirrorwatch serve --flow-logs /mnt/logs/vpcflowlogs --cloudtrail /mnt/logs/CloudTrail --inventory instances.json
  mirrorwatch serve --interface eth1 --http 10.0.9.9:8443 --tls-cert cert.pem --tls-key key.pem --host ndr.example.com`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("serve takes no argument, but got %q", args[0])}
			}
			return o.check()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	addPipelineFlags(cmd, &o.options)
	f := cmd.Flags()
	o.addFlags(f)
	f.StringVar(&o.data, "data", dataFolder(), "`FOLDER` that everything is kept in")
	f.StringVar(&o.state, "state", "", "`DIR` that what was learned is kept in (default learned in the folder of --data; none: learn anew at each start)")
	f.StringVar(&o.address, "http", "127.0.0.1:8080", "`ADDRESS` of API and console")
	f.StringVar(&o.listen, "listen", "127.0.0.1:4789", "UDP `ADDRESS` to receive VXLAN on; :4789 for a mirror target")
	f.StringVar(&o.iface, "interface", "", "interface `NAME` to read instead, for a tap or span port")
	f.StringVar(&o.side, "side", "127.0.0.1:9478", "`ADDRESS` for /metrics and /healthz; empty for none")
	f.StringVar(&o.cert, "tls-cert", "", "`FILE` with the certificate chain; it is read again when it changes")
	f.StringVar(&o.key, "tls-key", "", "`FILE` with its key")
	f.StringSliceVar(&o.names, "host", nil, "host `NAME`s that the API answers to, besides those of loopback; messages link to the console at the first of them")
	f.StringSliceVar(&o.proxies, "trust-proxy", nil, "`NETWORK`s of proxies whose X-Forwarded-For is believed")
	f.BoolVar(&o.hurry, "hurry", false, "look for AWS's logs often, and wait for what is late for seconds: for tests")
	_ = f.MarkHidden("hurry") // the flag is there
	return cmd
}

func (o *serveOptions) check() error {
	switch {
	case (o.cert == "") != (o.key == ""):
		return usageError{errors.New("--tls-cert and --tls-key go together")}
	case o.data == "":
		return usageError{errors.New("serve needs --data FOLDER, for there is no home folder")}
	case o.workers < 1:
		return usageError{fmt.Errorf("--workers %d: at least 1", o.workers)}
	}
	return nil
}

// dataFolder is where a user's programs keep their state (XDG Base Directory Specification).
func dataFolder() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "mirrorwatch")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "mirrorwatch")
}

// from says where the packets come from.
func (o *serveOptions) from() string {
	if o.iface != "" {
		return "interface " + o.iface
	}
	return "VXLAN on udp " + o.listen
}

// open opens what the packets come from.
func (o *serveOptions) open() ([]capture.Source, error) {
	if o.iface != "" {
		return capture.OpenRing(o.iface, o.workers)
	}
	return capture.ListenVXLAN(o.listen, o.workers)
}

// A server keeps more than a sensor does (columns, caches), and shares its machine with people: the heap grows to three times what is live
// before the collector runs, not to five times. Beyond serveMemory it grows less freely still: the sensor's gigabyte, and another for a
// million detections in columns, the records' caches and what the API answers (docs/decisions/0009-serve-under-load.md).
const (
	serveGC     = 200
	serveMemory = 2 * memoryLimit
)

// serve runs a server until it is told to stop, or a part of it fails.
func serve(ctx context.Context, out, log io.Writer, o serveOptions) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(serveGC)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(serveMemory)
	}
	s := newServer(o, slog.New(slog.NewTextHandler(log, nil)))
	if err := s.start(ctx); err != nil {
		return err
	}
	warnOfBuffer(log, s.sources)
	s.greet(out)
	err = s.wait(ctx)
	fmt.Fprintln(log, "stopping: what was found is being stored")
	return errors.Join(err, s.stop())
}
