package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// The packet lengths that AWS takes where none is given: they are what "whole packets" means, at a load balancer and at an endpoint.
const (
	wholeForBalancer  = 8500
	wholeForEndpoint  = 8446
	wholeForEndpoint6 = 8426
)

// Sessions makes, mends and removes mirror sessions.
type Sessions struct{ survey *survey }

// Name is the planner's name in steps.
func (Sessions) Name() string { return "session" }

// Plan gives first what goes, so that slots and numbers become free, then what changes, then what is made, the highest priority first.
func (p Sessions) Plan(have *World, want *policy.Policy) []Step {
	s := p.survey
	if s == nil {
		s = look(have, want)
	}
	var gone, changed, made []Step
	for _, l := range s.orphans {
		gone = append(gone, s.remove(l, nil, s.orphanReason(l)))
	}
	for _, src := range s.sources {
		gone = append(gone, s.removals(src)...)
		changed = append(changed, s.repairs(src)...)
		if src.create {
			made = append(made, s.request(src))
		}
	}
	slices.SortStableFunc(made, func(a, b Step) int {
		return cmp.Compare(s.profile(s.byID[b.Interface]).Priority, s.profile(s.byID[a.Interface]).Priority)
	})
	return slices.Concat(gone, changed, made)
}

func (s *survey) removals(src *source) []Step {
	if src.keep == nil || src.leave {
		return nil
	}
	var steps []Step
	if src.remove != "" {
		steps = append(steps, s.remove(src.keep, src, src.remove))
	}
	for _, l := range src.extra {
		why := src.remove
		if why == "" {
			why = "the interface has another session of ours, " + src.keep.ID
		}
		steps = append(steps, s.remove(l, src, why))
	}
	return steps
}

func (s *survey) remove(l *link, src *source, why string) Step {
	step := Step{
		Planner: "session", Action: DeleteSession, Account: l.site.ID, Region: l.site.Region, Object: l.ID,
		Interface: l.NetworkInterface, Reason: why, Monthly: -l.site.price,
	}
	if src != nil {
		step.Name = src.name
	}
	return step
}

// request asks for a session. The VNI and the token are those of the binding where it is to be used again; else the lease gives both.
func (s *survey) request(src *source) Step {
	from, vni, token := s.have.At, uint32(0), ""
	if s.reusable(src) {
		from, vni = src.binding.From, src.binding.VNI
		token = ClientToken(s.want.Deployment, src.eni.ID, vni, from)
	}
	step := s.step(src, CreateSession, "")
	step.Reason, step.Monthly = src.because(), src.site.price
	step.TargetRef, step.FilterRef = src.target.name, src.filter.name
	step.Input.CreateSession = &ec2api.CreateTrafficMirrorSession{
		NetworkInterface: src.eni.ID, Target: src.target.id, Filter: src.filter.id, SessionNumber: src.number, VirtualNetworkID: vni,
		PacketLength: s.profile(src).PacketLength, Description: s.description(src), Tags: s.tags(src, from.UTC().Format(time.RFC3339)),
		ClientToken: token,
	}
	step.Input.Binding = src.bindingOf(vni, from)
	return step
}

func (s *survey) step(src *source, a Action, object string) Step {
	t := src.site
	if src.keep != nil {
		t = src.keep.site
	}
	return Step{Planner: "session", Action: a, Account: t.ID, Region: t.Region, Object: object, Interface: src.eni.ID, Name: src.name}
}

func (s *survey) description(src *source) string {
	return "Mirrorwatch, deployment " + s.want.Deployment + ", profile " + src.choice.profile
}

func (s *survey) tags(src *source, created string) map[string]string {
	return map[string]string{
		TagDeployment: s.want.Deployment, TagProfile: src.choice.profile, TagCreated: created, TagName: tagText("mirrorwatch " + src.label()),
	}
}

// maxTagValue is how many characters AWS lets a tag's value have. A name may have as many before anything is put before it.
const maxTagValue = 256

func tagText(s string) string {
	if r := []rune(s); len(r) > maxTagValue {
		s = string(r[:maxTagValue])
	}
	return strings.TrimSpace(s) // a space at the end may not come back from AWS, and would be drift for ever
}

// repairs mends a session in place: everything but its interface can be changed, so that none is ever made anew for it.
func (s *survey) repairs(src *source) []Step {
	if src.keep == nil || src.leave || src.remove != "" {
		return nil
	}
	var steps []Step
	if step := s.modify(src); len(step.Changes) > 0 {
		step.Reason = "it is not as it should be: " + listed(step.Changes)
		steps = append(steps, step)
	}
	if step := s.retag(src); len(step.Changes) > 0 {
		step.Reason = "its tags are not as they should be: " + listed(step.Changes)
		steps = append(steps, step)
	}
	return steps
}

func (s *survey) modify(src *source) Step {
	l, in := src.keep, &ec2api.ModifyTrafficMirrorSession{ID: src.keep.ID}
	step := s.step(src, ModifySession, l.ID)
	step.Input.ModifySession = in
	if src.target.id != l.Target {
		in.Target, step.TargetRef = &src.target.id, src.target.name
		step.change("target", l.Target, cmp.Or(src.target.id, src.target.name))
	}
	if src.filter.id != l.Filter {
		in.Filter, step.FilterRef = &src.filter.id, src.filter.name
		step.change("filter", l.Filter, cmp.Or(src.filter.id, src.filter.name))
	}
	if src.number != l.SessionNumber {
		in.SessionNumber = &src.number
		step.change("number", number(l.SessionNumber), number(src.number))
	}
	if length := s.profile(src).PacketLength; !sameLength(l.PacketLength, length, s.toEndpoint(src)) {
		in.PacketLength = &length
		step.change("packet length", number(l.PacketLength), number(length))
	}
	if text := s.description(src); text != l.Description {
		in.Description = &text
		step.change("description", l.Description, text)
	}
	s.modifyVNI(src, &step)
	return step
}

func (s *survey) modifyVNI(src *source, step *Step) {
	now, vni := src.keep.VirtualNetworkID, src.vni.vni
	if vni == now {
		return
	}
	step.Input.ModifySession.VirtualNetworkID = &vni
	to := strconv.FormatUint(uint64(vni), 10)
	if vni == 0 {
		to = "a new one, because it is " + src.vni.why
		step.Input.Binding = src.bindingOf(0, s.have.At)
	}
	step.change("VNI", strconv.FormatUint(uint64(now), 10), to)
}

func sameLength(have, want int32, endpoint bool) bool {
	switch {
	case have == want, have == wholeForBalancer && want == 0, have == 0 && want == wholeForBalancer:
		return true
	}
	return endpoint && want == 0 && (have == wholeForEndpoint || have == wholeForEndpoint6)
}

// toEndpoint says whether it sends to a Gateway Load Balancer endpoint.
func (s *survey) toEndpoint(src *source) bool {
	target, _ := s.want.TargetFor(src.site.Region, src.eni.AvailabilityZone)
	return target.Endpoint != ""
}

func (s *survey) retag(src *source) Step {
	step := s.step(src, Tag, src.keep.ID)
	step.Input.Tags = map[string]string{}
	created := src.keep.Tags[TagCreated]
	if _, ok := sessionBegan(src.keep); !ok {
		created = s.have.At.UTC().Format(time.RFC3339)
	}
	want := s.tags(src, created)
	for _, key := range []string{TagDeployment, TagProfile, TagCreated, TagName} {
		if have := src.keep.Tags[key]; have != want[key] {
			step.Input.Tags[key] = want[key]
			step.change("tag "+key, have, want[key])
		}
	}
	return step
}

func (step *Step) change(field, from, to string) {
	step.Changes = append(step.Changes, Change{Field: field, From: from, To: to})
}

func number(n int32) string { return strconv.Itoa(int(n)) }

// listed says what changes, for a reason.
func listed(changes []Change) string {
	text := ""
	for i, c := range changes {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s is %s and should be %s", c.Field, cmp.Or(c.From, "not there"), cmp.Or(c.To, "none"))
	}
	return text
}
