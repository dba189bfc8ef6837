package judgesim

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// visits are those of customers and of robots, who come to a balancer, which passes each on to a web server.
func visits(s *Site, h *host, t hour, d *dice) {
	share := 240 * t.demand * float64(s.o.Devices) / 200 / float64(len(s.members[balancer]))
	for range d.poisson(share * d.lognormal(1, 0.12)) {
		at := t.moment(d)
		who := publicAddress(mix(d.Uint64() % 60_000))
		version := 1 + t.day/9
		ja4, ja3, agent := browser(d.IntN(3), version+d.IntN(2))
		pages, stay := 1+d.poisson(1.2), seconds(d.lognormal(25, 1.1))
		k := talk{from: outside(who), to: inside(h), port: 443, service: "ssl", out: d.lognormal(3e3, 0.7), in: d.lognormal(9e4, 1.2), takes: stay}
		k.tls = &hello{name: "www.example-shop.com", ja4: ja4, ja3: ja3}
		s.talk(at, k, d)
		back := talk{from: inside(h), to: inside(s.anyOf(web, at, d)), port: 8080, service: "http", out: k.out, in: k.in, takes: stay}
		for i := range pages {
			back.http = append(back.http, s.page(agent, k, stay*time.Duration(i)/time.Duration(pages), pages, d))
		}
		s.talk(at.Add(4*time.Millisecond), back, d)
		s.again(at, back, d)
	}
}

// page is one that a customer or a robot asks for. Some do not exist, and while a service is out there are only apologies.
func (s *Site) page(agent string, k talk, after time.Duration, of int, d *dice) page {
	p := page{
		method: "GET", host: "www.example-shop.com", uri: "/" + one(d, s.words) + "/" + one(d, s.words), agent: agent, status: 200,
		after: after, out: 0, in: k.in / float64(of),
	}
	switch x := d.Float64(); {
	case s.apology && x < 0.6:
		p.status = 502
	case x < 0.004:
		p.status = 500
	case x < 0.03:
		p.status, p.uri = 404, "/"+one(d, []string{"wp-login.php", ".env", "favicon.ico", "robots.txt", "old/index.html", "admin"})
	case x < 0.2:
		p.method, p.out = "POST", d.lognormal(600, 0.8)
	}
	return p
}

// replicate sends what changed to another database of the kind, and has the program's own jobs of the night.
func replicate(s *Site, h *host, t hour, d *dice) {
	list := s.members[h.role]
	if list[0] != h {
		s.talk(t.moment(d), talk{
			from: inside(h), to: inside(list[0]), port: h.role.port(), service: h.role.dialect(), out: 4e4,
			in: 2e7 * t.demand * d.lognormal(1, 0.3), takes: d.time(10*time.Minute, 30*time.Minute),
		}, d)
	}
}

func (r role) dialect() string {
	if r == mysql {
		return "mysql"
	}
	return "postgresql"
}

// saveAll fetches the data of the databases and file servers at night, everything in the night to Saturday, and puts a copy into a store
// outside in the morning hours.
func saveAll(s *Site, h *host, t hour, d *dice) {
	full := 1.0
	if s.cal.date(t.day).Weekday() == time.Saturday {
		full = 6
	}
	switch {
	case t.of >= 1 && t.of < 4:
		for _, r := range []role{postgres, mysql, files, git, wiki} {
			for _, from := range s.members[r] {
				if from.id%3 != t.of-1 || !from.alive(t.start) {
					continue
				}
				size := full * 4e8 * from.vigor * s.cal.growth(t.day) * d.lognormal(1, 0.25)
				s.shell(h, from, t.start.Add(d.time(time.Minute, 20*time.Minute)), talk{out: size / 60, in: size, takes: seconds(size / 2e6)}, d)
			}
		}
	case t.of >= 4 && t.of < 7:
		p := &place{name: "example-backup.s3.eu-central-1.amazonaws.com", kind: cloudy}
		for range 4 {
			size := full * 1.6e8 * s.cal.growth(t.day) * d.lognormal(1, 0.3)
			s.visit(h, p, t.moment(d), talk{out: size, in: size / 400}, d)
		}
	}
}

// shell is a session over SSH. Now and then a password is wrong at first, or an old key is refused.
func (s *Site) shell(h, to *host, at events.Time, k talk, d *dice) {
	k.from, k.to, k.port, k.service = inside(h), inside(to), 22, "ssh"
	k.in, k.out = k.in+d.between(4000, 6000), k.out+d.between(3000, 5000)
	if k.ssh == nil {
		k.ssh = &login{success: true, attempts: 1}
	}
	k.ssh.client, k.ssh.hassh = "SSH-2.0-OpenSSH_9.6p1", h.hassh
	s.talk(at, k, d)
}

// administer is what people do from the jump host, and the run that brings every server's settings up to date each working morning.
func administer(s *Site, h *host, t hour, d *dice) {
	if t.of == 6 && !t.off {
		at := t.start.Add(d.time(0, 10*time.Minute))
		for _, to := range s.hosts {
			if to == h || !to.server() || to.role == balancer || !to.alive(at) {
				continue
			}
			at = at.Add(d.time(2*time.Second, 30*time.Second))
			s.shell(h, to, at, talk{out: d.lognormal(6e4, 0.3), in: d.lognormal(2e5, 0.4), takes: seconds(d.lognormal(20, 0.5))}, d)
		}
	}
	busy := 0.15
	if !t.off && t.of >= 8 && t.of < 19 {
		busy = 3.5
	}
	if s.apology {
		busy *= 4 // an outage has everybody look
	}
	for range d.often(busy) {
		to := s.anyOf(role(d.IntN(int(desk))), t.start, d)
		at := t.moment(d)
		if d.chance(0.07) {
			s.shell(h, to, at, talk{takes: 15 * time.Second, ssh: &login{attempts: uint32(1 + d.IntN(3))}}, d)
			at = at.Add(d.time(20*time.Second, time.Minute))
		}
		s.shell(h, to, at, talk{out: d.lognormal(3e4, 1), in: d.lognormal(1.5e5, 1.3), takes: seconds(d.lognormal(400, 1))}, d)
	}
}

// build is what a runner does when somebody pushed: sources, packages from outside, and an image to the registry.
func build(s *Site, h *host, t hour, d *dice) {
	busy := 0.25
	if !t.off && t.of >= 8 && t.of < 20 {
		busy = 2.2
	}
	for range d.often(busy * s.level(h)) {
		at := t.moment(d)
		s.talk(at, talk{from: inside(h), to: inside(s.members[git][0]), port: 443, service: "ssl", out: 4e3, in: d.lognormal(3e6, 1.2), takes: seconds(4), tls: s.inner(h, s.members[git][0], "ssl")}, d)
		for range 1 + d.poisson(2) {
			p := place{name: one(d, []string{"registry.npmjs.org", "proxy.golang.org", "files.pythonhosted.org", "repo1.maven.org", "registry-1.docker.io"}), kind: cloudy}
			s.visit(h, &p, at.Add(d.time(5*time.Second, 2*time.Minute)), talk{out: 2e3, in: d.lognormal(9e6, 1.5)}, d)
		}
		s.talk(at.Add(d.time(3*time.Minute, 9*time.Minute)), talk{from: inside(h), to: inside(s.members[registry][0]), port: 5000, service: "http", out: d.lognormal(8e7, 0.8), in: 4e4, takes: seconds(d.lognormal(20, 0.5))}, d)
		s.talk(at.Add(d.time(0, 9*time.Minute)), talk{from: inside(h), to: inside(s.members[ci][0]), port: 8080, service: "http", out: d.lognormal(2e5, 1), in: 2e4, takes: seconds(d.lognormal(60, 0.5))}, d)
	}
}

// relay takes letters from everywhere and brings letters everywhere: new hosts outside are its daily bread.
func relay(s *Site, h *host, t hour, d *dice) {
	busy := 0.25
	if !t.off {
		busy = 0.3 + t.demand
	}
	for range d.often(28 * busy * float64(s.o.Devices) / 200) {
		at := t.moment(d)
		from := publicAddress(mix(d.Uint64() % 4_000))
		b := from.As4()
		q := question{name: fmt.Sprintf("%d.%d.%d.%d.zen.spamhaus.org", b[3], b[2], b[1], b[0]), code: 3}
		if d.chance(0.2) {
			q.code, q.answers = 0, []string{"127.0.0.4"}
		}
		s.query(h, q, at.Add(50*time.Millisecond), d)
		s.talk(at, talk{from: outside(from), to: inside(h), port: 25, service: "smtp", out: d.lognormal(3e4, 1.5), in: 900, takes: seconds(d.lognormal(3, 0.8))}, d)
	}
	for range d.often(22 * busy * float64(s.o.Devices) / 200) {
		p := s.world.places[d.zipf(len(s.world.places))]
		at, to := t.moment(d), publicAddress(mix(hashOf(p.name)+25))
		s.query(h, question{name: p.name, kind: 15, answers: []string{"mx1." + p.name}}, at, d)
		s.talk(at.Add(80*time.Millisecond), talk{from: inside(h), to: outside(to), port: 25, service: "smtp,ssl", out: d.lognormal(2.5e4, 1.6), in: 1200, takes: seconds(d.lognormal(3, 0.8))}, d)
	}
}
