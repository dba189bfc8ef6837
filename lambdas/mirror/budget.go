package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	usageID    = "sessions"
	usageTries = 12
	monthHours = 730
)

// Usage is how many sessions of ours there are, or may soon be, by place. A reservation is in it before its session is made, so that
// loops in several places together never grow past the budget; a loop that dies leaves too much, which the next sweep corrects.
type Usage struct {
	Places map[string]int `json:"places"`
}

func (l *Loop) usages() store.Collection[Usage] {
	return store.Collection[Usage]{Kind: store.KindMirrorUsage, Documents: l.o.Store.Documents}
}

// usage reads what is used; of nothing yet the revision is 0.
func (l *Loop) usage(ctx context.Context) (store.Item[Usage], error) {
	have, err := l.usages().Get(ctx, usageID)
	if errors.Is(err, store.ErrNotFound) {
		return store.Item[Usage]{ID: usageID, Value: Usage{Places: map[string]int{}}}, nil
	}
	if err != nil {
		return have, fmt.Errorf("read usage: %w", err)
	}
	if have.Value.Places == nil {
		have.Value.Places = map[string]int{}
	}
	return have, nil
}

// count changes what is used, against whoever else does so at the same time. Change says whether there is anything to write.
func (l *Loop) count(ctx context.Context, change func(places map[string]int) bool) error {
	for try := range usageTries {
		have, err := l.usage(ctx)
		if err != nil {
			return err
		}
		places := maps.Clone(have.Value.Places)
		if !change(places) {
			return nil
		}
		cond := store.New
		if have.Revision > 0 {
			cond = store.Condition(have.Revision)
		}
		have.Value.Places = places
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

// reserve asks for room for sessions of a place, and gives how many may be made.
func (p *pass) reserve(ctx context.Context, pl *place, want int) (granted int, err error) {
	err = p.l.count(ctx, func(places map[string]int) bool {
		if pl.wholly() {
			places[pl.place()] = p.oursAt(pl)
		}
		granted = min(want, p.room(places, pl))
		places[pl.place()] += granted
		return granted > 0
	})
	if err != nil {
		granted = 0
	}
	return granted, err
}

// room is how many more sessions the budgets allow in a place.
func (p *pass) room(places map[string]int, pl *place) int {
	all, ofAccount, usd := 0, 0, 0.0
	for place, n := range places {
		account, region, _ := strings.Cut(place, "/")
		all += n
		usd += float64(n) * p.policy.Price(region) * monthHours
		if account == pl.account.ID {
			ofAccount += n
		}
	}
	room := math.MaxInt32
	if b := p.policy.Budget.Sessions; b > 0 {
		room = min(room, b-all)
	}
	if b := pl.account.Budget; b > 0 {
		room = min(room, b-ofAccount)
	}
	if b, price := p.policy.Budget.USDMonth, p.policy.Price(pl.region)*monthHours; b > 0 && price > 0 {
		room = min(room, int((b-usd)/price+1e-9))
	}
	return max(room, 0)
}

// oursAt counts the sessions of ours that a place owns.
func (p *pass) oursAt(pl *place) int {
	n := 0
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
	return p.l.count(ctx, func(places map[string]int) bool {
		had := places[pl.place()]
		now := had + made - gone - pl.granted
		if pl.wholly() {
			now = p.oursAt(pl) + made - gone
		}
		places[pl.place()] = max(now, 0)
		maps.DeleteFunc(places, func(place string, n int) bool { return n == 0 || p.kind == KindSweep && !p.names(place) })
		return places[pl.place()] != had
	})
}

// names says whether the policy names a place.
func (p *pass) names(place string) bool {
	account, region, _ := strings.Cut(place, "/")
	_, known := siteAt(p.policy, account, region)
	return known
}
