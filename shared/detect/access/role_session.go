package access

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// roleSession is the session of an instance's role. An instance that takes another's place has one of its own.
type roleSession struct{ account, role, instance string }

func (k roleSession) text() string { return k.account + "|" + k.role + "|" + k.instance }

// roleUse is from where a session is used.
type roleUse struct {
	own     []usedFrom   // addresses of the instance, at most 8
	foreign []netip.Addr // addresses that are not, at most 16
}

type usedFrom struct {
	addr netip.Addr
	last events.Time
}

// exitKey is an address under which instances of an account are seen.
type exitKey struct {
	account string
	addr    netip.Addr
}

// exitUse is which instance was seen first under an address: another one under the same is behind the same gateway.
type exitUse struct{ instance uint64 }

// Limits of a session.
const (
	maxOwn     = 8
	maxForeign = 16
)

// whereabouts is where a call came from.
type whereabouts int

const (
	atHome              whereabouts = iota // from the instance, or a gateway before it
	anywhere                               // it cannot be said
	elsewhere                              // from an address that the inventory does not give the instance
	elsewhereByLearning                    // from another network than the session was used from just now
)

// place says where a call came from. An address inside says little: behind an endpoint of the VPC there are pods and proxies that the
// inventory does not list, and whoever is not known may have any.
func (d *RoleCredentials) place(k roleSession, c *events.CloudTrail, v device.View) whereabouts {
	a := c.OrigH.Unmap()
	inside, listed, near := v.IsLocal(a), false, false
	for _, text := range c.InstanceAddrs {
		own, ok := addressOf(text)
		if own == a {
			return atHome
		}
		if ok && v.IsLocal(own) == inside && own.Is4() == a.Is4() {
			listed = true
			near = near || inside && network(own) == network(a)
		}
	}
	switch {
	case v.Known().Gateway(a):
		return atHome
	case !v.IsExternal(a) && !inside || inside && (c.VPCEndpoint != "" || !c.InstanceKnown || !listed || near):
		return anywhere
	case c.InstanceKnown && listed:
		d.listed(k, c, a)
		return elsewhere
	}
	return d.learned(k, c, a)
}

func addressOf(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err == nil
}

// network is the /16 of an address, or the /32 of IPv6: AWS and most providers give a site's gateways neighbours in one.
func network(a netip.Addr) netip.Prefix {
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, _ := a.Prefix(bits)
	return p
}

// listed keeps what the inventory says of the instance, for whoever asks what its own addresses are.
func (d *RoleCredentials) listed(k roleSession, c *events.CloudTrail, a netip.Addr) {
	s := d.session(k)
	s.own = s.own[:0]
	for _, text := range c.InstanceAddrs {
		if own, ok := addressOf(text); ok && len(s.own) < maxOwn {
			s.own = append(s.own, usedFrom{own, c.TS})
		}
	}
	s.stranger(a)
}

func (d *RoleCredentials) session(k roleSession) *roleUse {
	if s := d.sessions.Get(k); s != nil {
		d.sessions.Note(k)
		return s
	}
	k = roleSession{strings.Clone(k.account), strings.Clone(k.role), strings.Clone(k.instance)}
	s, _ := d.sessions.Put(k)
	d.sessions.Note(k)
	return s
}

func (s *roleUse) stranger(a netip.Addr) {
	if len(s.foreign) < maxForeign && !slices.Contains(s.foreign, a) {
		s.foreign = append(s.foreign, a)
	}
}

// learned judges by what the session itself showed. An address that takes the place of one that is not used any more is the instance's new
// one; one that comes while another is in use is not, unless it is that of a gateway that other instances are behind.
func (d *RoleCredentials) learned(k roleSession, c *events.CloudTrail, a netip.Addr) whereabouts {
	s := d.session(k)
	if at := slices.IndexFunc(s.own, func(u usedFrom) bool { return u.addr == a }); at >= 0 {
		s.own[at].last = max(s.own[at].last, c.TS)
		return atHome
	}
	if slices.Contains(s.foreign, a) {
		return elsewhereByLearning
	}
	inUse := false
	for i := range s.own {
		if network(s.own[i].addr) == network(a) {
			d.adopt(k, s, c, a)
			return atHome
		}
		inUse = inUse || d.within(s.own[i].last, c.TS)
	}
	if inUse && !d.isExit(k, a) {
		s.stranger(a)
		return elsewhereByLearning
	}
	d.adopt(k, s, c, a)
	return atHome
}

func (d *RoleCredentials) within(a, b events.Time) bool { return a.Sub(b).Abs() <= d.tune.Window }

// adopt takes an address for the instance's own; the one that was used longest ago leaves.
func (d *RoleCredentials) adopt(k roleSession, s *roleUse, c *events.CloudTrail, a netip.Addr) {
	if len(s.own) == maxOwn {
		oldest := 0
		for i := range s.own {
			if s.own[i].last < s.own[oldest].last {
				oldest = i
			}
		}
		s.own = slices.Delete(s.own, oldest, oldest+1)
	}
	s.own = append(s.own, usedFrom{a, c.TS})
	x := exitKey{strings.Clone(k.account), a}
	if one, fresh := d.exits.Put(x); fresh {
		one.instance = sketch.String(k.instance)
		d.exits.Note(x)
	}
}

// isExit says whether another instance is seen under an address.
func (d *RoleCredentials) isExit(k roleSession, a netip.Addr) bool {
	one := d.exits.Peek(exitKey{k.account, a})
	return one != nil && one.instance != sketch.String(k.instance)
}

// ownOf gives the instance's own addresses of a row, those used last first.
func (d *RoleCredentials) ownOf(key string) []string {
	parts := strings.SplitN(key, "|", 3)
	if len(parts) < 3 {
		return nil
	}
	s := d.sessions.Peek(roleSession{parts[0], parts[1], parts[2]})
	if s == nil {
		return nil
	}
	list := slices.Clone(s.own)
	slices.SortStableFunc(list, func(a, b usedFrom) int { return int(b.last.Sub(a.last) / 1e9) })
	var out []string
	for _, u := range list {
		out = append(out, u.addr.String())
	}
	return out
}

// maxRoleText bounds the names of a session, in bytes: an ARN of a role has at most 2048, of which those that exist have a few hundred.
const maxRoleText = 512

func roleUseFields(key, value *detect.Form, k *roleSession, s *roleUse) {
	for _, text := range []*string{&k.account, &k.role, &k.instance} {
		key.Text(text, maxRoleText)
	}
	detect.Many(value, &s.own, maxOwn, func(f *detect.Form, u *usedFrom) {
		f.Addr(&u.addr)
		detect.Number(f, &u.last)
	})
	detect.Many(value, &s.foreign, maxForeign, (*detect.Form).Addr)
}

func exitFields(key, value *detect.Form, k *exitKey, x *exitUse) {
	key.Text(&k.account, maxRoleText)
	key.Addr(&k.addr)
	detect.Number(value, &x.instance)
}
