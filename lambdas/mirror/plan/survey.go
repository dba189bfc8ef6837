package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// survey is a world looked at once: everything that planners and the report of coverage ask is an index here, and each interface is
// judged once for all of them. It is made by one call and not changed afterwards.
type survey struct {
	have *World
	want *policy.Policy

	sites    []*site   // by account and region
	sources  []*source // the interfaces that the world is about, by id
	byID     map[string]*source
	seen     map[string]bool    // every interface in the world, within the scope or not
	links    map[string][]*link // sessions, by interface
	bound    map[uint32]string  // interface that holds a VNI
	targets  map[string]string  // ids of the fleet's targets that are ours, by region and policy name
	scope    map[string]bool    // nil: everything
	leftOut  []LeftOut
	orphans  []*link           // sessions of ours whose interface is gone
	profiles map[string]string // names of profiles by their lower case
	rules    []*policy.SelectRule
	guard    guard
	specs    *filterSpecs
	types    map[string]Support
	filters  map[string][]policy.FilterRule // expanded, by profile
	shadows  map[shadowKey]shadow
}

// source is a network interface, as something whose packets may be mirrored.
type source struct {
	eni      *ec2api.NetworkInterface
	site     *site
	instance *ec2api.Instance // nil where a service holds it, or where it was not seen
	tags     map[string]string
	name     string
	binding  *events.Binding
	before   *events.Coverage

	keep    *link   // the session of ours that stays, if there is one
	extra   []*link // further ones of ours, which should not be
	foreign []*link // those of others, by number

	choice choice
	verdict
	remove string // why the session of ours goes; empty: it stays
	leave  bool   // touch nothing: what is known does not suffice, or a person has to say what is meant
	create bool
	// settling: the session was made moments ago, and AWS does not show it yet.
	settling bool
	number   int32
	target   ref
	filter   ref
	vni      lease
}

// verdict is a state of coverage, why, and what would change it.
type verdict struct {
	state  events.CoverageState
	reason string
	fix    string
}

// ref is an id, or the name under which an earlier step makes it.
type ref struct{ id, name string }

// link is a session as an account saw it.
type link struct {
	*ec2api.TrafficMirrorSession
	site *site
	ours bool
}

// look makes the survey.
func look(have *World, want *policy.Policy) *survey {
	s := &survey{
		have: have, want: want, specs: newFilterSpecs(want), byID: map[string]*source{}, seen: map[string]bool{}, bound: map[uint32]string{},
		targets: map[string]string{}, types: map[string]Support{}, filters: map[string][]policy.FilterRule{}, shadows: map[shadowKey]shadow{},
	}
	s.readPolicy()
	s.readSites()
	s.readLinks()
	s.readSources()
	for _, src := range s.sources {
		s.assess(src)
	}
	s.contest()
	s.assignVNIs()
	for _, src := range s.sources {
		s.settle(src)
	}
	s.findOrphans()
	return s
}

func (s *survey) readPolicy() {
	s.profiles = make(map[string]string, len(s.want.Profiles))
	for name := range s.want.Profiles {
		s.profiles[strings.ToLower(name)] = name
	}
	for i := range s.want.Select.Rules {
		s.rules = append(s.rules, &s.want.Select.Rules[i])
	}
	slices.SortStableFunc(s.rules, func(a, b *policy.SelectRule) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Line, b.Line))
	})
	if s.have.Scope != nil {
		s.scope = make(map[string]bool, len(s.have.Scope))
		for _, id := range s.have.Scope {
			s.scope[id] = true
		}
	}
	for id, b := range s.have.Bindings {
		if held, ok := s.bound[b.VNI]; !ok || id < held {
			s.bound[b.VNI] = id
		}
	}
}

func (s *survey) readSites() {
	before := countBefore(s.have)
	for i := range s.have.Accounts {
		s.sites = append(s.sites, newSite(&s.have.Accounts[i], s, before))
	}
	slices.SortFunc(s.sites, func(a, b *site) int { return cmp.Compare(a.key, b.key) })
	for _, t := range s.sites {
		for key, id := range t.owned {
			if had, ok := s.targets[key]; !ok || id < had {
				s.targets[key] = id
			}
		}
	}
	s.guard = newGuard(s)
}

// readLinks sorts sessions to their interfaces. The owner of a shared target sees the sessions of other accounts too, without being
// able to change them: the owner's own sight of a session is the one that counts.
func (s *survey) readLinks() {
	n := 0
	for _, t := range s.sites {
		n += len(t.Sessions)
	}
	all, known := make([]link, 0, n), make(map[string]int, n)
	for _, t := range s.sites {
		for i := range t.Sessions {
			session := &t.Sessions[i]
			own := session.Owner == "" || session.Owner == t.ID
			at, again := known[session.ID]
			switch {
			case !again:
				known[session.ID] = len(all)
				all = append(all, link{session, t, own && s.want.Owned(session.Tags)})
			case own:
				all[at] = link{session, t, s.want.Owned(session.Tags)}
			}
		}
	}
	slices.SortFunc(all, func(a, b link) int { return cmp.Compare(a.ID, b.ID) })
	s.links = make(map[string][]*link, len(all))
	for i := range all {
		l := &all[i]
		s.links[l.NetworkInterface] = append(s.links[l.NetworkInterface], l)
		l.count()
	}
}

// count adds a session to its owner's account: quotas are the owner's.
func (l *link) count() {
	if l.Owner != "" && l.Owner != l.site.ID {
		return
	}
	l.site.all++
	if l.ours {
		l.site.ours++
	}
}

func (s *survey) readSources() {
	n := 0
	for _, t := range s.sites {
		n += len(t.Interfaces)
	}
	s.sources, s.byID, s.seen = make([]*source, 0, n), make(map[string]*source, n), make(map[string]bool, n)
	for _, t := range s.sites {
		for i := range t.Interfaces {
			s.readSource(t, &t.Interfaces[i])
		}
	}
	for _, src := range s.byID {
		s.sources = append(s.sources, src)
	}
	slices.SortFunc(s.sources, func(a, b *source) int { return cmp.Compare(a.eni.ID, b.eni.ID) })
	for _, src := range s.sources {
		s.fill(src)
	}
}

// readSource takes an interface in. Where two accounts see the same one, its owner's sight counts.
func (s *survey) readSource(t *site, eni *ec2api.NetworkInterface) {
	s.seen[eni.ID] = true
	if s.scope != nil && !s.scope[eni.ID] {
		return
	}
	if had := s.byID[eni.ID]; had != nil && (had.eni.Owner == had.site.ID || eni.Owner != t.ID) {
		return
	}
	s.byID[eni.ID] = &source{eni: eni, site: t}
}

func (s *survey) fill(src *source) {
	eni := src.eni
	if id := src.instanceID(); id != "" {
		if instance, ok := src.site.Instances[id]; ok {
			src.instance = &instance
		}
	}
	src.tags, src.name = mergedTags(src), nameOf(src)
	if b, ok := s.have.Bindings[eni.ID]; ok {
		src.binding = &b
	}
	if c, ok := s.have.Before[eni.ID]; ok {
		src.before = &c
	}
	s.sortLinks(src)
}

// sortLinks tells the session that stays from those that are too many: the one that the binding names, or else the lowest id.
func (s *survey) sortLinks(src *source) {
	for _, l := range s.links[src.eni.ID] {
		if !l.ours {
			src.foreign = append(src.foreign, l)
			continue
		}
		switch {
		case src.keep == nil:
			src.keep = l
		case src.binding != nil && src.binding.VNI == l.VirtualNetworkID && src.keep.VirtualNetworkID != l.VirtualNetworkID:
			src.extra, src.keep = append(src.extra, src.keep), l
		default:
			src.extra = append(src.extra, l)
		}
	}
	slices.SortFunc(src.foreign, func(a, b *link) int {
		return cmp.Or(cmp.Compare(a.SessionNumber, b.SessionNumber), cmp.Compare(a.ID, b.ID))
	})
}

// findOrphans lists sessions of ours whose interface is not seen where everything was read: AWS deletes those itself with the
// interface, so one that stays is billed for nothing.
func (s *survey) findOrphans() {
	if s.have.Scope != nil {
		return
	}
	for id, list := range s.links {
		if s.seen[id] {
			continue
		}
		for _, l := range list {
			if l.ours && s.orphaned(l) {
				s.orphans = append(s.orphans, l)
			}
		}
	}
	slices.SortFunc(s.orphans, func(a, b *link) int { return cmp.Compare(a.ID, b.ID) })
}

// orphaned leaves a session alone whose interface may only not be visible yet, unless all are to go.
func (s *survey) orphaned(l *link) bool {
	at, _ := sessionBegan(l)
	return s.want.Switch == policy.Off || l.site.read(callInterfaces) && s.have.At.Sub(at) >= s.want.Limits.Settle
}

// orphanReason says why such a session goes.
func (s *survey) orphanReason(l *link) string {
	switch {
	case s.want.Switch == policy.Off:
		return "the policy's switch is off, so nothing is mirrored"
	case !s.guard.places[l.site.key]:
		return "account " + l.site.ID + " with region " + l.site.Region + " is not among the accounts of the policy"
	}
	return "its interface " + l.NetworkInterface + " is gone"
}

// instanceID is the instance of this account that holds the interface; empty where a service of AWS's does, or nobody.
func (src *source) instanceID() string {
	a := src.eni.Attachment
	if a == nil || a.InstanceOwner != "" && a.InstanceOwner != src.site.ID && a.InstanceOwner != src.eni.Owner {
		return ""
	}
	return a.Instance
}

// showsInstance says whether an instance holds it that the account can see. The owner of a shared subnet sees the interfaces of
// participants, and never their instances.
func (src *source) showsInstance() bool {
	a := src.eni.Attachment
	return src.instanceID() != "" && (a.InstanceOwner == "" || a.InstanceOwner == src.site.ID)
}

// mergedTags are those of the interface and its instance; the interface's win.
func mergedTags(src *source) map[string]string {
	if src.instance == nil || len(src.instance.Tags) == 0 {
		return src.eni.Tags
	}
	if len(src.eni.Tags) == 0 {
		return src.instance.Tags
	}
	all := make(map[string]string, len(src.eni.Tags)+len(src.instance.Tags))
	for k, v := range src.instance.Tags {
		all[k] = v
	}
	for k, v := range src.eni.Tags {
		all[k] = v
	}
	return all
}

// nameOf is the name that people know it by: the instance's, or else the interface's own.
func nameOf(src *source) string {
	if src.instance != nil && src.instance.Tags[TagName] != "" {
		return src.instance.Tags[TagName]
	}
	return src.eni.Tags[TagName]
}

// label names an interface in sentences.
func (src *source) label() string { return cmp.Or(src.name, src.eni.ID) }
