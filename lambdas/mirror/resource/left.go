package resource

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// maxWhy is how much of a reason is told: AWS's may carry a message of a thousand letters that only AWS can read.
const maxWhy = 200

// leftovers is what a pass has left.
type leftovers struct {
	things []string // each with its place and why it is there
	same   []string // what makes two looks the same, without words that AWS makes anew each time
	notes  []string // what nobody can do anything about, and that holds nothing up
	waits  bool     // for another pass, or for time
	done   int      // steps
	places int
}

// leftOf reads a report. What is billed comes first: places that nobody saw, then sessions, then what they stood on.
func leftOf(r *mirror.Report, err error) leftovers {
	l := leftovers{places: len(r.Places)}
	known, all := map[string]bool{}, groups{}
	told := ""
	if err != nil {
		told = err.Error()
	}
	for i := range r.Places {
		p := &r.Places[i]
		at := plan.Place(p.Account, p.Region)
		known[at] = true
		l.done += len(p.Done)
		switch {
		case p.Skipped != "":
			l.add(at, at+": "+cut(p.Skipped, maxWhy))
			l.waits = l.waits || !strings.Contains(told, p.Skipped) // what is an error as well is no other pass
		case len(p.Failures) > 0:
			l.add(at, at+" was not seen whole: "+cut(strings.Join(p.Failures, ", "), maxWhy))
		}
		for _, o := range p.Left {
			l.waits = true
			all.add(&o.Step, o.Reason, o.Reason)
		}
		for _, o := range p.Failed {
			all.add(&o.Step, cmp.Or(o.Code, o.Reason), o.Reason)
		}
	}
	stray := groups{}
	for i := range r.Plan.Held {
		held := &r.Plan.Held[i]
		switch {
		case held.Step.Action == plan.Release && !known[plan.Place(held.Step.Account, held.Step.Region)]:
			stray.add(&held.Step, "", "the policy does not name the place any more. If it still has sessions, delete them there")
			continue
		case strings.HasPrefix(held.Rail, "settle:"):
			l.waits = true
		}
		all.add(&held.Step, held.Rail, held.Rail)
	}
	for _, one := range all.sorted() {
		l.add(fmt.Sprint(one.action, one.first, one.n), one.tell())
	}
	for _, one := range stray.sorted() {
		l.notes = append(l.notes, one.tell())
	}
	if len(l.things) == 0 && err != nil {
		l.add("the pass", cut(strings.ReplaceAll(told, "\n", "; "), maxWhy))
	}
	return l
}

func (l *leftovers) add(same, thing string) {
	l.same, l.things = append(l.same, same), append(l.things, thing)
}

// key tells whether two looks have left the same.
func (l *leftovers) key() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(l.same, "\n")))
	return h.Sum64()
}

// group is steps of one kind in one place that are left for one reason.
type group struct {
	action plan.Action
	place  string
	first  string // what it is about
	why    string
	n      int
}

type groups struct {
	list []*group
	by   map[[3]string]*group
}

// add puts a step to those that are left for the same reason.
func (g *groups) add(s *plan.Step, same, why string) {
	key := [3]string{string(s.Action), plan.Place(s.Account, s.Region), same}
	if have := g.by[key]; have != nil {
		have.n++
		return
	}
	made := &group{s.Action, key[1], cmp.Or(s.Object, s.Interface), why, 1}
	if g.by == nil {
		g.by = map[[3]string]*group{}
	}
	g.by[key], g.list = made, append(g.list, made)
}

// sorted gives the groups, sessions first.
func (g *groups) sorted() []*group {
	slices.SortStableFunc(g.list, func(a, b *group) int { return cmp.Compare(rank(a.action), rank(b.action)) })
	return g.list
}

// tell is a line about a group.
func (g *group) tell() string {
	more := ""
	if g.n > 1 {
		more = fmt.Sprintf(" and %d more", g.n-1)
	}
	return fmt.Sprintf("%s %s%s in %s: %s", strings.ReplaceAll(string(g.action), "_", " "), g.first, more, g.place, cut(g.why, maxWhy))
}

func rank(a plan.Action) int {
	if a == plan.DeleteSession {
		return 0
	}
	return 1
}
