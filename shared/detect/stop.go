package detect

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// stop says whose findings of which types are not raised at all, because people said what the offender is. What a rule of tuning does
// is another thing: that hides what was found, and shows it again.
type stop struct {
	types string // a type, or a category and a dot
	who   func(*device.Known, netip.Addr) bool
}

// stops lists what ends at the source. Scanners look around by order, with passwords that were given to them; what they do beyond
// that is told, at ten points less. A gateway speaks for many, and so turns to many; who answers names for others asks for whatever
// the others ask.
func stops() []stop {
	return []stop{
		{"recon.", (*device.Known).Scanner},
		{"lateral.fan_out", (*device.Known).Scanner},
		{"lateral.new_admin_peer", (*device.Known).Scanner},
		{"behaviour.new_peers", (*device.Known).Scanner},
		{"recon.host_sweep", (*device.Known).Gateway},
		{"lateral.fan_out", (*device.Known).Gateway},
		{"lateral.new_admin_peer", (*device.Known).Gateway},
		{"behaviour.new_peers", (*device.Known).Gateway},
		{"behaviour.new_peers", (*device.Known).DNSServer},
		{"recon.host_sweep", (*device.Known).DNSServer},
		{"recon.dns_sweep", (*device.Known).DNSServer},
		{"recon.zone_transfer", (*device.Known).DNSServer},
		{"c2.dns_tunnel", (*device.Known).DNSServer},
		{"c2.dga", (*device.Known).DNSServer},
	}
}

// stopped says whether a finding is of a type that its offender, the first one named, is known for.
func stopped(kind string, f *Finding, known *device.Known) bool {
	if len(f.Offenders) == 0 {
		return false
	}
	for _, s := range stops() {
		if (s.types == kind || strings.HasSuffix(s.types, ".") && strings.HasPrefix(kind, s.types)) && s.who(known, f.Offenders[0].Addr) {
			return true
		}
	}
	return false
}
