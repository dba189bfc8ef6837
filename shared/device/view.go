package device

import "net/netip"

// View is what a detector may read while it judges one record. It is a value; what it points at belongs to the model.
type View struct {
	model *Model
	Orig  *Device // of the record's originator; nil where there is no record
	Resp  *Device // of its responder
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

// Known is what people said of the site.
func (v View) Known() *Known { return &v.model.known }

// View gives a view without a record, for a detector's Tick.
func (m *Model) View() View { return View{model: m} }

// IsLocal says that an address is inside the local networks.
func (v View) IsLocal(a netip.Addr) bool { return v.model.Classify(a) == Local }

// IsExternal says that an address is of one host outside the local networks.
func (v View) IsExternal(a netip.Addr) bool { return v.model.Classify(a) == External }

// Device gives what is known of an address; nil where it was never seen, or was forgotten.
func (v View) Device(a netip.Addr) *Device { return v.model.find(a) }

// Hostname gives the most trusted name of an address, also where nobody spoke with it yet, or "".
func (v View) Hostname(a netip.Addr) string {
	if d := v.model.find(a); d != nil && d.Hostname() != "" {
		return d.Hostname()
	}
	if name := v.model.named.Peek(a); name != nil {
		return *name
	}
	return ""
}
