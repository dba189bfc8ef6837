package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	usageID    = "sessions"
	usageTries = 12
	monthHours = 730
)

// Usage is how many sessions there are, or may soon be, by place. A reservation is in it before its session is made, so that loops in
// several places together never grow past the budget; a loop that dies leaves too much, which the next sweep corrects.
type Usage struct {
	Places map[string]int `json:"places"` // of ours
	All    map[string]int `json:"all"`    // of every owner in the account, as last seen whole: an event sees only its own interface's
}

var (
	errNoBudget = errors.New("the budget has no room for another session")
	errNoQuota  = errors.New("AWS's quota has no room for another session, but for the reserve that is left to others")
)

func (l *Loop) usages() store.Collection[Usage] {
	return store.Collection[Usage]{Kind: store.KindMirrorUsage, Documents: l.o.Store.Documents}
}

// usage reads what is used; of nothing yet the revision is 0.
func (l *Loop) usage(ctx context.Context) (store.Item[Usage], error) {
	have, err := l.usages().Get(ctx, usageID)
	if errors.Is(err, store.ErrNotFound) {
		return store.Item[Usage]{ID: usageID, Value: Usage{Places: map[string]int{}, All: map[string]int{}}}, nil
	}
	if err != nil {
		return have, fmt.Errorf("read usage: %w", err)
	}
	for _, m := range []*map[string]int{&have.Value.Places, &have.Value.All} {
		if *m == nil {
			*m = map[string]int{}
		}
	}
	return have, nil
}

// count changes what is used, against whoever else does so at the same time.
func (l *Loop) count(ctx context.Context, change func(u *Usage)) error {
	for try := range usageTries {
		have, err := l.usage(ctx)
		if err != nil {
			return err
		}
		before := Usage{maps.Clone(have.Value.Places), maps.Clone(have.Value.All)}
		change(&have.Value)
		if maps.Equal(before.Places, have.Value.Places) && maps.Equal(before.All, have.Value.All) {
			return nil
		}
		cond := store.New
		if have.Revision > 0 {
			cond = store.Condition(have.Revision)
		}
		_, err = l.usages().Put(ctx, have, cond, nil)
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("write usage: %w", err)
		}
		if err := l.o.Sleep(ctx, time.Duration(try+1)*20*time.Millisecond); err != nil {
			return fmt.Errorf("write usage: %w", err)
		}
	}
	return fmt.Errorf("write usage: others were faster %d times: %w", usageTries, store.ErrConflict)
}

// reserve asks for room for sessions of a place. It gives how many may be made, and why it is no more.
func (p *pass) reserve(ctx context.Context, pl *place, want int) (granted int, short, err error) {
	err = p.l.count(ctx, func(u *Usage) {
		if pl.wholly() {
			u.Places[pl.place()], u.All[pl.place()] = p.oursAt(pl), p.allAt(pl)
		}
		granted, short = p.room(u, pl)
		granted = min(want, granted)
		u.Places[pl.place()] += granted
		u.All[pl.place()] += granted
	})
	if err != nil {
		granted = 0
	}
	return granted, short, err
}

// room is how many more sessions the budgets and AWS's quota allow in a place, and which of them is the tightest.
func (p *pass) room(u *Usage, pl *place) (room int, short error) {
	all, ofAccount, usd := 0, 0, 0.0
	for place, n := range u.Places {
		account, region, _ := strings.Cut(place, "/")
		all += n
		usd += float64(n) * p.policy.Price(region) * monthHours
		if account == pl.account.ID {
			ofAccount += n
		}
	}
	room, short = math.MaxInt32, errNoBudget
	if b := p.policy.Budget.Sessions; b > 0 {
		room = min(room, b-all)
	}
	if b := pl.account.Budget; b > 0 {
		room = min(room, b-ofAccount)
	}
	if b, price := p.policy.Budget.USDMonth, p.policy.Price(pl.region)*monthHours; b > 0 && price > 0 {
		room = min(room, int((b-usd)/price+1e-9))
	}
	if quota := p.policy.Limits.SessionQuota; quota > 0 {
		if left := quota - p.policy.Budget.Reserve - max(u.All[pl.place()], u.Places[pl.place()]); left < room {
			room, short = left, errNoQuota
		}
	}
	return max(room, 0), short
}

// allAt counts the sessions of every owner that count to a place's quota.
func (p *pass) allAt(pl *place) int {
	n := pl.unshown
	for i := range pl.seen.Sessions {
		if owner := pl.seen.Sessions[i].Owner; owner == "" || owner == pl.account.ID {
			n++
		}
	}
	return n
}

// countUnshown counts the sessions that the plan knows of and that AWS does not show yet: a pass that comes just after another one must
// not take their room for free.
func (p *pass) countUnshown() {
	for _, pl := range p.here() {
		shown := make(map[string]bool, len(pl.seen.Sessions))
		for i := range pl.seen.Sessions {
			shown[pl.seen.Sessions[i].ID] = true
		}
		for c := range p.told(pl) {
			if c.Session != "" && c.Account == pl.account.ID && c.Region == pl.region && !shown[c.Session] {
				pl.unshown++
			}
		}
	}
}

// told gives what is known of the sessions of a place: as the plan has it, or, where too many are missing to be believed, as the pass before
// left it. What is not believed must not be counted either, or others take the room of sessions that are there.
func (p *pass) told(pl *place) iter.Seq[*events.Coverage] {
	return func(yield func(*events.Coverage) bool) {
		if p.plan.Lost[pl.place()] {
			for _, c := range p.world.Before {
				if !yield(&c) {
					return
				}
			}
			return
		}
		for i := range p.plan.Coverage {
			if !yield(&p.plan.Coverage[i]) {
				return
			}
		}
	}
}

// oursAt counts the sessions of ours that a place owns.
func (p *pass) oursAt(pl *place) int {
	n := pl.unshown
	for i := range pl.seen.Sessions {
		s := &pl.seen.Sessions[i]
		if p.policy.Owned(s.Tags) && (s.Owner == "" || s.Owner == pl.account.ID) {
			n++
		}
	}
	return n
}

// settleUsage makes usage true again after a place was dealt with: of a place that was seen whole it is what is there now, else it
// changes by what was done. A sweep forgets the places that the policy does not name any more.
func (p *pass) settleUsage(ctx context.Context, pl *place) error {
	made, gone := pl.did()
	return p.l.count(ctx, func(u *Usage) {
		ours, all := u.Places[pl.place()]-pl.granted, u.All[pl.place()]-pl.granted
		if pl.wholly() {
			ours, all = p.oursAt(pl), p.allAt(pl)
		}
		u.Places[pl.place()], u.All[pl.place()] = max(ours+made-gone, 0), max(all+made-gone, 0)
		stale := func(place string, n int) bool { return n == 0 || p.kind == KindSweep && !p.names(place) }
		maps.DeleteFunc(u.Places, stale)
		maps.DeleteFunc(u.All, stale)
	})
}

// names says whether the policy names a place.
func (p *pass) names(place string) bool {
	account, region, _ := strings.Cut(place, "/")
	_, known := siteAt(p.policy, account, region)
	return known
}
