package device

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// errBroken says that bytes are not what they should be.
var errBroken = errors.New("broken, or cut short")

// Bounds of texts that are read back, in bytes.
const (
	maxMAC      = 32
	maxOwned    = 1024 // of what an inventory says
	maxProtocol = 256  // of a service's name
)

// decode makes a device of what append gave. What makes no sense gives an error, and no device.
func (m *Model) decode(id string, b []byte) (Device, error) {
	if len(b) == 0 || b[0] != deviceForm {
		return Device{}, fmt.Errorf("device %.64q: form %d, want %d", id, b[:min(len(b), 1)], deviceForm)
	}
	r := &reader{b: b[1:]}
	d := Device{id: id, Serial: r.short(), VNI: r.short(), Addr: r.address(), FirstSeen: r.moment(), LastSeen: r.moment()}
	d.MAC, d.spoke = r.text(maxMAC), r.flag()
	for _, n := range []*uint32{&d.Overflow, &d.peers, &d.silent, &d.triedAt, &d.conversations, &d.lookAt} {
		*n = r.short()
	}
	d.Owner = r.owner(m)
	for range r.upTo(maxPlaces) {
		d.places = append(d.places, place{r.number(), r.address()})
	}
	for range r.upTo(MaxNames) {
		d.Names = append(d.Names, Name{Source: NameSource(r.upTo(uint64(FromHTTP))), Text: r.text(maxName)})
	}
	d.Offers, d.Uses = r.services(m), r.services(m)
	d.Software = r.software(m)
	d.ties = r.ties(m)
	r.roles(&d)
	d.met = r.members()
	if r.broken || len(r.b) > 0 || d.Serial == 0 || !d.Addr.IsValid() || id == "" {
		return Device{}, fmt.Errorf("device %.64q: %w", id, errBroken)
	}
	d.Class = m.Classify(d.Addr)
	return d, nil
}

func (r *reader) owner(m *Model) (o Owner) {
	for _, s := range []*string{&o.Interface, &o.Instance, &o.VPC, &o.Account, &o.Subnet, &o.Name} {
		*s = m.intern(r.text(maxOwned))
	}
	o.From = r.moment()
	if n := r.upTo(maxKeptTags); n > 0 {
		o.Tags = make(map[string]string, n)
		for range n {
			k := m.intern(r.text(maxOwned))
			o.Tags[k] = m.intern(r.text(maxOwned))
		}
	}
	return o
}

func (r *reader) services(m *Model) []Service {
	n := r.upTo(MaxServices)
	if n == 0 {
		return nil
	}
	list := make([]Service, n)
	for i := range list {
		list[i] = Service{
			Proto: uint8(r.upTo(255)), Port: uint16(r.upTo(65535)), Count: r.short(), Peers: r.short(), Out: r.number(), In: r.number(),
			Name: m.intern(r.text(maxProtocol)), First: r.moment(), Last: r.moment(),
		}
	}
	return list
}

func (r *reader) software(m *Model) []Software {
	n := r.upTo(MaxSoftware)
	if n == 0 {
		return nil
	}
	list := make([]Software, n)
	for i := range list {
		list[i] = Software{SoftwareKind(r.upTo(uint64(numSoftware - 1))), m.intern(r.text(MaxText)), r.short(), r.short(), r.short()}
	}
	return list
}

func (r *reader) ties(m *Model) []tie {
	n := r.upTo(MaxPeers)
	if n == 0 {
		return nil
	}
	list := make([]tie, n)
	for i := range list {
		t := &list[i]
		t.peer, t.proto, t.port, t.count = r.short(), uint8(r.upTo(255)), uint16(r.upTo(65535)), r.short()
		t.out, t.in, t.first, t.last = r.number(), r.number(), r.short(), r.short()
		t.asked, t.service = r.flag(), m.intern(r.text(maxProtocol))
	}
	return list
}

// roles are written by name: those that this program does not know any more are left out, and found again under whatever they are called.
func (r *reader) roles(d *Device) {
	rules := roleRules()
	for range r.upTo(maxRoles) {
		name, since := r.text(maxProtocol), r.short()
		for i := range rules {
			if rules[i].name == name {
				d.roles = append(d.roles, held{uint8(i), since})
			}
		}
	}
	if r.flag() {
		d.turn = &RoleChange{From: r.text(maxProtocol), To: r.text(maxProtocol), Since: r.moment(), At: r.moment()}
	}
}

func (r *reader) members() sketch.Members {
	var layers [][]uint64
	for range r.upTo(8) {
		n := int(r.upTo(1 << 16))
		if 8*n > len(r.b) {
			r.fail()
			break
		}
		layer := make([]uint64, n)
		for i := range layer {
			layer[i] = binary.LittleEndian.Uint64(r.b[8*i:])
		}
		r.b = r.b[8*n:]
		layers = append(layers, layer)
	}
	met, ok := sketch.MembersOf(layers, int(r.short()), int(r.short()))
	if !ok {
		r.fail()
	}
	return met
}
