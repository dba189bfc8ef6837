package device

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Role is what a device is for, as its conduct shows.
type Role struct {
	Name     string // "db_server", ...
	Evidence string // one clause with numbers
	Since    events.Time
}

// RoleChange is that a device began to be something that it was not.
type RoleChange struct {
	From, To string      // From is "" where it had no role
	Since    events.Time // when it began to be From; when it was seen first, where it had no role
	At       events.Time
}

// held is a role that a device has, by its place among the rules.
type held struct {
	rule  uint8
	since uint32 // seconds
}

const (
	// roleLasts is how long a role outlasts the last conversation that speaks for it, so that a host that serves once a week does not
	// change its role twice a week.
	roleLasts = events.Time(14 * 24 * time.Hour)
	// firstLook is after how many conversations a device is looked at for the first time, and then after twice as many each time.
	firstLook = 8
)

// Role is what people said the device is, else the first of the roles that its conduct shows, else "".
func (d *Device) Role() string {
	if d.said.Role != "" {
		return d.said.Role
	}
	return d.LearnedRole()
}

// LearnedRole is the first of the roles that its conduct shows, or "".
func (d *Device) LearnedRole() string {
	if len(d.roles) == 0 {
		return ""
	}
	return roleRules()[d.roles[0].rule].name
}

// Roles gives the roles that its conduct shows, what they rest on and since when, the one that counts most first.
func (d *Device) Roles() []Role {
	var list []Role
	rules := roleRules()
	for _, h := range d.roles {
		p, fits := rules[h.rule].fits(d)
		if !fits {
			p = proof{} // it outlasted what it rested on
		}
		list = append(list, Role{rules[h.rule].name, p.String(), atSecond(h.since)})
	}
	return list
}

// HasRole says whether its conduct shows a role, or people gave it that one.
func (d *Device) HasRole(name string) bool {
	if d.said.Role == name {
		return true
	}
	rules := roleRules()
	for _, h := range d.roles {
		if rules[h.rule].name == name {
			return true
		}
	}
	return false
}

// RoleChanged gives the last change; ok is false where there was none.
func (d *Device) RoleChanged() (c RoleChange, ok bool) {
	if d.turn == nil {
		return c, false
	}
	return *d.turn, true
}

// HighValue says that harm to the device is harm to many, or that people said so.
func (d *Device) HighValue() bool { return d.said.HighValue || d.learnedHighValue() }

// learnedHighValue: who holds the names, the addresses, the accounts or the data of all others is worth more to an attacker than they are.
func (d *Device) learnedHighValue() bool {
	rules := roleRules()
	for _, h := range d.roles {
		if rules[h.rule].precious {
			return true
		}
	}
	return false
}

// consider looks whether a device has other roles than before: when it has had twice as many conversations as the last time, on the
// hour, and while one of its services is young.
func (m *Model) consider(d *Device) {
	if d.Class != Local {
		return
	}
	hour := seconds(m.now) / 3600
	if d.conversations < d.lookAt && hour == d.looked && !d.young {
		return
	}
	d.young = false
	if d.conversations >= d.lookAt {
		d.lookAt = max(2*d.conversations, firstLook)
	}
	d.looked = hour
	d.scans, d.stands = m.known.Scanner(d.Addr), m.known.Gateway(d.Addr)
	m.judgeRoles(d)
}

func (m *Model) judgeRoles(d *Device) {
	var now [maxRoles]held
	n, gained := 0, -1
	rules := roleRules()
	for i := range rules {
		if _, fits := rules[i].fits(d); !fits {
			continue
		}
		now[n] = held{uint8(i), d.roleSince(i)}
		if now[n].since == 0 {
			now[n].since = seconds(d.LastSeen)
			if gained < 0 {
				gained = i
			}
		}
		n++
	}
	if gained < 0 && n == len(d.roles) {
		return
	}
	if gained >= 0 {
		d.turn = &RoleChange{From: d.LearnedRole(), To: rules[gained].name, Since: d.FirstSeen, At: d.LastSeen}
		if len(d.roles) > 0 {
			d.turn.Since = atSecond(d.roles[0].since)
		}
	}
	d.roles = append([]held(nil), now[:n]...)
	m.regroup(d)
}

// roleSince gives since when a device has a role; 0 where it has not.
func (d *Device) roleSince(rule int) uint32 {
	for _, h := range d.roles {
		if int(h.rule) == rule {
			return h.since
		}
	}
	return 0
}

// Said is what people say of a device.
type Said struct {
	Role      string
	HighValue bool
}

// SetSaid takes what people say of devices, by ID, anew and whole. It is called between two records; the map is the model's from then on.
func (m *Model) SetSaid(all map[string]Said) {
	for id := range m.said {
		if e := m.find(id); e != nil {
			e.Value.said = Said{}
		}
	}
	was := m.said
	m.said = all
	for _, list := range []map[string]Said{was, all} {
		for id := range list {
			if e := m.find(id); e != nil {
				e.Value.said = all[id]
				m.regroup(&e.Value)
			}
		}
	}
}
