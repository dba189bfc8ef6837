package trial

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/test/judgesim"
)

func TestJudge(t *testing.T) {
	o := judgesim.Options{Seed: 1, Days: 5, Devices: 40, Deviations: 4}
	if testing.Short() {
		o.Days = 4
	}
	r := Run(Options{Site: o})
	for _, c := range append(r.First, r.Cases...) {
		t.Logf("%-16s visible %s found %s by %s", c.Kind, c.Visible.Time().Format("02 15:04"), c.FoundAt.Time().Format("02 15:04"), c.By)
	}
	for _, c := range r.First {
		if !c.Found() {
			t.Errorf("%s was not found on the first day", c.Deviation)
		}
	}
	for _, a := range r.Alarms {
		if !a.True && a.Day > 1 {
			t.Logf("false: day %d %s %s %d %s", a.Day, a.Type, a.Metric, a.Score, a.Said)
		}
	}
}
