package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
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
	}
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

func (h *harness) devices(q store.DeviceQuery) (ids []string) {
	h.Helper()
	for {
		p, err := h.Devices.Search(h.ctx, q)
		h.must(err)
		for i := range p.Items {
			ids = append(ids, p.Items[i].ID)
		}
		if q.Limit > 0 && len(p.Items) > q.Limit {
			h.Errorf("a page of %d, not %d", len(p.Items), q.Limit)
		}
		if q.Cursor = p.Next; p.Next == "" {
			return ids
		}
	}
}

func searchDevices(h *harness) {
	now := h.clock.Now()
	var all []events.Device
	for i := range 60 {
		d := Device(i, now.Add(-time.Duration(i)*time.Minute))
		all = append(all, d)
		h.must(h.Devices.Put(h.ctx, d))
	}
	o := events.DeviceOverrides{Name: "The Payroll Machine", Role: "database", HighValue: true}
	_, err := h.Devices.Override(h.ctx, all[7].ID, o, nil, ada)
	h.must(err)
	all[7].Overrides = o
	for name, c := range map[string]struct {
		q    store.DeviceQuery
		want func(d *events.Device) bool
	}{
		"all":        {store.DeviceQuery{}, func(*events.Device) bool { return true }},
		"external":   {store.DeviceQuery{External: pointer(true)}, func(d *events.Device) bool { return d.External }},
		"internal":   {store.DeviceQuery{External: pointer(false)}, func(d *events.Device) bool { return !d.External }},
		"high value": {store.DeviceQuery{HighValue: pointer(true)}, func(d *events.Device) bool { return d.Overrides.HighValue }},
		"role":       {store.DeviceQuery{Role: "database"}, func(d *events.Device) bool { return d.Overrides.Role == "database" }},
		"vpc":        {store.DeviceQuery{VPC: "vpc-3"}, func(d *events.Device) bool { return d.VPC == "vpc-3" }},
		"account":    {store.DeviceQuery{Account: all[1].Account}, func(d *events.Device) bool { return d.Account == all[1].Account }},
		"vni":        {store.DeviceQuery{VNI: 1003}, func(d *events.Device) bool { return d.VNI == 1003 }},
		"service":    {store.DeviceQuery{Service: "ssh"}, func(d *events.Device) bool { return d.Offers[0].Port == 22 }},
		"port":       {store.DeviceQuery{Service: "443"}, func(d *events.Device) bool { return d.Offers[0].Port == 443 }},
		"seen":       {store.DeviceQuery{SeenFrom: all[9].LastSeen}, func(d *events.Device) bool { return !d.LastSeen.Before(all[9].LastSeen) }},
		"addresses": {store.DeviceQuery{Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/28")}}, func(d *events.Device) bool {
			return netip.MustParsePrefix("10.0.0.0/28").Contains(d.Address)
		}},
		"text of id":   {store.DeviceQuery{Text: strings.ToUpper(all[11].ID)}, func(d *events.Device) bool { return d.ID == all[11].ID }},
		"text of name": {store.DeviceQuery{Text: "payroll"}, func(d *events.Device) bool { return d.ID == all[7].ID }},
		"text of tag":  {store.DeviceQuery{Text: "TEAM-4"}, func(d *events.Device) bool { return d.Tags["team"] == "team-4" }},
		"text of host": {store.DeviceQuery{Text: "host-1"}, func(d *events.Device) bool { return strings.HasPrefix(d.Hostname, "host-1") }},
		"text of addr": {store.DeviceQuery{Text: all[3].Address.String()}, func(d *events.Device) bool {
			return strings.Contains(d.Address.String(), all[3].Address.String())
		}},
		"two": {store.DeviceQuery{Service: "ssh", External: pointer(true)}, func(d *events.Device) bool { return d.External && d.Offers[0].Port == 22 }},
	} {
		var want []string
		for i := range all {
			if c.want(&all[i]) {
				want = append(want, all[i].ID)
			}
		}
		slices.Sort(want)
		c.q.Limit = 7
		if got := h.devices(c.q); !slices.Equal(got, want) || len(want) == 0 {
			h.Errorf("%s:\n%v\nnot\n%v", name, got, want)
		}
	}
}

func devicePages(h *harness) {
	for i := range 25 {
		h.must(h.Devices.Put(h.ctx, Device(i, h.clock.Now())))
	}
	p, err := h.Devices.Search(h.ctx, store.DeviceQuery{Limit: 10})
	h.must(err)
	h.same("a whole device", p.Items[0], h.device(p.Items[0].ID))
	h.must(h.Devices.Put(h.ctx, Device(1, h.clock.Now()), Device(99, h.clock.Now())))
	if got := h.devices(store.DeviceQuery{Limit: 10, Cursor: p.Next}); len(got) < 15 || slices.Contains(got, p.Items[9].ID) {
		h.Errorf("the rest: %v", got)
	}
}

func badDeviceQueries(h *harness) {
	for name, q := range map[string]store.DeviceQuery{"limit": {Limit: -1}, "large": {Limit: store.MaxPage + 1}, "cursor": {Cursor: "%%"}} {
		_, err := h.Devices.Search(h.ctx, q)
		h.refused(name, err, store.ErrInvalid)
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
