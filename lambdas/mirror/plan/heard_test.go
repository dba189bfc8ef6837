package plan

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// A family that one interface was refused of is no reason to take the session of another that is heard.
func TestWhatIsHeardIsSupported(t *testing.T) {
	s := newScene(t, "").host("a").session("a", 7).before("eni-a", events.CoverageUnsupportedType, noon.Add(-time.Hour))
	s.Verdicts = map[string]Verdict{"m5": {Family: "m5", At: noon.Add(-time.Hour), Interface: "eni-z"}}
	s.Heard = map[uint32]events.Heard{7: {VNI: 7, Sensor: "s", LastSeen: noon.Add(-time.Minute)}}
	p := s.plan()
	if c := p.of(t, "eni-a"); c.State != events.CoverageMirrored || len(p.Steps) != 0 {
		t.Errorf("state is %s (%s), steps are %v", c.State, c.Reason, actions(p.Steps))
	}
	s.Heard[7] = events.Heard{VNI: 7, Sensor: "s", LastSeen: noon.Add(-30 * time.Minute)}
	if p = s.plan(); p.of(t, "eni-a").State != events.CoverageUnsupportedType {
		t.Errorf("what is not heard is %s", p.of(t, "eni-a").State)
	}
}
