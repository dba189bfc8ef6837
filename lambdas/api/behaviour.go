package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What a behaviour is held against.
const (
	pastDays     = 14
	enoughDays   = 3
	enoughPeers  = 3
	mostPeers    = 12
	lowQuantile  = 0.05
	highQuantile = 0.95
	wantedPoints = 300
	mostPoints   = 3000
	mostMetrics  = 6
)

// window is a span of time cut into steps.
type window struct {
	from, to time.Time
	step     time.Duration
}

// newWindow cuts a span; a step of 0 is chosen so that there are at most wantedPoints.
func newWindow(from, to time.Time, step time.Duration) (window, error) {
	length := to.Sub(from)
	if step == 0 {
		for _, step = range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 24 * time.Hour} {
			if length/step <= wantedPoints {
				break
			}
		}
	}
	switch {
	case step < time.Minute || step%time.Minute != 0:
		return window{}, invalidField("step", fmt.Sprint(step.Seconds()), "a whole number of minutes, in seconds: metrics are kept by the minute")
	case length/step > mostPoints:
		return window{}, invalidField("step", fmt.Sprint(step.Seconds()), fmt.Sprintf("so long that there are at most %d points", mostPoints))
	}
	return window{from.UTC().Truncate(step), to.UTC(), step}, nil
}

// steps is how many steps the window has.
func (w window) steps() int { return int((w.to.Sub(w.from) + w.step - 1) / w.step) }

// isDistinct says whether a metric counts different things: those of two minutes may be the same, so that they do not add up.
func isDistinct(metric string) bool {
	u := metricOf(metric).Unit
	return u == "devices" || u == "names"
}

// steps gathers minutes into steps of the window's length.
func steps(points []events.Point, metric string, step time.Duration) []events.Point {
	var out []events.Point
	largest := isDistinct(metric)
	for _, p := range points {
		at := p.Time.UTC().Truncate(step)
		switch n := len(out); {
		case n == 0 || !out[n-1].Time.Equal(at):
			out = append(out, events.Point{Time: at, Value: p.Value})
		case largest:
			out[n-1].Value = max(out[n-1].Value, p.Value)
		default:
			out[n-1].Value += p.Value
		}
	}
	return out
}

// behaviour gives a metric of a device in a window.
func (s *server) behaviour(ctx context.Context, id, metric string, w window) (gen.MetricComparison, error) {
	points, err := s.Store.Devices.Series(ctx, id, metric, w.from, w.to)
	if err != nil {
		return gen.MetricComparison{}, err
	}
	return gen.MetricComparison{
		Metric: metric, Unit: metricOf(metric).Unit, StepSeconds: int(w.step / time.Second), Points: list(steps(points, metric, w.step)),
	}, nil
}

// fromSamples says what was to be expected from the same hour of day on the days before. On a day on which the device was seen at all, an
// hour without a value is one in which it did nothing; a day on which it was not seen says nothing.
func (s *server) fromSamples(ctx context.Context, id string, m gen.MetricComparison, w window) (*gen.Expectation, error) {
	points, err := s.Store.Devices.Series(ctx, id, m.Metric, w.from.Add(-pastDays*24*time.Hour), w.from)
	if err != nil {
		return nil, err
	}
	past := steps(points, m.Metric, w.step)
	days := daysOf(past)
	if len(days) < enoughDays {
		return warming(fmt.Sprintf("seen on %d of the %d days before; %d are needed", len(days), pastDays, enoughDays)), nil
	}
	byHour := map[int]*[3]float64{}
	e := &gen.Expectation{State: gen.ExpectationStateReady, Basis: fmt.Sprintf("%d days, the same hour of day", len(days)), Band: []gen.BandPoint{}}
	for at := w.from; at.Before(w.to); at = at.Add(w.step) {
		hour := at.Hour()
		if byHour[hour] == nil {
			byHour[hour] = quantilesOf(sameHour(past, len(days), hour, w.step))
		}
		q := byHour[hour]
		e.Band = append(e.Band, gen.BandPoint{Time: at, Low: q[0], Median: q[1], High: q[2]})
	}
	e.Left = left(m.Points, e.Band)
	return e, nil
}

func warming(why string) *gen.Expectation {
	return &gen.Expectation{State: gen.ExpectationStateWarmingUp, Why: why, Band: []gen.BandPoint{}}
}

func daysOf(points []events.Point) map[time.Time]bool {
	days := map[time.Time]bool{}
	for _, p := range points {
		days[p.Time.Truncate(24*time.Hour)] = true
	}
	return days
}

// sameHour gives the values of one hour of day, with a zero for each step of it in which nothing was.
func sameHour(past []events.Point, days, hour int, step time.Duration) []float64 {
	var values []float64
	for _, p := range past {
		if p.Time.Hour() == hour {
			values = append(values, p.Value)
		}
	}
	a := max(1, int(time.Hour/step)) // steps of one hour
	for len(values) < days*a {
		values = append(values, 0)
	}
	return values
}

// quantilesOf gives low, median and high.
func quantilesOf(values []float64) *[3]float64 {
	slices.Sort(values)
	return &[3]float64{quantile(values, lowQuantile), quantile(values, 0.5), quantile(values, highQuantile)}
}

// quantile of sorted values, between neighbours in proportion.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// left says when the values left the range: a value beyond it by its whole width, or two beyond it in a row. A single one just
// beyond is what one in ten is.
func left(points []events.Point, band []gen.BandPoint) *time.Time {
	ranges := make(map[int64]gen.BandPoint, len(band))
	for _, b := range band {
		ranges[b.Time.Unix()] = b
	}
	before := false
	for _, p := range points {
		b, ok := ranges[p.Time.Unix()]
		out := ok && (p.Value > b.High || p.Value < b.Low)
		far := ok && p.Value > b.High+max(b.High-b.Low, b.High)
		if out && (before || far) {
			return &p.Time
		}
		before = out
	}
	return nil
}

// peerGroup says what others like the device did in the same time.
func (s *server) peerGroup(ctx context.Context, d events.Device, m gen.MetricComparison, w window) (*gen.Expectation, error) {
	peers, what, err := s.peersLike(ctx, d)
	if err != nil {
		return nil, err
	}
	var all []map[int64]float64
	for _, id := range peers {
		points, err := s.Store.Devices.Series(ctx, id, m.Metric, w.from, w.to)
		if err != nil {
			return nil, err
		}
		if len(points) == 0 {
			continue
		}
		values := map[int64]float64{}
		for _, p := range steps(points, m.Metric, w.step) {
			values[p.Time.Unix()] = p.Value
		}
		all = append(all, values)
	}
	if len(all) < enoughPeers {
		return warming(fmt.Sprintf("%d devices with this metric %s; %d are needed", len(all), what, enoughPeers)), nil
	}
	e := &gen.Expectation{State: gen.ExpectationStateReady, Basis: fmt.Sprintf("%d devices %s", len(all), what), Band: []gen.BandPoint{}}
	for at := w.from; at.Before(w.to); at = at.Add(w.step) {
		var values []float64
		for _, peer := range all {
			values = append(values, peer[at.Unix()])
		}
		q := quantilesOf(values)
		e.Band = append(e.Band, gen.BandPoint{Time: at, Low: q[0], Median: q[1], High: q[2]})
	}
	e.Left = left(m.Points, e.Band)
	return e, nil
}

// peersLike gives other local devices that are like one: of the same role where it has one, else with the same service that
// it offers most, in the same VPC where there is one.
func (s *server) peersLike(ctx context.Context, d events.Device) (ids []string, what string, err error) {
	q := store.DeviceQuery{External: ptr(false), Limit: mostPeers + 1}
	switch {
	case store.RoleOf(&d) != "":
		q.Role, what = store.RoleOf(&d), "of the role "+store.RoleOf(&d)
	case len(d.Offers) > 0:
		most := slices.MaxFunc(d.Offers, func(a, b events.DeviceService) int { return cmp.Compare(a.Count, b.Count) })
		q.Service, q.VPC = cmp.Or(most.Name, fmt.Sprint(most.Port)), d.VPC
		what = "that offer " + q.Service
	case d.VPC != "":
		q.VPC, what = d.VPC, "in "+d.VPC
	default:
		return nil, "like it", nil
	}
	page, err := s.Store.Devices.Search(ctx, q)
	for i := range page.Items {
		if page.Items[i].ID != d.ID && len(ids) < mostPeers {
			ids = append(ids, page.Items[i].ID)
		}
	}
	return ids, cut(what, 200), err
}
