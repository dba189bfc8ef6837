package lateral

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// controllers are the domain controllers of a site, as far as a detector knows them: replication between them is their daily work.
type controllers struct {
	*detect.Memory[uint32, lastTime] // those that answered logons of members
}

// maxControllers bounds those remembered; the largest forests have a few hundred.
const maxControllers = 2000

func newControllers() controllers { return controllers{newSerials(maxControllers, 'd')} }

// newSerials is a memory of devices by what they were seen to do, and of the day on which they did it last.
func newSerials(limit int, letter byte) *detect.Memory[uint32, lastTime] {
	return detect.NewFilledMemory(limit, letter, 1, func(key, value *detect.Form, serial *uint32, l *lastTime) {
		detect.Number(key, serial)
		detect.Number(value, &l.day)
	})
}

// meetOn notes something on its day, and says whether it is new.
func meetOn[K comparable](m *detect.Memory[K, lastTime], k K, at events.Time) (fresh bool) {
	last, fresh := m.Put(k)
	if day := dayOf(at); fresh || last.day != day {
		last.day = day
		m.Note(k)
	}
	return fresh
}

// learn remembers who answers as a controller does.
func (c controllers) learn(r *events.DCERPC, v device.View) {
	if r.RTT == 0 || r.Fault != 0 || !askedOfControllers(r) {
		return
	}
	meetOn(c.Memory, v.Resp.Serial, r.TS)
}

// askedOfControllers: members ask them over the Netlogon channel, and for names; controllers tell each other that there is something new.
// Whoever poses as one answers no more than is needed, which is the fetching of changes.
func askedOfControllers(r *events.DCERPC) bool {
	switch interfaceOf(r) {
	case netlogon:
		return true
	case replication:
		return r.Opnum == 2 || r.Opnum == 12 || r.Opnum == 16 || r.Opnum == 17
	}
	return false
}

// kerberosPort is where every controller answers, and nobody else does. Source: RFC 4120 section 7.2.
const kerberosPort = 88

// has says whether a device is known to be a controller.
func (c controllers) has(d *device.Device) bool {
	return c.Peek(d.Serial) != nil || d.HasRole("domain_controller") ||
		d.OffersPort(device.TCP, kerberosPort) || d.OffersPort(device.UDP, kerberosPort)
}
