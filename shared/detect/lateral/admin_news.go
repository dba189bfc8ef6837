package lateral

import (
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// news is what a client newly works on, within an hour.
type news struct {
	began, last events.Time
	due         events.Time // when it is told, or told anew; 0: it does not wait
	fanned      bool        // so many hosts at once that lateral.fan_out speaks
	count, told int
	reasons     reasons
	services    uint32
	fleet       fleet
	alike       []string // groups that all of the hosts belong to
	victims     []detect.Party
	uids        []string
	addr        netip.Addr
	id, sensor  string
	vni         uint32
}

// reasons are what makes a new connection more than a day's work.
type reasons struct {
	first    bool // the client never administered anything
	newHost  bool // nor could it: it is new itself
	offHours bool // it does not do so at this time of the day
	failures int  // attempts in vain right before
	busy     bool // it administers as many as those do who do so by habit, on fewer days
	before   bool // it has administered before today
	early    bool // no whole working day was watched so far
	door     bool // the latest host is one through which many come
}

// maxVictims is how many hosts a finding names.
const maxVictims = 32

// reasonsFor looks at what was known of a client before.
func (n *NewAdminPeers) reasonsFor(a *administrator, before *habits, v device.View, s service, at events.Time) (r reasons) {
	r.newHost = at.Sub(v.Orig.FirstSeen) < newHost
	r.early = !device.Workday(at.Add(-v.Age(at)), at)
	r.door = n.usersOf(s, v.Resp) > manyComers
	r.busy, r.before = before.old >= n.tune.Habit, before.old > 0
	r.first = before.links == 0 && !r.newHost
	r.offHours = before.outOfHours(hourOf(at))
	if a.failures >= n.tune.Failures && at.Sub(a.failureAt) <= failedWithin {
		r.failures = a.failures
	}
	return r
}

// So many hours on so many days tell when somebody works.
const (
	enoughHours = 10
	enoughDays  = 5
)

// outOfHours says that a client which is known well never administers at this time of the day, an hour before or after.
func (a *habits) outOfHours(hour int) bool {
	sum := 0
	for _, n := range a.hours {
		sum += int(n)
	}
	return sum >= enoughHours && onesOf(a.days) >= enoughDays && a.hours[hour] == 0 && a.hours[(hour+1)%24] == 0 && a.hours[(hour+23)%24] == 0
}

// add notes a new connection, and says whether the news has to begin to wait.
func (n *news) add(c *events.Conn, v device.View, s service, r reasons, within time.Duration) (waits bool) {
	at := ended(c)
	if at.Sub(n.began) > within {
		due := n.due
		*n = news{began: at, due: due}
	}
	if n.count == 0 {
		n.alike = kindred(v.Resp.Groups())
	}
	n.alike = slices.DeleteFunc(n.alike, func(g string) bool { return !slices.Contains(v.Resp.Groups(), g) })
	n.last = max(n.last, at)
	n.fleet.add(v.Orig, v.Resp)
	n.count++
	n.services |= 1 << s
	n.reasons.first, n.reasons.newHost = n.reasons.first || r.first, r.newHost
	n.reasons.busy, n.reasons.before, n.reasons.door = r.busy, r.before, r.door
	n.reasons.early = r.early
	n.reasons.offHours = n.reasons.offHours || r.offHours
	n.reasons.failures = max(n.reasons.failures, r.failures)
	n.addr, n.id, n.vni, n.sensor = c.OrigH, v.Orig.ID(), c.VNI, c.Sensor
	n.uids = keep(n.uids, c.UID)
	if len(n.victims) < maxVictims {
		n.victims = append(n.victims, detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	}
	return n.due == 0
}

// kindred gives the groups that say what a host is for: its neighbours in a subnet have nothing else in common.
func kindred(groups []string) (list []string) {
	for _, g := range groups {
		if !strings.HasPrefix(g, "subnet:") {
			list = append(list, g)
		}
	}
	return list
}

// tell gives the finding, when there is more to tell than was told: the first connection, several, and twice as many each time after.
// In between the numbers are brought up to date.
func (n *news) tell(several int) (detect.Finding, bool) {
	if n.fanned || n.count == n.told {
		return detect.Finding{}, false
	}
	f := n.report(several)
	if n.told > 0 && n.count < max(several, 2*n.told) {
		f.Final = true
		return f, true
	}
	n.told = n.count
	return f, true
}

func (n *news) report(several int) detect.Finding {
	return detect.Finding{
		Key: n.id, Confidence: 0.75, Start: n.began, End: n.last, UIDs: n.uids, VNI: n.vni, Sensor: n.sensor, Description: n.sentence(),
		Offenders: []detect.Party{{Addr: n.addr, Endpoint: detect.Client}}, Victims: n.victims, Terms: n.terms(several),
		Properties: map[string]any{
			"new_connections": n.count, "services": names(n.services), "first_ever": n.reasons.first, "off_hours": n.reasons.offHours,
			"failures_before": n.reasons.failures, "seconds": n.last.Sub(n.began).Seconds(),
		},
	}
}

func (n *news) sentence() string {
	text := fmt.Sprintf("%s worked on %s by %s for the first time", n.addr, n.victims[0].Addr, names(n.services))
	if n.count > 1 {
		text = fmt.Sprintf("%s worked on %d hosts by %s for the first time within %s", n.addr, n.count, names(n.services), detect.Lasted(n.last.Sub(n.began)))
	}
	if n.reasons.first {
		text += "; it never administered anything before"
	}
	if n.reasons.offHours {
		text += ", at a time of the day at which it never does"
	}
	if n.reasons.failures > 0 {
		text += fmt.Sprintf(", right after %d attempts that failed", n.reasons.failures)
	}
	return text + "."
}

// terms say what the instance is worth beside the type.
func (n *news) terms(several int) (list []events.Term) {
	deploys := n.reasons.before && n.fleet.whole()
	switch {
	case n.count >= 3*several && !deploys:
		list = append(list, events.Term{Name: "many_at_once", Points: 10, Reason: fmt.Sprintf("%d new connections within the hour", n.count)})
	case n.count < several:
		list = append(list, events.Term{Name: "single", Points: -15, Reason: "one new connection is a day's work"})
	}
	switch {
	case deploys:
		list = append(list, events.Term{Name: "one_fleet", Points: -25, Reason: "an administrator's round over the servers " + n.fleet.family})
	case n.reasons.busy:
		list = append(list, events.Term{Name: "administrator", Points: -15, Reason: "it has administered many others before"})
	case n.reasons.before && n.count >= several && len(n.alike) > 0:
		list = append(list, events.Term{Name: "one_group", Points: -15, Reason: "an administrator's round over " + n.alike[0]})
	}
	if n.reasons.early && n.count < several {
		list = append(list, events.Term{Name: "first_working_day", Points: -15, Reason: "who works on whom on a working day is not known yet"})
	}
	if n.reasons.door && n.count == 1 {
		list = append(list, events.Term{Name: "jump_host", Points: -15, Reason: "many come to that host"})
	}
	if n.reasons.newHost {
		list = append(list, events.Term{Name: "new_host", Points: -15, Reason: "a new host has nobody but new peers"})
	}
	if n.reasons.first {
		list = append(list, events.Term{Name: "never_administered", Points: 10, Reason: "it never worked on another host before"})
	}
	if n.reasons.offHours {
		list = append(list, events.Term{Name: "off_hours", Points: 10, Reason: "it never does at this time of the day"})
	}
	if n.reasons.failures > 0 {
		list = append(list, events.Term{Name: "after_failures", Points: 15, Reason: fmt.Sprintf("%d attempts failed right before", n.reasons.failures)})
	}
	return list
}

func dayOf(at events.Time) int64 { return int64(at) / int64(24*time.Hour) }

func hourOf(at events.Time) int { return int(int64(at)/int64(time.Hour)) % 24 }

func onesOf(days uint32) int { return bits.OnesCount32(days) }
