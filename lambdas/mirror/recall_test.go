package mirror

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/trigger"
)

// TestManyGoneAtOnce: where most interfaces are gone, one pass takes that for a bad answer; the one after it knows better, and what is left
// to do is done.
func TestManyGoneAtOnce(t *testing.T) {
	h := build(t, 14, "")
	l := h.loop()
	h.sweep(l)
	account := h.sessions(firstID)
	for _, s := range account[:12] {
		iface := s.NetworkInterface
		h.ok(h.cloud.TerminateInstance(h.coverage()[iface].Instance))
	}
	h.clock.Move(5 * time.Minute)
	if r := h.sweep(l); !strings.Contains(strings.Join(r.Plan.Warnings, "\n"), "of 14 interfaces only 2 are seen") {
		t.Errorf("twelve of fourteen are gone, and nobody says so: %q", r.Plan.Warnings)
	}
	for range 2 {
		h.clock.Move(5 * time.Minute)
		h.sweep(l)
	}
	h.clock.Move(5 * time.Minute)
	r := h.sweep(l)
	if strings.Contains(strings.Join(r.Plan.Warnings, "\n"), "are seen") || len(r.Plan.Held) != 0 || !r.Plan.Empty() {
		t.Errorf("twenty minutes later: %q, %d held, %v", r.Plan.Warnings, len(r.Plan.Held), r.Plan.Steps)
	}
	if n := len(h.coverage()); n != 2 {
		t.Errorf("%d rows of coverage for two interfaces", n)
	}
	h.whole(map[string]int{firstID: 2})
}

// TestTagBudgetBetweenSweeps: an event counts the sessions of a tag wherever they are, also in accounts that it is not about, and also
// in a function that has just started.
func TestTagBudgetBetweenSweeps(t *testing.T) {
	h := build(t, 0, "budget: {tags: [{key: team, value: research, sessions: 2}]}", secondID)
	research := map[string]string{"mirrorwatch": "on", "team": "research"}
	h.instance(firstID, research)
	h.instance(secondID, research)
	h.clock.Move(time.Hour)
	h.sweep(h.loop())
	h.whole(map[string]int{firstID: 1, secondID: 1})

	third := h.instance(firstID, research)
	h.clock.Move(time.Hour)
	_, err := h.loop().Handle(context.Background(), []trigger.Key{{Account: firstID, Region: region, Kind: trigger.Instance, ID: third.ID}})
	h.ok(err)
	h.whole(map[string]int{firstID: 1, secondID: 1})
	if got := h.coverage()[third.Interfaces[0]].State; got != events.CoverageBudget {
		t.Errorf("the third of two: %s", got)
	}
}
