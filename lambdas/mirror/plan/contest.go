package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// ledger counts sessions while more are let in. What this pass removes is not given out again before it is gone.
type ledger struct {
	s       *survey
	quota   map[*site]int  // sessions of every owner
	account map[string]int // of ours
	total   int
	usd     float64
	tags    []int
	budgets map[string]policy.Account
}

// contest lets in those that are to be mirrored and are not yet, the highest priority first, until quota or budget is used up. What
// is mirrored already stays: both only stop growth.
func (s *survey) contest() {
	var list []*source
	for _, src := range s.sources {
		if src.create {
			list = append(list, src)
		}
	}
	slices.SortFunc(list, func(a, b *source) int {
		return cmp.Or(cmp.Compare(s.profile(b).Priority, s.profile(a).Priority), cmp.Compare(a.eni.ID, b.eni.ID))
	})
	l := newLedger(s)
	for _, src := range list {
		if l.admit(src) {
			continue
		}
		src.create = false
		s.leftOut = append(s.leftOut, LeftOut{
			Interface: src.eni.ID, Account: src.site.ID, Region: src.site.Region, Name: src.name,
			Priority: s.profile(src).Priority, Reason: src.reason,
		})
	}
}

func newLedger(s *survey) *ledger {
	l := &ledger{s: s, quota: map[*site]int{}, account: map[string]int{}, tags: make([]int, len(s.want.Budget.Tags)), budgets: map[string]policy.Account{}}
	for _, a := range s.want.Accounts {
		l.budgets[a.ID] = a
	}
	now := s.oursNow()
	for _, key := range slices.Sorted(maps.Keys(now)) { // in order: a sum of fractions depends on it
		n := now[key]
		account, region, _ := strings.Cut(key, "/")
		l.account[account] += n
		l.total += n
		l.usd += float64(n) * s.want.Price(region) * monthHours
	}
	for _, t := range s.sites {
		l.quota[t] = t.all
		if !s.countedWhole(t) {
			l.quota[t] = max(t.all, s.have.Usage[t.key])
		}
	}
	if len(l.tags) > 0 {
		l.countTags()
	}
	for _, src := range s.sources {
		if src.settling && s.countedWhole(src.site) {
			l.add(src)
		}
	}
	return l
}

// oursNow counts sessions of ours by place: as seen where everything was, else at least as last counted.
func (s *survey) oursNow() map[string]int {
	count := make(map[string]int, len(s.have.Usage)+len(s.sites))
	for key, n := range s.have.Usage {
		count[key] = n
	}
	for _, t := range s.sites {
		if s.countedWhole(t) {
			count[t.key] = t.ours
		} else {
			count[t.key] = max(t.ours, count[t.key])
		}
	}
	return count
}

func (s *survey) countedWhole(t *site) bool {
	return s.have.Scope == nil && t.read(callSessions) && t.lost == ""
}

// countTags counts the mirrored interfaces of each tag that has a budget; of those that the world does not hold, as last stored.
func (l *ledger) countTags() {
	for _, src := range l.s.sources {
		if src.keep != nil {
			l.addTags(src.tags)
		}
	}
	for id, c := range l.s.have.Before {
		if c.Session != "" && l.s.byID[id] == nil && l.s.have.Scope != nil {
			l.addTags(c.Tags)
		}
	}
}

func (l *ledger) addTags(tags map[string]string) {
	for i, b := range l.s.want.Budget.Tags {
		if fitsTag(tags, b) {
			l.tags[i]++
		}
	}
}

func fitsTag(tags map[string]string, b policy.TagBudget) bool {
	value, ok := tags[b.Key]
	return ok && (b.Value == "" || value == b.Value)
}

// admit lets one in, or says why not.
func (l *ledger) admit(src *source) bool {
	t, want := src.site, l.s.want
	if room := want.Limits.SessionQuota - want.Budget.Reserve; l.quota[t] >= room {
		src.say(events.CoverageQuota, "delete sessions that are not needed, lower budget.reserve, or move interfaces to another account: AWS does not raise this quota",
			"account %s in %s has %d sessions of AWS's %d, and %d are kept for others", t.ID, t.Region, l.quota[t], want.Limits.SessionQuota, want.Budget.Reserve)
		return false
	}
	if why, fix := l.short(src); why != "" {
		src.say(events.CoverageBudget, fix, "%s", why)
		return false
	}
	l.add(src)
	return true
}

func (l *ledger) add(src *source) {
	l.quota[src.site]++
	l.account[src.site.ID]++
	l.total++
	l.usd += src.site.price
	l.addTags(src.tags)
}

// short says which budget does not suffice for one more.
func (l *ledger) short(src *source) (why, fix string) {
	b, t := l.s.want.Budget, src.site
	account := l.budgets[t.ID]
	switch {
	case account.Budget > 0 && l.account[t.ID] >= account.Budget:
		return fmt.Sprintf("the budget of account %s is %d sessions, and all are used", t.ID, account.Budget), "raise the account's budget in the policy"
	case b.Sessions > 0 && l.total >= b.Sessions:
		return fmt.Sprintf("the policy's budget is %d sessions, and all are used", b.Sessions), "raise budget.sessions in the policy"
	case b.USDMonth > 0 && l.usd+t.price > b.USDMonth+1e-6:
		return fmt.Sprintf("one more session costs %.2f USD a month, and %.2f of the budget's %.2f are used", t.price, l.usd, b.USDMonth),
			"raise budget.usd_month in the policy"
	}
	for i, tag := range b.Tags {
		if l.tags[i] >= tag.Sessions && fitsTag(src.tags, tag) {
			return fmt.Sprintf("the budget of tag %s=%s is %d sessions, and all are used", tag.Key, tag.Value, tag.Sessions), "raise the tag's budget in the policy"
		}
	}
	return "", ""
}
