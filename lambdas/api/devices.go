package api

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// longestSpan is the most time that one question about metrics or conversations may be about.
const longestSpan = 31 * 24 * time.Hour

// ListDevices gives a page of devices.
func (s *server) ListDevices(ctx context.Context, q gen.ListDevicesRequestObject) (gen.ListDevicesResponseObject, error) {
	p := q.Params
	networks, err := networksOf("address", p.Address)
	if err != nil {
		return nil, err
	}
	page, err := s.Store.Devices.Search(ctx, store.DeviceQuery{
		Text: p.Text, Addresses: networks, External: p.External, HighValue: p.HighValue, Role: p.Role, VPC: p.Vpc, Account: p.Account, VNI: p.Vni,
		Service: p.Service, SeenFrom: p.SeenFrom, Limit: cmp.Or(p.Limit, defaultLimit), Cursor: p.Cursor,
	})
	return gen.ListDevices200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}

func networksOf(field string, texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		n, ok := store.Network(text)
		if !ok {
			return nil, invalidField(field, text, "an address, or a network in CIDR form")
		}
		out = append(out, n)
	}
	return out, nil
}

// GetDevice gives one.
func (s *server) GetDevice(ctx context.Context, q gen.GetDeviceRequestObject) (gen.GetDeviceResponseObject, error) {
	d, err := s.Store.Devices.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetDevice200JSONResponse{Body: d, Headers: gen.GetDevice200ResponseHeaders{ETag: etag(d.Revision)}}, nil
}

// UpdateDevice sets what people say of one.
func (s *server) UpdateDevice(ctx context.Context, q gen.UpdateDeviceRequestObject) (gen.UpdateDeviceResponseObject, error) {
	want, err := expected(q.Params.IfMatch, q.Body.Revision)
	if err != nil {
		return nil, err
	}
	d, err := s.Store.Devices.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	if want == anyRevision {
		want = d.Revision
	}
	o, b := d.Overrides, q.Body
	set(&o.Name, b.Name)
	set(&o.Role, b.Role)
	set(&o.HighValue, b.HighValue)
	set(&o.Note, b.Note)
	if d, err = s.Store.Devices.Override(ctx, q.Id, o, &want, s.actor(ctx)); err != nil {
		return nil, err
	}
	return gen.UpdateDevice200JSONResponse{Body: d, Headers: gen.UpdateDevice200ResponseHeaders{ETag: etag(d.Revision)}}, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// ListDeviceMetrics names the metrics of one.
func (s *server) ListDeviceMetrics(ctx context.Context, q gen.ListDeviceMetricsRequestObject) (gen.ListDeviceMetricsResponseObject, error) {
	if err := span(q.Params.From, q.Params.To, longestSpan); err != nil {
		return nil, err
	}
	if _, err := s.Store.Devices.Get(ctx, q.Id); err != nil {
		return nil, err
	}
	names, err := s.Store.Devices.Metrics(ctx, q.Id, q.Params.From, q.Params.To)
	if err != nil {
		return nil, err
	}
	out := gen.ListDeviceMetrics200JSONResponse{Items: []gen.Metric{}, Complete: true}
	for _, name := range names {
		m := metricOf(name)
		out.Items = append(out.Items, gen.Metric{Name: m.Name, Title: m.Title, Unit: m.Unit})
	}
	return out, nil
}

// metricOf describes a metric; one that this version does not know is called by its name.
func metricOf(name string) device.Metric {
	for _, m := range device.Metrics() {
		if m.Name == name {
			return m
		}
	}
	return device.Metric{Name: name, Title: name}
}

// GetDeviceSeries gives a metric over time.
func (s *server) GetDeviceSeries(ctx context.Context, q gen.GetDeviceSeriesRequestObject) (gen.GetDeviceSeriesResponseObject, error) {
	p := q.Params
	if err := span(p.From, p.To, longestSpan); err != nil {
		return nil, err
	}
	d, err := s.Store.Devices.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	w, err := newWindow(p.From, p.To, time.Duration(p.Step)*time.Second)
	if err != nil {
		return nil, err
	}
	m, err := s.behaviour(ctx, d.ID, p.Metric, w)
	if err != nil {
		return nil, err
	}
	switch cmp.Or(p.Expect, gen.GetDeviceSeriesParamsExpectOwnPast) {
	case gen.GetDeviceSeriesParamsExpectOwnPast:
		m.OwnPast, err = s.ownPast(ctx, d.ID, m, w)
	case gen.GetDeviceSeriesParamsExpectPeerGroup:
		m.PeerGroup, err = s.peerGroup(ctx, d, m, w)
	}
	return gen.GetDeviceSeries200JSONResponse(m), err
}

// ListDeviceDetections gives the detections in which a device takes part.
func (s *server) ListDeviceDetections(ctx context.Context, q gen.ListDeviceDetectionsRequestObject) (gen.ListDeviceDetectionsResponseObject, error) {
	if _, err := s.Store.Devices.Get(ctx, q.Id); err != nil {
		return nil, err
	}
	p := q.Params
	f := store.DetectionFilter{From: timeOrNil(p.From), To: timeOrNil(p.To), Hidden: hiddenOf(string(p.Hidden))}
	who := &store.ParticipantFilter{Devices: []string{q.Id}}
	switch p.As {
	case gen.ListDeviceDetectionsParamsAsOffender:
		f.Offender = who
	case gen.ListDeviceDetectionsParamsAsVictim:
		f.Victim = who
	default:
		f.Participant = who
	}
	page, err := s.search(ctx, store.DetectionQuery{Filter: f, Sort: p.Sort, Limit: p.Limit, Cursor: p.Cursor, Count: p.Count})
	return gen.ListDeviceDetections200JSONResponse(page), err
}
