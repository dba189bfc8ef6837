package judgesim

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func hex64(x uint64) string {
	return fmt.Sprintf("%016x%016x%016x%016x", x, mix(x), mix(x+1), mix(x+2))
}

// remembers is how long a host keeps what DNS told it.
const remembers = 20 * time.Minute

// look asks DNS for a name, unless the host still knows it.
func (s *Site) look(h *host, name string, answer netip.Addr, at events.Time, d *dice) {
	if last, ok := h.asked[name]; ok && at.Sub(last) < remembers && at >= last {
		return
	}
	if len(h.asked) > 500 {
		clear(h.asked)
	}
	h.asked[name] = at
	s.query(h, question{name: name, answers: []string{answer.String()}}, at, d)
}

// question is one look-up.
type question struct {
	name    string
	kind    uint16 // 0: A
	answers []string
	code    uint16
	bytes   uint32 // of the answer; 0: what such answers have
	to      *host
	by      *Deviation
}

func typeName(kind uint16) string {
	switch kind {
	case 12:
		return "PTR"
	case 15:
		return "MX"
	case 16:
		return "TXT"
	case 28:
		return "AAAA"
	}
	return "A"
}

// query writes a look-up as the sensor logs it: the question with its answer, and the conversation it was.
func (s *Site) query(h *host, q question, at events.Time, d *dice) {
	to := q.to
	if to == nil {
		to = s.members[resolver][h.id%len(s.members[resolver])]
	}
	if h.mute.holds(at) || !h.alive(at) {
		return
	}
	kind, class, code := max(q.kind, 1), uint16(1), q.code
	k := talk{from: inside(h), to: inside(to), port: 53, udp: true, service: "dns", out: float64(len(q.name) + 18), by: q.by}
	size := q.bytes
	if size == 0 {
		size = uint32(len(q.name) + 18 + 16*len(q.answers))
	}
	k.in, k.takes = float64(size), seconds(d.lognormal(0.004, 1.2))
	r := &events.DNS{
		Head: s.head(at, &k, d), Proto: "udp", TransID: uint16(d.IntN(65536)), RTT: events.Interval(k.takes), Query: q.name, QClass: &class,
		QClassName: "C_INTERNET", QType: &kind, QTypeName: typeName(kind), RCode: &code, RCodeName: "NOERROR", RD: true, RA: true,
		Answers: q.answers, QueryBytes: uint32(len(q.name) + 18), AnswerBytes: size,
	}
	if code == 3 {
		r.RCodeName = "NXDOMAIN"
	}
	if to.mute.holds(at) || to.refuse.holds(at) {
		k.in, r.RCode, r.RCodeName, r.Answers, r.RTT, r.AnswerBytes = 0, nil, "", nil, 0, 0
	}
	s.due(item{at: at.Add(k.takes), record: r, by: q.by})
	o := &open{talk: k, head: r.Head, end: at.Add(k.takes)}
	s.due(item{at: o.end, open: o, by: q.by})
}

// resolve has a server ask for names inside, and now and then for one that is not there: a search list, an old setting.
func resolve(s *Site, h *host, t hour, d *dice) {
	for range d.often(2 * s.level(h)) {
		other := s.anyOf(one(d, []role{postgres, cache, queue, service, logs, domain, files}), t.start, d)
		q := question{name: other.name + ".internal.example.net", answers: []string{other.addr.String()}}
		if d.chance(0.04) {
			q = question{name: one(d, s.words) + ".corp.example.net.internal.example.net", code: 3}
		}
		s.query(h, q, t.moment(d), d)
	}
}

// forward has a resolver ask further resolvers outside for what it does not remember.
func forward(s *Site, h *host, t hour, d *dice) {
	upstream := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("1.1.1.1")}
	for range d.often(60 * (0.3 + t.demand) * float64(s.o.Devices) / 200) {
		at := t.moment(d)
		p := s.world.places[d.zipf(len(s.world.places))]
		k := talk{from: inside(h), to: outside(one(d, upstream)), port: 53, udp: true, service: "dns", out: float64(len(p.name) + 40), in: d.between(90, 400), takes: seconds(d.lognormal(0.02, 0.7))}
		kind, class, code := uint16(1), uint16(1), uint16(0)
		r := &events.DNS{
			Head: s.head(at, &k, d), Proto: "udp", RTT: events.Interval(k.takes), Query: p.name, QClass: &class, QClassName: "C_INTERNET", QType: &kind,
			QTypeName: "A", RCode: &code, RCodeName: "NOERROR", RD: true, RA: true, Answers: []string{p.address(at, d).String()},
		}
		if !h.mute.holds(at) {
			s.due(item{at: at.Add(k.takes), record: r})
		}
		s.talk(at, k, d)
	}
}

// keepTime asks the time of the cloud's own clock.
func keepTime(s *Site, h *host, t hour, d *dice) {
	if h.role == desk && !s.on(h, t.start) {
		return
	}
	s.talk(t.start.Add(h.phase), talk{from: inside(h), to: outside(netip.MustParseAddr("169.254.169.123")), port: 123, udp: true, service: "ntp", out: 48, in: 48}, d)
}

// shipLogs brings what was logged to the log servers, twice an hour.
func shipLogs(s *Site, h *host, t hour, d *dice) {
	if h.role == logs {
		return
	}
	to := s.anyOf(logs, t.start, d)
	for part := range 2 {
		at := t.start.Add(time.Duration(part)*30*time.Minute + d.time(0, 20*time.Minute))
		k := talk{
			from: inside(h), to: inside(to), port: 5044, takes: d.time(time.Minute, 9*time.Minute),
			out: d.lognormal(1.5e5*(0.3+t.demand)*s.level(h), 0.3), in: d.between(2e3, 5e3),
		}
		s.talk(at, k, d)
		s.again(at, k, d)
	}
}

// update looks for new packages once a day, and takes them about once a week; a great one comes for all at once.
func update(s *Site, h *host, t hour, d *dice) {
	if t.of != int(mix(uint64(h.id))%24) {
		return
	}
	p := place{name: "archive.ubuntu.com", kind: large}
	at, size := t.moment(d), d.lognormal(4e5, 0.5)
	if d.chance(0.15) {
		size = d.lognormal(6e7, 0.9)
	}
	address := p.address(at, d)
	s.look(h, p.name, address, at, d)
	s.talk(at.Add(40*time.Millisecond), talk{
		from: inside(h), to: outside(address), port: 80, service: "http", out: size / 300, in: size, takes: seconds(size / 5e6),
		http: []page{{method: "GET", host: p.name, uri: "/ubuntu/dists/noble/InRelease", agent: "Debian APT-HTTP/1.3 (2.7.14)", status: 200, in: size}},
	}, d)
}

// poll has the monitoring server look at everybody twice an hour.
func poll(s *Site, h *host, t hour, d *dice) {
	for half := range 2 {
		for _, to := range s.hosts {
			at := t.start.Add(time.Duration(half)*30*time.Minute + time.Duration(mix(uint64(to.id))%uint64(30*time.Minute)))
			if to == h || !to.server() || !to.alive(at) {
				continue
			}
			size := d.lognormal(3e4, 0.15)
			s.talk(at, talk{
				from: inside(h), to: inside(to), port: 9100, service: "http", out: 320, in: size,
				http: []page{{method: "GET", host: to.addr.String() + ":9100", uri: "/metrics", agent: "Prometheus/2.53.0", status: 200, in: size}},
			}, d)
		}
	}
}

// scan has the vulnerability scanner go over all servers in the night to Sunday.
func scan(s *Site, h *host, t hour, d *dice) {
	if s.cal.date(t.day).Weekday() != time.Sunday || t.of < 1 || t.of > 4 {
		return
	}
	ports := []uint16{21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 993, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 6379, 8080, 8443, 9000, 9100, 27017}
	for _, to := range s.hosts {
		if !to.server() || to.id%4 != t.of-1 || !to.alive(t.start) {
			continue
		}
		at := t.moment(d)
		for _, port := range ports {
			k := talk{from: inside(h), to: inside(to), port: port, out: 200, in: 900}
			if port != to.role.port() && port != 22 && port != 9100 {
				k.fails = "REJ"
			}
			at = at.Add(d.time(0, 3*time.Second))
			s.talk(at, k, d)
		}
	}
}
