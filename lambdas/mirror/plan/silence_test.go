package plan

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Silence is a sensor's word against an interface that could have been heard for the whole time: not one that was stopped, behind a
// foreign session, sending with another VNI, or that was only not asked about since the last sweep.
func TestWhatCouldNotBeHeardIsNotSilent(t *testing.T) {
	long := noon.Add(-50 * time.Minute)
	heard := func(s *scene, vni uint32, at time.Time) {
		s.Heard = map[uint32]events.Heard{vni: {VNI: vni, Sensor: "s", LastSeen: at, Packets: 1}, 9999: {VNI: 9999, LastSeen: noon}}
	}
	row := func(s *scene, state events.CoverageState, since time.Time, vni uint32) {
		s.before("eni-a", state, since)
		c := s.Before["eni-a"]
		c.Session, c.VNI = "tms-a", vni
		s.Before["eni-a"] = c
	}
	for name, c := range map[string]struct {
		edit func(s *scene)
		want events.CoverageState
	}{
		"mirrored for long and not heard": {func(s *scene) { row(s, events.CoverageMirrored, long, 7) }, events.CoverageSilent},
		"silent before":                   {func(s *scene) { row(s, events.CoverageSilent, noon.Add(-time.Minute), 7) }, events.CoverageSilent},
		"nothing is known of before":      {func(*scene) {}, events.CoverageSilent},
		"silent before, and every sensor is gone for so long that nothing is remembered of any": {func(s *scene) {
			row(s, events.CoverageSilent, long, 7)
			s.Heard = nil
		}, events.CoverageSilent},
		"no sensor has ever reported": {func(s *scene) {
			row(s, events.CoverageMirrored, long, 7)
			s.Heard = nil
		}, events.CoverageMirrored},
		"it was stopped until now":        {func(s *scene) { row(s, events.CoverageStopped, long, 7) }, events.CoverageMirrored},
		"it was started minutes ago":      {func(s *scene) { row(s, events.CoverageMirrored, noon.Add(-5*time.Minute), 7) }, events.CoverageMirrored},
		"a foreign session was before it": {func(s *scene) { row(s, events.CoverageShadowed, long, 7) }, events.CoverageMirrored},
		"it gets its own VNI back": {func(s *scene) {
			row(s, events.CoverageMirrored, long, 8)
			s.account().Sessions[0].VirtualNetworkID = 8
		}, events.CoverageMirrored},
		"it got its own VNI back": {func(s *scene) { row(s, events.CoverageMirrored, long, 8) }, events.CoverageMirrored},
		"an event that goes by what was read ten minutes ago": {func(s *scene) {
			row(s, events.CoverageMirrored, long, 7)
			heard(s, 7, noon.Add(-20*time.Minute))
			s.HeardAt = noon.Add(-10 * time.Minute)
		}, events.CoverageMirrored},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "").host("a").session("a", 7)
			heard(s, 7, noon.Add(-40*time.Minute))
			c.edit(s)
			p := s.plan()
			if got := p.of(t, "eni-a"); got.State != c.want {
				t.Errorf("state is %s (%s), want %s", got.State, got.Reason, c.want)
			}
		})
	}
}
