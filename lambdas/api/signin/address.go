package signin

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how many entries of X-Forwarded-For are read.
const maxHops = 16

// clientAddress is the peer's address. Where the peer is a trusted proxy, it is the last entry of X-Forwarded-For that is no trusted
// proxy itself: what stands before it anybody may have written.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	slices.Reverse(hops)
	for _, hop := range hops[:min(len(hops), maxHops)] {
		if !contains(trusted, at) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = next.Unmap()
	}
	return at.WithZone("").String()
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}
