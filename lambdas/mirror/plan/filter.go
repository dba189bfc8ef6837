package plan

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TagFilterSpec is the tag of a filter that says for which rules it was made: FilterSpec of the profile then.
const TagFilterSpec = "mirrorwatch:filter-spec"

// amazonDNS is the one network service there is: packets to and from the VPC's resolver, which no rule can name.
const amazonDNS = "amazon-dns"

// rulesPerFilter is AWS's quota of rules a filter, ingress and egress together.
const rulesPerFilter = 10

// FilterPlanner keeps a filter for each profile in every account and region, since filters cannot be shared. A change of a filter
// touches all its sessions at once and rule by rule, so only what somebody else broke is mended in place. Where the policy changed a
// new filter is made, to which the session planner moves the sessions one by one, and the old one is retired.
type FilterPlanner struct{ specs *filterSpecs }

// Name is the planner's name in steps.
func (FilterPlanner) Name() string { return "filter" }

// Plan makes the filters that are missing and mends those that are not as they were made.
func (p FilterPlanner) Plan(have *World, want *policy.Policy) []Step {
	if want.Switch == policy.Off {
		return nil
	}
	var steps []Step
	specs := p.specs.orNew(want)
	for i := range have.Accounts {
		a := &have.Accounts[i]
		if !fabricMirrors(want, a.ID, a.Region) || !fabricLooked(have, a) || !fabricRead(a, "DescribeTrafficMirrorFilters") {
			continue
		}
		for _, name := range fabricProfiles(a, want) {
			w := wantedFilter(have, specs, a, name)
			if f, ok := specs.find(a.Filters, name); ok {
				steps = append(steps, w.repair(f)...)
			} else {
				steps = append(steps, w.create()...)
			}
		}
	}
	return steps
}

// filterRules are a profile's rules in AWS's words.
func filterRules(p *policy.Profile) []ec2api.RuleSpec {
	var out []ec2api.RuleSpec
	for _, r := range p.Expand() {
		out = append(out, ec2api.RuleSpec{
			Direction: r.Direction, Number: r.Number, Action: r.Action, Protocol: r.Protocol,
			SourcePorts:      ec2api.PortRange{From: r.SourcePorts.From, To: r.SourcePorts.To},
			DestinationPorts: ec2api.PortRange{From: r.DestinationPorts.From, To: r.DestinationPorts.To},
			SourceCIDR:       fabricCIDR(r.SourceCIDR), DestinationCIDR: fabricCIDR(r.DestinationCIDR), Description: r.Description,
		})
	}
	return out
}

// fabricCIDR writes a block as AWS does, so that one block in two spellings is no drift for ever.
func fabricCIDR(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked().String()
	}
	return s
}

// filterWanted is a filter as it should be in one account and region.
type filterWanted struct {
	account *Account
	profile string
	dns     bool
	rules   []ec2api.RuleSpec
	tags    map[string]string
	began   string // of the epoch of the world
	minute  string // of the world
	words   []string
	changed bool // there is a filter of ours for the profile that says something else
}

func wantedFilter(have *World, specs *filterSpecs, a *Account, name string) *filterWanted {
	want := specs.want
	p, spec, began := want.Profiles[name], specs.of(name), fabricBegan(have.At)
	return &filterWanted{
		account: a, profile: name, dns: p.DNS, rules: specs.rules(name), began: began, minute: have.At.UTC().Truncate(time.Minute).Format(time.RFC3339),
		words: []string{"filter", want.Deployment, a.ID, a.Region, name, spec},
		tags:  map[string]string{TagDeployment: want.Deployment, TagProfile: name, TagFilterSpec: spec, TagName: "mirrorwatch " + name},
		changed: slices.ContainsFunc(a.Filters, func(f ec2api.TrafficMirrorFilter) bool {
			return want.Owned(f.Tags) && f.Tags[TagProfile] == name
		}),
	}
}

func (w *filterWanted) step(action Action, object, reason string) Step {
	return Step{
		Planner: FilterPlanner{}.Name(), Action: action, Account: w.account.ID, Region: w.account.Region,
		Object: object, Name: w.profile, Reason: reason,
	}
}

func (w *filterWanted) token(words ...string) string {
	return fabricToken(slices.Concat(w.words, words)...)
}

// create makes the filter, its services and its rules, in this order: sessions come later, so none ever has an empty filter.
func (w *filterWanted) create() []Step {
	reason := "profile " + w.profile + " has no filter here yet"
	if w.changed {
		reason = "profile " + w.profile + " says something else now: sessions move to a new filter, so that none sees half a change"
	}
	step := w.step(CreateFilter, "", reason)
	step.Makes = w.name()
	w.tags[TagCreated] = w.began
	step.Input.CreateFilter = &ec2api.CreateTrafficMirrorFilter{
		Description: "Mirrorwatch profile " + w.profile, Tags: w.tags, ClientToken: w.token(w.began),
	}
	steps := []Step{step}
	if w.dns {
		steps = append(steps, w.services("", []string{amazonDNS}, nil))
	}
	for _, r := range w.rules {
		steps = append(steps, w.createRule("", r))
	}
	return steps
}

func (w *filterWanted) name() string { return FilterName(w.account.ID, w.account.Region, w.profile) }

func (w *filterWanted) services(filter string, add, remove []string) Step {
	reason := "the VPC resolver's packets are mirrored only if the filter lets " + amazonDNS + " through"
	if len(remove) > 0 {
		reason = "profile " + w.profile + " does not want the VPC resolver's packets"
	}
	s := w.step(SetServices, filter, reason)
	s.Input.SetServices = &ec2api.ModifyNetworkServices{Filter: filter, Add: add, Remove: remove}
	return w.refer(s, filter)
}

// createRule asks for a rule. AWS doubles no rule of a direction and number, so on a filter that is there the token lasts for a minute
// only: a rule that somebody deleted is really made again and not replayed. A filter that is being made may be the one that an earlier
// try made and nobody sees yet: then its rules are the same requests, too.
func (w *filterWanted) createRule(filter string, r ec2api.RuleSpec) Step {
	s := w.step(CreateRule, filter, "rule "+ruleName(r)+" of profile "+w.profile+" is missing")
	since := w.began
	if filter != "" {
		since = w.minute
	}
	s.Input.CreateRule = &ec2api.CreateTrafficMirrorFilterRule{
		Filter: filter, RuleSpec: r, ClientToken: w.token(filter, since, r.Direction, strconv.Itoa(int(r.Number))),
	}
	return w.refer(s, filter)
}

// refer lets a step wait for the filter's id where it is only being made.
func (w *filterWanted) refer(s Step, filter string) Step {
	if filter == "" {
		s.FilterRef = w.name()
	}
	return s
}

func ruleName(r ec2api.RuleSpec) string { return r.Direction + " " + strconv.Itoa(int(r.Number)) }

// fabricProfiles lists the profiles that an interface of an account could have: the default, those of rules, of tags and of sessions.
func fabricProfiles(a *Account, want *policy.Policy) []string {
	named := map[string]bool{want.Select.Default: true}
	for _, r := range want.Select.Rules {
		if fabricAmong(r.Match.Accounts, a.ID) && fabricAmong(r.Match.Regions, a.Region) {
			named[r.Profile] = true
		}
	}
	fabricTagValues(a, want.Select.Tag, named)
	for _, s := range a.Sessions {
		if want.Owned(s.Tags) {
			named[s.Tags[TagProfile]] = true
		}
	}
	var out []string
	for value := range named {
		if p, ok := fabricProfile(want, value); ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func fabricAmong(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }

// fabricTagValues adds every value that a tag key has on anything that may speak for an interface.
func fabricTagValues(a *Account, key string, into map[string]bool) {
	add := func(tags map[string]string) {
		if v, ok := tags[key]; ok {
			into[v] = true
		}
	}
	for i := range a.Interfaces {
		add(a.Interfaces[i].Tags)
	}
	for _, i := range a.Instances {
		add(i.Tags)
	}
	for _, g := range a.Groups {
		add(g.Tags)
	}
	for _, s := range a.Subnets {
		add(s.Tags)
	}
	for _, v := range a.Vpcs {
		add(v.Tags)
	}
}

// fabricProfile reads on, off or a profile's name as people write it.
func fabricProfile(want *policy.Policy, value string) (string, bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	switch value {
	case "", "off":
		return "", false
	case "on":
		value = "default"
	}
	for _, name := range fabricKeys(want.Profiles) {
		if strings.EqualFold(name, value) {
			return name, true
		}
	}
	return "", false
}
