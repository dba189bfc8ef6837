package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check holds the parts against each other. What is broken by itself is not looked at again.
func (r *reader) check(p *Policy) {
	r.accounts(p)
	r.fleetRole(p)
	r.targets(p)
	r.covered(p)
	r.wishes(p)
	r.overlaps(p.Select.Rules)
	r.matches(p)
	for name, profile := range p.Profiles {
		r.filter(profile, under("profiles", name))
	}
	r.numbers(p)
}

func (r *reader) accounts(p *Policy) {
	if len(p.Accounts) == 0 && !r.broken("accounts") {
		r.say("accounts", "no account is named, so nothing would be mirrored", "at least one account")
	}
	first := map[string]string{}
	for i, a := range p.Accounts {
		path := item("accounts", i)
		if before, double := first[a.ID]; double && a.ID != "" {
			r.say(under(path, "id"), a.ID+" is given twice, first as "+before, "each account once")
		} else {
			first[a.ID] = path
		}
		if len(a.Regions) == 0 && !r.broken(path) {
			r.say(under(path, "regions"), "no region is named", "at least one region")
		}
		r.belongs(under(path, "role"), a.Role, a.ID)
	}
}

// belongs refuses the role of another account: what it may do there would be taken for what it may do here.
func (r *reader) belongs(path, role, account string) {
	if role == "" || account == "" {
		return
	}
	if owner := strings.Split(role, ":")[4]; owner != account {
		r.say(path, fmt.Sprintf("the role belongs to account %s, not to %s", owner, account), "a role of account "+account)
	}
}

func (r *reader) fleetRole(p *Policy) { r.belongs("fleet.role", p.Fleet.Role, p.Fleet.Account) }

func (r *reader) targets(p *Policy) {
	names, zones := map[string]string{}, map[string]string{}
	for i, t := range p.Fleet.Targets {
		path := item("fleet.targets", i)
		if r.broken(path) {
			continue
		}
		r.target(p, t, path)
		if before, double := names[t.Name()]; double && t.Name() != "" {
			r.say(path, shown(t.Name())+" is given twice, first as "+before, "each target once")
			continue
		}
		names[t.Name()] = path
		r.apart(t, path, zones)
	}
}

// apart refuses a target that a region's other targets cannot be told from. zones holds who has which already.
func (r *reader) apart(t Target, path string, zones map[string]string) {
	const allowed = "targets of a region with different zones, and one at most without zones"
	if len(t.Zones) == 0 {
		if before, double := zones[t.Region]; double {
			r.say(path, fmt.Sprintf("names no zones, as %s: which of them an interface of %s sends to would be chance", before, t.Region), allowed)
			return
		}
		zones[t.Region] = path
	}
	for i, zone := range t.Zones {
		if before, double := zones[zone]; double {
			r.say(item(under(path, "zones"), i), fmt.Sprintf("%s has zone %s already: which of them an interface sends to would be chance", before, zone), allowed)
			return
		}
		zones[zone] = path
	}
}

// target checks a target by itself.
func (r *reader) target(p *Policy, t Target, path string) {
	given := 0
	for _, s := range []string{t.ID, t.LoadBalancer, t.Endpoint} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		r.say(path, fmt.Sprintf("%d of id, load_balancer and endpoint are given", given), "exactly one of id, load_balancer and endpoint")
	}
	if t.TargetGroup != "" && t.LoadBalancer == "" {
		r.say(under(path, "target_group"), "is given without load_balancer", "target_group with load_balancer only")
	}
	for key, arn := range map[string]string{"load_balancer": t.LoadBalancer, "target_group": t.TargetGroup} {
		if arn == "" {
			continue
		}
		parts := strings.Split(arn, ":")
		if parts[3] != t.Region {
			r.say(under(path, key), fmt.Sprintf("is in region %s, but the target in %s", shown(parts[3]), t.Region), "an ARN of region "+t.Region)
		}
		if p.Fleet.Account != "" && parts[4] != p.Fleet.Account {
			r.say(under(path, key), fmt.Sprintf("belongs to account %s, but the fleet to %s", parts[4], p.Fleet.Account), "an ARN of account "+p.Fleet.Account)
		}
	}
	for i, zone := range t.Zones {
		if !strings.HasPrefix(zone, t.Region) {
			r.say(item(under(path, "zones"), i), fmt.Sprintf("%s is no zone of %s", zone, t.Region), "zones of "+t.Region)
		}
	}
}

// covered refuses regions from which packets could go nowhere: mirroring does not leave a region.
func (r *reader) covered(p *Policy) {
	if r.broken("fleet.targets") {
		return
	}
	have, said := map[string]bool{}, map[string]bool{}
	for _, t := range p.Fleet.Targets {
		have[t.Region] = true
	}
	allowed := "a region with a target: " + list(slices.Sorted(maps.Keys(have)))
	for i, a := range p.Accounts {
		for j, region := range a.Regions {
			if path := item(under(item("accounts", i), "regions"), j); !have[region] && !said[region] && !r.broken(under(item("accounts", i), "regions")) {
				r.say(path, fmt.Sprintf("%s has no target among fleet.targets", region), allowed)
				said[region] = true
			}
		}
	}
}

func list(words []string) string {
	if len(words) == 0 {
		return "(none)"
	}
	if len(words) > 20 {
		return strings.Join(words[:20], ", ") + ", ..."
	}
	return strings.Join(words, ", ")
}

// wishes refuses profiles that do not exist.
func (r *reader) wishes(p *Policy) {
	if slices.ContainsFunc(r.found, func(m Mistake) bool { return m.Path == "profiles" }) {
		return // nobody knows which there would be
	}
	known := slices.Sorted(maps.Keys(p.Profiles))
	exists := func(path, wish string) {
		if _, ok := p.Profiles[wish]; !ok && wish != "on" && wish != "off" && wish != "" {
			allowed := "on, off, " + list(known)
			if near := nearest(wish, append([]string{"on", "off"}, known...)); near != "" {
				r.say(path, "there is no profile "+shown(wish)+"; did you mean "+near+"?", allowed)
				return
			}
			r.say(path, "there is no profile "+shown(wish)+"; there are "+allowed, allowed)
		}
	}
	exists("select.default", p.Select.Default)
	for i, rule := range p.Select.Rules {
		exists(under(item("select.rules", i), "profile"), rule.Profile)
	}
}

// overlaps refuses two rules between which the order of the text would have to decide. One rule is told of one other only.
func (r *reader) overlaps(rules []SelectRule) {
	names := map[string]int{}
	sound := make([]bool, len(rules))
	for i, rule := range rules {
		path := item("select.rules", i)
		sound[i] = !r.broken(path)
		if before, double := names[rule.Name]; double {
			r.say(under(path, "name"), fmt.Sprintf("%s names the rule in line %d already", shown(rule.Name), rules[before].Line), "each name once")
		} else {
			names[rule.Name] = i
		}
		for j := 0; sound[i] && j < i; j++ {
			if sound[j] && r.overlap(path, rule, rules[j]) {
				break
			}
		}
	}
}

func (r *reader) overlap(path string, a, b SelectRule) bool {
	same := effective(a.Profile) == effective(b.Profile)
	if same || a.Priority != b.Priority || a.Match.Empty() || b.Match.Empty() || a.Match.apart(b.Match) {
		return false
	}
	r.say(path, fmt.Sprintf("an interface can fit this rule (%s) and that in line %d (%s), both of priority %d: give them different priorities",
		a.Profile, b.Line, b.Profile, a.Priority), "different priorities, or different accounts, regions, vpcs, subnets, instance_types or values of one tag")
	return true
}

// effective is the profile that a wish names.
func effective(wish string) string {
	if wish == "on" {
		return allTraffic
	}
	return wish
}

// matches refuses matches that say nothing, and accounts and regions that are nobody's.
func (r *reader) matches(p *Policy) {
	for i, rule := range p.Select.Rules {
		r.matched(p, rule.Match, under(item("select.rules", i), "match"), "fits everything: say so in select.default, or name what it fits")
	}
	for i, e := range p.Exclude {
		r.matched(p, e.Match, under(item("exclude", i), "match"), "would exclude everything: name what it fits; switch: off removes all sessions")
	}
}

func (r *reader) matched(p *Policy, m Match, path, empty string) {
	if r.broken(path) || r.broken("accounts") {
		return
	}
	if m.Empty() {
		r.say(path, empty, "at least one of accounts, regions, vpcs, subnets, instance_types and tags")
	}
	for i, id := range m.Accounts {
		if _, ok := p.Account(id); !ok {
			r.say(item(under(path, "accounts"), i), id+" is not among the policy's accounts", "an id of accounts")
		}
	}
	for i, region := range m.Regions {
		if !slices.ContainsFunc(p.Accounts, func(a Account) bool { return slices.Contains(a.Regions, region) }) {
			r.say(item(under(path, "regions"), i), region+" is no region of any of the policy's accounts", "a region of accounts")
		}
	}
}

func (r *reader) numbers(p *Policy) {
	if p.VNI.From > p.VNI.To {
		r.say("vni", fmt.Sprintf("from (%d) is above to (%d)", p.VNI.From, p.VNI.To), "a range within 1 to 16777215")
	} else if n := int(p.VNI.To-p.VNI.From) + 1; n < p.Budget.Sessions && !r.broken("vni") {
		r.say("vni", fmt.Sprintf("%d identifiers are fewer than the %d sessions of budget.sessions", n, p.Budget.Sessions), "at least as many as budget.sessions")
	}
	if p.Budget.Reserve >= p.Limits.SessionQuota && !r.broken("budget") && !r.broken("limits") {
		r.say("budget.reserve", fmt.Sprintf("%d leaves nothing of the quota of %d sessions (limits.session_quota)", p.Budget.Reserve, p.Limits.SessionQuota), "less than limits.session_quota")
	}
	seen := map[[2]string]string{}
	for i, t := range p.Budget.Tags {
		path := item("budget.tags", i)
		if before, double := seen[[2]string{t.Key, t.Value}]; double && !r.broken(path) {
			r.say(path, fmt.Sprintf("tag %s with value %s is given twice, first as %s", shown(t.Key), shown(t.Value), before), "each tag once")
		}
		seen[[2]string{t.Key, t.Value}] = path
	}
}
