package c2

import (
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
	"github.com/mirrorwatch/mirrorwatch/shared/rhythm"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Beacon finds a host that calls home.
var Beacon = detect.Spec{
	Type:  "c2.beacon",
	Title: "Beaconing",
	Text: "Measures how regularly a host turns to the same server: HTTP requests by the name they ask for, TLS by the name in the handshake, " +
		"and any other conversation by address and port, refused ones too. An implant asks for orders by the clock, with some jitter, and " +
		"mostly gets the same empty answer; people come in bursts. From fourteen contacts on, a beat is found through a jitter of half of it, through " +
		"missing beats, through other contacts in between, and through sleeps of hours. What looks the same: telemetry, polling and monitoring. " +
		"Rhythm alone is therefore not enough when the server has a name and a usual port: the more marks of a makeshift server there are (no " +
		"name, odd port, self-signed certificate), the fewer contacts it takes, and a named server must be rare: one that more than a few local " +
		"devices know is left alone, and one that was known since the first day is of low risk. Inside the local networks only HTTP to bare " +
		"addresses counts, at low risk, and not where one page is fetched again and again, as health checks do.",
	Category: "c2", Tactics: []string{"TA0011"}, Techniques: []string{"T1071.001", "T1573"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindConn, events.KindHTTP, events.KindSSL}, GuardDuty: "Backdoor:EC2/C&CActivity.B", Version: 2,
	Yields: []string{"c2.known_tool"},
	Background: "An implant cannot be called from outside, so it calls: by the clock it asks its server for orders, and mostly there are " +
		"none. The rhythm, with some jitter to hide it, is what gives it away.",
	Mitigation: []string{
		"Find the program on the offender that makes these connections, and who began it.",
		"If nobody knows it: isolate the host, keep its memory and disk for who investigates, and block the server.",
		"Look for other hosts that speak with the same server.",
		"If it is a service of yours: enter its domain as trusted (parameter trusted_domains).",
	},
	New:    func() detect.Detector { return NewBeacon(BeaconDefaults()) },
	Tuning: detect.Tuned(BeaconDefaults, NewBeacon),
}

// BeaconTunables are what may be set.
type BeaconTunables struct {
	Contacts [4]int        `tune:"contacts it takes, by marks of a makeshift server: none, one, two, three or more" min:"3" max:"10000"`
	Regular  float64       `tune:"least regularity of the intervals' middle half, where contacts are few" min:"0" max:"1"`
	Score    float64       `tune:"least sum of regularity and sameness of sizes, where contacts are few" min:"0" max:"1"`
	Many     int           `tune:"contacts from which on the beat is looked for among jitter, gaps and other contacts" min:"10" max:"128"`
	Beat     float64       `tune:"least clearness of that beat: 0 is chance, 1 a clock" min:"0" max:"1"`
	Fastest  time.Duration `tune:"shorter intervals are the chatter of a program at work" min:"1s" max:"1h"`
	Span     time.Duration `tune:"least time from the first contact to the last" min:"1s" max:"24h"`
	Idle     time.Duration `tune:"a series that rests this long begins anew" min:"1h" max:"720h"`
	Series   int           `tune:"series watched" min:"100" max:"1000000"`
	Popular  int           `tune:"local devices that use a server which is then no rarity" min:"2" max:"100000"`
	Rare     int           `tune:"local devices that may use a server with a name and a usual port" min:"1" max:"8"`
	Young    time.Duration `tune:"time of learning in which it is not known what is rare" min:"1h" max:"720h"`
	Ports    []uint16      `tune:"services whose clients poll by design"`
	Ignore   []string      `tune:"domains that ordinary machines poll"`
	Hosting  []string      `tune:"domains below which anybody may rent a name, so that only the full name says whose it is"`
	Monitors []string      `tune:"beginnings of the user agents of monitoring programs"`
}

// BeaconDefaults are the tunables that the project stands for. A series takes up to 2 KiB.
func BeaconDefaults() BeaconTunables {
	return BeaconTunables{
		Contacts: [4]int{14, 9, 8, 3}, Regular: 0.45, Score: 0.55, Many: 14, Beat: 0.6, Fastest: time.Second, Span: 20 * time.Second,
		Idle: 26 * time.Hour, Series: 20_000, Popular: 5, Rare: 3, Young: 24 * time.Hour,
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
		Hosting: []string{
			"azurewebsites.net", "cloudapp.net", "cloudapp.azure.com", "azureedge.net", "azurefd.net", "trafficmanager.net", "cloudfront.net",
			"herokuapp.com", "workers.dev", "pages.dev", "netlify.app", "vercel.app", "onrender.com", "fly.dev", "web.app", "firebaseapp.com",
			"appspot.com", "run.app", "github.io", "gitlab.io", "glitch.me", "repl.co", "ngrok.io", "ngrok.app", "ngrok-free.app", "trycloudflare.com",
			"loca.lt", "serveo.net", "duckdns.org", "ddns.net", "no-ip.org", "hopto.org", "dyndns.org", "fastly.net", "b-cdn.net", "digitaloceanspaces.com",
		},
		Monitors: []string{
			"Prometheus/", "ELB-HealthChecker", "kube-probe", "GoogleHC", "Consul", "Zabbix", "check_http", "Nagios", "Datadog",
			"Telegraf", "Amazon-Route53-Health", "Pingdom", "UptimeRobot", "Blackbox", "Elastic-Heartbeat", "Microsoft-WNS", "aws-sdk",
		},
	}
}

// Beacons keeps the series of contacts.
type Beacons struct {
	tune    BeaconTunables
	facts   *detect.Memory[link, fact]
	series  *bounded.Table[thread, series]
	changes bounded.Changes[thread]
	finder  rhythm.Finder
	moments []int64   // of the series that is measured
	sizes   []float64 //
	key     []byte    // of Save
	value   []byte    //
}

// retryGap is how long a stack goes on with one SYN: Linux's tcp_syn_retries ends it after two minutes.
const retryGap = 130 * time.Second

// NewBeacon makes the detector.
func NewBeacon(t BeaconTunables) *Beacons {
	b := &Beacons{tune: t, facts: detect.NewFilledMemory(t.Series, 'f', 1, factFields), series: bounded.New[thread, series](t.Series)}
	b.series.OnEvict(func(id thread, s *series) {
		if s.count > 1 {
			b.note(id)
		}
	})
	return b
}

// note puts a series on the list of what is to be saved.
func (b *Beacons) note(id thread) { note(&b.changes, b.series, id, 4*b.tune.Series) }

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
	id := link{v.Orig.Serial, v.Resp.Serial, s.RespP, device.TCP}
	f, _ := b.facts.Put(id)
	before := *f
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
	if *f != before {
		b.facts.Note(id)
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
	if b.ignored(p.name, v) {
		return nil
	}
	id := thread{client: v.Orig.Serial, name: b.whom(p.name, v), port: c.RespP, proto: c.IPProto}
	// A SYN that is sent again after its conversation was given up is the same contact.
	if c.ConnState == "S0" {
		if s := b.series.Peek(id); s != nil && s.lastPort == c.OrigP && c.TS.Sub(s.last) < retryGap {
			return nil
		}
	}
	s := b.contact(id, &c.Head, p, c.OrigBytes)
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
	if local && (host != "" || h.Host == "" || h.RespH.IsLinkLocalUnicast()) || v.Resp.Class == device.Group || b.ignored(host, v) || b.monitors(h.UserAgent) {
		return nil
	}
	id := thread{client: v.Orig.Serial, name: b.whom(host, v), port: h.RespP, proto: device.TCP, http: true}
	p := ends{client: h.OrigH, server: h.RespH, port: h.RespP, proto: "tcp", service: "http", name: host, agent: h.UserAgent}
	s := b.contact(id, &h.Head, p, h.RequestLen+uint64(len(h.URI)))
	s.insideLocal = local
	if s.paths.Count() < maxPaths {
		s.paths.Add(sketch.String(path(h.URI)))
	}
	if h.Method == "POST" || h.Method == "PUT" {
		s.posts++
	}
	return b.maybe(s, v)
}

// whom names a server: by its name, or by its address where it has none. Serials of hosts outside do not outlive the model's memory of them.
func (b *Beacons) whom(name string, v device.View) uint64 {
	switch {
	case name != "":
		return sketch.String(name)
	case v.Resp.IsLocal():
		return uint64(v.Resp.Serial)
	}
	return rarity.Addr(v.Resp.Addr)
}

// contact adds one to its series.
func (b *Beacons) contact(id thread, h *events.Head, p ends, size uint64) *series {
	s, fresh := b.series.Put(id)
	if fresh || h.TS.Sub(s.last) > b.tune.Idle {
		*s = begin(h)
	}
	if s.count > 0 && s.lastPort == h.OrigP && !id.http {
		s.sameSocket++
	}
	s.peer, s.lastPort = p, h.OrigP
	s.started, s.last = min(s.started, h.TS), max(s.last, h.TS)
	s.uids = keep(s.uids, h.UID)
	s.add(h.TS, size)
	if s.count > 1 {
		b.note(id)
	}
	return s
}

// maybe measures a series when it grew by an eighth, later by a quarter, and after an alert only when the next order of magnitude is reached.
func (b *Beacons) maybe(s *series, v device.View) []detect.Finding {
	least := b.tune.Contacts[len(b.tune.Contacts)-1]
	step := s.count / 8
	if s.count > kept/2 {
		step = s.count / 4
	}
	if s.count < least || s.count-s.evaluated < max(1, step) || s.count < s.again {
		return nil
	}
	return b.measure(s, v, false)
}

func (b *Beacons) polls(port uint16) bool { return slices.Contains(b.tune.Ports, port) }

func (b *Beacons) ignored(name string, v device.View) bool {
	if name == "" {
		return false
	}
	if v.Known().Trusted(name) {
		return true
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
