package judgesim

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// send is a conversation of the deviation with the place it goes to.
func (v *Deviation) send(s *Site, at events.Time, k talk, d *dice) {
	address := v.far.address(at, d)
	if last, ok := v.host.asked[v.far.name]; !ok || at.Sub(last) > remembers {
		v.host.asked[v.far.name] = at
		s.query(v.host, question{name: v.far.name, answers: []string{address.String()}, by: v}, at, d)
	}
	k.from, k.to, k.port, k.service, k.by = inside(v.host), outside(address), 443, "ssl", v
	k.tls = v.far.tls(v.host, at)
	k.in += d.between(2500, 5200)
	k.out += d.between(500, 1900)
	s.talk(at.Add(30*time.Millisecond), k, d)
}

// seep sends a few chunks in each hour of the nights.
func seep(s *Site, v *Deviation, t hour, d *dice) {
	if t.of >= 6 && t.of < 21 {
		return
	}
	for range 2 + d.IntN(3) {
		if at, ok := v.during(t, d); ok {
			size := d.lognormal(2.2e6, 0.4)
			v.send(s, at, talk{out: size, in: size / 50, takes: seconds(size / 3e5)}, d)
		}
	}
}

// spread tries doors at one host after another; most are doors that such a host has.
func spread(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(18 * v.share(t)) {
		at, _ := v.during(t, d)
		to := one(d, s.hosts)
		if to == v.host || !to.alive(at) || v.met[to.addr] {
			continue
		}
		k := talk{from: inside(v.host), to: inside(to), port: 22, service: "ssh", out: d.lognormal(2600, 0.3), in: d.lognormal(3300, 0.3), takes: seconds(d.lognormal(2, 1)), by: v}
		switch {
		case to.role == desk && !s.on(to, at):
			k.fails = "S0"
		case to.role == desk && d.chance(0.4):
			k.port, k.service = 3389, "rdp"
		case to.role == desk || to.role == files || to.role == domain:
			k.port, k.service = 445, "smb"
		}
		if d.chance(0.2) {
			k.port, k.fails = one(d, []uint16{22, 445, 3389, 5985}), "REJ"
		}
		s.talk(at, k, d)
	}
}

// callHome keeps time, but for the jitter and the sleep.
func callHome(s *Site, v *Deviation, t hour, d *dice) {
	every := 10 * time.Minute
	v.next = max(v.next, v.Begins)
	for ; v.next < min(t.end(), v.Ends); v.next = v.next.Add(time.Duration(float64(every) * d.between(0.7, 1.3))) {
		if of := v.next.Time().Hour(); v.next < t.start || of >= 22 || of < 6 {
			continue
		}
		out := 420.0
		if d.chance(0.08) {
			out = d.lognormal(4000, 0.8)
		}
		v.send(s, v.next, talk{out: out, in: d.lognormal(700, 0.2)}, d)
	}
}

// enter opens a session at one after another.
func enter(s *Site, v *Deviation, t hour, d *dice) {
	v.next = max(v.next, v.Begins.Add(time.Minute))
	for ; v.count < 8 && v.next < t.end(); v.next = v.next.Add(d.time(7*time.Minute, 17*time.Minute)) {
		to := s.stranger(v, v.next, d)
		v.met[to.addr] = true
		v.count++
		k := talk{out: d.lognormal(3e4, 0.7), in: d.lognormal(9e4, 0.8), takes: seconds(d.lognormal(90, 0.7)), by: v}
		if to.role == desk || to.role == files || to.role == domain {
			k.from, k.to, k.port, k.service = inside(v.host), inside(to), 445, "smb"
			s.talk(v.next, k, d)
			continue
		}
		s.shell(v.host, to, v.next, k, d)
	}
}

// stranger is a living host that the deviation did not choose before and that people do not come to by SSH in masses.
func (s *Site) stranger(v *Deviation, at events.Time, d *dice) *host {
	for {
		to := one(d, s.hosts)
		if to != v.host && to.alive(at) && !v.met[to.addr] && (to.role != desk || s.on(to, at)) {
			return to
		}
	}
}

// serve has other workstations come for files or pages.
func serve(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(7 * v.share(t)) {
		at, _ := v.during(t, d)
		from := s.members[desk][(v.host.id*7+d.IntN(14))%len(s.members[desk])]
		if from == v.host || !s.atWork(from, at) {
			continue
		}
		k := talk{from: inside(from), to: inside(v.host), port: 445, service: "smb", out: d.lognormal(2e4, 1), in: d.lognormal(1.5e6, 1.2), takes: seconds(d.lognormal(20, 1)), by: v}
		if v.host.id%2 == 0 {
			k.port, k.service = 8080, "http"
			k.http = []page{{method: "GET", host: v.host.addr.String() + ":8080", uri: "/" + one(d, s.words), agent: from.agent, status: 200, in: k.in}}
		}
		s.talk(at, k, d)
	}
}

// collect fetches for three hours, rests for one or two, and sends out what it has.
func collect(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(10 * v.share(t)) {
		at, _ := v.during(t, d)
		switch into := at.Sub(v.Begins); {
		case into < 150*time.Minute:
			to := s.anyOf(one(d, []role{files, files, postgres, wiki}), at, d)
			size := d.lognormal(1.4e8, 0.6)
			s.talk(at, talk{from: inside(v.host), to: inside(to), port: to.role.port(), out: size / 200, in: size, takes: seconds(size / 2e6), by: v}, d)
		case into > 4*time.Hour:
			size := d.lognormal(7e7, 0.5)
			v.send(s, at, talk{out: size, in: size / 200, takes: seconds(size / 1e6)}, d)
		}
	}
}

// letters makes names as a seeded generator of implants does: any letters, twelve to eighteen, below a few common endings.
func letters(d *dice) string {
	b := make([]byte, 12+d.IntN(7))
	for i := range b {
		b[i] = byte('a' + d.IntN(26))
	}
	return string(b) + one(d, []string{".com", ".net", ".org", ".info", ".biz", ".ru"})
}

func guessNames(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(45 * v.share(t)) {
		at, _ := v.during(t, d)
		s.query(v.host, question{name: letters(d), code: 3, by: v}, at, d)
	}
}

func tunnel(s *Site, v *Deviation, t hour, d *dice) {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	for range d.poisson(80 * v.share(t)) {
		at, _ := v.during(t, d)
		b := make([]byte, 36+d.IntN(20))
		for i := range b {
			b[i] = digits[d.IntN(len(digits))]
		}
		kind := one(d, []uint16{16, 16, 16, 1})
		s.query(v.host, question{name: string(b) + "." + v.far.name, kind: kind, answers: []string{"TXT 60 " + string(b)}, bytes: uint32(140 + d.IntN(100)), by: v}, at, d)
	}
}

// whisper makes five contacts or so, with a program that nobody else has, at an address without a name.
func whisper(s *Site, v *Deviation, t hour, d *dice) {
	v.next = max(v.next, v.Begins.Add(time.Minute))
	for ; v.next < min(t.end(), v.Ends); v.next = v.next.Add(time.Duration(math.Max(4, d.lognormal(80, 0.6)) * float64(time.Minute))) {
		id := hashOf(v.far.name)
		m := &hello{
			ja4: "t12i2209h1_" + hex64(id)[:12] + "_" + hex64(id + 1)[:12], ja3: hex64(id)[:32], version: "TLSv12", alone: true,
			chain: []string{hex64(id)}, subject: "CN=localhost", issuer: "CN=localhost", until: s.Start().Add(300 * 24 * time.Hour),
		}
		s.talk(v.next, talk{
			from: inside(v.host), to: outside(v.far.address(v.next, d)), port: 8443, service: "ssl", out: d.lognormal(3e3, 0.8), in: d.lognormal(9e3, 1),
			takes: seconds(d.lognormal(4, 1)), tls: m, by: v,
		}, d)
	}
}

func upload(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(7 * v.share(t)) {
		at, _ := v.during(t, d)
		size := d.lognormal(9e7, 0.5)
		v.send(s, at, talk{out: size, in: size / 300, takes: seconds(size / 1.5e6)}, d)
	}
}

// guess fails at one host after another, so that no two hosts see many.
func guess(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(7 * v.share(t)) {
		at, _ := v.during(t, d)
		to := s.anyOf(one(d, []role{app, service, web, staging, postgres, git}), at, d)
		s.shell(v.host, to, at, talk{takes: seconds(d.lognormal(9, 0.4)), ssh: &login{attempts: uint32(1 + d.IntN(2))}, by: v}, d)
	}
}

func copyAll(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(12 * v.share(t)) {
		at, _ := v.during(t, d)
		size := d.lognormal(4e8, 0.5)
		s.talk(at, talk{from: inside(v.host), to: inside(s.anyOf(files, at, d)), port: 445, service: "smb", out: size / 150, in: size, takes: seconds(size / 2e6), by: v}, d)
	}
}

func spam(s *Site, v *Deviation, t hour, d *dice) {
	for range d.poisson(130 * v.share(t)) {
		at, _ := v.during(t, d)
		p := s.world.places[d.IntN(len(s.world.places))]
		to := publicAddress(mix(hashOf(p.name) + 25))
		s.query(v.host, question{name: p.name, kind: 15, answers: []string{"mx1." + p.name}, by: v}, at, d)
		k := talk{from: inside(v.host), to: outside(to), port: 25, service: "smtp", out: d.lognormal(9e3, 0.4), in: 900, takes: seconds(d.lognormal(3, 0.8)), by: v}
		if d.chance(0.35) {
			k.fails = one(d, []string{"S0", "REJ"})
		}
		s.talk(at.Add(100*time.Millisecond), k, d)
	}
}

// knock tries some hundred ports.
func knock(s *Site, v *Deviation, t hour, d *dice) {
	if v.count > 0 {
		return
	}
	v.count++
	to := s.anyOf(app, v.Begins, d)
	at := v.Begins
	for port := uint16(1); port <= 260; port++ {
		at = at.Add(d.time(0, 3*time.Second))
		s.talk(at, talk{from: inside(v.host), to: inside(to), port: port * 7, fails: "REJ", by: v}, d)
	}
}

func force(s *Site, v *Deviation, t hour, d *dice) {
	if v.count > 0 {
		return
	}
	v.count++
	to, at := s.members[jump][0], v.Begins
	for range 40 {
		at = at.Add(d.time(5*time.Second, 40*time.Second))
		s.shell(v.host, to, at, talk{takes: seconds(d.lognormal(6, 0.3)), ssh: &login{attempts: uint32(2 + d.IntN(3))}, by: v}, d)
	}
}
