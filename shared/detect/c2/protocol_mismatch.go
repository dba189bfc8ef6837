package c2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ProtocolMismatch finds protocols on ports that belong to others.
var ProtocolMismatch = detect.Spec{
	Type:  "c2.protocol_mismatch",
	Title: "Protocol on a port that is not its own",
	Text: "Compares what a conversation is with the port it uses: SSH, remote desktops, mail or name look-ups on 80 and 443; anything but names on 53, time on 123 " +
		"and SSH on 22, also where nobody knows what it is, once both sides sent 3 packets with content; plain HTTP on 443 to a bare address; TLS without a name to a bare address " +
		"outside on a port where none is usual. Firewalls judge by ports, and who goes out on another's goes around them. What looks the same: an administrator who put " +
		"SSH on 443 to get out of a hotel, DNSCrypt (names over UDP on 443), which is left alone, and a scanner that tries all protocols on all ports, which is told as the scan that it is.",
	Category: "c2", Tactics: []string{"TA0011", "TA0005"}, Techniques: []string{"T1571"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindConn, events.KindSSL, events.KindHTTP}, Version: 1,
	Yields: []string{"recon.port_scan", "recon.os_fingerprint", "c2.known_tool", "c2.reverse_shell", "c2.tor", "c2.anonymiser", "c2.rare_tls", "c2.dns_tunnel"},
	Background: "Most networks let 53, 80 and 443 out and block the rest. Attackers therefore send what they have through those: a shell on 53, an SSH tunnel on 443. A " +
		"service that does not speak what its port promises was put there by somebody who wanted not to be seen.",
	Mitigation: []string{
		"Find the program at the inside end of the conversation, and who started it.",
		"Block the outside address; let 53 out only to the site's resolvers and 123 only to its clocks.",
		"Use a firewall or a proxy that checks the protocol and not the port alone.",
	},
	New:    func() detect.Detector { return NewProtocolMismatch(ProtocolMismatchDefaults()) },
	Tuning: detect.Tuned(ProtocolMismatchDefaults, NewProtocolMismatch),
}

// ProtocolMismatchTunables are what may be set.
type ProtocolMismatchTunables struct {
	Packets uint64        `tune:"least packets of either side where nobody knows the protocol" min:"1" max:"1000"`
	Usual   []uint16      `tune:"ports where TLS without a name is usual"`
	Idle    time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"1m" max:"168h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"16" max:"100000"`
}

// ProtocolMismatchDefaults are the tunables that the project stands for.
func ProtocolMismatchDefaults() ProtocolMismatchTunables {
	return ProtocolMismatchTunables{
		Packets: 3, Idle: 24 * time.Hour, Pairs: 5_000,
		Usual: []uint16{
			21, 25, 80, 110, 143, 389, 443, 465, 563, 587, 636, 853, 989, 990, 992, 993, 995, 1194, 1433, 2083, 2087, 2096, 3268, 3269, 3306, 3389, 4190, 4433, 4443,
			5061, 5222, 5223, 5228, 5229, 5230, 5269, 5349, 5432, 5671, 5986, 6443, 6514, 8080, 8443, 8883, 9092, 9443, 10443,
		},
	}
}

// Mismatches remembers who used whose port.
type Mismatches struct {
	tune ProtocolMismatchTunables
	*detect.Cases
}

// NewProtocolMismatch makes the detector.
func NewProtocolMismatch(t ProtocolMismatchTunables) *Mismatches {
	return &Mismatches{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// portOwner is whose a port is. Services are compared by how they begin, so that "ldap" allows ldap_tcp.
type portOwner struct {
	port    uint16
	allowed []string
	unknown bool // what nobody knows does not belong there either
}

var portOwners = [...]portOwner{
	{53, []string{"dns"}, true},
	{123, []string{"ntp"}, true},
	{22, []string{"ssh"}, true},
	{25, []string{"smtp", "ssl"}, false},
	{80, []string{"http", "ssl", "websocket", "quic", "soap"}, false},
	{443, []string{"http", "ssl", "websocket", "quic", "dtls", "openvpn", "ipsec", "wireguard", "stun", "soap", "gssapi", "ntlm"}, false},
}

// strays are the services that are told where they do not belong. Others are too often something else.
var strays = [...]string{"ssh", "http", "ssl", "dns", "smtp", "ftp", "imap", "pop3", "rdp", "rfb", "socks", "telnet", "irc", "smb", "ldap", "mysql", "openvpn", "quic"}

// Observe looks at one record.
func (m *Mismatches) Observe(rec events.Record, v device.View) []detect.Finding {
	switch r := rec.(type) {
	case *events.Conn:
		if what := m.stray(r); what != "" {
			return m.tell(&r.Head, v, what)
		}
	case *events.SSL:
		if r.Established && r.ServerName == "" && v.Resp.IsExternal() && v.Orig.IsLocal() && !slices.Contains(m.tune.Usual, r.RespP) && len(r.CertChainFPs) < 2 {
			return m.tell(&r.Head, v, "TLS without a name")
		}
	case *events.HTTP:
		if r.RespP == 443 && v.Resp.IsExternal() && r.StatusCode > 0 && bareHost(r.Host) {
			return m.tell(&r.Head, v, "plain HTTP to a bare address")
		}
	}
	return nil
}

// stray names what is on a port that belongs to another; "" where all is well.
func (m *Mismatches) stray(c *events.Conn) string {
	for i := range portOwners {
		o := &portOwners[i]
		if o.port != c.RespP {
			continue
		}
		if c.Service == "" {
			if o.unknown && m.unknown(c) {
				return "something that nobody knows"
			}
			return ""
		}
		if o.port == 443 && c.IPProto == device.UDP && strings.HasPrefix(c.Service, "dns") {
			return "" // DNSCrypt, whose servers give out their certificates by plain questions on 443: many resolvers of privacy are such
		}
		return strayService(c.Service, o.allowed)
	}
	return ""
}

// strayService gives the first of a conversation's services that is told, unless one of them is allowed.
func strayService(services string, allowed []string) (stray string) {
	for rest := services; rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		for _, a := range allowed {
			if strings.HasPrefix(one, a) {
				return ""
			}
		}
		if stray == "" {
			stray = one
		}
	}
	for _, s := range strays {
		if strings.HasPrefix(stray, s) {
			return stray
		}
	}
	return ""
}

// unknown says whether a conversation of no known protocol is whole enough that it would be known if it were the port's.
func (m *Mismatches) unknown(c *events.Conn) bool {
	if c.OrigBytes == 0 || c.RespBytes == 0 || c.MissedBytes > 0 || c.OrigPkts < m.tune.Packets || c.RespPkts < m.tune.Packets {
		return false
	}
	return c.IPProto == device.UDP || c.IPProto == device.TCP && strings.HasPrefix(c.History, "S")
}

// bareHost says whether a Host header names an address.
func bareHost(host string) bool {
	if host == "" {
		return true
	}
	if name, _, ok := strings.Cut(host, ":"); ok && strings.Count(host, ":") == 1 {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// tell counts a conversation. A server outside leads whom it serves; else it is the client who went where it should not.
func (m *Mismatches) tell(h *events.Head, v device.View, what string) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: what}
	if v.Resp.IsExternal() && v.Orig.IsLocal() {
		k.By, k.To = h.RespH, h.OrigH
	}
	if known := m.Peek(k); known != nil && slices.Contains(known.UIDs, h.UID) {
		return nil // it goes on, and was counted
	}
	c := m.Note(k, h)
	if v.Resp.IsExternal() != v.Orig.IsExternal() {
		c.Flags = 1
	}
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{m.report(k, c)}
}

// Tick has nothing to do: a conversation is judged when it is told.
func (m *Mismatches) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (m *Mismatches) Close(device.View) []detect.Finding { return m.LastWords(m.report) }

func (m *Mismatches) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.7, fmt.Sprintf("%s spoke with port %d of %s in %s, and it was %s, which does not belong there.",
		c.Head.OrigH, c.Head.RespP, c.Head.RespH, tally(c.Count, "conversation"), k.What))
	if c.Flags == 0 {
		f.Terms = []events.Term{{Name: "one_side_of_the_edge", Points: -15, Reason: "it does not cross the edge of the local networks"}}
	}
	f.Properties = map[string]any{"what": k.What, "port": c.Head.RespP, "conversations": c.Count, "crosses_edge": c.Flags != 0}
	return f
}
