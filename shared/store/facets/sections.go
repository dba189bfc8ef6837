package facets

import (
	"math"
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// The readers of sections give a detection, or a participant, that has only what the section holds.

func readNature(r *reader) (d events.Detection) {
	d.Type, d.Title, d.Category, d.Risk.Band = r.text(), r.text(), r.text(), events.Band(r.text())
	d.Tactics, d.Techniques = r.list(), r.list()
	return d
}

func readTriage(r *reader) (d events.Detection) {
	d.Status, d.Resolution, d.Assignee, d.HiddenBy = events.Status(r.text()), events.Resolution(r.text()), r.text(), r.text()
	return d
}

func readPlace(r *reader) (d events.Detection) {
	d.Sensor = r.text()
	vni := r.uvarint()
	if vni > math.MaxUint32 {
		r.fail()
	}
	d.VNI = uint32(vni)
	return d
}

// readProfile makes the map of tags only where it is asked for: most questions are not about them.
func readProfile(r *reader, tags bool) (p events.Participant) {
	p.External = r.byte() == 1
	p.Address = r.address()
	p.Device, p.Hostname, p.Interface, p.Instance = r.text(), r.text(), r.text(), r.text()
	p.VPC, p.Account, p.User = r.text(), r.text(), r.text()
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return p
	}
	if tags {
		p.Tags = make(map[string]string, n)
	}
	for range n {
		k, v := r.text(), r.text()
		if tags {
			p.Tags[k] = v
		}
	}
	return p
}

func (r *reader) address() netip.Addr {
	raw, zone := r.text(), r.text()
	var a netip.Addr
	switch len(raw) {
	case 0:
		return a
	case 4:
		a = netip.AddrFrom4([4]byte([]byte(raw)))
	case 16:
		a = netip.AddrFrom16([16]byte([]byte(raw))).WithZone(zone)
	default:
		r.fail()
	}
	return a
}

// What skips a section reads the same without making anything: opening a store looks at millions of them, only to know that they are
// whole.

func (r *reader) skip(texts uint64) {
	for ; texts > 0 && !r.bad; texts-- {
		r.text()
	}
}

func (r *reader) skipList() {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return
	}
	r.skip(n)
}

func skipNature(r *reader) {
	r.skip(4)
	r.skipList()
	r.skipList()
}

func skipTriage(r *reader) { r.skip(4) }

func skipPlace(r *reader) {
	r.skip(1)
	if r.uvarint() > math.MaxUint32 {
		r.fail()
	}
}

func skipProfile(r *reader) {
	r.byte()
	switch raw := r.text(); len(raw) {
	case 0, 4, 16:
	default:
		r.fail()
	}
	r.skip(8)
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.fail()
		return
	}
	r.skip(2 * n)
}
