package device

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// Known is what people said of the site: what it is about is not to be found out, and raises no alarm for being what it is.
type Known struct {
	TrustedDomains []string       // a name under one of them is no stranger: "example.com" means itself and all below it
	Scanners       []netip.Prefix // scan by order
	Gateways       []netip.Prefix // stand for many hosts: NAT gateways, proxies, load balancers
	DNSServers     []netip.Prefix // answer for others, and so ask for others
	OwnRoles       []string       // patterns of the ARNs of Mirrorwatch's own roles, see NamedBy
	Changes        []PlannedChange
}

// Trusted says whether a name is under a trusted domain.
func (k *Known) Trusted(name string) bool {
	for _, d := range k.TrustedDomains {
		if domain.Under(name, d) {
			return true
		}
	}
	return false
}

// Scanner says whether an address scans by order.
func (k *Known) Scanner(a netip.Addr) bool { return within(k.Scanners, a) }

// Gateway says whether an address stands for many hosts.
func (k *Known) Gateway(a netip.Addr) bool { return within(k.Gateways, a) }

// DNSServer says whether an address answers names for others.
func (k *Known) DNSServer(a netip.Addr) bool { return within(k.DNSServers, a) }

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// SetKnown takes what people said anew. It is called between two records.
func (m *Model) SetKnown(k Known) { m.known = k }
