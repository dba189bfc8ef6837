package mirrorsim

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// picture is what a call of ours could change, just before it.
type picture struct {
	sessions map[string]ec2api.TrafficMirrorSession
	foreign  string // digest of all that is not ours
}

func (s *sim) picture(p *process) *picture {
	now := &picture{sessions: map[string]ec2api.TrafficMirrorSession{}, foreign: s.cloud.Foreign(tagOurs, deployment, s.justLost(p)...)}
	for _, x := range s.cloud.Sessions(region) {
		now.sessions[x.ID] = x
	}
	return now
}

// justLost are the sessions that were ours when AWS showed them to a pass, and lost our tag meanwhile. AWS takes no condition with a
// change, and tells of a tag that is gone only after the lag, so the pass cannot know.
func (s *sim) justLost(p *process) (ids []string) {
	for id, at := range s.town.lost {
		if !at.Before(p.began.Add(-lag)) {
			ids = append(ids, id)
		}
	}
	return ids
}

func changes(call string) bool {
	return !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get")
}

// processOf is who asks; nil: a person.
func processOf(ctx context.Context) *process {
	p, _ := ctx.Value(processKey{}).(*process)
	return p
}

// before is asked before each call: it takes its time, and the process may die of it.
func (s *sim) before(ctx context.Context, _, _, call string) error {
	p := processOf(ctx)
	if p == nil {
		return nil
	}
	if p.dead {
		return errDead
	}
	s.advance(s.between(20*time.Millisecond, 150*time.Millisecond))
	if effect, _ := p.contact(); !effect {
		return errDead
	}
	if changes(call) {
		p.before = s.picture(p)
	}
	return nil
}

// after holds what a call of ours did against what must never happen. Then there is room for the other loop, or for a long pause.
func (s *sim) after(ctx context.Context, account, _, call string, outcome error) error {
	p := processOf(ctx)
	if p == nil {
		return nil
	}
	if changes(call) {
		s.res.Changes++
		s.say("%s: %s in %s: %v", p.name, call, account, outcome)
		s.hold(p, call)
		if ec2api.Is(outcome, ec2api.CodeInterfaceNotSupported) {
			s.refused++
		}
	}
	if p.dead {
		return errDead
	}
	if s.quiet || s.o.Calm || s.nesting > 0 || s.failed() {
		return nil
	}
	switch {
	case s.chance(0.003):
		s.nest(p)
	case s.chance(0.0005):
		s.res.Stalled++
		s.say("%s stands still", p.name)
		s.advance(s.between(50*time.Second, 4*time.Minute))
		s.nest(p)
	}
	return nil
}

// nest lets the other loop make a pass in the middle of one.
func (s *sim) nest(p *process) {
	other := 0
	if s.crew[0] == p {
		other = 1
	}
	s.nesting++
	s.res.Nested++
	defer func() { s.nesting-- }()
	if s.chance(0.5) {
		s.sweep(other)
		return
	}
	s.deliver(other)
}

// hold finds what a call of ours changed, and whether it might.
func (s *sim) hold(p *process, call string) {
	was, now := p.before, s.picture(p)
	if was.foreign != now.foreign {
		s.fail("%s: %s changed something that is not ours", p.name, call)
	}
	for id, x := range now.sessions {
		old, had := was.sessions[id]
		switch {
		case !had:
			s.holdMade(p, x, now)
		case !sameSession(old, x):
			s.res.Mended++
			s.touched[id] = s.clock.Now()
			s.holdVNI(p, x, now)
		}
	}
	for id, x := range was.sessions {
		if _, has := now.sessions[id]; !has {
			s.holdGone(p, x, was)
		}
	}
	if p.wish.frozen {
		s.fail("%s: %s although the policy is frozen", p.name, call)
	}
}

func sameSession(a, b ec2api.TrafficMirrorSession) bool {
	return a.Target == b.Target && a.Filter == b.Filter && a.SessionNumber == b.SessionNumber && a.VirtualNetworkID == b.VirtualNetworkID &&
		a.PacketLength == b.PacketLength && a.Description == b.Description
}

// holdMade judges a session that we made.
func (s *sim) holdMade(p *process, x ec2api.TrafficMirrorSession, now *picture) {
	s.res.Made++
	s.touched[x.ID] = s.clock.Now()
	s.say("%s: made %s of %s, VNI %d, number %d", p.name, x.ID, x.NetworkInterface, x.VirtualNetworkID, x.SessionNumber)
	total, here, owned, on := 0, 0, 0, 0
	for _, y := range now.sessions {
		old := s.theirs[y.ID]
		if y.Owner == x.Owner && (old.IsZero() || p.began.Sub(old) > 2*lag) {
			owned++
		}
		if !ours(y.Tags) {
			continue
		}
		total++
		if y.Owner == x.Owner {
			here++
		}
		if y.NetworkInterface == x.NetworkInterface {
			on++
		}
	}
	s.res.MostSessions = max(s.res.MostSessions, total)
	w := &p.wish
	switch {
	case !ours(x.Tags):
		s.fail("%s: session %s is made without our tag", p.name, x.ID)
	case on != 1:
		s.fail("%s: interface %s has %d sessions of ours", p.name, x.NetworkInterface, on)
	case s.town.sensors[x.NetworkInterface]:
		s.fail("%s: sensor %s is mirrored", p.name, x.NetworkInterface)
	case w.budget > 0 && total > w.budget:
		s.fail("%s: %d sessions (%v) are more than the budget of %d; counted as used is %s", p.name, total, s.oursByAccount(), w.budget, s.used())
	case w.perHead > 0 && x.Owner == accounts()[1] && here > w.perHead:
		s.fail("%s: %d sessions are more than the budget of %d of account %s", p.name, here, w.perHead, x.Owner)
	case w.quota > 0 && owned > w.quota-w.reserve:
		s.fail("%s: %d sessions of account %s are more than its quota of %d without the reserve of %d", p.name, owned, x.Owner, w.quota, w.reserve)
	}
	s.holdVNI(p, x, now)
}

// holdVNI holds that no two sessions of ours have one VNI, in whatever account.
func (s *sim) holdVNI(p *process, x ec2api.TrafficMirrorSession, now *picture) {
	for _, y := range now.sessions {
		if y.ID != x.ID && ours(y.Tags) && y.VirtualNetworkID == x.VirtualNetworkID && s.touched[x.ID].Equal(s.clock.Now()) && !s.bent(x, y) {
			s.fail("%s: VNI %d is that of %s and of %s", p.name, x.VirtualNetworkID, x.ID, y.ID)
		}
	}
}

// bent says whether a person gave a session the VNI of another, so that it is not ours to answer for until it is mended.
func (s *sim) bent(x, y ec2api.TrafficMirrorSession) bool {
	return s.town.bentVNI[x.ID] == x.VirtualNetworkID || s.town.bentVNI[y.ID] == y.VirtualNetworkID
}

// holdGone judges a session that we deleted: how many in one pass, and whether there was a reason.
func (s *sim) holdGone(p *process, x ec2api.TrafficMirrorSession, was *picture) {
	s.res.Gone++
	s.say("%s: deleted %s of %s", p.name, x.ID, x.NetworkInterface)
	if !ours(x.Tags) && !slices.Contains(s.justLost(p), x.ID) {
		s.fail("%s: deleted %s, which is not ours", p.name, x.ID)
	}
	p.deletes[x.Owner]++
	if most := min(25, max(5, (p.had[x.Owner]+10)/10)); p.deletes[x.Owner] > most {
		s.fail("%s: %d sessions of account %s are deleted in one pass, and %d may be", p.name, p.deletes[x.Owner], x.Owner, most)
	}
	on := 0
	for _, y := range was.sessions {
		if ours(y.Tags) && y.NetworkInterface == x.NetworkInterface {
			on++
		}
	}
	st := s.cloud.State(region)
	for i := range st.Interfaces {
		if eni := &st.Interfaces[i]; eni.ID == x.NetworkInterface && on == 1 && p.began.Sub(s.lastAct) > 4*time.Minute {
			if v := s.judge(&st, eni); v.session == yes || v.typo {
				s.fail("%s: deleted %s of %s without a reason: it should be %v", p.name, x.ID, eni.ID, v.states)
			}
		}
	}
}

func (s *sim) oursByAccount() map[string]int {
	n := map[string]int{}
	for _, x := range s.cloud.Sessions(region) {
		if ours(x.Tags) {
			n[x.Owner]++
		}
	}
	return n
}

// used is what the loops have written down as used of the budget.
func (s *sim) used() string {
	d, err := s.store.Documents.Get(context.Background(), store.KindMirrorUsage, "sessions")
	if err != nil {
		return err.Error()
	}
	return string(d.Body)
}
