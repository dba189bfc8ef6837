package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunDevices holds a store's Devices against the contract.
func RunDevices(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"put and get":         putDevices,
		"overrides survive":   overridesSurvive,
		"overrides refused":   overridesRefused,
		"audit of overrides":  auditOfOverrides,
		"search":              searchDevices,
		"device pages":        devicePages,
		"series":              seriesBoundaries,
		"samples replaced":    samplesReplaced,
		"purge devices":       purgeDevices,
		"expectations":        expectations,
		"devices by value":    devicesByValue,
		"bad device queries":  badDeviceQueries,
		"devices cancelled":   devicesCancelled,
		"minutes of samples":  minutesOfSamples,
		"what is not refused": unknownDevices,
	})
}

// Device makes the i-th device as the device model knows it, last seen at a moment.
func Device(i int, at time.Time) events.Device {
	p := Insider("", i)
	d := events.Device{
		ID: p.Device, Address: p.Address, Hostname: p.Hostname, Names: []events.DeviceName{{Text: p.Hostname, Source: "dns"}},
		MAC: fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8&255, i&255), VNI: uint32(1000 + i%50), Interface: p.Interface, Instance: p.Instance,
		VPC: p.VPC, Account: p.Account, Tags: p.Tags, Sensor: "sensor-1", FirstSeen: at.Add(-time.Hour).UTC(), LastSeen: at.UTC(), Peers: i % 9,
		Offers: []events.DeviceService{{Proto: "tcp", Port: uint16([]int{22, 80, 443}[i%3]), Name: []string{"ssh", "http", "ssl"}[i%3], Count: 3}},
		Uses:   []events.DeviceService{{Proto: "udp", Port: 53, Name: "dns", Count: 9}},
	}
	if i%5 == 0 {
		d.Address, d.External = outside(i), true
		return d
	}
	since := at.Add(-time.Minute).UTC()
	d.Role, d.HighValue, d.Groups = []string{"http_server", "db_server", ""}[i%3], i%3 == 1, []string{"subnet:10.0.0.0/24", "tag:team=" + p.Tags["team"]}
	if d.Role != "" {
		d.Roles = []events.DeviceRole{{Role: d.Role, Evidence: "answered 412 conversations on tcp/5432 from 9 clients", Since: since}}
	}
	d.Software = []events.DeviceSoftware{{Kind: "ja4", Text: "t13d1516h2_8daaf6152771_02713d6af862", Count: 7, FirstSeen: since, LastSeen: at.UTC()}}
	d.TopPeers = []events.DevicePeer{{
		Device: "eni-peer", Address: p.Address, Hostname: "peer.example", As: "server", Proto: "tcp", Port: 443, Service: "ssl", Count: 3,
		BytesOut: 1 << 40, BytesIn: 5, FirstSeen: since, LastSeen: at.UTC(),
	}}
	return d
}

func (h *harness) device(id string) events.Device {
	h.Helper()
	d, err := h.Devices.Get(h.ctx, id)
	h.must(err)
	return d
}

func putDevices(h *harness) {
	d := Device(1, h.clock.Now())
	h.must(h.Devices.Put(h.ctx, d, Device(2, h.clock.Now())))
	h.same("what was stored", h.device(d.ID), d)
	d.Peers, d.LastSeen = 7, d.LastSeen.Add(time.Minute)
	h.must(h.Devices.Put(h.ctx, d))
	h.same("what was stored again", h.device(d.ID), d)
	_, err := h.Devices.Get(h.ctx, "none")
	h.refused("what is not there", err, store.ErrNotFound)
	bad := Device(3, h.clock.Now())
	bad.ID = ""
	h.refused("no id", h.Devices.Put(h.ctx, Device(4, h.clock.Now()), bad), store.ErrInvalid)
	_, err = h.Devices.Get(h.ctx, Device(4, h.clock.Now()).ID)
	h.refused("of a list that was refused", err, store.ErrNotFound)
}

func overridesSurvive(h *harness) {
	d := Device(1, h.clock.Now())
	h.must(h.Devices.Put(h.ctx, d))
	o := events.DeviceOverrides{Name: "Payroll", Role: "database", HighValue: true, Note: "ask Grace"}
	got, err := h.Devices.Override(h.ctx, d.ID, o, pointer(int64(0)), ada)
	h.must(err)
	if got.Overrides != o || got.Revision != 1 {
		h.Errorf("%+v, revision %d", got.Overrides, got.Revision)
	}
	d.LastSeen, d.Overrides, d.Revision = d.LastSeen.Add(time.Hour), events.DeviceOverrides{Name: "the sensor's"}, 9
	h.must(h.Devices.Put(h.ctx, d))
	stored := h.device(d.ID)
	if stored.Overrides != o || stored.Revision != 1 || !stored.LastSeen.Equal(d.LastSeen) {
		h.Errorf("after Put: %+v, revision %d", stored.Overrides, stored.Revision)
	}
	fresh := Device(2, h.clock.Now())
	fresh.Overrides, fresh.Revision = events.DeviceOverrides{Name: "the sensor's"}, 9
	h.must(h.Devices.Put(h.ctx, fresh))
	if got := h.device(fresh.ID); got.Overrides != (events.DeviceOverrides{}) || got.Revision != 0 {
		h.Errorf("a new device came with overrides: %+v, revision %d", got.Overrides, got.Revision)
	}
}

func overridesRefused(h *harness) {
	d := Device(1, h.clock.Now())
	h.must(h.Devices.Put(h.ctx, d))
	_, err := h.Devices.Override(h.ctx, d.ID, events.DeviceOverrides{Name: "x"}, pointer(int64(3)), ada)
	h.refused("another revision", err, store.ErrConflict)
	_, err = h.Devices.Override(h.ctx, "none", events.DeviceOverrides{Name: "x"}, nil, ada)
	h.refused("what is not there", err, store.ErrNotFound)
	_, err = h.Devices.Override(h.ctx, d.ID, events.DeviceOverrides{Note: strings.Repeat("x", events.MaxNote+1)}, nil, ada)
	h.refused("long note", err, store.ErrInvalid)
	if got := h.device(d.ID); got.Revision != 0 || len(h.audit(d.ID)) != 0 {
		h.Errorf("revision %d, %d audit entries", got.Revision, len(h.audit(d.ID)))
	}
}

func auditOfOverrides(h *harness) {
	if h.Audit == nil {
		h.Skip("the store keeps no audit log")
	}
	d := Device(1, h.clock.Now())
	h.must(h.Devices.Put(h.ctx, d))
	for range 2 {
		got, err := h.Devices.Override(h.ctx, d.ID, events.DeviceOverrides{Role: "printer"}, nil, ada)
		h.must(err)
		if got.Revision != 1 {
			h.Errorf("revision %d: the same again is no change", got.Revision)
		}
	}
	list := h.audit(d.ID)
	if len(list) != 1 || list[0].Action != "device.update" || list[0].Actor != "ada" {
		h.Fatalf("%+v", list)
	}
	var after events.DeviceOverrides
	h.must(json.Unmarshal(list[0].After, &after))
	if after.Role != "printer" || list[0].Before == nil {
		h.Errorf("before %s, after %s", list[0].Before, list[0].After)
	}
}

func seriesBoundaries(h *harness) {
	begin := h.clock.Now().Truncate(time.Hour)
	for i := range 10 {
		m := map[string]float64{"bytes_in": float64(i) + 0.5}
		if i%2 == 0 {
			m["flows"] = float64(i)
		}
		h.must(h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: begin.Add(time.Duration(i) * time.Minute), Metrics: m},
			events.Sample{Device: "other", Time: begin, Metrics: map[string]float64{"bytes_out": 1}}))
	}
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Minute) }
	for _, c := range []struct {
		from, to time.Time
		first, n int
	}{{at(0), at(10), 0, 10}, {at(3), at(5), 3, 2}, {at(3).Add(1), at(5).Add(1), 4, 2}, {at(9), at(99), 9, 1}, {at(10), at(99), 0, 0}, {at(5), at(5), 0, 0}} {
		got, err := h.Devices.Series(h.ctx, "d", "bytes_in", c.from, c.to)
		h.must(err)
		if len(got) != c.n {
			h.Errorf("[%v, %v): %d points, not %d", c.from, c.to, len(got), c.n)
			continue
		}
		for i, p := range got {
			if !p.Time.Equal(at(c.first+i)) || p.Value != float64(c.first+i)+0.5 {
				h.Errorf("[%v, %v): point %d is %+v", c.from, c.to, i, p)
			}
		}
	}
	flows, err := h.Devices.Series(h.ctx, "d", "flows", at(0), at(10))
	h.must(err)
	if len(flows) != 5 {
		h.Errorf("%d points of a metric that was seen five times: what was not observed is absent", len(flows))
	}
	names, err := h.Devices.Metrics(h.ctx, "d", at(0), at(10))
	h.must(err)
	later, err := h.Devices.Metrics(h.ctx, "d", at(9), at(10))
	h.must(err)
	if !slices.Equal(names, []string{"bytes_in", "flows"}) || !slices.Equal(later, []string{"bytes_in"}) {
		h.Errorf("metrics %v, and at the end %v", names, later)
	}
}

func samplesReplaced(h *harness) {
	at := h.clock.Now().Truncate(time.Minute)
	h.must(h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: at, Metrics: map[string]float64{"a": 1, "b": 1}}))
	h.must(h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: at, Metrics: map[string]float64{"a": 2}}))
	got, err := h.Devices.Series(h.ctx, "d", "a", at, at.Add(time.Minute))
	h.must(err)
	names, err := h.Devices.Metrics(h.ctx, "d", at, at.Add(time.Minute))
	h.must(err)
	if len(got) != 1 || got[0].Value != 2 || !slices.Equal(names, []string{"a"}) {
		h.Errorf("%+v, metrics %v: a sample is replaced whole", got, names)
	}
}

func minutesOfSamples(h *harness) {
	at := h.clock.Now().Truncate(time.Minute)
	h.must(h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: at.In(time.FixedZone("", 1800)), Metrics: map[string]float64{"a": 1}}))
	got, err := h.Devices.Series(h.ctx, "d", "a", at, at.Add(1))
	h.must(err)
	if len(got) != 1 || got[0].Time.Location() != time.UTC {
		h.Errorf("%+v", got)
	}
	err = h.Devices.Observe(h.ctx, events.Sample{Device: "", Time: at, Metrics: map[string]float64{"a": 1}})
	h.refused("a sample of no device", err, store.ErrInvalid)
	err = h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: at.Add(1), Metrics: map[string]float64{"a": 1}})
	h.refused("a sample that begins with no minute", err, store.ErrInvalid)
}

func unknownDevices(h *harness) {
	now := h.clock.Now()
	points, err := h.Devices.Series(h.ctx, "none", "x", now, now.Add(time.Hour))
	h.must(err)
	names, err := h.Devices.Metrics(h.ctx, "none", now, now.Add(time.Hour))
	h.must(err)
	if len(points) != 0 || len(names) != 0 {
		h.Errorf("%v, %v", points, names)
	}
}

func purgeDevices(h *harness) {
	begin := h.clock.Now().Truncate(time.Hour)
	for i := range 10 {
		at := begin.Add(time.Duration(i) * time.Minute)
		h.must(h.Devices.Put(h.ctx, Device(i, at)))
		h.must(h.Devices.Observe(h.ctx, events.Sample{Device: "d", Time: at, Metrics: map[string]float64{"a": 1}}))
	}
	_, err := h.Devices.Override(h.ctx, Device(1, begin).ID, events.DeviceOverrides{Name: "kept"}, nil, ada)
	h.must(err)
	n, err := h.Devices.Purge(h.ctx, begin.Add(4*time.Minute), begin.Add(3*time.Minute))
	h.must(err)
	points, err := h.Devices.Series(h.ctx, "d", "a", begin, begin.Add(time.Hour))
	h.must(err)
	left := h.devices(store.DeviceQuery{})
	if n != 4+2 || len(points) != 6 || len(left) != 8 || !slices.Contains(left, Device(1, begin).ID) {
		h.Errorf("deleted %d; %d points and the devices %v are left", n, len(points), left)
	}
}

func devicesByValue(h *harness) {
	d := Device(1, h.clock.Now())
	h.must(h.Devices.Put(h.ctx, d))
	want := h.device(d.ID)
	d.Tags["env"], d.Offers[0].Port = "changed", 1
	mine := h.device(d.ID)
	mine.Tags["env"], mine.Offers[0].Port = "changed", 1
	h.same("after both were changed", h.device(d.ID), want)
}

func devicesCancelled(h *harness) {
	d := Device(1, h.clock.Now())
	h.cancelled("put", func(ctx context.Context) error { return h.Devices.Put(ctx, d) })
	h.cancelled("get", func(ctx context.Context) error { _, err := h.Devices.Get(ctx, d.ID); return err })
	h.cancelled("search", func(ctx context.Context) error {
		_, err := h.Devices.Search(ctx, store.DeviceQuery{})
		return err
	})
	h.cancelled("observe", func(ctx context.Context) error {
		return h.Devices.Observe(ctx, events.Sample{Device: "d", Time: h.clock.Now().Truncate(time.Minute), Metrics: map[string]float64{"a": 1}})
	})
}
