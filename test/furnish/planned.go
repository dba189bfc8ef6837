package furnish

import (
	"context"
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Planned stores what the last sweep came to: of these interfaces, with every outcome, what rails hold, what budget and quota left out, and a
// session that looks like theft. One name hurts.
func Planned(ctx context.Context, s *store.Store, now time.Time) error {
	of := map[string]store.MirrorStep{}
	for _, c := range interfaces(now) {
		of[c.Name] = store.MirrorStep{Account: c.Account, Region: c.Region, Interface: c.Interface, Name: c.Name}
	}
	p := store.MirrorPlan{
		At: now.Add(-4 * time.Minute), Kind: store.MirrorSweep, Holder: "2026/11/26/[$LATEST]5f0c6a1e9b7d4c02", Seconds: 6.4,
		Places: []store.MirrorPlace{
			{Account: shopAccount, Region: "eu-central-1"},
			{Account: dataAccount, Region: "eu-central-1", Failures: []string{"DescribeSubnets: UnauthorizedOperation"}},
		},
		Steps: planSteps(of), Held: planHeld(of), Estimate: store.MirrorEstimate{Sessions: 19, SessionsAfter: 22, MonthlyUSD: 208.05, MonthlyUSDAfter: 240.9},
		Warnings: []string{"nothing is removed in " + dataAccount + "/eu-central-1 in this pass: it could not be seen whole"},
		Rogues: []store.MirrorRogue{{
			Account: shopAccount, Region: "eu-central-1", Object: "tms-0e1f2a3b4c5d60001", Interface: of["shop-4"].Interface, Target: "tmt-0e1f2a3b4c5d60002", Owner: "999900001111",
			Reason: "a session that is not ours sends packets to account 999900001111, which the policy does not name",
		}},
	}
	for i, reason := range []string{"the quota of the account and region has no room for another session", "the budget of 200.00 USD a month has no room for another session"} {
		s := of[fmt.Sprint("batch-", i+1)]
		p.LeftOut = append(p.LeftOut, store.MirrorLeftOut{Interface: s.Interface, Account: s.Account, Region: s.Region, Name: s.Name, Priority: 100, Reason: reason})
	}
	if err := store.KeepMirrorPlan(ctx, s.Documents, p); err != nil {
		return fmt.Errorf("store plan: %w", err)
	}
	return nil
}

const month = 10.95 // USD that a session costs

// planSteps are those of the sweep.
func planSteps(of map[string]store.MirrorStep) []store.MirrorStep {
	with := func(name, does, action, reason, outcome string, more func(*store.MirrorStep)) store.MirrorStep {
		s, known := of[name]
		if !known {
			s = store.MirrorStep{Account: shopAccount, Region: "eu-central-1", Name: name}
		}
		s.Does, s.Action, s.Reason, s.Outcome = does, action, reason, outcome
		if more != nil {
			more(&s)
		}
		return s
	}
	return []store.MirrorStep{
		with("default", store.MirrorModifies, "modify_rule", "rule egress 10 does not say what profile default says", store.MirrorDone, func(s *store.MirrorStep) {
			s.Object, s.Changes = "tmfr-00b0ad3070d84ee81", []store.MirrorChange{{Field: "action", From: "reject", To: "accept"}}
		}),
		with("default", store.MirrorModifies, "set_target_group_attributes", "all packets of an interface must reach one sensor, and another when it leaves", store.MirrorDone, func(s *store.MirrorStep) {
			s.Object = "arn:aws:elasticloadbalancing:eu-central-1:" + shopAccount + ":targetgroup/sensors/dd1b74299f86e93b"
			s.Changes = []store.MirrorChange{{Field: "stickiness.enabled", From: "false", To: "true"}, {Field: "target_failover.on_unhealthy", From: "no_rebalance", To: "rebalance"}}
		}),
		with("shop-1", store.MirrorModifies, "modify_session", "its session has another packet length than profile default", store.MirrorDone, func(s *store.MirrorStep) {
			s.Object, s.Changes = "tms-0d0", []store.MirrorChange{{Field: "packet_length", From: "128"}}
		}),
		with("orders-6", store.MirrorCreates, "create_session", "wanted by the tag mirrorwatch=on of its subnet with profile default", store.MirrorDone, func(s *store.MirrorStep) {
			s.Object, s.MonthlyUSD, s.Name = "tms-0d17", month, markup
		}),
		with("shop-new", store.MirrorCreates, "create_session", "wanted by the tag mirrorwatch=on of its instance with profile default", store.MirrorLeft, func(s *store.MirrorStep) {
			s.MonthlyUSD, s.Error = month, "the time of the pass is up"
		}),
		with("shop-5", store.MirrorCreates, "create_session", "wanted by the tag mirrorwatch=on of its instance with profile default", store.MirrorFailed, func(s *store.MirrorStep) {
			s.MonthlyUSD, s.Error = month, "CreateTrafficMirrorSession: UnauthorizedOperation: you are not authorized to perform this operation"
		}),
	}
}

// planHeld are the steps that are not taken.
func planHeld(of map[string]store.MirrorStep) (list []store.MirrorHeld) {
	for i, name := range []string{"cache-1", "cache-3"} {
		s := of[name]
		s.Does, s.Action, s.Object, s.MonthlyUSD = store.MirrorDeletes, "delete_session", fmt.Sprint("tms-0d", i), -month
		s.Reason = "the tag mirrorwatch=off of its instance says so"
		list = append(list, store.MirrorHeld{Step: s, Rail: fmt.Sprintf("deletes: %d of at most 25 a pass in %s/%s", 26+i, s.Account, s.Region)})
	}
	return list
}
