package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// fabricBefore lists, in order, the planners of what sessions stand on: their steps come before those of sessions.
func fabricBefore(specs *filterSpecs) []Planner {
	return []Planner{TargetPlanner{}, SharePlanner{}, ListenerPlanner{}, FilterPlanner{specs}}
}

// fabricAfter lists the planners whose steps come after those of sessions.
func fabricAfter(specs *filterSpecs) []Planner { return []Planner{RetirePlanner{specs}} }

// fabricEpoch is for how long asking again for the same thing is the same request to AWS: longer than anything that was made stays
// invisible, so that a crash or a lagging describe doubles nothing, and short enough that what somebody deleted is soon made anew
// instead of being replayed. What is asked must not change meanwhile, so the created tag is the epoch's beginning, too.
const fabricEpoch = 15 * time.Minute

func fabricBegan(at time.Time) string { return at.UTC().Truncate(fabricEpoch).Format(time.RFC3339) }

// fabricToken is the ClientToken of a request that is told from others by these words.
func fabricToken(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// fabricPlace finds an account and region in the world, or gives nil.
func fabricPlace(have *World, account, region string) *Account {
	for i := range have.Accounts {
		if a := &have.Accounts[i]; a.ID == account && a.Region == region {
			return a
		}
	}
	return nil
}

// fabricRead says whether the calls that a decision rests on succeeded. Of a failure that is not of a read (a role that could not be
// taken on, a world that shrank) nobody knows what it hides: it counts against every decision.
func fabricRead(a *Account, calls ...string) bool {
	for _, f := range a.Failures {
		call, _, _ := strings.Cut(f, ":")
		if !strings.HasPrefix(call, "Describe") && !strings.HasPrefix(call, "Get") || slices.Contains(calls, call) {
			return false
		}
	}
	return true
}

// fabricLooked says whether targets and filters of an account were looked at: a pass about interfaces that are not there does not ask
// for them, and then nothing seems to be there.
func fabricLooked(have *World, a *Account) bool { return have.Scope == nil || len(a.Interfaces) > 0 }

// fabricFailed says whether anything failed anywhere: then nothing that others may stand on is taken away.
func fabricFailed(have *World) bool {
	return slices.ContainsFunc(have.Accounts, func(a Account) bool { return len(a.Failures) > 0 })
}

// fabricRegions lists the regions of the fleet, sorted.
func fabricRegions(want *policy.Policy) []string {
	var out []string
	for _, t := range want.Fleet.Targets {
		out = append(out, t.Region)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fabricManaged lists the targets of a region that are made and kept here, each once, by name.
func fabricManaged(want *policy.Policy, region string) []policy.Target {
	var out []policy.Target
	for _, t := range want.Fleet.Targets {
		if t.Region == region && t.ID == "" && t.Name() != "" {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b policy.Target) int { return strings.Compare(a.Name(), b.Name()) })
	return slices.CompactFunc(out, func(a, b policy.Target) bool { return a.Name() == b.Name() })
}

// fabricMirrors says whether the policy mirrors interfaces of an account and region.
func fabricMirrors(want *policy.Policy, account, region string) bool {
	return slices.ContainsFunc(want.Accounts, func(a policy.Account) bool {
		return a.ID == account && slices.Contains(a.Regions, region)
	})
}

// fabricUsers tells of every filter and target which visible sessions use it.
func fabricUsers(have *World) map[string][]ec2api.TrafficMirrorSession {
	users, seen := map[string][]ec2api.TrafficMirrorSession{}, map[string]bool{}
	for _, a := range have.Accounts {
		for _, s := range a.Sessions {
			if seen[s.ID] {
				continue // the owner of a target sees sessions of other accounts, too
			}
			seen[s.ID] = true
			users[s.Target] = append(users[s.Target], s)
			users[s.Filter] = append(users[s.Filter], s)
		}
	}
	return users
}

// fabricTagStep mends the tags of an object of ours that differ from want, if any do. Of other keys it takes no notice.
func fabricTagStep(s Step, have, want map[string]string) []Step {
	set := map[string]string{}
	for _, k := range fabricKeys(want) {
		if have[k] != want[k] {
			set[k] = want[k]
			s.Changes = append(s.Changes, Change{Field: "tag " + k, From: have[k], To: want[k]})
		}
	}
	if len(set) == 0 {
		return nil
	}
	s.Action, s.Input = Tag, Input{Tags: set}
	return []Step{s}
}

func fabricKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
