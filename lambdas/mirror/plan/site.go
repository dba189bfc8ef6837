package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// The calls whose answers are needed; failures are told by their names.
const (
	callInterfaces = "DescribeNetworkInterfaces"
	callInstances  = "DescribeInstances"
	callSubnets    = "DescribeSubnets"
	callVpcs       = "DescribeVpcs"
	callGroups     = "DescribeAutoScalingGroups"
	callSessions   = "DescribeTrafficMirrorSessions"
	callTargets    = "DescribeTrafficMirrorTargets"
	callFilters    = "DescribeTrafficMirrorFilters"
)

// shrinkFloor is how many there must have been for a loss of more than half to be a sign of a bad answer: of three instances two are
// often stopped in one go.
const shrinkFloor = 10

// monthHours is how long AWS's month is in price lists.
const monthHours = 730

// site is an account and region with what was seen there, indexed.
type site struct {
	*Account
	key    string
	unread map[string]string // failures by call
	halted string            // why nothing is removed here in this pass; empty: things may be removed
	lost   string            // why the sessions that were seen are not believed to be all
	price  float64           // of a session, USD a month

	named   map[string]string // ids of targets by policy name, as this account sees them
	leads   map[string]string // policy names of targets that this account sees, by id
	owned   map[string]string // those that are ours for certain, by region and name
	shown   map[string]*ec2api.TrafficMirrorFilter
	filters map[string]string // ids of our filters, by profile

	all, ours int // sessions that this account owns
	was       tally
}

// tally counts what the pass before saw in an account and region.
type tally struct{ interfaces, sessions int }

func countBefore(have *World) map[string]tally {
	count := map[string]tally{}
	if have.Scope != nil {
		return count
	}
	for _, c := range have.Before {
		key := Place(c.Account, c.Region)
		t := count[key]
		t.interfaces++
		if c.Session != "" {
			t.sessions++
		}
		count[key] = t
	}
	return count
}

func newSite(a *Account, s *survey, before map[string]tally) *site {
	t := &site{
		Account: a, key: Place(a.ID, a.Region), unread: map[string]string{}, price: s.want.Price(a.Region) * monthHours,
		named: map[string]string{}, leads: map[string]string{}, owned: map[string]string{}, shown: make(map[string]*ec2api.TrafficMirrorFilter, len(a.Filters)),
		filters: map[string]string{}, was: before[Place(a.ID, a.Region)],
	}
	for _, f := range sorted(a.Failures) {
		call, _, _ := strings.Cut(f, ":")
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") {
			call = "" // a role that could not be taken on, say: nobody knows what it hides
		}
		t.unread[call] = f
	}
	if len(a.Failures) > 0 {
		t.halted = "not everything could be read: " + strings.Join(sorted(a.Failures), "; ")
	}
	t.readTargets(s)
	t.readFilters(s)
	t.notice(s)
	return t
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// notice says whether more than half of what was there before is missing: then the answer is likelier to be wrong than the world to
// have changed so, and nothing is removed by it.
func (t *site) notice(s *survey) {
	sessions := 0
	for i := range t.Sessions {
		if s.want.Owned(t.Sessions[i].Tags) && (t.Sessions[i].Owner == "" || t.Sessions[i].Owner == t.ID) {
			sessions++
		}
	}
	if was := t.was.interfaces; was >= shrinkFloor && 2*len(t.Interfaces) < was {
		t.shrank(fmt.Sprintf("of %d interfaces only %d are seen", was, len(t.Interfaces)))
	}
	if was := t.was.sessions; was >= shrinkFloor && 2*sessions < was && s.want.Switch == "on" {
		t.lost = fmt.Sprintf("of %d sessions only %d are seen", was, sessions)
		t.shrank(t.lost)
	}
}

func (t *site) shrank(why string) {
	if t.halted == "" {
		t.halted = why + ", which is taken for a bad answer until the next pass"
	}
}

// read says whether a call was answered whole.
func (t *site) read(call string) bool { return t.failure(call) == "" }

// failure is what went wrong with a call, or "".
func (t *site) failure(call string) string { return cmp.Or(t.unread[call], t.unread[""]) }

// readTargets finds the fleet's targets among those that the account sees. Of a shared target the tags cannot be seen, so there it
// is known by what it leads to and by its owner.
func (t *site) readTargets(s *survey) {
	for i := range t.Targets {
		target := &t.Targets[i]
		ours := s.want.Owned(target.Tags)
		for j := range s.want.Fleet.Targets {
			want := &s.want.Fleet.Targets[j]
			name := want.Name()
			if want.Region != t.Region || target.ID != want.ID && !leadsTo(target, name) {
				continue
			}
			shared := target.Owner != t.ID && target.Owner == s.want.Fleet.Account
			if ours || target.ID == want.ID || shared {
				keepLowest(t.named, name, target.ID)
				t.leads[target.ID] = name
			}
			if ours {
				keepLowest(t.owned, t.Region+"/"+name, target.ID)
			}
		}
	}
}

func leadsTo(t *ec2api.TrafficMirrorTarget, name string) bool {
	return name != "" && (t.NetworkLoadBalancer == name || t.GatewayLoadBalancerEndpoint == name)
}

func keepLowest(m map[string]string, key, id string) {
	if had, ok := m[key]; !ok || id < had {
		m[key] = id
	}
}

// readFilters finds the filter of each profile, and remembers all for what others' sessions let through.
func (t *site) readFilters(s *survey) {
	for i := range t.Filters {
		t.shown[t.Filters[i].ID] = &t.Filters[i]
	}
	for profile := range s.want.Profiles {
		if f, ok := s.specs.find(t.Filters, profile); ok {
			t.filters[profile] = f.ID
		}
	}
}
