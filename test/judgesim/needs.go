package judgesim

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// group is the hosts that run the same program at the same version: they are deployed together and need the same others.
type group struct {
	role    role
	needs   []*need
	outward []*errand
	weight  float64 // bytes beside those of the first version
}

// need is a service inside that a program uses.
type need struct {
	role    role
	group   int // of the services: which; -1 any
	perHour float64
	out, in float64 // bytes a conversation when demand is 1
	pooled  bool    // conversations stay open for most of an hour, whatever the demand
	steady  bool    // does not follow the customers
	name    string  // the protocol
	port    uint16  // 0: the role's
}

// errand is a place outside that a program turns to.
type errand struct {
	place   *place
	perHour float64
	out, in float64
	sigma   float64 // of the sizes
}

// serviceGroups is how many different programs the services are.
const serviceGroups = 6

// wire tells each group whom it needs.
func (s *Site) wire() {
	d := s.dice.throw(s.o.Seed, 6)
	for r := range numRoles {
		n := 1
		if r == service || r == staging {
			n = max(1, min(serviceGroups, len(s.members[r])))
		}
		for range n {
			g := &group{role: r, weight: 1, needs: needsOf(r, d)}
			s.ofRole[r] = append(s.ofRole[r], g)
			for range errandsOf(r) {
				g.outward = append(g.outward, s.errand(r, d))
			}
		}
		for i, h := range s.members[r] {
			h.group = i % n
		}
	}
}

// groupOf is the group of a host.
func (s *Site) groupOf(h *host) *group { return s.ofRole[h.role][h.group] }

func errandsOf(r role) int {
	switch r {
	case app, worker:
		return 3
	case service:
		return 2
	case media, batch, runner, ci, staging, registry, git:
		return 1
	}
	return 0
}

// errand is a place that the programs of a group turn to: an interface of a payment, mail, map or storage service.
func (s *Site) errand(r role, d *dice) *errand {
	p := one(d, s.world.places[len(famous()):])
	e := &errand{place: &place{name: "api." + p.name, kind: p.kind}, perHour: d.lognormal(1.8, 0.7), out: d.lognormal(3e3, 1), in: d.lognormal(8e3, 1), sigma: 0.8}
	if r == media || r == registry || d.chance(0.25) {
		e.place = &place{name: one(d, s.words) + "-" + one(d, s.words) + ".s3.eu-central-1.amazonaws.com", kind: cloudy}
		e.perHour, e.out, e.in, e.sigma = d.lognormal(3, 0.5), d.lognormal(8e5, 0.6), d.lognormal(2e5, 1), 1.4
	}
	return e
}

func needsOf(r role, d *dice) []*need {
	db := &need{role: postgres, group: -1, perHour: 2, out: 8e5, in: 5e6, pooled: true, name: "postgresql"}
	store := &need{role: cache, group: -1, perHour: 1, out: 2e6, in: 6e6, pooled: true, name: "redis"}
	line := &need{role: queue, group: -1, perHour: 1, out: 4e5, in: 4e5, pooled: true, name: "amqp"}
	other := func(perHour float64) *need {
		return &need{role: service, group: d.IntN(serviceGroups), perHour: perHour, out: 2500, in: 9000, name: "http"}
	}
	small := &need{role: mysql, group: -1, perHour: 1, out: 1e5, in: 9e5, pooled: true, name: "mysql"}
	switch r {
	case web:
		return []*need{{role: app, group: -1, perHour: 3, out: 4e6, in: 3e7, pooled: true, name: "ssl"}}
	case app:
		return []*need{db, store, line, other(12), other(8), other(4)}
	case service:
		n := []*need{other(6), db}
		if d.chance(0.5) {
			n = append(n, store)
		}
		if d.chance(0.3) {
			n = append(n, small)
		}
		return n
	case worker:
		return []*need{line, db, other(6), {role: mail, group: -1, perHour: 5, out: 2e4, in: 700, name: "smtp", port: 25}}
	case batch:
		return []*need{
			{role: postgres, group: -1, perHour: 1, out: 3e5, in: 4e7, pooled: true, steady: true, name: "postgresql"},
			{role: mysql, group: -1, perHour: 0.5, out: 1e5, in: 8e6, steady: true, name: "mysql"},
			{role: files, group: -1, perHour: 0.7, out: 3e6, in: 1e6, steady: true, name: "smb"},
		}
	case staging:
		return []*need{{role: postgres, group: -1, perHour: 0.6, out: 3e4, in: 2e5, steady: true, name: "postgresql"}, other(1.5)}
	case media:
		return []*need{{role: files, group: -1, perHour: 2, out: 5e5, in: 2e7, name: "smb"}, line}
	case wiki, git:
		return []*need{small}
	}
	return nil
}

// callUpstream has a program use what it needs.
func callUpstream(s *Site, h *host, t hour, d *dice) {
	g := s.groupOf(h)
	for _, n := range g.needs {
		busy := t.demand
		if n.steady {
			busy = s.load(h, t)
		}
		if n.pooled {
			s.pool(h, n, g.weight*busy, t, d)
			continue
		}
		for range d.often(n.perHour * busy * s.level(h)) {
			s.call(h, n, g.weight, t.moment(d), d)
		}
	}
}

// load is what jobs do that do not follow the customers: most at night, and far more when the books are closed.
func (s *Site) load(h *host, t hour) float64 {
	if h.role != batch {
		return 0.4 + 0.6*t.demand
	}
	busy := 0.15
	if t.of >= 1 && t.of < 5 {
		busy = 2
	}
	if s.cal.monthEnd(t.day) {
		busy *= 3
	}
	return busy
}

// pool has conversations that stay open for most of an hour; what they carry follows the demand.
func (s *Site) pool(h *host, n *need, busy float64, t hour, d *dice) {
	count := int(n.perHour)
	if d.chance(n.perHour - float64(count)) {
		count++
	}
	for range count {
		to := s.target(n, t.start, d)
		size := busy * s.level(h) * d.lognormal(1, 0.25) / float64(max(count, 1))
		k := talk{
			from: inside(h), to: inside(to), port: portOf(n), service: n.name, out: n.out * size, in: n.in * size,
			takes: d.time(6*time.Minute, 28*time.Minute), tls: s.inner(h, to, n.name),
		}
		at := t.moment(d)
		s.talk(at, k, d)
		s.again(at, k, d)
	}
}

// again tries a few times more where nobody took the conversation: programs go on until their service is back.
func (s *Site) again(at events.Time, k talk, d *dice) {
	if k.to.host == nil || !k.to.host.refuse.holds(at) && !k.to.mute(at) && k.to.host.alive(at) {
		return
	}
	wait := 2 * time.Second
	for range 4 + d.IntN(5) {
		at = at.Add(d.time(wait/2, wait*3/2))
		wait = min(2*wait, 2*time.Minute)
		s.talk(at, k, d)
	}
}

// call is one short conversation, most of them requests over HTTP.
func (s *Site) call(h *host, n *need, weight float64, at events.Time, d *dice) {
	to := s.target(n, at, d)
	k := talk{
		from: inside(h), to: inside(to), port: portOf(n), service: n.name, out: weight * d.lognormal(n.out, 0.6), in: weight * d.lognormal(n.in, 0.9),
		takes: seconds(d.lognormal(0.3, 1)), tls: s.inner(h, to, n.name),
	}
	if n.name == "http" {
		status := uint16(200)
		switch x := d.Float64(); {
		case x < 0.003:
			status = 500
		case x < 0.02:
			status = 404
		}
		k.http = []page{{method: one(d, []string{"GET", "GET", "POST"}), host: to.name + ".internal.example.net", uri: "/v1/" + one(d, s.words), agent: h.agent, status: status, out: k.out, in: k.in}}
	}
	s.talk(at, k, d)
	s.again(at, k, d)
}

// target picks one of those who can answer.
func (s *Site) target(n *need, at events.Time, d *dice) *host {
	for range 12 {
		h := s.anyOf(n.role, at, d)
		if n.group < 0 || h.group == n.group%len(s.ofRole[n.role]) {
			return h
		}
	}
	return s.anyOf(n.role, at, d)
}

func portOf(n *need) uint16 {
	if n.port != 0 {
		return n.port
	}
	return n.role.port()
}

// inner is the handshake with a server of the site's own authority.
func (s *Site) inner(h, to *host, protocol string) *hello {
	if protocol != "ssl" {
		return nil
	}
	name := to.role.String() + ".internal.example.net"
	return s.certified(&hello{name: name, ja4: h.ja4, ja3: h.ja3, version: "TLSv12"}, name)
}

// certified gives a handshake the certificate that a name has inside, which is renewed now and then.
func (s *Site) certified(m *hello, name string) *hello {
	id := hashOf(name)
	m.chain = []string{hex64(mix(id + uint64(s.cert))), hex64(mix(7))}
	m.subject, m.issuer = "CN="+name, "CN=Example Internal CA,O=Example"
	m.until = s.Start().Add(time.Duration(40+20*s.cert) * 24 * time.Hour)
	return m
}

// callOut has a program turn to the places outside that it needs.
func callOut(s *Site, h *host, t hour, d *dice) {
	g := s.groupOf(h)
	for _, e := range g.outward {
		busy := 0.3 + 0.7*t.demand
		for range d.often(e.perHour * busy * s.level(h)) {
			at := t.moment(d)
			s.visit(h, e.place, at, talk{out: g.weight * d.lognormal(e.out, e.sigma), in: g.weight * d.lognormal(e.in, e.sigma)}, d)
		}
	}
}

// visit is a conversation over TLS with a place outside, its name looked up before where the host does not remember it.
func (s *Site) visit(h *host, p *place, at events.Time, k talk, d *dice) {
	address := p.address(at, d)
	s.look(h, p.name, address, at, d)
	k.from, k.to, k.port, k.service = inside(h), outside(address), 443, "ssl"
	if k.takes == 0 {
		k.takes = seconds(d.lognormal(1.5, 1.1) + (k.in+k.out)/4e6)
	}
	k.tls = p.tls(h, at)
	k.in += math.Round(d.between(2500, 5200)) // certificates and tickets
	k.out += math.Round(d.between(500, 1900))
	s.talk(at.Add(d.time(3*time.Millisecond, 60*time.Millisecond)), k, d)
}
