package impact

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// UDPAmplification finds a host that is buried under answers to questions it never asked, and servers of one's own that send them.
var UDPAmplification = detect.Spec{
	Type:  "impact.udp_amplification",
	Title: "UDP amplification",
	Text: "Counts the different hosts that send answers to one host that never asked them, from services whose answers are larger than " +
		"the questions (DNS, NTP, SNMP, SSDP, CLDAP, memcached and such): 50 within a minute, or three outside with 1 MB; of DNS only answers of " +
		"1,000 bytes and more on the average. And it counts what one's own servers answered to one host outside, or by NTP, memcached and the " +
		"like to any: 1 MB within a minute, ten times as much as was asked. What looks the same: a mirror that shows one direction only of a busy " +
		"resolver, and printers and televisions that answer a call to all.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1498.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindConn}, GuardDuty: "Backdoor:EC2/DenialOfService.UdpOnTcpPorts", Version: 1,
	Background: "UDP does not prove who asks. An attacker sends small questions under the victim's address to many servers whose answers are " +
		"large, and all of these go to the victim. The servers are honest but open to everybody; the attacker stays hidden.",
	Mitigation: []string{
		"Let AWS Shield or the provider drop the answers; a network ACL on the source port helps where the service is not used.",
		"If servers of one's own are used for it, close the port to the Internet now.",
		"Switch off what makes the answers large: NTP monlist, SNMP with a public community, recursion for strangers, memcached over UDP.",
		"Look whether the victim can still be reached.",
	},
	New:    func() detect.Detector { return NewUDPAmplification(UDPAmplificationDefaults()) },
	Tuning: detect.Tuned(UDPAmplificationDefaults, NewUDPAmplification),
}

// UDPAmplificationTunables are what may be set.
type UDPAmplificationTunables struct {
	Reflectors int           `tune:"different hosts within the window whose answers nobody asked for" min:"5" max:"1000000"`
	Few        int           `tune:"the same, where they send as many bytes as reflected says" min:"1" max:"1000000"`
	DNSBytes   int           `tune:"bytes of the answers of DNS on the average" min:"0" max:"65535"`
	Reflected  uint64        `tune:"bytes within the window, IP headers included, that are much for one host" min:"1000" max:"1000000000"`
	Factor     float64       `tune:"how many times longer than its questions an answer must be, on one's own servers" min:"1" max:"100000"`
	Window     time.Duration `tune:"within which they must come" min:"1s" max:"1h"`
	Idle       time.Duration `tune:"what rests this long is over" min:"1s" max:"24h"`
	Victims    int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// UDPAmplificationDefaults are the tunables that the project stands for.
func UDPAmplificationDefaults() UDPAmplificationTunables {
	return UDPAmplificationTunables{
		Reflectors: 50, Few: 3, DNSBytes: 1000, Reflected: 1_000_000, Factor: 10, Window: time.Minute, Idle: 10 * time.Minute, Victims: 10_000,
	}
}

// What a case counts.
const (
	received  = "answers nobody asked for"
	resolved  = "answers of DNS nobody asked for"
	reflected = "answers to a made-up address"
)

// portDNS is DNS's.
const portDNS = 53

// UDPAmplifying counts answers by who gets them.
type UDPAmplifying struct {
	tune UDPAmplificationTunables
	*detect.Cases
}

// NewUDPAmplification makes the detector.
func NewUDPAmplification(t UDPAmplificationTunables) *UDPAmplifying {
	return &UDPAmplifying{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Victims, Idle: t.Idle})}
}

// Observe counts answers without a question, and answers that are much larger than theirs.
func (u *UDPAmplifying) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || c.IPProto != device.UDP || v.Resp.Class == device.Group {
		return nil
	}
	if victim, reflector, size, ok := unasked(c, v); ok {
		return u.receive(c, victim, reflector, size, v)
	}
	if (v.Orig.IsExternal() && v.Resp.IsLocal() && amplifies(c.RespP) || neverMuch(c.RespP)) && float64(c.RespBytes) >= u.tune.Factor*float64(max(c.OrigBytes, 1)) {
		return u.reflect(c)
	}
	return nil
}

// unasked says of a conversation in which one side only spoke, from a service's port, who sent how many bytes of answers to whom, IP headers included, which a record always has.
func unasked(c *events.Conn, v device.View) (victim netip.Addr, reflector detect.Party, size uint64, ok bool) {
	if v.Orig.IsLocal() && v.Resp.IsLocal() && askedOfAll(c.OrigP, c.RespP) {
		return victim, reflector, 0, false
	}
	switch {
	case c.OrigPkts == 0 && c.RespPkts > 0 && amplifies(c.RespP) && !amplifies(c.OrigP):
		return c.OrigH, detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server}, c.RespIPBytes, true
	case c.RespPkts == 0 && c.OrigPkts > 0 && amplifies(c.OrigP) && !amplifies(c.RespP):
		return c.RespH, detect.Party{Addr: c.OrigH, Port: c.OrigP, Endpoint: detect.Client}, c.OrigIPBytes, true
	}
	return victim, reflector, 0, false
}

// amplifies says whether a UDP service answers with more than it is asked, as those do that were used for it (US-CERT TA14-017A and later).
func amplifies(port uint16) bool {
	switch port {
	case 17, 19, portDNS, 69, 111, 123, 137, 161, 389, 427, 520, 1434, 1900, 3283, 3702, 5093, 5353, 5683, 10001, 11211, 27015, 32414, 33848, 37810:
		return true
	}
	return false
}

// neverMuch: services that have little to answer to anybody: quote of the day, chargen, NTP, SSDP, memcached over UDP.
func neverMuch(port uint16) bool {
	return port == 17 || port == 19 || port == 123 || port == 1900 || port == 11211
}

// askedOfAll: services that are found by a call to all, whose answers come in conversations of their own.
func askedOfAll(a, b uint16) bool {
	for _, p := range [2]uint16{a, b} {
		switch p {
		case 69, 137, 427, 1900, 3702, 5353, 10001, 27015, 32414:
			return true
		}
	}
	return false
}

func (u *UDPAmplifying) receive(c *events.Conn, victim netip.Addr, reflector detect.Party, size uint64, v device.View) []detect.Finding {
	k := detect.CaseKey{VNI: c.VNI, To: victim, What: received}
	if reflector.Port == portDNS {
		k.What = resolved
	}
	one := u.Within(k, &c.Head, u.tune.Window)
	one.Against(reflector)
	one.Things.Add(portHash(reflector.Port))
	one.Sum += size
	packets := c.OrigPkts + c.RespPkts // of one side only
	one.Flags += packets
	if k.What == resolved && one.Sum < uint64(u.tune.DNSBytes)*one.Flags {
		return nil
	}
	degree := float64(one.Hosts.Count()) / float64(u.tune.Reflectors)
	if one.Hosts.Count() >= u.tune.Few && v.IsExternal(reflector.Addr) {
		degree = max(degree, float64(one.Sum)/float64(u.tune.Reflected))
	}
	if !one.Reached(int(degree*thousandths), thousandths) {
		return nil
	}
	return []detect.Finding{u.report(k, one)}
}

// reflect counts what servers sent to one host that seems to have asked. Flags holds the bytes that were asked with.
func (u *UDPAmplifying) reflect(c *events.Conn) []detect.Finding {
	k := detect.CaseKey{VNI: c.VNI, To: c.OrigH, What: reflected}
	one := u.Within(k, &c.Head, u.tune.Window)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	one.Things.Add(portHash(c.RespP))
	one.Sum, one.Flags = one.Sum+c.RespIPBytes, one.Flags+c.OrigIPBytes
	if one.Sum < u.tune.Reflected || !one.Reached(int(one.Sum/1000), int(u.tune.Reflected/1000)) {
		return nil
	}
	return []detect.Finding{u.report(k, one)}
}

// Tick has nothing to do: it is told while it happens.
func (u *UDPAmplifying) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (u *UDPAmplifying) Close(device.View) []detect.Finding { return u.LastWords(u.report) }

func (u *UDPAmplifying) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	within := span(c)
	from := number(&c.Things, "port", "ports")
	if len(c.Victims) > 0 && c.Things.Count() == 1 {
		from = fmt.Sprintf("port %d", c.Victims[0].Port)
	}
	said := fmt.Sprintf("%s hosts sent %d bytes of answers from UDP %s to %s within %s, which had not asked them.", c.Hosts.Text(), c.Sum, from, k.To, within)
	properties := map[string]any{
		"reflectors": c.Hosts.Count(), "conversations": c.Count, "bytes": c.Sum, "ports": c.Things.Count(), "seconds": seconds(c),
	}
	if k.What == reflected {
		said = fmt.Sprintf("%s answered %s with %d bytes from UDP %s within %s, to questions of %d bytes: somebody probably asks under its address.",
			number(&c.Hosts, "server", "servers"), k.To, c.Sum, from, within, c.Flags)
		properties["asked_bytes"] = c.Flags
	}
	f := floodFinding(k, c, 0, 0.85, said)
	f.Properties = properties
	return f
}
