package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
	"github.com/mirrorwatch/mirrorwatch/sensor/names"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// nameWait is how long a detection may wait, on its way into the store, for the name of its observation point, and at its beginning for what
// is stored of it.
const nameWait = 2 * time.Second

// hastyFor is how long detections do not wait for names after one did in vain: a slow store must not be made slower.
const hastyFor = time.Minute

// keeper ties a live pipeline to a store: what it finds goes there, and the tuning rules and the names of what it hears come from there.
type keeper struct {
	store   *store.Store
	publish func(context.Context, events.Event) error // events that belong to nothing stored
	log     *slog.Logger
	rules   *ruleKeeper
	names   *names.Book
	ship    *ship.Store
	health  *feed.Health
	sensor  string
	env     deploy.Fleet // as it found it; empty where it is no sensor of a fleet
	patient atomic.Bool  // at the end somebody waits for as long as storing takes
	logged  int          // failures of detectors
	hasty   time.Time    // until when no detection waits for a name: the last one waited in vain. The writer's own
}

// newKeeper makes one whose writers run. Publish may be nil where the store has an outbox.
func newKeeper(s *store.Store, publish func(context.Context, events.Event) error, sensor string, log *slog.Logger) *keeper {
	k := &keeper{store: s, publish: publish, log: log, sensor: sensor, rules: &ruleKeeper{store: s}, health: &feed.Health{Sensor: sensor}}
	if k.publish == nil {
		k.publish = s.Outbox.Publish
	}
	k.names = names.New(names.Options{Mirror: s.Mirror, Now: time.Now, Failed: k.namesFailed})
	k.ship = ship.NewStore(ship.StoreOptions{Store: s, Prepare: k.prepare, Publish: k.publish, Failed: k.storeFailed})
	return k
}

// sensorName gives the name of a sensor that stores what it hears: the host's where none is given.
func sensorName(given string) (string, error) {
	if given == "" {
		given = hostname()
	}
	if given == "" {
		given = "sensor"
	}
	if err := store.CheckID("--sensor-name", given); err != nil {
		return "", usageError{err}
	}
	return given, nil
}

// pipeline makes the pipeline that is kept. Emit is given every detection too, with such names as are known by then; it may be nil.
func (k *keeper) pipeline(ctx context.Context, o options, emit func(*events.Detection)) (_ *pipeline, err error) {
	o.memory, o.recall, o.name, o.sensor = newMemory(k.ship, k.names.Device), k.recall, k.names.Of, k.sensor
	o.who = k.names
	if len(o.local) == 0 {
		if o.local, err = store.ParameterValues(ctx, k.store.Documents, store.LocalNetworks); err != nil {
			return nil, err
		}
	}
	if o.stored, err = storedSettings(ctx, k.store.Documents, o.complains()); err != nil {
		return nil, err
	}
	p, err := newPipeline(o, func(d *events.Detection) {
		k.names.Name(d)
		k.ship.Detection(d)
		if emit != nil {
			emit(d)
		}
	})
	if err == nil {
		p.live = true
	}
	return p, err
}

// prepare completes a detection that is about to be stored: tuning rules may go by names.
func (k *keeper) prepare(d *events.Detection) {
	if now := time.Now(); now.Before(k.hasty) {
		k.names.Name(d)
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), nameWait)
		k.names.AwaitName(ctx, d)
		if ctx.Err() != nil {
			k.hasty = now.Add(hastyFor)
		}
		cancel()
	}
	k.rules.hide(d)
}

// recall gives what is stored of a detection, so that what went on before a restart goes on.
func (k *keeper) recall(id string) (events.Detection, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), nameWait) // the judge waits meanwhile
	defer cancel()
	d, err := k.store.Detections.Get(ctx, id)
	return d, err == nil
}

func (k *keeper) storeFailed(what string, err error) {
	switch {
	case err == nil:
		k.log.Info("store takes everything again", "what", what)
	case errors.Is(err, ship.ErrNotKept):
		k.log.Info("not kept here", "what", what, "why", err)
	default:
		k.log.Error("store does not take what was found", "what", what, "error", err)
	}
}

func (k *keeper) namesFailed(err error) {
	if err == nil {
		k.log.Info("names of observation points are read again")
		return
	}
	k.log.Warn("names of observation points cannot be read", "error", err)
}

// trouble says what keeps results from being stored, for /healthz.
func (k *keeper) trouble() string { return k.ship.Trouble() }

// watchHealth tells when the sensor begins to lose packets, or cannot store what it finds, and when it is well again.
func (k *keeper) watchHealth(ctx context.Context, p *pipeline) {
	check := &health{p: p, now: time.Now, trouble: k.trouble}
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	var kept time.Time // when the store last heard of it
	var intel intelTeller
	for { // the first look is at once: until it nothing is known of the sensor, and the API would call it ill
		stats := p.engine.Stats()
		waiting, _ := p.engine.Waiting()
		why := check.check()
		if why == "" {
			why = k.failed(p.judge.Failed())
		}
		if why == "" && p.records != nil {
			why = p.records.Losing()
		}
		if e, changed := k.health.Turn(time.Now().UTC(), why, stats.Packets, stats.Drops(), waiting); changed {
			k.tell(ctx, e)
			kept = time.Time{}
		}
		if now := time.Now(); now.Sub(kept) >= keepHealthEvery {
			kept = now
			k.keepHealth(ctx, now)
			k.keepIntel(ctx, &intel, p.lists, now)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keepHealth stores how the sensor fares, for whoever asks the API of a fleet.
func (k *keeper) keepHealth(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, nameWait)
	defer cancel()
	if err := store.KeepSensor(ctx, k.store.Documents, k.health.Now(), now); err != nil && ctx.Err() == nil {
		k.log.Warn("sensor's health is not kept", "error", err)
	}
}

// failed says which detectors are off because they failed, and logs each once, with where it failed.
func (k *keeper) failed(list []detect.Failure) string {
	var off []string
	for i, f := range list {
		off = append(off, f.Type)
		if i >= k.logged {
			k.log.Error("detector failed and was switched off", "type", f.Type, "reason", f.Reason, "stack", f.Stack)
		}
	}
	k.logged = len(list)
	if len(off) == 0 {
		return ""
	}
	return "detectors that failed and are off: " + strings.Join(off, ", ")
}

func (k *keeper) tell(ctx context.Context, e events.Event) {
	h := e.Detail.Health
	k.log.Warn("sensor's health changed", "healthy", h.Healthy, "reason", h.Reason)
	if err := k.publish(ctx, e); err != nil && ctx.Err() == nil {
		k.log.Error("sensor's health was not told", "error", err)
	}
}

// close writes what waits.
func (k *keeper) close() error {
	most := stopStore
	if k.patient.Load() {
		most = patience
	}
	if err := within(most, k.ship.Close); err != nil {
		return fmt.Errorf("store what was found: %w", err)
	}
	return nil
}
