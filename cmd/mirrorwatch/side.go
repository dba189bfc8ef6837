package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/mirrorwatch/mirrorwatch/sensor/engine"
	"github.com/mirrorwatch/mirrorwatch/sensor/feed"
)

// serveSide serves /metrics and /healthz on address until ctx is done. The function it gives waits for the end. Trouble, which may be
// nil, says what besides the packet path is wrong; more has metrics besides its own.
func serveSide(ctx context.Context, address string, p *pipeline, trouble func() string, more ...prometheus.Collector) (wait func() error, err error) {
	if address == "" {
		return func() error { return nil }, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on side port %s: %w", address, err)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(&collector{p: p}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reg.MustRegister(more...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // where the time goes: go tool pprof http://ADDRESS/debug/pprof/profile
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.Handle("GET /healthz", &health{p: p, now: time.Now, trouble: trouble})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	return func() error {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err := srv.Shutdown(end)
		if serr := <-failed; !errors.Is(serr, http.ErrServerClosed) {
			err = errors.Join(err, serr)
		}
		return err
	}, nil
}

// unhealthyFor is how long after a drop /healthz still fails, so that a check every few seconds cannot miss it. The load
// balancer's check is TCP or HTTP on this port, every 5 s at the quickest.
const unhealthyFor = 15 * time.Second

// health answers the load balancer: a sensor that loses packets must not get more of them.
type health struct {
	p       *pipeline
	now     func() time.Time
	trouble func() string // may be nil

	mu      sync.Mutex
	drops   uint64
	dropped time.Time // when the count last grew
}

// ServeHTTP gives 200 while nothing is lost, else 503 and the reason.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if why := h.check(); why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
	for _, f := range h.p.judge.Failed() { // the packets are well: a balancer must not take the sensor away for it
		fmt.Fprintf(w, "switched off: %s failed: %s\n", f.Type, clean(f.Reason))
	}
	if h.p.records != nil && h.p.records.Trouble() != "" { // and so must it not for the far end of all sensors
		fmt.Fprintln(w, clean(h.p.records.Trouble()))
	}
}

func (h *health) check() string {
	s := h.p.engine.Stats()
	waiting, limit := h.p.engine.Waiting()
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := s.Drops(); n > h.drops {
		h.drops, h.dropped = n, h.now()
	}
	why := ""
	if h.trouble != nil {
		why = h.trouble()
	}
	switch {
	case why != "": // the queue and the drops follow from it
		return why
	case !h.dropped.IsZero() && h.now().Sub(h.dropped) < unhealthyFor:
		return "dropping: " + s.DropReasons()
	case waiting >= limit:
		return fmt.Sprintf("queue full: %d rounds of records wait for the detectors", waiting)
	}
	return ""
}

// collector turns the engine's counts into Prometheus metrics at the moment of a scrape.
type collector struct{ p *pipeline }

type metric struct {
	name, help string
	gauge      bool
	value      func(engine.Stats) uint64
}

func metrics() []metric {
	return []metric{
		{"packets_total", "Frames received.", false, func(s engine.Stats) uint64 { return s.Packets }},
		{"bytes_total", "Captured bytes received.", false, func(s engine.Stats) uint64 { return s.Bytes }},
		{"kernel_drops_total", "Packets that the kernel threw away for want of room.", false, func(s engine.Stats) uint64 { return s.KernelDrops }},
		{"drops_total", "Everything thrown away for a limit's sake, the kernel's drops included.", false, func(s engine.Stats) uint64 { return s.Drops() }},
		{"duplicate_packets_total", "Packets that a second observation point showed again.", false, func(s engine.Stats) uint64 { return s.DuplicatePackets }},
		{"undecoded_total", "Frames that ended inside a header or contradict themselves.", false, func(s engine.Stats) uint64 { return s.Undecoded }},
		{"not_ip_total", "Frames that carry no IP packet.", false, func(s engine.Stats) uint64 { return s.NotIP }},
		{"flows_total", "Conversations reported.", false, func(s engine.Stats) uint64 { return s.Flows }},
		{"flows_open", "Conversations open.", true, func(s engine.Stats) uint64 { return s.Open }},
		{"flows_evicted_total", "Conversations ended early because the table was full.", false, func(s engine.Stats) uint64 { return s.Evicted }},
		{"records_total", "Records made.", false, func(s engine.Stats) uint64 { return s.Records }},
		{"weirds_total", "Oddities met.", false, func(s engine.Stats) uint64 { return s.Weirds }},
		{"gaps_total", "Holes in TCP streams.", false, func(s engine.Stats) uint64 { return s.Gaps }},
		{"gap_bytes_total", "Bytes missing in TCP streams.", false, func(s engine.Stats) uint64 { return s.GapBytes }},
	}
}

// pointMetrics are those of all observation points together: one series for each would have no bound.
func pointMetrics(s engine.Stats, p feed.PointStats) []gauge {
	count := func(name, help string, n uint64) gauge { return gauge{name, help, prometheus.CounterValue, float64(n)} }
	return []gauge{
		{"points_heard", "Observation points (VNIs) that were heard, and not silent for a day since.", prometheus.GaugeValue, float64(p.Points)},
		{"points_silent", "Of them those of which no packet comes.", prometheus.GaugeValue, float64(p.Silent)},
		count("points_packets_total", "Packets of observation points.", p.Packets),
		count("points_truncated_total", "Of them those that were cut on the way.", p.Truncated),
		count("points_duplicates_total", "Of them those that another point had shown.", p.Duplicates),
		count("points_gaps_total", "Holes in TCP streams of observation points.", p.Gaps),
		count("points_overflow_total", "Packets that were not counted for their observation point, there being too many points.", p.Uncounted+s.Uncounted),
	}
}

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counts once and gives them all.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.p.engine.Stats()
	for _, m := range metrics() {
		kind := prometheus.CounterValue
		if m.gauge {
			kind = prometheus.GaugeValue
		}
		desc := prometheus.NewDesc("mirrorwatch_"+m.name, m.help, nil, nil)
		out <- prometheus.MustNewConstMetric(desc, kind, float64(m.value(s)))
	}
	collect(out, pointMetrics(s, c.p.points.Stats()))
	if c.p.memory != nil {
		collect(out, []gauge{{
			"meter_overflow_total", "Devices that were not measured in a minute, there being too many.", prometheus.CounterValue, float64(c.p.memory.unmeasured.Load()),
		}})
	}
	collect(out, []gauge{{
		"detectors_failed", "Detectors that failed and are switched off; /healthz names them.", prometheus.GaugeValue, float64(len(c.p.judge.Failed())),
	}})
	waiting, _ := c.p.engine.Waiting()
	desc := prometheus.NewDesc("mirrorwatch_queue_rounds", "Rounds of records that wait for the detectors.", nil, nil)
	out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(waiting))
}
