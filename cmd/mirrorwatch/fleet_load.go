package main

import (
	"context"
	"sync/atomic"
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
	var over atomic.Bool
	teller := fleet.NewTeller(fleet.TellerOptions{
		Load: func() fleet.Load { return w.load(check, over.Load()) }, Sink: sdk.NewMetrics(cloudwatch.NewFromConfig(conf), w.keep.env.Deployment), Now: time.Now,
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
		over.Store(true)
		last, cancel := context.WithTimeout(context.Background(), stopTelling)
		defer cancel()
		teller.Last(last)
		return nil
	}
}

// load is how the sensor stands now. When all is over, what still waits on the disk of an instance that its group takes away is lost.
func (w *watching) load(check *health, over bool) fleet.Load {
	s, points := w.p.engine.Stats(), w.p.points.Stats()
	waiting, limit := w.p.engine.Waiting()
	l := fleet.Load{
		Packets: s.Packets, Bytes: s.Bytes, Drops: s.Drops(), NotStored: w.keep.ship.Lost(), QueuePercent: 100 * float64(waiting) / float64(limit),
		Points: points.Points, Silent: points.Silent, Healthy: check.check() == "", Failed: len(w.p.judge.Failed()),
	}
	if w.p.records != nil {
		r := w.p.records.Stats()
		l.NotStored, l.SpoolBytes = l.NotStored+r.Lost, r.SpoolBytes
		if over && w.ending.Load() {
			l.NotStored += uint64(max(0, r.Spooled))
		}
	}
	return l
}
