package storetest

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

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
	nothing := all[8]
	for _, said := range []events.DeviceOverrides{{Role: "printer"}, {}} { // said, and taken back
		_, err = h.Devices.Override(h.ctx, nothing.ID, said, nil, ada)
		h.must(err)
	}
	said := events.DeviceOverrides{Role: "http_server"}
	_, err = h.Devices.Override(h.ctx, all[16].ID, said, nil, ada)
	h.must(err)
	all[16].Overrides = said
	for name, c := range map[string]struct {
		q    store.DeviceQuery
		want func(d *events.Device) bool
	}{
		"all":        {store.DeviceQuery{}, func(*events.Device) bool { return true }},
		"external":   {store.DeviceQuery{External: pointer(true)}, func(d *events.Device) bool { return d.External }},
		"internal":   {store.DeviceQuery{External: pointer(false)}, func(d *events.Device) bool { return !d.External }},
		"high value": {store.DeviceQuery{HighValue: pointer(true)}, func(d *events.Device) bool { return d.Overrides.HighValue || d.HighValue }},
		"no value":   {store.DeviceQuery{HighValue: pointer(false)}, func(d *events.Device) bool { return !d.Overrides.HighValue && !d.HighValue }},
		"role":       {store.DeviceQuery{Role: "database"}, func(d *events.Device) bool { return d.Overrides.Role == "database" }},
		"conduct": {store.DeviceQuery{Role: "db_server"}, func(d *events.Device) bool {
			return d.Role == "db_server" && d.Overrides.Role == ""
		}},
		"conduct or said": {store.DeviceQuery{Role: "http_server"}, func(d *events.Device) bool {
			return d.Role == "http_server" && d.Overrides.Role == "" || d.Overrides.Role == "http_server"
		}},
		"said":    {store.DeviceQuery{Said: true}, func(d *events.Device) bool { return d.ID == all[7].ID || d.ID == all[16].ID }},
		"vpc":     {store.DeviceQuery{VPC: "vpc-3"}, func(d *events.Device) bool { return d.VPC == "vpc-3" }},
		"account": {store.DeviceQuery{Account: all[1].Account}, func(d *events.Device) bool { return d.Account == all[1].Account }},
		"vni":     {store.DeviceQuery{VNI: 1003}, func(d *events.Device) bool { return d.VNI == 1003 }},
		"service": {store.DeviceQuery{Service: "ssh"}, func(d *events.Device) bool { return d.Offers[0].Port == 22 }},
		"port":    {store.DeviceQuery{Service: "443"}, func(d *events.Device) bool { return d.Offers[0].Port == 443 }},
		"seen":    {store.DeviceQuery{SeenFrom: all[9].LastSeen}, func(d *events.Device) bool { return !d.LastSeen.Before(all[9].LastSeen) }},
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
