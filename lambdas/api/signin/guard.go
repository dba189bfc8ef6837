package signin

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// GuardOptions say how the server is reached.
type GuardOptions struct {
	TLS      bool     // over TLS, here or at a proxy before it
	Loopback bool     // bound to the loopback: only its own names are answered
	Hosts    []string // other names under which it is reached; where there are any, no further ones are answered
}

// Guard puts what a browser must know before every answer, and refuses a request under a name that is not ours (another site's name
// that was turned to this address to read what is on it) and a change that another site's page sends.
func Guard(next http.Handler, o GuardOptions) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), r, o.TLS)
		if !o.answers(r.Host) {
			problem(w, http.StatusMisdirectedRequest, "host "+printable(r.Host, 100)+" is not a name of this server")
			return
		}
		if err := origin.Check(r); err != nil {
			problem(w, http.StatusForbidden, "the request comes from another site")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func setHeaders(h http.Header, r *http.Request, tls bool) {
	h.Set("Content-Security-Policy", deploy.ContentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", deploy.Permissions)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	if tls {
		h.Set("Strict-Transport-Security", "max-age="+strconv.Itoa(deploy.StrictSeconds)+"; includeSubDomains")
	}
	if strings.HasPrefix(r.URL.Path, "/v1/") { // what the API says is for whoever asked, and may be secret tomorrow
		h.Set("Cache-Control", "no-store")
	}
}

// answers says whether a Host header names this server.
func (o GuardOptions) answers(host string) bool {
	name := hostName(host)
	if slices.ContainsFunc(o.Hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	if o.Loopback || len(o.Hosts) > 0 {
		a, err := netip.ParseAddr(name)
		return name == "localhost" || err == nil && (a == netip.IPv6Loopback() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return true
}

// hostName is the host without port and brackets, in lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return strings.ToLower(host)
}

// problem answers a refusal in the API's shape.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Disposition", `attachment; filename="problem.json"`)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck // whoever asked is gone
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}
