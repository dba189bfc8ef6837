// Command serve has the imitation of AWS heard on the loopback, so that `mirrorwatch mirror` and the AWS CLI can be tried without an
// account: a small made-up company with VPCs, instances, sensors behind a load balancer, and a mirror session of somebody else.
// What comes in is flags and AWS's protocols; what goes out, on standard output, is the environment to set. It never listens to
// anything but the loopback, since it verifies no signature, and everything is gone when it ends.
//
//	go run ./test/ec2fake/serve > /tmp/aws.env &
//	. /tmp/aws.env
//	aws ec2 describe-instances
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	listen   string
	policy   string
	events   bool
	seed     uint64
	lag      time.Duration
	throttle float64
	fail     float64
}

func flags(args []string, errOut io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&s.listen, "listen", "127.0.0.1:0", "address on the loopback; port 0 is any that is free")
	f.StringVar(&s.policy, "policy", "", "file that is to be the parameter /mirrorwatch/policy")
	f.BoolVar(&s.events, "events", false, "write the events that AWS would send to standard error, one a line")
	f.Uint64Var(&s.seed, "seed", 1, "of ids and of what happens at random")
	f.DurationVar(&s.lag, "lag", 0, "how long describes show what was")
	f.Float64Var(&s.throttle, "throttle", 0, "share of calls that are throttled, 0 to 1")
	f.Float64Var(&s.fail, "fail", 0, "share of calls that fail, 0 to 1")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	for name, share := range map[string]float64{"throttle": s.throttle, "fail": s.fail} {
		if !(share >= 0 && share <= 1) {
			return s, fmt.Errorf("-%s is %v; 0 to 1 is allowed", name, share)
		}
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("there is %q behind the flags; nothing is allowed there", f.Arg(0))
	}
	return s, onLoopback(s.listen)
}

// onLoopback refuses addresses that others could reach.
func onLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("-listen is %q; only addresses of the loopback, as 127.0.0.1:4566, are allowed, since no signature is verified", listen)
	}
	return nil
}

// run serves until the context ends.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	set, err := flags(args, errOut)
	if err != nil {
		return err
	}
	made, err := company(set)
	if err != nil {
		return err
	}
	if set.events {
		made.Cloud.Listen(func(account, region string, event json.RawMessage) {
			fmt.Fprintf(errOut, "%s %s %s\n", account, region, event)
		})
	}
	listener, err := net.Listen("tcp", set.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	tell(made, listener.Addr().String(), out, errOut)
	return serve(ctx, listener, made.Server)
}

// company makes the company as the flags say.
func company(set settings) (*stage.Stage, error) {
	made, err := stage.New(stage.Options{Now: time.Now, Seed: set.seed})
	if err != nil {
		return nil, err
	}
	made.Cloud.Tune(func(s *ec2fake.Settings) { s.Lag, s.ThrottleShare, s.FailShare = set.lag, set.throttle, set.fail })
	if set.policy == "" {
		return made, nil
	}
	text, err := os.ReadFile(set.policy)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return made, made.Server.SetParameter(stage.Account, stage.Region, "/mirrorwatch/policy", string(text))
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return fmt.Errorf("end server: %w", err)
	}
	return nil
}

// tell says on standard output what a shell has to set, and on standard error what there is.
func tell(s *stage.Stage, address string, out, errOut io.Writer) {
	fmt.Fprintf(out, "export AWS_ENDPOINT_URL=http://%s\nexport AWS_REGION=%s AWS_DEFAULT_REGION=%s\n", address, stage.Region, stage.Region)
	fmt.Fprintf(out, "export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=not-verified\n", stage.Key)
	fmt.Fprintf(out, "export AWS_EC2_METADATA_DISABLED=true\nunset AWS_PROFILE AWS_SESSION_TOKEN\n")
	fmt.Fprintf(errOut, `An imitation of AWS listens on http://%s until it is interrupted.
  account        %s, region %s
  VPCs           %s (web), %s (data)
  to be watched  %d instances in web and %d of the Auto Scaling group %s, by the tag mirrorwatch=on
  sensors        %d, behind %s
  target group   %s
  somebody's     %s
  other account  %s, by the role %s
`, address, stage.Account, stage.Region, s.Web.ID, s.Data.ID, len(s.Plain), len(s.Workers), stage.Group,
		len(s.Sensors), s.Fleet.Balancer.ARN, s.Fleet.TargetGroup.ARN, s.Foreign.ID, stage.Other, stage.Role)
}
