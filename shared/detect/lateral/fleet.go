package lateral

import "github.com/mirrorwatch/mirrorwatch/shared/device"

// fleetOf gives the family of a server that a client works on, where that may be a deployment: both are servers, and not of one family. A
// stolen key of one host opens its siblings, and a person's machine deploys nothing.
func fleetOf(client, server *device.Device) string {
	family := server.Family()
	if client.HasRole("pc") || server.HasRole("pc") || family == client.Family() {
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
