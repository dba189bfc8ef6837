package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// fleetRulesEvery is how often a sensor of the fleet reads the tuning rules anew.
const fleetRulesEvery = 30 * time.Second

// openFleet gives the keeper of a sensor in AWS, on the table that is given or that the environment names; nil where there is none.
func openFleet(ctx context.Context, table, sensor string, log io.Writer) (*keeper, error) {
	env := deploy.Fleet{Table: table, Sensor: os.Getenv(deploy.Sensor)}
	if table == "" {
		if os.Getenv(deploy.Table) == "" {
			return nil, nil
		}
		var err error
		if env, err = deploy.FleetFromEnv(os.Getenv); err != nil {
			return nil, err
		}
	}
	name, err := sensorName(cmp.Or(sensor, env.Sensor))
	if err != nil {
		return nil, err
	}
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read AWS configuration: %w", err)
	}
	o := dynamo.Options{Client: dynamodb.NewFromConfig(conf), Table: env.Table, Now: time.Now}
	s, err := dynamo.Open(o)
	if err != nil {
		return nil, err
	}
	publisher, err := dynamo.NewPublisher(o)
	if err != nil {
		return nil, err
	}
	rules := &ruleKeeper{store: s}
	if err := rules.read(ctx); err != nil { // a table that is missing, or not to be read, shows here
		return nil, fmt.Errorf("open table %s: %w", env.Table, err)
	}
	k := newKeeper(s, publisher.Publish, name, slog.New(slog.NewTextHandler(log, nil)))
	k.rules, k.env = rules, env
	return k, nil
}

// follow starts what a keeper does beside the packets. The function it gives writes what waits, and ends all of it.
func (k *keeper) follow(ctx context.Context, p *pipeline) (end func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { k.names.Run(ctx) })
	running.Go(func() { k.watchHealth(ctx, p) })
	running.Go(func() { k.readRules(ctx) })
	running.Go(func() { k.watchSite(ctx, &p.known) })
	running.Go(func() { k.watchSaid(ctx, &p.said) })
	return func() error {
		err := k.close() // who names detections is asked until the last is stored
		cancel()
		running.Wait()
		return err
	}
}

// readRules keeps the tuning rules as they are stored.
func (k *keeper) readRules(ctx context.Context) {
	tick := time.NewTicker(fleetRulesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := k.rules.read(ctx); err != nil && ctx.Err() == nil {
			k.log.Warn("tuning rules were not read", "error", err)
		}
	}
}
