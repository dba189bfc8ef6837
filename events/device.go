package events

import (
	"net/netip"
	"time"
)

// Device is one host as the device model knows it, as stored and served.
type Device struct {
	ID        string            `json:"id"` // the network interface; "VPC/address" or "vni-N/address" where it is not known; else the address
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
	Offers    []DeviceService   `json:"offers,omitempty"`    // what it answered to
	Uses      []DeviceService   `json:"uses,omitempty"`      // what it asked for
	Peers     int               `json:"peers"`               // how many it had to do with
	TopPeers  []DevicePeer      `json:"top_peers,omitempty"` // of the last conversations those with the most bytes
	Software  []DeviceSoftware  `json:"software,omitempty"`
	Role      string            `json:"role,omitempty"`       // the first of Roles; what people say is in Overrides
	Roles     []DeviceRole      `json:"roles,omitempty"`      // that its conduct shows
	Groups    []string          `json:"groups,omitempty"`     // "role:db_server", "tag:team=shop", "subnet:10.0.1.0/24"
	HighValue bool              `json:"high_value,omitempty"` // harm to it is harm to many, by its roles; what people say is in Overrides

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
	Source string `json:"source"` // inventory, dhcp, dns, netbios, sni, http
}

// DeviceService is a port that a device offered or used.
type DeviceService struct {
	Proto string `json:"proto"` // tcp, udp
	Port  uint16 `json:"port"`
	Name  string `json:"name,omitempty"`  // the protocol that an analyzer confirmed
	Count uint32 `json:"count"`           // conversations
	Peers uint32 `json:"peers,omitempty"` // different clients of what it offers, or servers of what it uses
}

// DeviceRole is something that a device is for.
type DeviceRole struct {
	Role     string    `json:"role"`
	Evidence string    `json:"evidence"` // one clause with numbers
	Since    time.Time `json:"since"`
}

// DeviceSoftware is something that a device runs, as it shows on the wire.
type DeviceSoftware struct {
	Kind      string    `json:"kind"` // ja4, ja4s, hassh, hassh_server, user_agent, ssh_client, ssh_server
	Text      string    `json:"text"`
	Count     uint32    `json:"count"` // records that showed it
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// DevicePeer is what a device had to do with another over one port.
type DevicePeer struct {
	Device    string     `json:"device"` // its id
	Address   netip.Addr `json:"address"`
	Hostname  string     `json:"hostname,omitempty"`
	External  bool       `json:"external"`
	As        string     `json:"as"` // what the peer is: client or server
	Proto     string     `json:"proto"`
	Port      uint16     `json:"port"` // the server's
	Service   string     `json:"service,omitempty"`
	Count     uint32     `json:"count"`     // conversations
	BytesOut  uint64     `json:"bytes_out"` // of IP, that the device sent to the peer
	BytesIn   uint64     `json:"bytes_in"`
	FirstSeen time.Time  `json:"first_seen"`
	LastSeen  time.Time  `json:"last_seen"`
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
