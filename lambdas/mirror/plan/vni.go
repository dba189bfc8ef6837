package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// lease is what is to happen to the VNI of a session of ours.
type lease struct {
	vni  uint32 // that the session should have; 0: a new one is to be leased
	bind bool   // the session has it, and no binding says so
	why  string // of a new one
	with string // interface whose VNI the session has, too, while nothing of it may be touched
}

// ClientToken makes the same request to AWS the same request: within one binding a session is never made twice, however often the
// call is repeated.
func ClientToken(deployment, iface string, vni uint32, from time.Time) string {
	h := sha256.New()
	for _, part := range []string{deployment, iface} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.BigEndian.AppendUint32(nil, vni))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(from.UnixNano())))
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// assignVNIs sees to it that every session of ours has a VNI of its own: first those that are as the binding says keep theirs, then
// the others get the one that is bound, or have theirs bound, or get a new one.
func (s *survey) assignVNIs() {
	claimed := make(map[uint32]string, len(s.sources))
	for _, src := range s.sources {
		if b := src.binding; src.keep != nil && b != nil && b.VNI == src.keep.VirtualNetworkID && s.inRange(b.VNI) && s.bound[b.VNI] == src.eni.ID {
			claimed[b.VNI], src.vni.vni = src.eni.ID, b.VNI
		}
	}
	for _, src := range s.sources {
		if src.keep != nil && src.vni.vni == 0 && src.remove == "" {
			s.assignVNI(src, claimed)
		}
	}
}

func (s *survey) assignVNI(src *source, claimed map[uint32]string) {
	v, b := src.keep.VirtualNetworkID, src.binding
	switch {
	case src.leave && (b != nil || claimed[v] != "" || s.bound[v] != ""):
		if src.vni.with = claimed[v]; src.vni.with == "" {
			claimed[v] = src.eni.ID // it keeps what it has, right or wrong
		}
		return
	case b != nil && s.inRange(b.VNI) && claimed[b.VNI] == "" && s.bound[b.VNI] == src.eni.ID:
		src.vni.vni = b.VNI
	case !s.inRange(v):
		src.vni.why = "outside the policy's range"
	case claimed[v] != "":
		src.vni.why = "also that of " + claimed[v]
	case s.bound[v] != "":
		src.vni.why = "bound to " + s.bound[v]
	default:
		src.vni.vni, src.vni.bind = v, true
	}
	if src.vni.vni != 0 {
		claimed[src.vni.vni] = src.eni.ID
	}
}

func (s *survey) inRange(v uint32) bool {
	r := s.want.VNI
	if r.To == 0 {
		r.From, r.To = 1, 1<<24-1
	}
	return v >= r.From && v <= r.To
}

// reusable says whether the binding of an interface without a session is to be used again: the session may have been asked for and
// not be visible yet, or never have been asked for. A session that was seen and is gone needs a new binding: the old token would
// only give the old session again.
func (s *survey) reusable(src *source) bool {
	b := src.binding
	if b == nil || !s.inRange(b.VNI) || s.bound[b.VNI] != src.eni.ID {
		return false
	}
	return s.young(b.From) || src.before == nil || src.before.VNI != b.VNI || s.justMade(src)
}

func (s *survey) young(at time.Time) bool { return s.have.At.Sub(at) < s.want.Limits.Settle }

// justMade says whether a pass made the session and AWS may not show it yet: then there is nothing to ask for again. The binding may be
// older than the session: then the session is as old as the state of coverage that it brought.
func (s *survey) justMade(src *source) bool {
	b, before := src.binding, src.before
	if b == nil || before == nil || before.Session == "" || before.VNI != b.VNI || !s.inRange(b.VNI) || s.bound[b.VNI] != src.eni.ID {
		return false
	}
	return s.young(b.From) || s.young(before.Changed)
}

// bindingOf is the binding as it should read: everything as the world has it, but VNI and From.
func (src *source) bindingOf(vni uint32, from time.Time) *events.Binding {
	return &events.Binding{
		VNI: vni, Account: src.site.ID, Region: src.site.Region, VPC: src.eni.VPC, Subnet: src.eni.Subnet, Interface: src.eni.ID,
		Instance: src.instanceID(), Name: src.name, Tags: src.tags, Addresses: src.addresses(), From: from,
	}
}

// sessionBegan is when a session of ours was made: AWS does not say, so its tag does.
func sessionBegan(l *link) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, l.Tags[TagCreated])
	return at, err == nil
}

func sameTags(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// stale says whether a binding tells something else than the world of what may be told anew.
func (src *source) stale() bool {
	b := src.binding
	if b.Name != src.name || b.Instance != src.instanceID() || !sameTags(b.Tags, src.tags) || len(b.Addresses) != len(src.eni.Addresses) {
		return true
	}
	for _, a := range src.eni.Addresses {
		if !slices.Contains(b.Addresses, a) {
			return true
		}
	}
	return false
}
