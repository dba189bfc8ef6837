package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/tuning"
)

// How often the tuning rules are read anew, so that a new one heeds what is found from then on, and how often what is stored is held
// against them: a detection that grew may have left what a rule means.
const (
	readRulesEvery = time.Second
	applyEvery     = 10 * time.Minute
)

// ruleKeeper hides detections that are about to be stored by the rules as they are now.
type ruleKeeper struct {
	store *store.Store
	rules atomic.Pointer[tuning.Rules]
}

func (k *ruleKeeper) read(ctx context.Context) error {
	rules, err := tuning.Load(ctx, k.store.Documents)
	if err != nil {
		return err
	}
	k.rules.Store(rules)
	return nil
}

// hide sets HiddenBy where a rule wants it.
func (k *ruleKeeper) hide(d *events.Detection) {
	if d.HiddenBy == "" {
		d.HiddenBy = k.rules.Load().HiddenBy(d, time.Now())
	}
}

// keepRules reads the rules anew as long as ctx lasts, and brings what is stored into line where one has expired, and now and then.
func (s *server) keepRules(ctx context.Context) {
	tick := time.NewTicker(readRulesEvery)
	defer tick.Stop()
	next := time.Now().Add(applyEvery)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if at, some := s.keep.rules.rules.Load().NextExpiry(time.Now().Add(-2 * readRulesEvery)); some && at.Before(next) {
			next = at
		}
		err := s.keep.rules.read(ctx)
		if err == nil && !time.Now().Before(next) {
			next = time.Now().Add(applyEvery)
			_, err = tuning.Reapply(ctx, tuning.Options{Documents: s.store.Documents, Detections: s.store.Detections, Now: time.Now})
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("tuning rules were not applied", "error", fmt.Sprint(err))
		}
	}
}
