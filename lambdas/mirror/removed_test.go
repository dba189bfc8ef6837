package mirror

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAccountIsTakenOut leaves nothing behind that says that interfaces are watched which nobody looks at any more, and warns of what
// may be left there.
func TestAccountIsTakenOut(t *testing.T) {
	h := build(t, 2, "", secondID)
	l := h.loop()
	h.sweep(l)
	h.clock.Move(5 * time.Minute)
	h.write([]string{firstID}, "")
	r := h.sweep(l)
	for id, c := range h.coverage() {
		if c.Account == secondID {
			t.Errorf("%s of the account that was taken out is still %s", id, c.State)
		}
	}
	if !slices.ContainsFunc(r.Plan.Warnings, func(w string) bool { return strings.Contains(w, secondID) && strings.Contains(w, "2 VNIs") }) {
		t.Errorf("warnings are %q", r.Plan.Warnings)
	}
	if n := len(h.sessions(secondID)); n != 2 {
		t.Errorf("it has %d sessions: what the policy does not name is nobody's to touch", n)
	}
	h.clock.Move(5 * time.Minute)
	if n := changes(h.calls(func() { h.sweep(l) })); n != 0 {
		t.Errorf("%d changes in the next sweep", n)
	}
	h.clock.Move(5 * time.Minute)
	h.write([]string{firstID, secondID}, "")
	h.sweep(l)
	h.whole(map[string]int{firstID: 2, secondID: 2})
}
