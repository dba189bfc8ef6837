package mirrorsim

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// answer is whether an interface is to have a session of ours.
type answer int

const (
	no   answer = iota
	yes         // if budget and quota suffice
	any_        // either: nothing is touched
)

// judgement is how an interface stands when everything has come to rest.
type judgement struct {
	states  []events.CoverageState
	session answer
	profile string
	typo    bool // a tag names no profile, so that nothing may be touched
	waits   bool // a session may still be there for the grace time
}

func is(state events.CoverageState, session answer) judgement {
	return judgement{states: []events.CoverageState{state}, session: session}
}

// judge says the rules of coverage once more, plainly, one after the other. Budget and quota are not in it: they depend on who came first.
func (s *sim) judge(st *ec2fake.State, n *ec2api.NetworkInterface) judgement {
	instance, has := ec2api.Instance{}, false
	if n.Attachment != nil && n.Attachment.Instance != "" {
		instance, has = st.Instances[n.Attachment.Instance]
	}
	rest := func(state events.CoverageState) judgement {
		v := is(state, no)
		v.waits = true
		return v
	}
	if n.Type != "interface" || st.Subnets[n.Subnet].IPv6Native {
		return rest(events.CoverageUnsupportedENI)
	}
	team, tagged := n.Tags["team"]
	if !tagged {
		team = instance.Tags["team"]
	}
	if s.sensor(n, &instance) || team == "secret" {
		return is(events.CoverageExcluded, no)
	}
	profile, known := s.wish.profileOf(s.value(st, n, &instance))
	switch {
	case !known:
		v := is(events.CoverageError, any_)
		v.typo = true
		return v
	case profile == "":
		return is(events.CoverageExcluded, no)
	case n.Attachment == nil:
		return rest(events.CoverageStopped)
	case has && instance.State == "pending":
		return is(events.CoveragePending, any_)
	case has && instance.State != "running":
		return rest(events.CoverageStopped)
	}
	family, size, _ := strings.Cut(instance.Type, ".")
	switch {
	case size == "metal", family == "t2", family == "m6i", family == "c7g":
		return rest(events.CoverageUnsupportedType)
	case family == "m8a": // no list knows it: AWS's answer is learned, if anybody ever had to ask
		return judgement{states: []events.CoverageState{events.CoverageUnsupportedType, events.CoverageSilent, events.CoverageMirrored,
			events.CoverageShadowed, events.CoverageBudget, events.CoverageQuota, events.CoverageSlotsFull, events.CoverageError, events.CoveragePending}, session: any_, profile: profile}
	}
	return s.judgeSession(st, n, profile)
}

// sensor says whether an interface is a sensor's, by the policy's words.
func (s *sim) sensor(n *ec2api.NetworkInterface, i *ec2api.Instance) bool {
	return n.Tags["role"] == "mirrorwatch-sensor" || i.Tags["role"] == "mirrorwatch-sensor" || i.Tags["aws:autoscaling:groupName"] == "sensors"
}

// value is the tag that counts: the nearest one, else what the rule says, else the default.
func (s *sim) value(st *ec2fake.State, n *ec2api.NetworkInterface, i *ec2api.Instance) string {
	group := st.Groups[n.Owner+"/"+i.Tags["aws:autoscaling:groupName"]]
	for _, tags := range []map[string]string{n.Tags, i.Tags, group.Tags, st.Subnets[n.Subnet].Tags, st.Vpcs[n.VPC].Tags} {
		if v, ok := tags["mirrorwatch"]; ok {
			return v
		}
	}
	switch {
	case strings.HasPrefix(i.Type, "g4dn."):
		return "web"
	case s.wish.defaultOn:
		return "on"
	}
	return "off"
}

// judgeSession is for one that is to be mirrored: it depends on the sessions that others have there.
func (s *sim) judgeSession(st *ec2fake.State, n *ec2api.NetworkInterface, profile string) judgement {
	var own *ec2api.TrafficMirrorSession
	var others []ec2api.TrafficMirrorSession
	for i, x := range st.Sessions {
		switch {
		case x.NetworkInterface != n.ID:
		case ours(x.Tags):
			own = &st.Sessions[i]
		default:
			others = append(others, x)
		}
	}
	if own == nil && len(others) >= 3 {
		return is(events.CoverageSlotsFull, no)
	}
	low, seven := int32(1<<20), false
	for _, x := range others {
		low, seven = min(low, x.SessionNumber), seven || x.SessionNumber == 7
	}
	v := is(events.CoverageMirrored, yes)
	v.profile = profile
	switch {
	case profile == "seven" && seven:
		return is(events.CoverageError, any_)
	case own == nil:
		return v
	case s.shadowed(own, others, profile):
		v.states[0] = events.CoverageShadowed
	case s.town.mute[n.ID]:
		v.states = s.unheard(own)
	}
	return v
}

// unheard is how one stands whose packets do not arrive. A sensor knows a session by its VNI and by nothing else: where a person gave the
// VNI to another session as well, and a typo keeps that one from being mended, what that one sends is heard of both.
func (s *sim) unheard(own *ec2api.TrafficMirrorSession) []events.CoverageState {
	now := s.clock.Now()
	told := now.Sub(s.told[own.VirtualNetworkID])
	switch {
	case told < heardFor:
		return []events.CoverageState{events.CoverageMirrored}
	case told < silentFor, now.Sub(s.touched[own.ID]) < silentFor:
		return []events.CoverageState{events.CoverageSilent, events.CoverageMirrored}
	}
	return []events.CoverageState{events.CoverageSilent}
}

// shadowed says whether another session takes packets before ours does.
func (s *sim) shadowed(own *ec2api.TrafficMirrorSession, others []ec2api.TrafficMirrorSession, profile string) bool {
	for _, x := range others {
		kind := s.town.kinds[x.Filter]
		apart := profile == "web" && (kind == "dns" || kind == "gre") // DNS is UDP and GRE is neither: web is TCP
		if x.SessionNumber < own.SessionNumber && !apart {
			return true
		}
	}
	return false
}

// placed says whether the number of a session is what its profile asks for.
func placed(own *ec2api.TrafficMirrorSession, others []ec2api.TrafficMirrorSession, profile string) bool {
	low := int32(1 << 20)
	for _, x := range others {
		low = min(low, x.SessionNumber)
	}
	switch profile {
	case "seven":
		return own.SessionNumber == 7
	case "late":
		return true // it stays where it was put: who comes after it is not its business
	}
	return own.SessionNumber < low || low == 1
}
