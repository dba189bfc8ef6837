// Package fleet is what a sensor owes the group that it is one of: once a minute how loaded it is, and, when the group wants the instance
// to end, an end in which nothing that was received is lost. What comes in are the sensor's counts, and what the instance's metadata say;
// what goes out are metrics, the word to stop, and at last the group's leave to go on. It never holds the packets up: whatever fails
// here is said once and tried on. It knows no client of AWS; those are in sdk.
package fleet

import (
	"context"
	"fmt"
	"time"
)

// Units of metrics, by CloudWatch's names.
const (
	Count          = "Count"
	CountPerSecond = "Count/Second"
	BytesPerSecond = "Bytes/Second"
	Bytes          = "Bytes"
	Percent        = "Percent"
)

// Metric is one number about a sensor.
type Metric struct {
	Name, Unit string
	Value      float64
}

// Load is how a sensor stands at a moment. The first four count from its start.
type Load struct {
	Packets, Bytes uint64  // received
	Drops          uint64  // thrown away for a limit's sake, the kernel's drops included
	NotStored      uint64  // detections, records and other things that were lost on their way out
	QueuePercent   float64 // of the room before the detectors
	Points, Silent int     // interfaces heard, and of them those of which no packet comes
	SpoolBytes     int64   // that wait on disk to be shipped
	Healthy        bool
	Failed         int // detectors that are switched off
}

// Sink takes metrics.
type Sink interface {
	// Put tells all of them as of one moment, in one call.
	Put(ctx context.Context, at time.Time, list []Metric) error
}

const (
	// TellEvery is how often the load is told: CloudWatch's metrics are by the minute.
	TellEvery = time.Minute
	// tellWithin bounds a call, so that a far end which hangs is given up before the next one is due.
	tellWithin = 20 * time.Second
)

// TellerOptions say of what is told, and to whom.
type TellerOptions struct {
	Load   func() Load
	Sink   Sink
	Now    func() time.Time
	Every  time.Duration // 0: TellEvery
	Failed func(error)   // told once when telling begins to fail, and once, with nil, when it works again
}

// Teller turns counts into metrics. Numbers that grow are told as differences since they were told last, so that a call which fails loses none
// of them, and rates by the time that really passed. It belongs to one goroutine.
type Teller struct {
	o      TellerOptions
	last   Load
	at     time.Time
	failed bool
}

// NewTeller makes one. What was counted until now is told to nobody: it may be of hours.
func NewTeller(o TellerOptions) *Teller {
	if o.Every == 0 {
		o.Every = TellEvery
	}
	return &Teller{o: o, last: o.Load(), at: o.Now()}
}

// Run tells once every period until ctx is done.
func (t *Teller) Run(ctx context.Context) {
	tick := time.NewTicker(t.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		t.tell(ctx, rates)
	}
}

// Last tells what was lost since the last word, when the sensor has ended. A piece of a minute makes no rate: that would pull down the
// average of the group.
func (t *Teller) Last(ctx context.Context) { t.tell(ctx, losses) }

// tell makes one call. Only what was told counts as told.
func (t *Teller) tell(ctx context.Context, metrics func(now, last Load, passed time.Duration) []Metric) {
	now, load := t.o.Now(), t.o.Load()
	passed := now.Sub(t.at)
	if passed <= 0 { // somebody set the clock back
		t.at = now
		return
	}
	within, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	err := t.o.Sink.Put(within, now, metrics(load, t.last, passed))
	if err == nil {
		t.last, t.at = load, now
	}
	if ctx.Err() == nil && t.failed != (err != nil) {
		t.failed = err != nil
		if err != nil {
			err = fmt.Errorf("tell load: %w", err)
		}
		t.o.Failed(err)
	}
}

// rates is what is told once a minute.
func rates(now, last Load, passed time.Duration) []Metric {
	packets := grown(now.Packets, last.Packets)
	return append(losses(now, last, passed),
		Metric{"PacketsPerSecond", CountPerSecond, packets / passed.Seconds()},
		Metric{"BytesPerSecond", BytesPerSecond, grown(now.Bytes, last.Bytes) / passed.Seconds()},
		Metric{"DropPercent", Percent, share(grown(now.Drops, last.Drops), packets)},
		Metric{"QueuePercent", Percent, now.QueuePercent},
		Metric{"Points", Count, float64(now.Points)},
		Metric{"PointsSilent", Count, float64(now.Silent)},
		Metric{"SpoolBytes", Bytes, float64(now.SpoolBytes)},
		Metric{"Healthy", Count, oneIf(now.Healthy)},
		Metric{"DetectorsFailed", Count, float64(now.Failed)},
	)
}

// losses are the sums that must not lack a second.
func losses(now, last Load, _ time.Duration) []Metric {
	return []Metric{
		{"Drops", Count, grown(now.Drops, last.Drops)},
		{"NotStored", Count, grown(now.NotStored, last.NotStored)},
	}
}

// grown is by how much a count grew. One that went back began anew.
func grown(now, last uint64) float64 {
	if now < last {
		return float64(now)
	}
	return float64(now - last)
}

// share is what was dropped, of all that came and of what never did.
func share(drops, packets float64) float64 {
	if drops == 0 {
		return 0
	}
	return 100 * drops / (drops + packets)
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
