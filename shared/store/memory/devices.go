package memory

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// devices implements store.Devices.
type devices struct{ w *world }

func (w *world) device(id string) (d events.Device, err error) {
	body, ok := w.devices[id]
	if !ok {
		return d, fmt.Errorf("device %s: %w", id, store.ErrNotFound)
	}
	return decode[events.Device](body)
}

func (s devices) Put(ctx context.Context, list ...events.Device) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	bodies := map[string][]byte{}
	for _, d := range list {
		if err := store.CheckID("id", d.ID); err != nil {
			return err
		}
		d.FirstSeen, d.LastSeen = d.FirstSeen.UTC(), d.LastSeen.UTC()
		d.Overrides, d.Revision = events.DeviceOverrides{}, 0
		if _, known := s.w.devices[d.ID]; known {
			have, err := s.w.device(d.ID)
			if err != nil {
				return err
			}
			d.Overrides, d.Revision = have.Overrides, have.Revision
		}
		var err error
		if bodies[d.ID], err = encode(d); err != nil {
			return err
		}
	}
	maps.Copy(s.w.devices, bodies)
	return nil
}

func (s devices) Get(ctx context.Context, id string) (d events.Device, err error) {
	if err := s.w.look(ctx); err != nil {
		return d, err
	}
	defer s.w.mu.RUnlock()
	return s.w.device(id)
}

func (s devices) Search(ctx context.Context, q store.DeviceQuery) (p store.DevicePage, err error) {
	if err := s.w.look(ctx); err != nil {
		return p, err
	}
	defer s.w.mu.RUnlock()
	found := map[string]events.Device{}
	for id := range s.w.devices {
		d, err := s.w.device(id)
		if err != nil {
			return p, err
		}
		if matches(&q, &d) {
			found[id] = d
		}
	}
	ids, cut, err := page(slices.Collect(maps.Keys(found)), strings.Compare, q.Cursor, q.Limit)
	p.Page = cut
	for _, id := range ids {
		p.Items = append(p.Items, found[id])
	}
	return p, err
}

// matches says whether a device is meant.
func matches(q *store.DeviceQuery, d *events.Device) bool {
	return strings.Contains(text(d), strings.ToLower(q.Text)) &&
		(len(q.Addresses) == 0 || slices.ContainsFunc(q.Addresses, func(n netip.Prefix) bool { return n.Contains(d.Address.Unmap()) })) &&
		(q.External == nil || *q.External == d.External) && (q.HighValue == nil || *q.HighValue == store.IsHighValue(d)) &&
		(q.Role == "" || q.Role == store.RoleOf(d)) && (q.VPC == "" || q.VPC == d.VPC) && (q.Account == "" || q.Account == d.Account) &&
		(!q.Said || d.Overrides != (events.DeviceOverrides{})) && (q.VNI == 0 || q.VNI == d.VNI) && !d.LastSeen.Before(q.SeenFrom) &&
		(q.Service == "" || slices.ContainsFunc(d.Offers, func(o events.DeviceService) bool {
			return strings.EqualFold(o.Name, q.Service) || strconv.Itoa(int(o.Port)) == q.Service
		}))
}

// text is what a search for text looks through.
func text(d *events.Device) string {
	words := []string{d.ID, d.Address.String(), d.Hostname, d.Overrides.Name, d.Instance, d.Interface}
	for _, n := range d.Names {
		words = append(words, n.Text)
	}
	for k, v := range d.Tags {
		words = append(words, k, v)
	}
	return strings.ToLower(strings.Join(words, "\n"))
}

func (s devices) Override(ctx context.Context, id string, o events.DeviceOverrides, ifRevision *int64, by store.Actor) (d events.Device, err error) {
	if err := s.w.enter(ctx); err != nil {
		return d, err
	}
	defer s.w.mu.Unlock()
	before, err := s.w.device(id)
	if err != nil {
		return d, err
	}
	after, changed, err := store.ApplyOverrides(before, o, ifRevision)
	if err != nil || !changed {
		return after, err
	}
	entry, err := store.OverridesEntry(&before, &after, by)
	if err != nil {
		return d, err
	}
	body, err := encode(after)
	if err != nil {
		return d, err
	}
	s.w.devices[id] = body
	s.w.log(entry)
	return after, nil
}

func (s devices) Observe(ctx context.Context, list ...events.Sample) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	for _, v := range list {
		if err := store.CheckSample(&v); err != nil {
			return err
		}
	}
	for _, v := range list {
		minutes := s.w.samples[v.Device]
		if minutes == nil {
			minutes = map[int64]map[string]float64{}
			s.w.samples[v.Device] = minutes
		}
		minutes[v.Time.UnixNano()] = maps.Clone(v.Metrics)
	}
	return nil
}

func (s devices) Series(ctx context.Context, device, metric string, from, to time.Time) ([]events.Point, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	var points []events.Point
	for at, metrics := range s.w.samples[device] {
		t := time.Unix(0, at).UTC()
		if value, there := metrics[metric]; there && !t.Before(from) && t.Before(to) {
			points = append(points, events.Point{Time: t, Value: value})
		}
	}
	slices.SortFunc(points, func(a, b events.Point) int { return a.Time.Compare(b.Time) })
	return points, nil
}

func (s devices) Metrics(ctx context.Context, device string, from, to time.Time) ([]string, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	names := map[string]bool{}
	for at, metrics := range s.w.samples[device] {
		if t := time.Unix(0, at); !t.Before(from) && t.Before(to) {
			for name := range metrics {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

func (s devices) PutExpectations(ctx context.Context, list ...events.Expectation) error {
	if err := s.w.enter(ctx); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	for i := range list {
		if err := store.CheckExpectation(&list[i]); err != nil {
			return err
		}
	}
	for _, e := range list {
		if s.w.expected[e.Device] == nil {
			s.w.expected[e.Device] = map[int64]map[string]events.Range{}
		}
		s.w.expected[e.Device][e.Time.UnixNano()] = maps.Clone(e.Metrics)
	}
	return nil
}

func (s devices) Expectations(ctx context.Context, device, metric string, from, to time.Time) ([]events.ExpectedHour, error) {
	if err := s.w.look(ctx); err != nil {
		return nil, err
	}
	defer s.w.mu.RUnlock()
	var list []events.ExpectedHour
	for at, metrics := range s.w.expected[device] {
		t := time.Unix(0, at).UTC()
		if r, there := metrics[metric]; there && !t.Before(from) && t.Before(to) {
			list = append(list, events.ExpectedHour{Time: t, Range: r})
		}
	}
	slices.SortFunc(list, func(a, b events.ExpectedHour) int { return a.Time.Compare(b.Time) })
	return list, nil
}

func (s devices) Purge(ctx context.Context, samples, devices time.Time) (deleted int, err error) {
	if err := s.w.enter(ctx); err != nil {
		return 0, err
	}
	defer s.w.mu.Unlock()
	for _, hours := range s.w.expected {
		maps.DeleteFunc(hours, func(at int64, _ map[string]events.Range) bool {
			return time.Unix(0, at).Before(samples.Truncate(time.Hour))
		})
	}
	for device, minutes := range s.w.samples {
		had := len(minutes)
		maps.DeleteFunc(minutes, func(at int64, _ map[string]float64) bool { return time.Unix(0, at).Before(samples) })
		deleted += had - len(minutes)
		if len(minutes) == 0 {
			delete(s.w.samples, device)
		}
	}
	for id := range s.w.devices {
		d, err := s.w.device(id)
		if err != nil {
			return deleted, err
		}
		if d.LastSeen.Before(devices) && d.Overrides == (events.DeviceOverrides{}) {
			delete(s.w.devices, id)
			deleted++
		}
	}
	return deleted, nil
}
