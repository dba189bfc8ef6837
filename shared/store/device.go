package store

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// DeviceQuery asks for a page of devices; what is empty says nothing, and all that is not must hold.
type DeviceQuery struct {
	Text      string // in id, address, names, overriding name, instance, interface or tags, whatever the case
	Addresses []netip.Prefix
	External  *bool
	HighValue *bool  // by what people say, or by its conduct
	Role      string // that people say it has; of whom they say nothing, that its conduct shows
	Said      bool   // only those that people said something of
	VPC       string
	Account   string
	VNI       uint32
	Service   string // name of a protocol, or port, that it offers
	SeenFrom  time.Time
	Limit     int
	Cursor    string
}

// DevicePage is a page of devices.
type DevicePage struct {
	Page
	Items []events.Device
}

// CoverageQuery asks for a page of interfaces.
type CoverageQuery struct {
	States  []events.CoverageState
	Account string
	Region  string
	VPC     string
	Limit   int
	Cursor  string
}

// CoveragePage is a page of interfaces.
type CoveragePage struct {
	Page
	Items []events.Coverage
}

// BindingPage is a page of bindings.
type BindingPage struct {
	Page
	Items []events.Binding
}

// HeardFor is how long what a sensor heard stays after its last packet. Sensors come and go with the load, and none takes its leave.
const HeardFor = 35 * 24 * time.Hour

// HeardPage is a page of what was heard.
type HeardPage struct {
	Page
	Items []events.Heard
}

// RoleOf is the role that holds for a device: what people say, else what its conduct shows.
func RoleOf(d *events.Device) string { return cmp.Or(d.Overrides.Role, d.Role) }

// IsHighValue says whether harm to a device is harm to many, by what people say or by its conduct.
func IsHighValue(d *events.Device) bool { return d.Overrides.HighValue || d.HighValue }
