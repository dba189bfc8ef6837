package trail

import (
	"net/netip"
	"slices"
	"strings"
)

// Relevance of credentials of an instance's role that were used elsewhere.
const (
	surelyStolen   = 98
	perhapsStolen  = 62
	stolenFactor   = 1.0
	anotherMachine = 70 // stolen from a machine that takes no part, by one that does
)

// theft judges calls by the session of an instance's role: whether they came from the instance. Calls through an endpoint of the VPC, by a
// service of AWS in its name, and from a private address say nothing about it. A machine without a public address of its own is seen under
// that of a gateway, which the inventory may not know: then an address is only doubtful, unless it is one of the detection's participants.
func (s *scene) theft(e *entry, a *act, j *join) {
	if e.Instance == "" || !public(e.OrigH) || e.VPCEndpoint != "" || e.InvokedBy != "" || e.PrincipalType != "AssumedRole" {
		return
	}
	at := slices.IndexFunc(s.parties, func(p party) bool { return p.instance == e.Instance })
	home := s.home(e, at)
	if slices.Contains(home, e.OrigH) {
		return
	}
	thief := slices.IndexFunc(s.parties, func(p party) bool { return p.instance != e.Instance && slices.Contains(p.addresses, e.OrigH) })
	if at < 0 && thief < 0 {
		return
	}
	doubt := s.doubt(e, home, thief >= 0)
	switch {
	case at < 0 && !e.InstanceKnown:
		// The participant may be the gateway of a machine that nothing is known of.
		j.by(0.97, thief, false, "the role of ", e.Instance, " was used from ", e.From, ", the address of the ", s.parties[thief].Participant.Role)
		a.base = max(a.base, anotherMachine)
		return
	case doubt != "":
		if doubt != gateway {
			*j = join{factor: stolenFactor, party: at, caller: true, reason: s.elsewhere(e, at) + ", but " + doubt}
			a.base, a.technique, a.adjusts, a.consequence = max(a.base, perhapsStolen), "T1078.004", "", true
		}
		return
	}
	*j = join{factor: stolenFactor, party: at, close: true, caller: true, reason: s.elsewhere(e, at)}
	if thief >= 0 {
		j.reason += " but of the " + s.parties[thief].Participant.Role
	}
	a.base, a.technique, a.adjusts, a.consequence = surelyStolen, "T1078.004", stolenCredentials, true
}

// elsewhere says that a call did not come from the instance.
func (s *scene) elsewhere(e *entry, at int) string {
	name := e.Instance
	if at >= 0 && s.parties[at].Holding.Name != "" {
		name += " (" + s.parties[at].Holding.Name + ")"
	}
	return "credentials of the role of " + name + " were used from " + e.From + ", which is no address of it"
}

// home is where an instance is seen: its addresses, those that an association in the index gave it, and what the inventory said when the
// call was read.
func (s *scene) home(e *entry, at int) (home []netip.Addr) {
	if at >= 0 {
		home = slices.Clone(s.parties[at].addresses)
	}
	if e.InstanceKnown {
		for _, text := range e.InstanceAddrs {
			if a, err := netip.ParseAddr(text); err == nil {
				home = append(home, a.Unmap())
			}
		}
	}
	return home
}

// gateway is the doubt that settles it: an address of several machines is that of a gateway before them.
const gateway = "other machines' roles are used from there too, as from a gateway"

// doubt says why an address that is not the instance's may still be; empty where there is no doubt.
func (s *scene) doubt(e *entry, home []netip.Addr, thief bool) string {
	atHome, others, elsewhere := false, false, false
	for _, o := range s.entries {
		switch {
		case o.Instance == "" || !o.OrigH.IsValid() || o.InvokedBy != "":
		case o.Instance != e.Instance:
			others = others || o.OrigH == e.OrigH && !thief
		case slices.Contains(home, o.OrigH) && public(o.OrigH):
			atHome = true
		case o.OrigH != e.OrigH && public(o.OrigH):
			elsewhere = true
		}
	}
	known := slices.ContainsFunc(home, public)
	switch {
	case others && !atHome:
		return gateway
	case thief:
		return ""
	case known && !s.moved(e):
		return ""
	case known:
		return "its public address was changed in that hour"
	case !elsewhere:
		return gateway // the one address that it is seen under
	}
	return "no public address of it is known: it may be that of a gateway"
}

// moved says whether the instance was given or lost an address in the hours that are looked at: then the inventory may be behind.
func (s *scene) moved(e *entry) bool {
	for _, o := range s.entries {
		switch {
		case o.ErrorCode != "" || o.Service != "ec2.amazonaws.com" || !s.about(o, e.Instance):
		case strings.HasSuffix(o.Name, "AssociateAddress"), o.Name == "DisassociateAddress", o.Name == "StartInstances", o.Name == "RunInstances":
			return true
		}
	}
	return false
}

// about says whether a call named an instance, or the interface of it that takes part.
func (s *scene) about(o *entry, instance string) bool {
	return slices.Contains(o.Resources, instance) ||
		slices.ContainsFunc(s.parties, func(p party) bool {
			return p.instance == instance && p.iface != "" && slices.Contains(o.Resources, p.iface)
		})
}

// public says whether an address can be seen from outside a VPC.
func public(a netip.Addr) bool {
	return a.IsValid() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsUnspecified() && !a.IsMulticast() &&
		!sharedSpace.Contains(a)
}

// sharedSpace is what carriers, and some VPCs, use inside (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
