package main

import (
	"github.com/prometheus/client_golang/prometheus"
)

// newRequests measures the API: how many requests, how they ended, how long they took.
func newRequests() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "mirrorwatch_api_request_seconds", Help: "Requests of the API, by method and status.",
		Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10},
	}, []string{"method", "code"})
}

// doors are the metrics of what a server does with what it found: storing it, and telling of it.
type doors struct{ s *server }

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (d *doors) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counts once and gives them all.
func (d *doors) Collect(out chan<- prometheus.Metric) {
	relay, notify := d.s.relay.Counts(), d.s.notify.Counts()
	collect(out, []gauge{
		{"events_published_total", "Events of stored changes that were handed on.", prometheus.CounterValue, float64(relay.Published)},
		{"events_retries_total", "Attempts to hand events on that failed.", prometheus.CounterValue, float64(relay.Retries)},
		{"events_lag_seconds", "Age of the oldest event that waits to be handed on.", prometheus.GaugeValue, relay.Lag.Seconds()},
		{"notifications_sent_total", "Messages that were sent.", prometheus.CounterValue, float64(notify.Messages)},
		{"notifications_retries_total", "Attempts to send that failed, with another to come.", prometheus.CounterValue, float64(notify.Retries)},
		{"notifications_dead_total", "Messages that were given up; they can be sent again.", prometheus.CounterValue, float64(notify.Dead)},
	})
}

// keptDoors are the metrics of how what was found is stored, and named.
type keptDoors struct{ k *keeper }

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (d keptDoors) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counts once and gives them all.
func (d keptDoors) Collect(out chan<- prometheus.Metric) {
	batches, _ := d.k.ship.Waiting()
	names := d.k.names.Stats()
	collect(out, []gauge{
		{"store_waiting_batches", "Batches of records or detections that wait to be stored.", prometheus.GaugeValue, float64(batches)},
		{"store_lost_total", "Records, detections and other things that the store refused for good.", prometheus.CounterValue, float64(d.k.ship.Lost())},
		{"store_full", "1 while nothing can be stored.", prometheus.GaugeValue, oneIf(d.k.ship.Trouble() != "")},
		{"names_known", "Observation points whose names are known, or known to be missing.", prometheus.GaugeValue, float64(names.VNIs)},
		{"names_asked_total", "Questions to the store whose an observation point is.", prometheus.CounterValue, float64(names.Asked)},
		{"names_failed_total", "Of them those that the store did not answer.", prometheus.CounterValue, float64(names.Failed)},
		{"names_overflow_total", "Names that were not found out, or were forgotten, for want of room.", prometheus.CounterValue, float64(names.Overflow)},
	})
}

// gauge is one metric at the moment of a scrape.
type gauge struct {
	name, help string
	kind       prometheus.ValueType
	value      float64
}

func collect(out chan<- prometheus.Metric, list []gauge) {
	for _, m := range list {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("mirrorwatch_"+m.name, m.help, nil, nil), m.kind, m.value)
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
