package store

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// DeviceQuery asks for a page of devices; what is empty says nothing, and all that is not must hold.
type DeviceQuery struct {
	Text      string // in id, address, names, overriding name, instance, interface or tags, whatever the case
	Addresses []netip.Prefix
	External  *bool
	HighValue *bool
	Role      string
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
