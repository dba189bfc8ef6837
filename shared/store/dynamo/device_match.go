package dynamo

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func matchDevice(q *store.DeviceQuery, d *events.Device) bool {
	return (q.External == nil || *q.External == d.External) && (q.HighValue == nil || *q.HighValue == store.IsHighValue(d)) &&
		(q.Role == "" || q.Role == store.RoleOf(d)) && (q.VPC == "" || q.VPC == d.VPC) && (q.Account == "" || q.Account == d.Account) &&
		(!q.Said || d.Overrides != (events.DeviceOverrides{})) && (q.VNI == 0 || q.VNI == d.VNI) && (q.SeenFrom.IsZero() || !d.LastSeen.Before(q.SeenFrom)) &&
		matchNetworks(q.Addresses, d.Address) && matchService(q.Service, d.Offers) && matchDeviceText(q.Text, d)
}

func matchNetworks(nets []netip.Prefix, a netip.Addr) bool {
	return len(nets) == 0 || slices.ContainsFunc(nets, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}

func matchService(want string, offers []events.DeviceService) bool {
	return want == "" || slices.ContainsFunc(offers, func(s events.DeviceService) bool {
		return strings.EqualFold(s.Name, want) || strconv.Itoa(int(s.Port)) == want
	})
}

func matchDeviceText(want string, d *events.Device) bool {
	if want == "" {
		return true
	}
	all := []string{d.ID, d.Address.String(), d.Hostname, d.Overrides.Name, d.Instance, d.Interface}
	for _, n := range d.Names {
		all = append(all, n.Text)
	}
	for k, v := range d.Tags {
		all = append(all, k, v)
	}
	return strings.Contains(strings.ToLower(strings.Join(all, "\n")), strings.ToLower(want))
}
