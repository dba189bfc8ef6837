package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// errPrivate is why a connection is not made.
var errPrivate = errors.New("the address is not public")

// dialer connects to public addresses, or to private ones where that is allowed. It looks at the address that is connected to, after
// names were resolved and right before the connection is made: what a name server says first and what it says later are the same to it.
type dialer struct {
	resolver *net.Resolver
	timeout  time.Duration
}

func (d dialer) dial(private bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	n := net.Dialer{Timeout: d.timeout, Resolver: d.resolver, FallbackDelay: -1, Control: func(_, address string, _ syscall.RawConn) error {
		return allowed(address, private)
	}}
	return n.DialContext
}

// allowed says whether a connection to address, "ip:port", may be made.
func allowed(address string, private bool) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return permanent(fmt.Errorf("connect: %w", errPrivate))
	}
	if why := refused(ap.Addr(), private); why != "" {
		return permanent(fmt.Errorf("connect to %s: %w: %s", ap.Addr(), errPrivate, why))
	}
	return nil
}

// reach is a range of addresses that are not the internet's, and whether a rule may allow them.
type reach struct {
	net   netip.Prefix
	name  string
	never bool
}

// ranges lists what is not public, from the IANA special-purpose registries. The link-local one holds the metadata service of every
// cloud, and fd00:ec2::254 is AWS's again: no message belongs there, so that nobody can allow them.
func ranges() []reach {
	p := netip.MustParsePrefix
	return []reach{
		{p("169.254.0.0/16"), "link-local", true}, {p("fe80::/10"), "link-local", true}, {p("fd00:ec2::/32"), "metadata service", true},
		{p("224.0.0.0/4"), "multicast", true}, {p("ff00::/8"), "multicast", true},
		{p("0.0.0.0/8"), "this network", true}, {p("::/128"), "unspecified", true}, {p("240.0.0.0/4"), "reserved", true},
		{p("127.0.0.0/8"), "loopback", false}, {p("::1/128"), "loopback", false},
		{p("10.0.0.0/8"), "private", false}, {p("172.16.0.0/12"), "private", false}, {p("192.168.0.0/16"), "private", false},
		{p("100.64.0.0/10"), "shared address space", false}, {p("fc00::/7"), "private", false}, {p("fec0::/10"), "site-local", false},
		{p("192.0.0.0/24"), "protocol assignments", false}, {p("192.0.2.0/24"), "documentation", false},
		{p("198.51.100.0/24"), "documentation", false}, {p("203.0.113.0/24"), "documentation", false},
		{p("198.18.0.0/15"), "benchmarking", false}, {p("2001:db8::/32"), "documentation", false}, {p("3fff::/20"), "documentation", false},
		{p("::/96"), "IPv4-compatible", true}, {p("64:ff9b:1::/48"), "local translation", true}, {p("100::/64"), "discard", true},
		{p("2001::/32"), "Teredo", true}, {p("2002::/16"), "6to4", true}, {p("192.88.99.0/24"), "6to4 relay", true},
	}
}

// refused says why an address may not be connected to, or "". An IPv4 address within an IPv6 one is judged as what it is.
func refused(a netip.Addr, private bool) string {
	a = a.WithZone("").Unmap()
	if nat := netip.MustParsePrefix("64:ff9b::/96"); nat.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, r := range ranges() {
		if r.net.Contains(a) && (r.never || !private) {
			return r.name
		}
		if r.net.Contains(a) {
			return ""
		}
	}
	if !a.IsValid() || a.IsMulticast() || a.IsUnspecified() {
		return "not an address"
	}
	return ""
}
