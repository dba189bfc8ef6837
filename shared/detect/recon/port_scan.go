package recon

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// PortScan finds a host that tries many ports of another.
var PortScan = detect.Spec{
	Type:  "recon.port_scan",
	Title: "Port scan",
	Text: "Counts the different ports of a host to which another sent conversations that carried nothing: refused, unanswered, or " +
		"dropped as soon as they were accepted, with whatever TCP flags, and UDP without an answer. A scan is how an intruder learns " +
		"where to strike. What looks the same: traceroute (UDP ports from 33434), a server's late answers to clients' ports, and " +
		"peer-to-peer programs that try ephemeral ports; ports from 32768 on count only in hundreds.",
	Category: "recon", Tactics: []string{"TA0043", "TA0007"}, Techniques: []string{"T1046"},
	Risk:      detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Low},
	Wants:     []events.Kind{events.KindConn},
	GuardDuty: "Recon:EC2/Portscan", Version: 1,
	Background: "Before an intruder can attack a service, it must know that it is there. A scanner sends the first packet of a " +
		"conversation to one port after another and notes who answers; tools such as nmap and masscan do thousands a second, and " +
		"patient people do a few an hour.",
	Mitigation: []string{
		"Find out what runs on the offender at this moment: the process that scans is the intruder's, or a tool of your own.",
		"If the scan is your own, enter the scanner as a known scanner (parameter known_scanners), so that the next one is no news.",
		"Narrow the security groups of the victims to the ports and sources that are needed.",
		"Look at what else the offender did within the day: attempts at log-in mostly follow.",
	},
	New:    func() detect.Detector { return NewPortScan(PortScanDefaults()) },
	Tuning: detect.Tuned(PortScanDefaults, NewPortScan),
}

// PortScanTunables are what may be set.
type PortScanTunables struct {
	Ports     int           `tune:"different ports of one victim that make a scan" min:"2" max:"65535"`
	Ephemeral int           `tune:"the same, where most of them are ports that clients speak from" min:"2" max:"65535"`
	Crafted   int           `tune:"conversations with flags that no stack sends, of one pair" min:"1" max:"100000"`
	Idle      time.Duration `tune:"a pair that rests this long begins anew: it bounds how slow a scan may be" min:"1m" max:"168h"`
	Pairs     int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
	Offenders int           `tune:"offenders remembered" min:"100" max:"1000000"`
}

// PortScanDefaults are the tunables that the project stands for. Honest hosts hit a handful of closed ports of a peer in hours; a
// pair takes up to 2 KiB, and only conversations that carried nothing make one.
func PortScanDefaults() PortScanTunables {
	return PortScanTunables{Ports: 20, Ephemeral: 150, Crafted: 3, Idle: 6 * time.Hour, Pairs: 20_000, Offenders: 2_000}
}

// firstEphemeral is where Linux begins to take clients' ports (ip_local_port_range); IANA's range begins later, at 49152.
const firstEphemeral = 32768

// Traceroute's UDP ports: one a probe, from 33434 on.
const (
	firstTraceroute = 33434
	lastTraceroute  = 33534
)

// PortScanner counts, for each pair of hosts, the ports tried in vain.
type PortScanner struct {
	tune      PortScanTunables
	pairs     *detect.Memory[uint64, scannedPair]
	offenders *detect.Memory[uint32, scanner]
	detect.Memories
}

type scannedPair struct {
	fixed, ephemeral sketch.Distinct // ports below and from firstEphemeral
	crafted          int
	mixed            bool // SYN and FIN together was among them: who learns what system it is sends that, and is told as such
	start, last      events.Time
	ladder           magnitude.Ladder
	kinds            [len(scanKinds)]bool
	uids             []string
	head             events.Head // of the latest probe
	told             int         // ports at the last alert
}

type scanner struct{ victims []netip.Addr }

// NewPortScan makes the detector.
func NewPortScan(t PortScanTunables) *PortScanner {
	s := &PortScanner{
		tune: t, pairs: detect.NewFilledMemory(t.Pairs, 'p', 2, scannedPairFields), offenders: detect.NewFilledMemory(t.Offenders, 'o', 1, scannerFields),
	}
	s.Memories = detect.Memories{s.pairs, s.offenders}
	return s
}

// Observe counts conversations that look like probes.
func (s *PortScanner) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.Conn)
	if !ok || c.Interim || v.Resp.Class == device.Group || !portProbe(c) {
		return nil
	}
	key := pair(v.Orig, v.Resp)
	p, _ := s.pairs.Put(key)
	s.pairs.Note(key)
	if c.TS.Sub(p.last) > s.tune.Idle {
		*p = scannedPair{start: c.TS, last: c.TS}
	}
	p.count(c)
	p.head = c.Head
	fixed, ephemeral := p.fixed.Count(), p.ephemeral.Count()
	if !p.climbs(s.tune, fixed, ephemeral) {
		return nil
	}
	p.told = fixed + ephemeral
	return []detect.Finding{s.report(v.Orig.Serial, p)}
}

// Close brings the numbers of scans that were told up to date.
func (s *PortScanner) Close(device.View) []detect.Finding {
	var found []detect.Finding
	for key, p := range s.pairs.All {
		if p.told == 0 || p.fixed.Count()+p.ephemeral.Count() == p.told {
			continue
		}
		f := s.report(uint32(key>>32), p)
		f.Final = true
		found = append(found, f)
	}
	return found
}

// Tick has nothing to do: a scan is told while it happens.
func (s *PortScanner) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many pairs and offenders had to be forgotten for want of room.
func (s *PortScanner) Overflow() uint64 { return s.pairs.Evicted() + s.offenders.Evicted() }

func portProbe(c *events.Conn) bool {
	switch c.IPProto {
	case device.TCP:
		return emptyTCP(c)
	case device.UDP:
		return unansweredUDP(c) && (c.RespP < firstTraceroute || c.RespP > lastTraceroute) && !subnetBroadcast(c.RespH)
	}
	return false
}

func (p *scannedPair) count(c *events.Conn) {
	p.start, p.last = min(p.start, c.TS), max(p.last, ended(c))
	p.kinds[scanKind(c)] = true
	fresh := false
	h := sketch.Mix(uint64(c.IPProto)<<16 | uint64(c.RespP))
	if c.RespP < firstEphemeral {
		fresh = p.fixed.Add(h)
	} else {
		fresh = p.ephemeral.Add(h)
	}
	if oddFlags(c) == oddSYNFIN {
		p.mixed = true
	}
	if crafted(c) {
		p.crafted++
		fresh = true
	}
	if fresh {
		p.uids = keep(p.uids, c.UID)
	}
}

// maxFingerprintPorts: who learns what system a host runs needs an open and a closed port of it.
const maxFingerprintPorts = 4

// climbs says whether there is something new to tell. One port that was tried twice moves nothing.
func (p *scannedPair) climbs(t PortScanTunables, fixed, ephemeral int) bool {
	if p.crafted >= t.Crafted && (!p.mixed || fixed+ephemeral > maxFingerprintPorts) {
		return p.ladder.Climb(float64(max(fixed+ephemeral, t.Ports)), float64(t.Ports))
	}
	if fixed < t.Ports && ephemeral < t.Ephemeral {
		return false
	}
	return p.ladder.Climb(float64(fixed+ephemeral), float64(t.Ports))
}

func (s *PortScanner) report(offender uint32, p *scannedPair) detect.Finding {
	c, ports := &p.head, p.fixed.Count()+p.ephemeral.Count()
	o, _ := s.offenders.Put(offender)
	s.offenders.Note(offender)
	if len(o.victims) < maxScanVictims && !containsAddr(o.victims, c.RespH) {
		o.victims = append(o.victims, c.RespH)
	}
	f := detect.Finding{
		Key: c.OrigH.String(), Confidence: 0.9, Start: p.start, End: p.last, UIDs: p.uids, VNI: c.VNI, Sensor: c.Sensor,
		Offenders: []detect.Party{{Addr: c.OrigH, Endpoint: detect.Client}},
		Properties: map[string]any{
			"ports": ports, "victims": len(o.victims), "kinds": p.kindNames(), "seconds": p.last.Sub(p.start).Seconds(),
			"crafted": p.crafted,
		},
	}
	for _, a := range o.victims {
		f.Victims = append(f.Victims, detect.Party{Addr: a, Endpoint: detect.Server})
	}
	if ports < s.tune.Ports {
		f.Confidence = 0.7
		f.Description = fmt.Sprintf("%s sent %s %d conversations with TCP flags that no network stack sends.", c.OrigH, c.RespH, p.crafted)
		return f
	}
	f.Description = fmt.Sprintf("%s tried %s ports of %s within %s.", c.OrigH, p.text(), c.RespH, detect.Lasted(p.last.Sub(p.start)))
	if n := len(o.victims); n > 1 {
		f.Description = fmt.Sprintf("%s scanned the ports of %d hosts, last %s of %s.", c.OrigH, n, p.text(), c.RespH)
	}
	return f
}

// maxScanVictims is how many victims are named; a detection shows no more.
const maxScanVictims = 64

// scanKinds name the probes as nmap's options do.
var scanKinds = [...]string{"syn", "connect", "fin", "xmas", "null", "ack", "udp"}

// scanKind is the place of a conversation's kind in scanKinds.
func scanKind(c *events.Conn) int {
	const syn, connect, fin, xmas, null, ack, udp = 0, 1, 2, 3, 4, 5, 6
	flags := c.TCPFlags
	switch {
	case c.IPProto == device.UDP:
		return udp
	case flags&flagSYN != 0 && flags&flagACK != 0:
		return connect
	case flags&flagSYN != 0:
		return syn
	case flags&flagURG != 0:
		return xmas
	case flags&flagFIN != 0:
		return fin
	case flags&flagACK != 0:
		return ack
	}
	return null
}

// text is the number of ports for a person.
func (p *scannedPair) text() string {
	if p.ephemeral.Count() == 0 {
		return p.fixed.Text()
	}
	sum := strconv.Itoa(p.fixed.Count() + p.ephemeral.Count())
	if strings.HasPrefix(p.fixed.Text()+p.ephemeral.Text(), "about") {
		return "about " + sum
	}
	return sum
}

func (p *scannedPair) kindNames() []string {
	var names []string
	for i, seen := range p.kinds {
		if seen {
			names = append(names, scanKinds[i])
		}
	}
	return names
}

func containsAddr(list []netip.Addr, a netip.Addr) bool {
	for _, have := range list {
		if have == a {
			return true
		}
	}
	return false
}
