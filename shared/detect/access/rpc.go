package access

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// rpcPath is a place on a server that a call names.
type rpcPath struct {
	host string // name or address, without port
	deep int    // steps below the host: 0 is the server alone, 2 a file on a share
}

// rpcPaths finds the places on servers in a call's texts: \\host\share\file, and \??\UNC\host\share\file.
func rpcPaths(args string) (paths []rpcPath) {
	for args != "" {
		at := strings.Index(args, `\\`)
		skip := 2
		if unc := strings.Index(args, `UNC\`); unc >= 0 && (at < 0 || unc < at) {
			at, skip = unc, 4
		}
		if at < 0 {
			return paths
		}
		rest := args[at+skip:]
		end := strings.IndexByte(rest, ' ')
		if end < 0 {
			end = len(rest)
		}
		host, below, _ := strings.Cut(rest[:end], `\`)
		host, _, _ = strings.Cut(host, "@") // WebDAV: host@80
		if host == "?" || host == "." {
			args = rest
			continue
		}
		if host != "" {
			paths = append(paths, rpcPath{host: host, deep: len(strings.FieldsFunc(below, func(r rune) bool { return r == '\\' }))})
		}
		args = rest[end:]
	}
	return paths
}

// rpcElsewhere says how sure it is that a host which a call names is another than the one that is called: an address that is not its own is
// certain, a name that is none of its names is likely. 0: it is the same.
func rpcElsewhere(host string, called netip.Addr, d *device.Device) float64 {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Unmap() == called.Unmap() || a.IsLoopback() {
			return 0
		}
		return 0.95
	}
	if strings.EqualFold(host, "localhost") {
		return 0
	}
	label, _, _ := strings.Cut(host, ".")
	if d != nil {
		for i := range d.Names {
			if known, _, _ := strings.Cut(d.Names[i].Text, "."); strings.EqualFold(label, known) {
				return 0
			}
		}
	}
	return 0.75
}

// rpcSucceeded says whether a call's answer was seen, and said that it worked.
func rpcSucceeded(c *events.DCERPC) bool { return c.Status != nil && *c.Status == 0 && c.Fault == 0 }

// rpcCount says how many there are of something: "1 server", "3 servers".
func rpcCount(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
