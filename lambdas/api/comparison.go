package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// Around a detection, how much is shown.
const (
	beforeDetection = 12 * time.Hour
	afterDetection  = 2 * time.Hour
	longestDetected = 7 * 24 * time.Hour
)

// GetComparison holds the behaviour of a detection's device against its own past and its peers.
func (s *server) GetComparison(ctx context.Context, q gen.GetComparisonRequestObject) (gen.GetComparisonResponseObject, error) {
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	id, err := chosenDevice(d, q.Params.Device)
	if err != nil {
		return nil, err
	}
	dev, err := s.Store.Devices.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("device of detection: %w", err)
	}
	w, err := newWindow(around(d, s.Now()))
	if err != nil {
		return nil, err
	}
	names := q.Params.Metric
	if len(names) == 0 {
		if names, err = s.Store.Devices.Metrics(ctx, id, w.from, w.to); err != nil {
			return nil, err
		}
	}
	out := gen.GetComparison200JSONResponse{Device: id, From: w.from, To: w.to, Metrics: []gen.MetricComparison{}, Complete: true}
	if out.Metrics, err = s.ownPasts(ctx, id, unique(names), w); err != nil {
		return nil, err
	}
	if n := len(out.Metrics); len(q.Params.Metric) == 0 && n > mostMetrics {
		out.Metrics, out.Complete = out.Metrics[:mostMetrics], false
		out.Why = fmt.Sprintf("%d of %d metrics, those first that left their range", mostMetrics, n)
	}
	for i := range out.Metrics {
		if out.Metrics[i].PeerGroup, err = s.peerGroup(ctx, dev, out.Metrics[i], w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// chosenDevice is the device asked for, where it takes part, or the first offender that is known as a device, or the first of all.
func chosenDevice(d events.Detection, asked string) (string, error) {
	var known []string
	for _, p := range slices.Concat(parties(d, "offender"), parties(d, "victim")) {
		if p.Device != "" && !slices.Contains(known, p.Device) {
			known = append(known, p.Device)
		}
	}
	switch {
	case asked != "" && !slices.Contains(known, asked):
		return "", invalidField("device", asked, "a device that takes part in the detection")
	case asked != "":
		return asked, nil
	}
	for _, p := range slices.Concat(parties(d, "offender"), parties(d, "victim")) {
		if p.Device != "" && !p.External {
			return p.Device, nil
		}
	}
	if len(known) == 0 {
		return "", notKept("The devices of this detection", "nobody who takes part in it is known as a device")
	}
	return known[0], nil
}

// around gives the time of a detection with some before and after, and a step of 0.
func around(d events.Detection, now time.Time) (from, to time.Time, step time.Duration) {
	end := d.Update.Add(afterDetection)
	if end.After(now) && now.After(d.Start) {
		end = now
	}
	from = d.Start.Add(-beforeDetection)
	if end.Sub(from) > longestDetected {
		end = from.Add(longestDetected)
	}
	return from, end, 0
}

// ownPasts gives each metric with its own past, those first that left their range first.
func (s *server) ownPasts(ctx context.Context, id string, names []string, w window) ([]gen.MetricComparison, error) {
	all := []gen.MetricComparison{}
	for _, name := range names[:min(len(names), 24)] {
		m, err := s.behaviour(ctx, id, name, w)
		if err != nil {
			return nil, err
		}
		if m.OwnPast, err = s.ownPast(ctx, id, m, w); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b gen.MetricComparison) int {
		la, lb := a.OwnPast.Left, b.OwnPast.Left
		switch {
		case la != nil && lb != nil:
			return la.Compare(*lb)
		case la != nil:
			return -1
		case lb != nil:
			return 1
		}
		return cmp.Compare(len(b.Points), len(a.Points))
	})
	return all, nil
}
