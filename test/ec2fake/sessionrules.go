package ec2fake

import (
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// mayMirror holds a new session against everything that is.
func (h *handle) mayMirror(in ec2api.CreateTrafficMirrorSession) error {
	if err := h.maySource(in.NetworkInterface); err != nil {
		return err
	}
	if err := h.mayTarget(in.Target); err != nil {
		return err
	}
	if err := h.ownFilter(in.Filter); err != nil {
		return err
	}
	return firstError(
		h.roomFor(in),
		h.numberFree(in.NetworkInterface, in.SessionNumber),
		h.sourcesFree(in.Target, in.NetworkInterface),
	)
}

// mayChange holds a changed session against everything that is; what is not changed is not judged again, as a session whose target
// was unshared can still be renumbered.
func (h *handle) mayChange(was, s ec2api.TrafficMirrorSession) error {
	if s.Target != was.Target {
		if err := firstError(h.mayTarget(s.Target), h.sourcesFree(s.Target, s.NetworkInterface)); err != nil {
			return err
		}
	}
	if s.Filter != was.Filter {
		if err := h.ownFilter(s.Filter); err != nil {
			return err
		}
	}
	if s.SessionNumber != was.SessionNumber {
		return h.numberFree(s.NetworkInterface, s.SessionNumber)
	}
	return nil
}

// maySource says why an interface cannot be mirrored by the account. Who makes a session owns the interface, or its subnet.
func (h *handle) maySource(id string) error {
	eni, owner := found(h.c, h.region.interfaces, id)
	if eni == nil || owner != h.account && !h.ownsSubnet(eni.Subnet) {
		return interfaceNoun().notFound(id)
	}
	if why := h.c.unfit(h.region, eni); why != "" {
		return refuse(ec2api.CodeInterfaceNotSupported, "%s must be attached to a supported instance: %s", id, why)
	}
	if targets := h.targetsAt(id); len(targets) > 0 {
		// AWS documents the rule; its code is not known.
		return refuse(ec2api.CodeInvalidParameterValue, "The network interface '%s' is the traffic mirror target '%s' and cannot be a source", id, targets[0])
	}
	return nil
}

// unfit says why an interface cannot be mirrored, or "". AWS answers one code for an instance type that cannot be and for an interface
// that is not attached yet.
func (c *Cloud) unfit(r *region, eni *ec2api.NetworkInterface) string {
	if eni.Type != "interface" {
		return "interfaces of type " + eni.Type + " cannot be mirrored"
	}
	if s, _ := r.subnets.get(eni.Subnet); s != nil && s.IPv6Native {
		return "its subnet has IPv6 only"
	}
	if eni.Attachment == nil || eni.Attachment.Status != "attached" {
		return "it is not attached"
	}
	hardware := r.facts[eni.ID].hardware
	if i, _ := r.instances.get(eni.Attachment.Instance); i != nil {
		hardware = i.Type
	}
	if hardware != "" && !c.set.mirrors(hardware) {
		return "the instance type " + hardware + " cannot be mirrored"
	}
	return ""
}

func (h *handle) ownsSubnet(id string) bool {
	_, owner := h.region.subnets.get(id)
	return owner == h.account
}

// roomFor holds the quotas of an interface, of whatever owner, and of the account.
func (h *handle) roomFor(in ec2api.CreateTrafficMirrorSession) error {
	on := 0
	h.region.sessions.each(key{ofSource, in.NetworkInterface}, func(*row[ec2api.TrafficMirrorSession], *ec2api.TrafficMirrorSession) { on++ })
	if limit := h.c.set.InterfaceSlots; on >= limit {
		return refuse(ec2api.CodeSessionsPerInterface, "The network interface '%s' has %d traffic mirror sessions, which is the limit", in.NetworkInterface, limit)
	}
	if limit := h.c.set.SessionQuota; h.region.sessions.owned[h.account] >= limit {
		return refuse(ec2api.CodeSessionLimit, "The limit of %d traffic mirror sessions is reached", limit)
	}
	return nil
}

// numberFree holds that numbers are unique an interface. Users report InvalidParameterValue; AWS does not document the code.
func (h *handle) numberFree(eni string, wanted int32) error {
	var err error
	h.region.sessions.each(key{ofSource, eni}, func(_ *row[ec2api.TrafficMirrorSession], v *ec2api.TrafficMirrorSession) {
		if v.SessionNumber == wanted {
			err = invalid(wanted, "SessionNumber", "The session number is already in use on the network interface "+eni+".")
		}
	})
	return err
}

// sourcesFree holds how many interfaces may send to a target that is a network interface; load balancers take any number.
func (h *handle) sourcesFree(target, source string) error {
	t, _ := h.region.targets.get(target)
	if t == nil || t.NetworkInterface == "" {
		return nil
	}
	if t.NetworkInterface == source {
		return invalid(source, "NetworkInterfaceId", "A network interface cannot be source and target.")
	}
	limit, sources := h.c.sourceLimit(h.region, t.NetworkInterface), map[string]bool{}
	for _, id := range h.targetsAt(t.NetworkInterface) {
		h.region.sessions.each(key{ofTarget, id}, func(_ *row[ec2api.TrafficMirrorSession], v *ec2api.TrafficMirrorSession) {
			sources[v.NetworkInterface] = true
		})
	}
	if !sources[source] && len(sources) >= limit {
		return refuse(ec2api.CodeSourcesPerTarget, "The traffic mirror target '%s' has %d sources, which is the limit of its instance type", target, limit)
	}
	return nil
}

func (c *Cloud) sourceLimit(r *region, eni string) int {
	v, _ := r.interfaces.get(eni)
	if v == nil || v.Attachment == nil {
		return c.set.SourcesSmall
	}
	if i, _ := r.instances.get(v.Attachment.Instance); i != nil && isLargest(i.Type) {
		return c.set.SourcesLargest
	}
	return c.set.SourcesSmall
}

// Active says whether a session does anything: its interface can be mirrored, and its target is there and still shared with the
// session's owner. AWS tells nobody of this.
func (c *Cloud) Active(session string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.regions {
		if s, owner := r.sessions.get(session); s != nil {
			h := &handle{c: c, account: owner, region: r}
			eni, _ := r.interfaces.get(s.NetworkInterface)
			return eni != nil && c.unfit(r, eni) == "" && c.runs(r, eni) && h.mayTarget(s.Target) == nil
		}
	}
	return false
}

// runs says whether the instance below an interface is one that sends packets.
func (c *Cloud) runs(r *region, eni *ec2api.NetworkInterface) bool {
	i, _ := r.instances.get(eni.Attachment.Instance)
	return i == nil || i.State == "running"
}
