package c2

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Beacon finds a host that calls home.
var Beacon = detect.Spec{
	Type:  "c2.beacon",
	Title: "Beaconing",
	Text: "Measures how regularly a host turns to the same server: HTTP requests by the name they ask for, TLS by the name in the handshake, " +
		"and any other conversation by address and port, refused ones too. An implant asks for orders by the clock, with some jitter, and " +
		"mostly gets the same empty answer; people come in bursts. What looks the same: telemetry, polling and monitoring. Rhythm alone is " +
		"therefore not enough when the server has a name and a usual port: the more marks of a makeshift server there are (no name, " +
		"odd port, self-signed certificate), the fewer contacts it takes. Inside the local networks only HTTP to bare addresses counts, at low risk, and not where one page is fetched again and again, as health checks do.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1071.001", "T1573"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindConn, events.KindHTTP, events.KindSSL}, GuardDuty: "Backdoor:EC2/C&CActivity.B", Version: 1,
	New: func() detect.Detector { return NewBeacon(BeaconDefaults()) },
}

// BeaconTunables are what may be set.
type BeaconTunables struct {
	Contacts [4]int        // contacts it takes, by marks: none, one, two, three or more
	Regular  float64       // least regularity, as rhythm.Beat has it
	Score    float64       // least sum of rhythm and sameness of sizes
	Fastest  time.Duration // shorter intervals are the chatter of a program at work
	Span     time.Duration // least time from the first contact to the last
	Idle     time.Duration // a series that rests this long begins anew
	Series   int           // series watched
	Popular  int           // local devices that use a server which is then no rarity
	Ports    []uint16      // services whose clients poll by design
	Ignore   []string      // domains that ordinary machines poll
	Monitors []string      // beginnings of the user agents of monitoring programs
}

// BeaconDefaults are the tunables that the project stands for. A series takes up to 3 KiB.
func BeaconDefaults() BeaconTunables {
	return BeaconTunables{
		Contacts: [4]int{14, 9, 8, 3}, Regular: 0.45, Score: 0.55, Fastest: time.Second, Span: 20 * time.Second,
		Idle: 26 * time.Hour, Series: 20_000, Popular: 5,
		Ports: []uint16{
			21, 22, 25, 53, 67, 68, 88, 110, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 445, 465, 500, 514, 587, 636, 853, 993, 995,
			1900, 3478, 3702, 4500, 5060, 5061, 5222, 5223, 5228, 5353, 5355,
		},
		Ignore: []string{
			"google.com", "gstatic.com", "googleapis.com", "gvt1.com", "microsoft.com", "windows.com", "windowsupdate.com", "office.com",
			"office365.com", "live.com", "skype.com", "msftncsi.com", "msftconnecttest.com", "apple.com", "icloud.com", "mozilla.com",
			"mozilla.org", "mozilla.net", "firefox.com", "ubuntu.com", "debian.org", "fedoraproject.org", "docker.io", "facebook.com",
			"whatsapp.net", "slack.com", "zoom.us", "dropbox.com", "datadoghq.com", "newrelic.com", "amazontrust.com", "digicert.com",
			"letsencrypt.org", "lencr.org", "sectigo.com", "aws.amazon.com", "api.aws", "amazonaws.com",
		},
		Monitors: []string{
			"Prometheus/", "ELB-HealthChecker", "kube-probe", "GoogleHC", "Consul", "Zabbix", "check_http", "Nagios", "Datadog",
			"Telegraf", "Amazon-Route53-Health", "Pingdom", "UptimeRobot", "Blackbox", "Elastic-Heartbeat", "Microsoft-WNS", "aws-sdk",
		},
	}
}

// kept is how many contacts of a series are remembered: enough for quartiles, and half a day of minutes is not needed to see a clock.
const kept = 128

// Beacons keeps the series of contacts.
type Beacons struct {
	tune   BeaconTunables
	facts  *bounded.Table[link, fact]
	series *bounded.Table[thread, series]
}

// retryGap is how long a stack goes on with one SYN: Linux's tcp_syn_retries ends it after two minutes.
const retryGap = 130 * time.Second

// link is a client and a server's port.
type link struct {
	client, server uint32
	port           uint16
	proto          uint8
}

// fact is what TLS handshakes told about a link.
type fact struct {
	sni  string
	ja3  string
	lone bool // one certificate and no chain: self-signed, or of a private authority
	tls  bool
}

// thread is a client and whom it turns to: a name, or an address where there is none.
type thread struct {
	client uint32
	name   uint64
	port   uint16
	proto  uint8
	http   bool
}

type series struct {
	moments     []int64
	out         []float64 // bytes the client sent, a contact
	next        int       // of the ring, once it is full
	count       int
	evaluated   int    // count at the last evaluation
	failed      int    // contacts that got no conversation
	silent      int    // of these, the ones that got no packet at all
	lastPort    uint16 // the client's, of the latest contact
	posts       int
	started     events.Time
	last        events.Time
	ladder      magnitude.Ladder
	peer        ends
	uids        []string
	paths       sketch.Distinct
	vni         uint32
	sensor      string
	sameSocket  int // contacts from the same port as the one before
	told        int // contacts at the last alert
	insideLocal bool
}

// ends is what is known of the two ends of a series.
type ends struct {
	client, server netip.Addr
	port           uint16
	proto          string
	service        string
	name           string // SNI or Host; "" where there is none, or an address
	agent          string
	fact           fact
}

// NewBeacon makes the detector.
func NewBeacon(t BeaconTunables) *Beacons {
	return &Beacons{t, bounded.New[link, fact](t.Series), bounded.New[thread, series](t.Series)}
}

// Observe adds a contact to its series and, now and then, measures it.
func (b *Beacons) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.SSL:
		b.learn(r, v)
	case *events.HTTP:
		return b.request(r, v)
	case *events.Conn:
		return b.conversation(r, v)
	}
	return nil
}

// Tick has nothing to do: a series is measured when it grows.
func (b *Beacons) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close measures what has grown since it was measured.
func (b *Beacons) Close(v device.View) []detect.Finding {
	var found []detect.Finding
	for _, s := range b.series.All {
		if s.count > s.evaluated || s.told > 0 && s.count > s.told {
			found = append(found, b.measure(s, v, true)...)
		}
	}
	return found
}

// Overflow is how many series had to be forgotten for want of room.
func (b *Beacons) Overflow() uint64 { return b.series.Evicted() }

func (b *Beacons) learn(s *events.SSL, v device.View) {
	if !v.Resp.IsExternal() {
		return
	}
	f, _ := b.facts.Put(link{v.Orig.Serial, v.Resp.Serial, s.RespP, device.TCP})
	f.tls = true
	if s.ServerName != "" {
		f.sni = s.ServerName
	}
	// Public authorities sign through an intermediate, which the server must send along (RFC 8446 section 4.4.2).
	if s.SelfSigned || len(s.CertChainFPs) == 1 {
		f.lone = true
	}
	if s.JA3 != "" {
		f.ja3 = s.JA3
	}
}

func (b *Beacons) conversation(c *events.Conn, v device.View) []detect.Finding {
	if c.Interim || !v.Resp.IsExternal() || c.IPProto != device.TCP && c.IPProto != device.UDP || strings.Contains(c.Service, "http") {
		return nil
	}
	// A conversation whose beginning was missed has no moment.
	if c.ConnState == "OTH" || c.ConnState == "SHR" || c.ConnState == "RSTRH" || b.polls(c.RespP) {
		return nil
	}
	p := ends{client: c.OrigH, server: c.RespH, port: c.RespP, proto: c.Proto, service: c.Service}
	if f := b.facts.Get(link{v.Orig.Serial, v.Resp.Serial, c.RespP, c.IPProto}); f != nil {
		p.fact, p.name = *f, f.sni
	}
	if b.ignored(p.name) {
		return nil
	}
	id := thread{client: v.Orig.Serial, name: uint64(v.Resp.Serial), port: c.RespP, proto: c.IPProto}
	if p.name != "" {
		id.name = sketch.String(p.name)
	}
	// A SYN that is sent again after its conversation was given up is the same contact.
	if c.ConnState == "S0" {
		if s := b.series.Peek(id); s != nil && s.lastPort == c.OrigP && c.TS.Sub(s.last) < retryGap {
			return nil
		}
	}
	s := b.contact(id, &c.Head, p, float64(c.OrigBytes))
	if !device.Answered(c) {
		s.failed++
	}
	if c.RespPkts == 0 {
		s.silent++
	}
	return b.maybe(s, v)
}

func (b *Beacons) request(h *events.HTTP, v device.View) []detect.Finding {
	host := hostName(h.Host)
	local := v.Resp.IsLocal()
	if local && (host != "" || h.Host == "" || h.RespH.IsLinkLocalUnicast()) || v.Resp.Class == device.Group || b.ignored(host) || b.monitors(h.UserAgent) {
		return nil
	}
	id := thread{client: v.Orig.Serial, name: uint64(v.Resp.Serial), port: h.RespP, proto: device.TCP, http: true}
	if host != "" {
		id.name = sketch.String(host)
	}
	p := ends{client: h.OrigH, server: h.RespH, port: h.RespP, proto: "tcp", service: "http", name: host, agent: h.UserAgent}
	s := b.contact(id, &h.Head, p, float64(h.RequestLen)+float64(len(h.URI)))
	s.insideLocal = local
	s.paths.Add(sketch.String(path(h.URI)))
	if h.Method == "POST" || h.Method == "PUT" {
		s.posts++
	}
	return b.maybe(s, v)
}

// contact adds one to its series.
func (b *Beacons) contact(id thread, h *events.Head, p ends, size float64) *series {
	s, fresh := b.series.Put(id)
	if fresh || h.TS.Sub(s.last) > b.tune.Idle {
		*s = series{started: h.TS, last: h.TS, vni: h.VNI, sensor: h.Sensor}
	}
	if s.count > 0 && s.lastPort == h.OrigP && !id.http {
		s.sameSocket++
	}
	s.peer, s.lastPort = p, h.OrigP
	s.started, s.last = min(s.started, h.TS), max(s.last, h.TS)
	s.count++
	s.uids = keep(s.uids, h.UID)
	if len(s.moments) < kept {
		s.moments, s.out = append(s.moments, int64(h.TS)), append(s.out, size)
		return s
	}
	s.moments[s.next], s.out[s.next] = int64(h.TS), size
	s.next = (s.next + 1) % kept
	return s
}

// maybe measures a series when it grew by an eighth, and after an alert only when the next order of magnitude is near.
func (b *Beacons) maybe(s *series, v device.View) []detect.Finding {
	least := b.tune.Contacts[len(b.tune.Contacts)-1]
	if s.count < least || s.count-s.evaluated < max(1, s.count/8) {
		return nil
	}
	return b.measure(s, v, false)
}

func (b *Beacons) polls(port uint16) bool { return slices.Contains(b.tune.Ports, port) }

func (b *Beacons) ignored(name string) bool {
	if name == "" {
		return false
	}
	for _, suffix := range b.tune.Ignore {
		if domain.Under(name, suffix) {
			return true
		}
	}
	return false
}

func (b *Beacons) monitors(agent string) bool {
	for _, start := range b.tune.Monitors {
		if strings.HasPrefix(agent, start) {
			return true
		}
	}
	return false
}

// hostName gives the name of a Host header, or "" where it is an address.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		return ""
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if strings.Trim(host, "0123456789.") == "" {
		return ""
	}
	return strings.ToLower(host)
}

// path is the part of a URI that names the resource.
func path(uri string) string {
	if i := strings.IndexByte(uri, '?'); i >= 0 {
		return uri[:i]
	}
	return uri
}
