package ec2fake

import (
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const maxBroken = 20

// watchSession remembers a rule that was broken for a moment, which Check would not see later.
func (c *Cloud) watchSession(r *region, s *ec2api.TrafficMirrorSession) {
	if why := r.brokenNumbers(s.NetworkInterface); why != "" {
		c.breaks(why)
	}
}

// watchQuota does the same when a session is made; those that are there already may be more than settings that were changed since allow.
func (c *Cloud) watchQuota(r *region, s *ec2api.TrafficMirrorSession) {
	if n := len(r.sessionsOf(s.NetworkInterface)); n > c.set.InterfaceSlots {
		c.breaks(fmt.Sprintf("interface %s has %d sessions", s.NetworkInterface, n))
	}
	if n := r.sessions.owned[s.Owner]; n > c.set.SessionQuota {
		c.breaks(fmt.Sprintf("account %s has %d sessions in %s", s.Owner, n, r.name))
	}
}

func (c *Cloud) breaks(why string) {
	if len(c.broken) < maxBroken {
		c.broken = append(c.broken, why)
	}
}

// brokenNumbers holds that no two sessions of an interface have one number.
func (r *region) brokenNumbers(eni string) (broken string) {
	var numbers []int32
	r.sessions.each(key{ofSource, eni}, func(_ *row[ec2api.TrafficMirrorSession], v *ec2api.TrafficMirrorSession) {
		if slices.Contains(numbers, v.SessionNumber) {
			broken = fmt.Sprintf("interface %s has two sessions with number %d", eni, v.SessionNumber)
		}
		numbers = append(numbers, v.SessionNumber)
	})
	return broken
}

// check holds everything that is against AWS's rules. Quotas are held as the objects are made, as a test may lower them later.
func (r *region) check(c *Cloud) (broken []string) {
	say := func(format string, args ...any) { broken = append(broken, r.name+": "+fmt.Sprintf(format, args...)) }
	for _, row := range r.sessions.all() {
		r.checkSession(row.now, row.owner, say)
	}
	for _, row := range r.filters.all() {
		r.checkFilter(row.now, say)
	}
	for _, row := range r.targets.all() {
		if t := row.now; t.NetworkInterface != "" && len(r.sessionsOf(t.NetworkInterface)) > 0 {
			say("interface %s is source and target", t.NetworkInterface)
		}
	}
	for _, row := range r.instances.all() {
		for _, eni := range row.now.Interfaces {
			if v, _ := r.interfaces.get(eni); v == nil || v.Attachment == nil || v.Attachment.Instance != row.id {
				say("instance %s has interface %s, which is not attached to it", row.id, eni)
			}
		}
	}
	r.checkTables(say)
	return broken
}

func (r *region) sessionsOf(eni string) (ids []string) {
	r.sessions.each(key{ofSource, eni}, func(row *row[ec2api.TrafficMirrorSession], _ *ec2api.TrafficMirrorSession) { ids = append(ids, row.id) })
	return ids
}

func (r *region) checkSession(s *ec2api.TrafficMirrorSession, owner string, say func(format string, args ...any)) {
	eni, eniOwner := r.interfaces.get(s.NetworkInterface)
	target, _ := r.targets.get(s.Target)
	filter, filterOwner := r.filters.get(s.Filter)
	switch {
	case eni == nil:
		say("session %s mirrors %s, which is not there", s.ID, s.NetworkInterface)
	case owner != eniOwner && owner != r.subnetOwner(eni.Subnet):
		say("session %s of %s mirrors an interface of %s", s.ID, owner, eniOwner)
	case target == nil:
		say("session %s sends to %s, which is not there", s.ID, s.Target)
	case filter == nil || filterOwner != owner:
		say("session %s of %s uses filter %s, which is not there or not its own", s.ID, owner, s.Filter)
	case s.SessionNumber < minNumber || s.SessionNumber > maxNumber || s.VirtualNetworkID < 1 || s.VirtualNetworkID > maxVNI ||
		s.PacketLength < 0 || s.PacketLength > maxPacket:
		say("session %s has a number out of its range: %+v", s.ID, *s)
	}
}

func (r *region) subnetOwner(id string) string {
	_, owner := r.subnets.get(id)
	return owner
}

func (r *region) checkFilter(f *ec2api.TrafficMirrorFilter, say func(format string, args ...any)) {
	seen := map[string]bool{}
	for _, rule := range rulesOf(f) {
		at := fmt.Sprintf("%s %d", rule.Direction, rule.Number)
		if err := checkRule(rule.RuleSpec); err != nil || seen[at] || r.rules[rule.ID] != f.ID {
			say("filter %s has rule %s (%s) against the rules: %v", f.ID, rule.ID, at, err)
		}
		seen[at] = true
	}
}

// checkTables holds the tables' own order, and finds values that somebody wrote to.
func (r *region) checkTables(say func(format string, args ...any)) {
	checkTable("vpc", r.vpcs, say)
	checkTable("subnet", r.subnets, say)
	checkTable("interface", r.interfaces, say)
	checkTable("instance", r.instances, say)
	checkTable("session", r.sessions, say)
	checkTable("target", r.targets, say)
	checkTable("filter", r.filters, say)
	checkTable("group", r.groups, say)
}

func checkTable[T any](name string, t *table[T], say func(format string, args ...any)) {
	owned := map[string]int{}
	for _, r := range t.all() {
		owned[r.owner]++
		for _, k := range t.keysFor(r, r.now) {
			if _, listed := slices.BinarySearchFunc(t.lists[k], r.id, byID[T]); !listed || !slices.Contains(r.keys, k) {
				say("%s %s is not listed under %c %s", name, r.id, k.by, k.of)
			}
		}
		if r.digested == r.now && r.digest != digestOf(*r.now) {
			say("somebody wrote to what a describe gave of %s %s", name, r.id)
		}
		r.digest, r.digested = digestOf(*r.now), r.now
	}
	for owner, n := range t.owned {
		if owned[owner] != n {
			say("%s of %s: %d are counted and %d are there", name, owner, n, owned[owner])
		}
	}
}
