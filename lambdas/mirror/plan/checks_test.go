package plan

import (
	"bytes"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

func checkSafe(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	for _, s := range p.Steps {
		if s.Reason == "" || s.Planner == "" || s.Account == "" {
			t.Fatalf("a step without reason, planner or account: %s", encoded(s))
		}
		if s.Object != "" && !oursIn(w, want, s.Object) {
			t.Fatalf("%s names %s, which is not ours", s.Action, s.Object)
		}
		if s.Action == CreateSession {
			checkCreate(t, w, p, s)
		}
	}
	checkDeletes(t, w, want, p)
	checkCoverage(t, w, p)
}

func oursIn(w *World, want *policy.Policy, id string) bool {
	for _, a := range w.Accounts {
		for _, x := range a.Sessions {
			if x.ID == id && x.Owner == a.ID {
				return want.Owned(x.Tags)
			}
		}
		for _, x := range a.Targets {
			if x.ID == id {
				return want.Owned(x.Tags)
			}
		}
		for _, x := range a.Filters {
			if x.ID == id {
				return want.Owned(x.Tags)
			}
			for _, r := range slices.Concat(x.Ingress, x.Egress) {
				if r.ID == id {
					return want.Owned(x.Tags)
				}
			}
		}
	}
	return false
}

func checkCreate(t *rapid.T, w *World, p *Plan, s Step) {
	for _, a := range w.Accounts {
		for _, n := range a.Interfaces {
			if n.ID != s.Interface {
				continue
			}
			tags := []map[string]string{n.Tags}
			if n.Attachment == nil {
				t.Fatalf("%s is not attached", n.ID)
			}
			if i, ok := a.Instances[n.Attachment.Instance]; ok {
				tags = append(tags, i.Tags)
				if i.State != "running" || denied(Family(i.Type)) || strings.HasSuffix(i.Type, ".metal") {
					t.Fatalf("%s cannot be mirrored: %s %s", n.ID, i.State, i.Type)
				}
			}
			for _, m := range tags {
				if m["role"] == "sensor" || m["secret"] != "" {
					t.Fatalf("%s is a sensor or excluded", n.ID)
				}
			}
			if n.ID == "eni-0-1" || slices.Contains(n.Groups, "sg-0123456789abcdef0") || n.Type != "interface" || n.Subnet == "subnet-6" {
				t.Fatalf("%s must never be mirrored", n.ID)
			}
			if c := p.of(t, n.ID); c.State != events.CoveragePending {
				t.Fatalf("%s gets a session and is %s", n.ID, c.State)
			}
			return
		}
	}
	t.Fatalf("%s is not in the world", s.Interface)
}

func checkDeletes(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	for _, a := range w.Accounts {
		ours, gone := 0, 0
		ours = oursOf(&a, want)
		for _, s := range p.Steps {
			if s.Action == DeleteSession && s.Account == a.ID {
				gone++
			}
		}
		if most := min(want.Limits.Deletes, max(5, ours*want.Limits.DeletePercent/100)); gone > most {
			t.Fatalf("%d of %d sessions go, and at most %d may", gone, ours, most)
		}
		if len(a.Failures) > 0 && gone > 0 {
			t.Fatalf("sessions go, although %v", a.Failures)
		}
	}
}

func checkCoverage(t *rapid.T, w *World, p *Plan) {
	seen := map[string]bool{}
	for _, c := range p.Coverage {
		if seen[c.Interface] {
			t.Fatalf("%s has two states", c.Interface)
		}
		seen[c.Interface] = true
		fine := c.State == events.CoverageMirrored || c.State == events.CoveragePending || c.State == events.CoverageExcluded
		if !slices.Contains(events.CoverageStates(), c.State) || c.Reason == "" || !fine && c.Fix == "" {
			t.Fatalf("%s is %q because %q, fix %q", c.Interface, c.State, c.Reason, c.Fix)
		}
	}
	for _, a := range w.Accounts {
		for _, n := range a.Interfaces {
			if !seen[n.ID] {
				t.Fatalf("%s has no state", n.ID)
			}
		}
	}
}

func checkBounds(t *rapid.T, was, is *World, want *policy.Policy) {
	before, after := 0, 0
	for i := range is.Accounts {
		b, a := &was.Accounts[i], &is.Accounts[i]
		if n := ownedBy(a); n > ownedBy(b) && n > want.Limits.SessionQuota-want.Budget.Reserve {
			t.Fatalf("account %s has %d sessions of %d less %d", a.ID, n, want.Limits.SessionQuota, want.Budget.Reserve)
		}
		ours := oursOf(a, want)
		if bound := want.Accounts[i].Budget; bound > 0 && ours > oursOf(b, want) && ours > bound {
			t.Fatalf("account %s has %d sessions of ours and a budget of %d", a.ID, ours, bound)
		}
		before, after = before+oursOf(b, want), after+ours
	}
	if bound := want.Budget.Sessions; bound > 0 && after > before && after > bound {
		t.Fatalf("%d sessions of ours and a budget of %d", after, bound)
	}
	if bound := want.Budget.USDMonth; bound > 0 && after > before && float64(after)*0.015*730 > bound+0.01 {
		t.Fatalf("%d sessions of ours and a budget of %.2f USD", after, bound)
	}
}

func ownedBy(a *Account) int {
	n := 0
	for _, x := range a.Sessions {
		if x.Owner == a.ID {
			n++
		}
	}
	return n
}

func checkSettled(t *rapid.T, w *World, want *policy.Policy, p *Plan) {
	vnis, on := map[uint32]bool{}, map[string]bool{}
	for _, a := range w.Accounts {
		for _, s := range a.Sessions {
			if !want.Owned(s.Tags) || s.Owner != a.ID {
				continue
			}
			c := p.of(t, s.NetworkInterface)
			if c.State != events.CoverageMirrored && c.State != events.CoverageShadowed {
				continue // nobody has said what is to become of it
			}
			if vnis[s.VirtualNetworkID] || on[s.NetworkInterface] {
				t.Fatalf("%s shares its VNI or its interface: %s %q", s.ID, c.State, c.Reason)
			}
			vnis[s.VirtualNetworkID], on[s.NetworkInterface] = true, true
			filter, _ := FindFilter(a.Filters, want, s.Tags[TagProfile])
			if w.Bindings[s.NetworkInterface].VNI != s.VirtualNetworkID || s.Filter != filter || s.Target == "tmt-theirs" {
				t.Fatalf("%s is not as it should be: %s, binding %s", s.ID, encoded(s), encoded(w.Bindings[s.NetworkInterface]))
			}
		}
	}
	for _, c := range p.Coverage {
		if strings.Contains(c.Reason, "is made in this pass") || c.State == events.CoverageMirrored && c.Session == "" {
			t.Fatalf("%s: %s, %q, and nothing is left to do", c.Interface, c.State, c.Reason)
		}
	}
}

func oursOf(a *Account, want *policy.Policy) int {
	n := 0
	for _, x := range a.Sessions {
		if want.Owned(x.Tags) {
			n++
		}
	}
	return n
}

func checkForeign(t *rapid.T, was, is *World) {
	foreign := func(w *World) []byte {
		var list []any
		for _, a := range w.Accounts {
			for _, x := range a.Sessions {
				if x.Tags[TagDeployment] != "main" && x.Owner == a.ID {
					list = append(list, x)
				}
			}
			for _, x := range a.Filters {
				if x.Tags[TagDeployment] != "main" {
					list = append(list, x)
				}
			}
		}
		return encoded(list)
	}
	if a, b := foreign(was), foreign(is); !bytes.Equal(a, b) {
		t.Fatalf("what is not ours changed:\n%s\n%s", a, b)
	}
}
