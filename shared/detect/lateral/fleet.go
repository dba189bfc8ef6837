package lateral

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// familyOf is the part of a host's name that it shares with its siblings: "web" of "web-07.internal.example.net". It is "" where there is
// none, and where a name is made of an address or an instance's number.
func familyOf(name string) string {
	first, _, _ := strings.Cut(strings.ToLower(name), ".")
	stem := strings.TrimRight(strings.TrimRight(first, "0123456789"), "-_")
	if len(stem) < 2 || strings.ContainsAny(stem, "0123456789") {
		return ""
	}
	return stem
}

// fleetOf gives the family of a server that a client works on, where that may be a deployment: both are servers, and not of one family. A
// stolen key of one host opens its siblings, and a person's machine deploys nothing.
func fleetOf(client, server *device.Device) string {
	family := familyOf(server.Hostname())
	if client.HasRole("pc") || server.HasRole("pc") || family == familyOf(client.Hostname()) {
		return ""
	}
	return family
}

// fleet is the family that all hosts of a round are of.
type fleet struct {
	family string
	hosts  int
}

// add takes a host into the round.
func (f *fleet) add(client, server *device.Device) {
	family := fleetOf(client, server)
	if f.hosts++; f.hosts > 1 && f.family != family {
		family = ""
	}
	f.family = family
}

// whole says that they are several hosts of one family.
func (f *fleet) whole() bool { return f.hosts > 1 && f.family != "" }
