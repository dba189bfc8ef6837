package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
	"github.com/mirrorwatch/mirrorwatch/sensor/fleet/sdk"
)

// stopTelling is how long the last word to CloudWatch may take.
const stopTelling = 5 * time.Second

// tellLoad tells CloudWatch once a minute how the sensor fares. The function it gives says the last word, when everything else has ended.
func (w *watching) tellLoad(ctx context.Context, conf aws.Config) (end func() error) {
	log := w.keep.log
	check := &health{p: w.p, now: time.Now, trouble: w.keep.trouble}
	teller := fleet.NewTeller(fleet.TellerOptions{
		Load: func() fleet.Load { return w.load(check) }, Sink: sdk.NewMetrics(cloudwatch.NewFromConfig(conf), w.keep.env.Deployment), Now: time.Now,
		Failed: func(err error) {
			if err == nil {
				log.Info("CloudWatch takes the sensor's load again")
			} else {
				log.Warn("CloudWatch does not take the sensor's load; told on", "error", err)
			}
		},
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // what comes while it ends is told, too
	ended := make(chan struct{})
	go func() { teller.Run(ctx); close(ended) }()
	return func() error {
		cancel()
		<-ended
		last, cancel := context.WithTimeout(context.Background(), stopTelling)
		defer cancel()
		teller.Last(last)
		return nil
	}
}

// load is how the sensor stands now.
func (w *watching) load(check *health) fleet.Load {
	s, points := w.p.engine.Stats(), w.p.points.Stats()
	waiting, limit := w.p.engine.Waiting()
	return fleet.Load{
		Packets: s.Packets, Bytes: s.Bytes, Drops: s.Drops(), NotStored: w.keep.ship.Lost(), QueuePercent: 100 * float64(waiting) / float64(limit),
		Points: points.Points, Silent: points.Silent, Healthy: check.check() == "", Failed: len(w.p.judge.Failed()),
	}
}
