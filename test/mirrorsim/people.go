package mirrorsim

import (
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// habit is something that people do, and how often beside the rest.
type habit struct {
	weight int
	do     func(*sim)
}

func habits() []habit {
	return []habit{
		{24, (*sim).launchOrEnd}, {10, (*sim).stop}, {14, (*sim).start}, {6, (*sim).retype},
		{12, (*sim).tagInstance}, {8, (*sim).tagInterface}, {2, (*sim).tagSubnet}, {3, (*sim).tagVpc}, {2, (*sim).tagGroup},
		{8, (*sim).makeInterface}, {8, (*sim).attach}, {5, (*sim).detach}, {6, (*sim).dropInterface}, {6, (*sim).runTask}, {6, (*sim).stopTask},
		{16, (*sim).foreign}, {14, (*sim).foreignGoes},
		{4, (*sim).dropOurs}, {4, (*sim).bendOurs}, {1, (*sim).untagOurs}, {3, (*sim).bendFilter}, {1, (*sim).dropListener}, {1, (*sim).unshare},
		{2, (*sim).edit},
	}
}

// somebody does something, and somebody else will before long.
func (s *sim) somebody() {
	s.agenda.add(s.clock.Now().Add(time.Duration(s.rng.ExpFloat64()*float64(s.o.Every))), s.somebody)
	if s.quiet || s.failed() {
		return
	}
	all, sum := habits(), 0
	for _, h := range all {
		sum += h.weight
	}
	n := s.rng.IntN(sum)
	for _, h := range all {
		if n -= h.weight; n < 0 {
			h.do(s)
			break
		}
	}
	s.res.Actions++
	s.lastAct = s.clock.Now()
}

// launchOrEnd keeps the number of interfaces about where it is, now and then by many at once.
func (s *sim) launchOrEnd() {
	have := len(s.cloud.State(region).Interfaces)
	for range 1 + s.rng.IntN(3)*s.rng.IntN(2) {
		if s.chance(min(0.95, max(0.05, float64(have)/float64(2*s.town.size)))) {
			s.end()
		} else {
			s.launch()
		}
	}
}

func (s *sim) end() {
	if id, ok := pick(s, s.instancesIn("running", "stopped")); ok {
		s.say("people: terminate %s (%v)", id, s.cloud.TerminateInstance(id))
	}
}

func (s *sim) stop() {
	if id, ok := pick(s, s.instancesIn("running")); ok {
		s.say("people: stop %s (%v)", id, s.cloud.StopInstance(id))
	}
}

func (s *sim) start() {
	if id, ok := pick(s, s.instancesIn("stopped")); ok {
		s.say("people: start %s (%v)", id, s.cloud.StartInstance(id))
	}
}

func (s *sim) retype() {
	if id, ok := pick(s, s.instancesIn("stopped")); ok {
		kind, _ := pick(s, types())
		s.say("people: %s becomes %s (%v)", id, kind, s.cloud.ChangeType(id, kind))
	}
}

func (s *sim) retag(id string, tags map[string]string) {
	if s.chance(0.25) {
		s.say("people: untag %s (%v)", id, s.cloud.Untag(id, "mirrorwatch"))
		return
	}
	s.say("people: tag %s %v (%v)", id, tags, s.cloud.Tag(id, tags))
}

func (s *sim) tagInstance() {
	if id, ok := pick(s, s.instancesIn("running", "stopped")); ok {
		s.retag(id, map[string]string{"mirrorwatch": s.tag()})
	}
}

func (s *sim) tagInterface() {
	if id, ok := pick(s, s.interfacesOf(func(n *ec2api.NetworkInterface) bool { return !n.RequesterManaged })); ok {
		tags := map[string]string{"mirrorwatch": s.tag()}
		if s.chance(0.2) {
			tags["team"], _ = pick(s, []string{"secret", "open"})
		}
		s.retag(id, tags)
	}
}

func (s *sim) tagSubnet() {
	id, _ := pick(s, s.town.subnets)
	s.retag(id, map[string]string{"mirrorwatch": s.tag()})
}

func (s *sim) tagVpc() {
	id, _ := pick(s, s.town.vpcs)
	s.retag(id, map[string]string{"mirrorwatch": s.tag()})
}

func (s *sim) tagGroup() {
	group, _ := pick(s, s.town.groups)
	tags := map[string]string{"mirrorwatch": s.tag()}
	if s.chance(0.3) {
		tags = nil
	}
	s.say("people: tag group %s %v (%v)", group, tags, s.cloud.MakeGroup(group[:12], region, group[13:], tags))
}

// makeInterface is what a container network does when a node needs room for pods.
func (s *sim) makeInterface() {
	subnet, _ := pick(s, s.town.subnets)
	eni, err := s.cloud.MakeInterface(ec2fake.InterfaceSpec{Subnet: subnet, Tags: s.wanted(0.5)})
	s.say("people: make %s in %s %v (%v)", eni.ID, subnet, eni.Tags, err)
	s.town.mute[eni.ID] = s.chance(0.03)
}

func (s *sim) free() []string {
	return s.interfacesOf(func(n *ec2api.NetworkInterface) bool { return n.Attachment == nil && !n.RequesterManaged })
}

func (s *sim) attach() {
	eni, ok := pick(s, s.free())
	st := s.cloud.State(region)
	var hosts []string
	for _, id := range slices.Sorted(maps.Keys(st.Instances)) {
		i := st.Instances[id]
		if i.State == "running" && len(i.Interfaces) > 0 && i.VPC == vpcOf(&st, eni) && !s.town.sensors[i.Interfaces[0]] {
			hosts = append(hosts, id)
		}
	}
	if host, any := pick(s, hosts); ok && any {
		s.say("people: attach %s to %s (%v)", eni, host, s.cloud.AttachInterface(eni, host))
	}
}

func vpcOf(st *ec2fake.State, eni string) string {
	for i := range st.Interfaces {
		if st.Interfaces[i].ID == eni {
			return st.Interfaces[i].VPC
		}
	}
	return "none"
}

func (s *sim) detach() {
	second := s.interfacesOf(func(n *ec2api.NetworkInterface) bool {
		return n.Attachment != nil && n.Attachment.Instance != "" && n.Attachment.DeviceIndex > 0
	})
	if eni, ok := pick(s, second); ok && !s.town.sensors[eni] {
		s.say("people: detach %s (%v)", eni, s.cloud.DetachInterface(eni))
	}
}

func (s *sim) dropInterface() {
	if eni, ok := pick(s, s.free()); ok {
		s.say("people: delete %s (%v)", eni, s.cloud.DeleteInterface(eni))
	}
}

func (s *sim) runTask() {
	subnet, _ := pick(s, s.town.subnets)
	if len(s.town.tasks) > 8 {
		return
	}
	task, eni, err := s.cloud.RunTask("", subnet, "web")
	if err != nil {
		s.fail("run task: %v", err)
		return
	}
	s.say("people: task %s holds %s in %s", task, eni.ID, subnet)
	s.town.tasks = append(s.town.tasks, task)
}

func (s *sim) stopTask() {
	if task, ok := pick(s, s.town.tasks); ok {
		s.say("people: stop task %s (%v)", task, s.cloud.StopTask(task))
		s.town.tasks = slices.DeleteFunc(s.town.tasks, func(t string) bool { return t == task })
	}
}

// foreign is somebody else's session, which takes a number, a slot and maybe the packets.
func (s *sim) foreign() {
	eni, ok := pick(s, s.interfacesOf(func(n *ec2api.NetworkInterface) bool { return n.Type == "interface" && n.Attachment != nil }))
	if !ok {
		return
	}
	spec := ec2fake.ForeignSpec{}
	spec.Number, _ = pick(s, []int32{0, 0, 1, 2, 3, 7, 50, 101, 32766})
	kind, _ := pick(s, []string{"all", "all", "dns", "gre"})
	switch kind {
	case "dns":
		spec.Rules = both(ec2api.RuleSpec{Protocol: 17, DestinationPorts: ec2api.PortRange{From: 53, To: 53}})
	case "gre":
		spec.Rules = both(ec2api.RuleSpec{Protocol: 47})
	}
	for range 1 + s.rng.IntN(3)*s.rng.IntN(2) { // sometimes all that is left
		made, err := s.cloud.ForeignSession(eni, spec)
		s.say("people: foreign session %s number %d (%s) on %s (%v)", made.ID, made.SessionNumber, kind, eni, err)
		spec.Number = 0
		if err == nil {
			s.town.kinds[made.Filter] = kind
			s.theirs[made.ID] = s.clock.Now()
		}
	}
}

func both(r ec2api.RuleSpec) []ec2api.RuleSpec {
	r.Direction, r.Number, r.Action, r.SourceCIDR, r.DestinationCIDR = "ingress", 1, "accept", "0.0.0.0/0", "0.0.0.0/0"
	out := r
	out.Direction = "egress"
	return []ec2api.RuleSpec{r, out}
}
