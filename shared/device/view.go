package device

import (
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// View is what a detector may read while it judges one record. It is a value; what it points at belongs to the model.
type View struct {
	model *Model
	scope *scope  // where addresses mean what they mean in the record
	Orig  *Device // of the record's originator; nil where there is no record, and where a call of an AWS API came from a stranger
	Resp  *Device // of its responder; nil where there is no record, and for such a call
	Fresh Fresh   // what the record was the first of
}

// Fresh tells what a record was the first of, as far as the model remembers.
type Fresh uint16

// The firsts there are.
const (
	FreshDevice   Fresh = 1 << iota // one of the two ends was never seen before
	FreshPeer                       // the two ends never spoke before
	FreshService                    // the originator never used this port of the responder before
	FreshExternal                   // nobody at the site ever spoke with this host outside before
	FreshOffer                      // the responder never offered this port before
)

// freshness says what the conversation that a record belongs to is the first of. All its records say it, up to the one of the
// conversation itself: an analyzer's record comes before that, and should not take the news away from it.
func freshness(v *View) (f Fresh) {
	if v.Orig.isNews() || v.Resp.isNews() {
		f |= FreshDevice
	}
	if v.Resp.Class != Group && v.Orig.Class != Group && !v.Orig.Knows(v.Resp.Serial) {
		f |= FreshPeer
	}
	if v.Orig.isNews() && v.Orig.IsExternal() || v.Resp.isNews() && v.Resp.IsExternal() {
		f |= FreshExternal
	}
	return f
}

func (d *Device) isNews() bool { return !d.spoke && d.Class != Group }

// Known is what people said of the site.
func (v View) Known() *Known { return &v.model.known }

// View gives a view without a record, for a detector's Tick: addresses are meant as they are seen without an observation point.
func (m *Model) View() View { return View{model: m, scope: &m.plain} }

// At gives a view of the same moment as seen from an observation point: the same address may be another device there.
func (v View) At(vni uint32) View {
	v.scope = v.model.scopeAt(vni)
	return v
}

// Age is how long the model has been learning at a moment, restarts included. What was never seen before says little as long as it
// is young.
func (v View) Age(now events.Time) time.Duration {
	if v.model.began == 0 {
		return 0
	}
	return max(now.Sub(v.model.began), 0)
}

// IsLocal says that an address is inside the local networks.
func (v View) IsLocal(a netip.Addr) bool { return v.model.Classify(a) == Local }

// IsExternal says that an address is of one host outside the local networks.
func (v View) IsExternal(a netip.Addr) bool { return v.model.Classify(a) == External }

// Device gives what is known of an address; nil where it was never seen, or was forgotten.
func (v View) Device(a netip.Addr) *Device {
	if s := v.model.seatOf(v.scope, a); s != nil {
		return &s.dev.Value
	}
	return nil
}

// Peer gives the device of a Serial; nil where it was forgotten.
func (v View) Peer(serial uint32) *Device { return v.model.bySerial(serial) }

// ID names the device of an address, also where it was never seen.
func (v View) ID(a netip.Addr) string {
	if d := v.Device(a); d != nil {
		return d.id
	}
	return v.model.idOf(v.scope, a, &Owner{VPC: v.scope.vpc})
}

// Hostname gives the most trusted name of an address, also where nobody spoke with it yet, or "".
func (v View) Hostname(a netip.Addr) string {
	if d := v.Device(a); d != nil && d.Hostname() != "" {
		return d.Hostname()
	}
	if name := v.model.named.Peek(v.model.placeOf(v.scope, a)); name != nil {
		return *name
	}
	return ""
}
