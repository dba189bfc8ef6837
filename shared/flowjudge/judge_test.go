package flowjudge

import (
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// check holds a detection to what all of flow logs say.
func check(t *testing.T, d *events.Detection) {
	t.Helper()
	of, ok := typeOf(d.Type)
	has := func(name string, points int) bool {
		return slices.ContainsFunc(d.Risk.Terms, func(t events.Term) bool { return t.Name == name && t.Points == points && t.Reason != "" })
	}
	if !ok || d.Sensor != events.FlowLog || d.Properties["source"] != events.FlowLog || !has("flow_logs_only", of.Points) || of.Points >= 0 || of.Trust >= 1 ||
		!strings.HasPrefix(d.Description, "Seen in VPC Flow Logs alone: ") || d.VNI != 0 || d.Confidence > of.Trust {
		t.Errorf("%+v", d)
	}
}
