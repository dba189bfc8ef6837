package judgesim

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// person sits at a workstation, and is irregular.
type person struct {
	trade         trade
	begin, finish time.Duration // of a usual working day
	lunch         time.Duration
	home          [7]bool // weekdays on which the workstation stays off
	leave         [2]int  // first and last day of a holiday; last before first: none
	always        bool    // the machine is never switched off
	favourites    []int   // places
	family        int     // of the browser
}

type trade uint8

const (
	clerk trade = iota
	developer
	admin
	finance
)

// hire seats somebody.
func (s *Site) hire(h *host) *person {
	d := s.dice.throw(s.o.Seed, 7, uint64(h.id))
	p := &person{family: int(mix(uint64(h.id)) % 3), always: d.chance(0.35), leave: [2]int{1, 0}}
	switch x := d.Float64(); {
	case x < 0.3:
		p.trade = developer
	case x < 0.36:
		p.trade = admin
	case x < 0.48:
		p.trade = finance
	}
	p.begin = 8*time.Hour + 45*time.Minute + time.Duration(d.NormFloat64()*float64(50*time.Minute))
	p.finish = p.begin + 8*time.Hour + 40*time.Minute + time.Duration(d.NormFloat64()*float64(40*time.Minute))
	p.lunch = 12*time.Hour + d.time(-15*time.Minute, 75*time.Minute)
	for day := range p.home {
		p.home[day] = d.chance(0.22)
	}
	if d.chance(0.25) {
		first := d.IntN(max(s.o.Days-5, 1))
		p.leave = [2]int{first, first + 2 + d.IntN(8)}
	}
	for range 25 + d.IntN(40) {
		p.favourites = append(p.favourites, d.zipf(len(s.world.places)))
	}
	return p
}

// stay is when somebody is at work on a day: a morning and an afternoon, sometimes an evening too. Nothing is kept: the same day gives
// the same hours.
func (s *Site) stay(h *host, day int) (list [3]span) {
	p := h.person
	d := newDice().throw(s.o.Seed, 8, uint64(h.id), uint64(day))
	late := s.cal.monthEnd(day) && p.trade == finance
	away := p.home[s.cal.date(day).Weekday()] && !late || day >= p.leave[0] && day <= p.leave[1] || d.chance(0.03)
	noise := func(wide time.Duration) time.Duration { return time.Duration(d.NormFloat64() * float64(wide)) }
	evening := d.chance(0.05) && !away || late
	if s.cal.off(day) {
		if !d.chance(0.04) {
			return list
		}
		from := s.cal.at(day, d.time(9*time.Hour, 18*time.Hour))
		list[0] = span{from, from.Add(d.time(30*time.Minute, 4*time.Hour))}
		return list
	}
	if !away {
		lunch := p.lunch + noise(12*time.Minute)
		list[0] = span{s.cal.at(day, p.begin+noise(18*time.Minute)), s.cal.at(day, lunch)}
		list[1] = span{s.cal.at(day, lunch+d.time(25*time.Minute, 65*time.Minute)), s.cal.at(day, p.finish+noise(35*time.Minute))}
	}
	if evening {
		from := s.cal.at(day, 19*time.Hour+d.time(0, 2*time.Hour))
		list[2] = span{from, from.Add(d.time(20*time.Minute, 150*time.Minute))}
	}
	return list
}

// atWork says whether the person sits there.
func (s *Site) atWork(h *host, t events.Time) bool {
	for _, part := range s.today(h, t) {
		if part.holds(t) {
			return true
		}
	}
	return false
}

// today is stay, kept for the day.
func (s *Site) today(h *host, t events.Time) [3]span {
	day := s.Day(t) - 1
	if kept, ok := s.stays[h.id]; ok && kept.day == day {
		return kept.parts
	}
	parts := s.stay(h, day)
	s.stays[h.id] = stays{day, parts}
	return parts
}

type stays struct {
	day   int
	parts [3]span
}

// on says whether the machine runs: while somebody is about, or always.
func (s *Site) on(h *host, t events.Time) bool {
	if h.person.always {
		return true
	}
	for _, part := range s.today(h, t) {
		if part.to > part.from && t >= part.from.Add(-5*time.Minute) && t < part.to.Add(10*time.Minute) {
			return true
		}
	}
	return false
}

// machine is what a workstation does by itself: it asks for its domain, looks for updates, and keeps programs connected.
func machine(s *Site, h *host, t hour, d *dice) {
	keepTime(s, h, t, d)
	for range d.poisson(5) {
		at := t.moment(d)
		if !s.on(h, at) {
			continue
		}
		dc := s.anyOf(domain, at, d)
		switch d.IntN(4) {
		case 0:
			s.talk(at, talk{from: inside(h), to: inside(dc), port: 88, service: "krb_tcp", out: d.lognormal(1800, 0.3), in: d.lognormal(1900, 0.3)}, d)
		case 1:
			s.talk(at, talk{from: inside(h), to: inside(dc), port: 389, service: "ldap", out: d.lognormal(2500, 0.5), in: d.lognormal(6000, 0.8)}, d)
		case 2:
			s.query(h, question{name: one(d, []string{"wpad", "_ldap._tcp.dc._msdcs", "isatap", "printer"}) + ".example.net", code: uint16(3 * d.IntN(2))}, at, d)
		default:
			p := place{name: one(d, []string{"settings-win.data.microsoft.com", "slscr.update.microsoft.com", "v10.events.data.microsoft.com", "ctldl.windowsupdate.com"}), kind: cloudy}
			s.visit(h, &p, at, talk{out: d.lognormal(4e3, 0.8), in: d.lognormal(9e3, 1)}, d)
		}
	}
	if s.patched(h, t) {
		p := place{name: "download.windowsupdate.com", kind: large}
		s.visit(h, &p, t.moment(d), talk{out: 9e4, in: d.lognormal(5e8, 0.4), takes: d.time(4*time.Minute, 20*time.Minute)}, d)
	}
}

// patched: the second Tuesday of a month brings a great update, and everybody takes it within two days, when the machine runs.
func (s *Site) patched(h *host, t hour) bool {
	for back := range 3 {
		date := s.cal.date(t.day - back)
		if date.Weekday() == time.Tuesday && date.Day() > 7 && date.Day() <= 14 {
			due := 19 + int(mix(uint64(h.id)+uint64(date.Day()))%30)
			return t.of+24*back == due && s.on(h, t.start.Add(30*time.Minute))
		}
	}
	return false
}

// browse is a person's time outside: sessions in bursts, at old places and new ones, small and huge.
func browse(s *Site, h *host, t hour, d *dice) {
	pace := 5 * h.vigor
	for range d.often(pace) {
		at := t.moment(d)
		if !s.atWork(h, at) {
			continue
		}
		p, uploads := &s.world.places[one(d, h.person.favourites)], 0.02
		if d.chance(0.12) {
			p, uploads = &s.world.places[d.IntN(len(s.world.places))], 0.004
		}
		if d.chance(0.03) { // a place where nobody of the site ever was
			p = &place{name: one(d, s.words) + one(d, s.words) + "-" + one(d, s.words) + ".com"}
			uploads = 0.004
		}
		s.session(h, p, uploads, at, d)
	}
	if d.chance(0.03) && s.atWork(h, t.start.Add(30*time.Minute)) {
		p := place{name: one(d, []string{"rr4---sn-4g5e6nz7.googlevideo.com", "dl.dropboxusercontent.com", "cdn.zoom.us", "software.download.prss.microsoft.com"}), kind: cloudy}
		s.visit(h, &p, t.moment(d), talk{out: 2e5, in: d.lognormal(1.5e8, 1.2), takes: d.time(time.Minute, 30*time.Minute)}, d)
	}
}

// session is a place with what its pages bring along. People give large files to places they know, hardly ever to others.
func (s *Site) session(h *host, p *place, uploads float64, at events.Time, d *dice) {
	for range 1 + d.poisson(0.8) {
		out := d.lognormal(5e3, 1.1)
		if d.chance(uploads) { // a picture, a presentation
			out += d.lognormal(2e6, 1)
		}
		s.visit(h, p, at, talk{out: out, in: d.lognormal(2.5e5, 1.6), takes: seconds(d.lognormal(20, 1.2))}, d)
		at = at.Add(seconds(d.lognormal(40, 1)))
	}
	if p.content != "" && d.chance(0.7) {
		c := place{name: p.content, kind: p.kind}
		s.visit(h, &c, at, talk{out: d.lognormal(3e3, 0.7), in: d.lognormal(6e5, 1.4), takes: seconds(d.lognormal(15, 1))}, d)
	}
	if d.chance(0.02) { // mistyped, or gone
		s.query(h, question{name: one(d, s.words) + one(d, s.words) + ".con", code: 3}, at, d)
	}
}

// office is a person's work inside: files, the wiki, and programs that keep a conversation open.
func office(s *Site, h *host, t hour, d *dice) {
	half := t.start.Add(30 * time.Minute)
	if s.atWork(h, half) {
		p := place{name: one(d, []string{"outlook.office365.com", "teams.microsoft.com", "wss-primary.slack.com"}), kind: large}
		s.visit(h, &p, t.start.Add(d.time(0, 20*time.Minute)), talk{out: d.lognormal(1.2e5, 0.8), in: d.lognormal(4e5, 0.9), takes: d.time(15*time.Minute, 50*time.Minute)}, d)
	}
	late := s.cal.monthEnd(t.day) && h.person.trade == finance
	pace := 1.6 * h.vigor
	if late {
		pace *= 3
	}
	for range d.often(pace) {
		at := t.moment(d)
		if !s.atWork(h, at) {
			continue
		}
		if d.chance(0.45) || late {
			to := s.anyOf(files, at, d)
			s.talk(at, talk{from: inside(h), to: inside(to), port: 445, service: "smb", out: d.lognormal(3e5, 1.3), in: d.lognormal(1.5e6, 1.6), takes: seconds(d.lognormal(60, 1.2))}, d)
			continue
		}
		to := s.members[wiki][0]
		s.talk(at, talk{from: inside(h), to: inside(to), port: 443, service: "ssl", out: d.lognormal(4e3, 0.8), in: d.lognormal(2e5, 1), takes: seconds(d.lognormal(30, 1)), tls: s.inner(h, to, "ssl")}, d)
	}
}

// develop is what developers and administrators do besides.
func develop(s *Site, h *host, t hour, d *dice) {
	if h.person.trade != developer && h.person.trade != admin {
		return
	}
	for range d.often(1.5) {
		at := t.moment(d)
		if !s.atWork(h, at) {
			continue
		}
		switch {
		case h.person.trade == admin || d.chance(0.15):
			k := talk{out: d.lognormal(4e4, 1), in: d.lognormal(2e5, 1.2), takes: seconds(d.lognormal(900, 1))}
			if d.chance(0.06) {
				k = talk{takes: 12 * time.Second, ssh: &login{attempts: uint32(1 + d.IntN(3))}}
			}
			s.shell(h, s.members[jump][0], at, k, d)
		case d.chance(0.5):
			to := s.members[git][0]
			s.talk(at, talk{from: inside(h), to: inside(to), port: 443, service: "ssl", out: d.lognormal(3e4, 1.4), in: d.lognormal(4e5, 1.6), takes: seconds(3), tls: s.inner(h, to, "ssl")}, d)
		default:
			to := s.anyOf(staging, at, d)
			s.talk(at, talk{from: inside(h), to: inside(to), port: 8080, service: "http", out: d.lognormal(5e3, 1), in: d.lognormal(8e4, 1.2), takes: seconds(d.lognormal(20, 1)),
				http: []page{{method: "GET", host: to.name + ".internal.example.net", uri: "/" + one(d, s.words), agent: h.agent, status: 200}}}, d)
		}
	}
}
