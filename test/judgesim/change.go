package judgesim

import (
	"slices"
	"time"
)

// change is something that the people of the site do to it, and that is nobody's attack.
type change struct {
	at   int // hour from the beginning
	what string
	do   func(*Site, hour, *dice)
}

// Changes lists what was done to the site, for whoever asks why a detector spoke.
func (s *Site) Changes() []string {
	var list []string
	for _, c := range s.changes {
		list = append(list, s.cal.at(0, time.Duration(c.at)*time.Hour).Time().Format("Mon 02 Jan 15:04 ")+c.what)
	}
	return list
}

// schedule plans what will be done: deployments on working days, and what a month brings.
func (s *Site) schedule() {
	d := s.dice.throw(s.o.Seed, 9)
	for day := range s.o.Days {
		if s.cal.off(day) {
			continue
		}
		if d.chance(0.4) {
			g := one(d, s.deployable())
			s.plan(day, 9+d.IntN(8), "deployment of "+g.role.String(), func(s *Site, t hour, d *dice) { s.release(g, t, d) })
		}
		if d.chance(0.25) {
			r := one(d, []role{web, app, service, worker, media, staging, cache})
			s.plan(day, 10+d.IntN(7), "a new instance for an old one of "+r.String(), func(s *Site, t hour, d *dice) { s.replace(r, t, d) })
		}
	}
	for family := range 3 {
		s.plan(d.IntN(s.o.Days), 7+d.IntN(6), "a new version of a browser", func(s *Site, _ hour, _ *dice) { s.upgrade(family) })
	}
	s.plan(3+d.IntN(max(s.o.Days-4, 1)), d.IntN(24), "certificates renewed", func(s *Site, _ hour, _ *dice) { s.cert++ })
	for range max(1, s.o.Days/14) {
		r := one(d, []role{postgres, cache, queue, service, mysql})
		length := d.time(20*time.Minute, 100*time.Minute)
		s.plan(2+d.IntN(max(s.o.Days-2, 1)), d.IntN(24), "an outage of "+r.String()+" for "+length.String(), func(s *Site, t hour, d *dice) { s.fail(r, length, t, d) })
	}
	slices.SortStableFunc(s.changes, func(a, b change) int { return a.at - b.at })
}

func (s *Site) plan(day, of int, what string, do func(*Site, hour, *dice)) {
	s.changes = append(s.changes, change{day*24 + of, what, do})
}

// change does what was planned for an hour.
func (s *Site) change(t hour) {
	s.apology = false
	for _, h := range s.hosts {
		s.apology = s.apology || h.refuse.to > t.start && h.refuse.from < t.end()
	}
	for i, c := range s.changes {
		if c.at == t.index {
			c.do(s, t, s.dice.throw(s.o.Seed, 10, uint64(i)))
		}
	}
}

func (s *Site) deployable() (list []*group) {
	for _, r := range []role{web, app, service, worker, staging, media, batch} {
		list = append(list, s.ofRole[r]...)
	}
	return list
}

// release brings a new version to all hosts of a group within half an hour: the image from the registry, other sizes, sometimes another
// service that is needed from now on, sometimes another place outside, sometimes other programs below.
func (s *Site) release(g *group, t hour, d *dice) {
	at := t.start.Add(d.time(0, 20*time.Minute))
	image := d.lognormal(2.5e8, 0.5)
	for _, h := range s.members[g.role] {
		if s.groupOf(h) != g || !h.alive(at) {
			continue
		}
		at = at.Add(d.time(10*time.Second, 2*time.Minute))
		s.shell(s.members[ci][0], h, at, talk{out: 9e4, in: 3e4, takes: 40 * time.Second}, d)
		s.talk(at.Add(5*time.Second), talk{from: inside(h), to: inside(s.members[registry][0]), port: 5000, service: "http", out: 5e4, in: image, takes: seconds(image / 3e7)}, d)
	}
	g.weight *= d.between(0.8, 1.35)
	if d.chance(0.35) {
		g.needs = append(g.needs, &need{role: service, group: d.IntN(serviceGroups), perHour: d.lognormal(6, 0.6), out: 2500, in: 9000, name: "http"})
	}
	if d.chance(0.3) {
		g.outward = append(g.outward, s.errand(g.role, d))
	}
	if d.chance(0.25) {
		id := d.Uint64()
		for _, h := range s.members[g.role] {
			if s.groupOf(h) == g {
				h.ja4, h.ja3 = h.ja4[:10]+hex64(id)[:24], hex64(id)[:32]
			}
		}
	}
}

// replace has a new instance with a new address come for an old one, which leaves an hour later.
func (s *Site) replace(r role, t hour, d *dice) {
	var old *host
	for range 10 {
		if h := one(d, s.members[r]); !h.pinned && h.gone == 0 {
			old = h
			break
		}
	}
	if old == nil {
		return
	}
	fresh := s.settle(r, t.start.Add(d.time(0, 10*time.Minute)), d)
	fresh.vigor, fresh.group = old.vigor, old.group
	fresh.ja4, fresh.ja3, fresh.agent = old.ja4, old.ja3, old.agent
	old.gone = t.start.Add(d.time(30*time.Minute, 50*time.Minute))
	s.freed = append(s.freed, freed{old.addr, old.gone})
	// Who is gone is no longer asked, but for those who still have it in their settings for an hour.
	s.leaving = append(s.leaving, old)
	image := d.lognormal(2.5e8, 0.4)
	s.talk(fresh.born.Add(time.Minute), talk{from: inside(fresh), to: inside(s.members[registry][0]), port: 5000, service: "http", out: 5e4, in: image, takes: seconds(image / 3e7)}, d)
	s.shell(s.members[ci][0], fresh, fresh.born.Add(2*time.Minute), talk{out: 4e5, in: 9e4, takes: time.Minute}, d)
}

// leave takes those who went out of the lists.
func (s *Site) leave(t hour) {
	s.leaving = slices.DeleteFunc(s.leaving, func(h *host) bool {
		if t.start < h.gone {
			return false
		}
		s.members[h.role] = slices.DeleteFunc(s.members[h.role], func(o *host) bool { return o == h })
		return true
	})
}

// upgrade gives the people of one browser its next version.
func (s *Site) upgrade(family int) {
	for _, h := range s.hosts {
		if h.person != nil && h.person.family == family {
			h.ja4, h.ja3, h.agent = browser(family, 2)
		}
	}
}

// fail takes a service away for a while; its hosts are up, and nobody answers.
func (s *Site) fail(r role, length time.Duration, t hour, d *dice) {
	from := t.moment(d)
	for i, h := range s.members[r] {
		if i%2 == 0 || len(s.members[r]) < 3 {
			h.refuse = span{from, from.Add(length)}
		}
	}
	s.apology = true
}

// deploy is what the build server does by itself: it looks at the sources every ten minutes.
func deploy(s *Site, h *host, t hour, d *dice) {
	to := s.members[git][0]
	for i := range 6 {
		s.talk(t.start.Add(time.Duration(i)*10*time.Minute+d.time(0, 20*time.Second)), talk{
			from: inside(h), to: inside(to), port: 443, service: "ssl", out: 3e3, in: d.lognormal(9e3, 0.3), tls: s.inner(h, to, "ssl"),
		}, d)
	}
}
