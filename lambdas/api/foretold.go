package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// ownPast says what was to be expected of a device. Where the sensor said so when an hour began, that is it, for it knows weeks; elsewhere
// it is reckoned from the samples.
func (s *server) ownPast(ctx context.Context, id string, m gen.MetricComparison, w window) (*gen.Expectation, error) {
	hours, err := s.Store.Devices.Expectations(ctx, id, m.Metric, w.from, w.to)
	if err != nil {
		return nil, err
	}
	foretold := foretell(hours, m.Metric, w)
	if len(foretold) == w.steps() {
		return ready(m, foretold, basisOf(hours)), nil
	}
	e, err := s.fromSamples(ctx, id, m, w)
	if err != nil || len(foretold) == 0 {
		return e, err
	}
	if e.State != gen.ExpectationStateReady {
		return ready(m, foretold, basisOf(hours)), nil
	}
	return ready(m, replaced(e.Band, foretold), cut(basisOf(hours)+"; before that "+e.Basis, 200)), nil
}

func ready(m gen.MetricComparison, band []gen.BandPoint, basis string) *gen.Expectation {
	return &gen.Expectation{State: gen.ExpectationStateReady, Basis: basis, Band: band, Left: left(m.Points, band)}
}

// foretell gathers hours into steps. A step that is shorter than an hour has no expectation of its own, and one of which an hour is missing
// neither; what is distinct in an hour is another number than what is distinct in a minute, of which the points are made.
func foretell(hours []events.ExpectedHour, metric string, w window) (band []gen.BandPoint) {
	perStep := int(w.step / time.Hour)
	if perStep < 1 || w.step%time.Hour != 0 || isDistinct(metric) {
		return nil
	}
	have := 0
	for _, h := range hours {
		at := h.Time.UTC().Truncate(w.step)
		n := len(band)
		switch {
		case n == 0 || !band[n-1].Time.Equal(at):
			if n > 0 && have < perStep {
				band = band[:n-1]
			}
			band, have = append(band, gen.BandPoint{Time: at, Low: h.Low, Median: h.Mid, High: h.High}), 0
		default:
			b := &band[n-1]
			b.Low, b.Median, b.High = b.Low+h.Low, b.Median+h.Mid, b.High+h.High
		}
		have++
	}
	if n := len(band); n > 0 && have < perStep {
		band = band[:n-1]
	}
	return band
}

// basisOf says what most of the hours rest on, in words that the sensor gave.
func basisOf(hours []events.ExpectedHour) string {
	counts := map[string]int{}
	for _, h := range hours {
		counts[h.Basis]++
	}
	most := ""
	for _, b := range slices.Sorted(maps.Keys(counts)) {
		if counts[b] > counts[most] {
			most = b
		}
	}
	return cut("learned by the sensor: "+most, 200)
}

// replaced puts what was foretold in the place of what was reckoned.
func replaced(band, foretold []gen.BandPoint) []gen.BandPoint {
	by := make(map[int64]gen.BandPoint, len(foretold))
	for _, b := range foretold {
		by[b.Time.Unix()] = b
	}
	for i := range band {
		if b, there := by[band[i].Time.Unix()]; there {
			band[i] = b
		}
	}
	return band
}
