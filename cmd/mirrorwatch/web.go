package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/lambdas/console"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// listen takes the address, before messages go out that link to it. Who connects already is answered when all else is up.
func (s *server) listen(context.Context) (err error) {
	if s.listener, err = net.Listen("tcp", s.o.address); err != nil {
		return fmt.Errorf("listen on %s: %w", s.o.address, err)
	}
	return nil
}

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
	guard := signin.GuardOptions{TLS: s.o.cert != "", Loopback: isLoopback(s.listener.Addr()), Hosts: s.o.names}
	server := &http.Server{
		Handler:           promhttp.InstrumentHandlerDuration(s.requests, signin.Guard(handler, guard)),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	if s.o.cert != "" {
		if server.TLSConfig, _, err = signin.TLSConfig(s.o.cert, s.o.key, time.Now); err != nil {
			return err
		}
	}
	s.http = server
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

// address is where people reach the console, as far as it is known here: links in messages lead there. Behind proxies it is the first
// name by TLS, which is what those are for.
func (s *server) address() string {
	if len(s.o.names) > 0 && len(s.o.proxies) > 0 && s.o.cert == "" {
		return "https://" + s.o.names[0]
	}
	at, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		return s.url()
	}
	scheme, usual, host := "http", 80, at.IP.String()
	if s.o.cert != "" {
		scheme, usual = "https", 443
	}
	switch {
	case len(s.o.names) > 0:
		host = s.o.names[0]
	case at.IP.IsUnspecified():
		host = hostname()
	}
	if at.Port == usual {
		return (&url.URL{Scheme: scheme, Host: bracketed(host)}).String()
	}
	return (&url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(at.Port))}).String()
}

// bracketed puts an address of IPv6 into the brackets that a URL wants.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
