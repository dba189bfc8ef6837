package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/lambdas/console"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// startHTTP answers on the address: the API, and the console.
func (s *server) startHTTP(context.Context) error {
	pages, err := console.Handler()
	if err != nil {
		return err
	}
	handler, err := api.New(api.Options{
		Store: s.store, Authenticator: s.signin, Accounts: s.signin, Notifier: s.notify, Catalogue: detectors.Specs(), Fields: archive.Schema(),
		Health: func(context.Context) ([]events.Health, error) { return []events.Health{s.keep.health.Now()}, nil }, Address: s.signin.Address,
		Now: time.Now, Version: versionLine(), Console: pages, Log: s.log,
	})
	if err != nil {
		return err
	}
	if s.listener, err = net.Listen("tcp", s.o.address); err != nil {
		return fmt.Errorf("listen on %s: %w", s.o.address, err)
	}
	guard := signin.GuardOptions{TLS: s.o.cert != "", Loopback: isLoopback(s.listener.Addr()), Hosts: s.o.names}
	s.http = &http.Server{
		Handler:           promhttp.InstrumentHandlerDuration(s.requests, signin.Guard(handler, guard)),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	if s.o.cert != "" {
		if s.http.TLSConfig, _, err = signin.TLSConfig(s.o.cert, s.o.key, time.Now); err != nil {
			return errors.Join(err, s.listener.Close())
		}
	}
	go func() { s.served <- s.answer() }()
	return nil
}

func (s *server) answer() error {
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// url is where the server answers.
func (s *server) url() string {
	if s.o.cert != "" {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
