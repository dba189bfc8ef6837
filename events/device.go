package events

import (
	"net/netip"
	"time"
)

// Device is one host as the device model knows it, as stored and served.
type Device struct {
	ID        string            `json:"id"` // the address, until the inventory names the network interface
	Address   netip.Addr        `json:"address"`
	Hostname  string            `json:"hostname,omitempty"` // the most trusted of Names
	Names     []DeviceName      `json:"names,omitempty"`
	MAC       string            `json:"mac,omitempty"`
	External  bool              `json:"external"`
	VNI       uint32            `json:"vni,omitempty"`
	Interface string            `json:"interface,omitempty"`
	Instance  string            `json:"instance,omitempty"`
	VPC       string            `json:"vpc,omitempty"`
	Account   string            `json:"account,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Sensor    string            `json:"sensor,omitempty"`
	FirstSeen time.Time         `json:"first_seen"`
	LastSeen  time.Time         `json:"last_seen"`
	Offers    []DeviceService   `json:"offers,omitempty"` // what it answered to
	Uses      []DeviceService   `json:"uses,omitempty"`   // what it asked for
	Peers     int               `json:"peers"`            // how many it spoke with, up to a limit

	// Set by people; what the sensors learn never touches them.
	Overrides DeviceOverrides `json:"overrides"`
	Revision  int64           `json:"revision,omitempty"` // of the overrides; the store's own
}

// DeviceOverrides is what people say of a device.
type DeviceOverrides struct {
	Name      string `json:"name,omitempty"`
	Role      string `json:"role,omitempty"`
	HighValue bool   `json:"high_value,omitempty"`
	Note      string `json:"note,omitempty"`
}

// DeviceName is what a device was called, and by whom.
type DeviceName struct {
	Text   string `json:"text"`
	Source string `json:"source"` // dhcp, dns, sni, http
}

// DeviceService is a port that a device offered or used.
type DeviceService struct {
	Proto string `json:"proto"` // tcp, udp
	Port  uint16 `json:"port"`
	Name  string `json:"name,omitempty"` // the protocol that an analyzer confirmed
	Count uint32 `json:"count"`          // conversations
}

// Sample is what one device did in one minute. Metrics that were zero are left out.
type Sample struct {
	Device  string             `json:"device"`
	Time    time.Time          `json:"time"`    // the minute's beginning, UTC
	Metrics map[string]float64 `json:"metrics"` // by name: "bytes_in", ...
}

// Point is one value of a series. What was not observed is absent, never zero.
type Point struct {
	Time  time.Time `json:"time"`
	Value float64   `json:"value"`
}

// Range is what is usual of a metric in an hour.
type Range struct {
	Low   float64 `json:"low"`   // nine in ten hours are between Low and High
	Mid   float64 `json:"mid"`   //
	High  float64 `json:"high"`  //
	Basis string  `json:"basis"` // what it rests on: "hour of the week", "hour of the day", "overall", "peer group"
}

// Expectation is what a device is expected to do in an hour, as it was when the hour began. Metrics of which nothing is known are left
// out.
type Expectation struct {
	Device  string           `json:"device"`
	Time    time.Time        `json:"time"`    // the hour's beginning, UTC
	Metrics map[string]Range `json:"metrics"` // by name
}

// ExpectedHour is what was expected of one metric in one hour.
type ExpectedHour struct {
	Time time.Time `json:"time"`
	Range
}
