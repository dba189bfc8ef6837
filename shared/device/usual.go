package device

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
)

// habits are what a device usually does.
type habits struct {
	known    uint32                      // hours for which it was watched
	usual    [NumMetrics]*baseline.Usual // nil of what it never did
	accepted uint64                      // metrics whose new level was accepted with the latest hour, by bit

	warm    bool        // the running totals changed since they were saved
	unsaved []hourTotal // hours learned since
	lately  []int64     // hours since the epoch that were saved one by one since habits were saved as a whole
	savedAs string
}

// groups are the peer groups.
type groups struct {
	tools *baseline.Tools
	list  map[string]*peerGroup
	names []string // in the order of their beginning
}

// peerGroup is what devices do that are alike.
type peerGroup struct {
	name    string
	metrics [NumMetrics]*baseline.Group
	changed bool
}

// maxGroups bounds peer groups. Devices of further ones are one group together.
const (
	maxGroups   = 64
	otherGroups = "others"
)

func (a *activity) hasHabits() bool {
	for _, u := range a.usual {
		if u != nil {
			return true
		}
	}
	return false
}

// expects says whether a device usually does something worth mention at an hour.
func (a *activity) expects(at events.Time) bool {
	for i, m := range &metrics {
		if u := a.usual[i]; u != nil && u.Mid(hourNumber(at)) >= m.Material {
			return true
		}
	}
	return false
}

func hourNumber(at events.Time) int64 { return int64(at / hour) }

// learnHour takes the hour that is over into what is usual. An hour of which the beginning was not watched teaches nothing.
func (m *Model) learnHour(a *activity) {
	a.accepted = 0
	if a.hour < m.turns.began {
		return
	}
	g := m.groupOf(a.device)
	m.learn(a, hourTotal{at: hourNumber(a.hour), totals: &a.sofar, taint: a.taint}, g)
	m.keepHour(a)
}

// hourTotal is what is learned of an hour.
type hourTotal struct {
	at     int64 // since the epoch
	totals *[NumMetrics]float64
	taint  uint64
}

// learn takes an hour into a device's habits, and its group's where there is one.
func (m *Model) learn(a *activity, h hourTotal, g *peerGroup) {
	tools := m.groups.tools
	for i, x := range h.totals {
		u := a.usual[i]
		if u == nil {
			if x == 0 {
				continue
			}
			u = tools.NewUsual(int(a.known))
			a.usual[i] = u
		}
		one := baseline.Hour{At: h.at, Total: x, Floor: metrics[i].Material, Tainted: h.taint>>i&1 != 0}
		l := tools.Learn(u, one)
		if l.Accepted {
			a.accepted |= 1 << i
		}
		if g != nil {
			if g.metrics[i] == nil {
				g.metrics[i] = baseline.NewGroup()
			}
			tools.LearnGroup(g.metrics[i], one, l)
			g.changed = true
		}
		if x == 0 && h.at%24 == 0 && u.Idle(metrics[i].Material) {
			a.usual[i] = nil
		}
	}
	a.known++
}

// groupOf gives a device's peer group.
func (m *Model) groupOf(d *Device) *peerGroup {
	name := d.PeerGroup()
	if g := m.groups.list[name]; g != nil {
		return g
	}
	if len(m.groups.list) >= maxGroups {
		name = otherGroups
	}
	g := m.groups.list[name]
	if g == nil {
		g = m.addGroup(name)
	}
	return g
}

func (m *Model) addGroup(name string) *peerGroup {
	g := &peerGroup{name: name}
	m.groups.list[name] = g
	m.groups.names = append(m.groups.names, name)
	return g
}

// PeerGroup names the devices that are expected to behave alike: the first of its groups, which is its role where it has one, else its
// tag, else its subnet.
func (d *Device) PeerGroup() string {
	if len(d.groups) == 0 {
		return otherGroups
	}
	return d.groups[0]
}

// Expect says what is usual of a metric of a device in the hour of a moment.
func (v View) Expect(d *Device, metric int, at events.Time) baseline.Expected {
	var u *baseline.Usual
	known := 0
	if d.activity != nil {
		u, known = d.activity.usual[metric], int(d.activity.known)
	}
	var g *baseline.Group
	if group := v.model.groups.list[d.PeerGroup()]; group != nil {
		g = group.metrics[metric]
	}
	return u.Expect(hourNumber(at), metrics[metric].Material, known, g)
}

// Watched is for how many hours the device was watched: what it never did in so long, it does not do.
func (d *Device) Watched() int {
	if d.activity == nil {
		return 0
	}
	return int(d.activity.known)
}

// HasUsual says whether the device ever did something that the metric counts.
func (d *Device) HasUsual(metric int) bool {
	return d.activity != nil && d.activity.usual[metric] != nil
}
