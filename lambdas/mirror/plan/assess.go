package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// rungs are asked in this order; the first that has a verdict on an interface decides. An interface that passes all of them is to be
// mirrored, and what is left is whether budget and quota suffice.
func rungs() []func(*survey, *source) bool {
	return []func(*survey, *source) bool{
		(*survey).unsupportedInterface,
		(*survey).never,
		(*survey).chosen,
		(*survey).stopped,
		(*survey).unsupportedType,
		(*survey).refusedHolder,
		(*survey).unread,
		(*survey).aimless,
		(*survey).noSlot,
		(*survey).noNumber,
	}
}

func (s *survey) assess(src *source) {
	for _, rung := range rungs() {
		if rung(s, src) {
			return
		}
	}
	src.settling = src.keep == nil && s.justMade(src)
	src.create = src.keep == nil && !src.settling
}

// say gives the verdict. It returns true, so that a rung can end with it.
func (src *source) say(state events.CoverageState, fix, reason string, args ...any) bool {
	src.verdict = verdict{state, fmt.Sprintf(reason, args...), fix}
	return true
}

func (s *survey) unsupportedInterface(src *source) bool {
	switch {
	case src.eni.Type != "" && src.eni.Type != "interface":
		src.say(events.CoverageUnsupportedENI, "mirror the instances that talk through it instead", "it is of type %s, and AWS mirrors only plain network interfaces", src.eni.Type)
	case src.site.Subnets[src.eni.Subnet].IPv6Native:
		src.say(events.CoverageUnsupportedENI, "give the subnet IPv4 addresses too, or move the instance to one that has them",
			"its subnet %s has IPv6 only, where AWS mirrors nothing", src.eni.Subnet)
	default:
		return false
	}
	s.removeAfterGrace(src)
	return true
}

// never holds what no tag can change: the switch, the accounts, the sensors and the exclusions.
func (s *survey) never(src *source) bool {
	why, fix := s.guard.forbids(s, src), ""
	switch {
	case s.want.Switch == policy.Off:
		why, fix = "the policy's switch is off, so nothing is mirrored", "set switch to on in the policy"
	case why != "":
	case !s.guard.places[src.site.key]:
		why = "account " + src.site.ID + " with region " + src.site.Region + " is not among the accounts of the policy"
	default:
		why = s.excludedBy(src)
	}
	if why == "" {
		return false
	}
	src.choice = choice{level: "policy", by: why}
	return src.exclude(why, fix)
}

func (src *source) exclude(why, fix string) bool {
	src.remove = why
	return src.say(events.CoverageExcluded, fix, "%s", why)
}

// chosen looks at what people asked for by tag, rule and default.
func (s *survey) chosen(src *source) bool {
	src.choice = s.choose(src)
	switch c := src.choice; {
	case c.missing != "" && !src.site.read(c.call):
		return s.keepBefore(src, c.missing, c.call)
	case c.missing != "":
		src.leave = true
		return src.say(events.CoveragePending, "", "%s is not visible yet, so its tags are not known", c.missing)
	case c.unknown:
		src.leave = true
		return src.say(events.CoverageError, "set it to on, off or one of the profiles "+s.profileNames(),
			"%s names no profile of the policy", c.by)
	case c.profile == "":
		return src.exclude(c.by+" says so", "")
	}
	return false
}

func (s *survey) profileNames() string {
	names := make([]string, 0, len(s.want.Profiles))
	for name := range s.want.Profiles {
		names = append(names, name)
	}
	return strings.Join(sorted(names), ", ")
}

// keepBefore is for where a call failed: what was known stays, and nothing is touched.
func (s *survey) keepBefore(src *source, what, call string) bool {
	src.leave = true
	if b := src.before; b != nil && b.State != "" {
		return src.say(b.State, b.Fix, "%s", b.Reason)
	}
	return src.say(events.CoverageError, "see why the call fails; the next pass tries again",
		"%s could not be read: %s", what, src.site.failure(call))
}

// stopped is for sources from which no packet comes. What hangs on a service of AWS's has no instance, and is tried like others.
func (s *survey) stopped(src *source) bool {
	a := src.eni.Attachment
	switch {
	case a == nil || a.Status == "detached" || a.Status == "detaching":
		src.say(events.CoverageStopped, "attach it to an instance, or delete it", "it is not attached to anything")
	case a.Status == "attaching":
		src.leave = true
		return src.say(events.CoveragePending, "", "it is being attached to %s", a.Instance)
	case src.instance == nil:
		if !src.showsInstance() {
			return false
		}
		return s.unseen(src)
	case src.instance.State == "pending":
		src.leave = true
		return src.say(events.CoveragePending, "", "its instance %s is starting", src.instance.ID)
	case src.instance.State == "running" || src.instance.State == "":
		return false
	default:
		src.say(events.CoverageStopped, "start the instance", "its instance %s is %s", src.instance.ID, src.instance.State)
	}
	s.removeAfterGrace(src)
	return true
}

// unseen is for an interface that is wanted by its own tag, while nothing is known of its instance.
func (s *survey) unseen(src *source) bool {
	what := "instance " + src.instanceID()
	if !src.site.read(callInstances) {
		return s.keepBefore(src, what, callInstances)
	}
	src.leave = true
	return src.say(events.CoveragePending, "", "%s is not visible yet", what)
}

func (s *survey) unsupportedType(src *source) bool {
	if src.instance == nil || src.instance.Type == "" {
		return false
	}
	support, ok := s.types[src.instance.Type]
	if !ok {
		support = s.support(src)
		s.types[src.instance.Type] = support
	}
	if support.Supported || s.disproved(src) {
		return false
	}
	src.say(events.CoverageUnsupportedType, support.Fix, "%s", support.Reason)
	s.removeAfterGrace(src)
	return true
}

// What is said of an interface that a service of AWS's holds, and that AWS refused to mirror.
const (
	HolderReason = "AWS does not mirror what holds it (NetworkInterfaceNotSupported)"
	HolderFix    = "mirror the instances that it talks to instead"
)

// refusedHolder is for an interface of a service that AWS refused lately: it has no family that could be learned of, so it is itself.
func (s *survey) refusedHolder(src *source) bool {
	v, tried := s.have.Verdicts[src.eni.ID]
	if src.instance != nil || src.keep != nil || !tried || v.Once || v.Supported || s.have.At.Sub(v.At) >= s.want.Limits.RetryVerdict {
		return false
	}
	return src.say(events.CoverageUnsupportedENI, HolderFix, HolderReason)
}

// disproved says whether the only thing against a type is what AWS said of another interface of its family, while this one is heard:
// there may be something the matter with the other one alone.
func (s *survey) disproved(src *source) bool {
	heard, ever := s.heard(src)
	if !ever || s.have.At.Sub(heard.LastSeen) >= s.want.Limits.Silent {
		return false
	}
	return SourceSupport(src.instance.Type, nil, nil, s.have.At, 0).Supported
}

func (s *survey) support(src *source) Support {
	var verdicts = s.have.Verdicts
	for _, t := range s.sites {
		if info, ok := t.InstanceTypes[src.instance.Type]; ok {
			return SourceSupport(src.instance.Type, verdicts, &info, s.have.At, s.want.Limits.RetryVerdict)
		}
	}
	return SourceSupport(src.instance.Type, verdicts, nil, s.have.At, s.want.Limits.RetryVerdict)
}

// removeAfterGrace lets the session of a source that cannot be mirrored go once it has been so for the grace time: it is billed until
// it is deleted, and what comes back within minutes should not have to be made again.
func (s *survey) removeAfterGrace(src *source) {
	if src.keep == nil {
		return
	}
	grace := s.want.Limits.Grace
	if s.want.Switch == policy.Off {
		src.remove = "the policy's switch is off, so nothing is mirrored"
		return
	}
	if b := src.before; b != nil && b.State == src.state && s.have.At.Sub(b.Changed) >= grace {
		src.remove = fmt.Sprintf("%s, for longer than the grace time of %s", src.reason, grace)
		return
	}
	src.leave = true
	src.reason += fmt.Sprintf("; its session %s is kept for a grace time of %s", src.keep.ID, grace)
}

// unread is for what must be known before a session is made or changed.
func (s *survey) unread(src *source) bool {
	if !src.site.read(callSessions) {
		return s.keepBefore(src, "its sessions", callSessions)
	}
	if src.keep == nil {
		return s.unreadToMake(src)
	}
	return false
}

// unreadToMake is for what must be known besides before a first session is made: that the subnet has IPv4, that the interface is no
// mirror target, and that there is no session that was only not seen.
func (s *survey) unreadToMake(src *source) bool {
	t := src.site
	if _, ok := t.Subnets[src.eni.Subnet]; !ok && !t.read(callSubnets) {
		return s.keepBefore(src, "subnet "+src.eni.Subnet, callSubnets)
	}
	if !t.read(callTargets) {
		return s.keepBefore(src, "mirror targets", callTargets)
	}
	if t.lost != "" {
		src.leave = true
		return src.say(events.CoveragePending, "", "%s, so that the next pass looks again before it makes more", t.lost)
	}
	return false
}

// aimless finds the target and the filter, or says what is missing.
func (s *survey) aimless(src *source) bool {
	region := src.site.Region
	target, ok := s.want.TargetFor(region, src.eni.AvailabilityZone)
	if !ok {
		src.leave = true
		return src.say(events.CoverageError, "name a target of region "+region+" under fleet.targets in the policy",
			"the policy has no mirror target in region %s", region)
	}
	src.target = s.targetRef(src, target)
	if src.target.id == "" && !src.site.read(callTargets) {
		return s.keepBefore(src, "mirror target "+target.Name(), callTargets)
	}
	src.filter = ref{id: src.site.filters[src.choice.profile]}
	if src.filter.id == "" {
		src.filter.name = FilterName(src.site.ID, region, src.choice.profile)
		if !src.site.read(callFilters) {
			return s.keepBefore(src, "the filter of profile "+src.choice.profile, callFilters)
		}
	}
	return false
}

// targetRef is the target as the fleet's account shows it, or where that was not looked at as this account sees it, or else the name
// under which it is made. Of several that lead to the same place a session keeps its own while nobody can tell which is ours.
func (s *survey) targetRef(src *source, target policy.Target) ref {
	t, name := src.site, target.Name()
	if target.ID != "" {
		return ref{id: target.ID}
	}
	if id := s.targets[t.Region+"/"+name]; id != "" {
		return ref{id: id}
	}
	if src.keep != nil && t.leads[src.keep.Target] == name {
		return ref{id: src.keep.Target}
	}
	if id := t.named[name]; id != "" {
		return ref{id: id}
	}
	return ref{name: TargetName(t.Region, name)}
}

func (s *survey) noSlot(src *source) bool {
	slots := s.want.Limits.SessionsPerENI
	if slots <= 0 {
		slots = 3
	}
	if src.keep != nil || len(src.foreign) < slots {
		return false
	}
	ids := make([]string, 0, len(src.foreign))
	for _, l := range src.foreign {
		ids = append(ids, l.ID)
	}
	slices.Sort(ids)
	return src.say(events.CoverageSlotsFull, "delete one of these sessions, or have their owner mirror to the sensors",
		"all %d sessions that AWS allows an interface are others': %s", slots, strings.Join(ids, ", "))
}

// noNumber chooses the session number.
func (s *survey) noNumber(src *source) bool {
	n, taken := src.pickNumber(s.profile(src).SessionNumber)
	src.number = n
	if taken == nil {
		return false
	}
	return src.say(events.CoverageError, "give the profile another session_number, or place before or after instead of exact",
		"session number %d, which profile %s demands, is taken by %s", s.profile(src).SessionNumber.Number, src.choice.profile, taken.ID)
}

func (s *survey) profile(src *source) policy.Profile { return s.want.Profiles[src.choice.profile] }
