package mirrorsim

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// sessionOf draws a session that is ours, or not.
func (s *sim) sessionOf(own bool) (ec2api.TrafficMirrorSession, bool) {
	return pick(s, slices.DeleteFunc(s.cloud.Sessions(region), func(x ec2api.TrafficMirrorSession) bool { return ours(x.Tags) != own }))
}

func (s *sim) foreignGoes() {
	if x, ok := s.sessionOf(false); ok {
		s.say("people: foreign session %s of %s goes (%v)", x.ID, x.NetworkInterface, s.cloud.DropSession(x.ID))
	}
}

func (s *sim) dropOurs() {
	if x, ok := s.sessionOf(true); ok {
		s.say("people: delete our %s of %s (%v)", x.ID, x.NetworkInterface, s.cloud.DropSession(x.ID))
	}
}

// admin is a person with all rights in an account.
func (s *sim) admin(account string) ec2api.Account { return s.cloud.Account(account, region) }

func (s *sim) bendOurs() {
	x, ok := s.sessionOf(true)
	if !ok {
		return
	}
	in := ec2api.ModifyTrafficMirrorSession{ID: x.ID}
	switch s.rng.IntN(5) {
	case 0:
		n := int32(1 + s.rng.IntN(200))
		in.SessionNumber = &n
	case 1:
		n := int32(s.rng.IntN(9000))
		in.PacketLength = &n
	case 2:
		text := "mine"
		in.Description = &text
	case 3:
		v := uint32(1 + s.rng.IntN(1<<24-1))
		if y, ok := s.sessionOf(true); ok && s.chance(0.7) {
			v = y.VirtualNetworkID
		}
		in.VirtualNetworkID = &v
		s.town.bentVNI[x.ID] = v
	case 4:
		s.say("people: tag our %s (%v)", x.ID, s.cloud.Tag(x.ID, map[string]string{"Name": "mine", "mirrorwatch:profile": "web"}))
		return
	}
	now, err := s.admin(x.Owner).EC2.ModifyTrafficMirrorSession(context.Background(), in)
	s.say("people: bend our %s of %s: %+v (%v)", x.ID, x.NetworkInterface, now, err)
}

// untagOurs makes a session of ours look like somebody else's, which it is from then on.
func (s *sim) untagOurs() {
	if x, ok := s.sessionOf(true); ok {
		s.say("people: our %s of %s loses its tags (%v)", x.ID, x.NetworkInterface, s.cloud.Untag(x.ID, tagOurs))
		s.theirs[x.ID], s.town.lost[x.ID] = s.clock.Now(), s.clock.Now()
	}
}

func (s *sim) bendFilter() {
	st := s.cloud.State(region)
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(st.Filters)), func(id string) bool { return !ours(st.Filters[id].Tags) })
	id, ok := pick(s, ids)
	if !ok {
		return
	}
	f, api, ctx := st.Filters[id], s.admin(st.Owners[id]).EC2, context.Background()
	rule, any := pick(s, slices.Concat(f.Ingress, f.Egress))
	var err error
	switch s.rng.IntN(5) {
	case 0:
		if any {
			err = api.DeleteTrafficMirrorFilterRule(ctx, ec2api.Delete{ID: rule.ID})
		}
	case 1:
		if any {
			to := rule.RuleSpec
			to.Action = "reject"
			_, err = api.ModifyTrafficMirrorFilterRule(ctx, ec2api.ModifyTrafficMirrorFilterRule{ID: rule.ID, Was: rule.RuleSpec, To: to})
		}
	case 2:
		_, err = api.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{Filter: id, RuleSpec: ec2api.RuleSpec{
			Direction: "ingress", Number: 5, Action: "reject", SourceCIDR: "0.0.0.0/0", DestinationCIDR: "0.0.0.0/0"}})
	case 3:
		_, err = api.ModifyTrafficMirrorFilterNetworkServices(ctx, ec2api.ModifyNetworkServices{Filter: id, Remove: []string{"amazon-dns"}})
	case 4:
		err = api.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: id})
	}
	s.say("people: bend our filter %s, rule %s (%v)", id, rule.ID, err)
}

func (s *sim) dropListener() {
	for _, l := range s.cloud.State(region).Listeners[s.town.fleet.Balancer.ARN] {
		s.say("people: the listener goes (%v)", s.cloud.DeleteListener(l.ARN))
	}
}

func (s *sim) unshare() {
	ctx, api := context.Background(), s.admin(fleet).Sharing
	shares, err := api.GetResourceShares(ctx, "SELF", "mirrorwatch-"+deployment)
	if err != nil || len(shares) == 0 {
		return
	}
	s.say("people: the target is shared with %s no more (%v)", accounts()[1], api.DisassociateResourceShare(ctx, shares[0].ARN, nil, accounts()[1:2]))
}

func (s *sim) edit() {
	w := &s.wish
	switch s.rng.IntN(8) {
	case 0:
		w.defaultOn = !w.defaultOn
	case 1:
		w.budget, _ = pick(s, []int{0, 10, 25, 40, 80})
	case 2:
		w.perHead, _ = pick(s, []int{0, 0, 5, 15})
	case 3:
		w.length, _ = pick(s, []int{0, 128, 1500})
	case 4:
		w.port, _ = pick(s, []int{80, 8080, 25})
	case 5:
		w.frozen = true
		s.agenda.add(s.clock.Now().Add(s.between(10*time.Minute, time.Hour)), func() { s.thaw() })
	case 6:
		w.narrowVNI = !w.narrowVNI
	case 7:
		w.reserve, _ = pick(s, []int{2, 2, 5})
	}
	s.say("people: the policy is now %+v", *w)
	s.enact()
}

func (s *sim) thaw() {
	if s.wish.frozen {
		s.wish.frozen = false
		s.say("people: the policy thaws")
		s.enact()
	}
}
