package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

type dials struct {
	Ports   int           `tune:"ports of one host" min:"2" max:"65535"`
	Share   float64       `tune:"share of them" min:"0" max:"1"`
	Idle    time.Duration `tune:"rest that ends it" min:"1m" max:"24h"`
	Steps   [2]int        `tune:"first and second step" min:"1"`
	SNINone []string      `tune:"names left out"`
	Odd     []uint16      `tune:"ports left out"`
}

type dialled struct{ d dials }

func (dialled) Observe(events.Record, device.View) []Finding { return nil }
func (dialled) Tick(events.Time, device.View) []Finding      { return nil }

func dialTuning() Tuning {
	return Tuned(func() dials {
		return dials{Ports: 20, Share: 0.3, Idle: 6 * time.Hour, Steps: [2]int{4, 9}, Odd: []uint16{53, 123}}
	}, func(d dials) dialled { return dialled{d} })
}

func TestTunablesAreListed(t *testing.T) {
	want := []Tunable{
		{"ports", "ports of one host", "20", "a whole number from 2 to 65535"},
		{"share", "share of them", "0.3", "a number from 0 to 1"},
		{"idle", "rest that ends it", "6h", "a duration from 1m to 24h, such as 90s, 15m or 6h"},
		{"steps", "first and second step", "4,9", "2 values with commas between, each a whole number from 1 to 1099511627776"},
		{"sni_none", "names left out", "", "a list of at most 1000 with commas between, each a text of 1 to 253 characters"},
		{"odd", "ports left out", "53,123", "a list of at most 1000 with commas between, each a whole number from 0 to 65535"},
	}
	if got := dialTuning().List(); !slices.Equal(got, want) {
		t.Errorf("tunables\n%v\nwant\n%v", got, want)
	}
}

// Catches: a threshold that nothing reaches or everything does, a name that is not there, and a value that is half taken.
func TestTunablesAreChecked(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ports", "30", ""}, {"ports", "1", `ports: "1" is not a whole number from 2 to 65535`}, {"ports", "many", "ports: "},
		{"ports", "3.5", "ports: "}, {"share", "1.01", "share: "}, {"share", "NaN", "share: "}, {"share", "0", ""}, {"idle", "59s", "idle: "}, {"idle", "90m", ""}, {"idle", "6", "idle: "},
		{"steps", "1,2", ""}, {"steps", "1", "steps: "}, {"steps", "1,0", "steps: "}, {"sni_none", "", ""}, {"sni_none", "a.example, b.example", ""},
		{"sni_none", "a,,b", "sni_none: "}, {"odd", "65536", "odd: "}, {"prots", "3", `unknown tunable "prots"; there are ports, share, idle, steps, sni_none, odd`},
	} {
		err := dialTuning().Check(c.name, c.value)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s=%q: %v, want %q", c.name, c.value, err, c.want)
		}
	}
	if err := (Tuning{}).Check("ports", "1"); err == nil {
		t.Error("a detector without tunables has none")
	}
}

func TestTunedDetector(t *testing.T) {
	d, err := dialTuning().New(map[string]string{"ports": "30", "odd": "7", "sni_none": "a.example, b.example"})
	if err != nil {
		t.Fatal(err)
	}
	got := d.(dialled).d
	if got.Ports != 30 || got.Share != 0.3 || !slices.Equal(got.Odd, []uint16{7}) || !slices.Equal(got.SNINone, []string{"a.example", "b.example"}) {
		t.Errorf("made with %+v", got)
	}
	if again, _ := dialTuning().New(nil); again.(dialled).d.Ports != 20 {
		t.Error("what was set for one detector holds for the next")
	}
	if _, err := dialTuning().New(map[string]string{"ports": "0"}); err == nil {
		t.Error("made with a threshold that makes no sense")
	}
}
