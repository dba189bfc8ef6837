package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
	"github.com/mirrorwatch/mirrorwatch/sensor/fleet/sdk"
	"github.com/mirrorwatch/mirrorwatch/shared/steady"
)

// patience is how long storing, and shipping what the spool holds, may take each at an end that the group waits for.
const patience = 5 * time.Minute

// most is how long a part of the end may take: as usual, or as long as it needs where the group waits, since what is left is lost with the disk.
func (w *watching) most(usual time.Duration) time.Duration {
	if w.ending.Load() {
		return patience
	}
	return usual
}

// join begins what a sensor owes the group that it is one of, where the environment says that it is one. Process is done when the system wants
// the sensor to stop; stop is how the group does. What is to be done at the end goes behind all other ends.
func (w *watching) join(ctx, process context.Context, stop context.CancelFunc, times fleet.Times) error {
	if w.keep == nil || w.keep.env.Deployment == "" && w.keep.env.Hook == "" {
		return nil
	}
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("read AWS configuration: %w", err)
	}
	conf.HTTPClient = steady.Client(conf.HTTPClient) // a metric that seems not to be sent, and was, is counted twice
	if w.keep.env.Deployment != "" {
		w.ends = append(w.ends, w.tellLoad(ctx, conf))
	}
	if w.keep.env.Hook != "" {
		w.ends = append(w.ends, w.watchGroup(ctx, process, stop, conf, times))
	}
	return nil
}

// watchGroup stops the sensor when its group asks for that. The function it gives tells the group that the instance may go.
func (w *watching) watchGroup(ctx, process context.Context, stop context.CancelFunc, conf aws.Config, times fleet.Times) (end func() error) {
	watcher := fleet.NewWatcher(fleet.WatcherOptions{
		Metadata: sdk.NewMetadata(imds.NewFromConfig(conf)),
		Group:    sdk.NewGroup(autoscaling.NewFromConfig(conf), w.keep.env.Group, w.keep.env.Hook),
		Packets:  func() uint64 { return w.p.engine.Stats().Packets },
		Asked: func() {
			w.ending.Store(true)
			w.keep.patient.Store(true)
		},
		Stop: stop, Now: time.Now, Log: w.keep.log, Times: times,
	})
	watcher.Start(ctx)
	return func() error { return watcher.End(process) }
}

// unwell says what /healthz fails for besides the packet path: first of all that the group takes this sensor away. Trouble may be nil.
func (w *watching) unwell(trouble func() string) func() string {
	return func() string {
		if w.ending.Load() {
			return "ending: the group takes this sensor away"
		}
		if trouble == nil {
			return ""
		}
		return trouble()
	}
}
