package recon

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// HostSweep finds a host that looks for others.
var HostSweep = detect.Spec{
	Type:  "recon.host_sweep",
	Title: "Host sweep",
	Text: "Counts the different hosts to which one host sent the same empty question: a TCP port that was tried but not used, an ICMP " +
		"echo, a UDP datagram without an answer; and by ARP, 100 addresses within a minute that nobody has. A sweep finds out who is there, and worms spread by it. What looks the same: monitoring, " +
		"whose hosts answer; a browser or a resolver, whose servers answer, too; peer-to-peer programs, whose peers lie far apart, " +
		"so that outside the local networks UDP counts only where the hosts are neighbours.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1018"},
	Risk:      detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants:     []events.Kind{events.KindConn, events.KindARP},
	Yields:    []string{"access.worm"},
	GuardDuty: "Recon:EC2/PortProbeUnprotectedPort", Version: 2,
	Background: "A sweep asks many hosts the same question: is anybody there, or does anybody offer this service? It is how an intruder " +
		"draws a map, and how a worm finds its next victims.",
	Mitigation: []string{
		"Find the program on the offender that sweeps, and stop it if nobody knows it.",
		"If it is an inventory or a monitoring system, enter it as a known scanner (parameter known_scanners).",
		"Look for hosts that answered, and for what the offender did with them next.",
		"Keep subnets that need not talk to each other apart by security groups.",
	},
	New:    func() detect.Detector { return NewHostSweep(HostSweepDefaults()) },
	Tuning: detect.Tuned(HostSweepDefaults, NewHostSweep),
}

// HostSweepTunables are what may be set.
type HostSweepTunables struct {
	Hosts     int           `tune:"different silent hosts that make a sweep of the local networks, or of neighbours" min:"2" max:"65535"`
	Scattered int           `tune:"the same for TCP to hosts outside that lie far apart, and for DNS and NTP" min:"2" max:"1000000"`
	ARP       int           `tune:"the same by ARP, within a minute" min:"10" max:"65536"`
	Silent    float64       `tune:"least share of silent hosts among all that were asked" min:"0" max:"1"`
	Idle      time.Duration `tune:"a sweep that rests this long is over: it bounds how slow one may be" min:"1m" max:"168h"`
	Sweeps    int           `tune:"pairs of offender and question watched" min:"100" max:"1000000"`
}

// HostSweepDefaults are the tunables that the project stands for. A host with dead entries in its configuration asks a handful
// of silent hosts; a sweep that found nearly everybody at home is told by those who were not.
func HostSweepDefaults() HostSweepTunables {
	return HostSweepTunables{Hosts: 20, Scattered: 100, ARP: 100, Silent: 0.3, Idle: 2 * time.Hour, Sweeps: 10_000}
}

// neighbours is how many hosts of one /24 (IPv6: /120) there must be, on the average, for a sweep of addresses in order.
const neighbours = 4

// HostSweeper counts, for each offender and question, the hosts asked.
type HostSweeper struct {
	tune   HostSweepTunables
	sweeps *detect.Memory[question, sweep]
	detect.Memories
}

// question is who asks, and what.
type question struct {
	offender uint32
	proto    uint8
	port     uint16
}

type sweep struct {
	silent, answered sketch.Distinct // hosts
	nets             sketch.Distinct // /24s of the silent ones
	local            sketch.Distinct // silent hosts inside the local networks
	start, last      events.Time
	ladder           magnitude.Ladder
	victims          []netip.Addr
	uids             []string
	head             events.Head // of the latest question
	proto            string
	told             int // silent hosts at the last alert
}

// NewHostSweep makes the detector.
func NewHostSweep(t HostSweepTunables) *HostSweeper {
	h := &HostSweeper{tune: t, sweeps: detect.NewFilledMemory(t.Sweeps, 's', 1, sweepFields)}
	h.Memories = detect.Memories{h.sweeps}
	return h
}

// Observe counts who was asked, and who kept silent.
func (h *HostSweeper) Observe(r events.Record, v device.View) []detect.Finding {
	if a, is := r.(*events.ARP); is {
		return h.arp(a, v)
	}
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || v.Resp.Class == device.Group {
		return nil
	}
	q, silent, asks := ask(c)
	if !asks {
		return nil
	}
	q.offender = v.Orig.Serial
	if !silent {
		// Only those who already asked somebody silent are worth remembering.
		if s := h.sweeps.Peek(q); s != nil {
			s.answered.Add(hash(c.RespH))
			h.sweeps.Note(q)
		}
		return nil
	}
	s, _ := h.sweeps.Put(q)
	h.sweeps.Note(q)
	if c.TS.Sub(s.last) > h.tune.Idle {
		*s = sweep{start: c.TS, last: c.TS}
	}
	s.head, s.proto = c.Head, c.Proto
	if !s.count(c, v) || !h.climbs(s, q) {
		return nil
	}
	s.told = s.silent.Count()
	return []detect.Finding{s.report(q)}
}

// Close brings the numbers of sweeps that were told up to date.
func (h *HostSweeper) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for q, s := range h.sweeps.All {
		if s.told == 0 || s.silent.Count() == s.told {
			continue
		}
		f := s.report(q)
		f.Final = true
		found = append(found, f)
	}
	return found
}

// Tick has nothing to do: a sweep is told while it happens.
func (h *HostSweeper) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many sweeps had to be forgotten for want of room.
func (h *HostSweeper) Overflow() uint64 { return h.sweeps.Evicted() }

// ask says which question a conversation asks, if any, and whether nobody answered it.
func ask(c *events.Conn) (q question, silent, asks bool) {
	q = question{proto: c.IPProto, port: c.RespP}
	switch c.IPProto {
	case device.TCP:
		if c.TCPFlags&flagSYN == 0 && c.TCPFlags != 0 && answerLike(c) {
			return q, false, false
		}
		if c.RespP == netbiosSession || emptyTCP(c) && !unopened(c) {
			return q, false, false
		}
		return q, emptyTCP(c), true
	case device.UDP:
		if subnetBroadcast(c.RespH) || c.OrigP < 1024 && c.RespP >= 1024 {
			return q, false, false
		}
		return q, unansweredUDP(c), true
	case device.ICMP, icmpV6:
		q.port = 0
		return q, c.RespPkts == 0, c.OrigP == echo && c.IPProto == device.ICMP || c.OrigP == echoV6 && c.IPProto == icmpV6
	}
	return q, false, false
}

// netbiosSession is tried by Windows beside port 445 and left as soon as that answers, so that it is always asked in vain.
const netbiosSession = 139

// unopened: no connection came about, or the originator never completed it, as in a SYN scan. One that was completed and closed
// unused tells neither way: browsers and SMB clients open some for later.
func unopened(c *events.Conn) bool {
	return !device.Answered(c) || strings.Count(c.History, "A") == 0
}

// ICMP echo requests: RFC 792, and RFC 4443 for IPv6.
const (
	echo   = 8
	icmpV6 = 58
	echoV6 = 128
)

func hash(a netip.Addr) uint64 {
	b := a.As16()
	h := uint64(0)
	for _, x := range b {
		h = h*257 + uint64(x)
	}
	return sketch.Mix(h)
}

// count adds a silent host and says whether it is a new one.
func (s *sweep) count(c *events.Conn, v device.View) bool { return s.add(&c.Head, ended(c), v) }

func (s *sweep) add(c *events.Head, end events.Time, v device.View) bool {
	s.start, s.last = min(s.start, c.TS), max(s.last, end)
	if !s.silent.Add(hash(c.RespH)) {
		return false
	}
	bits := 24
	if c.RespH.Is6() {
		bits = 120
	}
	net, _ := c.RespH.Prefix(bits) // cannot fail: the length fits the family
	s.nets.Add(hash(net.Addr()))
	if v.Resp.IsLocal() {
		s.local.Add(hash(c.RespH))
	}
	if len(s.victims) < maxScanVictims {
		s.victims = append(s.victims, c.RespH)
	}
	s.uids = keep(s.uids, c.UID)
	return true
}

func (h *HostSweeper) climbs(s *sweep, q question) bool {
	silent := s.silent.Count()
	if silent < h.tune.Hosts {
		return false
	}
	if float64(silent) < h.tune.Silent*float64(silent+s.answered.Count()) {
		return false
	}
	first := h.tune.Hosts
	if q.proto == arpQuestion {
		return silent >= h.tune.ARP && s.ladder.Climb(float64(silent), float64(h.tune.ARP))
	}
	if q.proto == device.UDP && infrastructure(q.port) {
		first = h.tune.Scattered
	}
	if 2*s.local.Count() < silent && silent < neighbours*s.nets.Count() {
		if q.proto != device.TCP || !wormPort(q.port) {
			return false
		}
		first = h.tune.Scattered
	}
	return s.ladder.Climb(float64(silent), float64(first))
}

// wormPort: a service that worms and miners look for all over the Internet. On other ports it is peer-to-peer programs that call many
// hosts which are gone.
func wormPort(port uint16) bool {
	switch port {
	case 1433, 1521, 2323, 2375, 3306, 3389, 5432, 5555, 5900, 5985, 6379, 7547, 7001, 8080, 8088, 8443, 8545, 9200, 11211, 27017, 37215:
		return true
	}
	return port < 1024
}

// infrastructure: DNS and NTP. A resolver, or a host with stale name servers in its configuration, asks many that keep silent.
func infrastructure(port uint16) bool { return port == 53 || port == 123 }

func (s *sweep) report(q question) detect.Finding {
	c := &s.head
	silent, answered := s.silent.Count(), s.answered.Count()
	what := fmt.Sprintf("%s port %d", s.proto, q.port)
	if q.port == 0 {
		what = "ICMP echo"
	}
	if q.proto == arpQuestion {
		what = "ARP"
	}
	f := detect.Finding{
		Key:        fmt.Sprintf("%s %d/%d", c.OrigH, q.proto, q.port),
		Confidence: 0.85, Start: s.start, End: s.last, UIDs: s.uids, VNI: c.VNI, Sensor: c.Sensor,
		Offenders:   []detect.Party{{Addr: c.OrigH, Endpoint: detect.Client}},
		Description: fmt.Sprintf("%s asked for hosts by %s within %s: %s did not respond and %s did.", c.OrigH, what, detect.Lasted(s.last.Sub(s.start)), s.silent.Text(), s.answered.Text()),
		Properties: map[string]any{
			"hosts": silent + answered, "silent": silent, "proto": s.proto, "port": q.port, "networks": s.nets.Count(),
			"seconds": s.last.Sub(s.start).Seconds(),
		},
	}
	if q.proto == arpQuestion {
		delete(f.Properties, "networks") // all of one link
		delete(f.Properties, "port")
		f.Terms = []events.Term{{Name: "one_link", Points: -15, Reason: "ARP reaches no further than the link, and routers of large links ask as much when somebody outside sweeps"}}
	}
	for _, a := range s.victims {
		f.Victims = append(f.Victims, detect.Party{Addr: a, Port: q.port, Endpoint: detect.Server})
	}
	return f
}
