package device

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/rarity"
)

// outlet is a place outside that a device sends to: a name, or an address that goes by none.
type outlet struct {
	place uint64
	last  uint32 // seconds
	days  uint16 // on which it sent there, before the latest
}

const (
	maxOutlets = 16     // of a device; the one that was used least recently leaves
	leastSent  = 10_000 // bytes of one report, which are more than a request
	usualDays  = 3      // earlier days on which a device sent to a place that is usual of it
	usualUsers = 3      // devices that make a place one of the site's
	// ackShare is what it takes to acknowledge what comes in: a header of up to 66 bytes for each second segment of 1500 (RFC 9293 section
	// 3.8.6.3), and some more where a segment was lost.
	ackShare = 0.03
)

// sends notes that a device sent bytes to a host outside, and says how many of them went where it sends as a rule, or where several
// devices of the site turn to.
func (a *activity) sends(bytes uint64, to *Device, v View, at events.Time) (usual float64) {
	if bytes < leastSent {
		return 0
	}
	users := 0
	if name := to.Hostname(); name != "" {
		users, _ = v.RareName(name)
	} else {
		users, _ = v.RareHost(to.Addr)
	}
	if a.outlet(placeOf(to), at).days >= usualDays || users >= usualUsers {
		return float64(bytes)
	}
	return 0
}

// placeOf stands for a host outside: by its name, whose address may be another each time, or by its address where it has none.
func placeOf(host *Device) uint64 {
	if name := host.Hostname(); name != "" {
		return rarity.Text(name)
	}
	return rarity.Addr(host.Addr)
}

// SendsTo says whether a device sent more than requests to a host outside, or to whoever had its name, on several days before.
func (d *Device) SendsTo(host *Device) bool {
	if d.activity == nil {
		return false
	}
	place := placeOf(host)
	for i := range d.activity.outlets {
		if o := &d.activity.outlets[i]; o.place == place {
			return o.days >= usualDays
		}
	}
	return false
}

// outlet gives what is known of a place, from this day on too.
func (a *activity) outlet(place uint64, at events.Time) *outlet {
	const long = 24 * 60 * 60
	now := seconds(at)
	for i := range a.outlets {
		o := &a.outlets[i]
		if o.place != place {
			continue
		}
		if o.last/long < now/long {
			o.days = min(o.days+1, 1<<15)
		}
		o.last = max(o.last, now)
		return o
	}
	o := a.freeOutlet()
	*o = outlet{place: place, last: now}
	return o
}

func (a *activity) freeOutlet() *outlet {
	if len(a.outlets) < maxOutlets {
		a.outlets = append(a.outlets, outlet{})
		return &a.outlets[len(a.outlets)-1]
	}
	oldest := &a.outlets[0]
	for i := range a.outlets {
		if o := &a.outlets[i]; o.last < oldest.last {
			oldest = o
		}
	}
	return oldest
}

// Sent gives what a device sent to hosts outside in the hour until now, without what acknowledges what it took in, and how much of that
// went where nothing of its usual goes: to places to which it did not send on several days before, and few others turn. A restart
// forgets the places.
func (t *Turned) Sent() (all, unusual float64) {
	all = max(0, t.SoFar[BytesOutExternal]-ackShare*t.SoFar[BytesInExternal])
	return all, max(0, all-t.Device.activity.usualOut)
}

// Own gives how much a device did of a metric in the hour until now for its own sake: without what acknowledges what it took in,
// and without what others asked of it, which is counted as served.
func (t *Turned) Own(metric int) float64 {
	switch metric {
	case BytesOutExternal:
		all, _ := t.Sent()
		return all
	case BytesOut:
		return max(0, t.SoFar[BytesOut]-t.SoFar[ServedBytesOut]-ackShare*t.SoFar[BytesIn])
	}
	return t.SoFar[metric]
}

// Workday says whether a whole day from Monday to Friday, in UTC, lies between two moments.
func Workday(from, to events.Time) bool {
	for at := startOf(from+day-1, day); at+day <= to; at += day {
		if w := at.Time().Weekday(); w != time.Saturday && w != time.Sunday {
			return true
		}
	}
	return false
}
