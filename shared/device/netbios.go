package device

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	netbiosPort    = 137
	maxNetBIOS     = 20_000 // names that were claimed
	netbiosNewName = 5      // opcodes of RFC 1002 section 4.2.1.1: registration, and refresh in both numbers that are in use
	netbiosRefresh = 8
	netbiosAgain   = 9
)

// claim is who registered a NetBIOS name first. What two hosts register is a group: a workgroup, or a domain.
type claim struct {
	serial uint32
	group  bool
}

// learnNetBIOS names a host by what it registers for itself. What it asks others for, and what is answered, may be anybody's.
func (m *Model) learnNetBIOS(r *events.DNS, d *Device) {
	if r.RespP != netbiosPort || r.Opcode != netbiosNewName && r.Opcode != netbiosRefresh && r.Opcode != netbiosAgain {
		return
	}
	switch r.Query {
	case "", "*", "WORKGROUP", "MSHOME":
		return
	}
	if strings.Contains(r.Query, "__MSBROWSE__") || len(r.Query) > maxName || !d.IsLocal() {
		return
	}
	c, fresh := m.netbios.Put(m.intern(r.Query))
	switch {
	case fresh:
		c.serial = d.Serial
	case c.group:
		return
	case c.serial != d.Serial:
		c.group = true
		if first := m.bySerial(c.serial); first != nil {
			first.uncall(r.Query, FromNetBIOS)
		}
		return
	}
	d.call(r.Query, FromNetBIOS)
}
