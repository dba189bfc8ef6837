package mirror

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// TestOffAndOn: no row tells of a session that was removed, and switching on again makes all sessions in the next pass.
func TestOffAndOn(t *testing.T) {
	h := build(t, 30, "")
	l := h.loop()
	h.sweep(l)
	h.clock.Move(time.Minute)
	h.policy.Switch = policy.Off
	h.sweep(l)
	h.whole(map[string]int{firstID: 0})
	for id, c := range h.coverage() {
		if c.Session != "" || c.VNI != 0 {
			t.Errorf("%s is %s, and has session %s with VNI %d", id, c.State, c.Session, c.VNI)
		}
	}
	h.policy.Switch = policy.On
	h.sweep(l)
	h.whole(map[string]int{firstID: 30})
}
