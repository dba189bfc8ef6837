package api

import (
	"net/http"
	"net/netip"
	"strings"
)

const devicesPath = "/v1/devices/"

// whole takes the slash in a device's id (vpc-1/10.0.0.1) for a part of it where a proxy, or API Gateway, decoded the %2F that the client
// sent: routes are told apart by slashes.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), devicesPath); ok {
			scope, tail, _ := strings.Cut(rest, "/")
			address, more, deeper := strings.Cut(tail, "/")
			if isScoped(scope, address) {
				u := *r.URL
				u.RawPath = devicesPath + scope + "%2F" + address
				if deeper {
					u.RawPath += "/" + more
				}
				r = r.Clone(r.Context())
				r.URL = &u
			}
		}
		next.ServeHTTP(w, r)
	})
}

func isScoped(scope, address string) bool {
	if !strings.HasPrefix(scope, "vpc-") && !strings.HasPrefix(scope, "vni-") {
		return false
	}
	_, err := netip.ParseAddr(strings.ReplaceAll(address, "%3A", ":"))
	return err == nil
}
