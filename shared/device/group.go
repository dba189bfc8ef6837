package device

import (
	"net/netip"
	"slices"
	"strings"
)

// Groups names what the device has in common with others: "role:db_server", "tag:team=shop", "subnet:subnet-0a1b" or, where the inventory
// knows no subnet, "subnet:10.0.1.0/24" (with the VPC before the network where it is known). It is not to be changed.
func (d *Device) Groups() []string { return d.groups }

// Subnets as they are taken to be where nobody says how large they are.
const (
	subnetBits4 = 24
	subnetBits6 = 64
	maxTagGroup = 256 // bytes of a tag's key and value
)

// SetTagGroups takes the keys of tags whose values make groups, whatever the case of their letters. It is called between two records.
func (m *Model) SetTagGroups(keys []string) {
	if slices.Equal(keys, m.tags) {
		return
	}
	m.tags = slices.Clone(keys)
	for _, t := range m.tables() {
		for _, d := range t.All {
			m.regroup(d)
		}
	}
}

// regroup says anew to which groups a local device belongs.
func (m *Model) regroup(d *Device) {
	if d.Class != Local {
		return
	}
	list := make([]string, 0, 2+len(m.tags))
	if role := d.Role(); role != "" {
		list = append(list, m.intern("role:"+role))
	}
	for _, key := range m.tags {
		if value, ok := tagOf(d.Owner.Tags, key); ok && len(key)+len(value) <= maxTagGroup {
			list = append(list, m.intern("tag:"+key+"="+value))
		}
	}
	list = append(list, m.intern("subnet:"+subnetOf(d)))
	d.groups = slices.Clip(list)
}

// tagOf gives the value of a key; the first of those that differ by case only.
func tagOf(tags map[string]string, key string) (value string, ok bool) {
	if value, ok = tags[key]; ok {
		return value, true
	}
	found := ""
	for k, v := range tags {
		if strings.EqualFold(k, key) && (!ok || k < found) {
			found, value, ok = k, v, true
		}
	}
	return value, ok
}

func subnetOf(d *Device) string {
	if d.Owner.Subnet != "" {
		return d.Owner.Subnet
	}
	bits := subnetBits6
	if d.Addr.Unmap().Is4() {
		bits = subnetBits4
	}
	text := netip.PrefixFrom(d.Addr.Unmap().WithZone(""), bits).Masked().String()
	if d.Owner.VPC != "" {
		return d.Owner.VPC + "/" + text
	}
	return text
}
