package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// How long the parts of a server may take to stop. What is not stored by then is lost and counted; events that were not handed on
// are in the store and go out at the next start.
const (
	stopHTTP  = 5 * time.Second
	stopStore = 20 * time.Second
	stopRelay = 5 * time.Second
)

// sendLease is how long a message that was being sent when the server was killed waits for the next server: twice what the slowest
// channel may take.
const sendLease = 2 * notify.DefaultTimeout

// server is everything that serve runs. Its parts are started from the store outward and stopped the other way.
type server struct {
	o     serveOptions
	log   *slog.Logger
	clock func() time.Time                    // of the packets: the present, or where the demo has come to
	wrap  func(capture.Source) capture.Source // how the demo tells packets their time; nil otherwise

	store    *store.Store
	keep     *keeper
	join     *joiner
	signin   *signin.Local
	password string // of the first start
	notify   *notify.Service
	relay    *bus.Relay
	pipeline *pipeline
	sources  []capture.Source
	listener net.Listener
	http     *http.Server
	requests *prometheus.HistogramVec // of the API, by method and status
	sideDone func() error

	background sync.WaitGroup // everything that cancel ends
	cancel     context.CancelFunc
	watched    chan error // what ended the packet path
	served     chan error // what ended HTTP
}

// newServer makes a server that is not started.
func newServer(o serveOptions, log *slog.Logger) *server {
	return &server{
		o: o, log: log, clock: time.Now, requests: newRequests(),
		watched: make(chan error, 1), served: make(chan error, 1), sideDone: func() error { return nil },
	}
}

// start brings everything up. When it fails, what was up is down again.
func (s *server) start(ctx context.Context) (err error) {
	if s.store, err = sqlite.Open(ctx, sqlite.Options{Folder: s.o.data, Now: time.Now, Schema: archive.Schema()}); err != nil {
		return err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	for _, step := range []func(context.Context) error{s.startKeeper, s.startSignin, s.startJoiner, s.listen, s.startEvents, s.startSensor, s.startHTTP} {
		if err = step(background); err != nil {
			return errors.Join(err, s.stop())
		}
	}
	s.run(background, s.keepHouse)
	s.run(background, s.keepRules)
	s.run(background, s.join.watch)
	s.run(background, func(ctx context.Context) { s.keep.watchSite(ctx, &s.pipeline.known) })
	s.run(background, func(ctx context.Context) { s.pipeline.lists.watch(ctx) })
	s.run(background, func(ctx context.Context) { s.keep.watchSaid(ctx, &s.pipeline.said) })
	s.run(background, func(ctx context.Context) { s.keep.watchHealth(ctx, s.pipeline) })
	return nil
}

// run starts something that ends with the server.
func (s *server) run(ctx context.Context, f func(context.Context)) {
	s.background.Go(func() { f(ctx) })
}

func (s *server) startKeeper(ctx context.Context) error {
	name, err := sensorName(s.o.sensor)
	if err != nil {
		return err
	}
	s.keep = newKeeper(s.store, nil, name, s.log)
	s.run(ctx, s.keep.names.Run)
	return s.keep.rules.read(ctx)
}

func (s *server) startSignin(ctx context.Context) (err error) {
	proxies, err := parseNetworks(s.o.proxies, "--trust-proxy")
	if err != nil {
		return err
	}
	s.signin, err = signin.New(signin.Options{
		Documents: s.store.Documents, Audit: s.store.Audit, Now: time.Now, TLS: s.o.cert != "", Proxies: proxies,
	})
	if err != nil {
		return err
	}
	s.password, _, err = s.signin.FirstRun(ctx)
	return err
}

// startEvents hands on what the outbox holds: to the notification rules, which write down what is to be sent.
func (s *server) startEvents(ctx context.Context) error {
	folder := filepath.Join(s.o.data, "events")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make folder of events: %w", err)
	}
	s.notify = notify.New(notify.Options{
		Documents: s.store.Documents, Now: time.Now, Address: s.address(), Lease: sendLease,
		Channels: notify.Channels(notify.ChannelOptions{Folder: folder, Version: versionLine(), Host: hostname()}),
		Failed:   func(rule string, err error) { s.log.Warn("notification failed", "rule", rule, "error", err) },
	})
	s.relay = bus.NewRelay(bus.RelayOptions{
		Outbox: s.store.Outbox, To: []bus.Publisher{s.notify, s.join}, Now: time.Now,
		Failed: func(err error, attempt int, again time.Duration) {
			s.log.Warn("events wait", "error", err, "attempt", attempt, "again", again)
		},
	})
	s.run(ctx, func(ctx context.Context) { s.relay.Run(ctx) })  //nolint:errcheck // it ends with ctx only
	s.run(ctx, func(ctx context.Context) { s.notify.Run(ctx) }) //nolint:errcheck // it ends with ctx only
	return nil
}

func hostname() string {
	name, _ := os.Hostname() //nolint:errcheck // a host without a name is called "-"
	return name
}

func (s *server) startSensor(ctx context.Context) (err error) {
	if s.o.state == "" {
		s.o.state = filepath.Join(s.o.data, learnedName)
	}
	if s.pipeline, err = s.keep.pipeline(ctx, s.o.options, nil); err != nil {
		return err
	}
	if s.sources, err = s.o.open(); err != nil {
		return err
	}
	for i := range s.sources {
		if s.wrap != nil {
			s.sources[i] = s.wrap(s.sources[i])
		}
	}
	go func() { s.watched <- s.pipeline.engine.Live(s.sources, func() int64 { return s.clock().UnixNano() }) }()
	more := []prometheus.Collector{&doors{s}, keptDoors{s.keep}, s.join, s.requests}
	if s.pipeline.learn != nil {
		more = append(more, stateDoors{s.pipeline.learn})
	}
	if s.pipeline.lists != nil {
		more = append(more, s.pipeline.lists)
	}
	done, err := serveSide(ctx, s.o.side, s.pipeline, s.keep.trouble, more...)
	if err == nil {
		s.sideDone = done
	}
	return err
}

// wait returns when the server should stop: ctx ended, or a part of it did.
func (s *server) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.watched:
		s.watched <- err
		return errors.Join(errors.New("the sensor ended"), err)
	case err := <-s.served:
		s.served <- err
		return fmt.Errorf("serve HTTP: %w", err)
	}
}

// stop ends everything in order: no more requests, no more packets, what was found is stored, events are handed on, the files are
// closed. It stops what start began, however far that came.
func (s *server) stop() error {
	var errs []error
	if s.http != nil {
		errs = append(errs, within(stopHTTP, s.http.Shutdown))
	} else if s.listener != nil {
		errs = append(errs, s.listener.Close())
	}
	if s.pipeline != nil {
		errs = append(errs, closeAll(s.sources))
		if len(s.sources) > 0 {
			errs = append(errs, <-s.watched)
		}
		s.pipeline.engine.Finish()
		errs = append(errs, s.pipeline.close())
	}
	if s.keep != nil {
		err := s.keep.close()
		errs = append(errs, err)
		if s.pipeline != nil {
			errs = append(errs, s.pipeline.settle(err == nil))
		}
	}
	s.cancel()
	s.background.Wait()
	if s.relay != nil {
		errs = append(errs, within(stopRelay, s.drain))
	}
	return errors.Join(append(errs, s.sideDone(), s.store.Close())...)
}

// drain hands on the last events. What is left when time is up goes out at the next start.
func (s *server) drain(ctx context.Context) error {
	if _, err := s.relay.Drain(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func within(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}
